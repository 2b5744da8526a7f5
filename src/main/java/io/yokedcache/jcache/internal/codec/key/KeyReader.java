package io.yokedcache.jcache.internal.codec.key;

import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.codec.SerializationSettings;
import io.yokedcache.jcache.internal.codec.serial.Utf8;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads a key that {@link KeyWriter} wrote. Not safe for use by several threads. */
final class KeyReader {

  /** The largest length has ten digits; eleven digits overflow an int. */
  private static final int MAX_LENGTH_DIGITS = 9;

  private final KeyForms forms;
  private final SerializationSettings settings;
  private final byte[] bytes;
  private final int end;
  private final int depth;
  private final KeyWork work;
  private int position;

  KeyReader(KeyForms forms, SerializationSettings settings, byte[] bytes) {
    this(forms, settings, bytes, 0, bytes.length, 0, new KeyWork(settings));
  }

  private KeyReader(
      KeyForms forms,
      SerializationSettings settings,
      byte[] bytes,
      int from,
      int to,
      int depth,
      KeyWork work) {
    this.forms = forms;
    this.settings = settings;
    this.bytes = bytes;
    this.position = from;
    this.end = to;
    this.depth = depth;
    this.work = work;
  }

  /** The work of reading the whole key. */
  KeyWork work() {
    return work;
  }

  /** The number of bytes of the value that are left. */
  int left() {
    return end - position;
  }

  boolean hasMore() {
    return position < end;
  }

  boolean startsWith(char c) {
    return position < end && bytes[position] == c;
  }

  /** The next byte as an ASCII character. */
  char next() {
    if (position >= end) {
      throw damaged("it ends too early");
    }
    return (char) (bytes[position++] & 0xFF);
  }

  /** Reads the text up to the delimiter and skips the delimiter. */
  String until(char delimiter) {
    for (int i = position; i < end; i++) {
      if (bytes[i] == delimiter) {
        String text = Utf8.decode(bytes, position, i);
        position = i + 1;
        return text;
      }
    }
    throw damaged("it has no '" + delimiter + "' where one belongs");
  }

  String restAsText() {
    String text = Utf8.decode(bytes, position, end);
    position = end;
    return text;
  }

  byte[] rest() {
    byte[] rest = Arrays.copyOfRange(bytes, position, end);
    position = end;
    return rest;
  }

  /** The next nested value. */
  @Nullable Object value() {
    if (depth >= settings.maxDepth()) {
      throw new CodecException(
          CodecException.Reason.LIMIT,
          "The key is refused: its parts nest deeper than the limit"
              + " yokedcache.serialization.max-depth = "
              + settings.maxDepth(),
          null);
    }
    work.addPart();
    int size = size();
    if (size > end - position) {
      throw damaged("a part claims " + size + " bytes where " + (end - position) + " are left");
    }
    KeyReader part =
        new KeyReader(forms, settings, bytes, position, position + size, depth + 1, work);
    position += size;
    return forms.read(part);
  }

  /** The remaining nested values. */
  List<@Nullable Object> values() {
    List<@Nullable Object> values = new ArrayList<>();
    while (hasMore()) {
      values.add(value());
    }
    return values;
  }

  private int size() {
    int size = 0;
    for (int digits = 0; digits <= MAX_LENGTH_DIGITS; digits++) {
      char c = next();
      if (c == ':' && digits > 0) {
        return size;
      }
      boolean leadingZero = digits == 1 && size == 0;
      if (c < '0' || c > '9' || leadingZero) {
        break;
      }
      size = size * 10 + (c - '0');
    }
    throw damaged("the length of a part is not a number");
  }

  CodecException damaged(String reason) {
    return new CodecException(
        "These " + bytes.length + " bytes are not a canonical key: " + reason, null);
  }
}
