package io.yokedcache.jcache.internal.codec.serial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.codec.RefusedClassException;
import io.yokedcache.jcache.codec.SerializationSettings;
import io.yokedcache.jcache.internal.codec.Samples;
import io.yokedcache.jcache.internal.codec.Samples.Color;
import io.yokedcache.jcache.internal.codec.Samples.Holder;
import io.yokedcache.jcache.internal.codec.Samples.Plain;
import io.yokedcache.jcache.internal.codec.Samples.Positive;
import io.yokedcache.jcache.internal.codec.TestSettings;
import java.io.ByteArrayOutputStream;
import java.io.Externalizable;
import java.io.File;
import java.io.IOException;
import java.io.ObjectInput;
import java.io.ObjectOutput;
import java.io.ObjectOutputStream;
import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.net.URI;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.sql.Timestamp;
import java.time.LocalDate;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.GregorianCalendar;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import javax.cache.CacheException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The codec {@code java}: what it takes and what it refuses. */
public final class JavaCodecTest {

  private static final String GADGET =
      """
      package evil;
      public final class Gadget implements java.io.Serializable {
        private static final long serialVersionUID = 1L;
        private void readObject(java.io.ObjectInputStream in) throws Exception {
          in.defaultReadObject();
          System.setProperty("evil.gadget", "ran");
        }
      }
      """;

  @TempDir private Path folder;

  public static List<Object> jdkValues() {
    Map<Color, Integer> colors = new EnumMap<>(Color.class);
    colors.put(Color.GREEN, 1);
    return List.of(
        "text",
        42L,
        'c',
        true,
        new BigDecimal("1.50"),
        UUID.randomUUID(),
        LocalDate.of(2024, 2, 29),
        ZonedDateTime.parse("2024-02-29T10:00:00+01:00[Europe/Berlin]"),
        new Timestamp(1_700_000_000_123L),
        new GregorianCalendar(2024, 1, 29),
        Locale.GERMANY,
        URI.create("http://a/b"),
        BitSet.valueOf(new long[] {5}),
        TimeUnit.DAYS,
        new ArrayList<>(List.of(1, "two")),
        List.of(1),
        List.of(1, 2, 3),
        Set.of("a", "b"),
        Map.of("a", 1, "b", 2),
        Arrays.asList("a", "b"),
        Collections.emptyMap(),
        Collections.unmodifiableList(new ArrayList<>(List.of("x"))),
        Collections.synchronizedMap(new HashMap<>(Map.of("k", "v"))),
        new HashSet<>(List.of(1, 2, 3)),
        new LinkedHashMap<>(Map.of("k", 1)),
        new TreeMap<>(Map.of("k", 1)),
        EnumSet.of(Color.RED),
        colors,
        new ConcurrentHashMap<>(Map.of("k", 1)),
        new ConcurrentSkipListMap<>(Map.of("k", 1)),
        new CopyOnWriteArrayList<>(List.of(1)),
        Map.of("nested", List.of(Map.of("deeper", Set.of(1L)))));
  }

  @ParameterizedTest
  @MethodSource("jdkValues")
  void decode_jdkValue_isEqual(Object value) {
    JavaCodec<Object> codec = TestSettings.java(TestSettings.allowing(), Color.class);
    assertThat(codec.decode(codec.encode(value))).isEqualTo(value);
  }

  @Test
  void decode_arraysAndExceptions_areAllowed() {
    JavaCodec<Object> codec = TestSettings.java(TestSettings.allowing());
    Object[] array = {new int[][] {{1}, {2, 3}}, new String[] {"a"}, new LocalDate[1]};
    assertThat(Arrays.deepEquals((Object[]) codec.decode(codec.encode(array)), array)).isTrue();
    Throwable cause = new IllegalStateException("inner");
    Object decoded = codec.decode(codec.encode(new RuntimeException("outer", cause)));
    assertThat((Throwable) decoded).hasMessage("outer").hasRootCauseMessage("inner");
  }

  /** Writes its own data, and that of its superclass is in it. */
  public static class External implements Externalizable {

    final List<Object> parts = new ArrayList<>();

    @Override
    public void writeExternal(ObjectOutput out) throws IOException {
      out.writeObject(parts.toArray());
      out.writeLong(parts.size());
    }

    @Override
    public void readExternal(ObjectInput in) throws IOException, ClassNotFoundException {
      parts.addAll(List.of((Object[]) in.readObject()));
      in.readLong();
    }
  }

  /** Its superclass is Externalizable, as in the identities of JDO. */
  public static final class ExternalChild extends External {

    @Override
    public void writeExternal(ObjectOutput out) throws IOException {
      super.writeExternal(out);
      out.writeUTF("child");
    }

    @Override
    public void readExternal(ObjectInput in) throws IOException, ClassNotFoundException {
      super.readExternal(in);
      in.readUTF();
    }
  }

  /** Its superclass is Serializable with fields, which the stream does not have. */
  public static final class ExternalArrayList extends ArrayList<Object> implements Externalizable {

    @Override
    public void writeExternal(ObjectOutput out) throws IOException {
      out.writeObject(toArray());
    }

    @Override
    public void readExternal(ObjectInput in) throws IOException, ClassNotFoundException {
      addAll(List.of((Object[]) in.readObject()));
    }
  }

  @Test
  void decode_externalizableWithASuperclass() {
    JavaCodec<Object> codec = TestSettings.java(TestSettings.allowing(), JavaCodecTest.class);
    ExternalChild child = new ExternalChild();
    child.parts.addAll(List.of("a", List.of(1L), new External()));
    Object[] both = (Object[]) codec.decode(codec.encode(new Object[] {child, "next"}));
    assertThat(((External) both[0]).parts).startsWith("a", List.of(1L)).hasSize(3);
    assertThat(both[1]).isEqualTo("next");
    ExternalArrayList list = new ExternalArrayList();
    list.add("b");
    assertThat(codec.decode(codec.encode(list))).isEqualTo(list);
  }

  @Test
  void decode_undeclaredClass_isRefusedAndDoesNotRun() throws Exception {
    System.clearProperty("evil.gadget");
    try (URLClassLoader loader = GadgetLoader.compile(folder, "evil.Gadget", GADGET)) {
      Object gadget = loader.loadClass("evil.Gadget").getConstructor().newInstance();
      JavaCodec<Object> codec = new JavaCodec<>(Object.class, loader, TestSettings.allowing());
      for (Object value : List.of(gadget, List.of(gadget), array(gadget), new Holder(gadget))) {
        byte[] bytes = serialize(value);
        JavaCodec<Object> declared =
            new JavaCodec<>(Object.class, loader, TestSettings.allowing(), Holder.class);
        assertThatThrownBy(() -> declared.decode(bytes))
            .isInstanceOfSatisfying(
                RefusedClassException.class,
                e -> assertThat(e.className()).isEqualTo("evil.Gadget"))
            .hasMessageContainingAll(
                "Class evil.Gadget may not be deserialised",
                "put serialization.allow = [\"evil.*\"] inside yokedcache { }");
      }
      assertThat(System.getProperty("evil.gadget")).isNull();
      assertThat(codec.encode(gadget)).isEqualTo(serialize(gadget));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"evil.Gadget", "evil.*", "evil.**"})
  void decode_allowedByPattern_passes(String pattern) throws Exception {
    try (URLClassLoader loader = GadgetLoader.compile(folder, "evil.Gadget", GADGET)) {
      Object gadget = loader.loadClass("evil.Gadget").getConstructor().newInstance();
      JavaCodec<Object> codec =
          new JavaCodec<>(Object.class, loader, TestSettings.allowing(pattern));
      assertThat(codec.decode(codec.encode(gadget))).hasSameClassAs(gadget);
      assertThat(System.getProperty("evil.gadget")).isEqualTo("ran");
      System.clearProperty("evil.gadget");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"evi.*", "evil", "evil.Gadge", "ev.**", "evil.sub.*", "evil.sub.**"})
  void decode_otherPattern_isRefused(String pattern) throws Exception {
    try (URLClassLoader loader = GadgetLoader.compile(folder, "evil.Gadget", GADGET)) {
      Object gadget = loader.loadClass("evil.Gadget").getConstructor().newInstance();
      byte[] bytes = serialize(gadget);
      JavaCodec<Object> codec =
          new JavaCodec<>(Object.class, loader, TestSettings.allowing(pattern));
      assertThatThrownBy(() -> codec.decode(bytes)).isInstanceOf(RefusedClassException.class);
    }
  }

  @Test
  void decode_wildcard_neverReachesIntoTheJdk() throws Exception {
    byte[] bytes = serialize(new File("x"));
    JavaCodec<Object> wildcard = TestSettings.java(TestSettings.allowing("java.io.*", "java.**"));
    assertThatThrownBy(() -> wildcard.decode(bytes)).isInstanceOf(RefusedClassException.class);
    JavaCodec<Object> named = TestSettings.java(TestSettings.allowing("java.io.File"));
    assertThat(named.decode(bytes)).isEqualTo(new File("x"));
    JavaCodec<Object> declared = TestSettings.java(TestSettings.allowing(), File.class);
    assertThatThrownBy(() -> declared.decode(bytes)).isInstanceOf(RefusedClassException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"*", "**", "", "com..acme", "com.acme.*.b", "com.acme.***", ".com", "a b"})
  void create_malformedPattern_isAnError(String pattern) {
    assertThatThrownBy(() -> TestSettings.java(TestSettings.allowing(pattern)))
        .isInstanceOf(CacheException.class)
        .hasMessageContaining("\"" + pattern + "\"");
  }

  @Test
  void create_unknownPreset_isAnError() {
    assertThatThrownBy(() -> TestSettings.java(TestSettings.presets("guava")))
        .isInstanceOf(CacheException.class)
        .hasMessageContainingAll("\"guava\"", "hibernate", "spring");
  }

  @Test
  void decode_packageOfDeclaredType_isAllowed() {
    JavaCodec<Color> declared =
        new JavaCodec<>(Color.class, TestSettings.loader(), TestSettings.allowing());
    assertThat(declared.decode(declared.encode(Color.GREEN))).isSameAs(Color.GREEN);
    JavaCodec<Object> beside = TestSettings.java(TestSettings.allowing(), Color.class);
    assertThat(beside.decode(beside.encode(new Positive(3)))).isEqualTo(new Positive(3));
    JavaCodec<Object> without = TestSettings.java(TestSettings.allowing());
    assertThatThrownBy(() -> without.decode(serialize(new Positive(3))))
        .isInstanceOf(RefusedClassException.class);
  }

  @Test
  void decode_anotherType_isRefused() {
    JavaCodec<Integer> codec =
        new JavaCodec<>(Integer.class, TestSettings.loader(), TestSettings.allowing());
    byte[] bytes = TestSettings.java(TestSettings.allowing()).encode("text");
    assertThatThrownBy(() -> codec.decode(bytes))
        .isInstanceOf(CodecException.class)
        .hasMessageContainingAll("java.lang.String", "java.lang.Integer");
  }

  @Test
  void decode_recordThatRefuses_isACodecException() throws Exception {
    byte[] bytes = serialize(new Positive(0x11223344));
    for (int i = 0; i < bytes.length - 3; i++) {
      if (bytes[i] == 0x11 && bytes[i + 1] == 0x22) {
        Arrays.fill(bytes, i, i + 4, (byte) 0);
      }
    }
    JavaCodec<Object> codec = TestSettings.java(TestSettings.allowing(), Positive.class);
    assertThatThrownBy(() -> codec.decode(bytes)).isInstanceOf(CodecException.class);
  }

  @Test
  void encode_notSerializable_namesTheClass() {
    JavaCodec<Object> codec = TestSettings.java(TestSettings.allowing(), Plain.class);
    assertThatThrownBy(() -> codec.encode(List.of(new Plain())))
        .isInstanceOf(CodecException.class)
        .hasMessageContainingAll(Plain.class.getName(), "not Serializable");
  }

  @Test
  void encode_deepGraph_isACodecException() {
    JavaCodec<Object> codec = TestSettings.java(TestSettings.limits(100, 1000, 1000, 10_000_000));
    assertThatThrownBy(() -> codec.encode(Samples.nested(200_000)))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("nests too deeply");
  }

  @Test
  void limits_areEnforced() throws Exception {
    byte[] deep = serialize(Samples.nested(50));
    byte[] many = serialize(new ArrayList<>(Collections.nCopies(1, Samples.nested(20))));
    byte[] longArray = serialize(new long[1000]);
    refuses(deep, TestSettings.limits(20, 10_000, 10_000, 10_000), "max-depth");
    refuses(many, TestSettings.limits(1000, 15, 10_000, 10_000), "max-references");
    refuses(longArray, TestSettings.limits(1000, 10_000, 999, 10_000), "max-array-length");
    refuses(longArray, TestSettings.limits(1000, 10_000, 10_000, 999), "max-bytes");
    JavaCodec<Object> enough = TestSettings.java(TestSettings.limits(1000, 10_000, 1000, 10_000));
    assertThat(enough.decode(longArray)).isEqualTo(new long[1000]);
    assertThatThrownBy(
            () -> TestSettings.java(TestSettings.limits(9, 9, 9, 999)).encode(new long[1000]))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("max-bytes");
  }

  @Test
  void decode_arrayLongerThanTheBytes_isRefusedBeforeItIsAllocated() throws Exception {
    byte[] bytes = serialize(new Object[] {"x"});
    // The length of the array is the int before its only element.
    int length = bytes.length - 4 - 1;
    bytes[length - 3] = 0x7F;
    JavaCodec<Object> codec =
        TestSettings.java(TestSettings.limits(1000, 1000, Integer.MAX_VALUE, 10_000));
    assertThatThrownBy(() -> codec.decode(bytes))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("more elements than it has bytes");
  }

  @Test
  void decode_classOfTheContextOrDeclaredLoaderOnly_isFound() throws Exception {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (URLClassLoader loader = GadgetLoader.compile(folder, "evil.Gadget", GADGET)) {
      Object gadget = loader.loadClass("evil.Gadget").getConstructor().newInstance();
      JavaCodec<Object> codec = TestSettings.java(TestSettings.allowing("evil.Gadget"));
      byte[] bytes = codec.encode(gadget);
      assertThatThrownBy(() -> codec.decode(bytes))
          .isInstanceOf(CodecException.class)
          .hasMessageContainingAll("evil.Gadget", "class loader");
      thread.setContextClassLoader(loader);
      assertThat(codec.decode(bytes)).hasSameClassAs(gadget);
      thread.setContextClassLoader(null);
      JavaCodec<Object> own =
          new JavaCodec<>(Object.class, loader, TestSettings.allowing("evil.Gadget"));
      assertThat(own.decode(bytes)).hasSameClassAs(gadget);
      JavaCodec<?> declared =
          new JavaCodec<>(
              gadget.getClass(), TestSettings.loader(), TestSettings.allowing("evil.Gadget"));
      assertThat(declared.decode(bytes)).hasSameClassAs(gadget);
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  private static void refuses(byte[] bytes, SerializationSettings limits, String name) {
    assertThatThrownBy(() -> TestSettings.java(limits).decode(bytes))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("yokedcache.serialization." + name);
  }

  private static Object array(Object element) {
    Object array = Array.newInstance(element.getClass(), 1);
    Array.set(array, 0, element);
    return array;
  }

  public static byte[] serialize(Object value) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(value);
    }
    return bytes.toByteArray();
  }
}
