package io.yokedcache.jcache.internal.codec.value;

import java.math.BigDecimal;
import java.math.BigInteger;
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
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;

/** Values of the classes that the codec {@code auto} does not serialise. */
public final class PlainSamples {

  /** Lengths around which the header of a length changes, and others. */
  static final List<Integer> LENGTHS = List.of(0, 1, 2, 100, 253, 254, 255, 256, 257, 30_000);

  private PlainSamples() {}

  public static List<Object> all() {
    List<Object> values = new ArrayList<>(numbers());
    values.addAll(List.of(true, false, '\0', 'c', '\uD800', Character.MAX_VALUE));
    values.addAll(
        List.of(
            new UUID(0, 0),
            new UUID(Long.MIN_VALUE, Long.MAX_VALUE),
            Instant.EPOCH,
            Instant.MIN,
            Instant.MAX,
            Instant.parse("2024-02-29T10:00:00.123456789Z"),
            Duration.ZERO,
            Duration.ofNanos(-1),
            Duration.ofSeconds(Long.MIN_VALUE),
            Duration.ofSeconds(Long.MAX_VALUE, 999_999_999),
            LocalDate.EPOCH,
            LocalDate.MIN,
            LocalDate.MAX,
            LocalDate.of(2024, 2, 29),
            LocalDateTime.MIN,
            LocalDateTime.MAX,
            LocalDateTime.parse("1969-12-31T23:59:59.999999999"),
            LocalTime.MIN,
            LocalTime.MAX,
            OffsetDateTime.MIN,
            OffsetDateTime.MAX,
            OffsetDateTime.parse("2024-02-29T10:00:00.000000001+05:45")));
    values.addAll(
        List.of(
            ZonedDateTime.parse("2026-10-25T02:30:00.5+02:00[Europe/Berlin]"),
            ZonedDateTime.parse("2026-10-25T02:30:00.5+01:00[Europe/Berlin]"),
            ZonedDateTime.parse("2024-02-29T10:00:00+05:45"),
            ZonedDateTime.of(LocalDateTime.MIN, ZoneId.of("Etc/GMT+12")),
            ZonedDateTime.of(LocalDateTime.MAX, ZoneId.of("UTC+01:00")),
            OffsetTime.MIN,
            OffsetTime.MAX,
            OffsetTime.parse("10:00:00.000000001+05:45"),
            Year.of(Year.MIN_VALUE),
            Year.of(2026),
            YearMonth.of(Year.MAX_VALUE, 12),
            YearMonth.of(2024, 2),
            MonthDay.of(2, 29),
            MonthDay.of(12, 31),
            Period.ZERO,
            Period.of(Integer.MIN_VALUE, -1, Integer.MAX_VALUE),
            ZoneOffset.UTC,
            ZoneOffset.MIN,
            ZoneOffset.ofTotalSeconds(1)));
    values.addAll(texts());
    values.addAll(arrays());
    for (int length : LENGTHS) {
      byte[] bytes = new byte[length];
      new Random(length).nextBytes(bytes);
      values.add(bytes);
    }
    return values;
  }

  /** Numbers of the JDK, with the extremes. */
  static List<Number> numbers() {
    return List.of(
        (byte) 0,
        Byte.MIN_VALUE,
        Byte.MAX_VALUE,
        Short.MIN_VALUE,
        Short.MAX_VALUE,
        0,
        -1,
        Integer.MIN_VALUE,
        Integer.MAX_VALUE,
        0L,
        42L,
        Long.MIN_VALUE,
        Long.MAX_VALUE,
        0f,
        -0f,
        1.5f,
        Float.MIN_VALUE,
        Float.MAX_VALUE,
        Float.NaN,
        Float.NEGATIVE_INFINITY,
        0d,
        -0d,
        Math.PI,
        Double.MIN_VALUE,
        Double.MAX_VALUE,
        Double.NaN,
        Double.POSITIVE_INFINITY,
        BigInteger.ZERO,
        BigInteger.valueOf(-1),
        BigInteger.ONE.shiftLeft(4000).negate(),
        BigDecimal.ZERO,
        new BigDecimal("2.0"),
        new BigDecimal("2.00"),
        new BigDecimal("-1E+2147483647"),
        new BigDecimal(BigInteger.TEN.pow(1000), Integer.MAX_VALUE),
        new BigDecimal(BigInteger.TEN, Integer.MIN_VALUE));
  }

  /** Arrays of primitive types but bytes, with the extremes. */
  private static List<Object> arrays() {
    return List.of(
        new short[0],
        new short[] {1, Short.MIN_VALUE, Short.MAX_VALUE},
        new char[] {'x', '\uD800', Character.MAX_VALUE},
        new int[0],
        new int[] {1, -1, Integer.MIN_VALUE, Integer.MAX_VALUE},
        new int[64],
        new long[] {1, -1, Long.MIN_VALUE, Long.MAX_VALUE},
        new float[] {0.5f, -0f, Float.NaN, Float.MAX_VALUE},
        new double[] {0.5, -0.0, Double.NaN, Double.MIN_VALUE},
        new double[1000]);
  }

  private static List<String> texts() {
    List<String> texts = new ArrayList<>();
    for (String part :
        new String[] {"x", "\0", "\u007F", "\u0080", "\u00FF", "\u0100", "\u20AC", "\u4E2D"}) {
      for (int length : LENGTHS) {
        texts.add(part.repeat(length));
      }
    }
    texts.addAll(List.of("Grüße", "10 \u20AC", "\uD83D\uDE00", "?", "a\uFFFDb", "\uFFFF\uFEFF"));
    texts.addAll(
        List.of("\uD800", "\uDC00", "\uDC00\uD800", "a\uD83D", "\uD83Db?", "\uDE00\uD83D"));
    texts.add("x".repeat(1000) + "\uD800");
    return texts;
  }
}
