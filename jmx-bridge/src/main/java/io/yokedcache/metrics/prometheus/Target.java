package io.yokedcache.metrics.prometheus;

import io.prometheus.metrics.model.snapshots.Labels;
import io.yokedcache.metrics.prometheus.PrometheusSettings.Shown;
import io.yokedcache.metrics.series.CacheMetric;
import io.yokedcache.metrics.source.CacheReadings;
import io.yokedcache.metrics.source.CacheSource;
import io.yokedcache.metrics.source.LastingSum;
import io.yokedcache.metrics.source.Selection;
import io.yokedcache.metrics.source.TimeLimitedSource;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One JVM whose caches are shown. Thread-safe. */
final class Target implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(Target.class);

  private final String name;
  private final CacheSource read;
  private final Shown shown;
  private final boolean isThisJvm;
  private final String description;
  private final TimeLimitedSource source;
  private final SeriesLabels labels;
  private final LastingSum sum = new LastingSum();
  private final LongAdder errors = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private final AtomicBoolean isAway = new AtomicBoolean();

  /**
   * Creates a target.
   *
   * @param name the value of its label; empty for this JVM, which needs no label
   */
  Target(String name, CacheSource source, Shown shown, Labels constantLabels) {
    this.name = name;
    this.read = source;
    this.shown = shown;
    this.isThisJvm = name.isEmpty();
    this.description = isThisJvm ? "this JVM" : name;
    this.source = TimeLimitedSource.of(description, source, shown.timeLimit());
    this.labels =
        new SeriesLabels(
            isThisJvm ? constantLabels : constantLabels.add(PrometheusNames.TARGET, name),
            shown.cacheLabels());
  }

  String name() {
    return name;
  }

  boolean reads(CacheSource other) {
    return read == other;
  }

  /** A reading of this target that is under way. */
  final class Scrape {
    private final long startNanos = System.nanoTime();
    private final Selection wanted;
    private final TimeLimitedSource.Reading reading;

    private Scrape(Selection wanted) {
      this.wanted = wanted;
      this.reading = source.begin(wanted);
    }

    /** Waits for the figures and adds them; a target that is away only adds that it is. */
    void addTo(ReadingFamilies families) {
      CacheReadings readings = CacheReadings.EMPTY;
      boolean isUp = true;
      try {
        readings = reading.await();
        refused.add(readings.refused());
        noteBack();
      } catch (IOException | RuntimeException e) {
        isUp = false;
        warn(e);
      }
      if (!shown.cacheLabels() && isUp) {
        readings = sum.of(readings, wanted.operations());
      }
      families.add(readings, labels, shown.maxCaches(), isThisJvm);
      int live = Math.min(readings.caches().size(), shown.maxCaches());
      if (isUp) {
        int owners = Math.max(live, readings.configurations().size());
        labels.trim(owners + readings.connections().size());
      }
      Labels own = labels.base();
      families.addBridge(CacheMetric.TARGET_UP, own, isUp ? 1 : 0);
      families.addBridge(CacheMetric.BRIDGE_ERRORS, own, (double) errors.sum());
      families.addBridge(CacheMetric.REFUSED_VALUES, own, (double) refused.sum());
      families.addBridge(CacheMetric.DROPPED_CACHES, own, (double) readings.caches().size() - live);
      families.addBridge(CacheMetric.SCRAPE_DURATION, own, (System.nanoTime() - startNanos) / 1e9);
    }
  }

  /** Begins to read; what comes of it is to be added to the scrape's families. */
  Scrape begin(Selection wanted) {
    return new Scrape(wanted);
  }

  private void warn(Exception failure) {
    errors.increment();
    if (isAway.compareAndSet(false, true)) {
      logger.warn(
          "Cannot read the caches of {}: {}. Its figures are left out until it is back; failures are counted in {}",
          description,
          failure.getMessage() == null ? failure.toString() : failure.getMessage(),
          CacheMetric.BRIDGE_ERRORS.metricName());
    }
    logger.debug("Cannot read the caches of {}", description, failure);
  }

  private void noteBack() {
    if (isAway.compareAndSet(true, false)) {
      logger.info("The caches of {} can be read again", description);
    }
  }

  @Override
  public void close() {
    source.close();
  }
}
