package io.yokedcache.jcache.internal.store.keys;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.internal.redis.Bytes;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Masters with equal ranges of slots have equal parts of every cache. */
final class HashTagsTest {

  private static final int SLOTS = 16_384;

  @Test
  void of_onlyBucket_hasNoSecondNumber() {
    assertThat(HashTags.of("orders#", 0, 1)).isEqualTo("orders#0");
  }

  @Test
  void of_severalBuckets_namesTheBucketFirst() {
    assertThat(HashTags.of("orders#", 17, 64)).matches("orders#17\\.[0-9]{1,3}");
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 16, 64, 65, 100, 256, 1_000})
  void of_buckets_areEvenlySpread(int buckets) {
    for (int cache = 0; cache < 20; cache++) {
      Set<String> tags = tags("cache-" + cache + "#", buckets);
      assertThat(tags).hasSize(buckets);
      for (int masters : new int[] {2, 3, 6, 10, 16}) {
        // A range of slots may be cut by the end of a master's range at both sides.
        int most = (int) Math.ceil((double) buckets / masters) + 2 * ((buckets + 63) / 64);
        for (int count : counts(tags, masters)) {
          assertThat(count).as("%s of %s", masters, buckets).isLessThanOrEqualTo(most);
        }
      }
    }
  }

  /** With few buckets one more or less is much. */
  @Test
  void of_fewBuckets_noMasterHasMoreThanNeeded() {
    int buckets = 16;
    for (int cache = 0; cache < 200; cache++) {
      for (int masters : new int[] {2, 3, 4, 5, 6, 7, 8, 10, 16}) {
        int[] counts = counts(tags("cache-" + cache + "#", buckets), masters);
        int needed = (int) Math.ceil((double) buckets / masters);
        for (int count : counts) {
          assertThat(count).as("of %s masters", masters).isBetween(1, needed);
        }
      }
    }
  }

  /** The masters that have one bucket more are others for each cache. */
  @Test
  void of_manyCaches_mastersAreEvenTogether() {
    for (int masters : new int[] {3, 5, 7, 10}) {
      int[] sums = new int[masters];
      for (int cache = 0; cache < 400; cache++) {
        int[] counts = counts(tags("cache-" + cache + "#", 16), masters);
        Arrays.setAll(sums, master -> sums[master] + counts[master]);
      }
      int fair = 400 * 16 / masters;
      for (int sum : sums) {
        assertThat(sum).as("of %s masters", masters).isBetween(fair * 9 / 10, fair * 11 / 10);
      }
    }
  }

  private static Set<String> tags(String beginning, int buckets) {
    Set<String> tags = new HashSet<>();
    for (int bucket = 0; bucket < buckets; bucket++) {
      tags.add(HashTags.of(beginning, bucket, buckets));
    }
    return tags;
  }

  private static int[] counts(Set<String> tags, int masters) {
    int[] counts = new int[masters];
    tags.forEach(tag -> counts[slot(tag) * masters / SLOTS]++);
    return counts;
  }

  private static int slot(String tag) {
    return Bytes.utf8("yc:{" + tag + "}:key").slot();
  }
}
