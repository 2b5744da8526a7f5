package io.yokedcache.jcache.internal.codec.serial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.codec.RefusedClassException;
import io.yokedcache.jcache.codec.SerializationSettings;
import io.yokedcache.jcache.internal.codec.Samples.Base;
import io.yokedcache.jcache.internal.codec.Samples.Color;
import io.yokedcache.jcache.internal.codec.Samples.Custom;
import io.yokedcache.jcache.internal.codec.Samples.Holder;
import io.yokedcache.jcache.internal.codec.Samples.Positive;
import io.yokedcache.jcache.internal.codec.TestSettings;
import io.yokedcache.jcache.internal.codec.key.CanonicalKeyCodec;
import io.yokedcache.jcache.internal.codec.value.AutoCodec;
import java.io.File;
import java.io.Serial;
import java.io.Serializable;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.math.BigDecimal;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.SignedObject;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import javax.management.BadAttributeValueExpException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is read back because the application put it, and what is not. */
final class LearnedTypesTest {

  @TempDir private Path folder;

  /** A value that another object stands for in the stream. */
  record Replaced(String text) {}

  /** Writes a stand-in of its own class. */
  static final class WithStandIn implements Serializable {

    @Serial private static final long serialVersionUID = 1L;

    private final String text;

    WithStandIn(String text) {
      this.text = text;
    }

    @Serial
    private Object writeReplace() {
      return new StandIn(text);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof WithStandIn same && same.text.equals(text);
    }

    @Override
    public int hashCode() {
      return text.hashCode();
    }
  }

  /** Stands for another object in the stream. */
  private record StandIn(String text) implements Serializable {

    @Serial
    private Object readResolve() {
      return new WithStandIn(text);
    }
  }

  /** An enum whose constants have classes of their own. */
  enum Level {
    LOW {
      @Override
      int weight() {
        return 1;
      }
    },
    HIGH {
      @Override
      int weight() {
        return 2;
      }
    };

    abstract int weight();
  }

  /** An enum that occurs as an element type only. */
  enum Mood {
    GOOD
  }

  /** A class with a superclass that is Serializable too. */
  static class Animal implements Serializable {

    @Serial private static final long serialVersionUID = 1L;

    String name = "cat";
  }

  /** The class itself. */
  static final class Cat extends Animal {

    @Serial private static final long serialVersionUID = 1L;

    final List<Mood[]> moods = new ArrayList<>(List.<Mood[]>of(new Mood[] {Mood.GOOD}));

    @Override
    public boolean equals(Object other) {
      return other instanceof Cat cat && cat.name.equals(name) && cat.moods.size() == moods.size();
    }

    @Override
    public int hashCode() {
      return name.hashCode();
    }
  }

  /** A record of ordinary types. */
  record Order(long number, BigDecimal price, Level level, List<Color> colors)
      implements Serializable {}

  /** A handler of a proxy. */
  record Handler() implements InvocationHandler, Serializable {

    @Override
    public Object invoke(Object proxy, Method method, Object[] arguments) {
      return "called";
    }
  }

  /** What a proxy stands for. */
  interface Shop {
    String name();
  }

  static List<Object> ordinaryValues() {
    Map<Level, Order> byLevel = new EnumMap<>(Level.class);
    byLevel.put(Level.HIGH, order());
    return List.of(
        order(),
        Level.LOW,
        new ArrayList<>(List.of(Level.LOW, Level.HIGH)),
        new ArrayList<>(List.of(order())),
        byLevel,
        new Cat(),
        new WithStandIn("x"),
        new ArrayList<>(List.of(new WithStandIn("y"))),
        new Base(3),
        new Custom("c"),
        new File("x"));
  }

  private static Order order() {
    return new Order(1, new BigDecimal("2.50"), Level.HIGH, List.of(Color.RED));
  }

  @ParameterizedTest
  @MethodSource("ordinaryValues")
  void decode_whatWasEncodedHere_isReadOnlyHere(Object value) {
    JavaCodec<Object> here = TestSettings.java(TestSettings.allowing());
    JavaCodec<Object> elsewhere = TestSettings.java(TestSettings.allowing());
    byte[] bytes = here.encode(value);
    assertThat(here.decode(bytes)).isEqualTo(value);
    assertThat(elsewhere.learnedTypes()).isEmpty();
    assertThatThrownBy(() -> elsewhere.decode(bytes)).isInstanceOf(RefusedClassException.class);
    assertThat(elsewhere.learnedTypes()).isEmpty();
    elsewhere.encode(value);
    assertThat(elsewhere.decode(bytes)).isEqualTo(value);
  }

  @Test
  void learnedTypes_areThoseOfTheWholeGraph() {
    JavaCodec<Object> codec = TestSettings.java(TestSettings.allowing());
    codec.encode(new ArrayList<>(List.of(new Cat(), order(), new WithStandIn("z"))));
    assertThat(codec.learnedTypes())
        .containsExactlyInAnyOrder(
            Animal.class.getName(),
            Cat.class.getName(),
            Mood.class.getName(),
            Order.class.getName(),
            Level.class.getName(),
            Color.class.getName(),
            StandIn.class.getName());
  }

  @Test
  void decode_thenEncodeAgain_learnsNothing() {
    SerializationSettings settings = TestSettings.allowing(Holder.class.getName());
    byte[] bytes =
        TestSettings.java(TestSettings.allowing()).encode(new Holder(new Holder("text")));
    JavaCodec<Object> codec = TestSettings.java(settings);
    codec.encode(codec.decode(bytes));
    assertThat(codec.learnedTypes()).isEmpty();
    byte[] other = TestSettings.java(TestSettings.allowing()).encode(new Holder(new Positive(1)));
    assertThatThrownBy(() -> codec.decode(other)).isInstanceOf(RefusedClassException.class);
    assertThat(codec.learnedTypes()).isEmpty();
  }

  @Test
  void encode_thatFails_learnsNothing() {
    JavaCodec<Object> codec = TestSettings.java(TestSettings.allowing());
    List<Object> value = new ArrayList<>(List.of(order(), new Object()));
    assertThatThrownBy(() -> codec.encode(value)).isInstanceOf(CodecException.class);
    assertThat(codec.learnedTypes()).isEmpty();
  }

  @Test
  void encode_lambda_isRefusedAndNeverLearned() {
    JavaCodec<Object> codec = TestSettings.java(TestSettings.allowing());
    Supplier<String> lambda = (Supplier<String> & Serializable) () -> "text";
    assertThatThrownBy(() -> codec.encode(new ArrayList<>(List.of(lambda, order()))))
        .isInstanceOf(RefusedClassException.class)
        .hasMessageContaining("lambda")
        .message()
        .doesNotContain("SerializedLambda");
    assertThat(codec.learnedTypes()).isEmpty();
  }

  @Test
  void encode_proxy_isRefusedUnlessEachInterfaceIsNamed() {
    Object proxy =
        Proxy.newProxyInstance(
            getClass().getClassLoader(), new Class<?>[] {Shop.class}, new Handler());
    JavaCodec<Object> codec = TestSettings.java(TestSettings.allowing());
    assertThatThrownBy(() -> codec.encode(proxy))
        .isInstanceOf(RefusedClassException.class)
        .hasMessageContaining(Shop.class.getName());
    assertThat(codec.learnedTypes()).isEmpty();
    JavaCodec<Object> named =
        TestSettings.java(TestSettings.allowing(Shop.class.getName(), Handler.class.getName()));
    assertThat(((Shop) named.decode(named.encode(proxy))).name()).isEqualTo("called");
  }

  static List<Object> dangerous() throws Exception {
    return List.of(
        new URL("http://example.invalid/"),
        Collections.nCopies(3, "x"),
        new BadAttributeValueExpException("x"),
        new SignedObject(
            "x",
            KeyPairGenerator.getInstance("RSA").generateKeyPair().getPrivate(),
            Signature.getInstance("SHA256withRSA")));
  }

  @ParameterizedTest
  @MethodSource("dangerous")
  void encode_dangerousClassOfTheJdk_isNotLearned(Object value) {
    JavaCodec<Object> codec = TestSettings.java(TestSettings.allowing());
    assertThatThrownBy(() -> codec.encode(value))
        .isInstanceOf(RefusedClassException.class)
        .hasMessageContaining("\"" + value.getClass().getName() + "\"");
    assertThat(codec.learnedTypes()).isEmpty();
  }

  @Test
  void encode_classOfAKnownGadget_isNotLearned() throws Exception {
    String name = "org.apache.commons.collections.functors.Fake";
    String source =
        """
        package org.apache.commons.collections.functors;
        public final class Fake implements java.io.Serializable {}
        """;
    try (URLClassLoader loader = GadgetLoader.compile(folder, name, source)) {
      Object gadget = loader.loadClass(name).getConstructor().newInstance();
      JavaCodec<Object> codec = TestSettings.java(TestSettings.allowing());
      assertThatThrownBy(() -> codec.encode(gadget))
          .isInstanceOf(RefusedClassException.class)
          .hasMessageContaining("[\"" + name + "\"]");
    }
  }

  @Test
  void encode_learningIsOff_listsEveryRefusedClassAndTheLine() {
    JavaCodec<Object> codec = TestSettings.java(TestSettings.allowingOnly("com.acme.*"));
    assertThatThrownBy(() -> codec.encode(new ArrayList<>(List.of(order(), new Cat()))))
        .isInstanceOfSatisfying(
            RefusedClassException.class,
            e ->
                assertThat(e.classNames())
                    .containsExactlyInAnyOrder(
                        Order.class.getName(),
                        Level.class.getName(),
                        Color.class.getName(),
                        Animal.class.getName(),
                        Cat.class.getName(),
                        Mood.class.getName()))
        .hasMessageContainingAll(
            Order.class.getName(),
            Cat.class.getName(),
            "put serialization.allow = [\"com.acme.*\", \""
                + Color.class.getPackageName()
                + ".*\", \""
                + getClass().getPackageName()
                + ".*\"]",
            "inside yokedcache { }");
    JavaCodec<Object> named =
        TestSettings.java(
            TestSettings.allowingOnly(
                Color.class.getPackageName() + ".*", getClass().getPackageName() + ".*"));
    assertThat(named.decode(named.encode(order()))).isEqualTo(order());
    assertThat(named.learnedTypes()).isEmpty();
  }

  @Test
  void learn_moreThanTheBound_isRefused() throws Exception {
    StringBuilder source = new StringBuilder("package many;\npublic final class All {\n");
    for (int i = 0; i <= LearnedTypes.MAX_TYPES; i++) {
      source.append("  public enum E").append(i).append(" { A }\n");
    }
    try (URLClassLoader loader = GadgetLoader.compile(folder, "many.All", source + "}\n")) {
      JavaCodec<Object> codec = new JavaCodec<>(Object.class, loader, TestSettings.allowing());
      for (int i = 0; i < LearnedTypes.MAX_TYPES; i++) {
        codec.encode(loader.loadClass("many.All$E" + i).getEnumConstants()[0]);
      }
      Object last = loader.loadClass("many.All$E" + LearnedTypes.MAX_TYPES).getEnumConstants()[0];
      assertThatThrownBy(() -> codec.encode(last)).isInstanceOf(RefusedClassException.class);
      assertThat(codec.learnedTypes()).hasSize(LearnedTypes.MAX_TYPES);
      Object first = loader.loadClass("many.All$E0").getEnumConstants()[0];
      assertThat(codec.decode(codec.encode(first))).isSameAs(first);
    }
  }

  @Test
  void keys_areLearnedToo() {
    for (Object key : List.of(Level.HIGH, new Positive(1), new Base(2), new Custom("x"))) {
      CanonicalKeyCodec<Object> codec = TestSettings.canonical(TestSettings.allowing());
      assertThat(codec.decode(codec.encode(key))).isEqualTo(key);
      assertThat(codec.learnedTypes()).isNotEmpty();
    }
    CanonicalKeyCodec<Object> codec = TestSettings.canonical(TestSettings.allowing());
    Mood[] moods = (Mood[]) codec.decode(codec.encode(new Mood[] {Mood.GOOD}));
    assertThat(moods).containsExactly(Mood.GOOD);
  }

  @Test
  void java_isOff_refusesBothWays() {
    SerializationSettings off =
        new SerializationSettings(
            List.of("com.acme.**"), List.of(), true, /* java= */ false, 9, 99, 999, 9_999);
    AutoCodec<Object> codec = TestSettings.auto(off);
    assertThat(codec.decode(codec.encode("text"))).isEqualTo("text");
    byte[] list = TestSettings.auto(TestSettings.allowing()).encode(new ArrayList<>());
    assertThatThrownBy(() -> codec.encode(new ArrayList<>()))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("yokedcache.serialization.java");
    assertThatThrownBy(() -> codec.decode(list))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("yokedcache.serialization.java");
  }
}
