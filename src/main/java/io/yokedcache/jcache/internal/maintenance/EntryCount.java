package io.yokedcache.jcache.internal.maintenance;

import io.yokedcache.jcache.internal.maintenance.KeyStatisticsReport.Size;
import io.yokedcache.jcache.internal.store.KeySpace.EntryName;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Adds up the entries of a namespace by caches. Entries of dead generations are not counted, nor
 * those of a bucket whose generation changed since. For one thread.
 *
 * <p>Of each cache the first entries are measured, and then one in a few. {@code SCAN} goes by the
 * hashes of the keys, so that any part of what it finds is a sample without regard to size.
 */
final class EntryCount {

  /** How many entries of a cache are all measured. */
  static final int FIRST = 1_000;

  /** Of how many entries after these one is measured. */
  static final int STRIDE = 20;

  private final Map<String, Bucket> buckets = new HashMap<>();
  private final Map<String, Sample> samples = new HashMap<>();

  /** Whether the generation that an entry's bucket has must be looked up before it is counted. */
  boolean isNews(EntryName entry) {
    Bucket bucket = buckets.get(entry.generationKey());
    return bucket == null || !bucket.token.equals(entry.token());
  }

  /** Notes a bucket's current token; with another one all that was counted there is dead. */
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

  /** Counts an entry if it is current, and returns whether its size is wanted. */
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

  /** Adds the size of an entry that was wanted. */
  void addSize(EntryName entry, long bytes) {
    Sample sample = samples.computeIfAbsent(entry.cache(), cache -> new Sample());
    sample.measured++;
    sample.bytes += bytes;
  }

  /** The buckets with entries, by the names of their generation keys. */
  List<String> generationKeys() {
    return List.copyOf(buckets.keySet());
  }

  /** The sums by caches. */
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
