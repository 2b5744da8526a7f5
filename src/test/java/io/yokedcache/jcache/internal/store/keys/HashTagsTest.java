package io.yokedcache.jcache.internal.store.keys;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.internal.redis.Bytes;
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
      Set<String> tags = new HashSet<>();
      for (int bucket = 0; bucket < buckets; bucket++) {
        tags.add(HashTags.of("cache-" + cache + "#", bucket, buckets));
      }
      assertThat(tags).hasSize(buckets);
      for (int masters : new int[] {2, 3, 6, 10, 16}) {
        int[] counts = new int[masters];
        tags.forEach(tag -> counts[slot(tag) * masters / SLOTS]++);
        // A range of slots may be cut by the end of a master's range at both sides.
        int most = (int) Math.ceil((double) buckets / masters) + 2 * ((buckets + 63) / 64);
        for (int count : counts) {
          assertThat(count).as("%s of %s", masters, buckets).isLessThanOrEqualTo(most);
        }
      }
    }
  }

  private static int slot(String tag) {
    return Bytes.utf8("yc:{" + tag + "}:key").slot();
  }
}
