package io.yokedcache.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.ConfigFactory;
import io.yokedcache.metrics.bridge.MetricsBridge;
import io.yokedcache.metrics.bridge.MetricsSettings;
import io.yokedcache.metrics.source.JmxCacheReader;
import io.yokedcache.metrics.source.SnapshotFixture;
import io.yokedcache.metrics.source.SnapshotFixture.CacheData;
import io.yokedcache.metrics.source.SnapshotFixture.OperationData;
import io.yokedcache.metrics.statsd.StatsDCollector;
import io.yokedcache.metrics.statsd.StatsDOperationObserver;
import java.net.ConnectException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The sample outputs of the monitoring page of YokedCache for Python, section by section, against
 * what leaves the bridge with the settings that repeat that page: Python's names, and no labels of
 * caches.
 *
 * <p>Asserted to the letter elsewhere: the table "Available Metrics" and constant labels in {@code
 * CacheSeriesTest}, the business metrics on a scrape in {@code ApplicationSeriesTest}, the JSON of
 * the webhook in {@code WebhookCollectorTest} of the examples, the events of real caches in {@code
 * CacheEventsIT}, and the lines of real caches in {@code ZeroCodeIT}.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
final class SeedPageTest {

  private static final Duration SOON = Duration.ofSeconds(20);
  private static final String DURATION = "yokedcache_cache_operation_duration_seconds";

  private SnapshotFixture fixture;
  private DatagramSocket daemon;
  private MetricsBridge bridge;

  /** A cache of the page's figures: 1400 gets, of which 1024 took up to 1 ms, 1389 up to 10 ms. */
  private static CacheData cache(long hits, long misses) {
    return new CacheData(
        "users",
        List.of(
            new OperationData("get", 2_500_000_000L, Map.of(), 1024, 365, 11),
            new OperationData("put", 900_000_000L, Map.of(), 0, 310, 0)),
        Map.of("hits", hits, "misses", misses, "puts", 310L, "removals", 12L),
        Map.of("sizeBytes", 1_048_576.0, "keysCount", 1500.0, "uptimeSeconds", 60.5));
  }

  @BeforeEach
  void start() throws Exception {
    fixture = new SnapshotFixture(1_000_000, 10_000_000);
    daemon = new DatagramSocket(0, InetAddress.getLoopbackAddress());
    daemon.setSoTimeout((int) SOON.toMillis());
    bridge =
        MetricsBridge.ofThisJvm(
            MetricsSettings.of(
                ConfigFactory.parseString(
                    """
                    prometheus { enabled = true, port = 0, names = python, cache-labels = false }
                    statsd {
                      enabled = true, host = 127.0.0.1, prefix = myapp.cache, interval = 1h
                      flavour = dogstatsd, names = python, cache-tags = false, mode = realtime
                    }
                    statsd.port =\s"""
                        + daemon.getLocalPort())));
  }

  @AfterEach
  void stop() throws Exception {
    bridge.close();
    daemon.close();
    fixture.close();
  }

  private List<String> scrape() throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(
                    URI.create("http://127.0.0.1:" + bridge.prometheusPort() + "/metrics"))
                .timeout(SOON)
                .build(),
            BodyHandlers.ofString())
        .body()
        .lines()
        .toList();
  }

  /** Receives until all these lines are there, and returns all; a report may be two datagrams. */
  private List<String> linesUntil(String... expected) throws Exception {
    return linesUntil(lines -> lines.containsAll(List.of(expected)));
  }

  private List<String> linesUntil(Predicate<List<String>> areAll) throws Exception {
    List<String> lines = new ArrayList<>();
    while (!areAll.test(lines)) {
      DatagramPacket packet = new DatagramPacket(new byte[65_536], 65_536);
      try {
        daemon.receive(packet);
      } catch (SocketTimeoutException e) {
        throw new AssertionError("Only these lines came: " + lines, e);
      }
      lines.addAll(
          Arrays.asList(
              new String(packet.getData(), 0, packet.getLength(), UTF_8).split("\n", -1)));
    }
    return lines;
  }

  @Test
  void metricsEndpoint() throws Exception {
    fixture.with(cache(1247, 153));

    List<String> page = scrape();

    assertThat(page)
        .containsSubsequence(
            "# TYPE yokedcache_cache_gets_total counter",
            "yokedcache_cache_gets_total{result=\"hit\"} 1247.0",
            "yokedcache_cache_gets_total{result=\"miss\"} 153.0")
        .containsSubsequence(
            "# TYPE yokedcache_cache_hit_rate gauge",
            "yokedcache_cache_hit_rate " + 1247.0 / (1247 + 153))
        .containsSubsequence(
            "# TYPE " + DURATION + " histogram",
            DURATION + "_bucket{operation=\"get\",le=\"0.001\"} 1024",
            DURATION + "_bucket{operation=\"get\",le=\"0.01\"} 1389")
        .contains(DURATION + "_count{operation=\"set\"} 310");
    for (String family :
        List.of("yokedcache_cache_gets_total", "yokedcache_cache_hit_rate", DURATION)) {
      assertThat(page).filteredOn(line -> line.startsWith("# HELP " + family + " ")).hasSize(1);
    }
  }

  @Test
  void statsdMetricExamples() throws Exception {
    fixture.with(cache(89, 11));
    StatsDCollector operations = requireNonNull(bridge.operations());
    StatsDOperationObserver observer =
        StatsDOperationObserver.withoutCacheTags(operations, fixture.manager(), "users");

    observer.completed("get", 1, 0, 0, 0, 2_000_000);
    observer.completed("get", 0, 1, 0, 0, 3_000_000);
    observer.completed("put", 0, 0, 1, 0, 5_000_000);
    bridge.report();

    List<String> lines =
        linesUntil(
            "myapp.cache.gets:1|c|#result:hit",
            "myapp.cache.gets:1|c|#result:miss",
            "myapp.cache.sets:1|c",
            "myapp.cache.hit_rate:0.89|g",
            "myapp.cache.size_bytes:1048576|g",
            "myapp.cache.keys_count:1500|g",
            "myapp.cache.operation_duration:0.002|h|#operation:get",
            "myapp.cache.operation_duration:0.005|h|#operation:set");
    // The report leaves out what the operations said.
    assertThat(lines)
        .filteredOn(line -> line.matches("myapp\\.cache\\.(gets|sets|operation_duration):.*"))
        .hasSize(6);
  }

  /** The page's collector has the four methods only, and may block as a webhook does. */
  private static final class Webhook implements MetricsCollector {

    final List<String> payloads = new CopyOnWriteArrayList<>();

    private void send(String type, String metric, double value, Map<String, String> tags) {
      payloads.add(type + " " + metric + " " + value + " " + new TreeMap<>(tags));
    }

    @Override
    public void increment(String metric, double value, Map<String, String> tags) {
      send("increment", metric, value, tags);
    }

    @Override
    public void gauge(String metric, double value, Map<String, String> tags) {
      send("gauge", metric, value, tags);
    }

    @Override
    public void histogram(String metric, double value, Map<String, String> tags) {
      send("histogram", metric, value, tags);
    }

    @Override
    public void timing(String metric, double seconds, Map<String, String> tags) {
      send("timing", metric, seconds, tags);
    }
  }

  @Test
  void customCollector_hasThePayloads() throws Exception {
    fixture.with(cache(1247, 153));
    Webhook webhook = new Webhook();
    bridge.metrics().addCollector(webhook);

    CacheEvents.of("m", "users").completed("get", 1, 0, 0, 0, 2_000_000);
    bridge.metrics().increment("user.login", Map.of("source", "api", "method", "oauth"));
    bridge.metrics().gauge("active_sessions", 17, Map.of("server", "web-01"));
    bridge.metrics().increment("user.logout");

    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(webhook.payloads)
                    .containsSubsequence(
                        "increment cache.gets 1.0 {cache=users, cache_manager=m, result=hit}",
                        "timing cache.operation_duration 0.002"
                            + " {cache=users, cache_manager=m, operation=get}",
                        "increment user.login 1.0 {method=oauth, source=api}",
                        "gauge active_sessions 17.0 {server=web-01}",
                        "increment user.logout 1.0 {}"));
    assertThat(bridge.metrics().collectorFailures() + bridge.metrics().collectorDrops()).isZero();
  }

  @Test
  void applicationMetrics() throws Exception {
    fixture.with(cache(1247, 153));
    CacheMetrics metrics = bridge.metrics();

    metrics.increment("user.login", Map.of("source", "api", "method", "oauth"));
    metrics.gauge("active_sessions", 17, Map.of("server", "web-01"));
    long timer = metrics.startTimer("request_processing");
    metrics.endTimer(
        timer, "request_processing", Map.of("endpoint", "/api/users", "status_code", "200"));
    metrics.gauge("benchmark.get.avg_latency", 0.00042);
    metrics.gauge("benchmark.set.p99_latency", 0.003);
    metrics.gauge("benchmark.throughput_ops_per_sec", 25_000);

    String labels = "{endpoint=\"/api/users\",status_code=\"200\"}";
    assertThat(scrape())
        .contains(
            "yokedcache_user_login_total{method=\"oauth\",source=\"api\"} 1.0",
            "yokedcache_active_sessions{server=\"web-01\"} 17.0",
            "# TYPE yokedcache_request_processing_seconds histogram",
            "yokedcache_request_processing_seconds_count" + labels + " 1",
            "yokedcache_benchmark_get_avg_latency 4.2E-4",
            "yokedcache_benchmark_set_p99_latency 0.003",
            "yokedcache_benchmark_throughput_ops_per_sec 25000.0");
    assertThat(linesUntil("myapp.cache.benchmark.throughput_ops_per_sec:25000|g"))
        .contains(
            "myapp.cache.user.login:1|c|#method:oauth,source:api",
            "myapp.cache.active_sessions:17|g|#server:web-01",
            "myapp.cache.benchmark.get.avg_latency:0.00042|g",
            "myapp.cache.benchmark.set.p99_latency:0.003|g")
        .anyMatch(
            line ->
                line.matches(
                    "myapp\\.cache\\.request_processing:0(\\.\\d+)?\\|h"
                        + "\\|#endpoint:/api/users,status_code:200"));
  }

  /** The expressions of the page's dashboard and alerts. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "yokedcache_cache_hit_rate",
        "rate(yokedcache_cache_gets_total[5m])",
        "rate(yokedcache_cache_sets_total[5m])",
        "histogram_quantile(0.95, rate(yokedcache_cache_operation_duration_seconds_bucket[5m]))",
        "histogram_quantile(0.50, rate(yokedcache_cache_operation_duration_seconds_bucket[5m]))",
        "yokedcache_cache_hit_rate < 0.8",
        "histogram_quantile(0.95, rate(yokedcache_cache_operation_duration_seconds_bucket[5m])) >"
            + " 0.1",
        "yokedcache_cache_size_bytes > 1000000000",
      })
  void prometheusExpressions_haveTheirSeries(String expression) throws Exception {
    fixture.with(cache(1247, 153));

    List<String> series =
        scrape().stream()
            .filter(line -> !line.startsWith("#"))
            .map(line -> line.split("[{ ]", 2)[0])
            .toList();

    assertThat(series).containsAll(names("yokedcache_\\w+", expression));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "avg:myapp.cache.hit_rate{*}",
        "sum:myapp.cache.gets{*}.as_rate()",
        "sum:myapp.cache.sets{*}.as_rate()",
      })
  void datadogQueries_haveTheirMetrics(String query) throws Exception {
    fixture.with(cache(89, 11));
    bridge.report();

    for (String metric : names("myapp\\.cache\\.\\w+", query)) {
      linesUntil(lines -> lines.stream().anyMatch(line -> line.startsWith(metric + ":")));
    }
  }

  private static List<String> names(String pattern, String expression) {
    List<String> names =
        Pattern.compile(pattern)
            .matcher(expression)
            .results()
            .map(result -> result.group())
            .toList();
    assertThat(names).isNotEmpty();
    return names;
  }

  @Test
  void healthMonitor_reportsThePagesMetrics() throws Exception {
    fixture.with(cache(89, 11));
    RecordingCollector collector = new RecordingCollector();
    try (CacheMetrics metrics = new CacheMetrics(collector);
        CacheHealthMonitor monitor =
            new CacheHealthMonitor(
                metrics, Duration.ofHours(1), JmxCacheReader.ofThisJvm(), () -> true)) {
      monitor.start();
      String tags = "[^}]*cache=users[^}]*\\}";
      for (String call :
          List.of(
              "gauge cache\\.health 1\\.0 \\{\\}",
              "timing cache\\.health_check_duration [0-9.E-]+ \\{\\}",
              "gauge cache\\.hit_rate 0\\.89 \\{" + tags,
              "gauge cache\\.size_bytes 1048576\\.0 \\{" + tags,
              "gauge cache\\.keys_count 1500\\.0 \\{" + tags,
              "gauge cache\\.uptime_seconds 60\\.5 \\{" + tags)) {
        await()
            .atMost(SOON)
            .untilAsserted(() -> assertThat(collector.calls).anyMatch(made -> made.matches(call)));
      }
    }
    // The bridge's own health check, which says how long the managers' ping took.
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(scrape())
                    .contains(
                        "yokedcache_cache_health 1.0",
                        "yokedcache_cache_health_check_duration_seconds_sum 2.5E-4"));
  }

  @Test
  void healthMonitor_probeFails_countsTheError() throws Exception {
    fixture.with(cache(89, 11));
    try (CacheHealthMonitor monitor =
        new CacheHealthMonitor(
            bridge.metrics(),
            Duration.ofHours(1),
            JmxCacheReader.ofThisJvm(),
            () -> {
              throw new ConnectException("refused");
            })) {
      monitor.start();
      assertThat(linesUntil("myapp.cache.health_check_errors:1|c")).isNotEmpty();
      assertThat(scrape()).contains("yokedcache_cache_health_check_errors_total 1.0");
    }
  }

  /**
   * The page counts in {@code cache.errors.total}; here the caches have counted the same failures
   * there, so that the tracker has a name of its own.
   */
  @Test
  void errorTracker_namesAndTags() throws Exception {
    fixture.with(cache(89, 11));
    ErrorTracker tracker = new ErrorTracker(bridge.metrics());

    tracker.trackError("get", "connection", new ConnectException("refused"));
    tracker.reportErrorRates(Map.of("get", 4L));

    assertThat(scrape())
        .contains(
            "yokedcache_application_errors_total{error_class=\"ConnectException\","
                + "error_type=\"connection\",operation=\"get\"} 1.0",
            "yokedcache_cache_error_rate_get 0.25");
    assertThat(linesUntil("myapp.cache.error_rate.get:0.25|g"))
        .contains(
            "myapp.cache.application.errors.total:1|c|#error_class:ConnectException,"
                + "error_type:connection,operation:get");
  }
}
