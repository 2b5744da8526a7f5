package io.yokedcache.jcache.internal.codec.value;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.internal.codec.TestSettings;
import io.yokedcache.jcache.internal.codec.serial.JdkTypes;
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
import java.util.HexFormat;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The format of the codec {@code auto}, which stays as it is: other versions read it. */
final class PlainFormTest {

  private final AutoCodec<Object> auto = TestSettings.auto(TestSettings.allowing());

  @Test
  void encode_writesTheFormat() {
    writes(true, "5a 01");
    writes((byte) -2, "42 fe");
    writes((short) 0x1234, "53 1234");
    writes('\u20AC', "43 20ac");
    writes(0x12345678, "49 12345678");
    writes(-2L, "4c fffffffffffffffe");
    writes(1.0f, "46 3f800000");
    writes(-2.0, "44 c000000000000000");
    writes(new UUID(1, 2), "55 0000000000000001 0000000000000002");
    writes(Instant.ofEpochSecond(-1, 5), "69 ffffffffffffffff 00000005");
    writes(Duration.ofSeconds(3, 4), "70 0000000000000003 00000004");
    writes(LocalDateTime.of(1970, 1, 2, 0, 0, 0, 6), "74 0000000000015180 00000006");
    writes(LocalDate.of(2024, 2, 29), "64 000007e8 02 1d");
    writes(LocalTime.of(0, 0, 1, 2), "63 000000003b9aca02");
    writes(
        OffsetDateTime.of(1970, 1, 2, 0, 0, 0, 6, ZoneOffset.ofHours(-1)),
        "6f 0000000000015180 00000006 fffff1f0");
    writes(
        ZonedDateTime.of(1970, 1, 2, 0, 0, 0, 6, ZoneId.of("Etc/GMT+1")),
        "7a 19 0000000000015180 00000006 fffff1f0 4574632f474d542b31");
    writes(OffsetTime.of(0, 0, 1, 2, ZoneOffset.ofHours(-1)), "71 000000003b9aca02 fffff1f0");
    writes(Year.of(-1), "79 ffffffff");
    writes(YearMonth.of(2024, 2), "6d 000007e8 02");
    writes(MonthDay.of(2, 29), "6e 02 1d");
    writes(Period.of(1, -2, 3), "50 00000001 fffffffe 00000003");
    writes(ZoneOffset.ofHours(-1), "4f fffff1f0");
    writes(new short[] {1, -1}, "77 04 0001 ffff");
    writes(new char[] {'\u20AC'}, "72 02 20ac");
    writes(new int[] {1, -1}, "67 08 00000001 ffffffff");
    writes(new long[] {-2}, "6a 08 fffffffffffffffe");
    writes(new float[] {1}, "66 04 3f800000");
    writes(new double[] {-2}, "65 08 c000000000000000");
    writes("", "73 00");
    writes("a\u00FF", "73 02 61ff");
    writes("a\u20AC", "75 04 61e282ac");
    writes("a\uD800", "78 04 0061d800");
    writes("a".repeat(254), "73 fe" + "61".repeat(254));
    writes("a".repeat(255), "73 ff 000000ff" + "61".repeat(255));
    writes(new byte[] {1, -1}, "62 02 01ff");
    writes(BigInteger.valueOf(-256), "47 02 ff00");
    writes(new BigDecimal("1.28"), "4d 06 00000002 0080");
  }

  private void writes(Object value, String hex) {
    byte[] bytes = bytes(hex);
    assertThat(auto.encode(value)).isEqualTo(bytes);
    assertThat(auto.decode(bytes)).isEqualTo(value);
  }

  @ParameterizedTest
  @CsvSource({
    "5a 02, a Boolean is 0 or 1",
    "4c 00000000000000, Long takes 9 bytes",
    "69 0000000000000000 ffffffff, -1 nanoseconds",
    "70 0000000000000000 3b9aca00, 1000000000 nanoseconds",
    "70 0000000000000000 80000000, -2147483648 nanoseconds",
    "69 7fffffffffffffff 00000000, Instant",
    "74 7fffffffffffffff 00000000, EpochDay",
    "6f 0000000000015180 00000006, OffsetDateTime takes 17 bytes",
    "6f 7fffffffffffffff 00000000 00000000, EpochDay",
    "6f 0000000000000000 3b9aca00 00000000, 1000000000 nanoseconds",
    "6f 0000000000000000 00000000 0000fd21, Zone offset",
    "6f 0000000000000000 00000000 80000000, Zone offset",
    "63 00004e94914f0000, NanoOfDay",
    "63 ffffffffffffffff, NanoOfDay",
    "64 000007e7 02 1d, February 29",
    "64 000007e7 0d 01, MonthOfYear",
    "64 7fffffff 01 01, Year",
    "7a 0f 0000000000000000 00000000 000000, BufferUnderflow",
    "7a 10 0000000000000000 00000000 00000000, Invalid ID",
    "7a 13 0000000000000000 00000000 00000000 5a5a5a, ZZZ",
    "7a 11 0000000000000000 3b9aca00 00000000 5a, NanoOfSecond",
    "7a 11 0000000000000000 00000000 0000fd21 5a, Zone offset",
    "7a 11 7fffffffffffffff 00000000 00000000 5a, EpochDay",
    "71 0000000000000000 0000fd21, Zone offset",
    "79 7fffffff, Year",
    "6d 000007e7 0d, MonthOfYear",
    "6e 02 1e, DayOfMonth",
    "6e 00 01, MonthOfYear",
    "4f 0000fd21, Zone offset",
    "77 01 00, an element is cut off",
    "67 03 000000, an element is cut off",
    "6a 07 00000000000000, an element is cut off",
    "65 ff 7fffffff 00, 1 instead of 2147483647 follow",
    "73, length is missing",
    "73 ff 000001, length is cut off",
    "73 ff 000000fe, their length is 254",
    "62 ff ffffffff, their length is -1",
    "62 ff 7fffffff 00, 1 instead of 2147483647 follow",
    "62 02 01, 1 instead of 2 follow",
    "62 00 01, 1 instead of 0 follow",
    "75 01 ff, not UTF-8",
    "75 03 eda080, not UTF-8",
    "78 03 006100, half a char",
    "47 00, number is missing",
    "4d 03 000000, number is missing",
    "4d 04 00000000, number is missing",
  })
  void decode_damaged_saysWhatIsWrong(String hex, String message) {
    assertThatThrownBy(() -> auto.decode(bytes(hex)))
        .isExactlyInstanceOf(CodecException.class)
        .hasMessageContaining(message);
  }

  /** The list of the JDK's plain classes has no class that is serialised. */
  @Test
  void plainTypesOfTheJdk_haveAForm() {
    assertThat(JdkTypes.plainTypes())
        .allSatisfy(type -> assertThat(PlainForm.of(type)).as(type.getName()).isNotNull());
  }

  @ParameterizedTest
  @CsvSource({"''", "00", "7b00", "80", "ac", "aced", "aced0005", "ff"})
  void decode_unknownTag_isRefused(String hex) {
    assertThatThrownBy(() -> auto.decode(bytes(hex)))
        .isExactlyInstanceOf(CodecException.class)
        .hasMessageContaining("cannot be read as a serialised Java object");
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }
}
