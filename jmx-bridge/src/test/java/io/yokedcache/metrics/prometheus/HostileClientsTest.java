package io.yokedcache.metrics.prometheus;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.yokedcache.metrics.source.CacheReading;
import io.yokedcache.metrics.source.CacheReadings;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that take what they get and give nothing, by real sockets. */
final class HostileClientsTest {

  private static final String GET = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n";

  @TempDir private static Path folder;

  private static PrometheusCollectorBuilder builder() {
    return builder(1);
  }

  private static PrometheusCollectorBuilder builder(int caches) {
    return PrometheusCollector.builder()
        .registry(new PrometheusRegistry())
        .port(0)
        .target("it", () -> caches(caches));
  }

  private static CacheReadings caches(int count) {
    return new CacheReadings(
        IntStream.range(0, count)
            .mapToObj(
                i ->
                    new CacheReading(
                        "m",
                        "a-cache-with-a-name-that-fills-the-buffers-of-sockets-" + i,
                        null,
                        List.of(),
                        Map.of("puts", (long) i, "hits", 1L, "misses", 2L),
                        Map.of()))
            .toList(),
        List.of());
  }

  /** An error that cannot even be logged, as without memory. */
  private static final class UnspeakableError extends Error {

    private static final long serialVersionUID = 1;

    @Override
    public void printStackTrace(PrintStream log) {
      throw new OutOfMemoryError("as it should");
    }
  }

  @Test
  void handlerAndLogFail_connectionIsClosed() throws Exception {
    PrometheusCollectorBuilder builder =
        builder()
            .handler(
                "/failing",
                exchange -> {
                  throw new UnspeakableError();
                });
    try (PrometheusCollector collector = builder.build().start();
        Socket client = connect(collector.port())) {
      client
          .getOutputStream()
          .write("GET /failing HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(ISO_8859_1));

      assertThat(client.getInputStream().read()).as("the end").isEqualTo(-1);
    }
  }

  private static Socket connect(int port) throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(2_048);
    socket.setSoTimeout(15_000);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 5_000);
    return socket;
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(ISO_8859_1));
    socket.getOutputStream().flush();
  }

  private static String exchange(int port, String request) throws IOException {
    try (Socket socket = connect(port)) {
      send(socket, request);
      return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
    }
  }

  private static long requestThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("yokedcache-metrics-http"))
        .count();
  }

  private static boolean isClosed(Socket socket) {
    try {
      socket.setSoTimeout(1);
      InputStream in = socket.getInputStream();
      byte[] skipped = new byte[8_192];
      int length = in.read(skipped);
      while (length > 0) {
        length = in.read(skipped);
      }
      return true;
    } catch (SocketException e) {
      return true;
    } catch (IOException stillOpen) {
      return false;
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void manyHalfSentAndUnread_healthAndMetricsAnswer(boolean isTls) throws Exception {
    Properties before = (Properties) System.getProperties().clone();
    PrometheusCollectorBuilder builder = builder(5_000);
    SSLContext tls = isTls ? TestCertificate.in(folder).context() : null;
    if (tls != null) {
      builder.tls(tls);
    }
    List<Socket> attackers = new ArrayList<>();
    try (PrometheusCollector collector = builder.build().start()) {
      int port = collector.port();
      Scraper scraper =
          tls == null
              ? new Scraper(port)
              : new Scraper(TestCertificate.client(tls), "https://localhost:" + port);
      assertThat(scraper.get("/-/healthy").statusCode()).isEqualTo(200);
      for (int i = 0; i < 80; i++) {
        Socket socket = connect(port);
        attackers.add(socket);
        // With TLS this is a record whose rest never comes.
        send(socket, tls == null ? GET : "\u0016\u0003\u0001\u0001\u0000\u0001");
      }
      for (int i = 0; i < 70; i++) {
        Socket socket = connect(port);
        if (tls != null) {
          socket = tls.getSocketFactory().createSocket(socket, "localhost", port, true);
        }
        attackers.add(socket);
        send(socket, GET + "\r\n");
      }
      long begin = System.nanoTime();
      assertThat(scraper.get("/-/healthy").statusCode()).isEqualTo(200);
      // On an idle machine it takes milliseconds. A server that lets the others block it needs 5 s.
      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(4));
      // A server that lets the others block it needs more than a minute.
      await().atMost(Duration.ofSeconds(30)).until(() -> isAnswered(scraper));
      for (Socket attacker : attackers) {
        attacker.close();
      }
      await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(() -> assertThat(requestThreads()).isLessThanOrEqualTo(1));
      assertThat(scraper.get("/metrics").statusCode()).isEqualTo(200);
    } finally {
      for (Socket attacker : attackers) {
        attacker.close();
      }
    }
    await().untilAsserted(() -> assertThat(requestThreads()).isZero());
    assertThat(System.getProperties()).isEqualTo(before);
  }

  /** Whether the metrics come, and not the request to ask again that a busy machine gives. */
  private static boolean isAnswered(Scraper scraper) throws Exception {
    HttpResponse<String> answer = scraper.get("/metrics");
    if (answer.statusCode() == 503) {
      assertThat(answer.headers().firstValue("Retry-After")).hasValue("1");
      return false;
    }
    assertThat(answer.statusCode()).isEqualTo(200);
    return true;
  }

  /** One of each kind, at the same time: none keeps its connection. */
  @Test
  void oneOfEachKind_isClosedInTime() throws Exception {
    try (PrometheusCollector collector = builder(5_000).build().start()) {
      int port = collector.port();
      List<Socket> slow = new ArrayList<>();
      Thread drip =
          new Thread(
              () -> {
                try (Socket socket = connect(port)) {
                  socket.setTcpNoDelay(true);
                  send(socket, GET);
                  while (!isClosed(socket)) {
                    send(socket, "x");
                  }
                } catch (IOException closed) {
                  // This is what is waited for.
                }
              });
      drip.start();
      Thread endless =
          new Thread(
              () -> {
                try (Socket socket = connect(port)) {
                  send(socket, GET);
                  for (int i = 0; !isClosed(socket); i++) {
                    send(socket, ("X-" + i + ": " + "y".repeat(8_000) + "\r\n").repeat(10));
                  }
                } catch (IOException closed) {
                  // This is what is waited for.
                }
              });
      endless.start();
      Socket hugeBody = connect(port);
      slow.add(hugeBody);
      send(hugeBody, GET + "Content-Length: 1000000000\r\n\r\n");
      Socket chunked = connect(port);
      slow.add(chunked);
      send(chunked, GET + "Transfer-Encoding: chunked\r\n\r\n");
      Socket answered = connect(port);
      slow.add(answered);
      send(answered, "GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n");
      Socket unread = connect(port);
      send(unread, GET + "\r\n");
      await()
          .atMost(Duration.ofSeconds(15))
          .untilAsserted(
              () -> {
                assertThat(drip.isAlive()).isFalse();
                assertThat(endless.isAlive()).isFalse();
                assertThat(slow).allMatch(HostileClientsTest::isClosed);
              });
      await().atMost(Duration.ofSeconds(30)).until(() -> requestThreads() <= 1);
      unread.close();
    }
  }

  @Test
  void methodsAndPaths_areAlikeEverywhere() throws Exception {
    try (PrometheusCollector collector =
        builder()
            .handler(
                "/page",
                exchange -> {
                  exchange.sendResponseHeaders(204, -1);
                  exchange.close();
                })
            .build()
            .start()) {
      int port = collector.port();
      for (String path : List.of("/metrics", "/-/healthy", "/page")) {
        for (String method : List.of("DELETE", "POST", "PUT", "OPTIONS", "TRACE", "PATCH")) {
          assertThat(exchange(port, method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n"))
              .startsWith("HTTP/1.1 405 ")
              .containsIgnoringCase("Allow: GET, HEAD");
        }
        for (String method : List.of("GET", "HEAD")) {
          assertThat(exchange(port, method + " " + path + "X HTTP/1.1\r\nHost: localhost\r\n\r\n"))
              .startsWith("HTTP/1.1 404 ");
        }
        String head = exchange(port, "HEAD " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assertThat(head).matches("(?s)HTTP/1.1 20[04] .*").endsWith("\r\n\r\n");
        assertThat(
                exchange(
                    port,
                    "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc"))
            .startsWith("HTTP/1.1 413 ");
      }
      assertThat(exchange(port, "GET /metrics/ HTTP/1.1\r\nHost: localhost\r\n\r\n"))
          .startsWith("HTTP/1.1 404 ");
      String pipelined = "GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n";
      assertThat(exchange(port, pipelined.repeat(3))).containsOnlyOnce("HTTP/1.1 200");
    }
  }

  @Test
  void hosts_onLoopback_onlyItsNames() throws Exception {
    try (PrometheusCollector collector =
        builder().hosts(List.of("Metrics.Example")).build().start()) {
      int port = collector.port();
      for (String host :
          List.of("localhost", "LOCALHOST:1", "127.0.0.1:" + port, "[::1]:9", "metrics.example")) {
        assertThat(exchange(port, "GET /-/healthy HTTP/1.1\r\nHost: " + host + "\r\n\r\n"))
            .startsWith("HTTP/1.1 200 ");
      }
      for (String path : List.of("/metrics", "/-/healthy", "/nothing")) {
        for (String host : List.of("evil.example", "localhost.evil.example:" + port, "10.0.0.1")) {
          assertThat(exchange(port, "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n"))
              .startsWith("HTTP/1.1 421 ")
              .contains("prometheus.hosts");
        }
      }
      assertThat(
              exchange(port, "GET http://evil.example/metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"))
          .startsWith("HTTP/1.1 421 ");
    }
  }

  @Test
  void hosts_notOnLoopback_allUnlessSet() throws Exception {
    String request = "GET /-/healthy HTTP/1.1\r\nHost: any.example\r\n\r\n";
    try (PrometheusCollector open = builder().host("0.0.0.0").build().start();
        PrometheusCollector set =
            builder().host("0.0.0.0").hosts(List.of("mine.example")).build().start()) {
      assertThat(exchange(open.port(), request)).startsWith("HTTP/1.1 200 ");
      assertThat(exchange(set.port(), request)).startsWith("HTTP/1.1 421 ");
    }
  }
}
