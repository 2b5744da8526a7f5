package io.yokedcache.metrics.prometheus;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;

/** Asks a collector for its metrics as Prometheus does: by HTTP. */
final class Scraper {

  private final HttpClient client;
  private final String origin;

  Scraper(int port) {
    this(HttpClient.newHttpClient(), "http://127.0.0.1:" + port);
  }

  Scraper(HttpClient client, String origin) {
    this.client = client;
    this.origin = origin;
  }

  HttpResponse<String> get(String path, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(origin + path)).timeout(Duration.ofSeconds(30));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), BodyHandlers.ofString());
  }

  /** All lines of the metrics page whose metric begins like this; comments too. */
  List<String> lines(String prefix) throws IOException, InterruptedException {
    return get("/metrics")
        .body()
        .lines()
        .filter(
            line ->
                line.startsWith(prefix)
                    || line.startsWith("# HELP " + prefix)
                    || line.startsWith("# TYPE " + prefix))
        .toList();
  }
}
