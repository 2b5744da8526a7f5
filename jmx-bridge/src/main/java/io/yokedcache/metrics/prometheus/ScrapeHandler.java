package io.yokedcache.metrics.prometheus;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.exporter.common.PrometheusHttpRequest;
import io.prometheus.metrics.exporter.common.PrometheusScrapeHandler;
import io.prometheus.metrics.exporter.httpserver.HttpExchangeAdapter;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import io.prometheus.metrics.model.registry.MetricNameFilter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers a scrape with the client library's handler, except where the client takes gzip, as
 * Prometheus does: the library compresses so thoroughly that this takes longer than all the rest of
 * a large scrape.
 */
final class ScrapeHandler implements HttpHandler {

  private static final Logger logger = LoggerFactory.getLogger(ScrapeHandler.class);

  /** False for older versions of the library, such as 1.3 of Spring Boot 3.5. */
  private static final boolean HAS_ESCAPING = hasEscaping();

  private static final int BUFFER_BYTES = 16 * 1024;

  private final ExpositionFormats formats = ExpositionFormats.init();
  private final PrometheusRegistry registry;
  private final PrometheusScrapeHandler library;

  ScrapeHandler(PrometheusRegistry registry) {
    this.registry = registry;
    this.library = new PrometheusScrapeHandler(registry);
  }

  private static boolean hasEscaping() {
    try {
      return !EscapingScheme.class.getName().isEmpty();
    } catch (NoClassDefFoundError olderLibrary) {
      return false;
    }
  }

  /**
   * The library's view of a request, without the stack traces that the library would send to
   * clients.
   */
  private static final class Exchange extends HttpExchangeAdapter {
    private final HttpExchange exchange;

    Exchange(HttpExchange exchange) {
      super(exchange);
      this.exchange = exchange;
    }

    @Override
    public void handleException(RuntimeException failure) {
      logger.warn("A scrape failed", failure);
      if (exchange.getResponseCode() != -1) {
        return; // it is too late for another answer: the connection is closed
      }
      byte[] text = ("Cannot gather metrics: " + failure).getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
      try {
        exchange.sendResponseHeaders(500, text.length);
        exchange.getResponseBody().write(text);
      } catch (IOException clientIsGone) {
        logger.debug("Nobody waits for the answer", clientIsGone);
      }
    }

    @Override
    public void handleException(IOException clientIsGone) {
      logger.debug("The answer was not sent", clientIsGone);
    }
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      Exchange adapted = new Exchange(exchange);
      PrometheusHttpRequest request = adapted.getRequest();
      String encodings = joined(exchange, "Accept-Encoding");
      boolean takesGzip = encodings != null && encodings.contains("gzip");
      if (!takesGzip || request.getMethod().equals("HEAD")) {
        library.handleRequest(adapted);
        return;
      }
      String accept = joined(exchange, "Accept");
      ExpositionFormatWriter writer = formats.findWriter(accept);
      ByteArrayOutputStream body = new ByteArrayOutputStream(BUFFER_BYTES);
      try (OutputStream text = new FastGzip(body)) {
        new SeriesText(format(writer, accept), text).write(scrape(request));
      } catch (RuntimeException e) {
        adapted.handleException(e);
        return;
      }
      exchange.getResponseHeaders().set("Content-Type", writer.getContentType());
      exchange.getResponseHeaders().set("Content-Encoding", "gzip");
      exchange.sendResponseHeaders(200, body.size());
      body.writeTo(exchange.getResponseBody());
    }
  }

  private MetricSnapshots scrape(PrometheusHttpRequest request) {
    String[] names = request.getParameterValues("name[]");
    return names == null
        ? registry.scrape(request)
        : registry.scrape(MetricNameFilter.builder().nameMustBeEqualTo(names).build(), request);
  }

  private static SeriesText.Format format(ExpositionFormatWriter writer, @Nullable String accept) {
    return (target, families) -> {
      if (HAS_ESCAPING) {
        writer.write(target, families, EscapingScheme.fromAcceptHeader(accept));
      } else {
        writer.write(target, families);
      }
    };
  }

  private static @Nullable String joined(HttpExchange exchange, String header) {
    List<String> values = exchange.getRequestHeaders().get(header);
    return values == null ? null : String.join(",", values);
  }

  /** Compresses as fast as it can: it runs in the application's process. */
  private static final class FastGzip extends GZIPOutputStream {
    FastGzip(OutputStream target) throws IOException {
      super(target, BUFFER_BYTES);
      def.setLevel(Deflater.BEST_SPEED);
    }
  }
}
