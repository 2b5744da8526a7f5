package io.yokedcache.jcache.internal.codec.value;

import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.codec.SerializationSettings;

/**
 * The form in which the codec {@code auto} writes the values of one class: a tag byte for the
 * class, and the content. Implementations are immutable.
 *
 * @param <T> the class
 */
interface PlainForm<T> {

  /** The tags that this form writes. No other form has them. */
  String tags();

  /** The exact class; subclasses have no form. */
  Class<T> type();

  /** Encodes a value with its tag in front. */
  byte[] encode(T value, SerializationSettings limits);

  /**
   * Decodes bytes that begin with one of the tags.
   *
   * @throws RuntimeException if the bytes are damaged; the caller wraps it in a {@link
   *     CodecException}
   */
  T decode(byte[] bytes, SerializationSettings limits);
}
