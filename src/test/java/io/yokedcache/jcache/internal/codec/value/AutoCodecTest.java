package io.yokedcache.jcache.internal.codec.value;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.codec.RefusedClassException;
import io.yokedcache.jcache.codec.SerializationSettings;
import io.yokedcache.jcache.internal.codec.Samples;
import io.yokedcache.jcache.internal.codec.TestSettings;
import io.yokedcache.jcache.internal.codec.serial.JavaCodec;
import io.yokedcache.jcache.internal.codec.serial.JavaCodecTest;
import java.io.File;
import java.io.Serializable;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The codec {@code auto}: what it writes itself, what it leaves to Java, and what it refuses. */
final class AutoCodecTest {

  private static final int RANDOM_TEXTS = 20_000;

  private static final int SERIALIZED = 0xAC;

  private final Random random = new Random(42);
  private final AutoCodec<Object> auto = TestSettings.auto(TestSettings.allowing());
  private final JavaCodec<Object> java = TestSettings.java(TestSettings.allowing());

  /** A BigDecimal is not final. */
  static final class Money extends BigDecimal {
    private static final long serialVersionUID = 1L;

    Money(String text) {
      super(text);
    }
  }

  @Test
  void decode_plainValue_isEqualAndOfItsClass() {
    for (Object value : PlainSamples.all()) {
      byte[] bytes = auto.encode(value);
      assertThat(Byte.toUnsignedInt(bytes[0])).isNotEqualTo(SERIALIZED);
      assertThat(auto.decode(bytes)).isEqualTo(value).hasSameClassAs(value);
      assertThat(auto.encode(auto.decode(bytes))).isEqualTo(bytes);
    }
  }

  @Test
  void decode_declaredForItsClass_isEqual() {
    for (Object value : PlainSamples.all()) {
      isSameDeclaredFor(value.getClass(), value);
    }
  }

  @Test
  void decode_declaredForASupertype_isEqual() {
    for (Number value : PlainSamples.numbers()) {
      isSameDeclaredFor(Number.class, value);
    }
    for (Object value : PlainSamples.all()) {
      isSameDeclaredFor(Serializable.class, value);
    }
  }

  @SuppressWarnings("unchecked") // The value is of the class, or of one that extends it.
  private void isSameDeclaredFor(Class<?> type, Object value) {
    AutoCodec<Object> codec =
        new AutoCodec<>((Class<Object>) type, TestSettings.loader(), TestSettings.allowing());
    byte[] bytes = codec.encode(value);
    assertThat(bytes).isEqualTo(auto.encode(value));
    assertThat(codec.decode(bytes)).isEqualTo(value);
  }

  @Test
  void decode_randomText_isEqual() {
    // From ASCII to pairs of surrogates, and chars at random, most of whose surrogates are alone.
    int[] bounds = {0x80, 0x100, 0x800, 0x10000, 0x110000};
    for (int i = 0; i < RANDOM_TEXTS; i++) {
      int bound = bounds[random.nextInt(bounds.length)];
      StringBuilder text = new StringBuilder();
      for (int length = random.nextInt(300); length > 0; length--) {
        text.appendCodePoint(random.nextInt(random.nextInt(10) == 0 ? bound : 0x80));
      }
      if (random.nextInt(4) == 0 && text.length() > 0) {
        text.setCharAt(random.nextInt(text.length()), (char) (0xD800 + random.nextInt(0x800)));
      }
      assertThat(auto.decode(auto.encode(text.toString()))).isEqualTo(text.toString());
    }
  }

  @Test
  void encode_equalValues_givesEqualBytes() {
    assertThat(auto.encode(Float.intBitsToFloat(0x7FC00001))).isEqualTo(auto.encode(Float.NaN));
    assertThat(auto.encode(Double.longBitsToDouble(0xFFF8000000000000L)))
        .isEqualTo(auto.encode(Double.NaN));
    assertThat(auto.encode(new BigDecimal("2.0"))).isNotEqualTo(auto.encode(new BigDecimal("2")));
    assertThat(auto.encode("\u20ACx".substring(1))).isEqualTo(auto.encode("x"));
  }

  @Test
  void bytes_copyBothWays() {
    byte[] value = {1, 2, 3};
    byte[] encoded = auto.encode(value);
    byte[] decoded = (byte[]) auto.decode(encoded);
    value[0] = 9;
    decoded[1] = 9;
    assertThat((byte[]) auto.decode(encoded)).containsExactly(1, 2, 3);
  }

  @Test
  void decode_writtenByJava_isEqual() {
    List<Object> values = new ArrayList<>(PlainSamples.all());
    values.addAll(JavaCodecTest.jdkValues());
    AutoCodec<Object> codec = TestSettings.auto(TestSettings.allowing(), Samples.Color.class);
    for (Object value : values) {
      assertThat(codec.decode(java.encode(value))).isEqualTo(value);
    }
  }

  @Test
  void encode_otherClasses_areSerialisedAsByJava() {
    AutoCodec<Object> codec = TestSettings.auto(TestSettings.allowing(), AutoCodecTest.class);
    for (Object value :
        List.of(
            new Money("1.50"),
            Arrays.asList("a", "b"),
            new TreeSet<>(List.of("a")),
            new boolean[] {true},
            new Byte[] {1},
            Samples.Color.GREEN)) {
      byte[] bytes = codec.encode(value);
      assertThat(bytes).isEqualTo(java.encode(value)).startsWith(SERIALIZED, 0xED);
      assertThat(codec.decode(bytes)).isEqualTo(value).hasSameClassAs(value);
    }
  }

  @Test
  void encode_objectsOfASubclass_areSerialised() {
    AutoCodec<BigDecimal> codec =
        new AutoCodec<>(
            BigDecimal.class, TestSettings.loader(), TestSettings.allowing(), AutoCodecTest.class);
    assertThat(codec.decode(codec.encode(new Money("1.5")))).isInstanceOf(Money.class);
    assertThat(codec.decode(codec.encode(new BigDecimal("1.5")))).isEqualTo(new BigDecimal("1.5"));
  }

  @Test
  void decode_anotherType_isRefusedAsByJava() {
    AutoCodec<Integer> codec =
        new AutoCodec<>(Integer.class, TestSettings.loader(), TestSettings.allowing());
    for (byte[] bytes : List.of(auto.encode("text"), java.encode("text"))) {
      assertThatThrownBy(() -> codec.decode(bytes))
          .isInstanceOf(CodecException.class)
          .hasMessage("The bytes hold a java.lang.String, expected a java.lang.Integer");
    }
  }

  @Test
  void decode_undeclaredClass_isRefused() {
    byte[] bytes = auto.encode(new File("x"));
    AutoCodec<Object> other = TestSettings.auto(TestSettings.allowing());
    assertThatThrownBy(() -> other.decode(bytes))
        .isInstanceOfSatisfying(
            RefusedClassException.class, e -> assertThat(e.className()).isEqualTo("java.io.File"));
    AutoCodec<Object> named = TestSettings.auto(TestSettings.allowing("java.io.File"));
    assertThat(named.decode(bytes)).isEqualTo(new File("x"));
  }

  @Test
  void encode_notSerializable_namesTheClass() {
    assertThatThrownBy(() -> auto.encode(new Samples.Plain()))
        .isInstanceOf(CodecException.class)
        .hasMessageContainingAll(Samples.Plain.class.getName(), "not Serializable");
  }

  static List<Object> tenBytes() {
    return List.of(
        "12345678",
        "1\u20AC23456".substring(0, 6),
        "1\uD80034".substring(0, 4),
        new byte[8],
        BigInteger.ONE.shiftLeft(62),
        new BigDecimal("1234567.8"));
  }

  @ParameterizedTest
  @MethodSource("tenBytes")
  void maxBytes_holdsBothWays(Object value) {
    byte[] bytes = auto.encode(value);
    assertThat(bytes).hasSize(10);
    AutoCodec<Object> exact = TestSettings.auto(TestSettings.limits(9, 9, 99, 10));
    assertThat(exact.decode(exact.encode(value))).isEqualTo(value);
    refuses(TestSettings.limits(9, 9, 99, 9), value, bytes, "max-bytes");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 8})
  void maxBytes_ofANumber_holdsBothWays(long maxBytes) {
    refuses(TestSettings.limits(9, 9, 9, maxBytes), 42L, auto.encode(42L), "max-bytes");
    AutoCodec<Object> exact = TestSettings.auto(TestSettings.limits(9, 9, 9, 9));
    assertThat(exact.decode(exact.encode(42L))).isEqualTo(42L);
  }

  private static void refuses(
      SerializationSettings limits, Object value, byte[] bytes, String setting) {
    AutoCodec<Object> codec = TestSettings.auto(limits);
    String message = "yokedcache.serialization." + setting;
    assertThatThrownBy(() -> codec.encode(value))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining(message);
    assertThatThrownBy(() -> codec.decode(bytes))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining(message);
  }

  @Test
  void maxArrayLength_holdsBothWays() {
    AutoCodec<Object> codec = TestSettings.auto(TestSettings.limits(9, 9, 99, 1000));
    assertThat((byte[]) codec.decode(codec.encode(new byte[99]))).hasSize(99);
    String message =
        "The value is refused: an array is 100 elements long; the limit is"
            + " yokedcache.serialization.max-array-length = 99";
    assertThatThrownBy(() -> codec.encode(new byte[100]))
        .isInstanceOf(CodecException.class)
        .hasMessage(message);
    for (byte[] bytes : List.of(auto.encode(new byte[100]), java.encode(new byte[100]))) {
      assertThatThrownBy(() -> codec.decode(bytes))
          .isInstanceOf(CodecException.class)
          .hasMessage(message);
    }
  }

  @Test
  void decode_cutOffOrTooLong_isRefused() {
    for (Object value : PlainSamples.all()) {
      byte[] bytes = auto.encode(value);
      int step = Math.max(1, bytes.length / 300);
      for (int length = 0; length < bytes.length; length += step) {
        isRefused(Arrays.copyOf(bytes, length));
      }
      isRefused(Arrays.copyOf(bytes, bytes.length - 1));
      isRefused(Arrays.copyOf(bytes, bytes.length + 1));
    }
  }

  private void isRefused(byte[] bytes) {
    assertThatThrownBy(() -> auto.decode(bytes)).isExactlyInstanceOf(CodecException.class);
  }
}
