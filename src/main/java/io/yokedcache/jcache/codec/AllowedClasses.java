package io.yokedcache.jcache.codec;

import io.yokedcache.jcache.configuration.SerializationSettings;
import java.io.ObjectInputFilter;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;

/**
 * The classes that may be deserialised: the JDK's value types, the declared types with their
 * packages, the presets, and the patterns of the setting. Everything else is refused. Immutable.
 *
 * <p>There is no list of known gadget classes: such lists age. Instead no wildcard and no declared
 * type reaches into the JDK, whose classes have to be named one by one, and a bare {@code *} is an
 * error.
 */
final class AllowedClasses {

  private static final Pattern CLASS_OR_PACKAGE =
      Pattern.compile(
          "\\p{javaJavaIdentifierStart}\\p{javaJavaIdentifierPart}*"
              + "(\\.\\p{javaJavaIdentifierStart}\\p{javaJavaIdentifierPart}*)*(\\.\\*\\*?)?");

  private final Set<String> names = new HashSet<>(PresetClasses.JDK);
  private final Set<String> packages = new HashSet<>();
  private final List<String> prefixes = new ArrayList<>();

  AllowedClasses(SerializationSettings settings, List<Class<?>> declaredTypes) {
    for (String preset : settings.presets()) {
      names.addAll(PresetClasses.preset(preset));
    }
    for (String pattern : settings.allow()) {
      addPattern(pattern);
    }
    for (Class<?> type : declaredTypes) {
      addDeclared(elementType(type));
    }
  }

  private void addPattern(String pattern) {
    if (!CLASS_OR_PACKAGE.matcher(pattern).matches()) {
      throw new CacheException(
          "yokedcache.serialization.allow has \""
              + pattern
              + "\"; write a class (com.acme.Order), a package (com.acme.*) or a package with its"
              + " subpackages (com.acme.**)");
    }
    if (pattern.endsWith(".**")) {
      prefixes.add(pattern.substring(0, pattern.length() - 2));
    } else if (pattern.endsWith(".*")) {
      packages.add(pattern.substring(0, pattern.length() - 2));
    } else {
      names.add(pattern);
    }
  }

  private void addDeclared(Class<?> type) {
    if (isPlatformClass(type)) {
      return;
    }
    if (!type.getPackageName().isEmpty()) {
      packages.add(type.getPackageName());
    }
    // A stream describes the superclasses too, wherever they come from.
    for (Class<?> c = type; c != null && !isPlatformClass(c); c = c.getSuperclass()) {
      names.add(c.getName());
    }
  }

  /** Whether the class, or the element type of the array class, may be deserialised. */
  boolean allows(Class<?> type) {
    Class<?> element = elementType(type);
    if (element.isPrimitive() || names.contains(element.getName())) {
      return true;
    }
    if (Proxy.isProxyClass(element)) {
      // The invocation handler is an object of the stream and is checked like any other.
      return Arrays.stream(element.getInterfaces()).allMatch(this::allows);
    }
    String packageName = element.getPackageName();
    if (isPlatformClass(element)) {
      return PresetClasses.JDK_PACKAGES.contains(packageName)
          || (Enum.class.isAssignableFrom(element) && packageName.startsWith("java."));
    }
    return packages.contains(packageName) || startsWithPrefix(element.getName());
  }

  private boolean startsWithPrefix(String className) {
    for (String prefix : prefixes) {
      if (className.startsWith(prefix)) {
        return true;
      }
    }
    return false;
  }

  /** Refuses a class that is not allowed. */
  void check(Class<?> type) {
    if (!allows(type)) {
      throw new RefusedClassException(elementType(type).getName());
    }
  }

  /** Refuses a class that is about to be instantiated without an {@code ObjectInputStream}. */
  void checkWithJvmFilter(Class<?> type) {
    check(type);
    ObjectInputFilter jvmWide = ObjectInputFilter.Config.getSerialFilter();
    if (jvmWide != null && isRejected(jvmWide.checkInput(new ClassOnly(type)))) {
      throw refusedByJvm(type);
    }
  }

  static RefusedClassException refusedByJvm(Class<?> type) {
    String name = elementType(type).getName();
    return new RefusedClassException(
        name,
        "Class "
            + name
            + " may not be deserialised: the filter of this JVM (jdk.serialFilter) rejects it");
  }

  static boolean isRejected(ObjectInputFilter.@Nullable Status status) {
    return status == null || status == ObjectInputFilter.Status.REJECTED;
  }

  /** Whether the class is part of the JDK. */
  static boolean isPlatformClass(Class<?> type) {
    ClassLoader loader = type.getClassLoader();
    return loader == null || loader == ClassLoader.getPlatformClassLoader();
  }

  static Class<?> elementType(Class<?> type) {
    Class<?> element = type;
    while (element.isArray()) {
      element = element.getComponentType();
    }
    return element;
  }

  /** What the filter of the JVM is asked about a class outside of any stream. */
  private record ClassOnly(Class<?> serialClass) implements ObjectInputFilter.FilterInfo {

    @Override
    public long arrayLength() {
      return -1;
    }

    @Override
    public long depth() {
      return 1;
    }

    @Override
    public long references() {
      return 1;
    }

    @Override
    public long streamBytes() {
      return 0;
    }
  }
}
