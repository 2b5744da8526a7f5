package io.yokedcache.metrics;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.yokedcache.metrics.otlp.OtlpReceiver;
import io.yokedcache.metrics.otlp.OtlpReporter;
import io.yokedcache.metrics.prometheus.PrometheusCollector;
import io.yokedcache.metrics.series.SeriesFilter;
import io.yokedcache.metrics.source.JmxCacheReader;
import io.yokedcache.metrics.testing.HostileBean;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import javax.management.MBeanServer;
import javax.management.MBeanServerFactory;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXConnectorServer;
import javax.management.remote.JMXConnectorServerFactory;
import javax.management.remote.JMXServiceURL;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Beans of a foreign provider with one wrong attribute each, read by RMI as those of another JVM
 * are. A wrong attribute costs its own series in what leaves the bridge, and nothing else.
 */
final class HostileBeansToPrometheusAndOtlpTest {

  private static final Set<String> WRONG = HostileBean.values().keySet();
  private static final Set<String> RIGHT = Set.of("good", "apart");

  private final MBeanServer server = MBeanServerFactory.newMBeanServer();
  private JMXConnectorServer remote;
  private JMXConnector connector;
  private JmxCacheReader reader;

  @BeforeEach
  @SuppressWarnings("BanJNDI") // the server is this test's
  void serve() throws Exception {
    for (Map.Entry<String, Supplier<?>> value : HostileBean.values().entrySet()) {
      HostileBean.good().with("CacheHits", value.getValue()).register(server, "m", value.getKey());
    }
    HostileBean.good().register(server, "m", "good");
    HostileBean.good().throwingTogether().register(server, "m", "apart");
    remote =
        JMXConnectorServerFactory.newJMXConnectorServer(
            new JMXServiceURL("service:jmx:rmi://127.0.0.1"), null, server);
    remote.start();
    connector = JMXConnectorFactory.connect(remote.getAddress());
    reader = new JmxCacheReader(connector.getMBeanServerConnection());
  }

  @AfterEach
  void end() throws Exception {
    connector.close();
    remote.stop();
  }

  @Test
  void prometheus_scraped_onlyWrongSeriesAreMissing() throws Exception {
    try (PrometheusCollector collector =
        PrometheusCollector.builder()
            .registry(new PrometheusRegistry())
            .port(0)
            .target("shop", reader)
            .build()
            .start()) {
      Map<String, Double> series = scrape(collector.port());

      WRONG.forEach(cache -> assertThat(series).doesNotContainKey(gets(cache, "hit")));
      RIGHT.forEach(cache -> assertThat(series).containsEntry(gets(cache, "hit"), 5.0));
      for (Set<String> caches : List.of(WRONG, RIGHT)) {
        for (String cache : caches) {
          assertThat(series)
              .containsEntry(gets(cache, "miss"), 3.0)
              .containsEntry(
                  "yokedcache_cache_sets_total{cache=\""
                      + cache
                      + "\",cache_manager=\"m\",target=\"shop\"}",
                  2.0);
        }
      }
      assertThat(series)
          .containsEntry("yokedcache_bridge_jmx_target_up{target=\"shop\"}", 1.0)
          .containsEntry(
              "yokedcache_bridge_refused_values_total{target=\"shop\"}", (double) WRONG.size());
    }
  }

  private static String gets(String cache, String result) {
    return "yokedcache_cache_gets_total{cache=\""
        + cache
        + "\",cache_manager=\"m\",result=\""
        + result
        + "\",target=\"shop\"}";
  }

  /** The values of all lines of the text, by the name and the labels. */
  private static Map<String, Double> scrape(int port) throws Exception {
    String text =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics")).build(),
                BodyHandlers.ofString())
            .body();
    Map<String, Double> series = new HashMap<>();
    for (String line : text.split("\n", /* limit= */ 0)) {
      if (!line.startsWith("#")) {
        int space = line.lastIndexOf(' ');
        Double before =
            series.put(line.substring(0, space), Double.valueOf(line.substring(space + 1)));
        assertThat(before).as(line).isNull();
      }
    }
    return series;
  }

  @Test
  void otlp_received_onlyWrongSeriesAreMissing() throws Exception {
    Map<String, String> settings = new HashMap<>();
    settings.put("otel.exporter.otlp.metrics.protocol", "http/protobuf");
    settings.put("otel.metric.export.interval", "3600000");
    try (OtlpReceiver receiver = OtlpReceiver.http(0)) {
      settings.put("otel.exporter.otlp.metrics.endpoint", receiver.url());
      try (OtlpReporter reporter =
          requireNonNull(
              OtlpReporter.start(
                  settings, Map.of(), Map.of("shop", reader), List.of(), SeriesFilter.ALL))) {
        reporter.report();

        Map<String, Metric> metrics = OtlpReceiver.metrics(receiver.taken().get(0));
        Map<Map<String, String>, Long> gets = points(metrics, "cache.gets");
        Map<Map<String, String>, Long> sets = points(metrics, "cache.sets");
        assertThat(gets).hasSize(WRONG.size() + 2 * RIGHT.size());
        assertThat(sets).hasSize(WRONG.size() + RIGHT.size());
        assertThat(sets.values()).containsOnly(2L);
        WRONG.forEach(cache -> assertThat(gets).containsEntry(attributes(cache, "miss"), 3L));
        RIGHT.forEach(
            cache ->
                assertThat(gets)
                    .containsEntry(attributes(cache, "hit"), 5L)
                    .containsEntry(attributes(cache, "miss"), 3L));
        assertThat(points(metrics, "yokedcache.bridge.refused_values"))
            .isEqualTo(Map.of(Map.of(), (long) WRONG.size()));
        Metric up = requireNonNull(metrics.get("yokedcache.bridge.jmx_target_up"));
        assertThat(up.getGauge().getDataPoints(0).getAsDouble()).isEqualTo(1);
      }
    }
  }

  private static Map<String, String> attributes(String cache, String result) {
    return Map.of("cache.name", cache, "cache.manager", "m", "cache.result", result);
  }

  private static Map<Map<String, String>, Long> points(Map<String, Metric> metrics, String name) {
    Map<Map<String, String>, Long> points = new HashMap<>();
    Metric metric = requireNonNull(metrics.get(name), name);
    for (NumberDataPoint point : metric.getSum().getDataPointsList()) {
      points.put(OtlpReceiver.texts(point.getAttributesList()), point.getAsInt());
    }
    return points;
  }
}
