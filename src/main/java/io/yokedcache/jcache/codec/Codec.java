package io.yokedcache.jcache.codec;

/**
 * Turns objects of one type into bytes and back.
 *
 * <p>As the codec of values it decides what another client of the same Redis sees. As the codec of
 * keys it must be <em>canonical</em>: equal keys must become the same bytes in every JVM, else one
 * entry hides from the other.
 *
 * <p>Implementations are safe for use by several threads. Neither method keeps a reference to the
 * array or object it was given.
 *
 * @param <T> what is encoded
 */
public interface Codec<T> {

  /**
   * The name that two JVMs compare before they share a cache, such as {@code string}. It changes
   * whenever the format changes in a way that older readers cannot read.
   *
   * @return a short stable name of letters, digits, {@code .} and {@code -}
   */
  String id();

  /**
   * Encodes a value.
   *
   * @param value what to encode
   * @return its bytes, owned by the caller
   * @throws CodecException if this value cannot be encoded; the message names its class
   */
  byte[] encode(T value);

  /**
   * Decodes what {@link #encode} returned. Each call returns an object of its own, unless the type
   * is immutable: decoding is how store-by-value (JSR-107 1.1.1, Store-By-Value) is kept.
   *
   * @param bytes the encoded form
   * @return the value
   * @throws CodecException if the bytes cannot be decoded, or may not be; the message says why and
   *     which setting allows it
   */
  T decode(byte[] bytes);
}
