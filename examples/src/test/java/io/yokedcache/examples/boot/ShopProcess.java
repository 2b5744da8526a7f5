package io.yokedcache.examples.boot;

import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.internal.embedded.LoopbackPorts;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;

/** The example, run by {@code java -jar}. */
final class ShopProcess implements AutoCloseable {

  private static final Duration START_TIMEOUT = Duration.ofSeconds(90);

  private final HttpClient client =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();
  private final Process process;
  private final Path log;
  private final int port;
  private final int metricsPort;

  private ShopProcess(Process process, Path log, int port, int metricsPort) {
    this.process = process;
    this.log = log;
    this.port = port;
    this.metricsPort = metricsPort;
  }

  /**
   * Starts it and returns when it answers.
   *
   * @param java the JVM to run it
   * @param options of the JVM
   */
  static ShopProcess start(Path java, Path jar, int redisPort, Path folder, String... options)
      throws IOException {
    Path log = Files.createTempFile(folder, "shop", ".log");
    int port = LoopbackPorts.free();
    int metricsPort = LoopbackPorts.free();
    List<String> command = new ArrayList<>(List.of(java.toString()));
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.addAll(List.of(options));
    command.addAll(List.of("-jar", jar.toString()));
    command.addAll(List.of("--server.address=127.0.0.1", "--server.port=" + port));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().put("SHOP_REDIS", "redis://127.0.0.1:" + redisPort);
    builder.environment().put("SHOP_METRICS_PORT", Integer.toString(metricsPort));
    ShopProcess shop = new ShopProcess(builder.start(), log, port, metricsPort);
    try {
      await()
          .atMost(START_TIMEOUT)
          .until(() -> !shop.process.isAlive() || shop.log().contains("Started ShopApplication"));
      if (!shop.process.isAlive()) {
        throw new IOException("The application does not start:\n" + shop.log());
      }
      return shop;
    } catch (IOException | RuntimeException e) {
      shop.process.destroyForcibly();
      throw e;
    }
  }

  /** Gets what must be there. */
  String get(String path) throws IOException, InterruptedException {
    return send("GET", path);
  }

  /** Sends a request without a body, and returns the answer, which must be 200. */
  String send(String method, String path) throws IOException, InterruptedException {
    return body(method, URI.create("http://127.0.0.1:" + port + path));
  }

  /** Gets the bridge's metrics as Prometheus does. */
  String metrics() throws IOException, InterruptedException {
    return metrics(metricsPort);
  }

  /** Gets the metrics that are served on another port. */
  String metrics(int from) throws IOException, InterruptedException {
    return body("GET", URI.create("http://127.0.0.1:" + from + "/metrics"));
  }

  private String body(String method, URI uri) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(uri)
            .method(method, BodyPublishers.noBody())
            .timeout(Duration.ofSeconds(20))
            .header("Accept-Encoding", "gzip")
            .build();
    HttpResponse<byte[]> response = client.send(request, BodyHandlers.ofByteArray());
    boolean isPacked = response.headers().firstValue("Content-Encoding").isPresent();
    InputStream raw = new ByteArrayInputStream(response.body());
    try (InputStream in = isPacked ? new GZIPInputStream(raw) : raw) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      if (response.statusCode() != 200) {
        throw new IOException(uri + ": " + response.statusCode() + " " + text + "\n" + log());
      }
      return text;
    }
  }

  /** What it has written so far. */
  String log() throws IOException {
    return Files.readString(log);
  }

  /** Ends it as a container does, and waits until it has ended by itself. */
  @Override
  public void close() throws IOException {
    process.destroy();
    try {
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        throw new IOException("The application does not end:\n" + log());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      process.destroyForcibly();
    }
  }
}
