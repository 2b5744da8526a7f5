package io.yokedcache.jcache.internal.codec.key;

import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.internal.codec.serial.ScanLimits;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.sql.Time;
import java.sql.Timestamp;
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
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The JDK types that keys hold as text: a letter and the text for the frequent types ({@code
 * #L42}), the class name and the text for the others ({@code #TLocalDate:2024-02-29}).
 *
 * <p>Floating point numbers have hexadecimal digits, because JDK 19 changed the decimal ones.
 */
final class TextForms {

  private static final int MAX_NUMBER_CHARS = 10_000;

  private static final int HEX = 16;

  private static final int RADIX = 10;

  /** The most digits of a long. */
  private static final int MAX_DIGITS = 19;

  /** Made for the first key that is no text and no frequent number: it takes a while. */
  private static final class Table {

    static final Map<Class<?>, Form> BY_CLASS = byClass(Stream.concat(letters(), names()));

    static final Map<String, Form> BY_PREFIX = byPrefix(BY_CLASS.values().stream());

    private Table() {}
  }

  /**
   * The text form of one type.
   *
   * @param prefix the first characters of the form, such as {@code #L} or {@code #TLocalDate:}
   * @param toText returns the same text for equal values, in every JVM and every version of the JDK
   * @param fromText returns the value of a text
   */
  record Form(
      String prefix,
      Class<?> type,
      Function<Object, String> toText,
      Function<String, Object> fromText) {

    private static <T> Form of(
        String prefix, Class<T> type, Function<T, String> toText, Function<String, T> fromText) {
      return new Form(
          prefix, type, value -> toText.apply(type.cast(value)), text -> fromText.apply(text));
    }

    /** Creates the form of a type whose prefix holds the class name. */
    private static <T> Form named(
        Class<T> type, Function<T, String> toText, Function<String, T> fromText) {
      return of("#T" + type.getSimpleName() + ":", type, toText, fromText);
    }

    /** Reads a text, which must be the one that {@code toText} returns for the value. */
    private Object read(String text) {
      Object value = fromText.apply(text);
      if (!toText.apply(value).equals(text)) {
        throw new CodecException(
            "Not a canonical key: the text of its "
                + type.getSimpleName()
                + " is not the usual one",
            null);
      }
      return value;
    }
  }

  private TextForms() {}

  private static Stream<Form> letters() {
    return Stream.of(
        Form.of("#L", Long.class, value -> Long.toString(value), Long::valueOf),
        Form.of("#I", Integer.class, value -> Integer.toString(value), Integer::valueOf),
        Form.of("#S", Short.class, value -> Short.toString(value), Short::valueOf),
        Form.of("#B", Byte.class, value -> Byte.toString(value), Byte::valueOf),
        Form.of("#Z", Boolean.class, value -> Boolean.toString(value), Boolean::valueOf),
        Form.of(
            "#C",
            Character.class,
            value -> Integer.toHexString(value),
            text -> (char) Integer.parseInt(text, HEX)),
        Form.of("#D", Double.class, value -> Double.toHexString(value), Double::valueOf),
        Form.of("#F", Float.class, value -> Float.toHexString(value), Float::valueOf),
        Form.of(
            "#G",
            BigInteger.class,
            value -> bounded(value).toString(),
            text -> new BigInteger(bounded(text))),
        Form.of(
            "#M", BigDecimal.class, TextForms::decimalText, text -> new BigDecimal(bounded(text))),
        Form.of("#U", UUID.class, UUID::toString, UUID::fromString));
  }

  private static Stream<Form> names() {
    return Stream.of(
        Form.named(LocalDate.class, LocalDate::toString, LocalDate::parse),
        Form.named(LocalTime.class, LocalTime::toString, LocalTime::parse),
        Form.named(LocalDateTime.class, LocalDateTime::toString, LocalDateTime::parse),
        Form.named(OffsetTime.class, OffsetTime::toString, OffsetTime::parse),
        Form.named(OffsetDateTime.class, OffsetDateTime::toString, OffsetDateTime::parse),
        Form.named(ZonedDateTime.class, ZonedDateTime::toString, ZonedDateTime::parse),
        Form.named(Instant.class, Instant::toString, Instant::parse),
        Form.named(Duration.class, Duration::toString, Duration::parse),
        Form.named(Period.class, Period::toString, Period::parse),
        Form.named(Year.class, Year::toString, text -> Year.of(Integer.parseInt(text))),
        Form.named(YearMonth.class, YearMonth::toString, TextForms::yearMonth),
        Form.named(MonthDay.class, MonthDay::toString, MonthDay::parse),
        Form.named(ZoneOffset.class, ZoneOffset::getId, ZoneOffset::of),
        Form.named(ZoneId.class, ZoneId::getId, ZoneId::of),
        dates(),
        Form.named(Currency.class, Currency::getCurrencyCode, Currency::getInstance),
        Form.named(Locale.class, TextForms::localeText, TextForms::locale),
        Form.named(URI.class, Uris::text, URI::create));
  }

  @SuppressWarnings("JavaUtilDate") // Applications still have keys of this old class.
  private static Form dates() {
    return Form.named(
        Date.class,
        value -> Instant.ofEpochMilli(value.getTime()).toString(),
        text -> new Date(Instant.parse(text).toEpochMilli()));
  }

  private static Map<Class<?>, Form> byClass(Stream<Form> forms) {
    return forms.collect(Collectors.toUnmodifiableMap(Form::type, Function.identity()));
  }

  private static Map<String, Form> byPrefix(Stream<Form> forms) {
    return forms.collect(Collectors.toUnmodifiableMap(Form::prefix, Function.identity()));
  }

  /** Returns the form of a value, or {@code null} if its class has no text form. */
  static @Nullable Form of(Object value) {
    Form form = Table.BY_CLASS.get(value.getClass());
    if (form == null && value instanceof ZoneId) {
      return Table.BY_CLASS.get(ZoneId.class);
    }
    if (form == null && value.getClass().getName().startsWith("java.sql.")) {
      return Sql.BY_CLASS.get(value.getClass());
    }
    return form;
  }

  /** Returns the prefix of a class, or {@code null} if the class has no text form. */
  static @Nullable String prefixOf(Class<?> type) {
    Form form = Table.BY_CLASS.get(type);
    return form == null ? null : form.prefix();
  }

  /** Reads a value after {@code #} and the tag. */
  static Object read(char tag, KeyReader in) {
    String prefix = tag == 'T' ? "#T" + in.until(':') + ":" : "#" + tag;
    Form form = Table.BY_PREFIX.get(prefix);
    if (form == null && prefix.startsWith(Sql.PREFIX)) {
      form = Sql.BY_PREFIX.get(prefix);
    }
    if (form == null) {
      throw in.damaged("no type is written as " + prefix);
    }
    return form.read(in.restAsText());
  }

  /**
   * Encodes a number of a type with a letter: the bytes of {@code prefix + toText}, such as {@code
   * #L-42}. Numbers are the most frequent keys; without a String there is a third of the garbage.
   */
  static byte[] encode(char letter, long number) {
    // Negative, because the least long has no positive counterpart.
    long rest = number < 0 ? number : -number;
    int start = number < 0 ? 3 : 2;
    byte[] bytes = new byte[start + digits(rest)];
    bytes[0] = KeyForms.MARK;
    bytes[1] = (byte) letter;
    bytes[2] = '-';
    for (int at = bytes.length - 1; at >= start; at--) {
      long tenth = rest / RADIX;
      bytes[at] = (byte) ('0' + (tenth * RADIX - rest));
      rest = tenth;
    }
    return bytes;
  }

  private static int digits(long negative) {
    int digits = 1;
    for (long power = -RADIX; digits < MAX_DIGITS && negative <= power; power *= RADIX) {
      digits++;
    }
    return digits;
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

  /** {@code YearMonth.parse} requires a plus sign that {@code toString} does not write. */
  private static YearMonth yearMonth(String text) {
    int dash = text.lastIndexOf('-');
    return YearMonth.of(
        Integer.parseInt(text.substring(0, dash)), Integer.parseInt(text.substring(dash + 1)));
  }

  /**
   * Returns the language tag, or the parts of a locale that a language tag does not represent
   * fully.
   */
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

  /**
   * The text of a URI, the same for equal ones: {@link URI#equals} ignores the case of the scheme,
   * of the host and of the digits after a percent sign, and the spelling of a port.
   */
  private static final class Uris {

    private static final Pattern ESCAPE = Pattern.compile("%[0-9a-fA-F]{2}");

    private Uris() {}

    static String text(URI uri) {
      StringBuilder text = new StringBuilder();
      if (uri.getScheme() != null) {
        text.append(uri.getScheme().toLowerCase(Locale.ROOT)).append(':');
      }
      if (uri.isOpaque()) {
        text.append(uri.getRawSchemeSpecificPart());
      } else {
        appendHierarchy(uri, text);
      }
      append(text, '#', uri.getRawFragment());
      return ESCAPE.matcher(text).replaceAll(escape -> escape.group().toUpperCase(Locale.ROOT));
    }

    private static void appendHierarchy(URI uri, StringBuilder text) {
      if (uri.getHost() != null) {
        text.append("//");
        if (uri.getRawUserInfo() != null) {
          text.append(uri.getRawUserInfo()).append('@');
        }
        text.append(uri.getHost().toLowerCase(Locale.ROOT));
        if (uri.getPort() >= 0) {
          text.append(':').append(uri.getPort());
        }
      } else if (uri.getRawAuthority() != null) {
        text.append("//").append(uri.getRawAuthority());
      } else if (uri.getRawPath().startsWith("//")) {
        // Without the empty authority the path would be parsed as an authority.
        text.append("//");
      }
      text.append(uri.getRawPath());
      append(text, '?', uri.getRawQuery());
    }

    private static void append(StringBuilder text, char delimiter, @Nullable String part) {
      if (part != null) {
        text.append(delimiter).append(part);
      }
    }
  }

  /**
   * The types of java.sql. It is a separate class, loaded on first use, because a runtime may lack
   * the module.
   */
  private static final class Sql {

    static final String PREFIX = "#Tsql.";

    static final Map<Class<?>, Form> BY_CLASS = byClass(forms());

    static final Map<String, Form> BY_PREFIX = byPrefix(forms());

    private Sql() {}

    private static Stream<Form> forms() {
      return Stream.of(
          Form.of(
              PREFIX + "Date:",
              java.sql.Date.class,
              value -> Instant.ofEpochMilli(value.getTime()).toString(),
              text -> new java.sql.Date(Instant.parse(text).toEpochMilli())),
          Form.of(
              PREFIX + "Time:",
              Time.class,
              value -> Instant.ofEpochMilli(value.getTime()).toString(),
              text -> new Time(Instant.parse(text).toEpochMilli())),
          Form.of(
              PREFIX + "Timestamp:",
              Timestamp.class,
              value -> value.toInstant().toString(),
              text -> Timestamp.from(Instant.parse(text))));
    }
  }
}
