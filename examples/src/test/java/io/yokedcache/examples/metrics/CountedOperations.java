package io.yokedcache.examples.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.cache.Cache;
import javax.cache.processor.EntryProcessorException;

/** Operations on a cache, counted by the test that makes them. */
final class CountedOperations {

  private final Cache<String, String> cache;
  private final List<Long> getNanos = new ArrayList<>();
  private long hits;
  private long misses;
  private long sets;
  private long deletes;
  private long clears;
  private long removalsOfAll;
  private long errors;

  CountedOperations(Cache<String, String> cache) {
    this.cache = cache;
  }

  void put(int entries) {
    for (int i = 0; i < entries; i++) {
      cache.put("key" + i, "value" + i);
      sets++;
    }
  }

  /** Gets entries that are there, in turn. */
  void hit(int times, int entries) {
    for (int i = 0; i < times; i++) {
      assertThat(timedGet("key" + i % entries)).isNotNull();
      hits++;
    }
  }

  void miss(int times) {
    for (int i = 0; i < times; i++) {
      assertThat(timedGet("missing" + i)).isNull();
      misses++;
    }
  }

  private String timedGet(String key) {
    long start = System.nanoTime();
    String value = cache.get(key);
    getNanos.add(System.nanoTime() - start);
    return value;
  }

  /** Removes entries that are there, and one that is not, which counts for nothing. */
  void remove(int entries) {
    for (int i = 0; i < entries; i++) {
      assertThat(cache.remove("key" + i)).isTrue();
      deletes++;
    }
    assertThat(cache.remove("missing")).isFalse();
  }

  void clear() {
    cache.clear();
    clears++;
  }

  /** Puts entries and removes them by one call. */
  void removeAll(int entries) {
    put(entries);
    cache.removeAll();
    removalsOfAll++;
    deletes += entries;
  }

  /** Puts two entries and removes them by their keys. */
  void removeAllKeys() {
    put(2);
    cache.removeAll(Set.of("key0", "key1"));
    removalsOfAll++;
    deletes += 2;
  }

  /** Makes an entry processor fail on an absent entry: an error, and a look-up that missed. */
  void fail(int times) {
    for (int i = 0; i < times; i++) {
      assertThatThrownBy(
              () ->
                  cache.invoke(
                      "key0",
                      (entry, arguments) -> {
                        throw new IllegalStateException("as the test wants it");
                      }))
          .isInstanceOf(EntryProcessorException.class);
      errors++;
      misses++;
    }
  }

  /**
   * Makes every kind of operation that the seed counts; its figures of hits and misses.
   *
   * @return how many entries are left
   */
  int runAll() {
    put(60);
    hit(1247, 60);
    miss(148);
    remove(20);
    clear();
    clear();
    removeAll(11);
    removeAllKeys();
    fail(5);
    put(15);
    return 15;
  }

  /** Returns how many gets took this long at most, measured around the call. */
  long getsWithin(double seconds) {
    return getNanos.stream().filter(nanos -> nanos <= seconds * 1e9).count();
  }

  /** Returns how long all gets took, in seconds. */
  double getSeconds() {
    return getNanos.stream().mapToLong(Long::longValue).sum() / 1e9;
  }

  long hits() {
    return hits;
  }

  long misses() {
    return misses;
  }

  /** How often get was called; the look-ups of failing processors are not among them. */
  long gets() {
    return hits + misses - errors;
  }

  double hitRate() {
    return (double) hits / (hits + misses);
  }

  long sets() {
    return sets;
  }

  long deletes() {
    return deletes;
  }

  long clears() {
    return clears;
  }

  long removalsOfAll() {
    return removalsOfAll;
  }

  long errors() {
    return errors;
  }
}
