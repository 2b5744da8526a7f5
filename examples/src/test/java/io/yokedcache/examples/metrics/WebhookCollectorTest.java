package io.yokedcache.examples.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonObject;
import io.yokedcache.metrics.CacheMetrics;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@link WebhookCollector} against a real HTTP server, in all its moods. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
final class WebhookCollectorTest {

  private static final Duration SOON = Duration.ofSeconds(20);
  private static final Duration BRIEFLY = Duration.ofMillis(200);

  @Test
  void metrics_arriveAsJson() throws IOException {
    try (WebhookServer server = new WebhookServer()) {
      double before = System.currentTimeMillis() / 1000.0;
      try (CacheMetrics metrics = new CacheMetrics(collector(server, SOON))) {
        metrics.increment("user.login", Map.of("source", "api", "method", "oauth"));
        metrics.gauge("active_sessions", 17.5);
        metrics.histogram("odd \"name\"\n\\", -1e-7, Map.of("ü", "\u2028\uD83D\uDE00\uD800"));
        metrics.timing("request_processing", 0.25);
      }

      assertThat(server.taken())
          .extracting(metric -> metric.get("type").getAsString())
          .containsExactly("increment", "gauge", "histogram", "timing");
      JsonObject login = server.taken().get(0);
      assertThat(login.keySet()).isEqualTo(Set.of("type", "metric", "value", "tags", "timestamp"));
      assertThat(login.get("metric").getAsString()).isEqualTo("user.login");
      assertThat(login.get("value").getAsDouble()).isEqualTo(1);
      assertThat(login.getAsJsonObject("tags").toString())
          .isEqualTo("{\"method\":\"oauth\",\"source\":\"api\"}");
      assertThat(login.get("timestamp").getAsDouble())
          .isBetween(before - 0.001, System.currentTimeMillis() / 1000.0);
      JsonObject odd = server.taken().get(2);
      assertThat(odd.get("metric").getAsString()).isEqualTo("odd \"name\"\n\\");
      assertThat(odd.get("value").getAsDouble()).isEqualTo(-1e-7);
      assertThat(odd.getAsJsonObject("tags").get("ü").getAsString())
          .isEqualTo("\u2028\uD83D\uDE00\uD800");
    }
  }

  @Test
  void manyMetrics_arriveInBatches_andAllAreAccountedFor() throws Exception {
    try (WebhookServer server = new WebhookServer()) {
      WebhookCollector collector = collector(server, SOON);
      int threads = 4;
      int each = 20_000;
      Thread[] all = new Thread[threads];
      for (int t = 0; t < threads; t++) {
        all[t] =
            new Thread(
                () -> {
                  for (int i = 0; i < each; i++) {
                    collector.increment("m", 1, Map.of());
                  }
                });
        all[t].start();
      }
      for (Thread thread : all) {
        thread.join();
      }
      collector.close();
      collector.increment("late", 1, Map.of());

      assertThat(collector.sent() + collector.dropped()).isEqualTo(1 + threads * each);
      assertThat(server.taken()).hasSize((int) collector.sent());
      assertThat(server.batches()).allMatch(size -> size <= 500).contains(500);
    }
  }

  @Test
  void serverFails_isTriedAgain() throws IOException {
    try (WebhookServer server = new WebhookServer()) {
      server.failures.set(2);
      WebhookCollector collector = collector(server, SOON);
      collector.increment("m", 1, Map.of());
      await().atMost(SOON).until(() -> collector.sent() == 1);
      collector.close();

      assertThat(server.requests()).isEqualTo(3);
      assertThat(Set.copyOf(server.keys())).hasSize(1);
      assertThat(collector.dropped()).isZero();
    }
  }

  @Test
  void serverFailsForLong_isGivenUpAfterThreeTries() throws IOException {
    try (WebhookServer server = new WebhookServer()) {
      server.failures.set(3);
      WebhookCollector collector = collector(server, SOON);
      collector.increment("lost", 1, Map.of());
      await().atMost(SOON).until(() -> collector.dropped() == 1);
      collector.increment("kept", 1, Map.of());
      collector.close();

      assertThat(server.requests()).isEqualTo(4);
      assertThat(collector.lastFailure()).contains("503");
      assertThat(server.taken()).hasSize(1);
    }
  }

  @Test
  void serverRefuses_isNotTriedAgain() throws IOException {
    try (WebhookServer server = new WebhookServer()) {
      server.failureStatus = 400;
      server.failures.set(1);
      WebhookCollector collector = collector(server, SOON);
      collector.increment("lost", 1, Map.of());
      collector.close();

      assertThat(server.requests()).isEqualTo(1);
      assertThat(collector.dropped()).isEqualTo(1);
      assertThat(collector.lastFailure()).contains("400");
    }
  }

  @Test
  void serverIsSilent_callsDoNotWait_andCloseIsBounded() throws IOException {
    try (WebhookServer server = new WebhookServer()) {
      server.isSilent = true;
      WebhookCollector collector =
          new WebhookCollector(server.uri(), Duration.ofSeconds(60), BRIEFLY);
      collector.increment("first", 1, Map.of());
      await().atMost(SOON).until(() -> server.requests() == 1);
      // Ends only if no call waits for the answer that never comes.
      for (int i = 0; i < 15_000; i++) {
        collector.increment("m", 1, Map.of());
      }
      assertThat(collector.dropped()).isEqualTo(5_000);
      // Ends only if it does not wait for the 60 seconds that the request may take.
      collector.close();
      collector.close();

      assertThat(collector.dropped()).isEqualTo(15_001);
      assertThat(collector.sent()).isZero();
    }
  }

  @Test
  void answerHangs_isGivenUp() throws IOException {
    try (WebhookServer server = new WebhookServer()) {
      server.isHanging = true;
      WebhookCollector collector = new WebhookCollector(server.uri(), BRIEFLY, SOON);
      collector.increment("lost", 1, Map.of());
      await().atMost(SOON).until(() -> collector.dropped() == 1);
      server.isHanging = false;
      collector.increment("kept", 1, Map.of());
      collector.close();

      assertThat(collector.lastFailure()).contains("200 ms");
      assertThat(server.taken()).hasSize(1);
    }
  }

  @Test
  void serverGone_harmsNothing() throws IOException {
    WebhookServer server = new WebhookServer();
    server.close();
    WebhookCollector collector = collector(server, SOON);
    collector.gauge("nan", Double.NaN, Map.of());
    collector.increment("lost", 1, Map.of());
    collector.close();

    assertThat(collector.dropped()).isEqualTo(2);
    assertThat(collector.lastFailure()).contains("Cannot reach the webhook");
  }

  @Test
  void noHttpAddress_isRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new WebhookCollector(URI.create("ftp://localhost/"), SOON, SOON));
  }

  private static WebhookCollector collector(WebhookServer server, Duration closeTimeout) {
    return new WebhookCollector(server.uri(), Duration.ofSeconds(10), closeTimeout);
  }
}
