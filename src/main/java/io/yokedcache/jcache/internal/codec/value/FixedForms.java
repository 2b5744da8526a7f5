package io.yokedcache.jcache.internal.codec.value;

import io.yokedcache.jcache.internal.codec.serial.BigEndian;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoField;
import java.util.UUID;
import java.util.stream.Stream;

/** The forms of the classes whose values all have the same length. */
final class FixedForms {

  /** The position of the second of two numbers if the first is a long. */
  private static final int SECOND = 1 + Long.BYTES;

  private static final int MONTH = 1 + Integer.BYTES;

  private static final int NANOS_PER_SECOND = 1_000_000_000;

  private FixedForms() {}

  static Stream<PlainForm<?>> all() {
    return Stream.concat(numbers(), compounds());
  }

  private static Stream<PlainForm<?>> numbers() {
    return Stream.of(
        new FixedForm<>("Z", Boolean.class, 1, FixedForms::putBoolean, FixedForms::getBoolean),
        new FixedForm<>("B", Byte.class, 1, (value, bytes) -> bytes[1] = value, bytes -> bytes[1]),
        new FixedForm<>(
            "S",
            Short.class,
            Short.BYTES,
            (value, bytes) -> BigEndian.put(bytes, 1, value.shortValue()),
            bytes -> BigEndian.shortAt(bytes, 1)),
        new FixedForm<>(
            "C",
            Character.class,
            Character.BYTES,
            (value, bytes) -> BigEndian.put(bytes, 1, value.charValue()),
            bytes -> BigEndian.charAt(bytes, 1)),
        new FixedForm<>(
            "I",
            Integer.class,
            Integer.BYTES,
            (value, bytes) -> BigEndian.put(bytes, 1, value.intValue()),
            bytes -> BigEndian.intAt(bytes, 1)),
        new FixedForm<>(
            "L",
            Long.class,
            Long.BYTES,
            (value, bytes) -> BigEndian.put(bytes, 1, value.longValue()),
            bytes -> BigEndian.longAt(bytes, 1)),
        // The raw bits do not serve: all NaN are equal, and equal values must have equal bytes.
        new FixedForm<>(
            "F",
            Float.class,
            Float.BYTES,
            (value, bytes) -> BigEndian.put(bytes, 1, Float.floatToIntBits(value)),
            bytes -> Float.intBitsToFloat(BigEndian.intAt(bytes, 1))),
        new FixedForm<>(
            "D",
            Double.class,
            Double.BYTES,
            (value, bytes) -> BigEndian.put(bytes, 1, Double.doubleToLongBits(value)),
            bytes -> Double.longBitsToDouble(BigEndian.longAt(bytes, 1))));
  }

  private static Stream<PlainForm<?>> compounds() {
    int longAndInt = Long.BYTES + Integer.BYTES;
    return Stream.of(
        new FixedForm<>("U", UUID.class, 2 * Long.BYTES, FixedForms::putUuid, FixedForms::getUuid),
        new FixedForm<>(
            "i",
            Instant.class,
            longAndInt,
            (value, bytes) -> putTime(bytes, value.getEpochSecond(), value.getNano()),
            bytes -> Instant.ofEpochSecond(BigEndian.longAt(bytes, 1), nanosOf(bytes))),
        new FixedForm<>(
            "p",
            Duration.class,
            longAndInt,
            (value, bytes) -> putTime(bytes, value.getSeconds(), value.getNano()),
            bytes -> Duration.ofSeconds(BigEndian.longAt(bytes, 1), nanosOf(bytes))),
        new FixedForm<>(
            "t",
            LocalDateTime.class,
            longAndInt,
            FixedForms::putDateTime,
            bytes ->
                LocalDateTime.ofEpochSecond(
                    BigEndian.longAt(bytes, 1), nanosOf(bytes), ZoneOffset.UTC)),
        new FixedForm<>(
            "d", LocalDate.class, Integer.BYTES + 2, FixedForms::putDate, FixedForms::getDate));
  }

  private static void putBoolean(Boolean value, byte[] bytes) {
    bytes[1] = (byte) (value ? 1 : 0);
  }

  private static Boolean getBoolean(byte[] bytes) {
    return switch (bytes[1]) {
      case 0 -> false;
      case 1 -> true;
      default -> throw PlainForms.damaged(bytes, "a Boolean is 0 or 1", /* cause= */ null);
    };
  }

  private static void putUuid(UUID value, byte[] bytes) {
    BigEndian.put(bytes, 1, value.getMostSignificantBits());
    BigEndian.put(bytes, SECOND, value.getLeastSignificantBits());
  }

  private static UUID getUuid(byte[] bytes) {
    return new UUID(BigEndian.longAt(bytes, 1), BigEndian.longAt(bytes, SECOND));
  }

  private static void putTime(byte[] bytes, long seconds, int nanos) {
    BigEndian.put(bytes, 1, seconds);
    BigEndian.put(bytes, SECOND, nanos);
  }

  private static void putDateTime(LocalDateTime value, byte[] bytes) {
    putTime(bytes, value.toEpochSecond(ZoneOffset.UTC), value.get(ChronoField.NANO_OF_SECOND));
  }

  private static int nanosOf(byte[] bytes) {
    int nanos = BigEndian.intAt(bytes, SECOND);
    if (nanos < 0 || nanos >= NANOS_PER_SECOND) {
      throw PlainForms.damaged(bytes, nanos + " nanoseconds in a second", /* cause= */ null);
    }
    return nanos;
  }

  private static void putDate(LocalDate value, byte[] bytes) {
    BigEndian.put(bytes, 1, value.getYear());
    bytes[MONTH] = (byte) value.getMonthValue();
    bytes[MONTH + 1] = (byte) value.getDayOfMonth();
  }

  private static LocalDate getDate(byte[] bytes) {
    return LocalDate.of(BigEndian.intAt(bytes, 1), bytes[MONTH], bytes[MONTH + 1]);
  }
}
