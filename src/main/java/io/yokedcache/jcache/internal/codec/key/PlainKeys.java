package io.yokedcache.jcache.internal.codec.key;

import io.yokedcache.jcache.codec.Codec;
import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.internal.codec.value.CheckedCodec;
import io.yokedcache.jcache.internal.codec.value.StringCodec;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Plain keys are interchangeable with their bytes: they are immutable, two of them are equal
 * exactly if their bytes are equal, and each can be decoded from its bytes alone. A lookup of a
 * plain key does not encode it. Plain keys are {@code String}, {@code Long}, {@code Integer} and
 * {@code UUID}, with a codec that gives unequal keys different bytes. Safe for use by several
 * threads.
 *
 * @param <K> the type of the keys
 */
public final class PlainKeys<K> {

  private final @Nullable Codec<K> codec;

  /** Whether the codec marks other types of keys by a prefix. */
  private final boolean isMarked;

  private PlainKeys(@Nullable Codec<K> codec, boolean isMarked) {
    this.codec = codec;
    this.isMarked = isMarked;
  }

  /**
   * Returns the plain keys of a codec.
   *
   * @param codec any codec of keys
   * @param <K> the type of the keys
   * @return no plain keys for a codec other than {@code canonical} or {@code string}
   */
  public static <K> PlainKeys<K> of(Codec<K> codec) {
    Object kind = codec instanceof CheckedCodec<?> checked ? checked.codec() : codec;
    boolean isCanonical = kind instanceof CanonicalKeyCodec;
    return new PlainKeys<>(
        isCanonical || kind instanceof StringCodec ? codec : null, /* isMarked= */ isCanonical);
  }

  /**
   * Returns whether a key is plain.
   *
   * @param key a key
   * @return whether {@link #decode} returns an equal key for its bytes
   */
  public boolean contains(K key) {
    return codec != null && isPlain(key);
  }

  private static boolean isPlain(Object key) {
    return key instanceof String
        || key instanceof Long
        || key instanceof Integer
        || key instanceof UUID;
  }

  /**
   * Returns the plain key of some bytes.
   *
   * @param bytes any bytes
   * @return the key, or {@code null} if the bytes are not a plain key
   */
  public @Nullable K decode(byte[] bytes) {
    if (codec == null || !mayBePlain(bytes)) {
      return null;
    }
    try {
      K key = codec.decode(bytes);
      return isPlain(key) ? key : null;
    } catch (CodecException noKey) { // other programs can write arbitrary bytes
      return null;
    }
  }

  /** Keys of other types are not decoded; {@link KeyForms} explains the letters. */
  private boolean mayBePlain(byte[] bytes) {
    if (!isMarked || bytes.length < 2 || bytes[0] != KeyForms.MARK) {
      return true;
    }
    return switch (bytes[1]) {
      case KeyForms.MARK, 'X', 'L', 'I', 'U' -> true;
      default -> false;
    };
  }
}
