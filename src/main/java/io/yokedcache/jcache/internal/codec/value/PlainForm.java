package io.yokedcache.jcache.internal.codec.value;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.codec.SerializationSettings;
import io.yokedcache.jcache.internal.codec.serial.BigEndian;
import io.yokedcache.jcache.internal.codec.serial.LimitedOutput;
import io.yokedcache.jcache.internal.codec.serial.ScanLimits;
import io.yokedcache.jcache.internal.codec.serial.Utf8;
import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
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
import java.time.temporal.ChronoField;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The form in which the codec {@code auto} writes the values of one class: a tag byte for the
 * class, and the content. The classes without a form are serialised. Immutable.
 *
 * <pre>
 * Z B S C I L F D   the boxed types, as in descriptors of the class file: 1, 1, 2, 2, 4, 8, 4, 8
 * U                 UUID: 16
 * i p t             Instant, Duration, LocalDateTime: seconds (8), nanoseconds (4)
 * o                 OffsetDateTime: as its LocalDateTime, seconds of the offset (4)
 * z                 ZonedDateTime: length, as its OffsetDateTime, the id of the zone in ASCII
 * d                 LocalDate: year (4), month (1), day (1)
 * c                 LocalTime: nanosecond of the day (8)
 * q                 OffsetTime: as its LocalTime, seconds of the offset (4)
 * y m n             Year (4), YearMonth: year (4), month (1), MonthDay: month (1), day (1)
 * P                 Period: years, months, days (4 each)
 * O                 ZoneOffset: seconds (4)
 * s u x             String: length, Latin-1, UTF-8 or UTF-16
 * b                 byte[]: length, bytes
 * w r g j f e       short[], char[], int[], long[], float[], double[]: length in bytes, elements
 * G M               BigInteger, BigDecimal: length, scale (4, only M), two's complement
 * length            one byte, or 255 and four bytes if it is 255 or more
 * </pre>
 *
 * <p>Numbers have their most significant byte first. No tag is 0xAC, the first byte of every
 * serialised object, and no tag is above 0x7F. With the length a truncated value is not read as a
 * shorter value.
 *
 * @param <T> the class
 * @param tags the tags that this form writes; no other form has them
 * @param type the exact class; subclasses have no form
 * @param length the length of all values with their tag, or 0 if they have different lengths
 * @param encoder encodes a value with its tag in front
 * @param decoder decodes bytes that begin with one of the tags; throws any {@code RuntimeException}
 *     if they are damaged
 */
public record PlainForm<T>(
    String tags,
    Class<T> type,
    int length,
    BiFunction<T, SerializationSettings, byte[]> encoder,
    BiFunction<byte[], SerializationSettings, T> decoder) {

  /** Where the second of two numbers begins if the first is a long, and if it is an int. */
  private static final int AFTER_LONG = 1 + Long.BYTES;

  private static final int AFTER_INT = 1 + Integer.BYTES;

  /** Where the third of three numbers begins after a long and an int. */
  private static final int AFTER_TIME = AFTER_LONG + Integer.BYTES;

  private static final int TIME_AND_OFFSET = Long.BYTES + 2 * Integer.BYTES;

  private static final int NANOS_PER_SECOND = 1_000_000_000;

  /** The sizes of a tag with a length. */
  private static final int SHORT_HEADER = 2;

  private static final int LONG_HEADER = SHORT_HEADER + Integer.BYTES;
  static final int LONG_FORM = 0xFF;

  /** Some JVMs do not allocate arrays of Integer.MAX_VALUE elements. */
  private static final int MAX_ARRAY = Integer.MAX_VALUE - Long.BYTES;

  private static final int VARIABLE = 0;

  static final char LATIN_1 = 's';
  private static final char UNICODE = 'u';
  private static final char CHARS = 'x';

  private static final List<PlainForm<?>> ALL =
      List.of(
          fixed(
              "Z",
              Boolean.class,
              1,
              (value, bytes) -> bytes[1] = (byte) (value ? 1 : 0),
              PlainForm::booleanOf),
          fixed("B", Byte.class, 1, (value, bytes) -> bytes[1] = value, bytes -> bytes[1]),
          fixed(
              "S",
              Short.class,
              Short.BYTES,
              (value, bytes) -> BigEndian.put(bytes, 1, value.shortValue()),
              bytes -> BigEndian.shortAt(bytes, 1)),
          fixed(
              "C",
              Character.class,
              Character.BYTES,
              (value, bytes) -> BigEndian.put(bytes, 1, value.charValue()),
              bytes -> BigEndian.charAt(bytes, 1)),
          fixed(
              "I",
              Integer.class,
              Integer.BYTES,
              (value, bytes) -> BigEndian.put(bytes, 1, value.intValue()),
              bytes -> BigEndian.intAt(bytes, 1)),
          fixed(
              "L",
              Long.class,
              Long.BYTES,
              (value, bytes) -> BigEndian.put(bytes, 1, value.longValue()),
              bytes -> BigEndian.longAt(bytes, 1)),
          // The raw bits do not serve: all NaN are equal, and equal values must have equal bytes.
          fixed(
              "F",
              Float.class,
              Float.BYTES,
              (value, bytes) -> BigEndian.put(bytes, 1, Float.floatToIntBits(value)),
              bytes -> Float.intBitsToFloat(BigEndian.intAt(bytes, 1))),
          fixed(
              "D",
              Double.class,
              Double.BYTES,
              (value, bytes) -> BigEndian.put(bytes, 1, Double.doubleToLongBits(value)),
              bytes -> Double.longBitsToDouble(BigEndian.longAt(bytes, 1))),
          fixed(
              "U",
              UUID.class,
              2 * Long.BYTES,
              (value, bytes) -> {
                BigEndian.put(bytes, 1, value.getMostSignificantBits());
                BigEndian.put(bytes, AFTER_LONG, value.getLeastSignificantBits());
              },
              bytes -> new UUID(BigEndian.longAt(bytes, 1), BigEndian.longAt(bytes, AFTER_LONG))),
          fixed(
              "i",
              Instant.class,
              Long.BYTES + Integer.BYTES,
              (value, bytes) -> putTime(bytes, value.getEpochSecond(), value.getNano()),
              bytes -> Instant.ofEpochSecond(BigEndian.longAt(bytes, 1), nanosOf(bytes))),
          fixed(
              "p",
              Duration.class,
              Long.BYTES + Integer.BYTES,
              (value, bytes) -> putTime(bytes, value.getSeconds(), value.getNano()),
              bytes -> Duration.ofSeconds(BigEndian.longAt(bytes, 1), nanosOf(bytes))),
          fixed(
              "t",
              LocalDateTime.class,
              Long.BYTES + Integer.BYTES,
              (value, bytes) -> putDateTime(bytes, value),
              PlainForm::dateTimeOf),
          fixed(
              "o",
              OffsetDateTime.class,
              Long.BYTES + 2 * Integer.BYTES,
              (value, bytes) -> {
                putDateTime(bytes, value.toLocalDateTime());
                BigEndian.put(bytes, AFTER_TIME, value.getOffset().getTotalSeconds());
              },
              bytes -> dateTimeOf(bytes).atOffset(offsetAt(bytes, AFTER_TIME))),
          fixed(
              "d",
              LocalDate.class,
              Integer.BYTES + 2,
              (value, bytes) -> {
                BigEndian.put(bytes, 1, value.getYear());
                bytes[AFTER_INT] = (byte) value.getMonthValue();
                bytes[AFTER_INT + 1] = (byte) value.getDayOfMonth();
              },
              bytes ->
                  LocalDate.of(BigEndian.intAt(bytes, 1), bytes[AFTER_INT], bytes[AFTER_INT + 1])),
          fixed(
              "c",
              LocalTime.class,
              Long.BYTES,
              (value, bytes) -> BigEndian.put(bytes, 1, value.toNanoOfDay()),
              bytes -> LocalTime.ofNanoOfDay(BigEndian.longAt(bytes, 1))),
          fixed(
              "q",
              OffsetTime.class,
              Long.BYTES + Integer.BYTES,
              (value, bytes) -> {
                BigEndian.put(bytes, 1, value.toLocalTime().toNanoOfDay());
                BigEndian.put(bytes, AFTER_LONG, value.getOffset().getTotalSeconds());
              },
              bytes ->
                  LocalTime.ofNanoOfDay(BigEndian.longAt(bytes, 1))
                      .atOffset(offsetAt(bytes, AFTER_LONG))),
          fixed(
              "y",
              Year.class,
              Integer.BYTES,
              (value, bytes) -> BigEndian.put(bytes, 1, value.getValue()),
              bytes -> Year.of(BigEndian.intAt(bytes, 1))),
          fixed(
              "m",
              YearMonth.class,
              Integer.BYTES + 1,
              (value, bytes) -> {
                BigEndian.put(bytes, 1, value.getYear());
                bytes[AFTER_INT] = (byte) value.getMonthValue();
              },
              bytes -> YearMonth.of(BigEndian.intAt(bytes, 1), bytes[AFTER_INT])),
          fixed(
              "n",
              MonthDay.class,
              2,
              (value, bytes) -> {
                bytes[1] = (byte) value.getMonthValue();
                bytes[2] = (byte) value.getDayOfMonth();
              },
              bytes -> MonthDay.of(bytes[1], bytes[2])),
          fixed(
              "P",
              Period.class,
              3 * Integer.BYTES,
              (value, bytes) -> {
                BigEndian.put(bytes, 1, value.getYears());
                BigEndian.put(bytes, AFTER_INT, value.getMonths());
                BigEndian.put(bytes, AFTER_LONG, value.getDays());
              },
              bytes ->
                  Period.of(
                      BigEndian.intAt(bytes, 1),
                      BigEndian.intAt(bytes, AFTER_INT),
                      BigEndian.intAt(bytes, AFTER_LONG))),
          fixed(
              "O",
              ZoneOffset.class,
              Integer.BYTES,
              (value, bytes) -> BigEndian.put(bytes, 1, value.getTotalSeconds()),
              bytes -> offsetAt(bytes, 1)),
          new PlainForm<>(
              "z", ZonedDateTime.class, VARIABLE, PlainForm::encodeZoned, PlainForm::decodeZoned),
          new PlainForm<>(
              "" + LATIN_1 + UNICODE + CHARS,
              String.class,
              VARIABLE,
              PlainForm::encodeText,
              PlainForm::decodeText),
          new PlainForm<>(
              "b", byte[].class, VARIABLE, PlainForm::encodeBytes, PlainForm::decodeBytes),
          array(
              'w',
              short[].class,
              Short.BYTES,
              (array, to) -> to.asShortBuffer().put(array),
              (array, from) -> from.asShortBuffer().get(array)),
          array(
              'r',
              char[].class,
              Character.BYTES,
              (array, to) -> to.asCharBuffer().put(array),
              (array, from) -> from.asCharBuffer().get(array)),
          array(
              'g',
              int[].class,
              Integer.BYTES,
              (array, to) -> to.asIntBuffer().put(array),
              (array, from) -> from.asIntBuffer().get(array)),
          array(
              'j',
              long[].class,
              Long.BYTES,
              (array, to) -> to.asLongBuffer().put(array),
              (array, from) -> from.asLongBuffer().get(array)),
          array(
              'f',
              float[].class,
              Float.BYTES,
              (array, to) -> to.asFloatBuffer().put(array),
              (array, from) -> from.asFloatBuffer().get(array)),
          array(
              'e',
              double[].class,
              Double.BYTES,
              (array, to) -> to.asDoubleBuffer().put(array),
              (array, from) -> from.asDoubleBuffer().get(array)),
          new PlainForm<>(
              "G",
              BigInteger.class,
              VARIABLE,
              (value, limits) -> sized('G', bytesOf(value), limits),
              (bytes, limits) -> integer(bytes, start(bytes))),
          new PlainForm<>(
              "M", BigDecimal.class, VARIABLE, PlainForm::encodeDecimal, PlainForm::decodeDecimal));

  private static final Map<Class<?>, PlainForm<?>> BY_CLASS =
      ALL.stream().collect(Collectors.toUnmodifiableMap(PlainForm::type, Function.identity()));
  private static final @Nullable PlainForm<?>[] BY_TAG = byTag();

  private static @Nullable PlainForm<?>[] byTag() {
    @Nullable PlainForm<?>[] forms = new PlainForm<?>[Byte.MAX_VALUE + 1];
    for (PlainForm<?> form : ALL) {
      for (char tag : form.tags().toCharArray()) {
        forms[tag] = form;
      }
    }
    return forms;
  }

  /** Returns the form of exactly this class, or {@code null} if its objects are serialised. */
  @SuppressWarnings("unchecked") // The map holds each form under its class.
  public static <T> @Nullable PlainForm<T> of(Class<T> type) {
    return (PlainForm<T>) BY_CLASS.get(type);
  }

  /** Returns whether an object of this type, or of a class that extends it, can have a form. */
  static boolean canBe(Class<?> type) {
    return BY_CLASS.keySet().stream().anyMatch(type::isAssignableFrom);
  }

  /** Returns the form with this tag, or {@code null} if there is none. */
  static @Nullable PlainForm<?> ofTag(byte tag) {
    return tag < 0 ? null : BY_TAG[tag];
  }

  static CodecException damaged(byte[] bytes, String what, @Nullable Throwable cause) {
    return new CodecException(
        "These "
            + bytes.length
            + " bytes are damaged, or were written by another codec than auto: "
            + what,
        cause);
  }

  /**
   * The form of a class whose values all have the same length.
   *
   * @param size the number of bytes after the tag
   * @param writer writes a value after the tag
   * @param reader reads it
   */
  private static <T> PlainForm<T> fixed(
      String tag,
      Class<T> type,
      int size,
      BiConsumer<T, byte[]> writer,
      Function<byte[], T> reader) {
    int length = 1 + size;
    return new PlainForm<>(
        tag,
        type,
        length,
        (value, limits) -> {
          if (length > limits.maxBytes()) {
            throw LimitedOutput.tooLong(length, limits.maxBytes());
          }
          byte[] bytes = new byte[length];
          bytes[0] = (byte) tag.charAt(0);
          writer.accept(value, bytes);
          return bytes;
        },
        (bytes, limits) -> {
          if (bytes.length != length) {
            throw damaged(bytes, type.getSimpleName() + " takes " + length + " bytes", null);
          }
          return reader.apply(bytes);
        });
  }

  /**
   * The form of an array of primitive elements.
   *
   * @param size the number of bytes of an element
   * @param writer writes all elements
   * @param reader reads as many elements as the array has
   */
  private static <T> PlainForm<T> array(
      char tag,
      Class<T> type,
      int size,
      BiConsumer<T, ByteBuffer> writer,
      BiConsumer<T, ByteBuffer> reader) {
    return new PlainForm<>(
        String.valueOf(tag),
        type,
        VARIABLE,
        (value, limits) -> {
          int length = Array.getLength(value);
          checkArray(length, limits);
          long total = (long) size * length;
          byte[] bytes = allocate(tag, total, limits.maxBytes());
          int start = bytes.length - (int) total;
          writer.accept(value, ByteBuffer.wrap(bytes, start, (int) total));
          return bytes;
        },
        (bytes, limits) -> {
          int start = start(bytes);
          int total = bytes.length - start;
          if (total % size != 0) {
            throw damaged(bytes, "an element is cut off", null);
          }
          checkArray(total / size, limits);
          T array = type.cast(Array.newInstance(type.getComponentType(), total / size));
          reader.accept(array, ByteBuffer.wrap(bytes, start, total));
          return array;
        });
  }

  private static ZoneOffset offsetAt(byte[] bytes, int at) {
    return ZoneOffset.ofTotalSeconds(BigEndian.intAt(bytes, at));
  }

  private static byte[] encodeZoned(ZonedDateTime value, SerializationSettings limits) {
    byte[] zone = value.getZone().getId().getBytes(US_ASCII);
    byte[] bytes = allocate('z', TIME_AND_OFFSET + zone.length, limits.maxBytes());
    int start = bytes.length - zone.length;
    ByteBuffer.wrap(bytes, start - TIME_AND_OFFSET, TIME_AND_OFFSET)
        .putLong(value.toLocalDateTime().toEpochSecond(ZoneOffset.UTC))
        .putInt(value.getNano())
        .putInt(value.getOffset().getTotalSeconds());
    System.arraycopy(zone, 0, bytes, start, zone.length);
    return bytes;
  }

  /** The offset tells which of two equal local times it is when clocks are set back. */
  private static ZonedDateTime decodeZoned(byte[] bytes, SerializationSettings limits) {
    int start = start(bytes);
    ByteBuffer content = ByteBuffer.wrap(bytes, start, bytes.length - start);
    LocalDateTime time =
        LocalDateTime.ofEpochSecond(content.getLong(), content.getInt(), ZoneOffset.UTC);
    ZoneOffset offset = ZoneOffset.ofTotalSeconds(content.getInt());
    String zone = new String(bytes, content.position(), content.remaining(), US_ASCII);
    return ZonedDateTime.ofLocal(time, ZoneId.of(zone), offset);
  }

  private static Boolean booleanOf(byte[] bytes) {
    return switch (bytes[1]) {
      case 0 -> false;
      case 1 -> true;
      default -> throw damaged(bytes, "a Boolean is 0 or 1", null);
    };
  }

  private static void putTime(byte[] bytes, long seconds, int nanos) {
    BigEndian.put(bytes, 1, seconds);
    BigEndian.put(bytes, AFTER_LONG, nanos);
  }

  private static void putDateTime(byte[] bytes, LocalDateTime value) {
    putTime(bytes, value.toEpochSecond(ZoneOffset.UTC), value.get(ChronoField.NANO_OF_SECOND));
  }

  private static LocalDateTime dateTimeOf(byte[] bytes) {
    return LocalDateTime.ofEpochSecond(BigEndian.longAt(bytes, 1), nanosOf(bytes), ZoneOffset.UTC);
  }

  private static int nanosOf(byte[] bytes) {
    int nanos = BigEndian.intAt(bytes, AFTER_LONG);
    if (nanos < 0 || nanos >= NANOS_PER_SECOND) {
      throw damaged(bytes, nanos + " nanoseconds in a second", null);
    }
    return nanos;
  }

  /** Returns an array with tag and length; the caller fills the last {@code size} bytes. */
  private static byte[] allocate(char tag, long size, long maxBytes) {
    int header = size < LONG_FORM ? SHORT_HEADER : LONG_HEADER;
    long total = header + size;
    if (total > maxBytes || total > MAX_ARRAY) {
      throw LimitedOutput.tooLong(total, Math.min(maxBytes, MAX_ARRAY));
    }
    byte[] bytes = new byte[(int) total];
    bytes[0] = (byte) tag;
    if (header == SHORT_HEADER) {
      bytes[1] = (byte) size;
    } else {
      bytes[1] = (byte) LONG_FORM;
      BigEndian.put(bytes, SHORT_HEADER, (int) size);
    }
    return bytes;
  }

  private static byte[] sized(char tag, byte[] content, SerializationSettings limits) {
    byte[] bytes = allocate(tag, content.length, limits.maxBytes());
    System.arraycopy(content, 0, bytes, bytes.length - content.length, content.length);
    return bytes;
  }

  /**
   * Returns where a value ends that begins inside of an array.
   *
   * @param at where its tag is
   * @throws IndexOutOfBoundsException if its length is cut off; the value itself may be, too
   */
  int endOf(byte[] bytes, int at) {
    if (length != VARIABLE) {
      return at + length;
    }
    int size = Byte.toUnsignedInt(bytes[at + 1]);
    return size == LONG_FORM
        ? Math.addExact(at + LONG_HEADER, BigEndian.intAt(bytes, at + SHORT_HEADER))
        : at + SHORT_HEADER + size;
  }

  /** Returns where the content begins after tag and length; it ends with the array. */
  private static int start(byte[] bytes) {
    if (bytes.length < SHORT_HEADER) {
      throw damaged(bytes, "their length is missing", null);
    }
    int size = Byte.toUnsignedInt(bytes[1]);
    int start = SHORT_HEADER;
    if (size == LONG_FORM) {
      if (bytes.length < LONG_HEADER) {
        throw damaged(bytes, "their length is cut off", null);
      }
      size = BigEndian.intAt(bytes, SHORT_HEADER);
      start = LONG_HEADER;
      if (size < LONG_FORM) {
        throw damaged(bytes, "their length is " + size, null);
      }
    }
    if (bytes.length - start != size) {
      throw damaged(bytes, (bytes.length - start) + " instead of " + size + " follow", null);
    }
    return start;
  }

  /**
   * Text is written as Latin-1 if it can represent the text, as in the memory of the JVM; otherwise
   * as UTF-8, or as UTF-16 if the text has an unpaired surrogate.
   */
  private static byte[] encodeText(String value, SerializationSettings limits) {
    int length = value.length();
    byte[] bytes = allocate(LATIN_1, length, limits.maxBytes());
    int start = bytes.length - length;
    copyLowBytes(value, bytes, start);
    // Decoding and comparing takes less time than inspecting each char before.
    return new String(bytes, start, length, ISO_8859_1).equals(value) ? bytes : wide(value, limits);
  }

  @SuppressWarnings("deprecation") // It is fast; the caller detects the loss of upper bytes.
  private static void copyLowBytes(String value, byte[] bytes, int start) {
    value.getBytes(0, value.length(), bytes, start);
  }

  private static byte[] wide(String value, SerializationSettings limits) {
    if (Utf8.isWellFormed(value)) {
      return sized(UNICODE, value.getBytes(UTF_8), limits);
    }
    long size = (long) Character.BYTES * value.length();
    byte[] bytes = allocate(CHARS, size, limits.maxBytes());
    int at = bytes.length - (int) size;
    for (int i = 0; i < value.length(); i++, at += Character.BYTES) {
      BigEndian.put(bytes, at, value.charAt(i));
    }
    return bytes;
  }

  private static String decodeText(byte[] bytes, SerializationSettings limits) {
    int start = start(bytes);
    return switch (bytes[0]) {
      case LATIN_1 -> new String(bytes, start, bytes.length - start, ISO_8859_1);
      case UNICODE -> Utf8.decode(bytes, start, bytes.length);
      default -> decodeChars(bytes, start);
    };
  }

  private static String decodeChars(byte[] bytes, int start) {
    int size = bytes.length - start;
    if (size % Character.BYTES != 0) {
      throw damaged(bytes, "half a char is left", null);
    }
    char[] chars = new char[size / Character.BYTES];
    for (int i = 0; i < chars.length; i++) {
      chars[i] = BigEndian.charAt(bytes, start + i * Character.BYTES);
    }
    return new String(chars);
  }

  private static byte[] encodeBytes(byte[] value, SerializationSettings limits) {
    checkArray(value.length, limits);
    return sized('b', value, limits);
  }

  private static byte[] decodeBytes(byte[] bytes, SerializationSettings limits) {
    int start = start(bytes);
    checkArray(bytes.length - start, limits);
    return Arrays.copyOfRange(bytes, start, bytes.length);
  }

  /** The limit applies in both directions: a value that cannot be read must not be written. */
  private static void checkArray(int length, SerializationSettings limits) {
    if (length > limits.maxArrayLength()) {
      ScanLimits.of(limits).checkArray(length);
    }
  }

  /**
   * Reading, hashing and comparing a number takes linear time, but its text takes quadratic time.
   */
  private static void checkNumber(int sizeBytes) {
    if (sizeBytes > ScanLimits.MAX_NUMBER_BYTES) {
      throw ScanLimits.longNumber(sizeBytes, ScanLimits.MAX_NUMBER_BYTES);
    }
  }

  private static byte[] bytesOf(BigInteger value) {
    byte[] bytes = value.toByteArray();
    checkNumber(bytes.length);
    return bytes;
  }

  private static BigInteger integer(byte[] bytes, int start) {
    if (start >= bytes.length) {
      throw damaged(bytes, "the number is missing", null);
    }
    checkNumber(bytes.length - start);
    return new BigInteger(bytes, start, bytes.length - start);
  }

  private static byte[] encodeDecimal(BigDecimal value, SerializationSettings limits) {
    byte[] unscaled = bytesOf(value.unscaledValue());
    byte[] bytes = allocate('M', Integer.BYTES + unscaled.length, limits.maxBytes());
    int start = bytes.length - unscaled.length;
    BigEndian.put(bytes, start - Integer.BYTES, value.scale());
    System.arraycopy(unscaled, 0, bytes, start, unscaled.length);
    return bytes;
  }

  private static BigDecimal decodeDecimal(byte[] bytes, SerializationSettings limits) {
    int start = start(bytes) + Integer.BYTES;
    BigInteger unscaled = integer(bytes, start);
    return new BigDecimal(unscaled, BigEndian.intAt(bytes, start - Integer.BYTES));
  }
}
