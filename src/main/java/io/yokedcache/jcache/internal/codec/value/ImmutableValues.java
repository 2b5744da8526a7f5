package io.yokedcache.jcache.internal.codec.value;

import io.yokedcache.jcache.internal.codec.serial.JdkTypes;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Determines the values that callers can share because they are immutable. Store-by-value (JSR-107
 * 1.1.1, Store-By-Value) then needs no copy per caller. Safe for use by several threads.
 *
 * <p>The immutable values are {@code String}, the boxed types, {@code UUID}, {@code BigInteger} and
 * {@code BigDecimal} (not their subclasses), {@code Currency}, {@code Locale}, {@code URI}, the
 * types of {@code java.time}, enum constants, records of immutable values, and {@link EncodedOnce}.
 * Objects of all other classes count as mutable.
 */
public final class ImmutableValues {

  /**
   * The most parts of one value that are inspected; a larger value is cheaper to copy than to
   * inspect.
   */
  private static final int MAX_PARTS = 256;

  private static final Field[] NONE = {};

  /**
   * The parts of a class whose values decide whether an object is immutable, or {@code FALSE} if it
   * is not. The map holds JDK objects only: an object of this library would hold its loader as long
   * as the class lives, and classes of the JDK are never unloaded.
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
   * Returns whether a value may be shared. It runs no code of the value's class and inspects a
   * bounded number of its parts.
   *
   * @param value the value
   * @return {@code false} also if this is not known
   */
  public static boolean isImmutable(Object value) {
    return value instanceof EncodedOnce || partsLeft(value, MAX_PARTS) >= 0;
  }

  /**
   * Returns the number of parts that may still be inspected after this value; negative if the value
   * is not immutable.
   */
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
    if (JdkTypes.isImmutableClass(type) || isImmutableType(type, new HashSet<>())) {
      return NONE.clone();
    }
    if (!type.isRecord()) {
      return false;
    }
    List<Field> undecided = new ArrayList<>();
    for (Field field : components(type)) {
      if (!isImmutableType(field.getType(), new HashSet<>())) {
        // The field is read because an accessor can return a copy.
        if (field.getType().isArray() || !field.trySetAccessible()) {
          return false;
        }
        undecided.add(field);
      }
    }
    return undecided.toArray(NONE);
  }

  /**
   * Returns whether all objects of a declared type are immutable. A record can contain records of
   * its type: they count as immutable unless another component is mutable.
   */
  private static boolean isImmutableType(Class<?> type, Set<Class<?>> assumed) {
    if (type.isPrimitive()
        || JdkTypes.isImmutable(type)
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
