package io.yokedcache.jcache.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.codec.Codec;
import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.codec.CodecException.Reason;
import io.yokedcache.jcache.codec.SerializationSettings;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serial;
import java.io.Serializable;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a codec encodes, it decodes, for every limit: no limit is the reader's alone. */
@SuppressWarnings("IdentityHashMapUsage") // it is one of the classes that are tested
final class LimitsTest {

  private static final long FREE = 1L << 40;

  private record Limit(String name, IntFunction<SerializationSettings> settings) {

    @Override
    public String toString() {
      return name;
    }
  }

  /** Values that grow with a number. */
  private record Kind(String name, IntFunction<Object> value) {

    @Override
    public String toString() {
      return name;
    }
  }

  /** Writes its fields by itself, without saying so to the stream. */
  static final class WithoutFields implements Serializable {

    @Serial private static final long serialVersionUID = 1L;

    private Object part;
    private int number;

    WithoutFields(Object part) {
      this.part = part;
      this.number = 7;
    }

    @Serial
    private void writeObject(ObjectOutputStream out) throws IOException {
      out.writeInt(number);
      out.writeObject(part);
    }

    @Serial
    private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
      number = in.readInt();
      part = in.readObject();
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof WithoutFields same && same.number == number && same.part.equals(part);
    }

    @Override
    public int hashCode() {
      return number;
    }
  }

  record Point(int x, int y) implements Serializable {}

  record Any(Object part) implements Serializable {}

  private static final List<Limit> LIMITS =
      List.of(
          new Limit("max-depth", n -> settings(n, FREE, FREE, FREE)),
          new Limit("max-references", n -> settings(FREE, n, FREE, FREE)),
          new Limit("max-array-length", n -> settings(FREE, FREE, n, FREE)),
          new Limit("max-bytes", n -> settings(FREE, FREE, FREE, n)));

  private static final List<Kind> KINDS =
      List.of(
          new Kind("String", "x"::repeat),
          new Kind("byte[]", byte[]::new),
          new Kind("long[]", long[]::new),
          new Kind("Object[]", Object[]::new),
          new Kind(
              "String[]", n -> IntStream.range(0, n).mapToObj(i -> "s" + i).toArray(String[]::new)),
          new Kind("ArrayList", n -> new ArrayList<>(ints(n))),
          new Kind("List.copyOf", n -> List.copyOf(ints(n))),
          new Kind("ArrayDeque", n -> new ArrayDeque<>(ints(n))),
          new Kind("PriorityQueue", n -> new PriorityQueue<>(ints(n))),
          new Kind("HashSet", n -> new HashSet<>(ints(n))),
          new Kind("sparse HashSet", LimitsTest::sparse),
          new Kind("HashMap", n -> new HashMap<>(map(n))),
          new Kind("LinkedHashMap", n -> new LinkedHashMap<>(map(n))),
          new Kind("ConcurrentHashMap", n -> new ConcurrentHashMap<>(map(n))),
          new Kind("TreeMap", n -> new TreeMap<>(map(n))),
          new Kind("Map.copyOf", n -> Map.copyOf(map(n))),
          new Kind("IdentityHashMap", n -> identity(n)),
          new Kind("set of records", LimitsTest::points),
          new Kind("record of a list", n -> new Any(new ArrayList<>(ints(n)))),
          new Kind("record of a map", n -> new Any(map(n))),
          new Kind("record of a set", n -> new Any(Set.copyOf(ints(n)))),
          new Kind("record of a String", n -> new Any("x".repeat(n))),
          new Kind("record of nested records", LimitsTest::nestedRecords),
          new Kind("record of a BigInteger", n -> new Any(BigInteger.ONE.shiftLeft(8 * n))),
          new Kind("nested", n -> Samples.nested(n)),
          new Kind("nested Object[]", LimitsTest::nestedArrays),
          new Kind("nested without fields", LimitsTest::nestedWithoutFields),
          new Kind("shared", LimitsTest::shared),
          new Kind("BigInteger", n -> BigInteger.ONE.shiftLeft(8 * n)),
          new Kind("BigDecimal", n -> new BigDecimal(BigInteger.ONE.shiftLeft(8 * n), 3)));

  private static SerializationSettings settings(
      long maxDepth, long maxReferences, long maxArrayLength, long maxBytes) {
    return new SerializationSettings(
        List.of(), List.of(), maxDepth, maxReferences, maxArrayLength, maxBytes);
  }

  private static List<Integer> ints(int count) {
    return IntStream.range(0, count).boxed().toList();
  }

  private static Map<Integer, Integer> map(int count) {
    Map<Integer, Integer> map = new HashMap<>();
    ints(count).forEach(i -> map.put(i, i));
    return map;
  }

  private static Object identity(int count) {
    IdentityHashMap<Object, Object> map = new IdentityHashMap<>();
    Thread.State[] states = Thread.State.values();
    for (int i = 0; i < Math.min(count, states.length); i++) {
      map.put(states[i], states[i]);
    }
    return map;
  }

  /** A set with a load factor that asks for as large a table as there can be. */
  private static Object sparse(int count) {
    Set<Object> set = new HashSet<>(16, 0.01f);
    set.addAll(ints(count));
    return set;
  }

  private static Object points(int count) {
    Set<Object> set = new HashSet<>();
    ints(count).forEach(i -> set.add(new Point(i, 0)));
    return set;
  }

  private static Object nestedArrays(int levels) {
    Object array = new Object[0];
    for (int i = 0; i < levels; i++) {
      array = new Object[] {array};
    }
    return array;
  }

  private static Object nestedRecords(int levels) {
    Object inner = new Any("x");
    for (int i = 0; i < levels; i++) {
      inner = new Any(inner);
    }
    return inner;
  }

  private static Object nestedWithoutFields(int levels) {
    Object inner = "x";
    for (int i = 0; i < levels; i++) {
      inner = new WithoutFields(inner);
    }
    return inner;
  }

  private static Object shared(int levels) {
    Object inner = "x";
    for (int i = 0; i < Math.min(levels, 20); i++) {
      inner = new Object[] {inner, inner};
    }
    return inner;
  }

  static Stream<Arguments> everyLimitAndKind() {
    return LIMITS.stream().flatMap(limit -> KINDS.stream().map(kind -> Arguments.of(limit, kind)));
  }

  @ParameterizedTest
  @MethodSource("everyLimitAndKind")
  void encoded_isDecoded(Limit limit, Kind kind) {
    int refused = 0;
    for (int bound : new int[] {1, 2, 5, 20, 90, 400}) {
      SerializationSettings settings = limit.settings().apply(bound);
      for (int size : new int[] {0, 1, 3, 8, 17, 100}) {
        Object value = kind.value().apply(size);
        for (Codec<Object> codec :
            List.<Codec<Object>>of(
                TestSettings.auto(settings),
                TestSettings.java(settings),
                TestSettings.canonical(settings))) {
          refused += check(codec, value, limit.name());
        }
      }
    }
    assertThat(refused).as("of 6 bounds, 6 sizes and 3 codecs").isLessThan(108);
  }

  private static int check(Codec<Object> codec, Object value, String limit) {
    byte[] bytes;
    try {
      bytes = codec.encode(value);
    } catch (CodecException e) {
      assertThat(e.reason()).as(codec.id() + ": " + e.getMessage()).isEqualTo(Reason.LIMIT);
      assertThat(e).hasMessageContaining("yokedcache.serialization." + limit + " = ");
      assertThat(e.getMessage()).matches(".*\\d.*");
      return 1;
    }
    Object decoded = codec.decode(bytes);
    if (value instanceof Object[] array) {
      assertThat(Arrays.deepEquals((Object[]) decoded, array)).isTrue();
    } else if (value instanceof IdentityHashMap<?, ?> map) {
      assertThat(new HashMap<>((Map<?, ?>) decoded)).isEqualTo(new HashMap<>(map));
    } else if (value instanceof Queue<?> queue) { // which have no equals
      assertThat(new ArrayList<>((Queue<?>) decoded)).isEqualTo(new ArrayList<>(queue));
    } else {
      assertThat(decoded).isEqualTo(value);
    }
    return 0;
  }

  @ParameterizedTest
  @MethodSource("everyLimitAndKind")
  void tooLarge_isRefusedByTheWriter(Limit limit, Kind kind) {
    SerializationSettings settings = limit.settings().apply(3);
    Object value = kind.value().apply(100);
    for (Codec<Object> codec :
        List.<Codec<Object>>of(
            TestSettings.java(settings, LimitsTest.class),
            TestSettings.auto(settings, LimitsTest.class))) {
      try {
        codec.encode(value);
      } catch (CodecException e) {
        byte[] bytes = free(codec.id()).encode(value);
        assertThatThrownBy(() -> codec.decode(bytes))
            .isInstanceOfSatisfying(
                CodecException.class, same -> assertThat(same.reason()).isEqualTo(Reason.LIMIT));
      }
    }
  }

  private static Codec<Object> free(String id) {
    SerializationSettings free = settings(FREE, FREE, FREE, FREE);
    return id.equals("java") ? TestSettings.java(free) : TestSettings.auto(free);
  }
}
