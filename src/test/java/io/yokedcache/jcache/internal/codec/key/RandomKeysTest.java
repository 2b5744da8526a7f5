package io.yokedcache.jcache.internal.codec.key;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.internal.codec.Samples;
import io.yokedcache.jcache.internal.codec.Samples.Base;
import io.yokedcache.jcache.internal.codec.Samples.Color;
import io.yokedcache.jcache.internal.codec.Samples.OrderId;
import io.yokedcache.jcache.internal.codec.Samples.Pair;
import io.yokedcache.jcache.internal.codec.TestSettings;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/**
 * Random nested keys: equal keys and only those have the same bytes, and decoding gives them back.
 */
final class RandomKeysTest {

  private static final int KEYS = 4_000;

  private final CanonicalKeyCodec<Object> codec =
      TestSettings.canonical(TestSettings.allowing(), Samples.class);
  private final Random random = new Random(20_240_229);

  @Test
  void encode_randomKeys_isOneToOne() {
    Map<Object, String> byKey = new HashMap<>();
    Map<String, Object> byBytes = new HashMap<>();
    for (int i = 0; i < KEYS; i++) {
      Object key = key(random.nextInt(5));
      byte[] bytes = codec.encode(key);
      String form = HexFormat.of().formatHex(bytes);
      assertThat(byKey.getOrDefault(key, form)).as("bytes of %s", key).isEqualTo(form);
      assertThat(byBytes.getOrDefault(form, key)).as("key of %s", form).isEqualTo(key);
      byKey.put(key, form);
      byBytes.put(form, key);
      Object decoded = codec.decode(bytes);
      assertThat(decoded).isEqualTo(key).hasSameHashCodeAs(key);
      assertThat(codec.encode(shuffled(decoded))).isEqualTo(bytes);
    }
    assertThat(byKey).hasSizeBetween(KEYS / 4, KEYS - 1).hasSameSizeAs(byBytes);
  }

  private Object key(int depth) {
    return depth == 0 || random.nextInt(4) == 0 ? scalar() : structure(depth - 1);
  }

  private Object scalar() {
    int small = random.nextInt(8) - 4;
    return switch (random.nextInt(12)) {
      case 0 -> small;
      case 1 -> (long) small;
      case 2 -> (double) small;
      case 3 -> random.nextLong();
      case 4 -> new UUID(small, small);
      case 5 -> random.nextBoolean() ? Color.RED : Color.GREEN;
      case 6 -> BigInteger.valueOf(small);
      case 7 -> BigDecimal.valueOf(small, random.nextInt(3));
      case 8 -> LocalDate.ofEpochDay(small);
      case 9 -> (char) (random.nextInt(4) + 0xD7FE);
      default -> text();
    };
  }

  private String text() {
    String alphabet = "#:ab1;\u00fc\uD83D\uDE00";
    StringBuilder text = new StringBuilder();
    int length = random.nextInt(4);
    for (int i = 0; i < length; i++) {
      text.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
    return text.toString();
  }

  private Object structure(int depth) {
    return switch (random.nextInt(7)) {
      case 0, 1 -> list(depth);
      case 2 -> new HashSet<>(list(depth));
      case 3 -> map(depth);
      case 4 -> new Base(random.nextInt(4));
      case 5 -> new OrderId(random.nextInt(3), text(), Color.RED, list(depth), tags());
      default -> new Pair(key(depth), random.nextBoolean() ? null : key(depth));
    };
  }

  private List<Object> list(int depth) {
    List<Object> list = new ArrayList<>();
    int length = random.nextInt(4);
    for (int i = 0; i < length; i++) {
      list.add(key(depth));
    }
    return list;
  }

  private Map<Object, Object> map(int depth) {
    Map<Object, Object> map = new HashMap<>();
    int length = random.nextInt(4);
    for (int i = 0; i < length; i++) {
      map.put(key(depth), key(depth));
    }
    return map;
  }

  private SortedSet<String> tags() {
    return new TreeSet<>(Set.of(text()));
  }

  /** The same key, with another order where order does not count. */
  private Object shuffled(Object key) {
    if (!(key instanceof Map<?, ?> map)) {
      return key;
    }
    List<Map.Entry<?, ?>> entries = new ArrayList<>(map.entrySet());
    Collections.shuffle(entries, random);
    Map<Object, Object> copy = new LinkedHashMap<>();
    entries.forEach(entry -> copy.put(entry.getKey(), entry.getValue()));
    return copy;
  }
}
