package io.yokedcache.jcache.internal.jmx;

import io.yokedcache.jcache.internal.metrics.CacheStatistics;
import io.yokedcache.jcache.internal.metrics.CacheStatistics.Sums;
import io.yokedcache.jcache.internal.metrics.Operation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import javax.management.MBeanNotificationInfo;

/** Shows what a cache counts, from a baseline on. Safe for use by several threads. */
final class ExtendedStatisticsBean implements ExtendedStatisticsMXBean {

  private static final long UNKNOWN = -1;
  private static final String RESET = "io.yokedcache.statistics.reset";

  private static final MBeanNotificationInfo[] INFOS = infos();

  /** Before the first reset. */
  private static final Baseline START = new Baseline(Sums.ZERO, 0, 0, 0, 0, NearFigures.ZERO);

  private final CacheStatistics statistics;
  private final CodecFigures codec;
  private final LongSupplier droppedEvents;
  private final Runnable resetOperations;
  private final Runnable showOperations;
  private final Supplier<CacheSize> size;
  private final Supplier<NearFigures> near;
  private final Notifications notifications;

  /** What came before the last reset, replaced as a whole. */
  private volatile Baseline baseline = START;

  ExtendedStatisticsBean(
      CacheStatistics statistics,
      CodecFigures codec,
      LongSupplier droppedEvents,
      Runnable resetOperations,
      Runnable showOperations,
      Supplier<CacheSize> size,
      Supplier<NearFigures> near,
      Notifications notifications) {
    this.statistics = statistics;
    this.codec = codec;
    this.droppedEvents = droppedEvents;
    this.resetOperations = resetOperations;
    this.showOperations = showOperations;
    this.size = size;
    this.near = near;
    this.notifications = notifications;
  }

  /** What such a bean sends. */
  static Notifications notifications() {
    return new Notifications(INFOS);
  }

  private static MBeanNotificationInfo[] infos() {
    List<MBeanNotificationInfo> infos = new ArrayList<>(LimitWatch.infos());
    infos.add(Notifications.info(RESET, "Statistics of this cache count anew from now on"));
    return infos.toArray(new MBeanNotificationInfo[0]);
  }

  @Override
  public void reset() {
    resetOperations.run();
    baseline = now();
    notifications.send(RESET, "Statistics of the cache were reset", /* userData= */ null);
  }

  @Override
  public void showOperations() {
    showOperations.run();
  }

  private Baseline now() {
    return new Baseline(
        statistics.sums(),
        statistics.read(Operation.LOAD).count(),
        statistics.errorCount(Operation.LOAD),
        statistics.expirations(),
        statistics.errorCount(),
        near.get());
  }

  @Override
  public long getUndecodableEntries() {
    return codec.undecodable().getAsLong();
  }

  @Override
  public Map<String, Long> getUndecodableByReason() {
    return codec.undecodableByReason().get();
  }

  @Override
  public String[] learnedTypes() {
    return codec.learnedTypes().get().toArray(new String[0]);
  }

  @Override
  public long getDroppedEvents() {
    return droppedEvents.getAsLong();
  }

  @Override
  public long getLoads() {
    return now().loads - baseline.loads;
  }

  @Override
  public long getLoadFailures() {
    return now().loadFailures - baseline.loadFailures;
  }

  @Override
  public long getExpirations() {
    return statistics.hearsExpirations() ? now().expirations - baseline.expirations : UNKNOWN;
  }

  @Override
  public long getErrors() {
    return now().errors - baseline.errors;
  }

  private NearFigures near() {
    return near.get().since(baseline.near);
  }

  @Override
  public long getNearHits() {
    return near().hits();
  }

  @Override
  public long getNearMisses() {
    return near().misses();
  }

  @Override
  public long getNearInvalidations() {
    return near().invalidations();
  }

  @Override
  public long getNearFlushes() {
    return near().flushes();
  }

  @Override
  public long getNearDroppedFills() {
    return near().droppedFills();
  }

  @Override
  public long getNearEntries() {
    return near().entries();
  }

  @Override
  public double getHitRate() {
    return statistics.sums().since(baseline.sums).hitRate();
  }

  @Override
  public double getUptimeSeconds() {
    return statistics.uptimeSeconds();
  }

  @Override
  public long getKeysCount() {
    return size.get().keys();
  }

  @Override
  public long getSizeBytes() {
    return size.get().bytes();
  }

  @Override
  public double getKeyStatisticsAgeSeconds() {
    return size.get().ageSeconds();
  }

  private record Baseline(
      Sums sums, long loads, long loadFailures, long expirations, long errors, NearFigures near) {}
}
