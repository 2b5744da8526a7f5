package io.yokedcache.jcache.internal.codec;

import io.yokedcache.jcache.codec.Codec;
import io.yokedcache.jcache.codec.JsonCodec;
import io.yokedcache.jcache.codec.SerializationSettings;
import io.yokedcache.jcache.internal.codec.key.CanonicalKeyCodec;
import io.yokedcache.jcache.internal.codec.serial.ClassResolver;
import io.yokedcache.jcache.internal.codec.serial.ClosedTypes;
import io.yokedcache.jcache.internal.codec.serial.JavaCodec;
import io.yokedcache.jcache.internal.codec.serial.PatternCheck;
import io.yokedcache.jcache.internal.codec.value.AutoCodec;
import io.yokedcache.jcache.internal.codec.value.BytesCodec;
import io.yokedcache.jcache.internal.codec.value.CheckedCodec;
import io.yokedcache.jcache.internal.codec.value.PlainForm;
import io.yokedcache.jcache.internal.codec.value.ProtobufCodec;
import io.yokedcache.jcache.internal.codec.value.StringCodec;
import io.yokedcache.jcache.internal.settings.Spelling;
import java.lang.reflect.InvocationTargetException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * Creates the codecs that the settings name: a built-in codec by its name, a codec of the
 * application by its class name. Safe for use by several threads.
 */
public final class Codecs {

  /** The built-in codecs by name, sorted. */
  private static final SortedMap<String, Factory> BUILT_IN =
      Collections.unmodifiableSortedMap(
          new TreeMap<>(
              Map.<String, Factory>of(
                  "auto", AutoCodec::new,
                  "bytes", new SingleType<>(BytesCodec.INSTANCE, byte[].class),
                  "canonical", CanonicalKeyCodec::new,
                  "java", JavaCodec::new,
                  "string", new SingleType<>(StringCodec.INSTANCE, String.class))));

  /** These are not among the above, since their libraries are optional. */
  private static final String JSON = "json";

  private static final String PROTOBUF = "protobuf";

  private static final Pattern ID = Pattern.compile("[A-Za-z0-9.-]{1,100}");

  private static final String KNOWN =
      "known are "
          + String.join(", ", names())
          + ", or the name of a class that implements "
          + Codec.class.getName()
          + " and has a public constructor without parameters";

  private final ClassLoader loader;
  private final SerializationSettings settings;

  /**
   * All caches with the same plain type share one codec. The map is small because plain types are
   * few. A key is the codec's name and the type, as a list: the JVM takes some milliseconds to make
   * the hash code of a record class.
   */
  private final Map<List<Object>, Codec<?>> shared = new ConcurrentHashMap<>();

  /** Made when the first cache uses JSON. Two threads may make it; either serves. */
  private volatile @Nullable JsonCodecs json;

  /** Creates a built-in codec for a declared type. */
  private interface Factory {
    <T> Codec<T> create(
        Class<T> type,
        ClassLoader loader,
        SerializationSettings settings,
        Class<?>... otherDeclaredTypes);
  }

  /** The factory of a codec for caches that are declared for one type, or for {@code Object}. */
  private record SingleType<S>(Codec<S> codec, Class<S> taken) implements Factory {

    @Override
    @SuppressWarnings("unchecked") // The declared type was compared with the type of the codec.
    public <T> Codec<T> create(
        Class<T> type,
        ClassLoader loader,
        SerializationSettings settings,
        Class<?>... otherDeclaredTypes) {
      if (type == taken) {
        return (Codec<T>) codec;
      }
      if (type == Object.class) {
        return (Codec<T>) new CheckedCodec<>(codec, taken);
      }
      throw new CacheException(
          "The codec "
              + codec.id()
              + " takes "
              + taken.getTypeName()
              + ", the cache is declared for "
              + type.getTypeName()
              + "; set another codec or declare the cache for "
              + taken.getTypeName());
    }
  }

  /** Creates codecs for JSON with one mapper, which keeps the shape of classes. */
  private static final class JsonCodecs {

    private final JsonMapper mapper;

    JsonCodecs(ClassLoader loader, SerializationSettings settings) {
      int maxDepth = (int) Math.min(Integer.MAX_VALUE, settings.maxDepth());
      this.mapper = JsonCodec.mapperBuilder(loader, maxDepth).build();
    }

    <T> Codec<T> create(String typeName) {
      try {
        return new JsonCodec<>(mapper, mapper.getTypeFactory().constructFromCanonical(typeName));
      } catch (IllegalArgumentException e) {
        throw new CacheException(
            "value-type = \"" + typeName + "\" is not a type: " + e.getMessage(), e);
      }
    }
  }

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
   * @param nameOrClass the name of a built-in codec, or the name of a class
   * @param type the declared type, {@code Object.class} if there is none
   * @param otherDeclaredTypes further types whose objects may be part of a value
   * @return the codec
   * @throws CacheException if there is no such codec, if it does not take the declared type, or if
   *     the settings are malformed; the message lists the codecs
   */
  public <T> Codec<T> named(String nameOrClass, Class<T> type, Class<?>... otherDeclaredTypes) {
    if (nameOrClass.equals(JSON)) {
      return json(type, type.getTypeName());
    }
    if (nameOrClass.equals(PROTOBUF)) {
      return protobuf(type);
    }
    Factory factory = BUILT_IN.get(nameOrClass);
    if (factory == null) {
      return instantiate(nameOrClass);
    }
    return isPlain(type)
        ? shared(nameOrClass, factory, type)
        : factory.create(type, loader, settings, otherDeclaredTypes);
  }

  /**
   * Returns the codec of values whose declared type is generic.
   *
   * @param <T> the type of the values
   * @param nameOrClass the name of a built-in codec, or the name of a class
   * @param type the declared class
   * @param genericType the type as the settings have it, such as {@code
   *     java.util.List<com.acme.Order>}, or {@code null}; codecs other than JSON need the class
   *     only
   * @param otherDeclaredTypes further types whose objects may be part of a value
   * @return the codec
   * @throws CacheException as {@link #named}
   */
  public <T> Codec<T> ofValues(
      String nameOrClass,
      Class<T> type,
      @Nullable String genericType,
      Class<?>... otherDeclaredTypes) {
    return genericType != null
            && genericType.startsWith(type.getTypeName() + "<")
            && nameOrClass.equals(JSON)
        ? json(type, genericType)
        : named(nameOrClass, type, otherDeclaredTypes);
  }

  private <T> Codec<T> json(Class<T> type, String typeName) {
    if (type == Object.class) {
      throw new CacheException(
          "The codec json needs the declared type of the values, since JSON does not name classes:"
              + " set value-type, or call setTypes of the configuration of the cache");
    }
    try {
      JsonCodecs codecs = json;
      if (codecs == null) {
        codecs = new JsonCodecs(loader, settings);
        json = codecs;
      }
      return codecs.create(typeName);
    } catch (NoClassDefFoundError e) {
      throw new CacheException(
          "The codec json needs tools.jackson.core:jackson-databind 3.1 or newer on the class path ("
              + e.getMessage()
              + " is missing)",
          e);
    }
  }

  private <T> Codec<T> protobuf(Class<T> type) {
    try {
      return new ProtobufCodec<>(type, settings);
    } catch (NoClassDefFoundError e) {
      throw new CacheException(
          "The codec protobuf needs com.google.protobuf:protobuf-java on the class path ("
              + e.getMessage()
              + " is missing)",
          e);
    }
  }

  /** Makes the tables that all codecs share, if there are none yet. */
  public static void prepare() {
    isPlain(String.class);
  }

  /** Returns the names of the built-in codecs, sorted. */
  static Set<String> names() {
    Set<String> names = new TreeSet<>(BUILT_IN.keySet());
    names.add(JSON);
    names.add(PROTOBUF);
    return names;
  }

  /**
   * Returns whether a type of the JDK determines the classes of its objects. A codec of this type
   * reads and writes no other classes, learns none, and ignores other declared types, so caches can
   * share it.
   */
  private static boolean isPlain(Class<?> type) {
    return PlainForm.of(type) != null && ClosedTypes.classesOf(type) != null;
  }

  @SuppressWarnings("unchecked") // The key has the type.
  private <T> Codec<T> shared(String name, Factory factory, Class<T> type) {
    return (Codec<T>)
        shared.computeIfAbsent(
            List.of(name, type), absent -> factory.create(type, loader, settings));
  }

  @SuppressWarnings("unchecked") // Nothing more is known about a codec of the application.
  private <T> Codec<T> instantiate(String className) {
    try {
      Object codec = new ClassResolver(loader, null).find(className).getConstructor().newInstance();
      if (codec instanceof Codec<?> found) {
        checkId(className, found.id());
        return (Codec<T>) found;
      }
      throw new CacheException(
          "Class " + className + " does not implement " + Codec.class.getName() + "; " + KNOWN);
    } catch (ClassNotFoundException e) {
      String near = Spelling.nearest(className, names());
      throw new CacheException(
          "There is no codec \""
              + className
              + "\"; "
              + (near == null ? KNOWN : "did you mean " + near + "? K" + KNOWN.substring(1)),
          e);
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
