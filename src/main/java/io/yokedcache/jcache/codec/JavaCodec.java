package io.yokedcache.jcache.codec;

import io.yokedcache.jcache.configuration.SerializationSettings;
import java.util.ArrayList;
import java.util.List;

/**
 * Java serialisation, with a list of what may be deserialised: values and collections of the JDK,
 * the declared types with their packages, the presets and patterns of the settings. Everything else
 * can be written, which is not dangerous and must not fail the application, but is refused when it
 * is read. A filter of the JVM ({@code jdk.serialFilter}) applies besides.
 *
 * <p>The limits {@code maxDepth}, {@code maxReferences} and {@code maxArrayLength} are checked when
 * a value is read, {@code maxBytes} also when it is written.
 *
 * <p>Not canonical: do not use it for keys. Safe for use by several threads.
 *
 * @param <T> what is encoded
 */
public final class JavaCodec<T> implements Codec<T> {

  private final Class<T> type;
  private final JavaStreams streams;

  /**
   * Creates the codec.
   *
   * @param type the declared type; it and its package are allowed, unless it is one of the JDK
   * @param loader where classes are found first; after it comes the context loader of the thread
   * @param settings what else is allowed, and the limits
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
            new AllowedClasses(settings, declaredTypes(type, otherDeclaredTypes)),
            new ClassResolver(loader),
            settings);
  }

  static List<Class<?>> declaredTypes(Class<?> type, Class<?>... others) {
    List<Class<?>> types = new ArrayList<>(List.of(others));
    types.add(type);
    return types;
  }

  /**
   * The name of this codec.
   *
   * @return {@code java}
   */
  @Override
  public String id() {
    return "java";
  }

  /**
   * Serialises a value.
   *
   * @param value the value
   * @return its serialised form
   * @throws CodecException if the value holds an object that is not Serializable, or takes more
   *     than the limit of bytes; the message names the class or the limit
   */
  @Override
  public byte[] encode(T value) {
    return streams.write(value);
  }

  /**
   * Deserialises a value.
   *
   * @param bytes its serialised form
   * @return the value
   * @throws CodecException if the bytes are damaged, exceed a limit, or hold another type
   * @throws RefusedClassException if the bytes hold an object of a class that is not allowed
   */
  @Override
  public T decode(byte[] bytes) {
    return checked(streams.read(bytes), type);
  }

  /** The value, if it is one of the declared type. */
  static <T> T checked(Object value, Class<T> type) {
    if (!type.isInstance(value)) {
      throw new CodecException(
          "The bytes hold a " + value.getClass().getName() + ", expected a " + type.getName(),
          null);
    }
    return type.cast(value);
  }
}
