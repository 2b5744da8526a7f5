package io.yokedcache.jcache.internal.codec.value;

import io.yokedcache.jcache.codec.Codec;
import io.yokedcache.jcache.codec.CodecException;

/**
 * A codec of one type for a cache that is declared for {@code Object}: says what to do about an
 * object of another type, where a cast would only fail.
 *
 * @param <S> what the codec takes
 * @param codec the codec
 * @param type what the codec takes
 */
public record CheckedCodec<S>(Codec<S> codec, Class<S> type) implements Codec<Object> {

  @Override
  public String id() {
    return codec.id();
  }

  @Override
  public byte[] encode(Object value) {
    if (!type.isInstance(value)) {
      throw new CodecException(
          "The codec "
              + codec.id()
              + " takes only "
              + type.getTypeName()
              + ", not "
              + value.getClass().getTypeName()
              + "; set another codec for this cache, such as auto for values or canonical for keys",
          null);
    }
    return codec.encode(type.cast(value));
  }

  @Override
  public Object decode(byte[] bytes) {
    return codec.decode(bytes);
  }
}
