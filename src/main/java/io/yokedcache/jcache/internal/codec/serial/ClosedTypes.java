package io.yokedcache.jcache.internal.codec.serial;

import java.io.Serializable;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.MonthDay;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.Period;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Declared types that determine the classes of their values: final classes of plain content, enums,
 * records, and arrays of these. A cache of a closed type reads no other class, even if the settings
 * allow it.
 */
public final class ClosedTypes {

  /**
   * The final classes of the JDK with plain content, each with the names that its streams contain
   * beside its own. The only list of these classes: closed types and immutable values are derived
   * from it.
   */
  private static final Map<Class<?>, Set<String>> PLAIN = plain();

  private ClosedTypes() {}

  private static Map<Class<?>, Set<String>> plain() {
    Map<Class<?>, Set<String>> plain = new HashMap<>();
    List.of(String.class, Boolean.class, Character.class, UUID.class)
        .forEach(type -> plain.put(type, Set.of()));
    List.of(Byte.class, Short.class, Integer.class, Long.class, Float.class, Double.class)
        .forEach(type -> plain.put(type, Set.of(Number.class.getName())));
    List.of(
            Duration.class,
            Instant.class,
            LocalDate.class,
            LocalDateTime.class,
            LocalTime.class,
            MonthDay.class,
            OffsetDateTime.class,
            OffsetTime.class,
            Period.class,
            Year.class,
            YearMonth.class,
            ZoneOffset.class,
            ZonedDateTime.class)
        .forEach(type -> plain.put(type, Set.of("java.time.Ser")));
    return Map.copyOf(plain);
  }

  /** Returns the final classes of the JDK with plain content. */
  public static Set<Class<?>> plainTypes() {
    return PLAIN.keySet();
  }

  /** Returns whether a class is a final class of the JDK with plain content, which is immutable. */
  public static boolean isPlain(Class<?> type) {
    return PLAIN.containsKey(type);
  }

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
    Set<String> others = PLAIN.get(element);
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
    if (standsInForItself(type) || !Serializable.class.isAssignableFrom(type)) {
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

  private static boolean standsInForItself(Class<?> type) {
    for (Method method : type.getDeclaredMethods()) {
      if (method.getName().equals("writeReplace") || method.getName().equals("readResolve")) {
        return true;
      }
    }
    return false;
  }
}
