package io.yokedcache.metrics.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.YokedCachingProvider;
import io.yokedcache.metrics.CacheEvents;
import io.yokedcache.metrics.CacheMetrics;
import io.yokedcache.metrics.RecordingCollector;
import io.yokedcache.metrics.statsd.UdpReceiver;
import io.yokedcache.metrics.testing.PeerProcess;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.spi.CachingProvider;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Only a file, no line of code: applications use JSR-107's API, as Hibernate does. */
final class ZeroCodeIT {

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Pattern SETS = Pattern.compile("shop\\.sets:(\\d+)\\|c\\|#cache:(\\w+)");

  @TempDir private Path folder;

  private CachingProvider provider;

  @BeforeEach
  void openProvider() {
    provider = Caching.getCachingProvider(YokedCachingProvider.class.getName());
  }

  @AfterEach
  void closeProvider() {
    provider.close();
    assertThat(SharedBridge.ports()).isEmpty();
  }

  @Test
  void prometheus_showsWhatIsCounted() throws Exception {
    CacheManager manager = manager("a", "prometheus { enabled = true, port = 0 }");
    Cache<String, String> orders = cache(manager, "orders");
    orders.put("a", "1");
    assertThat(orders.get("a")).isEqualTo("1");
    assertThat(orders.get("absent")).isNull();

    String metrics = scrape();

    assertThat(metrics)
        .containsPattern("yokedcache_cache_hits_total\\{cache=\"orders\",[^}]*} 1\\.0")
        .containsPattern("yokedcache_cache_misses_total\\{cache=\"orders\",[^}]*} 1\\.0")
        .containsPattern("operation_duration_seconds_count\\{[^}]*operation=\"get\"} 2");
  }

  @Test
  void twoManagers_equalSettings_shareABridge() throws Exception {
    String settings = "prometheus { enabled = true, port = 0, labels { environment = test } }";
    CacheManager first = manager("a", settings);
    cache(first, "orders").put("a", "1");
    CacheManager second = manager("b", settings);
    cache(second, "products").put("a", "1");

    assertThat(SharedBridge.ports()).hasSize(1);
    assertThat(scrape()).contains("cache=\"orders\"", "cache=\"products\"", "environment=\"test\"");

    first.close();

    assertThat(scrape()).contains("cache=\"products\"").doesNotContain("cache=\"orders\"");
  }

  @Test
  void twoManagers_otherSettingsOnOnePort_theFirstStays() throws Exception {
    int port = PeerProcess.freePort();
    manager("a", "prometheus { enabled = true, namespace = one, port = " + port + " }");
    CacheManager second =
        manager("b", "prometheus { enabled = true, namespace = two, port = " + port + " }");
    cache(second, "orders").put("a", "1");

    assertThat(SharedBridge.ports()).containsExactly(port);
    assertThat(scrape()).contains("one_cache_sets_total").doesNotContain("two_cache");
  }

  @Test
  void portInUse_theCachesWork() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      CacheManager manager =
          manager("a", "prometheus { enabled = true, port = " + taken.getLocalPort() + " }");
      Cache<String, String> orders = cache(manager, "orders");
      orders.put("a", "1");

      assertThat(orders.get("a")).isEqualTo("1");
      assertThat(SharedBridge.ports()).isEmpty();
    }
  }

  @Test
  void statsd_realtime_hasALineForEachOperation() throws Exception {
    try (UdpReceiver daemon = UdpReceiver.start()) {
      CacheManager manager =
          manager(
              "a",
              "statsd { enabled = true, mode = realtime, flavour = dogstatsd, host = 127.0.0.1,"
                  + " prefix = shop, port = "
                  + daemon.port()
                  + " }");
      Cache<String, String> orders = cache(manager, "orders");
      orders.put("a", "1");
      assertThat(orders.get("a")).isEqualTo("1");

      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(String.join("\n", daemon.lines()))
                      .contains("shop.gets:1|c", "hit", "shop.sets:1|c", "cache:orders"));
    }
  }

  /** The bridge shows all caches of the JVM, and only those of its own managers are observed. */
  @Test
  void statsd_realtime_managerOfOtherSettings_isReportedAtIntervals() throws Exception {
    try (UdpReceiver daemon = UdpReceiver.start()) {
      CacheManager first =
          manager(
              "a",
              "statsd { enabled = true, mode = realtime, flavour = dogstatsd, host = 127.0.0.1,"
                  + " interval = 1s, prefix = shop, port = "
                  + daemon.port()
                  + " }");
      Cache<String, String> observed = cache(first, "observed");
      Cache<String, String> other = cache(manager("b", ""), "other");
      observed.put("a", "1");
      other.put("a", "1");
      other.put("b", "1");

      await().atMost(PATIENCE).until(() -> sets(daemon).size() == 2);
      assertThat(sets(daemon)).isEqualTo(Map.of("observed", 1, "other", 2));
    }
  }

  private static Map<String, Integer> sets(UdpReceiver daemon) {
    Map<String, Integer> sets = new HashMap<>();
    SETS.matcher(String.join("\n", daemon.lines()))
        .results()
        .forEach(line -> sets.merge(line.group(2), Integer.valueOf(line.group(1)), Integer::sum));
    return sets;
  }

  /** The lines of the seed's page, and no operation of a cache without observer is lost. */
  @Test
  void statsd_realtimeWithoutCacheTags_isTheSeedsLines() throws Exception {
    try (UdpReceiver daemon = UdpReceiver.start()) {
      CacheManager first =
          manager(
              "a",
              "statsd { enabled = true, mode = realtime, flavour = dogstatsd, host = 127.0.0.1,"
                  + " names = python, cache-tags = false, interval = 1s, prefix = myapp.cache,"
                  + " port = "
                  + daemon.port()
                  + " }");
      Cache<String, String> observed = cache(first, "observed");
      Cache<String, String> other = cache(manager("b", ""), "other");
      observed.put("a", "1");
      assertThat(observed.get("a")).isEqualTo("1");
      for (int i = 0; i < 7; i++) {
        other.put("a", "1");
      }

      await()
          .atMost(PATIENCE)
          .until(() -> setsOf(daemon) >= 8 && daemon.lines().contains("myapp.cache.hit_rate:1|g"));
      assertThat(setsOf(daemon)).isEqualTo(8);
      assertThat(daemon.lines())
          .contains("myapp.cache.gets:1|c|#result:hit", "myapp.cache.sets:1|c")
          .anyMatch(line -> line.matches("myapp.cache.operation_duration:0[.].*h.#operation:set"))
          .noneMatch(line -> line.contains("cache_manager:") || line.contains("cache:"));
    }
  }

  private static long setsOf(UdpReceiver daemon) {
    return daemon.lines().stream()
        .filter(line -> line.startsWith("myapp.cache.sets:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll(".*:|\\|.*", "")))
        .sum();
  }

  /** As the seed's webhook collector: it is told of every operation, and no output is enabled. */
  @Test
  void events_goToAnyCollector() throws Exception {
    RecordingCollector webhook = new RecordingCollector();
    Cache<String, String> before = cache(manager("a", ""), "users");
    try (CacheMetrics metrics = new CacheMetrics(webhook);
        CacheEvents.Subscription events = CacheEvents.sendTo(metrics)) {
      assertThat(events).isNotNull();
      before.put("a", "1");
      assertThat(before.get("a")).isEqualTo("1");
      assertThat(before.get("b")).isNull();
      before.remove("a");
      before.clear();
      assertThat(cache(manager("b", ""), "users").get("a")).isNull();

      assertThat(webhook.calls.stream().map(call -> call.replaceAll("cache_manager=[^,}]*", "M")))
          .map(ZeroCodeIT::inOrder)
          .filteredOn(call -> call.startsWith("increment"))
          .containsExactly(
              "increment cache.sets 1.0 M cache=users",
              "increment cache.gets 1.0 M cache=users result=hit",
              "increment cache.gets 1.0 M cache=users result=miss",
              "increment cache.deletes 1.0 M cache=users",
              "increment cache.invalidations 1.0 M cache=users type=clear",
              "increment cache.gets 1.0 M cache=users result=miss");
      assertThat(webhook.calls)
          .filteredOn(call -> call.startsWith("timing cache.operation_duration "))
          .hasSize(6);
    }
    before.put("a", "1");
    assertThat(webhook.calls).hasSize(12);
  }

  private static String inOrder(String call) {
    int tags = call.indexOf('{');
    String[] sorted = call.substring(tags + 1, call.length() - 1).split(", ", -1);
    Arrays.sort(sorted);
    return call.substring(0, tags) + String.join(" ", sorted);
  }

  @Test
  void statsd_periodic_lastReportIsMadeWhileTheCachesAreThere() throws Exception {
    try (UdpReceiver daemon = UdpReceiver.start()) {
      CacheManager manager =
          manager(
              "a",
              "statsd { enabled = true, flavour = dogstatsd, interval = 1h, host = 127.0.0.1,"
                  + " prefix = shop, port = "
                  + daemon.port()
                  + " }");
      cache(manager, "orders").put("a", "1");
      manager.close();

      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(String.join("\n", daemon.lines()))
                      .contains("shop.sets:1|c", "cache:orders"));
    }
  }

  @Test
  void statisticsOff_isNoticed() throws Exception {
    CacheManager manager = manager("a", "prometheus { enabled = true, port = 0 }");
    manager.createCache(
        "silent", new MutableConfiguration<String, String>().setStatisticsEnabled(false));
    cache(manager, "orders");
    await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(
            () -> {
              List<String> unmeasured =
                  List.copyOf(
                      SharedBridge.StatisticsAdvice.unmeasured(
                          ManagementFactory.getPlatformMBeanServer()));
              assertThat(unmeasured).anyMatch(cache -> cache.startsWith("cache silent of "));
              assertThat(unmeasured).noneMatch(cache -> cache.startsWith("cache orders of "));
            });
  }

  private CacheManager manager(String name, String metrics) throws IOException {
    Path file =
        Files.writeString(
            folder.resolve(name + ".conf"),
            "yokedcache { uri = \"embedded:redis\", metrics { " + metrics + " } }");
    return provider.getCacheManager(file.toUri(), getClass().getClassLoader());
  }

  private static Cache<String, String> cache(CacheManager manager, String name) {
    return manager.createCache(
        name, new MutableConfiguration<String, String>().setStatisticsEnabled(true));
  }

  private static String scrape() throws IOException, InterruptedException {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(
                    URI.create("http://127.0.0.1:" + SharedBridge.ports().get(0) + "/metrics"))
                .timeout(Duration.ofSeconds(30))
                .build(),
            BodyHandlers.ofString())
        .body();
  }
}
