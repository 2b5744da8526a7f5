package io.yokedcache.benchmarks.pieces;

import static java.util.Objects.requireNonNull;

import java.lang.management.ManagementFactory;
import java.net.URI;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.configuration.MutableConfiguration;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
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

/**
 * Reading the statistics of many caches by JMX, as a scrape does. Ten operations of each cache have
 * been used.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class SnapshotBenchmark {

  private static final String PROVIDER = "io.yokedcache.jcache.YokedCachingProvider";
  private static final int TIMES = 5;

  /** How many caches there are. */
  @Param("1000")
  public int caches;

  private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();
  private final CacheManager manager =
      Caching.getCachingProvider(PROVIDER).getCacheManager(URI.create("embedded:redis"), null);
  private @Nullable ObjectName snapshot;

  /** Made by JMH; starts a private server. */
  public SnapshotBenchmark() {}

  /** Creates the caches and uses them. */
  @Setup
  public void useCaches() throws JMException {
    for (int i = 0; i < caches; i++) {
      Cache<String, String> cache =
          manager.createCache(
              "cache" + i,
              new MutableConfiguration<String, String>()
                  .setTypes(String.class, String.class)
                  .setStatisticsEnabled(true));
      for (int time = 0; time < TIMES; time++) {
        useTenOperations(cache);
      }
    }
    snapshot =
        server.queryNames(new ObjectName("io.yokedcache:type=Snapshot,*"), null).iterator().next();
  }

  private static void useTenOperations(Cache<String, String> cache) {
    cache.put("a", "1");
    cache.get("a");
    cache.containsKey("a");
    cache.putIfAbsent("a", "2");
    cache.getAndPut("a", "3");
    cache.replace("a", "4");
    cache.getAll(Set.of("a", "b"));
    cache.putAll(Map.of("a", "5", "b", "6"));
    cache.remove("a");
    cache.getAndRemove("b");
  }

  /** Ends the server. */
  @TearDown
  public void close() {
    manager.close();
  }

  /** Everything, with the cells of all histograms. */
  @Benchmark
  public Object caches() throws JMException {
    return server.getAttribute(requireNonNull(snapshot, "snapshot"), "Operations");
  }
}
