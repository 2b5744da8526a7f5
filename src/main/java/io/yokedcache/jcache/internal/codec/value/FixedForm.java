package io.yokedcache.jcache.internal.codec.value;

import io.yokedcache.jcache.codec.SerializationSettings;
import io.yokedcache.jcache.internal.codec.serial.LimitedOutput;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * The form of a class whose values all have the same length.
 *
 * @param tags the one tag
 * @param type the class
 * @param size the number of bytes after the tag
 * @param writer writes a value after the tag
 * @param reader reads it
 */
record FixedForm<T>(
    String tags, Class<T> type, int size, BiConsumer<T, byte[]> writer, Function<byte[], T> reader)
    implements PlainForm<T> {

  @Override
  public byte[] encode(T value, SerializationSettings limits) {
    if (size >= limits.maxBytes()) {
      throw LimitedOutput.tooLong(1 + size, limits.maxBytes());
    }
    byte[] bytes = new byte[1 + size];
    bytes[0] = (byte) tags.charAt(0);
    writer.accept(value, bytes);
    return bytes;
  }

  @Override
  public T decode(byte[] bytes, SerializationSettings limits) {
    if (bytes.length != 1 + size) {
      throw PlainForms.damaged(
          bytes, "a " + type.getSimpleName() + " takes " + (1 + size), /* cause= */ null);
    }
    return reader.apply(bytes);
  }
}
