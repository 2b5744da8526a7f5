package io.yokedcache.jcache.robustness;

import java.io.Serializable;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.cache.Cache;
import javax.cache.processor.EntryProcessor;
import javax.cache.processor.MutableEntry;
import org.jspecify.annotations.Nullable;

/** Values that carry their key, so that a reply that was meant for another call shows up. */
final class Checked {

  private static final int KEYS = 200;

  private Checked() {}

  static String randomKey() {
    return "key-" + ThreadLocalRandom.current().nextInt(KEYS);
  }

  static String value(String key) {
    return key + "=" + ThreadLocalRandom.current().nextInt();
  }

  /** Throws if a value is not one of the key. */
  static void check(String key, @Nullable String value) {
    if (value != null && !value.startsWith(key + "=")) {
      throw new AssertionError("wrong reply: " + key + " has " + value);
    }
  }

  /** Reads an entry and checks it. */
  static void get(Cache<String, String> cache) {
    String key = randomKey();
    check(key, cache.get(key));
  }

  /** Writes an entry. */
  static void put(Cache<String, String> cache) {
    String key = randomKey();
    cache.put(key, value(key));
  }

  /** Makes one of several calls, and checks what it returns. */
  static void mixed(Cache<String, String> cache, int thread, int step) {
    String key = randomKey();
    switch (step % 6) {
      case 0 -> put(cache);
      case 1 -> {
        Set<String> keys =
            IntStream.range(0, 5).mapToObj(i -> randomKey()).collect(Collectors.toSet());
        Map<String, String> found = cache.getAll(keys);
        if (!keys.containsAll(found.keySet())) {
          throw new AssertionError("wrong keys: " + keys + " has " + found);
        }
        found.forEach(Checked::check);
      }
      case 2 -> {
        // Its own key: threads of one JVM that invoke on the same one queue up.
        String own = "own-" + thread;
        check(own, cache.invoke(own, new Replace()));
      }
      case 3 -> check(key, cache.getAndPut(key, value(key)));
      default -> get(cache);
    }
  }

  /** Gives an entry a new value and returns the old one. */
  static final class Replace implements EntryProcessor<String, String, String>, Serializable {

    private static final long serialVersionUID = 1L;

    @Override
    public @Nullable String process(MutableEntry<String, String> entry, Object... arguments) {
      String before = entry.getValue();
      entry.setValue(value(entry.getKey()));
      return before;
    }
  }
}
