package io.yokedcache.jcache.internal.metrics;

import io.yokedcache.jcache.spi.OperationObserver;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts, and calls the observers. Safe for use by several threads. */
final class ObservedRecorder implements StatisticsRecorder {

  private static final Logger logger = LoggerFactory.getLogger(ObservedRecorder.class);

  private final StatisticsRecorder counts;
  private final List<OperationObserver> observers;
  private final AtomicBoolean warned = new AtomicBoolean();

  ObservedRecorder(StatisticsRecorder counts, List<OperationObserver> observers) {
    this.counts = counts;
    this.observers = List.copyOf(observers);
  }

  @Override
  public long start() {
    return counts.start();
  }

  @Override
  public void record(
      Operation operation, int hits, int misses, int puts, int removals, long startNanos) {
    counts.record(operation, hits, misses, puts, removals, startNanos);
    long nanos = Math.max(0, System.nanoTime() - startNanos);
    notifyObservers(
        observer -> observer.completed(operation.label(), hits, misses, puts, removals, nanos));
  }

  @Override
  public void count(int hits, int misses, int puts, int removals, long startNanos) {
    counts.count(hits, misses, puts, removals, startNanos);
    notifyObservers(observer -> observer.counted(hits, misses, puts, removals));
  }

  @Override
  public void failed(Operation operation, ErrorType error) {
    counts.failed(operation, error);
    notifyObservers(observer -> observer.failed(operation.label(), error.label()));
  }

  private void notifyObservers(Consumer<OperationObserver> event) {
    for (OperationObserver observer : observers) {
      try {
        event.accept(observer);
      } catch (Throwable e) { // a completed operation must not fail by an observer
        if (warned.compareAndSet(false, true)) {
          logger.warn("{} fails; further failures are logged at debug level", observer, e);
        } else {
          logger.debug("{} fails", observer, e);
        }
      }
    }
  }
}
