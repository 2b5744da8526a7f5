package io.yokedcache.jcache.internal.codec.serial;

import java.io.Serializable;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Declared types that determine the classes of their values: final classes of plain content, enums,
 * records, and arrays of these. A cache of a closed type reads no other class, even if the settings
 * allow it.
 */
public final class ClosedTypes {

  private ClosedTypes() {}

  /**
   * Returns the names of the classes that a stream of a value can describe, or {@code null} if the
   * type is not closed.
   */
  public static @Nullable Set<String> classesOf(Class<?> type) {
    Set<String> names = new HashSet<>();
    return collect(type, names, new HashSet<>()) ? Set.copyOf(names) : null;
  }

  private static boolean collect(Class<?> type, Set<String> names, Set<Class<?>> seen) {
    Class<?> element = AllowedClasses.elementType(type);
    if (element.isPrimitive() || !seen.add(element)) {
      return true;
    }
    Set<String> others = JdkTypes.PLAIN.get(element);
    if (others != null) {
      names.add(element.getName());
      names.addAll(others);
      return true;
    }
    if (element.isEnum()) {
      names.add(element.getName());
      names.add(Enum.class.getName());
      return true;
    }
    return element.isRecord() && collectRecord(element, names, seen);
  }

  private static boolean collectRecord(Class<?> type, Set<String> names, Set<Class<?>> seen) {
    if (isReplacedInStreams(type) || !Serializable.class.isAssignableFrom(type)) {
      return false;
    }
    names.add(type.getName());
    for (RecordComponent component : type.getRecordComponents()) {
      if (!collect(component.getType(), names, seen)) {
        return false;
      }
    }
    return true;
  }

  /** Whether serialisation writes or reads another object in place of an object of a class. */
  public static boolean isReplacedInStreams(Class<?> type) {
    for (Method method : type.getDeclaredMethods()) {
      if (method.getName().equals("writeReplace") || method.getName().equals("readResolve")) {
        return true;
      }
    }
    return false;
  }
}
