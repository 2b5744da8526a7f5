package io.yokedcache.jcache.internal.jmx;

import io.yokedcache.jcache.internal.metrics.CacheStatistics;
import io.yokedcache.jcache.internal.metrics.Operation;
import io.yokedcache.jcache.internal.metrics.RateMeter;
import io.yokedcache.jcache.internal.metrics.TimerReading;

/** Shows one operation's timer, from a baseline on. Safe for use by several threads. */
final class OperationBean implements OperationMXBean {

  private static final double NANOS_PER_MICRO = 1_000;

  private final CacheStatistics statistics;
  private final Operation operation;
  private final RateMeter rate = new RateMeter(System.nanoTime());

  /** What came before the last reset, replaced as a whole. */
  private volatile Baseline baseline = new Baseline(TimerReading.NONE, 0);

  OperationBean(CacheStatistics statistics, Operation operation) {
    this.statistics = statistics;
    this.operation = operation;
  }

  Operation operation() {
    return operation;
  }

  /** Shows from now on only what comes; nothing is forgotten elsewhere. */
  void reset() {
    baseline = new Baseline(statistics.read(operation), statistics.errorCount(operation));
  }

  private TimerReading now() {
    return statistics.read(operation).since(baseline.reading);
  }

  private double percentileMicros(double share) {
    return now().percentileNanos(share) / NANOS_PER_MICRO;
  }

  @Override
  public long getCount() {
    return now().count();
  }

  @Override
  public long getErrorCount() {
    return statistics.errorCount(operation) - baseline.errors;
  }

  @Override
  public double getMeanMicros() {
    return now().meanNanos() / NANOS_PER_MICRO;
  }

  @Override
  public double getP50Micros() {
    return percentileMicros(0.5);
  }

  @Override
  public double getP90Micros() {
    return percentileMicros(0.9);
  }

  @Override
  public double getP95Micros() {
    return percentileMicros(0.95);
  }

  @Override
  public double getP99Micros() {
    return percentileMicros(0.99);
  }

  @Override
  public double getP999Micros() {
    return percentileMicros(0.999);
  }

  @Override
  public double getMaxMicros() {
    return now().maxNanos() / NANOS_PER_MICRO;
  }

  @Override
  public double getRatePerSecond() {
    return rate.read(statistics.read(operation).count(), System.nanoTime());
  }

  private record Baseline(TimerReading reading, long errors) {}
}
