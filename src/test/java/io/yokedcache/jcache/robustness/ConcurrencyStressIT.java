package io.yokedcache.jcache.robustness;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.testing.RedisServer;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.configuration.MutableConfiguration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Many threads, all operations, small and large values: nobody gets what another one asked for. */
final class ConcurrencyStressIT {

  private static final int THREADS = 64;
  private static final int OPERATIONS = 500;
  private static final int KEYS = 100;
  private static final int COUNTERS = 8;
  private static final int HEADER = 12;
  private static final int MAX_SIZE = 256 << 10;
  private static final int BULK = 8;

  private static RedisServer server;

  @BeforeAll
  static void startServer() {
    server = RedisServer.start();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  /** Kinds of threads that this runtime has. */
  static Stream<String> kinds() {
    return Stream.of(Executors.class.getMethods())
        .map(method -> method.getName())
        .filter(Set.of("newCachedThreadPool", "newVirtualThreadPerTaskExecutor")::contains)
        .distinct();
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void mixedOperations_manyThreads(String kind) throws Exception {
    ExecutorService executor = (ExecutorService) Executors.class.getMethod(kind).invoke(null);
    LongAdder hits = new LongAdder();
    try (CacheManager manager = Managers.open(server.uri(), "connection.pool.wait=30s")) {
      Cache<Integer, byte[]> values =
          manager.createCache(
              "values-" + kind,
              new MutableConfiguration<Integer, byte[]>().setTypes(Integer.class, byte[].class));
      Cache<Integer, Long> counters =
          manager.createCache(
              "counters-" + kind,
              new MutableConfiguration<Integer, Long>().setTypes(Integer.class, Long.class));
      long startNanos = System.nanoTime();
      List<Future<?>> threads = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        SplittableRandom random = new SplittableRandom(i);
        threads.add(executor.submit(() -> run(values, counters, random, hits)));
      }
      for (Future<?> thread : threads) {
        thread.get(120, TimeUnit.SECONDS);
      }
      System.out.printf(
          "%s: %d operations of %d threads in %d ms, %d values checked%n",
          kind,
          THREADS * OPERATIONS,
          THREADS,
          TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos),
          hits.sum());
      assertThat(hits.sum()).isGreaterThan(THREADS * OPERATIONS / 10);
      long counted = 0;
      for (int i = 0; i < COUNTERS; i++) {
        counted += counters.get(i);
      }
      assertThat(counted).as("increments").isEqualTo((long) THREADS * OPERATIONS / 10);
    } finally {
      executor.shutdownNow();
    }
  }

  private static void run(
      Cache<Integer, byte[]> values,
      Cache<Integer, Long> counters,
      SplittableRandom random,
      LongAdder hits) {
    for (int i = 0; i < OPERATIONS; i++) {
      int key = random.nextInt(KEYS);
      switch (i % 10) {
        case 0 ->
            counters.invoke(
                random.nextInt(COUNTERS),
                (entry, none) -> {
                  entry.setValue(entry.exists() ? entry.getValue() + 1 : 1L);
                  return true;
                });
        case 1, 2 -> values.put(key, value(key, random));
        case 3 -> check(key, values.getAndPut(key, value(key, random)), hits);
        case 4 -> values.getAll(keys(random)).forEach((k, value) -> check(k, value, hits));
        case 5 -> values.putAll(entries(random));
        case 6 -> check(key, random.nextInt(4) == 0 ? values.getAndRemove(key) : null, hits);
        case 7 -> values.putIfAbsent(key, value(key, random));
        default -> check(key, values.get(key), hits);
      }
    }
  }

  private static Set<Integer> keys(SplittableRandom random) {
    Set<Integer> keys = new HashSet<>();
    random.ints(BULK, 0, KEYS).forEach(keys::add);
    return keys;
  }

  private static Map<Integer, byte[]> entries(SplittableRandom random) {
    Map<Integer, byte[]> entries = new HashMap<>();
    random.ints(BULK, 0, KEYS).forEach(key -> entries.put(key, value(key, random)));
    return entries;
  }

  /** Nothing, or key and version, and then bytes that follow from both. */
  private static byte[] value(int key, SplittableRandom random) {
    int size =
        switch (random.nextInt(20)) {
          case 0 -> 0;
          case 1 -> random.nextInt(HEADER, MAX_SIZE);
          default -> random.nextInt(HEADER, 2_000);
        };
    if (size == 0) {
      return new byte[0];
    }
    return fill(new byte[size], key, random.nextLong());
  }

  private static byte[] fill(byte[] value, int key, long version) {
    ByteBuffer.wrap(value).putInt(key).putLong(version);
    long state = key * 31L + version;
    for (int i = HEADER; i < value.length; i++) {
      state = state * 6364136223846793005L + 1442695040888963407L;
      value[i] = (byte) (state >>> 56);
    }
    return value;
  }

  private static void check(int key, byte @Nullable [] value, LongAdder hits) {
    if (value == null || value.length == 0) {
      return;
    }
    ByteBuffer header = ByteBuffer.wrap(value);
    int found = header.getInt();
    byte[] expected = fill(new byte[value.length], key, header.getLong());
    if (found != key || !Arrays.equals(value, expected)) {
      throw new AssertionError("key " + key + " has a value of key " + found);
    }
    hits.increment();
  }
}
