package io.yokedcache.jcache.robustness;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.testing.RedisServer;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.management.JMException;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import javax.management.openmbean.TabularData;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.ScanParams;
import redis.clients.jedis.params.SetParams;
import redis.clients.jedis.resps.ScanResult;

/** The numbers of entries and bytes that the MBeans show are those in Redis, counted by one JVM. */
final class CensusIT {

  private static final String STATISTICS = "defaults.statistics=true";
  private static final String TEXTS = "defaults.value-codec=string";
  private static final String OFTEN = "census.interval=1s";
  private static final String ONCE = "census.interval=1h";
  private static final String LEASE = "yc:census-lease";

  private RedisServer server;
  private Jedis jedis;

  @BeforeEach
  void startServer() {
    server = RedisServer.start("--enable-debug-command", "yes");
    jedis = new Jedis("127.0.0.1", server.port(), /* timeout= */ 60_000);
  }

  @AfterEach
  void stopServer() {
    jedis.close();
    server.close();
  }

  private static ConditionFactory await() {
    return Awaitility.await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(50));
  }

  private ObjectName bean(String cache) throws JMException {
    return new ObjectName(
        "io.yokedcache:type=CacheExtendedStatistics,CacheManager=%s,Cache=%s"
            .formatted(server.uri().toString().replace(':', '.'), cache));
  }

  private Object attribute(String cache, String name) {
    try {
      return ManagementFactory.getPlatformMBeanServer().getAttribute(bean(cache), name);
    } catch (JMException e) {
      throw new AssertionError("no " + name + " of " + cache, e);
    }
  }

  private long keys(String cache) {
    return (Long) attribute(cache, "KeysCount");
  }

  private long bytes(String cache) {
    return (Long) attribute(cache, "SizeBytes");
  }

  private double ageSeconds(String cache) {
    return (Double) attribute(cache, "CensusAgeSeconds");
  }

  private long calls(String command) {
    Matcher stat =
        Pattern.compile("cmdstat_" + Pattern.quote(command) + ":calls=(\\d+)")
            .matcher(jedis.info("commandstats"));
    return stat.find() ? Long.parseLong(stat.group(1)) : 0;
  }

  private static Map<String, String> entries(int count, int valueLength) {
    Map<String, String> entries = new HashMap<>();
    for (int i = 0; i < count; i++) {
      entries.put("key" + i, "v".repeat(valueLength + i % 7));
    }
    return entries;
  }

  /** What MEMORY USAGE says of all entries whose names fit. */
  private long measured(String pattern) {
    ScanParams params = new ScanParams().match(pattern).count(10_000);
    long sum = 0;
    String cursor = ScanParams.SCAN_POINTER_START;
    do {
      ScanResult<String> page = jedis.scan(cursor, params);
      for (String name : page.getResult()) {
        sum += jedis.memoryUsage(name);
      }
      cursor = page.getCursor();
    } while (!cursor.equals(ScanParams.SCAN_POINTER_START));
    return sum;
  }

  private void populate(String prefix, int count) {
    Object unused =
        jedis.sendCommand(() -> "DEBUG".getBytes(US_ASCII), "POPULATE", "" + count, prefix);
  }

  /** What an entry's name has before the colon and the key. */
  private String entryPrefix(String cacheName) {
    String generation = "yc:{" + cacheName + "#0}";
    return generation + ":" + jedis.get(generation).substring(0, 12);
  }

  @Test
  void figures_areExactBesideForeignKeysAndDeadEntries() {
    populate("foreign", 20_000);
    jedis.set("yc:{not#ours}:neither", "x");
    try (CacheManager manager =
            Managers.open(
                server.uri(), STATISTICS, TEXTS, OFTEN, "sweep.enabled=false", "buckets=3");
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

      await().until(() -> keys("orders") == 700 && keys("brief") == 5);
      assertThat(keys("odd {x}#1 \u00fc/%")).isEqualTo(13);
      assertThat(keys("empty")).isZero();
      assertThat(bytes("empty")).isZero();
      assertThat(bytes("orders")).isEqualTo(measured("yc:{orders#*}:*:*") - dead(300));
      assertThat(bytes("odd {x}#1 \u00fc/%")).isEqualTo(measured("yc:{odd*}:????????????:*"));
      assertThat(ageSeconds("orders")).isBetween(0.0, 60.0);

      orders.clear();
      orders.put("one", "1");
      await().until(() -> keys("orders") == 1);
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
      assertThat(gauges()).containsOnlyKeys("uptimeSeconds");
      assertThat(keys("orders")).isEqualTo(-1);
      assertThat(bytes("orders")).isEqualTo(-1);
      assertThat(ageSeconds("orders")).isEqualTo(-1);

      jedis.del(LEASE);
      await().until(() -> keys("orders") == 10);

      assertThat(gauges())
          .containsEntry("keysCount", 10.0)
          .containsEntry("sizeBytes", (double) bytes("orders"))
          .containsKey("censusAgeSeconds");
    }
  }

  private Map<String, Double> gauges() throws Exception {
    CompositeData[] caches =
        (CompositeData[])
            ManagementFactory.getPlatformMBeanServer()
                .getAttribute(
                    new ObjectName(
                        "io.yokedcache:type=Snapshot,CacheManager="
                            + server.uri().toString().replace(':', '.')),
                    "Caches");
    Map<String, Double> gauges = new HashMap<>();
    for (Object row : ((TabularData) caches[0].get("gauges")).values()) {
      CompositeData gauge = (CompositeData) row;
      gauges.put((String) gauge.get("key"), (Double) gauge.get("value"));
    }
    return gauges;
  }

  @Test
  void noStatistics_noCommand() {
    try (CacheManager manager = Managers.open(server.uri(), TEXTS, OFTEN)) {
      Managers.texts(manager, "orders").putAll(entries(10, 10));
      long before = calls("time") + calls("scan") + calls("set");
      Awaitility.await()
          .during(Duration.ofSeconds(2))
          .atMost(Duration.ofSeconds(5))
          .until(() -> calls("time") + calls("scan") + calls("set") == before);

      manager.enableStatistics("orders", true);
      await().until(() -> keys("orders") == 10);

      manager.enableStatistics("orders", false);
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> jedis.exists("yc:census") && !jedis.exists(LEASE));
      long after = calls("scan");
      Awaitility.await()
          .during(Duration.ofSeconds(3))
          .atMost(Duration.ofSeconds(5))
          .until(() -> calls("scan") == after);
    }
  }

  @Test
  void disabled_nothingIsKnown() {
    try (CacheManager manager =
        Managers.open(server.uri(), STATISTICS, OFTEN, "census.enabled=false")) {
      Managers.texts(manager, "orders").putAll(entries(10, 10));
      Awaitility.await()
          .during(Duration.ofSeconds(2))
          .atMost(Duration.ofSeconds(5))
          .until(() -> keys("orders") == -1 && calls("scan") == 0);
    }
  }

  @Test
  void twoManagers_oneCounts() {
    populate("foreign", 5_000);
    String[] settings = {
      STATISTICS, TEXTS, "census.interval=1s", "census.page-size=100", "census.duty-cycle=1"
    };
    try (CacheManager one = Managers.open(server.uri(), settings);
        CacheManager two = Managers.open(other(), settings)) {
      Managers.texts(one, "orders").putAll(entries(10, 10));
      Managers.texts(two, "parcels").putAll(entries(20, 10));
      await().until(() -> keys("orders") == 10);
      Set<String> reports = new HashSet<>(Set.of(report()));
      long scans = calls("scan");
      await()
          .pollInterval(Duration.ofMillis(10))
          .until(
              () -> {
                reports.add(report());
                return reports.size() > 3;
              });
      // A pass is about 51 pages; the next one may have begun.
      assertThat(calls("scan") - scans).isBetween(2 * 50L, 3 * 54L + 54L);
      assertThat(keys("orders")).isEqualTo(10);
    }
  }

  /** The first line of the report, which has the times. */
  private String report() {
    return jedis.get("yc:census").lines().findFirst().orElseThrow();
  }

  /** Another name of the same server: so the MBeans have other names too. */
  private URI other() {
    return URI.create("redis://localhost:" + server.port());
  }

  @Test
  void leaseLost_theCensusEndsWithoutAReport() {
    populate("foreign", 3_000);
    try (CacheManager manager =
        Managers.open(
            server.uri(), STATISTICS, OFTEN, "census.page-size=10", "census.duty-cycle=0.005")) {
      Managers.texts(manager, "orders").putAll(entries(10, 10));
      await().until(() -> jedis.exists(LEASE) && calls("scan") > 3);
      jedis.set(LEASE, "another JVM", SetParams.setParams().px(60_000));
      // The lease is renewed after 2.5 s, and then the pages stop.
      await()
          .until(
              () -> {
                long scans = calls("scan");
                Awaitility.await()
                    .pollDelay(Duration.ofSeconds(2))
                    .atMost(Duration.ofSeconds(4))
                    .until(() -> true);
                return calls("scan") == scans;
              });
      assertThat(jedis.get(LEASE)).isEqualTo("another JVM");
      assertThat(jedis.exists("yc:census")).isFalse();
      assertThat(keys("orders")).isEqualTo(-1);
    }
  }

  @Test
  void close_givesTheLeaseBack() {
    populate("foreign", 3_000);
    try (CacheManager manager =
        Managers.open(
            server.uri(), STATISTICS, OFTEN, "census.page-size=10", "census.duty-cycle=0.01")) {
      Managers.texts(manager, "orders");
      await().until(() -> jedis.exists(LEASE) && calls("scan") > 3);
    }
    assertThat(jedis.exists(LEASE)).isFalse();
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
      await().until(() -> keys("orders") == 10);
      server.stop();
      await().until(() -> ageSeconds("orders") > 4);
      assertThat(keys("orders")).isEqualTo(10);

      server.restart();
      orders.putAll(entries(20, 10));
      await().until(() -> keys("orders") == 20);
      assertThat(ageSeconds("orders")).isLessThan(4);

      server.pause();
      await().until(() -> ageSeconds("orders") > 4);
      server.resume();
      await().until(() -> ageSeconds("orders") < 3);
    }
  }

  @Test
  void age_isBoundedByIntervalAndDuration() {
    try (CacheManager manager = Managers.open(server.uri(), STATISTICS, TEXTS, OFTEN)) {
      Managers.texts(manager, "orders").putAll(entries(1_000, 10));
      await().until(() -> keys("orders") == 1_000);
      Awaitility.await()
          .during(Duration.ofSeconds(5))
          .atMost(Duration.ofSeconds(8))
          .pollInterval(Duration.ofMillis(50))
          .until(() -> ageSeconds("orders") < 5);
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
              bean("orders"), (sent, handback) -> heard.add(sent.getType()), null, null);
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
    jedis.set("yc:census", "not a report");
    try (CacheManager manager = Managers.open(server.uri(), STATISTICS, TEXTS, ONCE)) {
      Managers.texts(manager, "orders").putAll(entries(5, 10));
      await().until(() -> keys("orders") >= 0);
      assertThat(jedis.get("yc:census")).startsWith("census 1 ");
      assertThat(jedis.pttl("yc:census")).isPositive();
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
      await().until(() -> keys("orders") == 10);
      assertThat(bytes("orders")).isEqualTo(measured("yc:{orders#0}:*:*"));

      jedis.aclSetUser("counter", "-memory|usage");
      await().until(() -> bytes("orders") == -1);
      assertThat(keys("orders")).isEqualTo(10);

      jedis.aclSetUser("counter", "-scan");
      await().until(() -> ageSeconds("orders") > 5);
      jedis.aclSetUser("counter", "+scan", "+memory|usage");
      await().until(() -> bytes("orders") > 0 && ageSeconds("orders") < 3);
    }
    assertThat(jedis.aclLog(1_000)).noneMatch(entry -> entry.getReason().equals("key"));
  }

  @Test
  void manyKeys_arePacedAndMeasuredBySample() {
    int foreign = 100_000;
    int ours = 100_000;
    populate("foreign", foreign);
    try (CacheManager manager = Managers.open(server.uri(), STATISTICS, TEXTS, ONCE)) {
      Managers.texts(manager, "big");
      Managers.texts(manager, "small").putAll(entries(100, 20));
      populate(entryPrefix("big"), ours);
      jedis.del("yc:census", LEASE);
    }
    jedis.configResetStat();
    long startNanos = System.nanoTime();
    try (CacheManager manager =
            Managers.open(server.uri(), STATISTICS, TEXTS, ONCE, "census.duty-cycle=0.3");
        Jedis client = new Jedis("127.0.0.1", server.port(), /* timeout= */ 60_000);
        Load pings = Load.start(1, (thread, step) -> client.ping())) {
      Managers.texts(manager, "big");
      Managers.texts(manager, "small");
      Awaitility.await()
          .atMost(Duration.ofMinutes(5))
          .pollInterval(Duration.ofMillis(200))
          .until(() -> keys("big") >= 0);
      pings.stop();
      System.out.printf(
          "census of %d keys beside %d others: %d ms, worst ping %d ms%n",
          ours,
          foreign,
          Duration.ofNanos(System.nanoTime() - startNanos).toMillis(),
          pings.worst().toMillis());
      assertThat(pings.causes()).isEmpty();
      assertThat(keys("big")).isEqualTo(ours);
      assertThat(keys("small")).isEqualTo(100);
      assertThat((double) bytes("big") / measured("yc:{big#0}:*:*")).isBetween(0.98, 1.02);
      assertThat(calls("memory|usage") - ours).isLessThan(ours / 10);
    }
  }
}
