package io.yokedcache.metrics.prometheus;

import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.DataPointSnapshot;
import io.prometheus.metrics.model.snapshots.DuplicateLabelsException;
import io.prometheus.metrics.model.snapshots.Exemplars;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot.InfoDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.PrometheusNaming;
import io.yokedcache.metrics.series.CacheMetric;
import io.yokedcache.metrics.series.MetricKind;
import io.yokedcache.metrics.series.SeriesOwner;
import io.yokedcache.metrics.series.SeriesSink;
import io.yokedcache.metrics.source.LatencyCells;
import io.yokedcache.metrics.source.OperationReading;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The requested metrics of one scrape, while they are filled. Not thread-safe. */
final class ReadingFamilies {

  private final HistogramLayout layout;
  private final OperationExemplars exemplars;
  private final Map<CacheMetric, Family> families = new EnumMap<>(CacheMetric.class);

  ReadingFamilies(
      PrometheusNames names,
      HistogramLayout layout,
      OperationExemplars exemplars,
      List<CacheMetric> metrics,
      Predicate<String> included) {
    this.layout = layout;
    this.exemplars = exemplars;
    for (CacheMetric metric : metrics) {
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

  /**
   * One metric of a scrape while its series are gathered. Of equal series the first stays.
   *
   * <p>Older client libraries, such as 1.3 of Spring Boot 3.5, take names that end in {@code _info}
   * only for an {@link InfoSnapshot}, which is always 1. There a gauge that is 1 is shown as one,
   * which in Prometheus' text is the same, and any other metric gets the suffix {@code _value}.
   */
  static final class Family {

    private static final String INFO = "_info";

    private final MetricKind kind;
    private final String name;
    private final String help;
    private final List<DataPointSnapshot> points = new ArrayList<>();

    Family(MetricKind kind, String name, String help) {
      this.kind = kind;
      this.name = name;
      this.help = help;
    }

    String name() {
      return name;
    }

    boolean isEmpty() {
      return points.isEmpty();
    }

    void add(Labels labels, double value) {
      add(
          kind == MetricKind.COUNTER
              ? new CounterDataPointSnapshot(value, labels, null, 0)
              : new GaugeDataPointSnapshot(value, labels, null));
    }

    void add(DataPointSnapshot point) {
      points.add(point);
    }

    /**
     * Creates the snapshot to expose.
     *
     * @param names the names of all metrics of the scrape
     */
    MetricSnapshot snapshot(Set<String> names) {
      if (PrometheusNaming.isValidMetricName(name)) {
        return snapshot(name);
      }
      String base = name.endsWith(INFO) ? name.substring(0, name.length() - INFO.length()) : name;
      return isInfo() && !names.contains(base)
          ? new InfoSnapshot(
              new MetricMetadata(base, help),
              points.stream()
                  .map(DataPointSnapshot::getLabels)
                  .distinct()
                  .map(InfoDataPointSnapshot::new)
                  .toList())
          : snapshot(name + "_value");
    }

    private boolean isInfo() {
      return kind == MetricKind.GAUGE
          && points.stream().allMatch(point -> ((GaugeDataPointSnapshot) point).getValue() == 1);
    }

    private MetricSnapshot snapshot(String exposed) {
      MetricMetadata metadata = new MetricMetadata(exposed, help);
      try {
        return snapshot(metadata);
      } catch (DuplicateLabelsException e) {
        // Looked for only here, because it takes as long as the rest and finds nothing in sane
        // beans.
        Set<Labels> known = new HashSet<>();
        points.removeIf(point -> !known.add(point.getLabels()));
        return snapshot(metadata);
      }
    }

    private MetricSnapshot snapshot(MetricMetadata metadata) {
      return switch (kind) {
        case COUNTER -> new CounterSnapshot(metadata, all());
        case GAUGE -> new GaugeSnapshot(metadata, all());
        case HISTOGRAM -> new HistogramSnapshot(metadata, all());
      };
    }

    /** All points: their type is that of the family's kind. */
    @SuppressWarnings("unchecked")
    private <T extends DataPointSnapshot> List<T> all() {
      return (List<T>) points;
    }
  }
}
