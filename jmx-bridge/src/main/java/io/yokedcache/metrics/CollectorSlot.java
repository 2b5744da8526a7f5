package io.yokedcache.metrics;

import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A collector and the wall around it: what it throws is counted, and logged the first time. */
final class CollectorSlot {

  private static final Logger logger = LoggerFactory.getLogger(CollectorSlot.class);

  /** One call of a collector. */
  @FunctionalInterface
  interface Event {
    void sendTo(MetricsCollector collector);
  }

  private final MetricsCollector collector;
  private final LongAdder failures;
  private volatile boolean hasFailed;

  CollectorSlot(MetricsCollector collector, LongAdder failures) {
    this.collector = collector;
    this.failures = failures;
  }

  MetricsCollector collector() {
    return collector;
  }

  void accept(Event event) {
    try {
      event.sendTo(collector);
    } catch (VirtualMachineError e) {
      throw e;
    } catch (Throwable collectorIsBroken) {
      // Not only RuntimeException: a missing library is an Error, and other languages throw
      // checked exceptions from anywhere. An application must not stop for the sake of its metrics.
      failures.increment();
      if (!hasFailed) {
        hasFailed = true;
        logger.warn(
            "The metrics collector {} failed; this and its further failures are only counted",
            collector,
            collectorIsBroken);
      }
    }
  }
}
