package io.yokedcache.jcache.internal.codec.value;

import io.yokedcache.jcache.codec.Codec;

/**
 * Bytes as they are, copied on the way in and out. For values that are serialised already. Safe for
 * use by several threads.
 */
public final class BytesCodec implements Codec<byte[]> {

  /** The one instance: it has no state. */
  public static final BytesCodec INSTANCE = new BytesCodec();

  private BytesCodec() {}

  /**
   * The name of this codec.
   *
   * @return {@code bytes}
   */
  @Override
  public String id() {
    return "bytes";
  }

  /**
   * Copies the bytes.
   *
   * @param value the bytes
   * @return a copy
   */
  @Override
  public byte[] encode(byte[] value) {
    return value.clone();
  }

  /**
   * Copies the bytes.
   *
   * @param bytes the bytes
   * @return a copy
   */
  @Override
  public byte[] decode(byte[] bytes) {
    return bytes.clone();
  }
}
