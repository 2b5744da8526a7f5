package io.yokedcache.jcache.internal.maintenance;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.yokedcache.jcache.internal.maintenance.KeyStatisticsReport.Size;
import io.yokedcache.jcache.internal.store.keys.KeySpace.EntryName;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Which entries a count counts, and which it measures. */
final class EntryCountTest {

  private static final String OLD = "aaaaaaaaaaaa";
  private static final String NEW = "bbbbbbbbbbbb";

  private final EntryCount count = new EntryCount();

  private static EntryName entry(String cache, int bucket, String token, int key) {
    String name = "yc:{" + cache + "#" + bucket + "}:" + token + ":" + key;
    return requireNonNull(EntryName.parse(name.getBytes(US_ASCII)));
  }

  private void add(String cache, int bucket, String token, int keys) {
    for (int key = 0; key < keys; key++) {
      EntryName entry = entry(cache, bucket, token, key);
      if (count.add(entry)) {
        count.addSize(entry, 100);
      }
    }
  }

  @Test
  void sizes_addUpTheBucketsOfACache() {
    count.setCurrent("yc:{orders#0}", OLD);
    count.setCurrent("yc:{orders#1}", NEW);
    count.setCurrent("yc:{other#0}", OLD);
    count.setCurrent("yc:{empty#0}", OLD);
    add("orders", 0, OLD, 3);
    add("orders", 1, NEW, 4);
    add("other", 0, OLD, 5);

    assertThat(count.sizes())
        .containsOnlyKeys("orders", "other")
        .containsEntry("orders", new Size(7, 700))
        .containsEntry("other", new Size(5, 500));
  }

  @Test
  void add_deadGeneration() {
    assertThat(count.needsToken(entry("orders", 0, OLD, 1))).isTrue();
    count.setCurrent("yc:{orders#0}", NEW);
    add("orders", 0, OLD, 3);

    assertThat(count.needsToken(entry("orders", 0, NEW, 1))).isFalse();
    assertThat(count.needsToken(entry("orders", 0, OLD, 1))).isTrue();
    assertThat(count.sizes()).isEmpty();
  }

  @Test
  void setCurrent_clearedMeanwhile() {
    count.setCurrent("yc:{orders#0}", OLD);
    count.setCurrent("yc:{orders#1}", OLD);
    add("orders", 0, OLD, 3);
    add("orders", 1, OLD, 3);

    count.setCurrent("yc:{orders#0}", NEW);
    count.setCurrent("yc:{orders#1}", null);
    add("orders", 0, NEW, 2);

    assertThat(count.sizes()).containsOnlyKeys("orders");
    assertThat(count.sizes()).containsEntry("orders", new Size(2, 200));
  }

  @Test
  void add_measuresTheFirstAndThenFew() {
    count.setCurrent("yc:{orders#0}", OLD);
    Random random = new Random(7);
    int wanted = 0;
    long actual = 0;
    int keys = 100_000;
    for (int key = 0; key < keys; key++) {
      EntryName entry = entry("orders", 0, OLD, key);
      // Most are small, and one in a hundred is twenty times as large.
      long bytes = random.nextInt(100) == 0 ? 4_000 : 150 + random.nextInt(100);
      actual += bytes;
      if (count.add(entry)) {
        wanted++;
        count.addSize(entry, bytes);
      }
    }

    int expected = EntryCount.FIRST + (keys - EntryCount.FIRST) / EntryCount.STRIDE;
    assertThat(wanted).isEqualTo(expected);
    Size size = requireNonNull(count.sizes().get("orders"));
    assertThat(size.keys()).isEqualTo(keys);
    assertThat((double) size.bytes() / actual).isCloseTo(1, within(0.05));
  }

  @Test
  void sizes_nothingMeasured() {
    count.setCurrent("yc:{orders#0}", OLD);
    assertThat(count.add(entry("orders", 0, OLD, 1))).isTrue();

    assertThat(count.sizes()).containsEntry("orders", new Size(1, -1));
  }
}
