package io.yokedcache.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.testing.RedisServer;
import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.cache.configuration.FactoryBuilder;
import javax.cache.integration.CacheLoader;
import javax.cache.integration.CacheLoaderException;
import javax.cache.processor.EntryProcessorException;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Each operation is counted once under its own name, and each failure under its cause. */
final class OperationStatisticsIT {

  /** Parts of operations, which {@code PhasesIT} is about. */
  private static final Set<String> PARTS = Set.of("queue", "network", "codec");

  private static RedisServer server;

  private final TestManagers managers = new TestManagers();
  private final MBeanServerConnection jmx = ManagementFactory.getPlatformMBeanServer();

  @BeforeAll
  static void startServer() {
    server = RedisServer.start();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @AfterEach
  void closeManagers() {
    managers.close();
  }

  private Cache<String, String> cache(boolean statistics) {
    CacheManager manager = managers.open(server.uri());
    return manager.createCache(
        TestManagers.uniqueName("timed"),
        TestManagers.strings()
            .setStatisticsEnabled(statistics)
            .setReadThrough(true)
            .setCacheLoaderFactory(FactoryBuilder.factoryOf(PickyLoader.class)));
  }

  /** Fails for one key and has no value for the others. */
  public static final class PickyLoader implements CacheLoader<String, String> {

    @Override
    @SuppressWarnings("NullAway") // null is JSR-107's "no value"
    public String load(String key) {
      if (key.equals("broken")) {
        throw new CacheLoaderException("broken as asked");
      }
      return null;
    }

    @Override
    public Map<String, String> loadAll(Iterable<? extends String> keys) {
      return new HashMap<>();
    }
  }

  private Set<ObjectName> beansOf(Cache<?, ?> cache) throws Exception {
    return jmx.queryNames(new ObjectName("*:*,Cache=" + cache.getName()), null);
  }

  private String managerName() {
    return server.uri().toString().replace(':', '.');
  }

  /** The caches that are in the snapshot. */
  private String[] snapshots() throws Exception {
    return (String[]) CacheFigures.snapshot(managerName(), "Figures").get("caches");
  }

  /** The counts by operation, as a bridge reads them; errors as "operation!type". */
  private Map<String, Long> counts() throws Exception {
    Map<String, Long> counts = new TreeMap<>();
    assertThat(snapshots()).hasSize(1);
    CacheFigures.operations(managerName())
        .getOrDefault(snapshots()[0], Map.of())
        .forEach(
            (name, operation) -> {
              if (operation.count() > 0 && !PARTS.contains(name)) {
                counts.put(name, operation.count());
              }
              operation.errors().forEach((type, count) -> counts.put(name + "!" + type, count));
            });
    return counts;
  }

  @Test
  void operations_areCountedOnceByName() throws Exception {
    Cache<String, String> cache = cache(/* statistics= */ true);
    cache.put("a", "1");
    cache.put("b", "1");
    cache.get("a");
    cache.getAll(Set.of("a", "b"));
    cache.containsKey("a");
    cache.putAll(Map.of("c", "1", "d", "1"));
    cache.putIfAbsent("a", "2");
    cache.getAndPut("a", "2");
    cache.replace("a", "3");
    cache.replace("a", "3", "4");
    cache.getAndReplace("a", "5");
    cache.invoke("a", (entry, arguments) -> entry.getValue());
    cache.invokeAll(Set.of("a", "b", "c"), (entry, arguments) -> entry.getValue());
    for (Cache.Entry<String, String> entry : cache) {
      assertThat(entry.getValue()).isNotNull();
    }
    cache.remove("a");
    cache.remove("b", "none");
    cache.getAndRemove("b");
    cache.removeAll(Set.of("c"));
    cache.removeAll();
    cache.clear();

    Map<String, Long> expected = new TreeMap<>();
    for (String once :
        Set.of(
            "get",
            "getAll",
            "containsKey",
            "putAll",
            "putIfAbsent",
            "getAndPut",
            "getAndReplace",
            "invoke",
            "invokeAll",
            "getAndRemove",
            "clear")) {
      expected.put(once, 1L);
    }
    expected.putAll(Map.of("put", 2L, "replace", 2L, "remove", 2L, "removeAll", 2L));
    expected.put("iterate", 4L);
    assertThat(counts()).isEqualTo(expected);
    for (Map.Entry<String, Long> operation : expected.entrySet()) {
      ObjectName bean =
          new ObjectName(
              "io.yokedcache:type=CacheOperation,CacheManager=%s,Cache=%s,operation=%s"
                  .formatted(
                      server.uri().toString().replace(':', '.'),
                      cache.getName(),
                      operation.getKey()));
      assertThat(jmx.getAttribute(bean, "Count")).isEqualTo(operation.getValue());
      assertThat((Double) jmx.getAttribute(bean, "P99Micros")).isPositive();
    }
  }

  @Test
  void failures_areCountedByCause() throws Exception {
    Cache<String, String> cache = cache(/* statistics= */ true);
    cache.get("none");
    assertThatThrownBy(() -> cache.get("broken")).isInstanceOf(CacheLoaderException.class);
    assertThatThrownBy(() -> cache.invoke("a", OperationStatisticsIT::fail))
        .isInstanceOf(EntryProcessorException.class);
    cache.invokeAll(Set.of("a", "b"), OperationStatisticsIT::fail);

    assertThat(counts())
        .isEqualTo(
            Map.of(
                "get", 1L,
                "get!loader", 1L,
                "load", 1L,
                "load!loader", 1L,
                "invoke!processor", 1L,
                "invokeAll", 1L,
                "invokeAll!processor", 2L));
    assertThat(StatisticsDelta.of(cache)).isEqualTo(new StatisticsDelta(0, 5, 0, 0));
  }

  private static String fail(Object entry, Object... arguments) {
    throw new IllegalStateException("as asked");
  }

  @Test
  void outage_isAConnectionError() throws Exception {
    try (RedisServer mortal = RedisServer.start()) {
      CacheManager manager = managers.open(mortal.uri());
      Cache<String, String> cache =
          manager.createCache("mortal", TestManagers.strings().setStatisticsEnabled(true));
      cache.put("a", "1");
      mortal.stop();
      assertThatThrownBy(() -> cache.get("a")).isInstanceOf(CacheException.class);

      ObjectName bean =
          new ObjectName(
              "io.yokedcache:type=CacheOperation,CacheManager=%s,Cache=mortal,operation=get"
                  .formatted(mortal.uri().toString().replace(':', '.')));
      assertThat(jmx.getAttribute(bean, "ErrorCount")).isEqualTo(1L);
      assertThat(jmx.getAttribute(bean, "Count")).isEqualTo(0L);
    }
  }

  @Test
  void beans_comeAndGoWithStatisticsAndCache() throws Exception {
    Cache<String, String> cache = cache(/* statistics= */ false);
    cache.put("a", "1");
    assertThat(beansOf(cache)).hasSize(1);
    assertThat(snapshots()).isEmpty();

    cache.getCacheManager().enableManagement(cache.getName(), true);
    cache.getCacheManager().enableStatistics(cache.getName(), true);
    assertThat(beansOf(cache)).filteredOn(n -> n.getDomain().equals("javax.cache")).hasSize(2);
    assertThat(beansOf(cache))
        .filteredOn(name -> "CacheOperation".equals(name.getKeyProperty("type")))
        .as("none is used yet")
        .isEmpty();
    assertThat(counts()).isEmpty();
    cache.put("a", "2");
    assertThat(beansOf(cache))
        .filteredOn(name -> "CacheOperation".equals(name.getKeyProperty("type")))
        .extracting(name -> name.getKeyProperty("operation"))
        .containsExactlyInAnyOrder("put", "queue", "network", "codec");

    cache.close();
    assertThat(beansOf(cache)).isEmpty();
    assertThat(snapshots()).isEmpty();
    cache.getCacheManager().close();
    assertThat(
            jmx.queryNames(
                new ObjectName("*:*,CacheManager=" + server.uri().toString().replace(':', '.')),
                null))
        .isEmpty();
  }
}
