package io.yokedcache.metrics.prometheus;

import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import io.prometheus.metrics.model.snapshots.Exemplars;
import io.yokedcache.metrics.series.CacheMetric;
import io.yokedcache.metrics.series.SeriesFilter;
import io.yokedcache.metrics.series.SeriesOwner;
import io.yokedcache.metrics.series.SeriesSink;
import io.yokedcache.metrics.source.LatencyCells;
import io.yokedcache.metrics.source.OperationReading;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The metrics of the table that one scrape asks for, while they are filled with what was read. Not
 * thread-safe.
 */
final class ReadingFamilies {

  private final HistogramLayout layout;
  private final OperationExemplars exemplars;
  private final Map<CacheMetric, Family> families = new EnumMap<>(CacheMetric.class);

  ReadingFamilies(
      PrometheusNames names,
      HistogramLayout layout,
      OperationExemplars exemplars,
      SeriesFilter filter,
      Predicate<String> included) {
    this.layout = layout;
    this.exemplars = exemplars;
    for (CacheMetric metric : filter.metrics()) {
      String name = names.family(metric);
      if (included.test(name)) {
        families.put(metric, new Family(metric.kind(), name, metric.help()));
      }
    }
  }

  Collection<Family> all() {
    return families.values();
  }

  Set<CacheMetric> metrics() {
    return families.keySet();
  }

  /** What fills the families with the series of one target. */
  SeriesSink sink(SeriesLabels labels, boolean isOfThisJvm) {
    return new Sink(labels, isOfThisJvm);
  }

  private final class Sink implements SeriesSink {
    private final SeriesLabels all;
    private final boolean isOfThisJvm;
    private @Nullable SeriesOwner lastOwner;
    private SeriesLabels.@Nullable OfOwner last;

    Sink(SeriesLabels all, boolean isOfThisJvm) {
      this.all = all;
      this.isOfThisJvm = isOfThisJvm;
    }

    // The same object, nearly always.
    @SuppressWarnings("ReferenceEquality")
    private SeriesLabels.OfOwner labels(SeriesOwner owner) {
      if (last == null || owner != lastOwner) {
        last = all.of(owner);
        lastOwner = owner;
      }
      return last;
    }

    private Family family(CacheMetric metric) {
      return requireNonNull(families.get(metric));
    }

    @Override
    public void counter(
        SeriesOwner owner, CacheMetric metric, List<String> labelValues, double total) {
      family(metric).add(labels(owner).with(metric.labels(), labelValues), total);
    }

    @Override
    public void gauge(
        SeriesOwner owner, CacheMetric metric, List<String> labelValues, double value) {
      family(metric).add(labels(owner).with(metric.labels(), labelValues), value);
    }

    @Override
    public void histogram(
        SeriesOwner owner, CacheMetric metric, List<String> labelValues, OperationReading timer) {
      LatencyCells cells = timer.cells();
      if (cells != null) {
        family(metric)
            .add(
                layout.point(
                    cells,
                    timer.sumNanos() / 1e9,
                    labels(owner).with(metric.labels(), labelValues),
                    isOfThisJvm
                        ? exemplars.of(
                            requireNonNullElse(owner.manager(), ""),
                            requireNonNullElse(owner.cache(), ""),
                            timer.operation())
                        : Exemplars.EMPTY));
      }
    }
  }
}
