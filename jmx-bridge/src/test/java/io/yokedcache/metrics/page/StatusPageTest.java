package io.yokedcache.metrics.page;

import static io.yokedcache.metrics.page.Json.at;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.yokedcache.metrics.source.CacheSource;
import io.yokedcache.metrics.source.ConnectionReading;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class StatusPageTest {

  private final SimulatedCaches caches = new SimulatedCaches();

  private static @Nullable Object data(PageServer server, String query) throws Exception {
    HttpResponse<byte[]> response = server.send("GET", "api/data.json" + query);
    assertThat(response.statusCode()).isEqualTo(200);
    return Json.parse(new String(response.body(), UTF_8));
  }

  /** The rows by the names of their columns. */
  private static List<Map<String, @Nullable Object>> rows(@Nullable Object data) {
    List<?> columns = Json.list(data, "columns");
    return Json.list(data, "rows").stream()
        .<Map<String, @Nullable Object>>map(
            row -> {
              Map<String, @Nullable Object> named = new LinkedHashMap<>();
              for (int i = 0; i < columns.size(); i++) {
                named.put(String.valueOf(columns.get(i)), at(row, i));
              }
              return named;
            })
        .toList();
  }

  @Test
  void get_page_hasHeadersThatKeepOthersOut() throws Exception {
    try (PageServer server = PageServer.of(caches)) {
      HttpResponse<byte[]> page = server.send("GET", "");
      assertThat(page.statusCode()).isEqualTo(200);
      assertThat(page.headers().firstValue("Content-Type")).contains("text/html; charset=utf-8");
      assertThat(page.headers().firstValue("Cache-Control")).contains("no-store");
      assertThat(page.headers().firstValue("X-Content-Type-Options")).contains("nosniff");
      assertThat(page.headers().firstValue("Content-Security-Policy").orElse(""))
          .contains("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'")
          .doesNotContain("unsafe");
      assertThat(new String(page.body(), UTF_8)).contains("<title>YokedCache status</title>");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/status/", "/status"})
  void get_whatThePageRefersTo_isThere(String mount) throws Exception {
    try (PageServer server = PageServer.of(caches, mount, 0)) {
      HttpResponse<byte[]> page = server.send("GET", "");
      assertThat(page.uri().getPath()).as("where relative links begin").endsWith("/");
      String html = new String(page.body(), UTF_8);
      Matcher reference = Pattern.compile("(?:src|href)=\"(assets/[^\"]+)\"").matcher(html);
      int found = 0;
      while (reference.find()) {
        String separator = mount.endsWith("/") ? "" : "/";
        HttpResponse<byte[]> asset = server.send("GET", separator + reference.group(1));
        assertThat(asset.statusCode()).as(reference.group(1)).isEqualTo(200);
        assertThat(asset.body()).isNotEmpty();
        found++;
      }
      assertThat(found).isEqualTo(5);
    }
  }

  @Test
  void get_mountWithoutSlash_prefixOnly() throws Exception {
    try (PageServer server = PageServer.of(caches, "/status", 0)) {
      assertThat(server.send("GET", "other").statusCode()).isEqualTo(404);
      assertThat(server.send("GET", "/api/data.json").statusCode()).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "other",
        "api/",
        "api/data.jsonx",
        "assets/",
        "assets/StatusPage.class",
        "assets/%2e%2e/StatusPage.class",
        "assets/index.html"
      })
  void get_anythingElse_notFound(String path) throws Exception {
    try (PageServer server = PageServer.of(caches)) {
      HttpResponse<byte[]> response = server.send("GET", path);
      assertThat(response.statusCode()).isEqualTo(404);
      assertThat(response.headers().firstValue("Content-Type"))
          .contains("text/plain; charset=utf-8");
      assertThat(response.body()).hasSizeBetween(1, 100);
    }
  }

  @Test
  void head_asGetWithoutBody() throws Exception {
    try (PageServer server = PageServer.of(caches)) {
      HttpResponse<byte[]> got = server.send("GET", "");
      HttpResponse<byte[]> head = server.send("HEAD", "");
      assertThat(head.statusCode()).isEqualTo(200);
      assertThat(head.body()).isEmpty();
      assertThat(head.headers().firstValue("Content-Length"))
          .isEqualTo(got.headers().firstValue("Content-Length"));
      assertThat(server.send("HEAD", "none").statusCode()).isEqualTo(404);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PUT", "DELETE", "OPTIONS"})
  void otherMethods_areNotAllowed(String method) throws Exception {
    try (PageServer server = PageServer.of(caches)) {
      HttpResponse<byte[]> response = server.send(method, "api/data.json");
      assertThat(response.statusCode()).isEqualTo(405);
      assertThat(response.headers().firstValue("Allow")).contains("GET, HEAD");
      assertThat(caches.reads()).isZero();
    }
  }

  @Test
  void data_isCompressedForWhoAsks() throws Exception {
    for (int i = 0; i < 100; i++) {
      caches.add("m", "cache" + i);
    }
    try (PageServer server = PageServer.of(caches)) {
      HttpResponse<byte[]> plain = server.send("GET", "api/data.json");
      HttpResponse<byte[]> gzip =
          server.send("GET", "api/data.json", "Accept-Encoding", "br, gzip;q=0.5");
      assertThat(plain.headers().firstValue("Content-Encoding")).isEmpty();
      assertThat(gzip.headers().firstValue("Content-Encoding")).contains("gzip");
      assertThat(gzip.headers().firstValue("Vary")).contains("Accept-Encoding");
      assertThat(gzip.body().length).isLessThan(plain.body().length / 4);
      try (GZIPInputStream stream = new GZIPInputStream(new ByteArrayInputStream(gzip.body()))) {
        assertThat(stream.readAllBytes()).isEqualTo(plain.body());
      }
      assertThat(
              server
                  .send("GET", "api/data.json", "Accept-Encoding", "gzip;q=0")
                  .headers()
                  .firstValue("Content-Encoding"))
          .isEmpty();
    }
  }

  @Test
  void data_rowsAndConnections() throws Exception {
    caches.add("m", "a").get(1000, 0.9, 80).put(10, 100).fail("get", "timeout", 2);
    caches.add("e", "plain").plain().get(50, 0.5, 40);
    caches.connection("m", /* healthy= */ true, 250_000);
    try (PageServer server = PageServer.of(caches)) {
      Object data = data(server, "");
      Map<String, @Nullable Object> a = rows(data).get(0);
      assertThat(a)
          .containsEntry("cache", "a")
          .containsEntry("hits", 900.0)
          .containsEntry("misses", 100.0)
          .containsEntry("hitRate", 0.9)
          .containsEntry("puts", 10.0)
          .containsEntry("entries", 10.0)
          .containsEntry("errors", 2.0);
      assertThat((Double) a.get("p50")).isBetween(70_000.0, 90_000.0);
      assertThat((Double) a.get("p99")).isGreaterThan((Double) a.get("p95"));
      Map<String, @Nullable Object> plain = rows(data).get(1);
      assertThat(plain)
          .containsEntry("hits", 25.0)
          .containsEntry("entries", null)
          .containsEntry("errors", null)
          .containsEntry("p50", null);
      assertThat((Double) plain.get("mean")).isBetween(30_000.0, 80_000.0);
      assertThat(at(data, "connections", 0, "pingNanos")).isEqualTo(250_000.0);
      assertThat(at(data, "operations")).isEqualTo(List.of("get", "put"));
      assertThat(at(data, "details")).isNull();
      assertThat(rows(data(server, "?operation=put")).get(0).get("mean"))
          .isNotEqualTo(a.get("mean"));
    }
  }

  @Test
  void data_nodes_absentFiguresAreNull() throws Exception {
    caches.connection(
        "m",
        /* healthy= */ true,
        250_000,
        new ConnectionReading.Node("a:1", "master", 16_384L, true, 0.000_25, false),
        new ConnectionReading.Node("b:2", "replica", null, null, null, null));
    try (PageServer server = PageServer.of(caches)) {
      Object nodes = at(data(server, ""), "connections", 0, "nodes");
      assertThat(at(nodes, 0, "role")).isEqualTo("master");
      assertThat(at(nodes, 0, "slots")).isEqualTo(16_384.0);
      assertThat(at(nodes, 0, "pingNanos")).isEqualTo(250_000.0);
      assertThat(at(nodes, 1, "address")).isEqualTo("b:2");
      assertThat(at(nodes, 1, "slots")).isNull();
      assertThat(at(nodes, 1, "healthy")).isNull();
      assertThat(at(nodes, 1, "breakerOpen")).isNull();
    }
  }

  @Test
  void data_failure_countsOnce_whereverItWasPassedOn() throws Exception {
    caches
        .add("m", "a")
        .fail("get", "loader", 2138)
        .fail("load", "loader", 2138)
        .fail("get", "timeout", 3)
        .fail("put", "writer", 5)
        .fail("write", "writer", 9); // four of which by a method without a timer
    try (PageServer server = PageServer.of(caches)) {
      Object data = data(server, "?manager=m&cache=a");
      assertThat(rows(data).get(0)).containsEntry("errors", 2150.0);
      assertThat(at(data, "details", "errors"))
          .isEqualTo(Map.of("loader", 2138.0, "timeout", 3.0, "writer", 9.0));
    }
  }

  @Test
  void data_phases_areNoOperations() throws Exception {
    caches.add("m", "a").get(5, 1, 80).run("network", 5, 60).run("queue", 5, 3);
    try (PageServer server = PageServer.of(caches)) {
      Object data = data(server, "?manager=m&cache=a");
      assertThat(at(data, "operations")).isEqualTo(List.of("get"));
      assertThat(at(data, "phases")).isEqualTo(List.of("network", "queue"));
      assertThat(at(data, "details", "operations", 1, "isPhase")).isEqualTo(true);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"a:b", "a.b", "a,b", "a%2Cb", "a+b", "half \uD83D"})
  void data_namesThatLookAlike_areTheirOwn(String name) throws Exception {
    List<String> names = List.of("a:b", "a.b", "a,b", "a%2Cb", "a+b", "half \uD83D");
    for (int i = 0; i < names.size(); i++) {
      caches.add("m", names.get(i)).get(i + 1, 1, 80);
    }
    try (PageServer server = PageServer.of(caches)) {
      String sent = URLEncoder.encode(name.replace('\uD83D', '\uFFFD'), UTF_8);
      Object data = data(server, "?manager=m&cache=" + sent);
      assertThat(rows(data)).extracting(row -> row.get("cache")).isEqualTo(names);
      assertThat(at(data, "details", "cache")).isEqualTo(name);
      assertThat(at(data, "details", "counters", "hits")).isEqualTo(names.indexOf(name) + 1.0);
    }
  }

  @Test
  void data_detailsOfTheSelectedCacheOnly() throws Exception {
    String name = "a&b=c/<script>\"\n\u00e9\uD83D\uDE00";
    caches.add("m", "other").get(5, 1, 80);
    caches.add("m", name).get(1000, 0.9, 80).fail("get", "timeout", 2);
    try (PageServer server = PageServer.of(caches)) {
      String query = "?target=&manager=m&cache=" + URLEncoder.encode(name, UTF_8);
      Object details = at(data(server, query), "details");
      assertThat(at(details, "cache")).isEqualTo(name);
      assertThat(at(details, "counters", "hits")).isEqualTo(900.0);
      assertThat(at(details, "operations", 0, "errors", "timeout")).isEqualTo(2.0);
      List<?> cells = Json.list(details, "operations", 0, "cells");
      assertThat(cells).hasSize(SimulatedCaches.BOUNDS.size() + 1);
      assertThat(cells.stream().mapToDouble(count -> (Double) count).sum()).isEqualTo(1000);
      assertThat(at(data(server, "?manager=m&cache=none"), "details")).isNull();
    }
  }

  @Test
  void data_targetDown_othersAreShown() throws Exception {
    SimulatedCaches other = new SimulatedCaches();
    other.fail("no route \"to\" <host>");
    caches.add("m", "a");
    Map<String, CacheSource> sources = new LinkedHashMap<>();
    sources.put("up", caches);
    sources.put("down", other);
    sources.put(
        "broken",
        () -> {
          throw new UncheckedIOException(new IOException("torn"));
        });
    try (PageServer server = PageServer.of(sources)) {
      Object data = data(server, "");
      assertThat(at(data, "targets", 0, "up")).isEqualTo(true);
      assertThat(at(data, "targets", 1, "up")).isEqualTo(false);
      assertThat(String.valueOf(at(data, "targets", 1, "error")))
          .contains("no route \"to\" <host>");
      assertThat(String.valueOf(at(data, "targets", 2, "error"))).contains("torn");
      assertThat(rows(data)).hasSize(1);
    }
  }

  @Test
  void data_targetHangs_answerComesAndOneThreadWaits() throws Exception {
    CountDownLatch end = new CountDownLatch(1);
    CountDownLatch begun = new CountDownLatch(2);
    caches.add("m", "a");
    Map<String, CacheSource> sources = new LinkedHashMap<>();
    sources.put(
        "hangs",
        () -> {
          begun.countDown();
          awaitQuietly(end);
          return new SimulatedCaches().read();
        });
    sources.put("up", caches);
    try (PageServer server = PageServer.of(sources)) {
      long startNanos = System.nanoTime();
      Object data = data(server, "");
      assertThat(System.nanoTime() - startNanos).isLessThan(6_000_000_000L);
      assertThat(String.valueOf(at(data, "targets", 0, "error"))).contains("has not answered for");
      assertThat(at(data, "targets", 1, "up")).isEqualTo(true);
      data(server, "");
      assertThat(begun.getCount()).as("readings that began, of two").isEqualTo(1);
    } finally {
      end.countDown();
    }
  }

  @Test
  void data_targetUsuallySlow_isWaitedFor() throws Exception {
    AtomicInteger readings = new AtomicInteger();
    CountDownLatch never = new CountDownLatch(1);
    CacheSource slow =
        () -> {
          readings.incrementAndGet();
          try {
            assertThat(never.await(2200, TimeUnit.MILLISECONDS)).isFalse();
          } catch (InterruptedException e) {
            throw new IOException(e);
          }
          return caches.read();
        };
    caches.add("m", "a");
    try (PageServer server = PageServer.of(slow)) {
      await("the first reading")
          .atMost(Duration.ofSeconds(30))
          .until(() -> at(data(server, ""), "targets", 0, "up"), Boolean.TRUE::equals);
      while (readings.get() < 3) {
        assertThat(at(data(server, ""), "targets", 0, "up")).isEqualTo(true);
      }
    }
  }

  @Test
  void targets_change_pageShowsOthers() throws Exception {
    caches.add("m", "a").get(5, 1, 80);
    SimulatedCaches others = new SimulatedCaches();
    others.add("m", "b").get(7, 1, 80);
    StatusPage page = StatusPage.of(Map.of("one", caches));
    try (PageServer server = PageServer.of(page)) {
      assertThat(rows(data(server, ""))).extracting(row -> row.get("cache")).containsExactly("a");
      Map<String, CacheSource> sources = new LinkedHashMap<>();
      sources.put("two", others);
      sources.put("one", caches);
      page.targets(sources);
      Object data = data(server, "?target=two&manager=m&cache=b");
      assertThat(rows(data)).extracting(row -> row.get("cache")).containsExactly("b", "a");
      assertThat(at(data, "targets", 1, "name")).isEqualTo("one");
      assertThat(at(data, "details", "counters", "hits")).isEqualTo(7.0);
    }
  }

  private static void awaitQuietly(CountDownLatch latch) throws IOException {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }
}
