package io.yokedcache.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.ConfigFactory;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.yokedcache.jcache.YokedCache;
import io.yokedcache.jcache.spi.OperationObserver;
import io.yokedcache.metrics.bridge.MetricsBridge;
import io.yokedcache.metrics.bridge.MetricsConfigurationException;
import io.yokedcache.metrics.bridge.MetricsSettings;
import io.yokedcache.metrics.prometheus.PrometheusCollector;
import io.yokedcache.metrics.testing.ObservedManager;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.cache.Cache;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Operations of caches on a real Redis, as any collector gets them. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
final class CacheEventsIT {

  private static final Duration SOON = Duration.ofSeconds(20);

  /** The seed's webhook, which may block and is named in the settings. */
  public static class Webhook implements MetricsCollector {

    static final List<Webhook> made = new CopyOnWriteArrayList<>();

    final List<String> calls = new CopyOnWriteArrayList<>();
    volatile boolean isClosed;

    /** Called by the bridge. */
    public Webhook() {
      made.add(this);
    }

    @Override
    public void increment(String metric, double value, Map<String, String> tags) {
      calls.add("increment " + metric + " " + value + " " + new TreeMap<>(tags));
    }

    @Override
    public void gauge(String metric, double value, Map<String, String> tags) {}

    @Override
    public void histogram(String metric, double value, Map<String, String> tags) {}

    @Override
    public void timing(String metric, double seconds, Map<String, String> tags) {
      calls.add("timing " + metric + " " + new TreeMap<>(tags));
      assertThat(seconds).isBetween(0.0, 20.0);
    }

    @Override
    public void close() {
      isClosed = true;
    }
  }

  /** Has no constructor that the bridge could call. */
  static final class Hidden extends Webhook {}

  /** Cannot be made. */
  public static final class Broken extends Webhook {

    /** Called by the bridge. */
    public Broken() {
      throw new IllegalStateException("no address");
    }
  }

  @TempDir private Path services;
  @TempDir private Path otherServices;

  private static ObservedManager manager(Path folder, String... settings) throws Exception {
    Properties properties = new Properties();
    for (int i = 0; i < settings.length; i += 2) {
      properties.setProperty(settings[i], settings[i + 1]);
    }
    return ObservedManager.start(folder, (manager, cache) -> new Ignoring(), properties);
  }

  private static String tags(ObservedManager manager, String more) {
    return " {cache=users, cache_manager=" + manager.name() + more + "}";
  }

  @Test
  void observeCaches_anyCollector_getsEachOperation() throws Exception {
    Webhook webhook = new Webhook();
    try (ObservedManager manager = manager(services)) {
      Cache<String, String> cache = manager.cache("users");
      cache.put("unheard", "0");
      CacheMetrics metrics = new CacheMetrics(webhook).observeCaches();
      metrics.observeCaches();
      cache.put("a", "1");
      cache.get("a");
      cache.get("b");
      cache.getAll(Set.of("a", "b"));
      cache.remove("a");
      cache.clear();
      cache.removeAll();
      assertThatThrownBy(() -> cache.invoke("a", (entry, arguments) -> 1 / arguments.length))
          .isNotNull();
      metrics.close();
      cache.put("late", "2");
      assertThat(metrics.collectorFailures() + metrics.collectorDrops()).isZero();

      assertThat(webhook.calls)
          .containsSubsequence(
              "increment cache.sets 1.0" + tags(manager, ""),
              "timing cache.operation_duration" + tags(manager, ", operation=put"),
              "increment cache.gets 1.0" + tags(manager, ", result=hit"),
              "timing cache.operation_duration" + tags(manager, ", operation=get"),
              "increment cache.gets 1.0" + tags(manager, ", result=miss"),
              "timing cache.operation_duration" + tags(manager, ", operation=get"),
              "increment cache.gets 1.0" + tags(manager, ", result=hit"),
              "increment cache.gets 1.0" + tags(manager, ", result=miss"),
              "timing cache.operation_duration" + tags(manager, ", operation=getAll"),
              "increment cache.deletes 1.0" + tags(manager, ""),
              "timing cache.operation_duration" + tags(manager, ", operation=remove"),
              "increment cache.invalidations 1.0" + tags(manager, ", type=clear"),
              "timing cache.operation_duration" + tags(manager, ", operation=clear"),
              "increment cache.invalidations 1.0" + tags(manager, ", type=removeAll"),
              "timing cache.operation_duration" + tags(manager, ", operation=removeAll"),
              "increment cache.errors 1.0"
                  + tags(manager, ", error_type=processor, operation=invoke"));
      assertThat(webhook.calls)
          .filteredOn(call -> call.startsWith("increment cache.sets"))
          .hasSize(1);
    }
  }

  @Test
  void invalidateTags_isAnInvalidationOfTheTypeTag() throws Exception {
    Webhook webhook = new Webhook();
    try (ObservedManager manager = manager(services, "yokedcache.defaults.tags", "true");
        PrometheusCollector prometheus =
            PrometheusCollector.builder().registry(new PrometheusRegistry()).port(0).build()) {
      try (CacheMetrics metrics = new CacheMetrics(webhook)) {
        metrics.observeCaches();
        YokedCache<?, ?> cache = manager.cache("users").unwrap(YokedCache.class);
        cache.invalidateTags("cart");
        cache.invalidateTags("cart", "tenant-7");
      }
      prometheus.start();
      URI uri = URI.create("http://127.0.0.1:" + prometheus.port() + "/metrics");
      String scrape =
          HttpClient.newHttpClient()
              .send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
              .body();

      assertThat(webhook.calls)
          .filteredOn(call -> call.startsWith("increment"))
          .containsExactly(
              "increment cache.invalidations 1.0" + tags(manager, ", type=tag"),
              "increment cache.invalidations 1.0" + tags(manager, ", type=tag"));
      assertThat(scrape.lines())
          .contains(
              "yokedcache_cache_invalidations_total{cache=\"users\",cache_manager=\"%s\",type=\"tag\"} 2.0"
                  .formatted(manager.name()));
    }
  }

  @Test
  void collectorsByName_hearTheCachesOfAllManagers() throws Exception {
    Webhook.made.clear();
    try (ObservedManager plain = manager(otherServices)) {
      Cache<String, String> before = plain.cache("users");
      try (ObservedManager manager =
              manager(services, "yokedcache.metrics.collectors", Webhook.class.getName());
          ObservedManager same =
              manager(services, "yokedcache.metrics.collectors", Webhook.class.getName())) {
        manager.cache("users").get("k");
        same.cache("users").get("k");
        before.get("k");
        plain.cache("orders").get("k");
        assertThat(Webhook.made).hasSize(1);
        Webhook webhook = Webhook.made.get(0);
        await().atMost(SOON).until(() -> webhook.calls.size() == 8);
        assertThat(webhook.calls)
            .contains(
                "increment cache.gets 1.0" + tags(manager, ", result=miss"),
                "increment cache.gets 1.0" + tags(same, ", result=miss"),
                "increment cache.gets 1.0" + tags(plain, ", result=miss"))
            .anyMatch(call -> call.contains("cache=orders"));
      }
      await().atMost(SOON).until(() -> Webhook.made.get(0).isClosed);
      before.get("k");
      assertThat(Webhook.made.get(0).calls).hasSize(8);
    }
  }

  @Test
  void realtime_countsOfAManagerWithOtherSettings_areNotLost() throws Exception {
    try (DatagramSocket daemon = new DatagramSocket(0, InetAddress.getLoopbackAddress());
        ObservedManager plain = manager(otherServices)) {
      daemon.setSoTimeout(20_000);
      Cache<String, String> before = plain.cache("before");
      try (ObservedManager realtime =
          manager(
              services,
              "yokedcache.metrics.statsd.enabled",
              "true",
              "yokedcache.metrics.statsd.host",
              "127.0.0.1",
              "yokedcache.metrics.statsd.port",
              String.valueOf(daemon.getLocalPort()),
              "yokedcache.metrics.statsd.flavour",
              "dogstatsd",
              "yokedcache.metrics.statsd.mode",
              "realtime",
              "yokedcache.metrics.statsd.interval",
              "1s")) {
        before.get("k");
        plain.cache("later").get("k");
        realtime.cache("own").get("k");
        StringBuilder lines = new StringBuilder();
        for (String cache : List.of("before", "later", "own")) {
          while (!lines.toString().contains("gets:1|c|#cache:" + cache + ",")) {
            DatagramPacket packet = new DatagramPacket(new byte[65_536], 65_536);
            daemon.receive(packet);
            lines.append(new String(packet.getData(), 0, packet.getLength(), UTF_8)).append('\n');
          }
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "com.example.Absent | the class com.example.Absent is found neither by",
        "java.lang.String | the class java.lang.String does not implement io.yokedcache.metrics",
        "io.yokedcache.metrics.CacheEventsIT$Hidden | must be a public class with a public",
        "io.yokedcache.metrics.CacheEventsIT$Broken | threw java.lang.IllegalStateException: no ad",
        "7up | collectors has \"7up\", but each must be a class name: com.example.WebhookCollector",
      })
  void collectorsByName_wrong_sayWhy(String name, String message) {
    String first = name.equals("7up") ? "" : Webhook.class.getName() + "\",\"";
    Webhook.made.clear();
    assertThatThrownBy(
            () ->
                MetricsBridge.ofThisJvm(
                    MetricsSettings.of(
                        ConfigFactory.parseString("collectors = [\"" + first + name + "\"]"))))
        .isInstanceOf(MetricsConfigurationException.class)
        .hasMessageContaining(message);
    assertThat(Webhook.made.stream().limit(1)).allMatch(webhook -> webhook.isClosed);
  }

  @Test
  void hangingCollector_cacheGoesOn_andDropsAreCounted() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    Webhook hanging =
        new Webhook() {
          @Override
          public void increment(String metric, double value, Map<String, String> tags) {
            try {
              gate.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          }
        };
    Webhook quick = new Webhook();
    CacheEvents events = CacheEvents.of("m", "c");
    try (CacheMetrics metrics = new CacheMetrics(hanging, quick, new ReadsCaches())) {
      metrics.observeCaches();
      int operations = CacheMetrics.QUEUE_CAPACITY + 500;
      for (int i = 0; i < CacheMetrics.QUEUE_CAPACITY + 500; i++) {
        events.completed("get", 1, 0, 0, 0, 1_000);
        if (i % 5_000 == 0) {
          await().atMost(SOON).until(() -> quick.calls.size() >= 2);
        }
      }
      // Two calls for each operation, which come together or not at all.
      assertThat(metrics.collectorDrops()).isBetween(2 * 499L, 2L * operations);
      assertThat(metrics.collectorDrops() % 2).isZero();
      assertThat(metrics.collectorFailures()).isZero();
      gate.countDown();
    }
    assertThat(quick.calls.size() % 2).isZero();
  }

  /** Fails if it is told of caches. */
  private static final class ReadsCaches extends Webhook {

    @Override
    public void increment(String metric, double value, Map<String, String> tags) {
      throw new IllegalStateException(metric);
    }

    @Override
    public boolean readsCaches() {
      return true;
    }
  }

  /** The fixture's own observer, which is not what is tested here. */
  private static final class Ignoring implements OperationObserver {

    @Override
    public void completed(
        String operation, int hits, int misses, int puts, int removals, long durationNanos) {}

    @Override
    public void counted(int hits, int misses, int puts, int removals) {}

    @Override
    public void failed(String operation, String errorType) {}
  }
}
