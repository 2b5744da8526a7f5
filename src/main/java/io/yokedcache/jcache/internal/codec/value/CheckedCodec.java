package io.yokedcache.jcache.internal.codec.value;

import io.yokedcache.jcache.codec.Codec;
import io.yokedcache.jcache.codec.CodecException;

/**
 * Adapts a codec of one type to a cache that is declared for {@code Object}. For an object of
 * another type its message names the cure; a cast would only fail.
 *
 * @param <S> the type of the codec
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
