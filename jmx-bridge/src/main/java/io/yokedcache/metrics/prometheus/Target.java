package io.yokedcache.metrics.prometheus;

import io.yokedcache.metrics.prometheus.PrometheusSettings.Shown;
import io.yokedcache.metrics.series.CacheMetric;
import io.yokedcache.metrics.series.SeriesSink;
import io.yokedcache.metrics.series.SeriesWalk;
import io.yokedcache.metrics.source.CacheReadings;
import io.yokedcache.metrics.source.CacheSource;
import io.yokedcache.metrics.source.Selection;
import io.yokedcache.metrics.source.TimeLimitedSource;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One JVM whose caches are shown. Thread-safe. */
final class Target implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(Target.class);

  private final String name;
  private final CacheSource read;
  private final boolean isThisJvm;
  private final String description;
  private final TimeLimitedSource source;
  private final SeriesLabels labels;
  private final SeriesWalk walk;
  private final LongAdder errors = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private final AtomicBoolean isAway = new AtomicBoolean();

  /**
   * Creates a target.
   *
   * @param name the value of its label; empty for this JVM, which needs no label
   */
  Target(String name, CacheSource source, Shown shown, PrometheusNames names) {
    this.name = name;
    this.read = source;
    this.isThisJvm = name.isEmpty();
    this.description = isThisJvm ? "this JVM" : name;
    this.source = TimeLimitedSource.of(description, source, shown.timeLimit());
    this.labels =
        new SeriesLabels(
            isThisJvm
                ? names.constantLabels()
                : names.constantLabels().add(PrometheusNames.TARGET, name));
    this.walk =
        new SeriesWalk(
            name,
            new SeriesWalk.Options(names.operations(), shown.cacheLabels(), shown.maxCaches()));
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
    private final TimeLimitedSource.Reading reading;

    private Scrape(Selection wanted) {
      this.reading = source.begin(wanted);
    }

    /** Waits for the figures and adds them; a target that is away only adds that it is. */
    void addTo(ReadingFamilies families) {
      SeriesSink sink = families.sink(labels, isThisJvm);
      Map<String, Number> figures = new HashMap<>();
      try {
        CacheReadings readings = reading.await();
        noteBack();
        refused.add(readings.refused());
        figures.put("droppedCaches", walk.caches(readings, families.metrics(), startNanos, sink));
        int owners = Math.max(readings.caches().size(), readings.configurations().size());
        labels.trim(owners + readings.connections().size());
        figures.put("refused", refused.sum());
        figures.put("up", 1);
      } catch (IOException | RuntimeException e) {
        warn(e);
        figures.put("up", 0);
      }
      figures.put("errors", errors.sum());
      figures.put("seconds", (System.nanoTime() - startNanos) / 1e9);
      walk.bridge(figures, families.metrics(), sink);
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
          "Cannot read the caches of {}: {}. Its figures are left out until it is back; failures"
              + " are counted in {}",
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
