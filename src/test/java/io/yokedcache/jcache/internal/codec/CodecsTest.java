package io.yokedcache.jcache.internal.codec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Timestamp;
import io.yokedcache.jcache.codec.Codec;
import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.codec.SerializationSettings;
import io.yokedcache.jcache.internal.codec.value.BytesCodec;
import io.yokedcache.jcache.internal.codec.value.CheckedCodec;
import io.yokedcache.jcache.internal.codec.value.StringCodec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import javax.cache.CacheException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Codecs by name. */
final class CodecsTest {

  private final Codecs codecs = new Codecs(TestSettings.loader(), TestSettings.allowing());

  /** A codec of an application. */
  public static final class Reversing implements Codec<String> {

    @Override
    public String id() {
      return "reversing-1";
    }

    @Override
    public byte[] encode(String value) {
      return StringCodec.INSTANCE.encode(new StringBuilder(value).reverse().toString());
    }

    @Override
    public String decode(byte[] bytes) {
      return new StringBuilder(StringCodec.INSTANCE.decode(bytes)).reverse().toString();
    }
  }

  /** A codec whose id would not fit into a fingerprint. */
  public static final class Unnamed implements Codec<String> {

    @Override
    public String id() {
      return "no good";
    }

    @Override
    public byte[] encode(String value) {
      return new byte[0];
    }

    @Override
    public String decode(byte[] bytes) {
      return "";
    }
  }

  /** A codec that fails while it is made. */
  public static final class Failing implements Codec<String> {

    /** Fails. */
    public Failing() {
      throw new IllegalStateException("no key file");
    }

    @Override
    public String id() {
      return "failing";
    }

    @Override
    public byte[] encode(String value) {
      return new byte[0];
    }

    @Override
    public String decode(byte[] bytes) {
      return "";
    }
  }

  @ParameterizedTest
  @CsvSource({"auto", "java", "canonical", "string", "bytes"})
  void named_builtIn_hasThatId(String name) {
    assertThat(codecs.named(name, Object.class).id()).isEqualTo(name);
  }

  @Test
  void json_ofClassOrGenericType() {
    record Point(int x, int y) {}
    String generic = "java.util.List<" + Point.class.getName() + ">";

    assertThat(codecs.named("json", Point.class).decode("{\"x\":1,\"y\":2}".getBytes(UTF_8)))
        .isEqualTo(new Point(1, 2));
    Codec<?> points = codecs.ofValues("json", List.class, generic);
    assertThat((Object) points.decode("[{\"x\":1,\"y\":2}]".getBytes(UTF_8)))
        .isEqualTo(List.of(new Point(1, 2)));
    assertThatThrownBy(() -> codecs.ofValues("json", List.class, "java.util.List<com.acme.Gone>"))
        .isInstanceOf(CacheException.class)
        .hasMessageContainingAll("value-type", "com.acme.Gone");
    assertThatThrownBy(() -> codecs.named("json", Object.class))
        .isInstanceOf(CacheException.class)
        .hasMessageContainingAll("value-type", "setTypes");
  }

  @Test
  void names_areIdsAndDocumented() throws IOException {
    // Maven runs tests in the module's folder, an IDE often in the project's.
    Path fromModule = Path.of("..", "docs", "configuration.md");
    Path page = Files.exists(fromModule) ? fromModule : Path.of("docs", "configuration.md");
    String rows =
        Files.readAllLines(page).stream()
            .filter(line -> line.matches("\\| `defaults\\.(key|value)-codec` \\|.*"))
            .collect(Collectors.joining("\n"));

    assertThat(Codecs.names())
        .isNotEmpty()
        .allSatisfy(
            name -> {
              Class<?> type =
                  Map.of("json", List.class, "protobuf", Timestamp.class)
                      .getOrDefault(name, Object.class);
              assertThat(codecs.named(name, type).id()).isEqualTo(name);
              assertThat(rows).contains("`" + name + "`");
            });
  }

  @Test
  void named_plainType_isSharedByCaches() {
    for (String name : List.of("auto", "java", "canonical")) {
      assertThat(codecs.named(name, String.class, Long.class))
          .isSameAs(codecs.named(name, String.class, TestSettings.class));
    }
  }

  /** What one cache learns, another one must not read. */
  @Test
  void named_otherType_isNotShared() {
    for (String name : List.of("auto", "java", "canonical")) {
      for (Class<?> type : List.of(Object.class, Number.class, List.class, TestSettings.class)) {
        Codec<?> one = codecs.named(name, type);
        assertThat(one).isNotSameAs(codecs.named(name, type));
      }
    }
  }

  @Test
  void named_class_isInstantiated() {
    Codec<String> codec = codecs.named(Reversing.class.getName(), String.class);
    assertThat(codec.encode("abc")).isEqualTo(new byte[] {'c', 'b', 'a'});
    assertThat(codec.decode(codec.encode("abc"))).isEqualTo("abc");
  }

  @Test
  void named_unknown_listsWhatExists() {
    assertThatThrownBy(() -> codecs.named("Jsn", String.class))
        .hasMessageContaining("There is no codec \"Jsn\"; did you mean json? Known are ");
    assertThatThrownBy(() -> codecs.named("com.acme.Codec", String.class))
        .hasMessageContaining("There is no codec \"com.acme.Codec\"; known are ");
    assertThatThrownBy(() -> codecs.named("jsn", String.class))
        .isInstanceOf(CacheException.class)
        .hasMessageContainingAll("\"jsn\"", "auto", "java", "string", "bytes", "canonical");
  }

  @Test
  void named_badClass_saysWhatIsWrong() {
    assertThatThrownBy(() -> codecs.named("java.lang.Object", String.class))
        .isInstanceOf(CacheException.class)
        .hasMessageContaining("does not implement");
    assertThatThrownBy(() -> codecs.named(CheckedCodec.class.getName(), String.class))
        .isInstanceOf(CacheException.class)
        .hasMessageContaining("public constructor");
    assertThatThrownBy(() -> codecs.named(Failing.class.getName(), String.class))
        .isInstanceOf(CacheException.class)
        .hasMessageContaining("no key file");
    assertThatThrownBy(() -> codecs.named(Unnamed.class.getName(), String.class))
        .isInstanceOf(CacheException.class)
        .hasMessageContaining("\"no good\"");
  }

  @Test
  void string_declaredForAnotherType_isRefused() {
    assertThatThrownBy(() -> codecs.named("string", Long.class))
        .isInstanceOf(CacheException.class)
        .hasMessageContainingAll("java.lang.String", "java.lang.Long");
    assertThatThrownBy(() -> codecs.named("bytes", String.class))
        .isInstanceOf(CacheException.class)
        .hasMessageContainingAll("byte[]", "java.lang.String");
  }

  @Test
  void string_declaredForObject_takesStringsOnly() {
    Codec<Object> codec = codecs.named("string", Object.class);
    assertThat(codec.decode(codec.encode("abc"))).isEqualTo("abc");
    assertThatThrownBy(() -> codec.encode(42L))
        .isInstanceOf(CodecException.class)
        .hasMessageContainingAll("java.lang.Long", "set another codec");
  }

  @Test
  void bytes_declaredForBytes_copies() {
    Codec<byte[]> codec = codecs.named("bytes", byte[].class);
    assertThat(codec).isSameAs(BytesCodec.INSTANCE);
  }

  @ParameterizedTest
  @CsvSource({"auto", "java"})
  void named_otherDeclaredTypes_areAllowed(String name) {
    Codec<Object> codec = codecs.named(name, Object.class, Samples.Base.class);
    Object value = List.of(new Samples.Base(4));
    assertThat(codec.decode(codec.encode(value))).isEqualTo(value);
  }

  @ParameterizedTest
  @CsvSource({
    "io.yokedcache.jcache.codec, write \"io.yokedcache.jcache.codec.*\"",
    "com.acme.shop, write \"com.acme.shop.*\"",
    "io.yokedcache.jcache.internal.codec.Samples.Base, write \"io.yokedcache.jcache.internal.codec.Samples$Base\"",
    "io.yokedcache.jcache.internal.codec.Samples.*, is a class and no package",
    "java.util.*, no wildcard reaches into the JDK",
    "java.**, no wildcard reaches into the JDK"
  })
  void create_patternThatMatchesNothing_isAnError(String pattern, String message) {
    assertThatThrownBy(
            () ->
                new Codecs(TestSettings.loader(), TestSettings.allowing("com.acme.Order", pattern)))
        .isInstanceOf(CacheException.class)
        .hasMessageContainingAll("\"" + pattern + "\"", message);
  }

  @ParameterizedTest
  @CsvSource({
    "io.yokedcache.jcache.codec.*",
    "io.yokedcache.**",
    "io.yokedcache.jcache.internal.codec.Samples",
    "java.io.File",
    "com.acme.Order",
    "com.acme.*"
  })
  void create_patternThatMayMatch_isNone(String pattern) {
    SerializationSettings settings = TestSettings.allowing(pattern);
    assertThat(new Codecs(TestSettings.loader(), settings).named("auto", Object.class)).isNotNull();
  }
}
