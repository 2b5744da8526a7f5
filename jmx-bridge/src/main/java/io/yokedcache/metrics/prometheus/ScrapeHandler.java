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
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers a scrape with the client library's handler, except where the client takes gzip, as
 * Prometheus does: the library's handler buffers the whole text, and compresses it so thoroughly
 * that this takes longer than all the rest of a large scrape.
 */
final class ScrapeHandler implements HttpHandler {

  private static final Logger logger = LoggerFactory.getLogger(ScrapeHandler.class);

  /** False for older versions of the library, such as 1.3 of Spring Boot 3.5. */
  private static final boolean HAS_ESCAPING = hasEscaping();

  private static final int PIECE_BYTES = 64 * 1024;
  private static final int MAX_PIECES = 4;

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
      MetricSnapshots snapshots;
      try {
        snapshots = scrape(request);
      } catch (RuntimeException e) {
        adapted.handleException(e);
        return;
      }
      answer(exchange, snapshots, request.getParameterValues("name[]") == null);
    }
  }

  private MetricSnapshots scrape(PrometheusHttpRequest request) {
    String[] names = request.getParameterValues("name[]");
    return names == null
        ? registry.scrape(request)
        : registry.scrape(MetricNameFilter.builder().nameMustBeEqualTo(names).build(), request);
  }

  private void answer(HttpExchange exchange, MetricSnapshots snapshots, boolean isWhole)
      throws IOException {
    String accept = joined(exchange, "Accept");
    ExpositionFormatWriter writer = formats.findWriter(accept);
    exchange.getResponseHeaders().set("Content-Type", writer.getContentType());
    exchange.getResponseHeaders().set("Content-Encoding", "gzip");
    exchange.sendResponseHeaders(200, 0);
    Text text =
        target -> {
          if (HAS_ESCAPING) {
            writer.write(target, snapshots, EscapingScheme.fromAcceptHeader(accept));
          } else {
            writer.write(target, snapshots);
          }
        };
    try (OutputStream body = new FastGzip(exchange.getResponseBody())) {
      if (isWhole) {
        writeConcurrently(text, body);
      } else {
        text.writeTo(body);
      }
    }
  }

  /** The text of an answer. */
  @FunctionalInterface
  private interface Text {

    void writeTo(OutputStream target) throws IOException;
  }

  /**
   * Writes a long text in a second thread while this thread compresses and sends it: both take
   * about the same time. The second thread ends with this call, also after an interrupt of this
   * thread.
   */
  private static void writeConcurrently(Text text, OutputStream body) throws IOException {
    Pieces pieces = new Pieces();
    FutureTask<Void> writing =
        new FutureTask<>(
            () -> {
              try {
                OutputStream target = new BufferedOutputStream(pieces, PIECE_BYTES);
                text.writeTo(target);
                target.flush();
              } finally {
                pieces.close(); // in any case, also out of memory: the request waits for it
              }
              return null;
            });
    Thread thread = new Thread(writing, "yokedcache-metrics-text");
    thread.setDaemon(true);
    thread.start();
    try {
      pieces.copyTo(body);
      writing.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("The request was cancelled");
    } catch (ExecutionException e) {
      throw new IllegalStateException("The metrics cannot be written", e.getCause());
    } finally {
      writing.cancel(/* mayInterruptIfRunning= */ true);
    }
  }

  /** Passes text from the thread that writes it to another one, with a bounded number of pieces. */
  private static final class Pieces extends OutputStream {

    private static final byte[] END = {};

    private final BlockingQueue<byte[]> waiting = new ArrayBlockingQueue<>(MAX_PIECES);

    @Override
    public void write(int one) throws IOException {
      write(new byte[] {(byte) one}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      if (length > 0) {
        put(Arrays.copyOfRange(bytes, offset, offset + length));
      }
    }

    private void put(byte[] piece) throws IOException {
      try {
        waiting.put(piece);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("The request was cancelled");
      }
    }

    @Override
    public void close() throws IOException {
      put(END);
    }

    private void copyTo(OutputStream target) throws IOException, InterruptedException {
      for (byte[] piece = waiting.take(); piece.length > 0; piece = waiting.take()) {
        target.write(piece);
      }
    }
  }

  private static @Nullable String joined(HttpExchange exchange, String header) {
    List<String> values = exchange.getRequestHeaders().get(header);
    return values == null ? null : String.join(",", values);
  }

  /** Compresses as fast as it can: it runs in the application's process. */
  private static final class FastGzip extends GZIPOutputStream {
    FastGzip(OutputStream target) throws IOException {
      super(target, 16 * 1024);
      def.setLevel(Deflater.BEST_SPEED);
    }
  }
}
