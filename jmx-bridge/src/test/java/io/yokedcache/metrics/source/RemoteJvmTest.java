package io.yokedcache.metrics.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.yokedcache.metrics.prometheus.PrometheusCollector;
import io.yokedcache.metrics.source.CacheSource.Selection;
import io.yokedcache.metrics.testing.PeerProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;

/** With real JVMs that are killed and stopped. */
final class RemoteJvmTest {

  private static final Duration LIMIT = Duration.ofSeconds(10);

  private static ConditionFactory await() {
    return Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(100))
        .ignoreExceptionsInstanceOf(IOException.class);
  }

  private static void assertReads(RemoteJvm remote) throws IOException {
    assertThat(remote.read().caches())
        .singleElement()
        .satisfies(
            cache -> {
              assertThat(cache.cache()).isEqualTo("remote");
              assertThat(cache.hits()).isEqualTo(2);
              assertThat(cache.misses()).isEqualTo(1);
              assertThat(cache.puts()).isEqualTo(1);
            });
  }

  @Test
  void read_killedAndStartedAgain_connectsAnew() throws Exception {
    int port = PeerProcess.freePort();
    try (RemoteJvm remote = RemoteJvm.at(CacheJvm.url(port), Map.of(), LIMIT)) {
      assertThatThrownBy(remote::read)
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("Cannot connect to service:jmx:rmi:///jndi/rmi://127.0.0.1:");
      try (CacheJvm jvm = CacheJvm.start(port)) {
        await().untilAsserted(() -> assertReads(remote));
        assertThat(remote.read(Selection.FIGURES).caches()).hasSize(1);
        assertThat(jvm.pid()).isPositive();
      }
      assertThatThrownBy(remote::read).isInstanceOf(IOException.class);
      try (CacheJvm again = CacheJvm.start(port)) {
        await().untilAsserted(() -> assertReads(remote));
        assertThat(again.pid()).isPositive();
      }
    }
  }

  @Test
  void read_startedAgainBetweenTwoReadings_noReadingFails() throws Exception {
    int port = PeerProcess.freePort();
    try (RemoteJvm remote = RemoteJvm.at(CacheJvm.url(port), Map.of(), LIMIT)) {
      try (CacheJvm jvm = CacheJvm.start(port)) {
        assertReads(remote);
        assertThat(jvm.pid()).isPositive();
      }
      try (CacheJvm again = CacheJvm.start(port)) {
        assertReads(remote);
        assertThat(again.pid()).isPositive();
      }
    }
  }

  @Test
  void read_closed() throws Exception {
    RemoteJvm remote = RemoteJvm.at(CacheJvm.url(PeerProcess.freePort()), Map.of(), LIMIT);
    remote.close();
    remote.close();
    assertThatThrownBy(remote::read).isInstanceOf(IOException.class).hasMessageContaining("closed");
  }

  @Test
  void scrape_twoTargetsOneStopped_takesItsLimitAndShowsTheOther() throws Exception {
    Duration limit = Duration.ofSeconds(3);
    try (CacheJvm stopped = CacheJvm.start(PeerProcess.freePort());
        CacheJvm healthy = CacheJvm.start(PeerProcess.freePort());
        RemoteJvm one = RemoteJvm.at(stopped.url(), Map.of(), limit);
        RemoteJvm two = RemoteJvm.at(healthy.url(), Map.of(), LIMIT);
        PrometheusCollector collector =
            PrometheusCollector.builder()
                .registry(new PrometheusRegistry())
                .port(0)
                .targetTimeLimit(LIMIT)
                .target("stopped", one)
                .target("healthy", two)
                .build()
                .start()) {
      await().untilAsserted(() -> assertThat(scrape(collector)).contains(up("stopped", 1)));
      stopped.signal("STOP");
      long startNanos = System.nanoTime();
      assertThat(scrape(collector))
          .contains(up("stopped", 0), up("healthy", 1))
          .contains("cache=\"remote\"")
          .containsPattern("sets_total\\{cache=\"remote\",.*target=\"healthy\"} 1.0");
      assertThat(Duration.ofNanos(System.nanoTime() - startNanos)).isLessThan(LIMIT);
      assertThat(scrape(collector)).contains(up("stopped", 0), up("healthy", 1));
      // Whatever shows it has the target's name before it.
      assertThatThrownBy(one::read).hasMessageStartingWith("it has not answered for ");
      stopped.signal("CONT");
      await().untilAsserted(() -> assertThat(scrape(collector)).contains(up("stopped", 1)));
    }
  }

  private static String up(String target, int value) {
    return "yokedcache_bridge_jmx_target_up{target=\"" + target + "\"} " + value + ".0";
  }

  private static String scrape(PrometheusCollector collector)
      throws IOException, InterruptedException {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + collector.port() + "/metrics"))
                .timeout(Duration.ofSeconds(60))
                .build(),
            BodyHandlers.ofString())
        .body();
  }
}
