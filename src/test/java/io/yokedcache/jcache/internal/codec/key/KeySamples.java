package io.yokedcache.jcache.internal.codec.key;

import io.yokedcache.jcache.internal.codec.Samples.Base;
import io.yokedcache.jcache.internal.codec.Samples.Color;
import io.yokedcache.jcache.internal.codec.Samples.OrderId;
import io.yokedcache.jcache.internal.codec.Samples.Pair;
import io.yokedcache.jcache.internal.codec.Samples.Positive;
import io.yokedcache.jcache.internal.codec.Samples.Rehashing;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.sql.Date;
import java.sql.Time;
import java.sql.Timestamp;
import java.time.DayOfWeek;
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
import java.util.Arrays;
import java.util.Currency;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;

/** Keys no two of which are equal, of every type that has a canonical form. */
public final class KeySamples {

  private KeySamples() {}

  public static List<Object> all() {
    List<Object> keys = new ArrayList<>(scalars());
    keys.addAll(times());
    keys.addAll(structures());
    return keys;
  }

  private static List<Object> scalars() {
    return List.of(
        "",
        "text",
        "#",
        "##",
        "#L1",
        "Gr\u00fc\u00dfe \uD83D\uDE00 \uFFFD",
        "x" + (char) 0xDC00,
        1L,
        Long.MIN_VALUE,
        1,
        Integer.MAX_VALUE,
        (short) 1,
        (byte) 1,
        '1',
        (char) 0xD800,
        true,
        false,
        1.0,
        -0.0,
        0.0,
        2.0E-3,
        Double.parseDouble("2e23"),
        Double.MIN_VALUE,
        Double.NaN,
        Double.NEGATIVE_INFINITY,
        1.0f,
        Float.MAX_VALUE,
        BigInteger.ONE,
        BigInteger.TWO.pow(200).negate(),
        BigDecimal.ONE,
        new BigDecimal("1.0"),
        new BigDecimal("1E+30"),
        new BigDecimal("-0.000000001"),
        new UUID(1, 2),
        Currency.getInstance("EUR"),
        Locale.ROOT,
        Locale.GERMANY,
        new Locale("no", "NO", "NY"),
        new Locale("en", "US", "not well formed"),
        Locale.forLanguageTag("zh-Hant-TW-u-ca-roc"),
        URI.create(""),
        URI.create("urn:isbn:1"),
        URI.create("file:///a/b"),
        URI.create("file:/a"),
        URI.create("http://u:p@h:80/a%2Fb?q=1#f"),
        URI.create("//reg_name:x/p"),
        Color.RED,
        Color.GREEN,
        DayOfWeek.FRIDAY);
  }

  private static List<Object> times() {
    return List.of(
        LocalDate.of(2024, 2, 29),
        LocalDate.MIN,
        LocalDate.MAX,
        LocalTime.NOON,
        LocalTime.MAX,
        LocalDateTime.of(2024, 2, 29, 1, 2),
        LocalDateTime.MIN,
        OffsetTime.MIN,
        OffsetDateTime.MAX,
        ZonedDateTime.of(2024, 10, 27, 2, 30, 0, 0, ZoneId.of("Europe/Berlin")),
        ZonedDateTime.of(2024, 10, 27, 2, 30, 0, 0, ZoneId.of("Europe/Berlin"))
            .withLaterOffsetAtOverlap(),
        ZonedDateTime.of(2024, 1, 1, 0, 0, 0, 1, ZoneOffset.UTC),
        ZonedDateTime.of(2024, 1, 1, 0, 0, 0, 1, ZoneId.of("UTC")),
        Instant.MIN,
        Instant.MAX,
        Instant.EPOCH,
        Duration.ZERO,
        Duration.ofSeconds(Long.MIN_VALUE),
        Duration.ofMillis(-1500),
        Period.of(1, -2, 3),
        Period.ZERO,
        Year.of(2024),
        Year.of(-999_999_999),
        YearMonth.of(12_024, 2),
        YearMonth.of(-5, 12),
        MonthDay.of(2, 29),
        ZoneOffset.ofHours(2),
        ZoneId.of("Europe/Berlin"),
        ZoneId.of("UTC+02:00"),
        new Timestamp(-1),
        Timestamp.from(Instant.ofEpochSecond(1_700_000_000L, 123_456_789)),
        new Time(1000),
        new Date(1000));
  }

  private static List<Object> structures() {
    Map<Color, Object> colors = new EnumMap<>(Color.class);
    colors.put(Color.GREEN, Color.RED);
    Map<Object, Object> nulls = new HashMap<>();
    nulls.put(null, null);
    return List.of(
        List.of(),
        List.of("a"),
        List.of("a", "b"),
        List.of("ab"),
        List.of("", "ab"),
        List.of(List.of("a"), List.of("b")),
        List.of(List.of("a", "b")),
        Arrays.asList("a", null),
        Set.of(),
        EnumSet.of(Color.RED),
        Set.of("a", 1L, List.of(Set.of(1, 2))),
        new HashSet<>(Arrays.asList(null, "b")),
        Map.of(),
        Map.of("a", "b"),
        Map.of("a", 1, "b", 2, "c", Map.of()),
        colors,
        nulls,
        Map.entry("a", "b"),
        new Pair(null, null),
        new Pair("a", "b"),
        new Pair("a", new Pair("b", Color.GREEN)),
        new Positive(1),
        new Base(1),
        new OrderId(1, null, null, List.of(), new TreeSet<>()),
        new OrderId(66_000, "z", Color.GREEN, List.of("p", new Base(2)), tags("b", "a")),
        new Rehashing("a", 1, new String[] {"x"}));
  }

  private static SortedSet<String> tags(String... tags) {
    return new TreeSet<>(List.of(tags));
  }
}
