package io.yokedcache.metrics.otlp;

import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporter;
import io.opentelemetry.exporter.otlp.metrics.OtlpGrpcMetricExporter;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.logging.Filter;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The threads in which OpenTelemetry's exporter sends, so that they end with the reporter, and so
 * that its log records can be told from those of the application's own exporters. For each failed
 * request the exporter logs {@code SEVERE} with a stack trace; {@link OtlpReporter} logs one line
 * for an outage instead. Thread-safe.
 */
final class SenderThreads implements AutoCloseable {

  /** The loggers of the exporters for HTTP and gRPC, which are named after their classes. */
  private static final List<String> LOGGERS =
      List.of(
          "io.opentelemetry.exporter.otlp.internal.HttpExporter",
          "io.opentelemetry.exporter.otlp.internal.GrpcExporter");

  private static final class SenderThread extends Thread {
    private SenderThread(Runnable task) {
      super(task, "yokedcache-otlp-send");
      setDaemon(true);
    }
  }

  /**
   * Drops the records of senders' threads.
   *
   * @param logger referred to while it is filtered, because the JDK only has a weak reference
   * @param before decides about other records; absent for all
   */
  private record Quiet(Logger logger, @Nullable Filter before) implements Filter {

    private static Quiet install(String name) {
      Logger logger = Logger.getLogger(name);
      Quiet quiet = new Quiet(logger, logger.getFilter());
      logger.setFilter(quiet);
      return quiet;
    }

    @Override
    public boolean isLoggable(LogRecord entry) {
      return !(Thread.currentThread() instanceof SenderThread)
          && (before == null || before.isLoggable(entry));
    }

    /** Takes the filter out again, unless another one has been put before it. */
    private void remove() {
      if (logger.getFilter() == this) {
        logger.setFilter(before);
      }
    }
  }

  private final ExecutorService threads = Executors.newCachedThreadPool(SenderThread::new);
  private final List<Quiet> filters = LOGGERS.stream().map(Quiet::install).toList();

  /** Returns an exporter with the same settings that sends in these threads. */
  MetricExporter of(MetricExporter found) {
    if (found instanceof OtlpGrpcMetricExporter grpc) {
      found.shutdown();
      return grpc.toBuilder().setExecutorService(threads).build();
    }
    if (found instanceof OtlpHttpMetricExporter http) {
      found.shutdown();
      return http.toBuilder().setExecutorService(threads).build();
    }
    return found;
  }

  /** Interrupts the threads. May be called twice. */
  @Override
  public void close() {
    threads.shutdownNow();
    filters.forEach(Quiet::remove);
  }
}
