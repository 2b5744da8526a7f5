package io.yokedcache.metrics.testing;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A Prometheus server on a free port of the loopback interface, with an empty store. */
public final class PrometheusProcess implements AutoCloseable {

  /** The option with which it stores native histograms. */
  public static final String NATIVE_HISTOGRAMS = "--enable-feature=native-histograms";

  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private final HttpClient client = HttpClient.newHttpClient();
  private final PeerProcess process;
  private final URI uri;

  private PrometheusProcess(PeerProcess process, URI uri) {
    this.process = process;
    this.uri = uri;
  }

  /**
   * One element of the answer to a query.
   *
   * @param labels the series' labels, with its name as {@code __name__} if it has one
   * @param value the value; NaN for a native histogram
   */
  public record Sample(Map<String, String> labels, double value) {}

  /**
   * Starts a server and waits until it answers.
   *
   * @param folder an empty or new folder for its settings, store and log
   * @param config what {@code prometheus.yml} contains
   * @param options further options of the command line, as {@link #NATIVE_HISTOGRAMS}
   */
  public static PrometheusProcess start(Path folder, String config, String... options)
      throws IOException {
    Files.createDirectories(folder);
    Path file = folder.resolve("prometheus.yml");
    Files.writeString(file, config);
    int port = PeerProcess.freePort();
    List<String> command = new ArrayList<>();
    command.add(Peer.PROMETHEUS.get().toString());
    command.add("--config.file=" + file);
    command.add("--storage.tsdb.path=" + folder.resolve("data"));
    command.add("--web.listen-address=127.0.0.1:" + port);
    command.add("--log.level=warn");
    command.addAll(List.of(options));
    URI uri = URI.create("http://127.0.0.1:" + port);
    PrometheusProcess server =
        new PrometheusProcess(PeerProcess.start(folder.resolve("prometheus.log"), command), uri);
    server.process.awaitReady(() -> server.get("/-/ready").statusCode() == 200);
    return server;
  }

  /** Returns the address of its pages and of its API. */
  public URI uri() {
    return uri;
  }

  /** Returns what it has printed: warnings and errors. */
  public String log() throws IOException {
    return process.output();
  }

  /**
   * Evaluates an expression now.
   *
   * @param promql the expression; a range vector has one sample per series, the last one
   * @return the series of the answer, one with no labels for a scalar
   * @throws IOException if the server does not answer or refuses the expression, with its reason
   */
  public List<Sample> query(String promql) throws IOException {
    JsonObject data =
        api("/api/v1/query?query=" + URLEncoder.encode(promql, StandardCharsets.UTF_8));
    JsonElement result = data.get("result");
    if (data.get("resultType").getAsString().equals("scalar")) {
      return List.of(new Sample(Map.of(), value(result.getAsJsonArray())));
    }
    List<Sample> samples = new ArrayList<>();
    for (JsonElement element : result.getAsJsonArray()) {
      samples.add(sample(element.getAsJsonObject()));
    }
    return samples;
  }

  /**
   * Asks the API.
   *
   * @param pathAndQuery from {@code /api/v1/} on
   * @return the member {@code data} of the answer
   * @throws IOException if the server does not answer or reports an error, with its reason
   */
  public JsonObject api(String pathAndQuery) throws IOException {
    HttpResponse<String> response = get(pathAndQuery);
    JsonObject answer = JsonParser.parseString(response.body()).getAsJsonObject();
    if (!answer.get("status").getAsString().equals("success")) {
      throw new IOException("Prometheus refuses " + pathAndQuery + ": " + answer.get("error"));
    }
    return answer.getAsJsonObject("data");
  }

  private static Sample sample(JsonObject element) {
    Map<String, String> labels = new LinkedHashMap<>();
    element
        .getAsJsonObject("metric")
        .asMap()
        .forEach((name, value) -> labels.put(name, value.getAsString()));
    if (element.has("value")) {
      return new Sample(labels, value(element.getAsJsonArray("value")));
    }
    if (element.has("values")) {
      JsonArray values = element.getAsJsonArray("values");
      return new Sample(labels, value(values.get(values.size() - 1).getAsJsonArray()));
    }
    return new Sample(labels, Double.NaN);
  }

  /** Returns the value of a pair of time and value, which Prometheus writes as Go does. */
  private static double value(JsonArray pair) {
    String text = pair.get(1).getAsString();
    return switch (text) {
      case "+Inf" -> Double.POSITIVE_INFINITY;
      case "-Inf" -> Double.NEGATIVE_INFINITY;
      default -> Double.parseDouble(text);
    };
  }

  private HttpResponse<String> get(String pathAndQuery) throws IOException {
    try {
      return client.send(
          HttpRequest.newBuilder(uri.resolve(pathAndQuery)).timeout(TIMEOUT).build(),
          BodyHandlers.ofString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted while asking Prometheus", e);
    }
  }

  @Override
  public void close() {
    process.close();
  }
}
