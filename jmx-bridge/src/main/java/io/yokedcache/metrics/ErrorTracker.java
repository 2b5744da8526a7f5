package io.yokedcache.metrics;

import static java.util.Objects.requireNonNull;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts the errors that an application meets and reports which part of its operations failed.
 * Thread-safe.
 */
public final class ErrorTracker {

  /** How many operations have a rate; errors of further ones are only counted. */
  public static final int MAX_OPERATIONS = 1_000;

  private final CacheMetrics metrics;
  private final Map<String, LongAdder> errorsByOperation = new ConcurrentHashMap<>();

  /**
   * Creates a tracker that has seen no error.
   *
   * @param metrics where errors and rates go
   */
  public ErrorTracker(CacheMetrics metrics) {
    this.metrics = requireNonNull(metrics, "metrics");
  }

  /**
   * Counts an error in {@code application.errors.total}, by operation, type and class. Not in
   * {@code cache.errors.total}, where the caches count the same failures: a sum would count them
   * twice.
   *
   * @param operation what failed: {@code get}
   * @param errorType what kind of failure it is: {@code connection}
   * @param error what was thrown, of which only the class is used
   */
  public void trackError(String operation, String errorType, Throwable error) {
    requireNonNull(operation, "operation");
    requireNonNull(errorType, "errorType");
    metrics.increment(
        "application.errors.total",
        Map.of(
            "operation",
            operation,
            "error_type",
            errorType,
            "error_class",
            className(error.getClass())));
    LongAdder errors = errorsByOperation.get(operation);
    if (errors == null && errorsByOperation.size() < MAX_OPERATIONS) {
      errors = errorsByOperation.computeIfAbsent(operation, key -> new LongAdder());
    }
    if (errors != null) {
      errors.increment();
    }
  }

  private static String className(Class<?> type) {
    return type.getSimpleName().isEmpty() ? type.getName() : type.getSimpleName();
  }

  /**
   * Reports for each operation that has failed the part of all its calls that did, of all types
   * together, as the gauge {@code cache.error_rate.<operation>}.
   *
   * @param totalOperations how often each operation was called, failed calls included, since this
   *     tracker was created; an operation that is missing or was never called gets no rate
   */
  public void reportErrorRates(Map<String, Long> totalOperations) {
    errorsByOperation.forEach(
        (operation, errors) -> {
          Long total = totalOperations.get(operation);
          if (total != null && total > 0) {
            metrics.gauge("cache.error_rate." + operation, (double) errors.sum() / total);
          }
        });
  }
}
