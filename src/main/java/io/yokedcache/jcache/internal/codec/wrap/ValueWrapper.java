package io.yokedcache.jcache.internal.codec.wrap;

import io.yokedcache.jcache.codec.CodecException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Compresses and then encrypts the encoded values of one cache, as its settings say. A ciphertext
 * is bound to its place by the associated data: namespace, name of the cache and encoded key. Safe
 * for use by several threads.
 */
public final class ValueWrapper {

  private static final ValueWrapper NONE = new ValueWrapper(null, null, "", "");

  private final @Nullable Lz4 compression;
  private final @Nullable Keyset encryption;
  private final byte[] place;
  private final LongAdder compressedValues = new LongAdder();
  private final LongAdder savedBytes = new LongAdder();

  ValueWrapper(
      @Nullable Lz4 compression, @Nullable Keyset encryption, String namespace, String cacheName) {
    this.compression = compression;
    this.encryption = encryption;
    this.place = place(namespace, cacheName);
  }

  /** The wrapper that leaves values as they are. */
  public static ValueWrapper none() {
    return NONE;
  }

  /** The part of the associated data that is the same for all keys. Each text has its length. */
  private static byte[] place(String namespace, String cacheName) {
    ByteArrayOutputStream place = new ByteArrayOutputStream();
    for (String part : new String[] {namespace, cacheName}) {
      byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
      place.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).array());
      place.writeBytes(bytes);
    }
    return place.toByteArray();
  }

  /** Whether values are stored as their codec encodes them. */
  public boolean isNone() {
    return compression == null && encryption == null;
  }

  /** Whether values are compressed if they are long enough. */
  public boolean compresses() {
    return compression != null;
  }

  /**
   * Returns the text that the cache's description has of the wrapper: all JVMs that share the cache
   * must have the same. It is empty if there is none.
   */
  public String description() {
    return (compression == null ? "" : ", values compressed by lz4")
        + (encryption == null ? "" : ", values encrypted by Tink");
  }

  /** Returns the bytes to be stored of an encoded value. */
  public byte[] wrap(byte[] key, byte[] value) {
    byte[] wrapped = value;
    if (compression != null) {
      wrapped = compression.compress(value);
      if (Lz4.isCompressed(wrapped)) {
        compressedValues.increment();
        savedBytes.add(value.length - wrapped.length);
      }
    }
    return encryption == null ? wrapped : encryption.encrypt(wrapped, associatedData(key));
  }

  /**
   * Returns the encoded value of stored bytes.
   *
   * @throws CodecException if the bytes are not what {@link #wrap} returned for this key
   */
  public byte[] unwrap(byte[] key, byte[] stored) {
    byte[] value = encryption == null ? stored : encryption.decrypt(stored, associatedData(key));
    return compression == null ? value : compression.decompress(value);
  }

  private byte[] associatedData(byte[] key) {
    byte[] data = new byte[place.length + key.length];
    System.arraycopy(place, 0, data, 0, place.length);
    System.arraycopy(key, 0, data, place.length, key.length);
    return data;
  }

  /** The number of values that were stored in compressed form. */
  public long compressedValues() {
    return compressedValues.sum();
  }

  /** By how many bytes the compressed values became shorter. */
  public long savedBytes() {
    return savedBytes.sum();
  }
}
