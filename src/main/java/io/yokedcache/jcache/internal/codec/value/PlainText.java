package io.yokedcache.jcache.internal.codec.value;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.yokedcache.jcache.codec.SerializationSettings;
import io.yokedcache.jcache.internal.codec.serial.BigEndian;
import io.yokedcache.jcache.internal.codec.serial.Utf8;

/**
 * The form of text: Latin-1 if it can represent the text, as in the memory of the JVM; otherwise
 * UTF-8; UTF-16 if the text has an unpaired surrogate. Every String is read back unchanged.
 */
record PlainText() implements PlainForm<String> {

  private static final char LATIN_1 = 's';
  private static final char UNICODE = 'u';
  private static final char CHARS = 'x';

  @Override
  public String tags() {
    return "" + LATIN_1 + UNICODE + CHARS;
  }

  @Override
  public Class<String> type() {
    return String.class;
  }

  @Override
  public byte[] encode(String value, SerializationSettings limits) {
    int length = value.length();
    byte[] bytes = Sized.allocate(LATIN_1, length, limits.maxBytes());
    int start = bytes.length - length;
    copyLowBytes(value, bytes, start);
    // Decoding and comparing takes less time than inspecting each char before.
    return new String(bytes, start, length, ISO_8859_1).equals(value) ? bytes : wide(value, limits);
  }

  @SuppressWarnings("deprecation") // It is fast; the caller detects the loss of upper bytes.
  private static void copyLowBytes(String value, byte[] bytes, int start) {
    value.getBytes(0, value.length(), bytes, start);
  }

  private static byte[] wide(String value, SerializationSettings limits) {
    if (Utf8.isWellFormed(value)) {
      byte[] content = value.getBytes(UTF_8);
      byte[] bytes = Sized.allocate(UNICODE, content.length, limits.maxBytes());
      System.arraycopy(content, 0, bytes, bytes.length - content.length, content.length);
      return bytes;
    }
    long size = (long) Character.BYTES * value.length();
    byte[] bytes = Sized.allocate(CHARS, size, limits.maxBytes());
    int at = bytes.length - (int) size;
    for (int i = 0; i < value.length(); i++, at += Character.BYTES) {
      BigEndian.put(bytes, at, value.charAt(i));
    }
    return bytes;
  }

  @Override
  public String decode(byte[] bytes, SerializationSettings limits) {
    int start = Sized.start(bytes);
    return switch (bytes[0]) {
      case LATIN_1 -> new String(bytes, start, bytes.length - start, ISO_8859_1);
      case UNICODE -> Utf8.decode(bytes, start, bytes.length);
      default -> decodeChars(bytes, start);
    };
  }

  private static String decodeChars(byte[] bytes, int start) {
    int size = bytes.length - start;
    if (size % Character.BYTES != 0) {
      throw PlainForms.damaged(bytes, "half a char is left", /* cause= */ null);
    }
    char[] chars = new char[size / Character.BYTES];
    for (int i = 0; i < chars.length; i++) {
      chars[i] = BigEndian.charAt(bytes, start + i * Character.BYTES);
    }
    return new String(chars);
  }
}
