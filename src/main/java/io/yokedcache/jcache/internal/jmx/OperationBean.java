package io.yokedcache.jcache.internal.jmx;

import io.yokedcache.jcache.internal.jmx.OpenData.Item;
import io.yokedcache.jcache.internal.metrics.CacheStatistics;
import io.yokedcache.jcache.internal.metrics.Operation;
import io.yokedcache.jcache.internal.metrics.RateMeter;
import io.yokedcache.jcache.internal.metrics.TimerReading;
import java.util.List;
import javax.management.DynamicMBean;

/**
 * The source of a {@code CacheOperation} MBean: one operation of one cache, as plain numbers that
 * consoles can plot. All attributes but the rate count since the cache was created in this JVM, or
 * since {@code reset} of its extended statistics. Safe for use by several threads.
 */
final class OperationBean {

  /** Made when a client first reads a bean. */
  private static final class Table {

    static final BeanType<OperationBean> TYPE =
        new BeanType<>(
            "Counts and durations of one operation of a cache in this JVM",
            List.of(
                Item.ofLong(
                    "Count",
                    "Number of times that the operation did its work, since the last reset",
                    bean -> bean.now().count()),
                Item.ofLong(
                    "ErrorCount",
                    "Number of times that the operation threw, or failed for one of its keys, since"
                        + " the last reset",
                    OperationBean::errorCount),
                Item.ofDouble(
                    "MeanMicros",
                    "Mean duration in microseconds since the last reset; 0 if there is none",
                    bean -> micros(bean.now().meanNanos())),
                percentile("P50Micros", "50th", 0.5),
                percentile("P90Micros", "90th", 0.9),
                percentile("P95Micros", "95th", 0.95),
                percentile("P99Micros", "99th", 0.99),
                percentile("P999Micros", "99.9th", 0.999),
                Item.ofDouble(
                    "MaxMicros",
                    "Longest duration in microseconds; after a reset, the bound of its cell",
                    bean -> micros((double) bean.now().maxNanos())),
                Item.ofDouble(
                    "RatePerSecond",
                    "Operations per second between the last two reads that were a second or more"
                        + " apart",
                    OperationBean::ratePerSecond)),
            attribute -> true,
            List.of());

    private Table() {}
  }

  private final CacheStatistics statistics;
  private final Operation operation;
  private final RateMeter rate = new RateMeter(System.nanoTime());

  /** The values at the last reset, replaced as a whole. */
  private volatile Baseline baseline = new Baseline(TimerReading.NONE, 0);

  OperationBean(CacheStatistics statistics, Operation operation) {
    this.statistics = statistics;
    this.operation = operation;
  }

  /** Creates the MBean of an operation. */
  DynamicMBean bean() {
    return BeanType.bean(() -> Table.TYPE, this);
  }

  private static Item<OperationBean> percentile(String name, String ordinal, double quantile) {
    return Item.ofDouble(
        name,
        ordinal + " percentile of the durations in microseconds, to about 5 %; 0 if there is none",
        bean -> micros(bean.now().percentileNanos(quantile)));
  }

  private static double micros(double nanos) {
    return nanos / 1_000;
  }

  /** Sets the attributes back; the statistics keep their counts. */
  void reset() {
    baseline = new Baseline(statistics.read(operation), statistics.errorCount(operation));
  }

  private TimerReading now() {
    return statistics.read(operation).since(baseline.reading);
  }

  private long errorCount() {
    return statistics.errorCount(operation) - baseline.errors;
  }

  private double ratePerSecond() {
    return rate.read(statistics.count(operation), System.nanoTime());
  }

  private record Baseline(TimerReading reading, long errors) {}
}
