package io.yokedcache.jcache.internal.jmx;

import io.yokedcache.jcache.internal.metrics.CacheStatistics;
import io.yokedcache.jcache.internal.metrics.CacheStatistics.Sums;
import io.yokedcache.jcache.internal.metrics.KeyStatistics;
import io.yokedcache.jcache.internal.metrics.Operation;
import io.yokedcache.jcache.internal.metrics.TimerReading;
import io.yokedcache.jcache.internal.settings.Settings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;
import javax.management.MBeanNotificationInfo;
import org.jspecify.annotations.Nullable;

/**
 * Compares the figures of a cache since the last run with its limits. It notifies once when a limit
 * is crossed, and once when the figure is within the limit again. For one thread at a time.
 */
final class LimitWatch implements Runnable {

  /** Fewer lookups, or calls of {@code get}, are not compared. */
  static final int LEAST_OPERATIONS = 20;

  private static final String PREFIX = "io.yokedcache.limit.";
  private static final double NANOS_PER_MICRO = 1_000;

  private final String cacheName;
  private final Settings.Alerts limits;
  private final CacheStatistics statistics;
  private final Supplier<@Nullable KeyStatistics> size;
  private final Notifications notifications;
  private final Set<Figure> crossed = EnumSet.noneOf(Figure.class);
  private Sums sums;
  private TimerReading gets;

  LimitWatch(
      String cacheName,
      Settings.Alerts limits,
      CacheStatistics statistics,
      Supplier<@Nullable KeyStatistics> size,
      Notifications notifications) {
    this.cacheName = cacheName;
    this.limits = limits;
    this.statistics = statistics;
    this.size = size;
    this.notifications = notifications;
    this.sums = statistics.sums();
    this.gets = statistics.read(Operation.GET);
  }

  /** Describes the notifications. */
  static List<MBeanNotificationInfo> infos() {
    List<MBeanNotificationInfo> infos = new ArrayList<>();
    for (Figure figure : Figure.values()) {
      infos.add(Notifications.info(figure.crossedType(), figure.words + " has crossed its limit"));
      infos.add(Notifications.info(figure.backType(), figure.words + " is within its limit again"));
    }
    return infos;
  }

  @Override
  public void run() {
    Sums sumsNow = statistics.sums();
    TimerReading getsNow = statistics.read(Operation.GET);
    Sums since = sumsNow.since(sums);
    TimerReading getsSince = getsNow.since(gets);
    sums = sumsNow;
    gets = getsNow;
    if (since.hits() + since.misses() >= LEAST_OPERATIONS) {
      compare(Figure.HIT_RATE, since.hitRate(), limits.hitRateBelow());
    }
    if (getsSince.count() >= LEAST_OPERATIONS) {
      Duration limit = limits.getP99Above();
      compare(
          Figure.GET_P99_MICROS,
          getsSince.percentileNanos(0.99) / NANOS_PER_MICRO,
          limit == null ? null : limit.toNanos() / NANOS_PER_MICRO);
    }
    KeyStatistics keys = size.get();
    Long limit = limits.sizeBytesAbove();
    if (keys != null && keys.bytes() >= 0) {
      compare(Figure.SIZE_BYTES, (double) keys.bytes(), limit == null ? null : limit.doubleValue());
    }
  }

  private void compare(Figure figure, double value, @Nullable Double limit) {
    if (limit == null) {
      return;
    }
    boolean isCrossed = figure.isLowerBound ? value < limit : value > limit;
    if (isCrossed ? crossed.add(figure) : crossed.remove(figure)) {
      notifications.send(
          isCrossed ? figure.crossedType() : figure.backType(),
          String.format(
              Locale.ROOT,
              "%s of cache %s is %.6g, %s its limit %.6g",
              figure.words,
              cacheName,
              value,
              !isCrossed ? "within" : figure.isLowerBound ? "below" : "above",
              limit),
          value);
    }
  }

  private enum Figure {
    HIT_RATE("hitRate", "Hit rate (0 to 1)", /* isLowerBound= */ true),
    GET_P99_MICROS(
        "getP99Micros", "99th percentile of get in microseconds", /* isLowerBound= */ false),
    SIZE_BYTES("sizeBytes", "Size in bytes", /* isLowerBound= */ false);

    private final String label;
    private final String words;
    private final boolean isLowerBound;

    Figure(String label, String words, boolean isLowerBound) {
      this.label = label;
      this.words = words;
      this.isLowerBound = isLowerBound;
    }

    private String crossedType() {
      return PREFIX + label + ".crossed";
    }

    private String backType() {
      return PREFIX + label + ".back";
    }
  }
}
