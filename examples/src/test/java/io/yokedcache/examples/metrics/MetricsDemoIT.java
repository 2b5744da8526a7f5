package io.yokedcache.examples.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.yokedcache.examples.Output;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@link MetricsDemo} shows what its page and its README promise. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
final class MetricsDemoIT {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Pattern PORT = Pattern.compile("http://127\\.0\\.0\\.1:(\\d+)/metrics");

  private final Output out = new Output();
  private final Output err = new Output();

  @Test
  void run_isScrapedWhileItRuns_andEndsWhenAsked() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    CompletableFuture<Integer> exitCode = start(end, "--port", "0", "--rate", "200");
    await().atMost(SOON).until(() -> exitCode.isDone() || PORT.matcher(out.toString()).find());
    assertThat(err.toString()).isEmpty();

    await().atMost(SOON).untilAsserted(this::scrapeShowsAll);
    assertThat(exitCode).isNotDone();
    end.countDown();
    assertThat(exitCode.get(30, TimeUnit.SECONDS)).isZero();
    assertThat(out.toString()).contains("requests served", "jconsole");
    assertThat(err.toString()).isEmpty();
  }

  private void scrapeShowsAll() throws IOException, InterruptedException {
    assertThat(read("/")).contains("<!doctype html>");
    assertThat(read("/api/data.json")).contains("\"sessions\"", "\"orders\"");
    String metrics = read("/metrics");
    for (String cache : new String[] {"sessions", "products", "prices", "orders"}) {
      assertThat(metrics).contains("yokedcache_cache_gets_total{cache=\"" + cache + "\"");
    }
    assertThat(metrics)
        .contains("yokedcache_cache_operation_duration_seconds_bucket{cache=\"products\"")
        .contains("yokedcache_cache_hit_rate{cache=\"sessions\"")
        .contains("yokedcache_cache_loads_total{cache=\"products\"")
        .contains("yokedcache_cache_writes_total{cache=\"orders\"")
        .contains("yokedcache_user_login_total{method=\"oauth\",source=\"api\"}")
        .contains("yokedcache_active_sessions{server=\"web-01\"}")
        .contains("yokedcache_request_processing_seconds_count{endpoint=\"/api/products\",status")
        .contains("yokedcache_cache_health")
        .contains("error_class=\"CacheLoaderException\"")
        .contains("yokedcache_cache_error_rate_get")
        .contains("jvm_memory_used_bytes");
  }

  private String read(String path) throws IOException, InterruptedException {
    Matcher matcher = PORT.matcher(out.toString());
    assertThat(matcher.find()).isTrue();
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + matcher.group(1) + path))
            .timeout(Duration.ofSeconds(10))
            .build();
    HttpResponse<String> answer = HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
    assertThat(answer.statusCode()).isEqualTo(200);
    return answer.body();
  }

  @Test
  void run_seconds_endsByItself() throws Exception {
    CountDownLatch never = new CountDownLatch(1);

    assertThat(start(never, "--port", "0", "--seconds", "1").get(60, TimeUnit.SECONDS)).isZero();
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void run_wrongOptions_areNamed() throws Exception {
    CountDownLatch never = new CountDownLatch(1);

    assertThat(start(never, "--statsd", "nowhere").get(60, TimeUnit.SECONDS)).isEqualTo(2);
    assertThat(err.toString()).contains("--statsd must be HOST:PORT, not nowhere", "Usage:");
  }

  private CompletableFuture<Integer> start(CountDownLatch end, String... args) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return MetricsDemo.run(args, out.stream, err.stream, end);
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
  }
}
