package io.yokedcache.jcache.internal.jmx;

import io.yokedcache.jcache.internal.metrics.CacheStatistics;
import io.yokedcache.jcache.internal.metrics.CacheStatistics.Sums;
import java.util.concurrent.TimeUnit;
import javax.cache.management.CacheStatisticsMXBean;

/**
 * The statistics of one cache as JSR-107 publishes them: percentages from 0 to 100, times in
 * microseconds. Evictions are always 0, since Redis does not report them.
 */
public final class StatisticsBean implements CacheStatisticsMXBean {

  private final CacheStatistics statistics;

  /** The sums at the last {@code clear}, replaced as a whole. */
  private volatile Sums baseline = Sums.ZERO;

  StatisticsBean(CacheStatistics statistics) {
    this.statistics = statistics;
  }

  @Override
  public void clear() {
    baseline = statistics.sums();
  }

  private Sums now() {
    return statistics.sums().since(baseline);
  }

  @Override
  public long getCacheHits() {
    return now().hits();
  }

  @Override
  public float getCacheHitPercentage() {
    Sums now = now();
    return percentage(now.hits(), now.hits() + now.misses());
  }

  @Override
  public long getCacheMisses() {
    return now().misses();
  }

  @Override
  public float getCacheMissPercentage() {
    Sums now = now();
    return percentage(now.misses(), now.hits() + now.misses());
  }

  @Override
  public long getCacheGets() {
    Sums now = now();
    return now.hits() + now.misses();
  }

  @Override
  public long getCachePuts() {
    return now().puts();
  }

  @Override
  public long getCacheRemovals() {
    return now().removals();
  }

  @Override
  public long getCacheEvictions() {
    return 0;
  }

  @Override
  public float getAverageGetTime() {
    Sums now = now();
    return averageMicros(now.getNanos(), now.hits() + now.misses());
  }

  @Override
  public float getAveragePutTime() {
    Sums now = now();
    return averageMicros(now.putNanos(), now.puts());
  }

  @Override
  public float getAverageRemoveTime() {
    Sums now = now();
    return averageMicros(now.removeNanos(), now.removals());
  }

  private static float percentage(long part, long whole) {
    return whole == 0 ? 0 : 100f * part / whole;
  }

  private static float averageMicros(long nanos, long count) {
    return count == 0 ? 0 : (float) nanos / count / TimeUnit.MICROSECONDS.toNanos(1);
  }
}
