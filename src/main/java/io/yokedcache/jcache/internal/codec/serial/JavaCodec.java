package io.yokedcache.jcache.internal.codec.serial;

import io.yokedcache.jcache.codec.Codec;
import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.codec.SerializationSettings;
import java.util.List;

/**
 * Encodes values by Java serialisation with a list of allowed classes: values and collections of
 * the JDK, the declared types with their packages, the presets and patterns of the settings, and
 * the classes that this codec encoded before. All other classes are refused when they are read. A
 * value that cannot be read back is refused when it is written. A filter of the JVM ({@code
 * jdk.serialFilter}) applies too.
 *
 * <p>Not canonical: do not use it for keys. Safe for use by several threads.
 *
 * @param <T> the type of the objects
 */
public final class JavaCodec<T> implements Codec<T>, TypeLearner {

  private final Class<T> type;
  private final JavaStreams streams;

  /**
   * Creates the codec.
   *
   * @param type the declared type; the type and its package are allowed, except for types of the
   *     JDK
   * @param loader the loader that is asked first; the context loader of the thread is asked next,
   *     then the loader of the type
   * @param settings the allowed classes and the limits
   * @param otherDeclaredTypes further types that are allowed with their packages
   * @throws javax.cache.CacheException if a pattern or a preset of the settings is malformed
   */
  public JavaCodec(
      Class<T> type,
      ClassLoader loader,
      SerializationSettings settings,
      Class<?>... otherDeclaredTypes) {
    this.type = type;
    this.streams =
        new JavaStreams(
            new AllowedClasses(settings, type, otherDeclaredTypes),
            new ClassResolver(loader, type.getClassLoader()),
            settings);
  }

  /** The streams, with the classes that this codec has learned. */
  public JavaStreams streams() {
    return streams;
  }

  @Override
  public String id() {
    return "java";
  }

  @Override
  public byte[] encode(T value) {
    return streams.write(value);
  }

  @Override
  public T decode(byte[] bytes) {
    return checked(streams.read(bytes), type);
  }

  /** Returns the value if it has the declared type. */
  public static <T> T checked(Object value, Class<T> type) {
    if (!type.isInstance(value)) {
      throw wrongType(value.getClass(), type);
    }
    return type.cast(value);
  }

  public static CodecException wrongType(Class<?> found, Class<?> type) {
    return new CodecException(
        CodecException.Reason.WRONG_TYPE,
        "The bytes hold a " + DisplayNames.of(found.getName()) + ", expected a " + type.getName(),
        null);
  }

  @Override
  public List<String> learnedTypes() {
    return streams.allowed().learned().names();
  }
}
