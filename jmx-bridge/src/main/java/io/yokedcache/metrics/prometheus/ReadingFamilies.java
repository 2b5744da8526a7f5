package io.yokedcache.metrics.prometheus;

import io.prometheus.metrics.model.snapshots.Exemplars;
import io.prometheus.metrics.model.snapshots.Labels;
import io.yokedcache.metrics.series.CacheMetric;
import io.yokedcache.metrics.series.MetricKind;
import io.yokedcache.metrics.series.MetricSample;
import io.yokedcache.metrics.source.CacheReading;
import io.yokedcache.metrics.source.CacheReadings;
import io.yokedcache.metrics.source.ConfigurationReading;
import io.yokedcache.metrics.source.ConnectionReading;
import io.yokedcache.metrics.source.LatencyCells;
import io.yokedcache.metrics.source.OperationNames;
import io.yokedcache.metrics.source.OperationReading;
import io.yokedcache.metrics.source.Selection;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The metrics of the table that one scrape asks for, while they are filled with what was read. Not
 * thread-safe.
 */
final class ReadingFamilies {

  /** The client sorts all series by their labels, which takes no time if they are in order. */
  private static final Comparator<CacheReading> IN_ORDER_OF_LABELS =
      Comparator.comparing(CacheReading::cache).thenComparing(CacheReading::manager);

  private final OperationNames operations;
  private final HistogramLayout layout;
  private final OperationExemplars exemplars;
  private final Map<CacheMetric, Family> families = new EnumMap<>(CacheMetric.class);

  ReadingFamilies(
      PrometheusNames names,
      HistogramLayout layout,
      OperationExemplars exemplars,
      Predicate<String> included) {
    this.operations = names.operations();
    this.layout = layout;
    this.exemplars = exemplars;
    for (CacheMetric metric : CacheMetric.values()) {
      String name = names.family(metric);
      if (included.test(name)) {
        families.put(metric, new Family(names.kind(metric), name, metric.help()));
      }
    }
  }

  Collection<Family> all() {
    return families.values();
  }

  /** Whether anything must be read at all. */
  boolean needsReading() {
    return families.keySet().stream().anyMatch(CacheMetric::isRead);
  }

  /** What must be read. */
  Selection wanted() {
    boolean operations = false;
    boolean configurations = false;
    Set<String> figures = new HashSet<>();
    boolean allFigures = false;
    for (CacheMetric metric : families.keySet()) {
      operations |= metric.needsOperations();
      configurations |= metric.needsConfigurations();
      Set<String> own = metric.figures();
      if (own == null) {
        allFigures = true;
      } else {
        figures.addAll(own);
      }
    }
    return new Selection(operations, configurations, operations || allFigures ? null : figures);
  }

  /** Adds caches, up to a limit, and connections. */
  void add(CacheReadings readings, SeriesLabels labels, int maxCaches, boolean isOfThisJvm) {
    List<CacheReading> caches =
        readings.caches().stream().limit(maxCaches).sorted(IN_ORDER_OF_LABELS).toList();
    for (CacheReading cache : caches) {
      addCache(cache, labels.ofCache(cache.manager(), cache.cache()), isOfThisJvm);
    }
    readings.configurations().stream()
        .limit(maxCaches)
        .forEach(each -> addConfiguration(each, labels.ofCache(each.manager(), each.cache())));
    for (ConnectionReading connection : readings.connections()) {
      SeriesLabels.OfOwner ofManager = labels.ofManager(connection.manager());
      families.forEach(
          (metric, family) -> add(family, metric, metric.samples(connection), ofManager));
    }
  }

  private void addCache(CacheReading cache, SeriesLabels.OfOwner labels, boolean isOfThisJvm) {
    families.forEach(
        (metric, family) -> {
          if (metric.kind() == MetricKind.HISTOGRAM) {
            for (OperationReading operation : metric.distributions(cache)) {
              addOperation(family, metric, cache, operation, labels, isOfThisJvm);
            }
          } else {
            add(family, metric, metric.samples(cache), labels);
          }
        });
  }

  private void addConfiguration(ConfigurationReading configuration, SeriesLabels.OfOwner labels) {
    families.forEach(
        (metric, family) -> {
          if (metric.needsConfigurations()) {
            add(family, metric, metric.samples(configuration), labels);
          }
        });
  }

  private void addOperation(
      Family family,
      CacheMetric metric,
      CacheReading cache,
      OperationReading operation,
      SeriesLabels.OfOwner labels,
      boolean isOfThisJvm) {
    LatencyCells cells = operation.cells();
    if (cells != null) {
      family.add(
          layout.point(
              cells,
              operation.sumNanos() / 1e9,
              labels.with(metric.labels(), List.of(operations.of(operation.operation()))),
              isOfThisJvm
                  ? exemplars.of(cache.manager(), cache.cache(), operation.operation())
                  : Exemplars.EMPTY));
    }
  }

  private void add(
      Family family, CacheMetric metric, List<MetricSample> samples, SeriesLabels.OfOwner labels) {
    for (MetricSample sample : samples) {
      family.add(
          labels.with(metric.labels(), operations.of(metric, sample.labelValues())),
          sample.value());
    }
  }

  /** Adds a figure of the bridge itself. */
  void addBridge(CacheMetric metric, Labels labels, double value) {
    Family family = families.get(metric);
    if (family != null) {
      family.add(labels, value);
    }
  }
}
