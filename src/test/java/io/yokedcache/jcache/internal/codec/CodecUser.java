package io.yokedcache.jcache.internal.codec;

import io.yokedcache.jcache.codec.Codec;
import io.yokedcache.jcache.internal.codec.key.CanonicalKeyCodec;
import io.yokedcache.jcache.internal.codec.value.AutoCodec;
import io.yokedcache.jcache.internal.codec.value.ImmutableValues;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Uses all that the codecs remember of classes. */
public final class CodecUser {

  private CodecUser() {}

  /** Encodes, decodes and judges values of the JDK and one of somebody else's class. */
  public static void use(Object foreign) {
    ClassLoader loader = CodecUser.class.getClassLoader();
    for (Object value : List.of("text", 1L, new UUID(1, 2), new ArrayList<>(List.of(1)), foreign)) {
      ImmutableValues.isImmutable(value);
      Codec<Object> keys = new CanonicalKeyCodec<>(Object.class, loader, TestSettings.allowing());
      keys.decode(keys.encode(value));
      Codec<Object> values = new AutoCodec<>(Object.class, loader, TestSettings.allowing());
      values.decode(values.encode(value));
    }
  }
}
