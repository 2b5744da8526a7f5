package io.yokedcache.benchmarks;

import com.github.benmanes.caffeine.jcache.spi.CaffeineCachingProvider;
import io.yokedcache.jcache.YokedCachingProvider;
import io.yokedcache.jcache.internal.embedded.RedisProcess;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BiFunction;
import javax.cache.CacheManager;
import javax.cache.configuration.Configuration;
import javax.cache.configuration.MutableConfiguration;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;
import org.redisson.jcache.configuration.RedissonConfiguration;

/**
 * Prints the heap that an idle cache takes and the time that creating it takes, for this provider,
 * Redisson's and Caffeine's, without and with statistics. Argument: how many caches, by default
 * 1,000.
 */
public final class Footprint {

  private static final double BYTES_PER_KIB = 1_024;
  private static final double NANOS_PER_MILLI = 1e6;
  private static final int WARM_UP = 200;

  private final int count;

  private Footprint(int count) {
    this.count = count;
  }

  /**
   * What one provider's caches take.
   *
   * @param provider its name
   * @param statistics whether they count
   * @param kibEach the heap of one
   * @param millisEach the time that creating one takes
   */
  record Row(String provider, boolean statistics, double kibEach, double millisEach) {}

  /** Measures and prints. */
  public static void main(String[] args) throws IOException {
    List<Row> rows = run(args.length > 0 ? Integer.parseInt(args[0]) : 1_000);
    System.out.println("| provider | statistics | KiB each | ms to create |");
    System.out.println("|---|---|--:|--:|");
    for (Row row : rows) {
      System.out.printf(
          Locale.ROOT,
          "| %s | %s | %.1f | %.2f |%n",
          row.provider,
          row.statistics ? "yes" : "no",
          row.kibEach,
          row.millisEach);
    }
  }

  /** Measures every provider, without and with statistics. */
  static List<Row> run(int count) throws IOException {
    Footprint footprint = new Footprint(count);
    List<Row> rows = new ArrayList<>();
    try (RedisProcess redis = RedisProcess.start(freePort(), List.of())) {
      String uri = "redis://127.0.0.1:" + redis.port();
      for (boolean statistics : new boolean[] {false, true}) {
        try (YokedCachingProvider provider = new YokedCachingProvider();
            CacheManager manager = provider.getCacheManager(URI.create(uri), null)) {
          rows.add(footprint.measure("YokedCache", statistics, manager, (name, plain) -> plain));
        }
        rows.add(footprint.measureRedisson(uri, statistics));
        try (CaffeineCachingProvider provider = new CaffeineCachingProvider();
            CacheManager manager = provider.getCacheManager()) {
          rows.add(footprint.measure("Caffeine", statistics, manager, (name, plain) -> plain));
        }
      }
    }
    return rows;
  }

  private Row measureRedisson(String uri, boolean statistics) {
    Config config = new Config();
    config.useSingleServer().setAddress(uri);
    RedissonClient client = Redisson.create(config);
    try (org.redisson.jcache.JCachingProvider provider =
            new org.redisson.jcache.JCachingProvider();
        CacheManager manager = provider.getCacheManager()) {
      return measure(
          "Redisson",
          statistics,
          manager,
          (name, plain) -> RedissonConfiguration.fromInstance(client, plain));
    } finally {
      client.shutdown();
    }
  }

  private Row measure(
      String provider,
      boolean statistics,
      CacheManager manager,
      BiFunction<String, MutableConfiguration<String, String>, Configuration<String, String>>
          wrapping) {
    create(manager, "warm-", WARM_UP, statistics, wrapping);
    long before = usedBytes();
    long startNanos = System.nanoTime();
    create(manager, "cache-", count, statistics, wrapping);
    long tookNanos = System.nanoTime() - startNanos;
    long after = usedBytes();
    return new Row(
        provider,
        statistics,
        (after - before) / BYTES_PER_KIB / count,
        tookNanos / NANOS_PER_MILLI / count);
  }

  private static void create(
      CacheManager manager,
      String prefix,
      int caches,
      boolean statistics,
      BiFunction<String, MutableConfiguration<String, String>, Configuration<String, String>>
          wrapping) {
    for (int i = 0; i < caches; i++) {
      MutableConfiguration<String, String> plain =
          new MutableConfiguration<String, String>()
              .setTypes(String.class, String.class)
              .setStatisticsEnabled(statistics);
      manager.createCache(prefix + i, wrapping.apply(prefix + i, plain));
    }
  }

  /** After collections have found nothing more to free. */
  private static long usedBytes() {
    MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
    long used = Long.MAX_VALUE;
    for (int i = 0; i < 6; i++) {
      memory.gc();
      used = Math.min(used, memory.getHeapMemoryUsage().getUsed());
    }
    return used;
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
