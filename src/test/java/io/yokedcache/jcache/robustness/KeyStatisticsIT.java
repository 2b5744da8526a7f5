package io.yokedcache.jcache.robustness;

import static io.yokedcache.jcache.robustness.KeyStatisticsServer.LEASE;
import static io.yokedcache.jcache.robustness.KeyStatisticsServer.OFTEN;
import static io.yokedcache.jcache.robustness.KeyStatisticsServer.STATISTICS;
import static io.yokedcache.jcache.robustness.KeyStatisticsServer.TEXTS;
import static io.yokedcache.jcache.robustness.KeyStatisticsServer.await;
import static io.yokedcache.jcache.robustness.KeyStatisticsServer.entries;
import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.testing.RedisServer;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.ScanParams;
import redis.clients.jedis.params.SetParams;

/** The numbers of entries and bytes that the MBeans show are those in Redis. */
final class KeyStatisticsIT {

  private static final String ONCE = "key-statistics.interval=1h";

  private KeyStatisticsServer counted;
  private RedisServer server;
  private Jedis jedis;

  @BeforeEach
  void startServer() {
    counted = new KeyStatisticsServer();
    server = counted.server();
    jedis = counted.jedis();
  }

  @AfterEach
  void stopServer() {
    counted.close();
  }

  /** What an entry's name has before the colon and the key. */
  private String entryPrefix(String cacheName) {
    String generation = "yc:{" + cacheName + "#0}";
    return generation + ":" + jedis.get(generation).substring(0, 12);
  }

  @Test
  void figures_areExactBesideForeignKeysAndDeadEntries() {
    counted.populate("foreign", 20_000);
    jedis.set("yc:{not#ours}:neither", "x");
    try (CacheManager manager =
            Managers.open(
                server.uri(),
                STATISTICS,
                TEXTS,
                OFTEN,
                "stale-entries.enabled=false",
                "buckets=3");
        CacheManager tenant = Managers.open(server.uri(), "namespace=other", TEXTS)) {
      Cache<String, String> orders = Managers.texts(manager, "orders");
      Cache<String, String> odd = Managers.texts(manager, "odd {x}#1 \u00fc/%");
      Cache<String, String> brief = Managers.texts(manager, "brief");
      Cache<String, String> empty = Managers.texts(manager, "empty");
      orders.putAll(entries(300, 10));
      orders.clear();
      orders.putAll(entries(700, 100));
      odd.putAll(entries(13, 1_000));
      brief.putAll(entries(50, 10));
      Managers.texts(tenant, "orders").putAll(entries(99, 10));
      expireSoon("yc:{brief#*}:*:*", /* but= */ 5);

      await().until(() -> counted.keys("orders") == 700 && counted.keys("brief") == 5);
      assertThat(counted.keys("odd {x}#1 \u00fc/%")).isEqualTo(13);
      assertThat(counted.keys("empty")).isZero();
      assertThat(counted.bytes("empty")).isZero();
      assertThat(counted.bytes("orders"))
          .isEqualTo(counted.measured("yc:{orders#*}:*:*") - dead(300));
      assertThat(counted.bytes("odd {x}#1 \u00fc/%"))
          .isEqualTo(counted.measured("yc:{odd*}:????????????:*"));
      assertThat(counted.ageSeconds("orders")).isBetween(0.0, 60.0);

      orders.clear();
      orders.put("one", "1");
      await().until(() -> counted.keys("orders") == 1);
      assertThat(empty).isEmpty();
    }
  }

  /** What the dead entries of the cache orders take, which are the ones with short values. */
  private long dead(int count) {
    ScanParams params = new ScanParams().match("yc:{orders#*}:*:*").count(100_000);
    List<String> names =
        jedis.scan(ScanParams.SCAN_POINTER_START, params).getResult().stream()
            .filter(name -> jedis.strlen(name) < 20)
            .toList();
    assertThat(names).hasSize(count);
    return names.stream().mapToLong(jedis::memoryUsage).sum();
  }

  private void expireSoon(String pattern, int but) {
    List<String> names =
        new ArrayList<>(
            jedis
                .scan(ScanParams.SCAN_POINTER_START, new ScanParams().match(pattern).count(100_000))
                .getResult());
    names.subList(0, but).clear();
    names.forEach(name -> jedis.pexpire(name, 300));
  }

  @Test
  void snapshot_hasTheGaugesOnceTheyAreKnown() throws Exception {
    jedis.set(LEASE, "another JVM", SetParams.setParams().px(60_000));
    try (CacheManager manager = Managers.open(server.uri(), STATISTICS, TEXTS, OFTEN)) {
      Managers.texts(manager, "orders").putAll(entries(10, 10));
      assertThat(gauges())
          .containsOnlyKeys("uptimeSeconds", "owedInvalidations", "owedInvalidationsAgeSeconds");
      assertThat(counted.keys("orders")).isEqualTo(-1);
      assertThat(counted.bytes("orders")).isEqualTo(-1);
      assertThat(counted.ageSeconds("orders")).isEqualTo(-1);

      jedis.del(LEASE);
      await().until(() -> counted.keys("orders") == 10);

      assertThat(gauges())
          .containsEntry("keysCount", 10.0)
          .containsEntry("sizeBytes", (double) counted.bytes("orders"))
          .containsKey("keyStatisticsAgeSeconds");
    }
  }

  private Map<String, Double> gauges() throws Exception {
    CompositeData figures =
        (CompositeData)
            ManagementFactory.getPlatformMBeanServer()
                .getAttribute(
                    new ObjectName(
                        "io.yokedcache:type=Snapshot,CacheManager="
                            + server.uri().toString().replace(':', '.')),
                    "Figures");
    Map<String, Double> gauges = new HashMap<>();
    String[] names = (String[]) figures.get("gaugeNames");
    double[] values = (double[]) figures.get("gauges");
    for (int i = 0; i < names.length; i++) {
      if (!Double.isNaN(values[i])) {
        gauges.put(names[i], values[i]);
      }
    }
    return gauges;
  }

  @Test
  void noStatistics_noCommand() {
    try (CacheManager manager = Managers.open(server.uri(), TEXTS, OFTEN)) {
      Managers.texts(manager, "orders").putAll(entries(10, 10));
      long before = counted.calls("time") + counted.calls("scan") + counted.calls("set");
      Awaitility.await()
          .during(Duration.ofSeconds(2))
          .atMost(Duration.ofSeconds(5))
          .until(
              () -> counted.calls("time") + counted.calls("scan") + counted.calls("set") == before);

      manager.enableStatistics("orders", true);
      await().until(() -> counted.keys("orders") == 10);

      manager.enableStatistics("orders", false);
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> jedis.exists("yc:key-statistics") && !jedis.exists(LEASE));
      long after = counted.calls("scan");
      Awaitility.await()
          .during(Duration.ofSeconds(3))
          .atMost(Duration.ofSeconds(5))
          .until(() -> counted.calls("scan") == after);
    }
  }

  @Test
  void disabled_nothingIsKnown() {
    try (CacheManager manager =
        Managers.open(server.uri(), STATISTICS, OFTEN, "key-statistics.enabled=false")) {
      Managers.texts(manager, "orders").putAll(entries(10, 10));
      Awaitility.await()
          .during(Duration.ofSeconds(2))
          .atMost(Duration.ofSeconds(5))
          .until(() -> counted.keys("orders") == -1 && counted.calls("scan") == 0);
    }
  }

  @Test
  void serverAway_oldFiguresStayAndNewOnesFollow() {
    try (CacheManager manager =
        Managers.open(
            server.uri(),
            STATISTICS,
            TEXTS,
            OFTEN,
            "connection.command-timeout=300ms",
            "connection.connect-timeout=300ms")) {
      Cache<String, String> orders = Managers.texts(manager, "orders");
      orders.putAll(entries(10, 10));
      await().until(() -> counted.keys("orders") == 10);
      server.stop();
      await().until(() -> counted.ageSeconds("orders") > 4);
      assertThat(counted.keys("orders")).isEqualTo(10);

      server.restart();
      // Calls fail until the circuit breaker has asked the server.
      await()
          .ignoreException(RedisUnavailableException.class)
          .until(
              () -> {
                orders.putAll(entries(20, 10));
                return true;
              });
      await().until(() -> counted.keys("orders") == 20);
      assertThat(counted.ageSeconds("orders")).isLessThan(4);

      server.pause();
      await().until(() -> counted.ageSeconds("orders") > 4);
      server.resume();
      await().until(() -> counted.ageSeconds("orders") < 3);
    }
  }

  @Test
  void age_isBoundedByIntervalAndDuration() {
    try (CacheManager manager = Managers.open(server.uri(), STATISTICS, TEXTS, OFTEN)) {
      Managers.texts(manager, "orders").putAll(entries(1_000, 10));
      await().until(() -> counted.keys("orders") == 1_000);
      Awaitility.await()
          .during(Duration.ofSeconds(5))
          .atMost(Duration.ofSeconds(8))
          .pollInterval(Duration.ofMillis(50))
          .until(() -> counted.ageSeconds("orders") < 5);
    }
  }

  @Test
  void limits_crossedAreNotifiedAsTheFileSays() throws Exception {
    String limits = "caches.orders.alerts.";
    try (CacheManager manager =
        Managers.open(
            server.uri(),
            STATISTICS,
            TEXTS,
            OFTEN,
            limits + "interval=1s",
            limits + "hit-rate-below=0.5",
            limits + "size-bytes-above=1 KiB")) {
      Cache<String, String> orders = Managers.texts(manager, "orders");
      List<String> heard = new CopyOnWriteArrayList<>();
      ManagementFactory.getPlatformMBeanServer()
          .addNotificationListener(
              counted.bean("orders"), (sent, handback) -> heard.add(sent.getType()), null, null);
      orders.putAll(entries(100, 10));
      entries(100, 10).keySet().forEach(key -> assertThat(orders.get("no " + key)).isNull());

      await().until(() -> heard.size() >= 2);
      assertThat(heard)
          .containsExactlyInAnyOrder(
              "io.yokedcache.limit.hitRate.crossed", "io.yokedcache.limit.sizeBytes.crossed");
      orders.clear();
      await().until(() -> heard.contains("io.yokedcache.limit.sizeBytes.back"));
    }
  }

  @Test
  void garbageInTheReport_isReplaced() {
    jedis.set("yc:key-statistics", "not a report");
    try (CacheManager manager = Managers.open(server.uri(), STATISTICS, TEXTS, ONCE)) {
      Managers.texts(manager, "orders").putAll(entries(5, 10));
      await().until(() -> counted.keys("orders") >= 0);
      assertThat(jedis.get("yc:key-statistics")).startsWith("key-statistics 1 ");
      assertThat(jedis.pttl("yc:key-statistics")).isPositive();
    }
  }

  @Test
  void documentedRights_areEnough() throws Exception {
    Path page = Path.of("..", "docs", "operations.md");
    String text = Files.readString(Files.exists(page) ? page : Path.of("docs", "operations.md"));
    Matcher list = Pattern.compile("`(\\+get \\+set [^`]*)`").matcher(text);
    assertThat(list.find()).isTrue();
    List<String> rights = new ArrayList<>(List.of("on", ">secret", "~yc:*", "&yc:*", "-@all"));
    rights.addAll(List.of(list.group(1).split(" ")));
    jedis.aclSetUser("counter", rights.toArray(new String[0]));
    String[] settings = {
      STATISTICS, TEXTS, OFTEN, "connection.user=counter", "connection.password=secret"
    };
    try (CacheManager manager = Managers.open(server.uri(), settings)) {
      Managers.texts(manager, "orders").putAll(entries(10, 10));
      await().until(() -> counted.keys("orders") == 10);
      assertThat(counted.bytes("orders")).isEqualTo(counted.measured("yc:{orders#0}:*:*"));

      jedis.aclSetUser("counter", "-memory|usage");
      await().until(() -> counted.bytes("orders") == -1);
      assertThat(counted.keys("orders")).isEqualTo(10);

      jedis.aclSetUser("counter", "-scan");
      await().until(() -> counted.ageSeconds("orders") > 5);
      jedis.aclSetUser("counter", "+scan", "+memory|usage");
      await().until(() -> counted.bytes("orders") > 0 && counted.ageSeconds("orders") < 3);
    }
    assertThat(jedis.aclLog(1_000)).noneMatch(entry -> entry.getReason().equals("key"));
  }

  @Test
  void manyKeys_arePacedAndMeasuredBySample() {
    int foreign = 100_000;
    int ours = 100_000;
    counted.populate("foreign", foreign);
    try (CacheManager manager = Managers.open(server.uri(), STATISTICS, TEXTS, ONCE)) {
      Managers.texts(manager, "big");
      Managers.texts(manager, "small").putAll(entries(100, 20));
      counted.populate(entryPrefix("big"), ours);
      jedis.del("yc:key-statistics", LEASE);
    }
    jedis.configResetStat();
    long startNanos = System.nanoTime();
    try (CacheManager manager =
            Managers.open(server.uri(), STATISTICS, TEXTS, ONCE, "key-statistics.duty-cycle=0.3");
        Jedis client = new Jedis("127.0.0.1", server.port(), /* timeout= */ 60_000);
        Load pings = Load.start(1, (thread, step) -> client.ping())) {
      Managers.texts(manager, "big");
      Managers.texts(manager, "small");
      Awaitility.await()
          .atMost(Duration.ofMinutes(5))
          .pollInterval(Duration.ofMillis(200))
          .until(() -> counted.keys("big") >= 0);
      pings.stop();
      System.out.printf(
          "count of %d keys beside %d others: %d ms, worst ping %d ms%n",
          ours,
          foreign,
          Duration.ofNanos(System.nanoTime() - startNanos).toMillis(),
          pings.worst().toMillis());
      assertThat(pings.causes()).isEmpty();
      assertThat(counted.keys("big")).isEqualTo(ours);
      assertThat(counted.keys("small")).isEqualTo(100);
      assertThat((double) counted.bytes("big") / counted.measured("yc:{big#0}:*:*"))
          .isBetween(0.98, 1.02);
      assertThat(counted.calls("memory|usage") - ours).isLessThan(ours / 10);
    }
  }
}
