package io.yokedcache.jcache.internal.codec.serial;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
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
import java.util.Currency;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * The properties of the JDK's value types, as the only list of them. {@link PresetClasses} has the
 * further classes of the JDK that may be read.
 */
public final class JdkTypes {

  /**
   * The final classes with plain content, which are immutable, each with the names that its streams
   * contain beside its own.
   */
  static final Map<Class<?>, Set<String>> PLAIN = plain();

  /** Immutable classes that are not final, or whose values hold objects of other classes. */
  private static final Set<Class<?>> FURTHER_IMMUTABLE =
      Set.of(Currency.class, Locale.class, URI.class);

  /** Classes that are immutable, and whose subclasses may be mutable. */
  private static final Set<Class<?>> IMMUTABLE_THEMSELVES =
      Set.of(BigInteger.class, BigDecimal.class);

  /**
   * The classes whose objects a hash table orders when hash codes collide, because they are {@code
   * Comparable} to their class. It compares the keys of all other classes in pairs.
   */
  static final Set<Class<?>> HASH_ORDERED =
      Set.of(
          String.class,
          Boolean.class,
          Byte.class,
          Short.class,
          Character.class,
          Integer.class,
          Long.class,
          Float.class,
          Double.class,
          BigInteger.class,
          Date.class,
          UUID.class);

  private JdkTypes() {}

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

  /** Returns the final classes with plain content. */
  public static Set<Class<?>> plainTypes() {
    return PLAIN.keySet();
  }

  /** Returns whether all objects of a declared type are immutable. */
  public static boolean isImmutable(Class<?> type) {
    return PLAIN.containsKey(type) || FURTHER_IMMUTABLE.contains(type);
  }

  /** Returns whether the objects of exactly this class are immutable. */
  public static boolean isImmutableClass(Class<?> type) {
    return isImmutable(type) || IMMUTABLE_THEMSELVES.contains(type);
  }

  /** Returns whether a hash table orders keys of this class whose hash codes are equal. */
  public static boolean isHashOrdered(Class<?> type) {
    return HASH_ORDERED.contains(type);
  }
}
