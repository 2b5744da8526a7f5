package io.yokedcache.jcache.internal.codec.key;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.codec.Codec;
import io.yokedcache.jcache.internal.codec.Codecs;
import io.yokedcache.jcache.internal.codec.TestSettings;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Whatever the key: it is plain exactly if its bytes lead back to it. */
final class PlainKeysTest {

  private final Codecs codecs = new Codecs(getClass().getClassLoader(), TestSettings.allowing());
  private final Codec<Object> codec = codecs.named("canonical", Object.class);
  private final PlainKeys<Object> keys = PlainKeys.of(codec);

  private static Stream<Object> plain() {
    Random random = new Random(7);
    Stream<Object> texts = Stream.generate(() -> (Object) randomText(random)).limit(20_000);
    Stream<Object> numbers =
        random.longs(1_000).boxed().flatMap(n -> Stream.of(n, n.intValue(), new UUID(n, n * 31)));
    return Stream.concat(
        Stream.concat(texts, numbers),
        Stream.of("", "#", "##", "#L1", "#X", "#J", "\ud800", "#\udc00", "ä", "\u0000", 0, -1L));
  }

  private static String randomText(Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(6); i > 0; i--) {
      text.append("#LIUXb7\ud83d\ude00\ud800ä".charAt(random.nextInt(11)));
    }
    return text.toString();
  }

  @Test
  void decode_plainKey_isEqualToIt() {
    assertThat(plain())
        .allSatisfy(
            key -> {
              assertThat(keys.contains(key)).isTrue();
              assertThat(keys.decode(codec.encode(key))).isEqualTo(key);
            });
  }

  @Test
  void decode_otherKey_null() {
    assertThat(KeySamples.all())
        .allSatisfy(
            key -> {
              byte[] bytes = codec.encode(key);
              Object decoded = keys.decode(bytes);
              assertThat(decoded != null).as("%s", key).isEqualTo(keys.contains(key));
            });
    assertThat(keys.contains(List.of("a"))).isFalse();
    assertThat(keys.decode(codec.encode(List.of("a")))).isNull();
    assertThat(keys.contains((short) 1)).isFalse();
    assertThat(keys.decode(codec.encode((short) 1))).isNull();
  }

  @Test
  void decode_noKeyAtAll_null() {
    for (String bytes : List.of("#L", "#Lx", "#I99999999999", "#U1", "#X0041", "#Q")) {
      assertThat(keys.decode(bytes.getBytes(StandardCharsets.UTF_8))).as(bytes).isNull();
    }
    assertThat(keys.decode(new byte[] {(byte) 0xff, 1, 2})).isNull();
  }

  @Test
  void of_stringCodec_plainAlsoIfCachesAreUntyped() {
    PlainKeys<String> strings = PlainKeys.of(codecs.named("string", String.class));
    for (String key : List.of("", "a", "#L1", "#l1", "##", "#J")) {
      assertThat(strings.contains(key)).isTrue();
      assertThat(strings.decode(key.getBytes(StandardCharsets.UTF_8))).isEqualTo(key);
    }
    PlainKeys<Object> untyped = PlainKeys.of(codecs.named("string", Object.class));
    assertThat(untyped.contains("a")).isTrue();
    assertThat(untyped.decode("a".getBytes(StandardCharsets.UTF_8))).isEqualTo("a");
  }

  /** Keys that are equal to nobody but themselves for the application share an entry here. */
  @Test
  void of_otherCodec_nothingIsPlain() {
    Codec<String> lower =
        new Codec<>() {
          @Override
          public String id() {
            return "lower";
          }

          @Override
          public byte[] encode(String value) {
            return value.toLowerCase(Locale.ROOT).getBytes(StandardCharsets.UTF_8);
          }

          @Override
          public String decode(byte[] bytes) {
            return new String(bytes, StandardCharsets.UTF_8);
          }
        };
    PlainKeys<String> none = PlainKeys.of(lower);
    assertThat(none.contains("A")).isFalse();
    assertThat(none.decode(requireNonNull(lower.encode("A")))).isNull();
  }
}
