package io.yokedcache.benchmarks.pieces;

import static java.util.Objects.requireNonNull;

import com.github.benmanes.caffeine.jcache.configuration.CaffeineConfiguration;
import io.yokedcache.jcache.internal.embedded.EmbeddedRedis;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.configuration.Configuration;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.expiry.CreatedExpiryPolicy;
import javax.cache.expiry.Duration;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import redis.clients.jedis.RedisClient;

/**
 * Hits of the near cache beside hits of Caffeine's JCache, which keeps nothing coherent: by value,
 * with keys that are texts, for values that may be shared (texts) and that may not (arrays).
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class NearCacheBenchmark {

  private static final String CAFFEINE =
      "com.github.benmanes.caffeine.jcache.spi.CaffeineCachingProvider";
  private static final String OURS = "io.yokedcache.jcache.YokedCachingProvider";
  private static final int VALUE_LENGTH = 100;
  private static final long MAX_ENTRIES = 10_000;
  private static final long WARM_UP_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** Whether the caches count and time. */
  @Param({"false", "true"})
  public boolean statistics;

  /** How many entries there are; fewer than half of what the caches may hold. */
  @Param("1000")
  public int entries;

  private final EmbeddedRedis redis = EmbeddedRedis.start();
  private final CacheManager near =
      Caching.getCachingProvider(OURS)
          .getCacheManager(URI.create("redis://127.0.0.1:" + redis.port()), null, nearSettings());
  private final CacheManager heap = Caching.getCachingProvider(CAFFEINE).getCacheManager();
  private String[] keys = new String[0];
  private long readsBefore;

  private @Nullable Cache<String, String> nearTexts;
  private @Nullable Cache<String, String> nearExpiring;
  private @Nullable Cache<String, byte[]> nearArrays;
  private @Nullable Cache<String, String> heapTexts;
  private @Nullable Cache<String, String> boundedTexts;
  private @Nullable Cache<String, String> heapExpiring;
  private @Nullable Cache<String, byte[]> heapArrays;
  private @Nullable Cache<String, byte[]> boundedArrays;

  /** What number a thread's next key has. */
  @State(Scope.Thread)
  public static class Turn {

    private int next;

    /** Made by JMH. */
    public Turn() {}

    int next(int bound) {
      next = next + 1 >= bound ? 0 : next + 1;
      return next;
    }
  }

  /** Made by JMH; starts a private server. */
  public NearCacheBenchmark() {}

  private static Properties nearSettings() {
    Properties settings = new Properties();
    settings.setProperty("yokedcache.defaults.near.enabled", "true");
    settings.setProperty("yokedcache.defaults.near.max-entries", Long.toString(MAX_ENTRIES));
    return settings;
  }

  /** Fills the caches, and has every entry copied. */
  @Setup
  public void fill() {
    keys = new String[entries];
    for (int i = 0; i < entries; i++) {
      keys[i] = "key:%012d".formatted(i);
    }
    nearTexts = near.createCache("texts", plain(String.class));
    nearArrays = near.createCache("arrays", plain(byte[].class));
    nearExpiring = near.createCache("expiring", expiring());
    heapExpiring = heap.createCache("expiring", expiring());
    heapTexts = heap.createCache("texts", plain(String.class));
    heapArrays = heap.createCache("arrays", plain(byte[].class));
    boundedTexts = heap.createCache("bounded-texts", bounded(String.class));
    boundedArrays = heap.createCache("bounded-arrays", bounded(byte[].class));
    for (int i = 0; i < entries; i++) {
      byte[] array = array(i);
      String text = text(i);
      nearTexts.put(keys[i], text);
      heapTexts.put(keys[i], text);
      boundedTexts.put(keys[i], text);
      nearExpiring.put(keys[i], text);
      heapExpiring.put(keys[i], text);
      nearArrays.put(keys[i], array);
      heapArrays.put(keys[i], array);
      boundedArrays.put(keys[i], array);
    }
    long deadline = System.nanoTime() + WARM_UP_NANOS;
    while (!isCopied()) {
      if (System.nanoTime() - deadline > 0) {
        throw new IllegalStateException("There are entries without a copy after 10 s");
      }
    }
    checkAll();
    readsBefore = reads();
  }

  private <V> MutableConfiguration<String, V> plain(Class<V> type) {
    return new MutableConfiguration<String, V>()
        .setTypes(String.class, type)
        .setStatisticsEnabled(statistics);
  }

  private Configuration<String, String> expiring() {
    return plain(String.class)
        .setExpiryPolicyFactory(CreatedExpiryPolicy.factoryOf(Duration.ONE_DAY));
  }

  private <V> Configuration<String, V> bounded(Class<V> type) {
    CaffeineConfiguration<String, V> configuration = new CaffeineConfiguration<>(plain(type));
    configuration.setMaximumSize(OptionalLong.of(MAX_ENTRIES));
    return configuration;
  }

  private static String text(int i) {
    return "%0100d".formatted(i);
  }

  private static byte[] array(int i) {
    return text(i).getBytes(StandardCharsets.US_ASCII);
  }

  private boolean isCopied() {
    checkAll();
    long before = reads();
    checkAll();
    return reads() == before;
  }

  private void checkAll() {
    for (int i = 0; i < entries; i++) {
      check(text(i).equals(get(nearTexts, i)) && text(i).equals(get(heapTexts, i)));
      check(text(i).equals(get(boundedTexts, i)));
      check(text(i).equals(get(nearExpiring, i)) && text(i).equals(get(heapExpiring, i)));
      check(Arrays.equals(array(i), get(nearArrays, i)));
      check(Arrays.equals(array(i), get(heapArrays, i)));
      check(Arrays.equals(array(i), get(boundedArrays, i)));
    }
  }

  private static void check(boolean isRight) {
    if (!isRight) {
      throw new IllegalStateException("A cache gave a wrong value");
    }
  }

  /** How often the server has been asked for entries. */
  private long reads() {
    try (RedisClient client =
        RedisClient.builder().hostAndPort("127.0.0.1", redis.port()).build()) {
      return client
          .info("commandstats")
          .lines()
          .filter(line -> line.startsWith("cmdstat_mget:"))
          .mapToLong(line -> Long.parseLong(line.replaceFirst("^[^=]*=(\\d+),.*", "$1")))
          .sum();
    }
  }

  /**
   * Makes sure that hits were hits of the near cache, all but those of a pause; ends the server.
   */
  @TearDown
  public void close() {
    checkAll();
    long missed = reads() - readsBefore;
    near.close();
    heap.close();
    redis.close();
    if (missed > 10L * entries) {
      throw new IllegalStateException(missed + " reads went to the server");
    }
  }

  private <V> V get(@Nullable Cache<String, V> cache, int i) {
    return requireNonNull(requireNonNull(cache, "cache").get(keys[i]), "value");
  }

  private static String whole(String text) {
    check(text.length() == VALUE_LENGTH);
    return text;
  }

  private static byte[] whole(byte[] array) {
    check(array.length == VALUE_LENGTH);
    return array;
  }

  /** A text from the near cache. */
  @Benchmark
  @Threads(1)
  public String textNear1(Turn turn) {
    return whole(get(nearTexts, turn.next(entries)));
  }

  /** The same with two threads. */
  @Benchmark
  @Threads(2)
  public String textNear2(Turn turn) {
    return whole(get(nearTexts, turn.next(entries)));
  }

  /** A text from Caffeine's JCache without any bound. */
  @Benchmark
  @Threads(1)
  public String textCaffeine1(Turn turn) {
    return whole(get(heapTexts, turn.next(entries)));
  }

  /** The same with two threads. */
  @Benchmark
  @Threads(2)
  public String textCaffeine2(Turn turn) {
    return whole(get(heapTexts, turn.next(entries)));
  }

  /** A text from Caffeine's JCache with the same bound as the near cache. */
  @Benchmark
  @Threads(1)
  public String textCaffeineBounded1(Turn turn) {
    return whole(get(boundedTexts, turn.next(entries)));
  }

  /** The same with two threads. */
  @Benchmark
  @Threads(2)
  public String textCaffeineBounded2(Turn turn) {
    return whole(get(boundedTexts, turn.next(entries)));
  }

  /** A text that lives for a day, from the near cache. */
  @Benchmark
  @Threads(1)
  public String expiringNear1(Turn turn) {
    return whole(get(nearExpiring, turn.next(entries)));
  }

  /** A text that lives for a day, from Caffeine's JCache. */
  @Benchmark
  @Threads(1)
  public String expiringCaffeine1(Turn turn) {
    return whole(get(heapExpiring, turn.next(entries)));
  }

  /** An array from the near cache. */
  @Benchmark
  @Threads(1)
  public byte[] arrayNear1(Turn turn) {
    return whole(get(nearArrays, turn.next(entries)));
  }

  /** An array from Caffeine's JCache without any bound. */
  @Benchmark
  @Threads(1)
  public byte[] arrayCaffeine1(Turn turn) {
    return whole(get(heapArrays, turn.next(entries)));
  }

  /** An array from Caffeine's JCache with the same bound as the near cache. */
  @Benchmark
  @Threads(1)
  public byte[] arrayCaffeineBounded1(Turn turn) {
    return whole(get(boundedArrays, turn.next(entries)));
  }
}
