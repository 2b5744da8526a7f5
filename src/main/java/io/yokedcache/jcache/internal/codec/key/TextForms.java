package io.yokedcache.jcache.internal.codec.key;

import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.internal.codec.serial.ScanLimits;
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
import java.util.Arrays;
import java.util.Currency;
import java.util.Date;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The JDK types that are written as text: a letter for the frequent ones ({@code #L42}), the name
 * of the class for the others ({@code #TLocalDate:2024-02-29}).
 *
 * <p>Floating point is written in hexadecimal digits, since JDK 19 changed the decimal ones.
 */
final class TextForms {

  private static final int MAX_NUMBER_CHARS = 10_000;

  private static final int HEX = 16;

  private static final Map<Class<?>, TextForm> BY_CLASS =
      Stream.concat(letters(), names())
          .collect(Collectors.toUnmodifiableMap(TextForm::type, Function.identity()));

  private static final Map<String, TextForm> BY_PREFIX = byPrefix(BY_CLASS.values().stream());

  private TextForms() {}

  private static Stream<TextForm> letters() {
    return Stream.of(
        TextForm.of("#L", Long.class, value -> Long.toString(value), Long::valueOf),
        TextForm.of("#I", Integer.class, value -> Integer.toString(value), Integer::valueOf),
        TextForm.of("#S", Short.class, value -> Short.toString(value), Short::valueOf),
        TextForm.of("#B", Byte.class, value -> Byte.toString(value), Byte::valueOf),
        TextForm.of("#Z", Boolean.class, value -> Boolean.toString(value), Boolean::valueOf),
        TextForm.of(
            "#C",
            Character.class,
            value -> Integer.toHexString(value),
            text -> (char) Integer.parseInt(text, HEX)),
        TextForm.of("#D", Double.class, value -> Double.toHexString(value), Double::valueOf),
        TextForm.of("#F", Float.class, value -> Float.toHexString(value), Float::valueOf),
        TextForm.of(
            "#G",
            BigInteger.class,
            value -> bounded(value).toString(),
            text -> new BigInteger(bounded(text))),
        TextForm.of(
            "#M", BigDecimal.class, TextForms::decimalText, text -> new BigDecimal(bounded(text))),
        TextForm.of("#U", UUID.class, UUID::toString, UUID::fromString));
  }

  private static Stream<TextForm> names() {
    return Stream.of(
        TextForm.named(LocalDate.class, LocalDate::toString, LocalDate::parse),
        TextForm.named(LocalTime.class, LocalTime::toString, LocalTime::parse),
        TextForm.named(LocalDateTime.class, LocalDateTime::toString, LocalDateTime::parse),
        TextForm.named(OffsetTime.class, OffsetTime::toString, OffsetTime::parse),
        TextForm.named(OffsetDateTime.class, OffsetDateTime::toString, OffsetDateTime::parse),
        TextForm.named(ZonedDateTime.class, ZonedDateTime::toString, ZonedDateTime::parse),
        TextForm.named(Instant.class, Instant::toString, Instant::parse),
        TextForm.named(Duration.class, Duration::toString, Duration::parse),
        TextForm.named(Period.class, Period::toString, Period::parse),
        TextForm.named(Year.class, Year::toString, text -> Year.of(Integer.parseInt(text))),
        TextForm.named(YearMonth.class, YearMonth::toString, TextForms::yearMonth),
        TextForm.named(MonthDay.class, MonthDay::toString, MonthDay::parse),
        TextForm.named(ZoneOffset.class, ZoneOffset::getId, ZoneOffset::of),
        TextForm.named(ZoneId.class, ZoneId::getId, ZoneId::of),
        dates(),
        TextForm.named(Currency.class, Currency::getCurrencyCode, Currency::getInstance),
        TextForm.named(Locale.class, TextForms::localeText, TextForms::locale),
        TextForm.named(URI.class, CanonicalUri::text, URI::create));
  }

  @SuppressWarnings("JavaUtilDate") // Old as it is, applications have keys of it.
  private static TextForm dates() {
    return TextForm.named(
        Date.class,
        value -> Instant.ofEpochMilli(value.getTime()).toString(),
        text -> new Date(Instant.parse(text).toEpochMilli()));
  }

  static Map<String, TextForm> byPrefix(Stream<TextForm> forms) {
    return forms.collect(Collectors.toUnmodifiableMap(TextForm::prefix, Function.identity()));
  }

  /** The form of a value, or {@code null} if its class is not one of these. */
  static @Nullable TextForm of(Object value) {
    TextForm form = BY_CLASS.get(value.getClass());
    if (form == null && value instanceof ZoneId) {
      return BY_CLASS.get(ZoneId.class);
    }
    if (form == null && value.getClass().getName().startsWith("java.sql.")) {
      return SqlForms.BY_CLASS.get(value.getClass());
    }
    return form;
  }

  /** What the form of a class begins with, or {@code null} if it has none. */
  static @Nullable String prefixOf(Class<?> type) {
    TextForm form = BY_CLASS.get(type);
    return form == null ? null : form.prefix();
  }

  /** Reads the value whose form begins with {@code #} and the tag. */
  static Object read(char tag, KeyReader in) {
    String prefix = tag == 'T' ? "#T" + in.until(':') + ":" : "#" + tag;
    TextForm form = BY_PREFIX.get(prefix);
    if (form == null && prefix.startsWith(SqlForms.PREFIX)) {
      form = SqlForms.BY_PREFIX.get(prefix);
    }
    if (form == null) {
      throw in.damaged("no type is written as " + prefix);
    }
    return form.read(in.restAsText());
  }

  private static BigInteger bounded(BigInteger value) {
    if (value.bitLength() > ScanLimits.MAX_NUMBER_BITS) {
      throw new CodecException(
          "A number of "
              + value.bitLength()
              + " bits is too long for a key; the limit is "
              + ScanLimits.MAX_NUMBER_BITS,
          null);
    }
    return value;
  }

  private static String bounded(String text) {
    if (text.length() > MAX_NUMBER_CHARS) {
      throw new CodecException(
          "Not a canonical key: a number has " + text.length() + " characters", null);
    }
    return text;
  }

  private static String decimalText(BigDecimal value) {
    bounded(value.unscaledValue());
    return value.toString();
  }

  /** {@code YearMonth.parse} wants a plus sign that {@code toString} does not write. */
  private static YearMonth yearMonth(String text) {
    int dash = text.lastIndexOf('-');
    return YearMonth.of(
        Integer.parseInt(text.substring(0, dash)), Integer.parseInt(text.substring(dash + 1)));
  }

  /** The language tag, or, for one of the locales that lose something by it, their parts. */
  private static String localeText(Locale locale) {
    String tag = locale.toLanguageTag();
    return Locale.forLanguageTag(tag).equals(locale)
        ? tag
        : String.join("/", locale.getLanguage(), locale.getCountry(), locale.getVariant());
  }

  private static Locale locale(String text) {
    if (text.indexOf('/') < 0) {
      return Locale.forLanguageTag(text);
    }
    String[] parts = Arrays.copyOf(text.split("/", 3), 3);
    return new Locale(parts[0], parts[1], parts[2]);
  }
}
