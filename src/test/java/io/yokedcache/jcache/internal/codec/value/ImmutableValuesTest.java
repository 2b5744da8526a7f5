package io.yokedcache.jcache.internal.codec.value;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.internal.codec.Samples;
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
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Currency;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Which values callers may share. */
final class ImmutableValuesTest {

  static List<Object> immutable() {
    return List.of(
        "text",
        true,
        (byte) 1,
        (short) 1,
        'c',
        1,
        1L,
        1f,
        1d,
        new UUID(1, 2),
        BigInteger.TEN,
        BigDecimal.TEN,
        Currency.getInstance("EUR"),
        Locale.GERMANY,
        URI.create("http://a/b"),
        Instant.EPOCH,
        Duration.ZERO,
        Period.ZERO,
        LocalDate.EPOCH,
        LocalTime.NOON,
        LocalDateTime.MIN,
        OffsetTime.MIN,
        OffsetDateTime.MIN,
        ZonedDateTime.parse("2024-02-29T10:00:00+01:00[Europe/Berlin]"),
        ZoneId.of("Europe/Berlin"),
        ZoneOffset.UTC,
        Year.of(2024),
        YearMonth.of(2024, 2),
        MonthDay.of(2, 29),
        Samples.Color.RED,
        // A constant with a class of its own.
        Samples.Color.GREEN,
        new Flat(1, "a", Samples.Color.GREEN, LocalDate.EPOCH),
        new Nested(new Flat(1, null, null, null), 2),
        new Chain(1, new Chain(2, null)),
        new Sum(BigDecimal.ONE),
        new EncodedOnce() {},
        new Samples.Pair(new Samples.Pair("a", null), 1L));
  }

  static List<Object> mutableOrUnknown() {
    return List.of(
        new byte[1],
        new ArrayDeque<>(),
        new ArrayList<>(),
        List.of("a"),
        Map.of(),
        Optional.of(1),
        new AtomicLong(),
        new BitSet(),
        new Object(),
        new Samples.Base(1),
        new Decimal("1"),
        new Sum(new Decimal("1")),
        new Samples.Pair("a", new byte[1]),
        new Samples.Pair("a", new String[] {"b"}),
        new Samples.Pair(new Samples.Pair(null, new BitSet()), 1),
        new Samples.Pair(new Decimal("1"), null),
        new Array(null),
        new Hiding(new AtomicLong()),
        new Loop(new ArrayList<>()));
  }

  @ParameterizedTest
  @MethodSource("immutable")
  void isImmutable_immutable_mayBeShared(Object value) {
    assertThat(ImmutableValues.isImmutable(value)).isTrue();
    assertThat(ImmutableValues.isImmutable(value)).as("asked again").isTrue();
  }

  @ParameterizedTest
  @MethodSource("mutableOrUnknown")
  void isImmutable_mutableOrUnknown_isCopied(Object value) {
    assertThat(ImmutableValues.isImmutable(value)).isFalse();
    assertThat(ImmutableValues.isImmutable(value)).as("asked again").isFalse();
  }

  @Test
  void isImmutable_oneClass_isDecidedByValue() {
    assertThat(ImmutableValues.isImmutable(new Samples.Pair("a", List.of()))).isFalse();
    assertThat(ImmutableValues.isImmutable(new Samples.Pair("a", "b"))).isTrue();
  }

  @Test
  void isImmutable_manyParts_givesUp() {
    Object deep = "end";
    for (int i = 0; i < 100_000; i++) {
      deep = new Samples.Pair(null, deep);
    }
    assertThat(ImmutableValues.isImmutable(deep)).isFalse();
    // Sixty-four levels of two parts that are one object: 2^64 ways to go.
    Object wide = "end";
    for (int i = 0; i < 64; i++) {
      wide = new Samples.Pair(wide, wide);
    }
    assertThat(ImmutableValues.isImmutable(wide)).isFalse();
  }

  @Test
  void isImmutable_partsOfDecidedTypes_areNotCounted() {
    Chain chain = new Chain(0, null);
    for (int i = 1; i < 100_000; i++) {
      chain = new Chain(i, chain);
    }
    assertThat(ImmutableValues.isImmutable(chain)).isTrue();
  }

  private record Flat(
      int number, @Nullable String text, Samples.@Nullable Color color, @Nullable LocalDate date) {}

  private record Nested(Flat flat, double weight) {}

  private record Chain(int number, @Nullable Chain next) {}

  private record Sum(BigDecimal amount) {}

  @SuppressWarnings("ArrayRecordComponent") // That is the point.
  private record Array(byte @Nullable [] bytes) {}

  private record Loop(List<Loop> children) {}

  /** Shows something else than it holds. */
  private record Hiding(Object text) implements Supplier<Object> {

    @Override
    public Object text() {
      return text.toString();
    }

    @Override
    public Object get() {
      return text();
    }
  }

  /** BigDecimal is not final. */
  private static final class Decimal extends BigDecimal {
    private static final long serialVersionUID = 1L;

    Decimal(String text) {
      super(text);
    }
  }
}
