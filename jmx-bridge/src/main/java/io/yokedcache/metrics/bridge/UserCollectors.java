package io.yokedcache.metrics.bridge;

import io.yokedcache.metrics.MetricsCollector;
import java.lang.reflect.InvocationTargetException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes the collectors that the setting {@code collectors} names. */
final class UserCollectors {

  private UserCollectors() {}

  /**
   * Makes one of each class, or none at all: those made before a failure are closed.
   *
   * @throws MetricsConfigurationException that says which class is wrong, and why
   */
  static List<MetricsCollector> of(List<String> classNames) {
    List<MetricsCollector> made = new ArrayList<>();
    try {
      for (String name : classNames) {
        made.add(create(name));
      }
      return made;
    } catch (MetricsConfigurationException e) {
      for (MetricsCollector collector : made) {
        try {
          collector.close();
        } catch (RuntimeException alsoBroken) {
          e.addSuppressed(alsoBroken);
        }
      }
      throw e;
    }
  }

  private static MetricsCollector create(String name) {
    try {
      return load(name).asSubclass(MetricsCollector.class).getConstructor().newInstance();
    } catch (ClassNotFoundException e) {
      throw bad(name, "is found neither by the class loader of the thread nor by the bridge's", e);
    } catch (ClassCastException e) {
      throw bad(name, "does not implement " + MetricsCollector.class.getName(), e);
    } catch (NoSuchMethodException | IllegalAccessException | InstantiationException e) {
      throw bad(name, "must be a public class with a public constructor without parameters", e);
    } catch (InvocationTargetException e) {
      throw bad(name, "cannot be made: its constructor threw " + e.getCause(), e);
    } catch (LinkageError e) {
      throw bad(name, "cannot be loaded: " + e, e);
    }
  }

  /** An application's classes are in the context class loader where the bridge is in a parent. */
  private static Class<?> load(String name) throws ClassNotFoundException {
    @Nullable ClassLoader context = Thread.currentThread().getContextClassLoader();
    if (context != null) {
      try {
        return Class.forName(name, /* initialize= */ true, context);
      } catch (ClassNotFoundException e) {
        // The next one may have it.
      }
    }
    return Class.forName(name, /* initialize= */ true, UserCollectors.class.getClassLoader());
  }

  private static MetricsConfigurationException bad(String name, String what, Throwable cause) {
    return new MetricsConfigurationException(
        MetricsFile.GROUP + ".collectors: the class " + name + " " + what, cause);
  }
}
