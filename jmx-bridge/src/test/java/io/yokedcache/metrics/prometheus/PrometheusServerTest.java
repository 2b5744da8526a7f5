package io.yokedcache.metrics.prometheus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.prometheus.metrics.model.registry.Collector;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.yokedcache.metrics.source.SnapshotFixture;
import io.yokedcache.metrics.source.SnapshotFixture.CacheData;
import java.io.IOException;
import java.io.InputStream;
import java.net.BindException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

final class PrometheusServerTest {

  private static PrometheusCollectorBuilder builder() {
    return PrometheusCollector.builder().registry(new PrometheusRegistry()).port(0);
  }

  @Test
  void start_portInUse_failsAndAffectsNothingElse() throws Exception {
    PrometheusRegistry registry = new PrometheusRegistry();
    try (PrometheusCollector first = builder().build().start()) {
      try (PrometheusCollector second =
          PrometheusCollector.builder().registry(registry).port(first.port()).build()) {
        assertThatThrownBy(second::start)
            .isInstanceOf(BindException.class)
            .hasMessageStartingWith("Cannot serve metrics on 127.0.0.1:" + first.port() + " (")
            .hasMessageEndingWith("). Choose another host or port, or port 0 for any that is free");
        assertThat(second.port()).isEqualTo(-1);
      }
      try (PrometheusCollector third = builder().registry(registry).build().start()) {
        assertThat(new Scraper(third.port()).get("/metrics").statusCode()).isEqualTo(200);
      }
      assertThat(new Scraper(first.port()).get("/metrics").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void start_unknownHost() {
    try (PrometheusCollector collector = builder().host("no-such-host.invalid").build()) {
      assertThatThrownBy(collector::start)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("no-such-host.invalid:0 (unknown host)");
    }
  }

  /** The build runs this class on an older client library, too; this proves that it does. */
  @Test
  void clientLibrary_isThatOfTheBuild() {
    assertThat(
            PrometheusRegistry.class.getProtectionDomain().getCodeSource().getLocation().getPath())
        .contains(System.getProperty("prometheus.expected", ""));
  }

  @Test
  void start_sameNamesInTheRegistry() throws Exception {
    PrometheusRegistry registry = new PrometheusRegistry();
    try (PrometheusCollector first = builder().registry(registry).build().start();
        PrometheusCollector second = builder().registry(registry).build()) {
      assertThatThrownBy(second::start)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("namespace or a registry of its own");
      try (PrometheusCollector third =
          builder().registry(registry).namespace("other").build().start()) {
        assertThat(new Scraper(third.port()).get("/metrics").body())
            .contains("yokedcache_bridge_jmx_target_up 1.0", "other_bridge_jmx_target_up 1.0");
      }
      assertThat(new Scraper(first.port()).get("/metrics").body())
          .doesNotContain("other_bridge_jmx_target_up");
    }
  }

  @Test
  void start_twice() throws Exception {
    try (PrometheusCollector collector = builder().build().start()) {
      assertThatThrownBy(collector::start).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void close_twice_nothingIsServed() throws Exception {
    PrometheusCollector collector = builder().build().start();
    Scraper scraper = new Scraper(collector.port());
    assertThat(scraper.get("/metrics").statusCode()).isEqualTo(200);
    collector.close();
    collector.close();
    assertThatThrownBy(() -> scraper.get("/metrics")).isInstanceOf(IOException.class);
    collector.increment("late", 1, Map.of());
  }

  @Test
  void get_basicAuthentication_healthIsOpen() throws Exception {
    try (PrometheusCollector collector =
        builder()
            .path("/stats")
            .basicAuthentication("scraper", "s3cret".toCharArray())
            .handler(
                "/page",
                exchange -> {
                  exchange.sendResponseHeaders(204, -1);
                  exchange.close();
                })
            .build()
            .start()) {
      Scraper scraper = new Scraper(collector.port());
      assertThat(scraper.get("/stats").statusCode()).isEqualTo(401);
      assertThat(scraper.get("/page").statusCode()).isEqualTo(401);
      assertThat(scraper.get("/stats", "Authorization", basic("scraper:wrong")).statusCode())
          .isEqualTo(401);
      assertThat(scraper.get("/stats", "Authorization", basic("other:s3cret")).statusCode())
          .isEqualTo(401);
      assertThat(scraper.get("/stats", "Authorization", basic("scraper:s3cret")).statusCode())
          .isEqualTo(200);
      assertThat(scraper.get("/page", "Authorization", basic("scraper:s3cret")).statusCode())
          .isEqualTo(204);
      assertThat(scraper.get("/metrics").statusCode()).isEqualTo(404);
      assertThat(scraper.get("/-/healthy").body()).isEqualTo("Healthy\n");
    }
  }

  private static String basic(String credentials) {
    return "Basic "
        + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void scrape_gzip() throws Exception {
    try (PrometheusCollector collector = builder().build().start()) {
      HttpResponse<InputStream> response =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(
                          URI.create("http://127.0.0.1:" + collector.port() + "/metrics"))
                      .header("Accept-Encoding", "deflate, gzip")
                      .build(),
                  BodyHandlers.ofInputStream());
      assertThat(response.headers().firstValue("Content-Encoding")).hasValue("gzip");
      try (InputStream body = new GZIPInputStream(response.body())) {
        assertThat(new String(body.readAllBytes(), StandardCharsets.UTF_8))
            .contains("yokedcache_bridge_jmx_target_up 1.0\n");
      }
    }
  }

  @Test
  void scrape_otherFormats() throws Exception {
    try (PrometheusCollector collector = builder().histograms(Histograms.BOTH).build().start()) {
      collector.timing("work", 0.5, Map.of());
      Scraper scraper = new Scraper(collector.port());
      assertThat(
              scraper
                  .get("/metrics", "Accept", "application/openmetrics-text; version=1.0.0")
                  .body())
          .endsWith("# EOF\n");
      HttpResponse<String> protobuf =
          scraper.get(
              "/metrics",
              "Accept",
              "application/vnd.google.protobuf;"
                  + "proto=io.prometheus.client.MetricFamily;encoding=delimited");
      assertThat(protobuf.headers().firstValue("Content-Type").orElseThrow())
          .startsWith("application/vnd.google.protobuf");
      assertThat(protobuf.body()).contains("yokedcache_work_seconds");
    }
  }

  @Test
  void scrape_collectorOfTheApplicationFails_says500() throws Exception {
    PrometheusRegistry registry = new PrometheusRegistry();
    Collector broken =
        () -> {
          throw new IllegalStateException("no database");
        };
    registry.register(broken);
    try (PrometheusCollector collector = builder().registry(registry).build().start()) {
      HttpResponse<String> response = new Scraper(collector.port()).get("/metrics");
      assertThat(response.statusCode()).isEqualTo(500);
      assertThat(response.body()).contains("no database");
    }
  }

  @Test
  void scrape_jvmMetrics() throws Exception {
    try (PrometheusCollector collector = builder().jvmMetrics(true).build().start()) {
      assertThat(new Scraper(collector.port()).lines("jvm_threads_current")).isNotEmpty();
    }
  }

  @Test
  void withoutServer_registryHasTheMetrics() throws Exception {
    PrometheusRegistry registry = new PrometheusRegistry();
    try (PrometheusCollector collector = builder().registry(registry).withoutServer().build()) {
      collector.start();
      assertThat(collector.port()).isEqualTo(-1);
      assertThat(registry.scrape().stream())
          .anyMatch(
              snapshot ->
                  snapshot.getMetadata().getName().equals("yokedcache_bridge_jmx_target_up"));
    }
    assertThat(registry.scrape().size()).isZero();
  }

  @Test
  void build_badSettings() {
    assertThatThrownBy(() -> builder().namespace("my-app").build())
        .hasMessageContaining("The namespace \"my-app\" must be");
    assertThatThrownBy(() -> builder().subsystem("1st").build())
        .hasMessageContaining("The subsystem \"1st\" must");
    assertThatThrownBy(() -> builder().labels(Map.of("__x", "y")).build())
        .hasMessageContaining("The label \"__x\" must");
    assertThatThrownBy(() -> builder().labels(Map.of("operation", "y")).build())
        .hasMessageContaining("The label \"operation\" is one that the metrics have");
    assertThatThrownBy(() -> builder().port(65_536).build()).hasMessageContaining("65536");
    assertThatThrownBy(() -> builder().path("metrics").build()).hasMessageContaining("slash");
    assertThatThrownBy(() -> builder().path("/-/healthy").build()).hasMessageContaining("health");
    assertThatThrownBy(() -> builder().handler("/-/healthy", exchange -> {}).build())
        .hasMessageContaining("health");
    assertThatThrownBy(() -> builder().handler("page", exchange -> {}).build())
        .hasMessageContaining("slash");
    assertThatThrownBy(() -> builder().maxSeries(0).build()).hasMessageContaining("positive");
  }

  @Test
  void scrape_whileCachesAndMetricsComeAndGo_neverFails() throws Exception {
    AtomicBoolean isOver = new AtomicBoolean();
    ExecutorService threads = Executors.newFixedThreadPool(3);
    try (PrometheusCollector collector = builder().build().start()) {
      List<Future<?>> workers = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        int worker = i;
        workers.add(
            threads.submit(
                () -> {
                  for (int n = 0; !isOver.get(); n++) {
                    try (SnapshotFixture fixture = new SnapshotFixture(1_000)) {
                      fixture.with(new CacheData("c" + n, List.of(), Map.of("hits", 1L), Map.of()));
                      collector.increment("w" + worker + ".n" + n % 50, 1, Map.of());
                    }
                  }
                  return null;
                }));
      }
      Scraper scraper = new Scraper(collector.port());
      for (int i = 0; i < 60; i++) {
        assertThat(scraper.get("/metrics").statusCode()).isEqualTo(200);
      }
      isOver.set(true);
      for (Future<?> worker : workers) {
        worker.get(30, TimeUnit.SECONDS);
      }
    } finally {
      isOver.set(true);
      threads.shutdownNow();
    }
  }
}
