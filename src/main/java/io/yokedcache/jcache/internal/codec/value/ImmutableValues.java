package io.yokedcache.jcache.internal.codec.value;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
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
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Currency;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which values callers may share, because nobody can change them: store-by-value (JSR-107 1.1.1,
 * Store-By-Value) is kept without a copy for each. Safe for use by several threads.
 *
 * <p>Immutable are {@code String}, the boxed types, {@code UUID}, {@code BigInteger} and {@code
 * BigDecimal} (not their subclasses), {@code Currency}, {@code Locale}, {@code URI}, the types of
 * {@code java.time}, enum constants, and records of nothing but immutable values. Of any other
 * class nothing is known, so its objects are not.
 */
public final class ImmutableValues {

  /** Parts of one value that are looked at; a value with more is cheaper to copy than to search. */
  private static final int MAX_PARTS = 256;

  private static final Set<Class<?>> IMMUTABLE =
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
          UUID.class,
          Currency.class,
          Locale.class,
          URI.class,
          Instant.class,
          Duration.class,
          Period.class,
          LocalDate.class,
          LocalTime.class,
          LocalDateTime.class,
          OffsetTime.class,
          OffsetDateTime.class,
          ZonedDateTime.class,
          Year.class,
          YearMonth.class,
          MonthDay.class);

  private static final Field[] NONE = {};

  /**
   * The parts of a class whose values decide whether an object is immutable, or {@code FALSE} if it
   * is not. Objects of the JDK, since one of this library would hold its loader as long as the
   * class lives, and classes of the JDK live for ever.
   */
  private static final ClassValue<Object> UNDECIDED =
      new ClassValue<>() {
        @Override
        protected Object computeValue(Class<?> type) {
          return undecidedParts(type);
        }
      };

  private ImmutableValues() {}

  /**
   * Whether a value may be shared. Runs no code of the value's class, and looks at a bounded number
   * of its parts.
   *
   * @param value the value
   * @return {@code false} also if that is not known
   */
  public static boolean isImmutable(Object value) {
    return partsLeft(value, MAX_PARTS) >= 0;
  }

  /** How many parts may still be looked at after this value; negative if it is not immutable. */
  private static int partsLeft(@Nullable Object value, int parts) {
    if (value == null) {
      return parts;
    }
    if (!(UNDECIDED.get(value.getClass()) instanceof Field[] undecided)) {
      return -1;
    }
    int left = parts;
    for (Field field : undecided) {
      left = left > 0 ? partsLeft(read(field, value), left - 1) : -1;
      if (left < 0) {
        break;
      }
    }
    return left;
  }

  private static @Nullable Object read(Field field, Object value) {
    try {
      return field.get(value);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(field + " was made accessible", e);
    }
  }

  private static Object undecidedParts(Class<?> type) {
    if (isImmutableType(type, new HashSet<>())
        || type == BigDecimal.class
        || type == BigInteger.class) {
      return NONE.clone();
    }
    if (!type.isRecord()) {
      return false;
    }
    List<Field> undecided = new ArrayList<>();
    for (Field field : components(type)) {
      if (!isImmutableType(field.getType(), new HashSet<>())) {
        // The field, since an accessor may return a copy of what the record holds.
        if (field.getType().isArray() || !field.trySetAccessible()) {
          return false;
        }
        undecided.add(field);
      }
    }
    return undecided.toArray(NONE);
  }

  /**
   * Whether all objects of a declared type are immutable. A record may contain records of its own
   * type: it is, unless something else says that it is not.
   */
  private static boolean isImmutableType(Class<?> type, Set<Class<?>> assumed) {
    if (type.isPrimitive()
        || IMMUTABLE.contains(type)
        || Enum.class.isAssignableFrom(type)
        || ZoneId.class.isAssignableFrom(type)
        || !assumed.add(type)) {
      return true;
    }
    if (!type.isRecord()) {
      return false;
    }
    for (Field field : components(type)) {
      if (!isImmutableType(field.getType(), assumed)) {
        return false;
      }
    }
    return true;
  }

  private static List<Field> components(Class<?> type) {
    List<Field> fields = new ArrayList<>();
    for (Field field : type.getDeclaredFields()) {
      if (!Modifier.isStatic(field.getModifiers())) {
        fields.add(field);
      }
    }
    return fields;
  }
}
