package io.yokedcache.jcache.internal.codec;

import io.yokedcache.jcache.codec.Codec;
import io.yokedcache.jcache.codec.SerializationSettings;
import io.yokedcache.jcache.internal.codec.key.CanonicalKeyCodec;
import io.yokedcache.jcache.internal.codec.serial.ClassResolver;
import io.yokedcache.jcache.internal.codec.serial.ClosedTypes;
import io.yokedcache.jcache.internal.codec.serial.JavaCodec;
import io.yokedcache.jcache.internal.codec.serial.PatternCheck;
import io.yokedcache.jcache.internal.codec.value.AutoCodec;
import io.yokedcache.jcache.internal.codec.value.BytesCodec;
import io.yokedcache.jcache.internal.codec.value.CheckedCodec;
import io.yokedcache.jcache.internal.codec.value.PlainForms;
import io.yokedcache.jcache.internal.codec.value.StringCodec;
import java.lang.reflect.InvocationTargetException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import javax.cache.CacheException;

/**
 * Creates the codecs that the settings name. Safe for use by several threads.
 *
 * <table>
 * <caption>The names</caption>
 * <tr><th>name</th><th>codec</th></tr>
 * <tr><td>{@code auto}</td><td>{@link AutoCodec}</td></tr>
 * <tr><td>{@code java}</td><td>{@link JavaCodec}</td></tr>
 * <tr><td>{@code string}</td><td>{@link StringCodec}, for {@code String} or {@code Object}</td></tr>
 * <tr><td>{@code bytes}</td><td>{@link BytesCodec}, for {@code byte[]} or {@code Object}</td></tr>
 * <tr><td>{@code canonical}</td><td>{@link CanonicalKeyCodec}</td></tr>
 * <tr><td>a class name</td><td>that class, by its public constructor without parameters</td></tr>
 * </table>
 */
public final class Codecs {

  private static final Pattern ID = Pattern.compile("[A-Za-z0-9.-]{1,100}");

  /** The codecs that are created for a declared type. */
  private static final Set<String> OWN = Set.of("auto", "java", "canonical");

  private static final String KNOWN =
      "known are auto, java, string, bytes, canonical, or the name of a class that implements "
          + Codec.class.getName()
          + " and has a public constructor without parameters";

  private final ClassLoader loader;
  private final SerializationSettings settings;

  /**
   * All caches with the same plain type share one codec. The map is small because plain types are
   * few.
   */
  private final Map<Shared, Codec<?>> shared = new ConcurrentHashMap<>();

  /** The key of a shared codec: its name and its type. */
  private record Shared(String name, Class<?> type) {}

  /**
   * Creates the factory.
   *
   * @param loader the loader that is asked first for codecs and for classes of values; the context
   *     loader of the thread is asked next
   * @param settings the settings of Java deserialisation
   * @throws CacheException if a pattern of the settings cannot match a class
   */
  public Codecs(ClassLoader loader, SerializationSettings settings) {
    PatternCheck.check(settings.allow(), loader);
    this.loader = loader;
    this.settings = settings;
  }

  /**
   * Returns the codec of a name.
   *
   * @param <T> the type of the objects
   * @param nameOrClass one of the names above, or the name of a class
   * @param type the declared type, {@code Object.class} if there is none
   * @param otherDeclaredTypes further types whose objects may be part of a value
   * @return the codec
   * @throws CacheException if there is no such codec, if it does not take the declared type, or if
   *     the settings are malformed; the message lists the codecs
   */
  public <T> Codec<T> named(String nameOrClass, Class<T> type, Class<?>... otherDeclaredTypes) {
    return OWN.contains(nameOrClass) && isPlain(type)
        ? shared(nameOrClass, type)
        : create(nameOrClass, type, otherDeclaredTypes);
  }

  /**
   * Returns whether a type of the JDK determines the classes of its objects. A codec of this type
   * reads and writes no other classes, learns none, and ignores other declared types, so caches can
   * share it.
   */
  private static boolean isPlain(Class<?> type) {
    return PlainForms.of(type) != null && ClosedTypes.classesOf(type) != null;
  }

  @SuppressWarnings("unchecked") // The key has the type.
  private <T> Codec<T> shared(String name, Class<T> type) {
    return (Codec<T>) shared.computeIfAbsent(new Shared(name, type), absent -> create(name, type));
  }

  private <T> Codec<T> create(String nameOrClass, Class<T> type, Class<?>... otherDeclaredTypes) {
    return switch (nameOrClass) {
      case "auto" -> new AutoCodec<>(type, loader, settings, otherDeclaredTypes);
      case "java" -> new JavaCodec<>(type, loader, settings, otherDeclaredTypes);
      case "canonical" -> new CanonicalKeyCodec<>(type, loader, settings, otherDeclaredTypes);
      case "string" -> of(StringCodec.INSTANCE, String.class, type);
      case "bytes" -> of(BytesCodec.INSTANCE, byte[].class, type);
      default -> instantiate(nameOrClass);
    };
  }

  @SuppressWarnings("unchecked") // The declared type was compared with the type of the codec.
  private static <S, T> Codec<T> of(Codec<S> codec, Class<S> taken, Class<T> declared) {
    if (declared == taken) {
      return (Codec<T>) codec;
    }
    if (declared == Object.class) {
      return (Codec<T>) new CheckedCodec<>(codec, taken);
    }
    throw new CacheException(
        "The codec "
            + codec.id()
            + " takes "
            + taken.getTypeName()
            + ", the cache is declared for "
            + declared.getTypeName()
            + "; set another codec or declare the cache for "
            + taken.getTypeName());
  }

  @SuppressWarnings("unchecked") // Nothing more is known about a codec of the application.
  private <T> Codec<T> instantiate(String className) {
    try {
      Object codec = new ClassResolver(loader).find(className).getConstructor().newInstance();
      if (codec instanceof Codec<?> found) {
        checkId(className, found.id());
        return (Codec<T>) found;
      }
      throw new CacheException(
          "Class " + className + " does not implement " + Codec.class.getName() + "; " + KNOWN);
    } catch (ClassNotFoundException e) {
      throw new CacheException("There is no codec \"" + className + "\"; " + KNOWN, e);
    } catch (InvocationTargetException e) {
      throw new CacheException(
          "The constructor of the codec " + className + " failed: " + e.getCause(), e);
    } catch (ReflectiveOperationException | LinkageError e) {
      throw new CacheException(
          "The codec " + className + " cannot be instantiated (" + e + "); " + KNOWN, e);
    }
  }

  private static void checkId(String className, String id) {
    if (!ID.matcher(id).matches()) {
      throw new CacheException(
          "The codec "
              + className
              + " has the id \""
              + id
              + "\"; an id has 1 to 100 letters, digits, '.' and '-'");
    }
  }
}
