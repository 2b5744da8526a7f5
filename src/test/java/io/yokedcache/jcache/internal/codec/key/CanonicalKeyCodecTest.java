package io.yokedcache.jcache.internal.codec.key;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.codec.Codec;
import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.codec.RefusedClassException;
import io.yokedcache.jcache.internal.codec.Samples;
import io.yokedcache.jcache.internal.codec.Samples.Base;
import io.yokedcache.jcache.internal.codec.Samples.Color;
import io.yokedcache.jcache.internal.codec.Samples.Custom;
import io.yokedcache.jcache.internal.codec.Samples.Forgetful;
import io.yokedcache.jcache.internal.codec.Samples.OrderId;
import io.yokedcache.jcache.internal.codec.Samples.Pair;
import io.yokedcache.jcache.internal.codec.Samples.Plain;
import io.yokedcache.jcache.internal.codec.Samples.Positive;
import io.yokedcache.jcache.internal.codec.Samples.Rehashing;
import io.yokedcache.jcache.internal.codec.TestSettings;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.time.YearMonth;
import java.time.ZoneId;
import java.util.AbstractMap.SimpleEntry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jsr107.ri.annotations.DefaultGeneratedCacheKey;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The codec {@code canonical}: forms, equality, and what it refuses. */
final class CanonicalKeyCodecTest {

  private final CanonicalKeyCodec<Object> codec =
      TestSettings.canonical(TestSettings.allowing(), Samples.class);

  static List<Object> keys() {
    return KeySamples.all();
  }

  @ParameterizedTest
  @MethodSource("keys")
  void decode_key_isEqualAndHasTheSameBytes(Object key) {
    byte[] bytes = codec.encode(key);
    Object decoded = codec.decode(bytes);
    assertThat(decoded).isEqualTo(key);
    assertThat(decoded.hashCode()).isEqualTo(key.hashCode());
    assertThat(codec.encode(decoded)).isEqualTo(bytes);
  }

  @Test
  void encode_number_writesItsDigits() {
    CanonicalKeyCodec<Object> codec = TestSettings.canonical(TestSettings.allowing());
    List<Long> numbers = new ArrayList<>(List.of(0L, Long.MIN_VALUE, Long.MAX_VALUE));
    for (long power = 1; power > 0 && power <= Long.MAX_VALUE / 10; power *= 10) {
      numbers.addAll(List.of(power, power - 1, power + 1, power * 10, -power, 1 - power));
    }
    Random random = new Random(42);
    for (int i = 0; i < 10_000; i++) {
      numbers.add(random.nextLong() >> random.nextInt(Long.SIZE));
    }
    for (long number : numbers) {
      assertThat(codec.encode(number)).asString().isEqualTo("#L" + number);
      assertThat(codec.encode((int) number)).asString().isEqualTo("#I" + (int) number);
      assertThat(codec.decode(codec.encode(number))).isEqualTo(number);
    }
  }

  @Test
  void encode_differentKeys_differ() {
    Set<String> forms = new HashSet<>();
    List<Object> keys = KeySamples.all();
    for (Object key : keys) {
      assertThat(forms.add(text(key))).as("%s", key).isTrue();
    }
  }

  @Test
  void decode_keyOfCacheAnnotations_isEqualWithItsHash() {
    CanonicalKeyCodec<Object> codec =
        TestSettings.canonical(TestSettings.presets("spring"), Samples.class);
    Object key = new DefaultGeneratedCacheKey(new Object[] {Color.RED, new int[] {1}, null});
    assertThat(codec.decode(codec.encode(key))).isEqualTo(key).hasSameHashCodeAs(key);
  }

  @Test
  void encode_frequentTypes_areReadable() {
    UUID id = UUID.fromString("123e4567-e89b-12d3-a456-426614174000");
    assertThat(text("user:42")).isEqualTo("user:42");
    assertThat(text("")).isEmpty();
    assertThat(text("#L42")).isEqualTo("##L42");
    assertThat(text(42L)).isEqualTo("#L42");
    assertThat(text(-7)).isEqualTo("#I-7");
    assertThat(text(id)).isEqualTo("#U123e4567-e89b-12d3-a456-426614174000");
    assertThat(text(YearMonth.of(2024, 2))).isEqualTo("#TYearMonth:2024-02");
    assertThat(text(Color.GREEN)).isEqualTo("#E" + Color.class.getName() + ";GREEN");
    assertThat(text(List.of("a", 1L))).isEqualTo("#l1:a3:#L1");
    assertThat(text(new Positive(9))).matches("#R.*Samples\\$Positive@[0-9a-f]{8};3:#L9");
  }

  @Test
  void encode_unpairedSurrogate_isCanonicalToo() {
    String text = "a" + (char) 0xD800;
    assertThat(text(text)).isEqualTo("#X0061d800");
    assertThat(codec.decode(codec.encode(text))).isEqualTo(text);
  }

  @Test
  void encode_equalContainersOfOtherClasses_areTheSame() {
    List<Object> list = List.of("b", "a");
    same(list, new ArrayList<>(list), Arrays.asList("b", "a"), new CopyOnWriteArrayList<>(list));
    same(Set.of("b", "a", "c"), new TreeSet<>(Set.of("c", "b", "a")), linked("c", "a", "b"));
    Map<String, Integer> map = Map.of("x", 1, "y", 2, "z", 3);
    same(map, new TreeMap<>(map), new HashMap<>(map));
    same(Map.entry("k", 1), new SimpleEntry<>("k", 1));
    assertThat(text(List.of("a", "b"))).isNotEqualTo(text(Set.of("a", "b")));
  }

  private static Set<String> linked(String... elements) {
    return new LinkedHashSet<>(List.of(elements));
  }

  private void same(Object... keys) {
    for (Object key : keys) {
      assertThat(key).isEqualTo(keys[0]);
      assertThat(text(key)).isEqualTo(text(keys[0]));
    }
  }

  @Test
  void encode_sharedAndSeparateParts_areTheSame() {
    String shared = "part";
    String separate = String.valueOf(new char[] {'p', 'a', 'r', 't'});
    assertThat(separate).isNotSameAs(shared);
    same(new Pair(shared, shared), new Pair(shared, separate));
    List<String> list = List.of("x");
    same(order(List.of(list, list)), order(List.of(list, new ArrayList<>(list))));
  }

  private static OrderId order(List<?> parts) {
    return new OrderId(5, "z", Color.RED, parts, new TreeSet<>(List.of("t")));
  }

  @Test
  void encode_equalUris_areTheSame() {
    same(URI.create("HTTP://Host/%7e"), URI.create("http://hoST/%7E"));
    same(URI.create("http://u@h:/a?q#f"), URI.create("http://u@H/a?q#f"));
    same(URI.create("MAILTO:a@b"), URI.create("mailto:a@b"));
    assertThat(text(URI.create("http://h/A"))).isNotEqualTo(text(URI.create("http://h/a")));
  }

  @Test
  void encode_numbersThatAreNotEqual_differ() {
    assertThat(text(1L)).isNotEqualTo(text(1));
    assertThat(text(new BigDecimal("2.0"))).isNotEqualTo(text(new BigDecimal("2.00")));
    assertThat(text(0.0)).isNotEqualTo(text(-0.0));
    assertThat(text(Double.NaN)).isEqualTo(text(Double.longBitsToDouble(0x7ff8000000000001L)));
  }

  @Test
  void encode_everyZoneAndLocale_roundTrips() {
    for (String id : ZoneId.getAvailableZoneIds()) {
      ZoneId zone = ZoneId.of(id);
      assertThat(codec.decode(codec.encode(zone))).isEqualTo(zone);
    }
    for (Locale locale : Locale.getAvailableLocales()) {
      assertThat(codec.decode(codec.encode(locale))).isEqualTo(locale);
    }
  }

  @Test
  void decode_arrays_haveTheSameContentAndType() {
    Object[] arrays = {
      new byte[] {1, -1, '#'},
      new int[] {1, 2},
      new String[] {"a", "b"},
      new Object[] {"a", 1L, List.of()},
      new long[][] {{1}, {}, {2, 3}},
      new Color[] {Color.RED},
      new char[0]
    };
    Object[] decoded = new Object[arrays.length];
    Arrays.setAll(decoded, i -> codec.decode(codec.encode(arrays[i])));
    assertThat(Arrays.deepEquals(decoded, arrays)).isTrue();
    for (int i = 0; i < arrays.length; i++) {
      assertThat(decoded[i]).hasSameClassAs(arrays[i]);
    }
  }

  @Test
  void decode_declaredContainer_isOfThatClass() {
    assertThat(typed(CopyOnWriteArrayList.class).decode(codec.encode(List.of("a"))))
        .isInstanceOf(CopyOnWriteArrayList.class)
        .isEqualTo(List.of("a"));
    assertThat(typed(TreeSet.class).decode(codec.encode(Set.of("b", "a"))))
        .isInstanceOf(TreeSet.class)
        .isEqualTo(Set.of("a", "b"));
    assertThatThrownBy(() -> typed(CopyOnWriteArrayList.class).decode(codec.encode(1)))
        .isInstanceOf(CodecException.class)
        .hasMessageContainingAll("java.lang.Integer", "java.util.concurrent.CopyOnWriteArrayList");
    assertThatThrownBy(() -> typed(CopyOnWriteArrayList.class).decode(codec.encode(Map.of())))
        .isInstanceOf(CodecException.class);
  }

  private static Codec<? extends Object> typed(Class<?> type) {
    return new CanonicalKeyCodec<>(type, TestSettings.loader(), TestSettings.allowing());
  }

  @Test
  void decode_valueClass_isMadeWithoutItsConstructor() {
    OrderId key = order(List.of(1, "two"));
    OrderId decoded = (OrderId) codec.decode(codec.encode(key));
    assertThat(decoded).isEqualTo(key);
    assertThat(decoded.cached()).as("a transient field").isZero();
  }

  @Test
  void decode_readObject_runs() {
    Rehashing key = new Rehashing("a", new int[] {1});
    assertThat(codec.decode(codec.encode(key))).isEqualTo(key).hasSameHashCodeAs(key);
  }

  @Test
  void encode_customSerialisation_fallsBackToJava() {
    assertThat(text(new Custom("x"))).startsWith("#J");
    assertThat(codec.decode(codec.encode(new Custom("x")))).isEqualTo(new Custom("x"));
    Object nested = new Pair(new Custom("x"), 1);
    assertThat(codec.decode(codec.encode(nested))).isEqualTo(nested);
  }

  @Test
  void encode_notSerializable_namesTheClass() {
    assertThatThrownBy(() -> codec.encode(List.of(new Plain())))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining(Plain.class.getName());
  }

  @Test
  void encode_stateThatSerialisationForgets_isRefused() {
    assertThatThrownBy(() -> codec.encode(new Forgetful()))
        .isInstanceOf(CodecException.class)
        .hasMessageContainingAll(Plain.class.getName(), Forgetful.class.getName());
  }

  @Test
  void undeclaredClasses_areWrittenAlikeButRefusedWhenRead() {
    CanonicalKeyCodec<Object> bare = TestSettings.canonical(TestSettings.allowingOnly());
    Object[] keys = {
      Color.RED, new Positive(1), new Base(1), List.of(new Base(1)), new Color[0], new Custom("x")
    };
    for (Object key : keys) {
      byte[] bytes = codec.encode(key);
      assertThat(bare.encode(key)).isEqualTo(bytes);
      assertThatThrownBy(() -> bare.decode(bytes))
          .isInstanceOf(RefusedClassException.class)
          .hasMessageContaining("put serialization.allow = [\"" + Samples.class.getPackageName());
    }
  }

  @Test
  void encode_cycle_isRefused() {
    List<Object> list = new ArrayList<>();
    list.add(list);
    assertThatThrownBy(() -> codec.encode(new Pair(list, 1)))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("max-depth");
    CanonicalKeyCodec<Object> unlimited =
        TestSettings.canonical(TestSettings.limits(Long.MAX_VALUE, 9, 9, 1 << 30));
    assertThatThrownBy(() -> unlimited.encode(list)).isInstanceOf(CodecException.class);
  }

  @Test
  void encode_doublingGraph_isStoppedByTheSize() {
    List<Object> list = List.of("x");
    for (int i = 0; i < 60; i++) {
      list = List.of(list, list);
    }
    Object doubled = list;
    assertThatThrownBy(() -> codec.encode(doubled))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("max-references");
  }

  @Test
  void encode_longKeys_areRefused() {
    CanonicalKeyCodec<Object> small = TestSettings.canonical(TestSettings.limits(9, 9, 9, 10));
    assertThat(small.encode("0123456789")).hasSize(10);
    assertThatThrownBy(() -> small.encode("0123456789a")).isInstanceOf(CodecException.class);
    assertThatThrownBy(() -> small.decode(new byte[11])).isInstanceOf(CodecException.class);
    assertThatThrownBy(() -> codec.encode(BigInteger.ONE.shiftLeft(40_000)))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("too long for a key");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "#",
        "#?",
        "#L",
        "#L+1",
        "#L01",
        "#I2147483648",
        "#Nx",
        "#l1",
        "#l2:a",
        "#l01:a",
        "#l-1:a",
        "#l9999999999:a",
        "#l:a",
        "#e1:a",
        "#e1:a1:b1:c",
        "#m1:a",
        "#X00",
        "#X0061",
        "#X",
        "#Xd8zz",
        "#XD800",
        "#Xd80061",
        "#TNope:1",
        "#TLocalDate",
        "#TLocalDate:2024-2-1",
        "#Tsql.Nope:1",
        "#A;",
        "#A[no.Such;",
        "#A[int;1:a",
        "#Ejava.util.concurrent.TimeUnit;WEEKS",
        "#Ejava.lang.String;x",
        "#R;",
        "#Rjava.lang.String@0;",
        "#O@;",
        "#J",
        "#Jxyz",
        "#G1e5",
        "#ZTRUE",
        "#C10000",
        "#U1-1-1-1-1"
      })
  void decode_damaged_isACodecException(String form) {
    assertThatThrownBy(() -> codec.decode(form.getBytes(UTF_8))).isInstanceOf(CodecException.class);
  }

  @Test
  void decode_classThatChanged_isRefused() {
    String form = text(new Positive(9)).replaceFirst("@[0-9a-f]{8};", "@00000000;");
    assertThatThrownBy(() -> codec.decode(form.getBytes(UTF_8)))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("other fields");
  }

  @Test
  void decode_recordThatRefuses_isACodecException() {
    String form = text(new Positive(9)).replace("3:#L9", "3:#L0");
    assertThatThrownBy(() -> codec.decode(form.getBytes(UTF_8)))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining(Positive.class.getName());
  }

  private String text(Object key) {
    return new String(codec.encode(key), UTF_8);
  }
}
