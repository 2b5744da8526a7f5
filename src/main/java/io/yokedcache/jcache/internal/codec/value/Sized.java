package io.yokedcache.jcache.internal.codec.value;

import io.yokedcache.jcache.internal.codec.serial.BigEndian;
import io.yokedcache.jcache.internal.codec.serial.LimitedOutput;

/**
 * The layout of a tag, a length and the content. The length is one byte, or the byte 255 and four
 * bytes. With the length a truncated value is not read as a shorter value.
 */
final class Sized {

  private static final int SHORT_HEADER = 2;
  private static final int LONG_HEADER = SHORT_HEADER + Integer.BYTES;
  private static final int LONG_FORM = 0xFF;

  /** Some JVMs do not allocate arrays of Integer.MAX_VALUE elements. */
  private static final int MAX_ARRAY = Integer.MAX_VALUE - Long.BYTES;

  private Sized() {}

  /** Returns an array with tag and length; the caller fills the last {@code size} bytes. */
  static byte[] allocate(char tag, long size, long maxBytes) {
    int header = size < LONG_FORM ? SHORT_HEADER : LONG_HEADER;
    long total = header + size;
    if (total > maxBytes || total > MAX_ARRAY) {
      throw LimitedOutput.tooLong(total, Math.min(maxBytes, MAX_ARRAY));
    }
    byte[] bytes = new byte[(int) total];
    bytes[0] = (byte) tag;
    if (header == SHORT_HEADER) {
      bytes[1] = (byte) size;
    } else {
      bytes[1] = (byte) LONG_FORM;
      BigEndian.put(bytes, SHORT_HEADER, (int) size);
    }
    return bytes;
  }

  /** Returns the position of the content, which ends with the array. */
  static int start(byte[] bytes) {
    if (bytes.length < SHORT_HEADER) {
      throw PlainForms.damaged(bytes, "their length is missing", /* cause= */ null);
    }
    int size = Byte.toUnsignedInt(bytes[1]);
    int start = SHORT_HEADER;
    if (size == LONG_FORM) {
      if (bytes.length < LONG_HEADER) {
        throw PlainForms.damaged(bytes, "their length is cut off", /* cause= */ null);
      }
      size = BigEndian.intAt(bytes, SHORT_HEADER);
      start = LONG_HEADER;
      if (size < LONG_FORM) {
        throw PlainForms.damaged(bytes, "their length is " + size, /* cause= */ null);
      }
    }
    if (bytes.length - start != size) {
      throw PlainForms.damaged(
          bytes, (bytes.length - start) + " instead of " + size + " follow", /* cause= */ null);
    }
    return start;
  }
}
