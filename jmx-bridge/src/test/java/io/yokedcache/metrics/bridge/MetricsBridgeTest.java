package io.yokedcache.metrics.bridge;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.ConfigFactory;
import io.yokedcache.metrics.source.CacheReading;
import io.yokedcache.metrics.source.CacheReadings;
import io.yokedcache.metrics.source.CacheSource;
import io.yokedcache.metrics.source.RemoteJvm;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import javax.management.remote.JMXServiceURL;
import org.junit.jupiter.api.Test;

final class MetricsBridgeTest {

  private static final CacheSource ORDERS =
      () ->
          new CacheReadings(
              List.of(
                  new CacheReading(
                      "manager",
                      "orders",
                      null,
                      List.of(),
                      Map.of("hits", 7L, "misses", 3L),
                      Map.of())),
              List.of());
  private static final CacheSource DOWN =
      () -> {
        throw new IOException("down");
      };

  @Test
  void of_twoTargets_prometheusAndPage() throws Exception {
    MetricsSettings settings =
        settings("prometheus { enabled = true, port = 0, user = me, password = secret }");
    try (MetricsBridge bridge =
        MetricsBridge.of(settings, Map.of("shop", ORDERS, "billing", DOWN))) {
      String metrics = get(bridge, "/metrics", "me:secret").body();

      assertThat(metrics)
          .contains("yokedcache_bridge_jmx_target_up{target=\"shop\"} 1.0")
          .contains("yokedcache_bridge_jmx_target_up{target=\"billing\"} 0.0")
          .containsPattern("yokedcache_cache_hits_total\\{[^}]*target=\"shop\"} 7.0");
      assertThat(get(bridge, "/", "me:secret").body()).contains("<html");
      assertThat(get(bridge, "/metrics", "me:guess").statusCode()).isEqualTo(401);
    }
  }

  @Test
  void of_cachesLeftOut_byEveryOutput() throws Exception {
    MetricsSettings settings =
        settings("prometheus { enabled = true, port = 0 }, caches.exclude = [\"ord?r*\"]");
    try (MetricsBridge bridge = MetricsBridge.of(settings, Map.of("shop", ORDERS))) {
      assertThat(get(bridge, "/metrics", "").body())
          .contains("yokedcache_bridge_jmx_target_up{target=\"shop\"} 1.0")
          .doesNotContain("orders");
      assertThat(get(bridge, "/api/data.json", "").body())
          .contains("shop")
          .doesNotContain("orders");
    }
  }

  @Test
  void of_health_errorsAreToldForEachTarget() throws Exception {
    MetricsSettings settings = settings("prometheus { enabled = true, port = 0 }");
    try (MetricsBridge bridge =
        MetricsBridge.of(settings, Map.of("shop", ORDERS, "billing", DOWN))) {
      await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(
              () ->
                  assertThat(get(bridge, "/metrics", "").body())
                      .contains(
                          "yokedcache_cache_health_check_errors_total{target=\"billing\"} 1.0")
                      .doesNotContain("check_errors_total{target=\"shop\"}")
                      .doesNotContain("cache_health{target="));
    }
  }

  @Test
  void of_portInUse_saysWhatToDoAndClosesTheRest() throws Exception {
    try (ServerSocket taken = new ServerSocket()) {
      taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      MetricsSettings settings =
          settings("prometheus { enabled = true, port = " + taken.getLocalPort() + " }");

      assertThatThrownBy(() -> MetricsBridge.of(settings, Map.of("shop", ORDERS)))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("127.0.0.1:" + taken.getLocalPort())
          .hasMessageContaining("Choose another host or port");
    }
  }

  @Test
  void of_statsd_hasTheTargetInItsTags() throws Exception {
    try (DatagramSocket daemon = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      daemon.setSoTimeout(20_000);
      MetricsSettings settings =
          settings(
              "statsd { enabled = true, host = 127.0.0.1, flavour = dogstatsd, interval = 1s"
                  + ", port = "
                  + daemon.getLocalPort()
                  + " }, health.enabled = false");
      try (MetricsBridge bridge = MetricsBridge.of(settings, Map.of("shop", ORDERS))) {
        assertThat(bridge.prometheusPort()).isEqualTo(-1);
        assertThat(bridge.operations()).isNull();
        DatagramPacket packet = new DatagramPacket(new byte[65_536], 65_536);
        daemon.receive(packet);
        assertThat(new String(packet.getData(), 0, packet.getLength(), UTF_8))
            .contains("target:shop");
      }
    }
  }

  @Test
  void follow_otherTargets_theOthersGoOn() throws Exception {
    String text = "health.enabled = false, prometheus { enabled = true, port = 0 }";
    try (MetricsBridge bridge = MetricsBridge.of(settings(text), Map.of("shop", ORDERS))) {
      int port = bridge.prometheusPort();

      assertThat(bridge.follow(settings(text), Map.of("shop", ORDERS, "billing", DOWN))).isEmpty();

      assertThat(bridge.prometheusPort()).isEqualTo(port);
      assertThat(get(bridge, "/metrics", "").body())
          .contains("yokedcache_bridge_jmx_target_up{target=\"shop\"} 1.0")
          .contains("yokedcache_bridge_jmx_target_up{target=\"billing\"} 0.0");
      assertThat(get(bridge, "/api/data.json", "").body()).contains("shop", "billing");

      bridge.metrics().increment("jobs", Map.of("target", "billing"));
      bridge.metrics().increment("jobs", Map.of("target", "shop"));
      bridge.follow(settings(text), Map.of("shop", ORDERS));

      assertThat(get(bridge, "/metrics", "").body())
          .contains("yokedcache_bridge_jmx_target_up{target=\"shop\"} 1.0")
          .contains("jobs_total{target=\"shop\"} 1.0")
          .doesNotContain("billing");
      assertThat(get(bridge, "/api/data.json", "").body()).doesNotContain("billing");
    }
  }

  @Test
  void follow_otherSettings_onlyThatOutputRestarts() throws Exception {
    try (DatagramSocket daemon = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      String prometheus = "health.enabled = false, prometheus { enabled = true, port = 0 }";
      String statsd =
          ", statsd { enabled = true, host = 127.0.0.1, port = " + daemon.getLocalPort() + " }";
      Map<String, CacheSource> sources = Map.of("shop", ORDERS);
      try (MetricsBridge bridge = MetricsBridge.of(settings(prometheus), sources)) {
        int port = bridge.prometheusPort();

        assertThat(bridge.follow(settings(prometheus + statsd), sources))
            .containsExactly("statsd started");
        bridge.report();
        await()
            .atMost(Duration.ofSeconds(20))
            .until(() -> sample(bridge, "yokedcache_statsd_packets_sent_total") > 0);
        double sent = sample(bridge, "yokedcache_statsd_packets_sent_total");
        assertThat(bridge.follow(settings(prometheus + statsd + ", statsd.prefix = x"), sources))
            .containsExactly("statsd restarted");
        assertThat(sample(bridge, "yokedcache_statsd_packets_sent_total"))
            .isGreaterThanOrEqualTo(sent);
        assertThat(bridge.follow(settings(prometheus), sources)).containsExactly("statsd ended");
        assertThat(sample(bridge, "yokedcache_statsd_packets_sent_total"))
            .isGreaterThanOrEqualTo(sent);
        assertThat(bridge.prometheusPort()).isEqualTo(port);
        assertThat(bridge.follow(settings(prometheus + ", prometheus.namespace = n"), sources))
            .containsExactly("prometheus restarted");
        assertThat(get(bridge, "/metrics", "").body()).contains("n_cache_hits_total");
      }
    }
  }

  /** The outputs wait longer than the JVM's own limit, whatever it is. */
  @Test
  void limit_ofSources() throws Exception {
    JMXServiceURL url = new JMXServiceURL("service:jmx:rmi:///jndi/rmi://127.0.0.1:1/jmxrmi");
    try (RemoteJvm usual = RemoteJvm.at(url, Map.of(), Duration.ofSeconds(5));
        RemoteJvm patient = RemoteJvm.at(url, Map.of(), Duration.ofSeconds(60))) {
      assertThat(MetricsBridge.limit(usual)).isEqualTo(Duration.ofSeconds(8));
      assertThat(MetricsBridge.limit(patient)).isEqualTo(Duration.ofSeconds(61));
      assertThat(MetricsBridge.limit(ORDERS)).isEqualTo(Duration.ofSeconds(8));
    }
  }

  @Test
  void follow_portInUse_oldOneGoesOn() throws Exception {
    try (ServerSocket taken = new ServerSocket()) {
      taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      String text = "prometheus { enabled = true, port = 0 }";
      try (MetricsBridge bridge = MetricsBridge.of(settings(text), Map.of("shop", ORDERS))) {
        assertThatThrownBy(
                () ->
                    bridge.follow(
                        settings(text + ", prometheus.port = " + taken.getLocalPort()),
                        Map.of("shop", ORDERS, "billing", DOWN)))
            .hasMessageContaining("Choose another host or port");

        assertThat(get(bridge, "/metrics", "").body()).contains("shop", "billing");
      }
    }
  }

  private static double sample(MetricsBridge bridge, String name) throws Exception {
    return get(bridge, "/metrics", "")
        .body()
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void of_realtime_isRefused() {
    MetricsSettings settings = settings("statsd { enabled = true, mode = realtime }");

    assertThatThrownBy(() -> MetricsBridge.of(settings, Map.of("shop", ORDERS)))
        .isInstanceOf(MetricsConfigurationException.class)
        .hasMessageContaining("mode = periodic");
  }

  private static MetricsSettings settings(String text) {
    return MetricsSettings.of(ConfigFactory.parseString(text), Map.of());
  }

  private static HttpResponse<String> get(MetricsBridge bridge, String path, String credentials)
      throws IOException, InterruptedException {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + bridge.prometheusPort() + path))
                .header(
                    "Authorization",
                    "Basic " + Base64.getEncoder().encodeToString(credentials.getBytes(UTF_8)))
                .timeout(Duration.ofSeconds(20))
                .build(),
            BodyHandlers.ofString());
  }
}
