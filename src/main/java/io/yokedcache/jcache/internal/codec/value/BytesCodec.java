package io.yokedcache.jcache.internal.codec.value;

import io.yokedcache.jcache.codec.Codec;

/**
 * Stores byte arrays unchanged and copies them in both directions. It serves for values that are
 * already serialised. Safe for use by several threads.
 */
public final class BytesCodec implements Codec<byte[]> {

  /** The single instance; it has no state. */
  public static final BytesCodec INSTANCE = new BytesCodec();

  private BytesCodec() {}

  @Override
  public String id() {
    return "bytes";
  }

  @Override
  public byte[] encode(byte[] value) {
    return value.clone();
  }

  @Override
  public byte[] decode(byte[] bytes) {
    return bytes.clone();
  }
}
