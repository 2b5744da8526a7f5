package io.yokedcache.jcache.internal.codec.value;

import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.codec.SerializationSettings;

/**
 * How the codec {@code auto} writes the values of one class: a byte that says which class, and the
 * content. Implementations are immutable.
 *
 * @param <T> the class
 */
interface PlainForm<T> {

  /** The first bytes of what this form writes, none of which any other form has. */
  String tags();

  /** The class, whose subclasses are written otherwise. */
  Class<T> type();

  /** The value with its tag in front. */
  byte[] encode(T value, SerializationSettings limits);

  /**
   * The value of bytes that begin with one of the tags.
   *
   * @throws RuntimeException if the bytes are damaged; if it is not a {@link CodecException}, the
   *     caller makes it one
   */
  T decode(byte[] bytes, SerializationSettings limits);
}
