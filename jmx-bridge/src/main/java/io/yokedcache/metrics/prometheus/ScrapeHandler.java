package io.yokedcache.metrics.prometheus;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import io.prometheus.metrics.model.registry.MetricNameFilter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers a scrape in the format that the client asks for, of the metrics that {@code name[]}
 * names. The client library's handler compresses thoroughly, which takes longer than all the rest
 * of a large scrape, and keeps uncompressed answers in memory.
 */
final class ScrapeHandler implements HttpHandler {

  private static final Logger logger = LoggerFactory.getLogger(ScrapeHandler.class);
  private static final int BUFFER_BYTES = 32 * 1024;

  private final ExpositionFormats formats = ExpositionFormats.init();
  private final PrometheusRegistry registry;

  ScrapeHandler(PrometheusRegistry registry) {
    this.registry = registry;
  }

  /** Compresses as fast as it can. */
  private static final class FastGzipOutputStream extends GZIPOutputStream {
    FastGzipOutputStream(OutputStream target) throws IOException {
      super(target, BUFFER_BYTES);
      def.setLevel(Deflater.BEST_SPEED);
    }
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      MetricSnapshots snapshots;
      try {
        snapshots = scrape(names(exchange.getRequestURI().getRawQuery()));
      } catch (RuntimeException e) {
        logger.warn("A scrape failed", e);
        byte[] text = ("Cannot gather metrics: " + e).getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
        exchange.sendResponseHeaders(500, text.length);
        exchange.getResponseBody().write(text);
        return;
      }
      answer(exchange, snapshots);
    }
  }

  private MetricSnapshots scrape(List<String> names) {
    return names.isEmpty()
        ? registry.scrape()
        : registry.scrape(MetricNameFilter.builder().nameMustBeEqualTo(names).build());
  }

  private void answer(HttpExchange exchange, MetricSnapshots snapshots) throws IOException {
    String accept = header(exchange, "Accept");
    ExpositionFormatWriter writer = formats.findWriter(accept);
    exchange.getResponseHeaders().set("Content-Type", writer.getContentType());
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.sendResponseHeaders(200, -1);
      return;
    }
    String encodings = header(exchange, "Accept-Encoding");
    boolean isCompressed = encodings != null && encodings.contains("gzip");
    if (isCompressed) {
      exchange.getResponseHeaders().set("Content-Encoding", "gzip");
    }
    exchange.sendResponseHeaders(200, 0);
    try (OutputStream body =
        isCompressed
            ? new FastGzipOutputStream(exchange.getResponseBody())
            : exchange.getResponseBody()) {
      writer.write(body, snapshots, EscapingScheme.fromAcceptHeader(accept));
    }
  }

  private static @Nullable String header(HttpExchange exchange, String name) {
    List<String> values = exchange.getRequestHeaders().get(name);
    return values == null ? null : String.join(",", values);
  }

  private static List<String> names(@Nullable String query) {
    List<String> names = new ArrayList<>();
    if (query != null) {
      for (String parameter : query.split("&", -1)) {
        int equals = parameter.indexOf('=');
        if (equals > 0 && decoded(parameter.substring(0, equals)).equals("name[]")) {
          names.add(decoded(parameter.substring(equals + 1)));
        }
      }
    }
    return names;
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException malformed) {
      return text; // a name that no metric has
    }
  }
}
