package io.yokedcache.jcache.stress;

import java.io.Serializable;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.LongAdder;
import javax.cache.Cache;
import javax.cache.processor.EntryProcessor;
import javax.cache.processor.MutableEntry;

/** What every thread of every JVM does, on keys that all of them share. */
enum Workload {

  /** Adds one to the value of a random key, by an entry processor. */
  INCREMENT {
    @Override
    void run(Cache<String, Long> cache, int operation, SplittableRandom random, Tally tally) {
      Long value = cache.invoke(randomKey(random), new Increment(tally.attempts()));
      tally.succeeded(value);
    }
  },

  /** Adds one to the value of a random key, by trying {@code replace(key, old, new)}. */
  REPLACE {
    @Override
    void prepare(Cache<String, Long> cache) {
      for (int i = 0; i < KEYS; i++) {
        cache.putIfAbsent(key(i), 0L);
      }
    }

    @Override
    void run(Cache<String, Long> cache, int operation, SplittableRandom random, Tally tally) {
      String key = randomKey(random);
      for (int i = 0; i < MAX_ATTEMPTS; i++) {
        long old = cache.get(key);
        tally.attempts().increment();
        if (cache.replace(key, old, old + 1)) {
          tally.succeeded(old + 1);
          return;
        }
      }
      throw new IllegalStateException("replace of " + key + " lost " + MAX_ATTEMPTS + " times");
    }
  },

  /** Stands for election to one office after the other, by {@code putIfAbsent}. */
  ELECTION {
    @Override
    void run(Cache<String, Long> cache, int operation, SplittableRandom random, Tally tally) {
      tally.attempts().increment();
      if (cache.putIfAbsent(key(operation), tally.candidate())) {
        tally.succeeded(operation);
      }
    }
  };

  /** How many keys the threads of {@link #INCREMENT} and {@link #REPLACE} contend for. */
  static final int KEYS = 50;

  private static final int MAX_ATTEMPTS = 10_000;

  /** Makes what the operations presume; every JVM does it before the common start. */
  void prepare(Cache<String, Long> cache) {}

  /** Does the operation with that index, to the end. */
  abstract void run(Cache<String, Long> cache, int operation, SplittableRandom random, Tally tally);

  /** Returns the name of a shared key. */
  static String key(int index) {
    return "key-" + index;
  }

  private static String randomKey(SplittableRandom random) {
    return key(random.nextInt(KEYS));
  }

  /** Adds one, and counts how often it was asked to. */
  private record Increment(LongAdder attempts)
      implements EntryProcessor<String, Long, Long>, Serializable {

    @Override
    public Long process(MutableEntry<String, Long> entry, Object... arguments) {
      attempts.increment();
      long value = entry.exists() ? entry.getValue() + 1 : 1;
      entry.setValue(value);
      return value;
    }
  }
}
