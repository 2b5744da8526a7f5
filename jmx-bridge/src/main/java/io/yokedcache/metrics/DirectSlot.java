package io.yokedcache.metrics;

import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Calls a collector at once. What it throws is counted, and logged the first time. */
final class DirectSlot implements CollectorSlot {

  private static final Logger logger = LoggerFactory.getLogger(DirectSlot.class);

  private final MetricsCollector collector;
  private final LongAdder failures;
  private volatile boolean hasFailed;

  DirectSlot(MetricsCollector collector, LongAdder failures) {
    this.collector = collector;
    this.failures = failures;
  }

  @Override
  public MetricsCollector collector() {
    return collector;
  }

  @Override
  public void accept(Event event) {
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

  @Override
  public void close() {
    collector.close();
  }
}
