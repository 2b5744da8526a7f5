package io.yokedcache.jcache.codec;

/**
 * Turns objects of one type into bytes and back.
 *
 * <p>A codec of values determines the bytes that other clients of the same Redis see. A codec of
 * keys must be <em>canonical</em>: equal keys must have the same bytes in every JVM. Otherwise one
 * key has two entries.
 *
 * <p>Implementations are safe for use by several threads. Neither method keeps a reference to its
 * argument.
 *
 * @param <T> the type of the objects
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
   * @param value the value
   * @return its bytes, owned by the caller
   * @throws CodecException if this value cannot be encoded; the message names its class
   */
  byte[] encode(T value);

  /**
   * Decodes the bytes that {@link #encode} returned. Each call returns a new object unless the type
   * is immutable. Decoding implements store-by-value (JSR-107 1.1.1, Store-By-Value).
   *
   * @param bytes the encoded form
   * @return the value
   * @throws CodecException if the bytes are damaged or are not allowed; the message names the
   *     reason and the setting that allows them
   */
  T decode(byte[] bytes);
}
