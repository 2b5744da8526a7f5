package io.yokedcache.jcache.internal.codec.serial;

import io.yokedcache.jcache.codec.CodecException;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds classes by name without initialising them: first in the loader of the cache manager, then
 * in the context loader of the thread and in the loader of the declared type, because some classes
 * of an application are visible only there.
 *
 * @param loader the loader that is asked first
 * @param declared the loader of the declared type; {@code null} for types of the JDK
 */
public record ClassResolver(ClassLoader loader, @Nullable ClassLoader declared) {

  private static final Map<String, Class<?>> PRIMITIVES =
      Stream.<Class<?>>of(
              boolean.class,
              byte.class,
              char.class,
              short.class,
              int.class,
              long.class,
              float.class,
              double.class,
              void.class)
          .collect(Collectors.toUnmodifiableMap(Class::getName, Function.identity()));

  static boolean isPrimitive(String name) {
    return PRIMITIVES.containsKey(name);
  }

  public Class<?> find(String name) throws ClassNotFoundException {
    Class<?> primitive = PRIMITIVES.get(name);
    if (primitive != null) {
      return primitive;
    }
    try {
      return Class.forName(name, /* initialize= */ false, loader);
    } catch (ClassNotFoundException e) {
      ClassLoader context = Thread.currentThread().getContextClassLoader();
      for (ClassLoader other : new @Nullable ClassLoader[] {context, declared}) {
        if (other != null && other != loader) {
          try {
            return Class.forName(name, /* initialize= */ false, other);
          } catch (ClassNotFoundException alsoUnknown) {
            e.addSuppressed(alsoUnknown);
          }
        }
      }
      throw e;
    }
  }

  /** Returns whether the loader that is asked first finds exactly this class. */
  public boolean isFoundByManager(Class<?> type) {
    try {
      return Class.forName(type.getName(), /* initialize= */ false, loader) == type;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  /** Finds a class as {@link #find} does; a missing class is an error. */
  public Class<?> get(String name) {
    try {
      return find(name);
    } catch (ClassNotFoundException e) {
      throw notFound(name, e);
    }
  }

  static CodecException notFound(String name, ClassNotFoundException cause) {
    return new CodecException(
        CodecException.Reason.UNKNOWN_CLASS,
        "Class "
            + DisplayNames.of(name)
            + " is known neither to the class loader of the cache manager nor to the context class"
            + " loader of this thread, nor to the loader of the declared type of the cache",
        cause);
  }
}
