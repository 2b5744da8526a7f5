package io.yokedcache.jcache.internal.codec.key;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.codec.Codec;
import io.yokedcache.jcache.internal.codec.TestSettings;
import io.yokedcache.jcache.internal.codec.serial.Utf8;
import io.yokedcache.jcache.internal.codec.value.StringCodec;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class KeyPatternTest {

  private static final long SEED = 7;

  private static boolean matches(String glob, Object key) {
    return KeyPattern.of(glob, Object.class, "orders").test(key);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "user:* user:7 true",
        "user:* user: true",
        "user:* users:7 false",
        "*:7 user:7 true",
        "*a*b*c* xxaxxbxxcxx true",
        "*a*b*c* xxaxxcxxbxx false",
        "user:? user:7 true",
        "user:? user:77 false",
        "[a-c]x bx true",
        "[c-a]x bx true",
        "[^a-c]x bx false",
        "[^a-c]x dx true",
        "[a-]x -x true",
        "[a^]x ^x true",
        "[]x x false",
        "[^]x ax true",
        "[\\]]x ]x true",
        "[\\^a]x ^x true",
        "[a\\-c]x bx false",
        "[a\\-c]x -x true",
        "\\*x *x true",
        "\\*x ax false",
        "a\\?b a?b true",
        "a\\?b axb false",
        "\\[a] [a] true",
        "\\\\ \\ true",
        "a.c abc false",
        "(a|b) a false",
        "a]b a]b true",
        "a-b a-b true",
        "^a a false",
      })
  void string(String glob, String key, boolean expected) {
    assertThat(matches(glob, key)).isEqualTo(expected);
  }

  @Test
  void emptyAndUnusualCharacters() {
    assertThat(matches("", "")).isTrue();
    assertThat(matches("", "a")).isFalse();
    assertThat(matches("*", "")).isTrue();
    assertThat(matches("?", "")).isFalse();
    assertThat(matches("?", "\uD83D\uDE00")).as("one code point").isTrue();
    assertThat(matches("[\uD83D\uDE00-\uD83D\uDE0F]", "\uD83D\uDE05")).isTrue();
    assertThat(matches("a*b", "a\n\r\u0000b")).isTrue();
    assertThat(matches("*", "\uD800")).as("half a character").isTrue();
  }

  private enum Colour {
    RED
  }

  private record Point(int x) {}

  @Test
  void texts() {
    UUID uuid = new UUID(1, 2);
    assertThat(matches("4?", 42L)).isTrue();
    assertThat(matches("-4*", -42)).isTrue();
    assertThat(matches("RED", Colour.RED)).isTrue();
    assertThat(matches("*-0002", uuid)).isFalse();
    assertThat(matches(uuid.toString(), uuid)).isTrue();
    assertThat(matches("2024-*", LocalDate.of(2024, 2, 29))).isTrue();
    assertThat(matches("1.5", new BigDecimal("1.5"))).isTrue();
    assertThat(matches("x", 'x')).isTrue();
    assertThat(matches("true", true)).isTrue();
    for (Object key : List.of(1.5, 1.5f, new Point(1), List.of("a"))) {
      assertThat(matches("*", key)).as("%s", key).isFalse();
    }
  }

  @Test
  void declaredTypes() {
    for (Class<?> type :
        List.of(
            String.class,
            Object.class,
            Comparable.class,
            Number.class,
            Long.class,
            Character.class,
            Colour.class,
            LocalDate.class,
            UUID.class)) {
      assertThat(KeyPattern.of("*", type, "orders")).as("%s", type).isNotNull();
    }
    for (Class<?> type : List.of(Point.class, Double.class, Float.class, byte[].class)) {
      assertThatThrownBy(() -> KeyPattern.of("*", type, "orders"))
          .as("%s", type)
          .isInstanceOf(UnsupportedOperationException.class)
          .hasMessageContaining("orders")
          .hasMessageContaining(type.getName());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"[a", "[", "[^", "[a-", "a\\", "[\\", "[\\]", "[a-\\"})
  void wrongPatterns(String glob) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> KeyPattern.of(glob, String.class, "orders"))
        .withMessageContaining(glob);
  }

  /** A key that matches and whose bytes do not begin so would survive its removal. */
  @Test
  void beginnings_ofAllKeysThatMatch() {
    Random random = new Random(SEED);
    Codec<String> canonical =
        new CanonicalKeyCodec<>(String.class, TestSettings.loader(), TestSettings.allowing());
    int matched = 0;
    for (int i = 0; i < 200_000; i++) {
      String glob = text(random, "aab#X*?[]^-\\\u00e9\uD83D\uDE00\uD800", 6);
      String key = text(random, "aab#X]\\\u00e9\uD83D\uDE00\uD800", 5);
      KeyPattern pattern;
      try {
        pattern = KeyPattern.of(glob, String.class, "orders");
      } catch (IllegalArgumentException e) {
        continue;
      }
      if (pattern.test(key)) {
        assertBegins(pattern.beginnings(canonical, String.class), canonical.encode(key));
        if (Utf8.isWellFormed(key)) {
          assertBegins(
              pattern.beginnings(StringCodec.INSTANCE, String.class),
              StringCodec.INSTANCE.encode(key));
        }
        matched++;
      }
    }
    assertThat(matched).isGreaterThan(2_000);
  }

  private static void assertBegins(List<byte[]> alternatives, byte[] key) {
    if (!alternatives.isEmpty()) {
      assertThat(alternatives)
          .anyMatch(
              alternative ->
                  alternative.length <= key.length
                      && Arrays.equals(Arrays.copyOf(key, alternative.length), alternative));
    }
  }

  @Test
  void beginnings_otherTypes() {
    Map<Class<?>, String> known =
        Map.of(
            Long.class, "#L7",
            Integer.class, "#I7",
            UUID.class, "#U7",
            LocalDate.class, "#TLocalDate:7");
    known.forEach(
        (type, expected) ->
            assertThat(beginnings("7*", type)).as("%s", type).containsExactly(expected));
    assertThat(beginnings("7", Long.class)).containsExactly("#L7");
    assertThat(beginnings("\\*[a-z]", String.class)).containsExactly("*", "#X002a");
    assertThat(beginnings("#", String.class)).contains("##");
    for (Class<?> several :
        List.of(
            Object.class,
            Number.class,
            BigDecimal.class,
            Character.class,
            Colour.class,
            ZoneId.class)) {
      assertThat(beginnings("7*", several)).as("%s", several).isEmpty();
    }
    for (String open : List.of("", "*7", "?", "[7]")) {
      assertThat(beginnings(open, Long.class)).as("%s", open).isEmpty();
    }
  }

  private static <T> List<String> beginnings(String glob, Class<T> type) {
    Codec<T> codec = new CanonicalKeyCodec<>(type, TestSettings.loader(), TestSettings.allowing());
    return KeyPattern.of(glob, type, "orders").beginnings(codec, type).stream()
        .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
        .toList();
  }

  /** Exponential backtracking would not end within the life of the machine. */
  @Test
  @Timeout(value = 60, unit = TimeUnit.SECONDS)
  void manyStars() {
    assertThat(matches("*a".repeat(60) + "b", "a".repeat(5_000))).isFalse();
  }

  @Test
  void random_likeTheModel() {
    Random random = new Random(SEED);
    int matched = 0;
    for (int i = 0; i < 200_000; i++) {
      String glob = text(random, "ab*?[]^-\\", 7);
      String key = text(random, "ab]^-\\*", 6);
      KeyPattern pattern;
      try {
        pattern = KeyPattern.of(glob, String.class, "orders");
      } catch (IllegalArgumentException e) {
        continue;
      }
      boolean expected = Model.matches(glob, key);
      assertThat(pattern.test(key)).as("%s matches %s", glob, key).isEqualTo(expected);
      matched += expected ? 1 : 0;
    }
    assertThat(matched).isGreaterThan(5_000);
  }

  private static String text(Random random, String alphabet, int maxLength) {
    StringBuilder text = new StringBuilder();
    for (int length = random.nextInt(maxLength + 1); length > 0; length--) {
      text.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
    return text.toString();
  }

  /** The definition of a match, by recursion, for valid globs. */
  private static final class Model {

    static boolean matches(String glob, String key) {
      if (glob.isEmpty()) {
        return key.isEmpty();
      }
      char first = glob.charAt(0);
      if (first == '*') {
        return matches(glob.substring(1), key)
            || (!key.isEmpty() && matches(glob, key.substring(1)));
      }
      if (key.isEmpty()) {
        return false;
      }
      return switch (first) {
        case '?' -> matches(glob.substring(1), key.substring(1));
        case '[' -> {
          boolean isNegated = glob.startsWith("[^");
          yield set(glob.substring(isNegated ? 2 : 1), isNegated, key);
        }
        case '\\' ->
            glob.charAt(1) == key.charAt(0) && matches(glob.substring(2), key.substring(1));
        default -> first == key.charAt(0) && matches(glob.substring(1), key.substring(1));
      };
    }

    private static boolean set(String members, boolean isNegated, String key) {
      String rest = members;
      boolean isMember = false;
      while (!rest.startsWith("]")) {
        int escape = rest.startsWith("\\") ? 1 : 0;
        char first = rest.charAt(escape);
        char last = first;
        rest = rest.substring(escape + 1);
        if (rest.startsWith("-") && !rest.startsWith("-]")) {
          escape = rest.startsWith("-\\") ? 2 : 1;
          last = rest.charAt(escape);
          rest = rest.substring(escape + 1);
        }
        char wanted = key.charAt(0);
        isMember |= (first <= wanted && wanted <= last) || (last <= wanted && wanted <= first);
      }
      return isMember != isNegated && matches(rest.substring(1), key.substring(1));
    }
  }
}
