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
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers a scrape with the client library's handler, except where the client takes gzip, as
 * Prometheus does: the library's handler compresses in the thread that writes, which takes longer
 * than all the rest of a large scrape.
 */
final class ScrapeHandler implements HttpHandler, AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(ScrapeHandler.class);

  /** More would make an answer faster on large machines, at the cost of the application's work. */
  private static final int MAX_HELPERS = 2;

  private static final int MAX_QUEUED_BLOCKS = 64;

  /** False for older versions of the library, such as 1.3 of Spring Boot 3.5. */
  private static final boolean HAS_ESCAPING = hasEscaping();

  private final ExpositionFormats formats = ExpositionFormats.init();
  private final PrometheusRegistry registry;
  private final PrometheusScrapeHandler library;
  private final ThreadPoolExecutor helpers = newHelpers();

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

  private static ThreadPoolExecutor newHelpers() {
    int threads = Math.min(MAX_HELPERS, Runtime.getRuntime().availableProcessors());
    ThreadPoolExecutor executor =
        new ThreadPoolExecutor(
            threads,
            threads,
            30,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(MAX_QUEUED_BLOCKS),
            task -> {
              Thread thread = new Thread(task, "yokedcache-metrics-gzip");
              thread.setDaemon(true);
              return thread;
            },
            // Too many blocks at once, or closed meanwhile: who made the block compresses it.
            (task, closedOrBusy) -> task.run());
    executor.allowCoreThreadTimeOut(true);
    return executor;
  }

  /** The library's view of a request, which would send a stack trace to whoever asks. */
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
      MetricSnapshots snapshots;
      try {
        snapshots = scrape(request);
      } catch (RuntimeException e) {
        adapted.handleException(e);
        return;
      }
      answer(exchange, snapshots);
    }
  }

  private MetricSnapshots scrape(PrometheusHttpRequest request) {
    String[] names = request.getParameterValues("name[]");
    return names == null
        ? registry.scrape(request)
        : registry.scrape(MetricNameFilter.builder().nameMustBeEqualTo(names).build(), request);
  }

  private void answer(HttpExchange exchange, MetricSnapshots snapshots) throws IOException {
    String accept = joined(exchange, "Accept");
    ExpositionFormatWriter writer = formats.findWriter(accept);
    exchange.getResponseHeaders().set("Content-Type", writer.getContentType());
    exchange.getResponseHeaders().set("Content-Encoding", "gzip");
    exchange.sendResponseHeaders(200, 0);
    try (OutputStream body = new ParallelGzip(exchange.getResponseBody(), helpers)) {
      if (HAS_ESCAPING) {
        writer.write(body, snapshots, EscapingScheme.fromAcceptHeader(accept));
      } else {
        writer.write(body, snapshots);
      }
    }
  }

  private static @Nullable String joined(HttpExchange exchange, String header) {
    List<String> values = exchange.getRequestHeaders().get(header);
    return values == null ? null : String.join(",", values);
  }

  /** Ends the threads that compress, once they have compressed what was given to them. */
  @Override
  public void close() {
    helpers.shutdown();
  }
}
