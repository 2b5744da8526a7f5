package io.yokedcache.jcache.internal.store.keys;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.store.keys.KeySpace.EntryName;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a cache is called, its names in Redis are its own and can be taken apart again. */
final class KeySpaceTest {

  private static final String TOKEN = "ABCdef012345";

  /** Characters that have a meaning in our names, in hash tags or patterns, and some others. */
  private static final List<String> PIECES =
      List.of(
          "a",
          "A",
          "0",
          "#",
          ":",
          "{",
          "}",
          "*",
          "?",
          "[",
          "]",
          "\\",
          "^",
          "%",
          "%7B",
          "%",
          "7B",
          " ",
          "\n",
          "\0",
          ".",
          "-",
          "_",
          "$",
          "/",
          "@",
          "+",
          "é",
          "漢",
          "\uD83D\uDE00",
          "\uD83D",
          "\uDE00",
          "?",
          "events",
          "about",
          "");

  @Test
  void escape_anyTwoNames() {
    Random random = new Random(107);
    Map<String, String> names = new HashMap<>();
    for (int i = 0; i < 50_000; i++) {
      StringBuilder name = new StringBuilder();
      for (int length = random.nextInt(5); length >= 0; length--) {
        name.append(PIECES.get(random.nextInt(PIECES.size())));
      }
      String escaped = KeySpace.escape(name.toString());
      String other = names.put(escaped, name.toString());
      assertThat(other == null || other.contentEquals(name))
          .as("'%s' and '%s' are both %s", other, name, escaped)
          .isTrue();
      assertThat(escaped).matches("[A-Za-z0-9._$/@+%-]*");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"\uD800", "\uDC00", "x\uD800", "\uDC00\uD800", "\uD800y"})
  void escape_loneSurrogate(String name) {
    assertThat(KeySpace.escape(name))
        .isNotEqualTo(KeySpace.escape(name.replace('\uD800', '?').replace('\uDC00', '?')))
        .isNotEqualTo(
            KeySpace.escape(name.replace('\uD800', '\uD801').replace('\uDC00', '\uDC01')));
  }

  @Test
  void escape_ordinaryName() {
    assertThat(KeySpace.escape("com.acme.Order$Line")).isEqualTo("com.acme.Order$Line");
    assertThat(KeySpace.escape("Entity##NaturalId")).isEqualTo("Entity%23%23NaturalId");
  }

  @Test
  void parse_entryKey() {
    Random random = new Random(107);
    KeySpace names = new KeySpace("yc", "first", 1);
    int buckets = 1;
    for (int i = 0; i < 5_000; i++) {
      byte[] key = new byte[random.nextInt(30)];
      random.nextBytes(key);
      if (i % 20 == 0) { // most of the time is that of making names of buckets
        buckets = 1 + random.nextInt(16384);
        names = new KeySpace("yc", PIECES.get(random.nextInt(PIECES.size())) + i, buckets);
      }
      int bucket = names.bucketOf(Bytes.of(key));
      Bytes tag = Bytes.of(key);

      EntryName parsed =
          names.parse(KeySpace.entryKey(names.entryPrefix(bucket, TOKEN), Bytes.of(key)));

      assertThat(bucket).isBetween(0, buckets - 1);
      assertThat(names.bucketOfGeneration(names.generationKey(bucket))).isEqualTo(bucket);
      assertThat(names.invalidatedTag(names.tagInvalidationKey(bucket, tag))).isEqualTo(tag);
      assertThat(names.invalidatedTag(names.generationKey(bucket))).isNull();
      assertThat(names.bucketOfGeneration(names.tagsKey(bucket))).isNegative();
      assertThat(parsed)
          .isEqualTo(
              new EntryName(text(names.generationKey(bucket)), bucket, TOKEN, Bytes.of(key)));
    }
  }

  @Test
  void parse_namesThatAreNoEntries() {
    KeySpace names = new KeySpace("yc", "orders", 1);

    assertThat(parse(names, names.generationKey(0))).isNull();
    assertThat(parse(names, names.aboutKey(0))).isNull();
    assertThat(parse(names, names.channel())).isNull();
    assertThat(parse(names, KeySpace.staleEntriesLeaseKey("yc"))).isNull();
    assertThat(parse(names, new byte[0])).isNull();
    assertThat(parse(names, bytes("}"))).isNull();
    assertThat(parse(names, bytes("yc:{orders#0}"))).isNull();
    assertThat(parse(names, bytes("yc:{orders#0}:" + TOKEN))).isNull();
    assertThat(parse(names, bytes("yc:{orders#0}-" + TOKEN + ":k"))).isNull();
    assertThat(parse(names, bytes("yc:{orders#}:" + TOKEN + ":k"))).isNull();
    assertThat(parse(names, bytes("yc:{orders#99999999999}:" + TOKEN + ":k"))).isNull();
    assertThat(parse(names, bytes("yc:{orders}:" + TOKEN + ":k"))).isNull();
    assertThat(parse(names, bytes("no braces at all, but rather long"))).isNull();
  }

  @Test
  void parse_entriesOfOtherCaches() {
    KeySpace names = new KeySpace("yc", "orders", 4);

    for (KeySpace other :
        List.of(
            new KeySpace("yc", "orders2", 4),
            new KeySpace("yc", "order", 4),
            new KeySpace("yc", "orders#0", 4),
            new KeySpace("yc2", "orders", 4))) {
      assertThat(parse(names, other.entryPrefix(1, TOKEN))).isNull();
    }
    assertThat(parse(names, names.entryPrefix(1, TOKEN))).isNotNull();
  }

  private static @Nullable EntryName parse(KeySpace names, byte[] name) {
    return names.parse(name);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static String text(byte[] ascii) {
    return new String(ascii, StandardCharsets.US_ASCII);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "yc:{a b c#0}:ABCDEFGHIJKL:key",
        "yc:{a\nb 1 1#0}:ABCDEFGHIJKL:key",
        "yc:{a%2#0}:ABCDEFGHIJKL:key",
        "yc:{a%zz#0}:ABCDEFGHIJKL:key",
        "yc:{a%2c#0}:ABCDEFGHIJKL:key",
        "yc:{a%uD83D#0}:ABCDEFGHIJKL:key",
        "yc:{a{b#0}:ABCDEFGHIJKL:key",
        "yc:{a#b#0}:ABCDEFGHIJKL:key",
        "yc:{a#}:ABCDEFGHIJKL:key",
        "yc:{a#00}:ABCDEFGHIJKL:key",
        "yc:{a#0.}:ABCDEFGHIJKL:key",
        "yc:{a#0.01}:ABCDEFGHIJKL:key",
        "yc:{a#0.1.1}:ABCDEFGHIJKL:key",
        "yc:{a#0.x}:ABCDEFGHIJKL:key",
        "yc:{a#.1}:ABCDEFGHIJKL:key",
        "yc:{a#-1}:ABCDEFGHIJKL:key",
        "yc:{a#123456}:ABCDEFGHIJKL:key",
        "yc:{a}:ABCDEFGHIJKL:key",
        "yc:a#0}:ABCDEFGHIJKL:key",
        "yc:{a\u00fc#0}:ABCDEFGHIJKL:key",
        "yc:{a*#0}:ABCDEFGHIJKL:key",
      })
  void parse_nameThatIsNotOurs(String name) {
    assertThat(EntryName.parse(name.getBytes(StandardCharsets.UTF_8))).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "orders", "a b\n{#}%*\u00fc\uD83D\uDE00", "\uD83D", "com.acme.A$B"})
  void parse_nameOfAnyCache(String cache) {
    KeySpace names = new KeySpace("yc", cache, 3);
    byte[] name = KeySpace.entryKey(names.entryPrefix(2, "ABCDEFGHIJKL"), Bytes.of(new byte[] {7}));

    EntryName parsed = requireNonNull(EntryName.parse(name));

    assertThat(parsed.cache()).isEqualTo(KeySpace.escape(cache));
    assertThat(parsed.bucket()).isEqualTo(2);
    assertThat(parsed.generationKey()).isEqualTo(new String(names.generationKey(2), US_ASCII));
    assertThat(KeySpace.isEscaped(parsed.cache())).isTrue();
  }
}
