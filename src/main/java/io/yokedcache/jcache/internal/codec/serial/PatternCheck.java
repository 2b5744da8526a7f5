package io.yokedcache.jcache.internal.codec.serial;

import java.util.ArrayList;
import java.util.List;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds patterns of {@code serialization.allow} that cannot match a class. Certain mistakes are
 * errors. A class or package that is not found is a warning, because another application with the
 * same file may have it.
 */
public final class PatternCheck {

  private static final Logger logger = LoggerFactory.getLogger(PatternCheck.class);

  private final ClassResolver resolver;
  private final List<String> errors = new ArrayList<>();

  private PatternCheck(ClassResolver resolver) {
    this.resolver = resolver;
  }

  /**
   * Checks the patterns.
   *
   * @throws CacheException with all patterns that match nothing on any class path
   */
  public static void check(List<String> patterns, ClassLoader loader) {
    PatternCheck check = new PatternCheck(new ClassResolver(loader, null));
    for (String pattern : patterns) {
      if (pattern.endsWith(".**")) {
        check.wildcard(pattern, pattern.substring(0, pattern.length() - 3));
      } else if (pattern.endsWith(".*")) {
        check.wildcard(pattern, pattern.substring(0, pattern.length() - 2));
      } else {
        check.name(pattern);
      }
    }
    if (!check.errors.isEmpty()) {
      throw new CacheException(
          "yokedcache.serialization.allow has entries that allow nothing: "
              + String.join("; ", check.errors));
    }
  }

  private void wildcard(String pattern, String packageName) {
    if (packageName.equals("java") || packageName.startsWith("java.")) {
      errors.add(
          "\"" + pattern + "\", but no wildcard reaches into the JDK; name its classes one by one");
    } else if (isClass(packageName)) {
      errors.add(
          "\""
              + pattern
              + "\", but "
              + packageName
              + " is a class and no package; write \""
              + packageName
              + "\", and its nested classes as \""
              + packageName
              + "$Name\"");
    } else if (!isPackage(packageName)) {
      warn(pattern, "there is no package " + packageName);
    }
  }

  private void name(String className) {
    if (isClass(className)) {
      return;
    }
    String nested = nestedIn(className);
    if (nested != null) {
      errors.add("\"" + className + "\"; write \"" + nested + "\"");
    } else if (isPackage(className) || looksLikeAPackage(className)) {
      errors.add(
          "\""
              + className
              + "\" is a package and no class; write \""
              + className
              + ".*\", or \""
              + className
              + ".**\" with its subpackages");
    } else {
      warn(className, "there is no such class");
    }
  }

  private static void warn(String pattern, String reason) {
    logger.warn(
        "yokedcache.serialization.allow has \"{}\", which allows nothing here: {} on the class path",
        pattern,
        reason);
  }

  /** Returns the binary name of a nested class that was written with dots, or {@code null}. */
  private @Nullable String nestedIn(String className) {
    String name = className;
    for (int dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.')) {
      name = name.substring(0, dot) + "$" + name.substring(dot + 1);
      if (isClass(name)) {
        return name;
      }
    }
    return null;
  }

  private boolean isClass(String name) {
    try {
      resolver.find(name);
      return true;
    } catch (ClassNotFoundException | LinkageError e) {
      // A class that cannot be linked exists nevertheless.
      return e instanceof LinkageError && !(e instanceof NoClassDefFoundError);
    }
  }

  private boolean isPackage(String name) {
    return isPackage(name, resolver.loader())
        || isPackage(name, Thread.currentThread().getContextClassLoader());
  }

  private static boolean isPackage(String name, @Nullable ClassLoader loader) {
    String folder = name.replace('.', '/');
    return loader != null
        && (loader.getDefinedPackage(name) != null
            || loader.getResource(folder + "/") != null
            || loader.getResource(folder) != null);
  }

  private static boolean looksLikeAPackage(String name) {
    return Character.isLowerCase(name.charAt(name.lastIndexOf('.') + 1));
  }
}
