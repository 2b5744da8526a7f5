package io.yokedcache.jcache.internal.codec;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.yokedcache.jcache.codec.Codec;
import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.codec.CodecException.Reason;
import io.yokedcache.jcache.codec.RefusedClassException;
import io.yokedcache.jcache.codec.SerializationSettings;
import io.yokedcache.jcache.internal.codec.key.CanonicalKeyCodec;
import io.yokedcache.jcache.internal.codec.serial.JavaCodec;
import io.yokedcache.jcache.internal.codec.serial.JavaCodecTest;
import io.yokedcache.jcache.internal.codec.serial.ScanLimits;
import io.yokedcache.jcache.internal.codec.serial.StreamScan;
import io.yokedcache.jcache.internal.codec.value.AutoCodec;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamConstants;
import java.io.Serial;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.lang.management.ClassLoadingMXBean;
import java.lang.management.ManagementFactory;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Hashtable;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Bytes that cost their reader far more than their writer, counted in work and memory. */
@SuppressWarnings({
  "ArrayRecordComponent", // records of arrays are what is tested
  "IdentityHashMapUsage", // as is each class of the JDK
  "JdkObsolete"
})
final class AttacksTest {

  /** As reference.conf has it. */
  private static final SerializationSettings DEFAULTS =
      new SerializationSettings(
          List.of(AttacksTest.class.getPackageName() + ".*"),
          List.of("hibernate", "kotlin", "spring"),
          64,
          100_000,
          1 << 24,
          8 << 20);

  private static final SerializationSettings UNLIMITED =
      new SerializationSettings(
          List.of(AttacksTest.class.getPackageName() + ".*"),
          List.of(),
          10_000,
          1L << 40,
          1 << 30,
          1L << 30);

  /** Writes without the limits, as an attacker does. */
  private static byte[] serialize(Object value) {
    try {
      return JavaCodecTest.serialize(value);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A part whose hash code is asked for as often as the attack makes it. */
  static final class Counted implements Serializable {

    @Serial private static final long serialVersionUID = 1L;

    static final AtomicLong HASHED = new AtomicLong();
    static final AtomicLong COMPARED = new AtomicLong();

    private final int number;

    Counted(int number) {
      this.number = number;
    }

    @Override
    public int hashCode() {
      HASHED.incrementAndGet();
      return 7;
    }

    @Override
    public boolean equals(Object other) {
      COMPARED.incrementAndGet();
      return other instanceof Counted same && same.number == number;
    }
  }

  enum Mood {
    GOOD,
    BAD
  }

  record Plain(String text, long number, UUID id, byte[] bytes, Mood mood)
      implements Serializable {}

  record Nested(Plain first, Plain[] others, @Nullable Nested next) implements Serializable {}

  /** By its class: the text of a bomb is as long as its hash code takes time. */
  private static Named<Object> named(Object bomb) {
    return Named.of(bomb.getClass().getSimpleName(), bomb);
  }

  /** Nested containers, each of which holds the next one twice. */
  private static Object doubled(int levels, Object last, Function<List<Object>, Object> container) {
    Object inner = last;
    for (int i = 0; i < levels; i++) {
      List<Object> two = new ArrayList<>();
      two.add(inner);
      two.add(new ArrayList<>(Collections.singletonList(inner)));
      inner = container.apply(two);
    }
    return inner;
  }

  private static final List<Function<List<Object>, Object>> CONTAINERS =
      List.of(
          ArrayList::new,
          list -> list.toArray(),
          list -> {
            Map<Object, Object> map = new IdentityHashMap<>();
            map.put(list.get(0), list.get(1));
            return map;
          });

  static Stream<Named<Object>> hashBombs() {
    List<Object> bombs = new ArrayList<>();
    for (Function<List<Object>, Object> container : CONTAINERS) {
      bombs.add(doubled(30, "x", container));
    }
    // Sets hash what they hold when they are made, too, so these are made of few levels.
    bombs.add(doubled(12, "x", HashSet::new));
    bombs.add(doubled(12, "x", LinkedHashSet::new));
    bombs.add(
        doubled(
            7,
            "x",
            two -> {
              Map<Object, Object> map = new HashMap<>();
              map.put(two.get(0), two.get(1));
              map.put(two.get(1), two.get(0));
              return map;
            }));
    return bombs.stream().map(AttacksTest::named);
  }

  @ParameterizedTest
  @MethodSource("hashBombs")
  void decode_sharedReferences_areRefusedBeforeTheyAreHashed(Object bomb) {
    byte[] bytes = serialize(bomb);
    assertThat(bytes).hasSizeLessThan(6_000);
    SerializationSettings small = TestSettings.limits(200, 200, 1_000, 100_000);
    for (Codec<Object> codec :
        List.<Codec<Object>>of(TestSettings.java(small), TestSettings.auto(small))) {
      assertThatThrownBy(() -> codec.decode(bytes)).satisfies(AttacksTest::isLimit);
      // And so for whoever puts it, with the same words.
      assertThatThrownBy(() -> codec.encode(bomb)).satisfies(AttacksTest::isLimit);
    }
    byte[] key = concat("#J".getBytes(ISO_8859_1), bytes);
    assertThatThrownBy(() -> TestSettings.canonical(small).decode(key))
        .satisfies(AttacksTest::isLimit);
  }

  @Test
  void decode_31Levels_runsNoCodeOfTheParts() {
    Object bomb = doubled(31, new Counted(1), two -> two);
    byte[] lists = serialize(bomb);
    Counted.HASHED.set(0);
    JavaCodec<Object> codec = new JavaCodec<>(Object.class, TestSettings.loader(), DEFAULTS);
    assertThatThrownBy(() -> codec.decode(lists)).satisfies(AttacksTest::isLimit);
    assertThat(Counted.HASHED).hasValue(0);
  }

  @Test
  void decode_cyclesAndParents_areNotTakenForSharing() {
    List<Object> parent = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      parent.add(new AtomicReference<Object>(new Object[] {i, "child"}));
    }
    Object[] cycle = {null, parent};
    cycle[0] = cycle;
    JavaCodec<Object> codec = new JavaCodec<>(Object.class, TestSettings.loader(), DEFAULTS);
    assertThat((Object[]) codec.decode(codec.encode(cycle))).hasSize(2);
  }

  private static void isLimit(Throwable thrown) {
    assertThat(thrown)
        .isInstanceOfSatisfying(
            CodecException.class, e -> assertThat(e.reason()).isEqualTo(Reason.LIMIT))
        .hasMessageContaining("max-references");
  }

  /** Sets and maps of keys with the same hash code. */
  static Stream<Named<Object>> collisions() {
    Set<Object> set = new LinkedHashSet<>();
    List<String> colliding = collidingTexts(14);
    Set<Object> lists = new HashSet<>();
    Map<Object, Object> map = new HashMap<>();
    for (int i = 0; i < 300; i++) {
      lists.add(List.of(colliding.get(i)));
    }
    Hashtable<Object, Object> table = new Hashtable<>();
    for (int i = 0; i < 300; i++) {
      table.put(colliding.get(i), i);
      map.put(new Counted(i), i);
      set.add(new Counted(i));
    }
    return Stream.of(
            lists,
            map,
            set,
            table,
            Set.copyOf(colliding.subList(0, 300)),
            new ConcurrentHashMap<>(map))
        .map(AttacksTest::named);
  }

  private static List<String> collidingTexts(int pairs) {
    List<String> texts = new ArrayList<>(List.of(""));
    for (int i = 0; i < pairs && texts.size() < 1_000; i++) {
      List<String> longer = new ArrayList<>();
      for (String text : texts) {
        longer.add(text + "Aa");
        longer.add(text + "BB");
      }
      texts = longer;
    }
    return texts;
  }

  @ParameterizedTest
  @MethodSource("collisions")
  void decode_collidingKeys_areRefusedByTheirNumber(Object bomb) {
    byte[] bytes = serialize(bomb);
    SerializationSettings allowed =
        new SerializationSettings(DEFAULTS.allow(), List.of(), 64, 1_000, 10_000, 100_000);
    JavaCodec<Object> enough = new JavaCodec<>(Object.class, TestSettings.loader(), allowed);
    assertThat(enough.decode(bytes)).isEqualTo(bomb);
    ScanLimits few = new ScanLimits(64, 1_000, 10_000, 16_000, 300 * 299, 5_000);
    StreamScan scan = new StreamScan(bytes, few, Set.of(), /* isOwn= */ false);
    Counted.COMPARED.set(0);
    assertThatThrownBy(scan::run)
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("comparisons");
    assertThat(Counted.COMPARED).hasValue(0);
  }

  @Test
  void decode_manyCollidingKeys_costsALinearNumberOfComparisons() {
    JavaCodec<Object> codec = new JavaCodec<>(Object.class, TestSettings.loader(), DEFAULTS);
    // The largest that are let pass, and one that is not.
    for (int count : new int[] {2_000, 60_000}) {
      byte[] bytes = colliding(count);
      Counted.COMPARED.set(0);
      try {
        assertThat((Set<?>) codec.decode(bytes)).hasSize(count);
      } catch (CodecException e) {
        assertThat(e).hasMessageContaining("comparisons");
        assertThat(count).isEqualTo(60_000);
      }
      assertThat(Counted.COMPARED.get())
          .isLessThan(ScanLimits.COMPARISONS_PER_REFERENCE * DEFAULTS.maxReferences());
    }
  }

  /** A set of so many colliding objects, made without comparing them. */
  private static byte[] colliding(int count) {
    List<Object> elements = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      elements.add(new Counted(i));
    }
    return setOf(elements);
  }

  /** The stream of a HashSet of elements, without having one. */
  private static byte[] setOf(List<?> elements) {
    try {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
        out.writeObject(new SetOfList(elements));
      }
      String text = bytes.toString(ISO_8859_1);
      // A class that writes as HashSet does, under its name.
      byte[] own = SetOfList.class.getName().getBytes(ISO_8859_1);
      int at = text.indexOf(new String(own, ISO_8859_1));
      ByteArrayOutputStream renamed = new ByteArrayOutputStream();
      DataOutputStream data = new DataOutputStream(renamed);
      byte[] all = bytes.toByteArray();
      data.write(all, 0, at - 2);
      data.writeUTF("java.util.HashSet");
      data.writeLong(-5024744406713321676L);
      data.write(all, at + own.length + 8, all.length - at - own.length - 8);
      return renamed.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes what a HashSet writes. */
  private static final class SetOfList implements Serializable {

    @Serial private static final long serialVersionUID = -5024744406713321676L;

    private final transient List<?> elements;

    SetOfList(List<?> elements) {
      this.elements = elements;
    }

    @Serial
    private void writeObject(ObjectOutputStream out) throws IOException {
      out.defaultWriteObject();
      out.writeInt(16);
      out.writeFloat(0.75f);
      out.writeInt(elements.size());
      for (Object element : elements) {
        out.writeObject(element);
      }
    }
  }

  @Test
  void decode_keysThatHashTablesOrder_areNotLimited() {
    JavaCodec<Object> codec = new JavaCodec<>(Object.class, TestSettings.loader(), DEFAULTS);
    Set<Object> texts = new HashSet<>();
    Map<Object, Object> numbers = new HashMap<>();
    for (long i = 0; i < 45_000; i++) {
      texts.add("text" + i);
      numbers.put(i, i);
    }
    assertThat(codec.decode(codec.encode(texts))).isEqualTo(texts);
    assertThat(codec.decode(codec.encode(numbers))).isEqualTo(numbers);
    assertThat(codec.decode(codec.encode(new TreeSet<>(texts)))).isEqualTo(texts);
  }

  @Test
  void key_collidingParts_areRefusedBothWays() {
    Set<Object> set = new HashSet<>();
    for (int i = 0; i < 1_000; i++) {
      set.add(List.of("text" + i));
    }
    byte[] bytes = TestSettings.canonical(DEFAULTS).encode(set);
    assertThat(TestSettings.canonical(DEFAULTS).decode(bytes)).isEqualTo(set);
    // 2,000 elements that are lists count as more than 2,000 * 600 comparisons.
    Set<Object> larger = new HashSet<>(set);
    for (int i = 0; i < 1_000; i++) {
      larger.add(List.of("more" + i));
    }
    SerializationSettings small = TestSettings.limits(64, 4_500, 1_000, 1_000_000);
    byte[] tooLarge = TestSettings.canonical(DEFAULTS).encode(larger);
    TestSettings.canonical(small).decode(tooLarge);
    Set<Object> largest = new HashSet<>();
    StringBuilder key = new StringBuilder("#s");
    for (int i = 0; i < 20_000; i++) {
      String part = "#l6:" + String.format(Locale.ROOT, "%06d", i);
      key.append(part.length()).append(':').append(part);
      largest.add(List.of(String.format(Locale.ROOT, "%06d", i)));
    }
    assertThatThrownBy(
            () -> TestSettings.canonical(DEFAULTS).decode(key.toString().getBytes(UTF_8)))
        .satisfies(AttacksTest::isLimit);
    assertThatThrownBy(() -> TestSettings.canonical(DEFAULTS).encode(largest))
        .satisfies(AttacksTest::isLimit);
  }

  @Test
  void decode_nestedArrays_takeMemoryInProportion() throws Exception {
    // 8 MiB of arrays, each of which claims as many elements as there are bytes left.
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    byte[] one = serialize(new Object[] {new Object[0]});
    out.write(one, 0, one.length - 10);
    int size = 8 << 20;
    while (bytes.size() < size - 20) {
      out.writeInt(size - bytes.size() - 4);
      out.writeByte(ObjectStreamConstants.TC_ARRAY);
      out.writeByte(ObjectStreamConstants.TC_REFERENCE);
      out.writeInt(ObjectStreamConstants.baseWireHandle);
    }
    byte[] all = bytes.toByteArray();
    JavaCodec<Object> codec = new JavaCodec<>(Object.class, TestSettings.loader(), DEFAULTS);
    long before = allocatedBytes();
    assertThatThrownBy(() -> codec.decode(all)).isInstanceOf(CodecException.class);
    assertThat(allocatedBytes() - before).isLessThan(4L << 20);
  }

  @Test
  void decode_collectionThatClaimsManyElements_allocatesInProportion() {
    byte[] bytes = setOf(List.of("a"));
    String text = new String(bytes, ISO_8859_1);
    int at = text.lastIndexOf("?@") - 4;
    byte[] large = bytes.clone();
    // The capacity, and the number of elements.
    large[at] = 0x01;
    large[at + 8] = 0x01;
    JavaCodec<Object> codec = new JavaCodec<>(Object.class, TestSettings.loader(), DEFAULTS);
    assertThat(codec.decode(bytes)).isEqualTo(Set.of("a"));
    long before = allocatedBytes();
    assertThatThrownBy(() -> codec.decode(large)).isInstanceOf(CodecException.class);
    assertThat(allocatedBytes() - before).isLessThan(1L << 20);
  }

  private static long allocatedBytes() {
    return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
  }

  static List<Class<?>> closedTypes() {
    return List.of(
        String.class,
        Long.class,
        UUID.class,
        byte[].class,
        String[].class,
        Mood.class,
        Plain.class,
        Nested.class,
        LocalDate.class);
  }

  @ParameterizedTest
  @MethodSource("closedTypes")
  <T> void decode_closedType_refusesEveryOtherClass(Class<T> type) {
    Object[] others = {
      new HashSet<>(List.of("x")), new ArrayList<>(), new Counted(1), new AtomicLong(1), List.of(1)
    };
    for (Object other : others) {
      byte[] bytes = serialize(other);
      for (Codec<T> codec :
          List.<Codec<T>>of(
              new AutoCodec<>(type, TestSettings.loader(), DEFAULTS),
              new JavaCodec<>(type, TestSettings.loader(), DEFAULTS))) {
        assertThatThrownBy(() -> codec.decode(bytes))
            .isInstanceOf(RefusedClassException.class)
            .hasMessageContaining("declared for " + type.getTypeName());
      }
      Codec<T> keys = new CanonicalKeyCodec<>(type, TestSettings.loader(), DEFAULTS);
      assertThatThrownBy(() -> keys.decode(concat("#J".getBytes(ISO_8859_1), bytes)))
          .isInstanceOf(CodecException.class);
      byte[] key =
          new CanonicalKeyCodec<>(Object.class, TestSettings.loader(), DEFAULTS).encode(other);
      assertThatThrownBy(() -> keys.decode(key)).isInstanceOf(CodecException.class);
    }
  }

  @Test
  void decode_closedType_readsItsOwn() {
    Plain plain = new Plain("a", 1, new UUID(1, 2), new byte[] {3}, Mood.BAD);
    Nested nested = new Nested(plain, new Plain[] {plain}, new Nested(plain, new Plain[0], null));
    AutoCodec<Nested> codec = new AutoCodec<>(Nested.class, TestSettings.loader(), DEFAULTS);
    assertThat(codec.decode(codec.encode(nested)).others()[0].id()).isEqualTo(new UUID(1, 2));
    JavaCodec<String> texts = new JavaCodec<>(String.class, TestSettings.loader(), DEFAULTS);
    assertThat(texts.decode(texts.encode("text"))).isEqualTo("text");
    JavaCodec<Long> numbers = new JavaCodec<>(Long.class, TestSettings.loader(), DEFAULTS);
    assertThat(numbers.decode(numbers.encode(42L))).isEqualTo(42L);
    CanonicalKeyCodec<Nested> keys =
        new CanonicalKeyCodec<>(Nested.class, TestSettings.loader(), DEFAULTS);
    assertThat(keys.decode(keys.encode(nested)).others()[0].mood()).isEqualTo(Mood.BAD);
    CanonicalKeyCodec<Mood> moods =
        new CanonicalKeyCodec<>(Mood.class, TestSettings.loader(), DEFAULTS);
    assertThat(moods.decode(moods.encode(Mood.GOOD))).isEqualTo(Mood.GOOD);
    CanonicalKeyCodec<byte[]> bytes =
        new CanonicalKeyCodec<>(byte[].class, TestSettings.loader(), DEFAULTS);
    assertThat(bytes.decode(bytes.encode(new byte[] {1}))).containsExactly(1);
  }

  /** A proxy's handler. */
  record Handler() implements InvocationHandler, Serializable {

    @Override
    public Object invoke(Object proxy, Method method, Object[] arguments) {
      return "called";
    }
  }

  @Test
  void decode_proxies_defineNoClass() {
    // Interfaces of the JDK in ever new orders: each list would be a class for ever.
    Class<?>[] interfaces = {
      Comparable.class, CharSequence.class, Map.class, Runnable.class, Serializable.class
    };
    Object proxy = Proxy.newProxyInstance(getClass().getClassLoader(), interfaces, new Handler());
    byte[] bytes = serialize(proxy);
    ClassLoadingMXBean classes = ManagementFactory.getClassLoadingMXBean();
    JavaCodec<Object> codec = new JavaCodec<>(Object.class, TestSettings.loader(), DEFAULTS);
    JavaCodec<String> texts = new JavaCodec<>(String.class, TestSettings.loader(), DEFAULTS);
    String names = new String(bytes, ISO_8859_1);
    refusesProxy(codec, bytes);
    long before = classes.getTotalLoadedClassCount();
    List<String> order = new ArrayList<>();
    for (Class<?> each : interfaces) {
      order.add(utf(each.getName()));
    }
    String usual = String.join("", order);
    assertThat(names).contains(usual);
    for (int i = 0; i < 200; i++) {
      Collections.shuffle(order, new Random(i));
      byte[] other = names.replace(usual, String.join("", order)).getBytes(ISO_8859_1);
      refusesProxy(codec, other);
      refusesProxy(texts, other);
    }
    assertThat(classes.getTotalLoadedClassCount() - before).isLessThan(50);
  }

  private static void refusesProxy(Codec<?> codec, byte[] bytes) {
    assertThatThrownBy(() -> codec.decode(bytes)).isInstanceOf(RefusedClassException.class);
  }

  private static String utf(String name) {
    return (char) (name.length() >> 8) + "" + (char) (name.length() & 0xFF) + name;
  }

  @Test
  void message_nameWithControlCharacters_isEscapedAndCut() {
    String evil = "a\r\nWARN forged \u001b[31m" + "x".repeat(5_000);
    byte[] bytes = serialize(new Counted(1));
    String text = new String(bytes, ISO_8859_1);
    byte[] forged = text.replace(utf(Counted.class.getName()), utf(evil)).getBytes(ISO_8859_1);
    JavaCodec<Object> codec = new JavaCodec<>(Object.class, TestSettings.loader(), DEFAULTS);
    assertThatThrownBy(() -> codec.decode(forged))
        .isInstanceOf(RefusedClassException.class)
        .satisfies(
            e ->
                assertThat(e.getMessage())
                    .doesNotContainPattern("\\p{Cntrl}")
                    .contains("a\\u000d\\u000aWARN")
                    .hasSizeLessThan(1_000));
    byte[] key = ("#E" + evil + ";X").getBytes(ISO_8859_1);
    assertThatThrownBy(() -> TestSettings.canonical(DEFAULTS).decode(key))
        .satisfies(
            e ->
                assertThat(e.getMessage())
                    .doesNotContainPattern("\\p{Cntrl}")
                    .hasSizeLessThan(1_000));
  }

  @Test
  void decode_longNumber_isRefusedBothWays() {
    BigInteger number = BigInteger.ONE.shiftLeft(40_000);
    for (Object value : List.of(number, new ArrayList<>(List.of(number)))) {
      AutoCodec<Object> codec = new AutoCodec<>(Object.class, TestSettings.loader(), DEFAULTS);
      assertThatThrownBy(() -> codec.encode(value))
          .isInstanceOf(CodecException.class)
          .hasMessageContaining("BigInteger");
      byte[] bytes = serialize(value);
      assertThatThrownBy(() -> codec.decode(bytes))
          .isInstanceOf(CodecException.class)
          .hasMessageContaining("BigInteger");
    }
    AutoCodec<Object> codec = new AutoCodec<>(Object.class, TestSettings.loader(), DEFAULTS);
    BigInteger fine = BigInteger.ONE.shiftLeft(32_000);
    Object list = new ArrayList<>(Arrays.asList(fine, new BigDecimal(fine, 3)));
    assertThat(codec.decode(codec.encode(list))).isEqualTo(list);
    assertThat(codec.decode(codec.encode(fine))).isEqualTo(fine);
  }

  @Test
  void decode_recursiveHash_isACodecException() {
    byte[] bytes = setOf(List.of(cyclicList(), "y"));
    JavaCodec<Object> codec = new JavaCodec<>(Object.class, TestSettings.loader(), UNLIMITED);
    assertThatThrownBy(() -> codec.decode(bytes))
        .isInstanceOfSatisfying(
            CodecException.class, e -> assertThat(e.reason()).isEqualTo(Reason.RESOURCES));
  }

  private static List<Object> cyclicList() {
    List<Object> list = new ArrayList<>();
    list.add(list);
    return list;
  }

  private static byte[] concat(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }
}
