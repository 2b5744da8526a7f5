package io.yokedcache.jcache.internal.maintenance;

import io.yokedcache.jcache.internal.maintenance.KeyStatisticsReport.Size;
import io.yokedcache.jcache.internal.store.keys.KeySpace.EntryName;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The number of entries and their bytes, by caches. Entries of stale generations are not counted.
 * If the generation of a bucket changes during the count, its entries are counted from 0 again. For
 * one thread.
 *
 * <p>The first entries of each cache are measured, and then one in a few. {@code SCAN} follows the
 * hashes of the keys, so any part of its result is a sample that does not depend on size.
 */
final class EntryCount {

  /** The number of entries of a cache that are all measured. */
  static final int FIRST = 1_000;

  /** One in so many further entries is measured. */
  static final int STRIDE = 20;

  private final Map<String, Bucket> buckets = new HashMap<>();
  private final Map<String, Sample> samples = new HashMap<>();

  /** Whether the current token of an entry's bucket must be read before the entry is counted. */
  boolean needsToken(EntryName entry) {
    Bucket bucket = buckets.get(entry.generationKey());
    return bucket == null || !bucket.token.equals(entry.token());
  }

  /** Sets the current token of a bucket. Another token makes the entries counted so far stale. */
  void setCurrent(String generationKey, @Nullable String token) {
    if (token == null) {
      buckets.remove(generationKey);
      return;
    }
    Bucket bucket = buckets.get(generationKey);
    if (bucket == null || !bucket.token.equals(token)) {
      buckets.put(generationKey, new Bucket(token));
    }
  }

  /** Counts an entry if it is current, and returns whether it is to be measured. */
  boolean add(EntryName entry) {
    Bucket bucket = buckets.get(entry.generationKey());
    if (bucket == null || !bucket.token.equals(entry.token())) {
      return false;
    }
    bucket.keys++;
    bucket.cache = entry.cache();
    Sample sample = samples.computeIfAbsent(bucket.cache, cache -> new Sample());
    sample.seen++;
    return sample.seen <= FIRST || sample.seen % STRIDE == 0;
  }

  void addSize(EntryName entry, long bytes) {
    Sample sample = samples.computeIfAbsent(entry.cache(), cache -> new Sample());
    sample.measured++;
    sample.bytes += bytes;
  }

  /** The generation keys of the buckets that have entries. */
  List<String> generationKeys() {
    return List.copyOf(buckets.keySet());
  }

  /** The sums, by the escaped names of the caches. */
  Map<String, Size> sizes() {
    Map<String, Long> keys = new HashMap<>();
    for (Bucket bucket : buckets.values()) {
      if (bucket.keys > 0) {
        keys.merge(bucket.cache, bucket.keys, Long::sum);
      }
    }
    Map<String, Size> sizes = new HashMap<>();
    keys.forEach((cache, count) -> sizes.put(cache, new Size(count, bytes(cache, count))));
    return sizes;
  }

  private long bytes(String cache, long keys) {
    Sample sample = samples.get(cache);
    return sample == null || sample.measured == 0
        ? -1
        : Math.round((double) sample.bytes / sample.measured * keys);
  }

  private static final class Bucket {
    final String token;
    String cache = "";
    long keys;

    Bucket(String token) {
      this.token = token;
    }
  }

  private static final class Sample {
    long seen;
    long measured;
    long bytes;
  }
}
