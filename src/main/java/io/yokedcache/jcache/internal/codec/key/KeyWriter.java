package io.yokedcache.jcache.internal.codec.key;

import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.codec.SerializationSettings;
import io.yokedcache.jcache.internal.codec.serial.LimitedOutput;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Writes the canonical form of one key. A nested value is preceded by its length in decimal digits
 * and a colon, so that no two sequences of values collide. Not safe for use by several threads.
 */
final class KeyWriter {

  private static final int INITIAL_SIZE = 128;

  private final KeyForms forms;
  private final SerializationSettings settings;
  private final KeyWork work;
  private byte[] bytes = new byte[INITIAL_SIZE];
  private int length;
  private int depth;

  KeyWriter(KeyForms forms, SerializationSettings settings) {
    this.forms = forms;
    this.settings = settings;
    this.work = new KeyWork(settings);
  }

  /** The work of reading the whole key. */
  KeyWork work() {
    return work;
  }

  /** Writes text as UTF-8. The caller ensures that the text is well-formed. */
  void text(String text) {
    raw(text.getBytes(StandardCharsets.UTF_8));
  }

  void raw(byte[] more) {
    ensure(more.length);
    System.arraycopy(more, 0, bytes, length, more.length);
    length += more.length;
  }

  /** Writes a nested value with its length in front. */
  void value(@Nullable Object value) {
    int start = length;
    form(value);
    byte[] prefix = prefix(length - start);
    ensure(prefix.length);
    System.arraycopy(bytes, start, bytes, start + prefix.length, length - start);
    System.arraycopy(prefix, 0, bytes, start, prefix.length);
    length += prefix.length;
  }

  /** Writes a form that {@link #take} returned, with its length in front. */
  void taken(byte[] form) {
    raw(prefix(form.length));
    raw(form);
  }

  /**
   * Returns the form of a nested value for sorting. The form is not written, but its bytes count
   * against the limit until {@link #rewind}.
   */
  byte[] take(@Nullable Object value) {
    int start = length;
    form(value);
    return Arrays.copyOfRange(bytes, start, length);
  }

  int position() {
    return length;
  }

  void rewind(int position) {
    length = position;
  }

  byte[] toBytes() {
    return Arrays.copyOf(bytes, length);
  }

  private void form(@Nullable Object value) {
    if (depth >= settings.maxDepth()) {
      throw new CodecException(
          CodecException.Reason.LIMIT,
          "The key is refused: its parts nest deeper than the limit (has it a cycle?)"
              + " yokedcache.serialization.max-depth = "
              + settings.maxDepth(),
          null);
    }
    work.addPart();
    depth++;
    forms.write(value, this);
    depth--;
  }

  private static byte[] prefix(int size) {
    return (size + ":").getBytes(StandardCharsets.US_ASCII);
  }

  private void ensure(int more) {
    long needed = (long) length + more;
    if (needed > settings.maxBytes() || needed > Integer.MAX_VALUE - Long.BYTES) {
      throw LimitedOutput.tooLong(needed, settings.maxBytes());
    }
    if (needed > bytes.length) {
      bytes = Arrays.copyOf(bytes, (int) Math.max(needed, Math.min(bytes.length * 2L, 1L << 30)));
    }
  }
}
