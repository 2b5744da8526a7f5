package io.yokedcache.jcache.internal.codec.value;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.codec.RefusedClassException;
import io.yokedcache.jcache.codec.SerializationSettings;
import io.yokedcache.jcache.internal.codec.TestSettings;
import io.yokedcache.jcache.internal.codec.serial.BigEndian;
import io.yokedcache.jcache.internal.codec.serial.JavaCodec;
import java.io.File;
import java.io.Serial;
import java.io.Serializable;
import java.lang.reflect.Constructor;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import javax.tools.ToolProvider;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Records in the codec {@code auto}: which are compact, and that they equal what Java reads. */
final class RecordsTest {

  private static final int RANDOM_VALUES = 2_000;
  private static final int MUTATIONS = 60_000;

  @TempDir private Path folder;

  private final Random random = new Random(42);
  private final AutoCodec<Object> auto =
      TestSettings.auto(TestSettings.allowing(), RecordsTest.class);
  private final JavaCodec<Object> java =
      TestSettings.java(TestSettings.allowing(), RecordsTest.class);

  /** An enum with a constant that has a body, and so a class. */
  enum Level {
    LOW,
    HIGH {
      @Override
      public String toString() {
        return "high";
      }
    }
  }

  /** All primitive types. */
  private record Primitives(boolean flag, byte b, short s, char c, int i, long l, float f, double d)
      implements Serializable {}

  /** A component of any class. */
  record Any(@Nullable Object value) implements Serializable {}

  /** A record in a record. */
  record Pair(@Nullable Any left, @Nullable Any right, String text) implements Serializable {}

  record Empty() implements Serializable {}

  record Generic<T extends Comparable<T>>(T first, List<? extends T> more, Map<String, T> named)
      implements Serializable {}

  record NotSerializable(int number) {}

  record WithPlainPart(NotSerializable part) implements Serializable {}

  record WithFile(File file) implements Serializable {}

  record WithOptional(Optional<String> text) implements Serializable {}

  record Replaced(int number) implements Serializable {
    @Serial
    private Object writeReplace() {
      return new Any(number);
    }
  }

  record Resolved(int number) implements Serializable {
    @Serial
    private Object readResolve() {
      return new Resolved(number + 1);
    }
  }

  /** An accessor that returns something else than the field has. */
  record Hiding(List<String> parts) implements Serializable {
    @Override
    public List<String> parts() {
      return List.of("hidden");
    }

    int size() {
      return parts.size();
    }
  }

  record Positive(int number) implements Serializable {
    Positive {
      if (number <= 0) {
        throw new IllegalArgumentException("not positive");
      }
    }
  }

  static List<Object> compact() {
    List<Object> values = new ArrayList<>();
    values.add(new Primitives(true, (byte) -1, (short) 300, '\u20AC', 1 << 20, -5L, 0.5f, -0.0));
    values.add(new Primitives(false, (byte) 1, (short) -3, 'x', -1, 5L, Float.NaN, Double.NaN));
    values.add(new Empty());
    values.add(new Pair(new Any(1), null, "text"));
    values.add(new Pair(new Any(new Pair(null, null, "inner")), new Any(null), "x".repeat(70_000)));
    values.add(new Generic<>("a", List.of("b", "c"), Map.of("d", "e")));
    values.add(new Hiding(List.of("a", "b")));
    for (Object part : PlainSamples.all()) {
      if (!part.getClass().isArray()) {
        values.add(new Any(part));
      }
    }
    Map<String, Object> linked = new LinkedHashMap<>();
    linked.put("z", 1);
    linked.put("a", List.of());
    for (Object part :
        List.of(
            Level.LOW,
            Level.HIGH,
            new ArrayList<>(Arrays.asList(1, null, "x")),
            List.of(),
            List.of("a"),
            List.of(List.of(1), List.of(2), 3),
            new HashSet<>(List.of(1, 2, 3)),
            new LinkedHashSet<>(List.of("z", "a", "m")),
            Set.of(),
            Set.of(Level.LOW, Level.HIGH),
            Set.of(new UUID(1, 2)),
            new HashMap<>(Map.of("a", new Any(1))),
            new HashMap<>(Map.of(Level.HIGH, 1)),
            linked,
            Map.of(),
            Map.of(1L, "a"),
            Map.of(1, "a", 2, "b", 3, "c"))) {
      values.add(new Any(part));
    }
    return values;
  }

  @ParameterizedTest
  @MethodSource("compact")
  void compact_isEqualToWhatJavaReads(Object value) {
    byte[] bytes = auto.encode(value);
    assertThat(bytes[0]).isEqualTo((byte) 'R');
    Object decoded = auto.decode(bytes);
    assertThat(decoded).isEqualTo(value).isEqualTo(java.decode(java.encode(value)));
    if (value instanceof Any any && (any.value() instanceof Set || any.value() instanceof Map)) {
      // The JDK does not say in which order their elements are.
      assertThat(auto.encode(decoded)).hasSameSizeAs(bytes);
    } else {
      assertThat(auto.encode(decoded)).isEqualTo(bytes);
    }
    if (value instanceof Any any && any.value() != null) {
      assertThat(((Any) decoded).value()).hasSameClassAs(any.value());
    }
    if (value instanceof Any any
        && (any.value() instanceof LinkedHashMap || any.value() instanceof LinkedHashSet)) {
      assertThat(decoded.toString()).isEqualTo(value.toString());
    }
  }

  static List<Object> containers() {
    List<Object> values = new ArrayList<>();
    for (Object value : compact()) {
      if (value instanceof Any any
          && any.value() != null
          && CompactContainer.of(any.value().getClass()) != null) {
        values.add(any.value());
      }
    }
    values.add(new ArrayList<>(compact()));
    return values;
  }

  @ParameterizedTest
  @MethodSource("containers")
  void container_isWrittenByItsElements(Object value) {
    byte[] bytes = auto.encode(value);
    assertThat(CompactContainer.ofTag(bytes[0])).isEqualTo(CompactContainer.of(value.getClass()));
    Object decoded = auto.decode(bytes);
    assertThat(decoded).isEqualTo(value).hasSameClassAs(value);
    assertThat(auto.encode(decoded)).hasSameSizeAs(bytes);
  }

  @Test
  void container_isDeclaredByItsInterface() {
    byte[] list = auto.encode(new ArrayList<>(List.of(1, 2)));
    byte[] fixed = auto.encode(List.of(1));
    AutoCodec<List<?>> lists = declared(List.class);
    assertThat(lists.decode(list)).isEqualTo(List.of(1, 2)).isInstanceOf(ArrayList.class);
    assertThat(lists.decode(fixed)).isEqualTo(List.of(1));
    AutoCodec<ArrayList<?>> arrayLists = declared(ArrayList.class);
    assertThat(arrayLists.decode(list)).isEqualTo(List.of(1, 2));
    assertThatThrownBy(() -> arrayLists.decode(fixed)).isInstanceOf(CodecException.class);
    for (Class<?> other : List.of(Map.class, Integer.class, String[].class, Any.class)) {
      assertThatThrownBy(() -> declared(other).decode(list))
          .isInstanceOfSatisfying(
              CodecException.class,
              e -> assertThat(e.reason()).isEqualTo(CodecException.Reason.WRONG_TYPE));
    }
  }

  @SuppressWarnings("unchecked") // The tests decode values of the class.
  private static <T> AutoCodec<T> declared(Class<?> type) {
    return new AutoCodec<>((Class<T>) type, TestSettings.loader(), TestSettings.allowing());
  }

  @Test
  void container_ofClassesThatNobodyAllows_isRefused() {
    byte[] bytes = auto.encode(new ArrayList<>(List.of(new Any(1))));
    assertThatThrownBy(() -> TestSettings.auto(TestSettings.allowing()).decode(bytes))
        .isInstanceOf(RefusedClassException.class);
  }

  @Test
  void container_ofMoreThanTheLimits_isRefused() {
    AutoCodec<Object> small = TestSettings.auto(TestSettings.limits(2, 9, 9, 1000));
    for (Object value :
        List.of(
            new ArrayList<>(List.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)),
            List.of(List.of(List.of(1))),
            new String[10])) {
      byte[] bytes = auto.encode(value);
      assertThat(CompactReader.begins(bytes[0])).isTrue();
      for (ThrowingCallable call :
          List.<ThrowingCallable>of(() -> small.decode(bytes), () -> small.encode(value))) {
        assertThatThrownBy(call)
            .isInstanceOfSatisfying(
                CodecException.class,
                e -> assertThat(e.reason()).isEqualTo(CodecException.Reason.LIMIT));
      }
    }
  }

  @Test
  void array_ofStrings_hasNoOtherElements() {
    assertThat((String[]) auto.decode(auto.encode(new String[] {"a", null})))
        .containsExactly("a", null);
    byte[] bytes = auto.encode(new ArrayList<>(List.of("a", 1)));
    bytes[0] = 'a';
    assertThatThrownBy(() -> auto.decode(bytes))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("ArrayStoreException");
  }

  @Test
  void accessors_areNotUsed() {
    assertThat(((Hiding) auto.decode(auto.encode(new Hiding(List.of("a", "b"))))).size())
        .isEqualTo(2);
  }

  @Test
  void bytes_areCopied() {
    byte[] part = {1, 2};
    Object decoded = auto.decode(auto.encode(new Any(part)));
    assertThat((byte[]) ((Any) decoded).value()).containsExactly(1, 2).isNotSameAs(part);
  }

  @Test
  void random_isEqualToWhatJavaReads() {
    for (int i = 0; i < RANDOM_VALUES; i++) {
      Object value = new Any(randomValue(4));
      byte[] bytes = auto.encode(value);
      assertThat(bytes[0]).isEqualTo((byte) 'R');
      assertThat(auto.decode(bytes)).isEqualTo(value).isEqualTo(java.decode(java.encode(value)));
      assertThat(auto.encode(auto.decode(bytes))).hasSameSizeAs(bytes);
    }
  }

  private @Nullable Object randomValue(int depth) {
    int kind = random.nextInt(depth == 0 ? 9 : 15);
    return switch (kind) {
      case 0 -> null;
      case 1 -> random.nextLong();
      case 2 -> "t\u00E9\u20AC".substring(random.nextInt(3)).repeat(random.nextInt(200));
      case 3 -> random.nextDouble();
      case 4 -> Instant.ofEpochSecond(random.nextInt(), random.nextInt(1_000_000_000));
      case 5 -> Level.values()[random.nextInt(2)];
      case 6 -> new BigDecimal(new BigInteger(random.nextInt(300), random), random.nextInt(9));
      case 7 -> LocalDate.ofEpochDay(random.nextInt(100_000));
      case 8 -> random.nextBoolean();
      case 9 -> new Any(randomValue(depth - 1));
      case 10 -> new Pair(new Any(randomValue(depth - 1)), null, "t" + random.nextInt());
      case 11 -> {
        List<Object> list = new ArrayList<>();
        for (int i = random.nextInt(5); i > 0; i--) {
          list.add(randomValue(depth - 1));
        }
        yield list;
      }
      case 12 -> {
        Map<Object, Object> map = random.nextBoolean() ? new HashMap<>() : new LinkedHashMap<>();
        for (int i = random.nextInt(20); i > 0; i--) {
          map.put("k" + random.nextInt(), randomValue(depth - 1));
        }
        yield map;
      }
      case 13 -> List.of(1, new Any(randomValue(depth - 1)), "x");
      default -> Set.of(random.nextInt(9), 10 + random.nextInt(9));
    };
  }

  static List<Object> serialised() {
    List<Object> shared = new ArrayList<>(List.of(1));
    return List.of(
        new Resolved(1),
        new WithFile(new File("x")),
        new Any(new TreeSet<>(List.of(1))),
        new Any(Arrays.asList(1, 2)),
        new Any(new HashSet<>(List.of(new Empty()))),
        new Any(new HashSet<>(List.of(1, "a"))),
        new Any(new HashSet<>(Arrays.asList((Object) null))),
        new Any(Arrays.asList(1, null).stream().toList()),
        new Any(new Any(new Resolved(2))),
        new Any(List.of(shared, shared)));
  }

  @ParameterizedTest
  @MethodSource("serialised")
  void otherParts_areSerialisedAsByJava(Object value) {
    byte[] bytes = auto.encode(value);
    assertThat(bytes).isEqualTo(java.encode(value)).startsWith(0xAC, 0xED);
    assertThat(auto.decode(bytes)).isEqualTo(java.decode(bytes));
  }

  @Test
  void writeReplace_isUsed() {
    assertThat(auto.decode(auto.encode(new Replaced(5)))).isEqualTo(new Any(5));
  }

  @Test
  void sharedMutableObjects_stayOne() {
    List<Object> list = new ArrayList<>();
    for (int before : new int[] {0, 20}) {
      List<Object> parts = new ArrayList<>();
      for (int i = 0; i < before; i++) {
        parts.add(new ArrayList<>());
      }
      parts.add(list);
      parts.add(list);
      List<?> decoded = listOf(auto.decode(auto.encode(new Any(parts))));
      assertThat(decoded.get(before)).isSameAs(decoded.get(before + 1));
    }
  }

  private static List<?> listOf(Object any) {
    return (List<?>) Objects.requireNonNull(((Any) any).value());
  }

  @Test
  void cycle_isSerialised() {
    List<Object> list = new ArrayList<>();
    Any value = new Any(list);
    list.add(list);
    byte[] bytes = auto.encode(value);
    assertThat(bytes).startsWith(0xAC, 0xED);
    List<?> decoded = listOf(auto.decode(bytes));
    assertThat(decoded.get(0)).isSameAs(decoded);
  }

  @Test
  void sharedImmutableObjects_growOnlyToTheLimit() {
    Object value = "x";
    for (int i = 0; i < 40; i++) {
      value = new Any(List.of(value, value));
    }
    Object shared = value;
    assertThatThrownBy(() -> auto.encode(shared))
        .isInstanceOfSatisfying(
            CodecException.class,
            e -> assertThat(e.reason()).isEqualTo(CodecException.Reason.LIMIT));
  }

  @Test
  void notSerializable_isRefusedAsByJava() {
    for (Object value :
        List.of(
            new NotSerializable(1),
            new WithPlainPart(new NotSerializable(1)),
            new Any(new NotSerializable(1)),
            new WithOptional(Optional.of("x")))) {
      assertThatThrownBy(() -> auto.encode(value))
          .isInstanceOf(CodecException.class)
          .hasMessageContaining("is not Serializable")
          .hasMessage(assertThatThrownBy(() -> java.encode(value)).actual().getMessage());
    }
  }

  @Test
  void constructor_refuses() {
    byte[] bytes = auto.encode(new Positive(1));
    bytes[bytes.length - 1] = 0;
    assertThatThrownBy(() -> auto.decode(bytes))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("not positive");
  }

  @Test
  void undeclaredClass_isRefused() {
    AutoCodec<Object> other = TestSettings.auto(TestSettings.allowing());
    for (Object value : List.of(new Any(1), new Any(Level.LOW))) {
      byte[] bytes = auto.encode(value);
      assertThatThrownBy(() -> other.decode(bytes)).isInstanceOf(RefusedClassException.class);
      other.encode(new Any(1));
    }
    assertThat(other.learnedTypes()).containsExactly(Any.class.getName());
    assertThat(other.decode(auto.encode(new Any(1)))).isEqualTo(new Any(1));
    assertThatThrownBy(() -> other.decode(auto.encode(new Any(Level.LOW))))
        .isInstanceOf(RefusedClassException.class);
  }

  @Test
  void withoutLearning_isRefusedByTheWriter() {
    AutoCodec<Object> codec = TestSettings.auto(TestSettings.allowingOnly());
    assertThatThrownBy(() -> codec.encode(new Any(1)))
        .isInstanceOf(RefusedClassException.class)
        .hasMessageContaining("serialization.learn is off");
  }

  @Test
  void anotherDeclaredType_isRefused() {
    byte[] bytes = auto.encode(new Any(1));
    AutoCodec<Pair> pairs =
        new AutoCodec<>(Pair.class, TestSettings.loader(), TestSettings.allowing());
    assertThatThrownBy(() -> pairs.decode(bytes))
        .isInstanceOfSatisfying(
            CodecException.class,
            e -> assertThat(e.reason()).isEqualTo(CodecException.Reason.WRONG_TYPE));
    AutoCodec<String> texts =
        new AutoCodec<>(String.class, TestSettings.loader(), TestSettings.allowing());
    assertThatThrownBy(() -> texts.decode(bytes)).isInstanceOf(RefusedClassException.class);
  }

  @Test
  void damaged_isACodecException() {
    List<Object> values = new ArrayList<>(compact());
    values.removeIf(value -> auto.encode(value).length > 1_000);
    int refused = 0;
    for (Object value : values) {
      byte[] bytes = auto.encode(value);
      for (int length = 1; length < bytes.length; length++) {
        byte[] part = Arrays.copyOf(bytes, length);
        assertThatThrownBy(() -> auto.decode(part)).isInstanceOf(CodecException.class);
      }
      byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
      assertThatThrownBy(() -> auto.decode(longer)).isInstanceOf(CodecException.class);
    }
    for (int i = 0; i < MUTATIONS; i++) {
      byte[] bytes = auto.encode(values.get(random.nextInt(values.size())));
      for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
        int at = 1 + random.nextInt(bytes.length - 1);
        bytes[at] = random.nextBoolean() ? (byte) random.nextInt() : (byte) (bytes[at] ^ 1);
      }
      try {
        assertThat(auto.decode(bytes)).isNotNull();
      } catch (CodecException e) {
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(MUTATIONS / 4);
  }

  @Test
  void collidingKeys_areLimited() {
    Set<String> keys = new HashSet<>();
    for (int i = 0; i < 1 << 14; i++) {
      StringBuilder key = new StringBuilder();
      for (int bit = 0; bit < 14; bit++) {
        key.append((i >> bit & 1) == 0 ? "Aa" : "BB");
      }
      keys.add(key.toString());
    }
    assertThat(keys.stream().mapToInt(String::hashCode).distinct()).hasSize(1);
    // A HashSet orders its keys.
    byte[] bytes = auto.encode(new Any(keys));
    assertThat(auto.decode(bytes)).isEqualTo(new Any(keys));
    int tag = 2 * Short.BYTES + Short.toUnsignedInt(BigEndian.shortAt(bytes, 2));
    assertThat(bytes[tag]).isEqualTo((byte) 'H');
    bytes[tag] = 'V';
    assertThatThrownBy(() -> auto.decode(bytes))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("comparisons");
  }

  @Test
  void changedClass_isReadAsByJava() throws Exception {
    Object old = compile("one", "int a, String b, long gone").newInstance(1, "x", 2L);
    byte[] bytes = codec(old).encode(old);
    assertThat(bytes[0]).isEqualTo((byte) 'R');
    Object now =
        compile("two", "String b, int a, Object added, double d").newInstance("x", 1, null, 0);
    assertThat(codec(now).decode(bytes).toString()).isEqualTo(now.toString());
    Object other = compile("three", "long a").newInstance(1L);
    assertThatThrownBy(() -> codec(other).decode(bytes))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("component a of com.Changing has another type now");
    Object wrong = compile("four", "Integer b").newInstance(1);
    assertThatThrownBy(() -> codec(wrong).decode(bytes)).isInstanceOf(CodecException.class);
  }

  private static AutoCodec<Object> codec(Object value) {
    return new AutoCodec<>(
        Object.class, value.getClass().getClassLoader(), TestSettings.allowing("com.*"));
  }

  private Constructor<?> compile(String name, String components) throws Exception {
    Path classes = Files.createDirectories(folder.resolve(name));
    Path source = classes.resolve("Changing.java");
    Files.writeString(
        source,
        "package com; public record Changing("
            + components
            + ") implements java.io.Serializable {}",
        StandardCharsets.UTF_8);
    int result =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, "-d", classes.toString(), source.toString());
    assertThat(result).isZero();
    URL[] urls = {classes.toUri().toURL()};
    try (URLClassLoader loader = new URLClassLoader(urls, TestSettings.loader())) {
      return loader.loadClass("com.Changing").getConstructors()[0];
    }
  }

  @Test
  void switchedOff_isRefusedBothWays() {
    AutoCodec<Object> off =
        TestSettings.auto(
            new SerializationSettings(
                List.of(), List.of(), true, /* java= */ false, 100, 1000, 1000, 1000));
    assertThatThrownBy(() -> off.encode(new Any(1))).isInstanceOf(CodecException.class);
    assertThatThrownBy(() -> off.decode(auto.encode(new Any(1))))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("serialization.java");
  }

  @Test
  void dates_keepTheirClass() {
    record Times(Instant a, Duration b, LocalDateTime c, LocalTime d, OffsetDateTime e)
        implements Serializable {}
    Times times =
        new Times(
            Instant.EPOCH,
            Duration.ofDays(1),
            LocalDateTime.of(2024, 1, 2, 3, 4, 5),
            LocalTime.NOON,
            OffsetDateTime.MAX);
    assertThat(auto.encode(times)[0]).isEqualTo((byte) 'R');
    assertThat(auto.decode(auto.encode(times))).isEqualTo(times);
  }
}
