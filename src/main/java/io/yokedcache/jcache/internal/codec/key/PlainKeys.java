package io.yokedcache.jcache.internal.codec.key;

import io.yokedcache.jcache.codec.Codec;
import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.internal.codec.value.CheckedCodec;
import io.yokedcache.jcache.internal.codec.value.StringCodec;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Keys that are as good as their bytes: immutable, equal exactly if their bytes are, and always to
 * be had from their bytes alone. Whoever looks for such a key need not encode it. They are the
 * strings, {@code Long}, {@code Integer} and {@code UUID} of a codec that is known to keep them
 * apart. Safe for use by several threads.
 *
 * @param <K> the type of the keys
 */
public final class PlainKeys<K> {

  private final @Nullable Codec<K> codec;

  /** Whether other types of keys begin with a mark of their own. */
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
   * @return none, for a codec that is not {@code canonical} or {@code string}
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
   * Returns the plain key that some bytes stand for.
   *
   * @param bytes any bytes
   * @return the key, or {@code null} if they stand for another key or for none
   */
  public @Nullable K decode(byte[] bytes) {
    if (codec == null || !mayBePlain(bytes)) {
      return null;
    }
    try {
      K key = codec.decode(bytes);
      return isPlain(key) ? key : null;
    } catch (CodecException noKey) { // other programs may write what they like
      return null;
    }
  }

  /** Spares keys of other types the decoding; {@link KeyForms} explains the letters. */
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
