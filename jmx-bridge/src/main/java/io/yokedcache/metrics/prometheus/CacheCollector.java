package io.yokedcache.metrics.prometheus;

import io.prometheus.metrics.model.registry.MetricType;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.registry.PrometheusScrapeRequest;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.yokedcache.metrics.jmx.CacheMetric;
import io.yokedcache.metrics.jmx.CacheMetric.Scope;
import io.yokedcache.metrics.jmx.CacheReading;
import io.yokedcache.metrics.jmx.CacheReadings;
import io.yokedcache.metrics.jmx.CacheSource;
import io.yokedcache.metrics.jmx.ConnectionReading;
import io.yokedcache.metrics.jmx.LatencyCells;
import io.yokedcache.metrics.jmx.MetricKind;
import io.yokedcache.metrics.jmx.MetricSample;
import io.yokedcache.metrics.jmx.OperationReading;
import io.yokedcache.metrics.jmx.ReadingSum;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything that one {@link PrometheusCollector} shows. There is only one, because the registry
 * takes a metric's name only once, however many caches there are. It reads when it is scraped, and
 * builds only the metrics that the scrape asks for.
 */
final class CacheCollector implements MultiCollector {

  private static final Logger logger = LoggerFactory.getLogger(CacheCollector.class);

  private final PrometheusSettings settings;
  private final PrometheusNames names;
  private final HistogramLayout layout;
  private final ApplicationMetrics application;
  private final Map<String, LongAdder> errorsByTarget = new ConcurrentHashMap<>();

  CacheCollector(PrometheusSettings settings, ApplicationMetrics application) {
    this.settings = settings;
    this.names = settings.names();
    this.layout = new HistogramLayout(settings.histograms(), settings.bucketsSeconds());
    this.application = application;
  }

  @Override
  public MetricSnapshots collect() {
    return collect(name -> true, null);
  }

  @Override
  public MetricSnapshots collect(Predicate<String> included) {
    return collect(included, null);
  }

  @Override
  public MetricSnapshots collect(PrometheusScrapeRequest request) {
    return collect(name -> true, request);
  }

  @Override
  public MetricSnapshots collect(
      Predicate<String> included, @Nullable PrometheusScrapeRequest request) {
    Map<String, Family> families = new LinkedHashMap<>();
    Map<CacheMetric, Family> measured = new LinkedHashMap<>();
    for (CacheMetric metric : CacheMetric.values()) {
      String name = names.family(metric);
      if (included.test(name)) {
        Family family = new Family(metric.kind(), name, metric.help());
        families.put(name, family);
        measured.put(metric, family);
      }
    }
    if (!measured.isEmpty()) {
      settings.targets().forEach((target, source) -> readTarget(target, source, measured));
      addBridge(
          measured,
          CacheMetric.DROPPED_SAMPLES,
          names.constantLabels(),
          (double) application.dropped());
    }
    addApplication(families, included);
    MetricSnapshots.Builder snapshots = MetricSnapshots.builder();
    families.values().stream()
        .filter(family -> !family.isEmpty())
        .forEach(family -> snapshots.metricSnapshot(family.snapshot()));
    return snapshots.build();
  }

  private void readTarget(String target, CacheSource source, Map<CacheMetric, Family> measured) {
    Labels base = names.constantLabels();
    if (!target.isEmpty()) {
      base = base.add(PrometheusNames.TARGET, target);
    }
    long startNanos = System.nanoTime();
    LongAdder errors = errorsByTarget.computeIfAbsent(target, key -> new LongAdder());
    boolean isUp = true;
    CacheReadings readings = CacheReadings.EMPTY;
    if (measured.keySet().stream().anyMatch(metric -> metric != CacheMetric.DROPPED_SAMPLES)) {
      try {
        readings = source.read();
      } catch (IOException | RuntimeException e) {
        isUp = false;
        warn(target, errors, e);
      }
    }
    if (!settings.cacheLabels()) {
      readings = ReadingSum.of(readings, needsOperations(measured.keySet()));
    }
    int droppedCaches = Math.max(0, readings.caches().size() - settings.maxCaches());
    for (CacheReading cache : readings.caches().stream().limit(settings.maxCaches()).toList()) {
      addCache(measured, cache, base);
    }
    for (ConnectionReading connection : readings.connections()) {
      addConnection(measured, connection, base);
    }
    addBridge(measured, CacheMetric.TARGET_UP, base, isUp ? 1 : 0);
    addBridge(measured, CacheMetric.BRIDGE_ERRORS, base, (double) errors.sum());
    addBridge(measured, CacheMetric.DROPPED_CACHES, base, droppedCaches);
    addBridge(measured, CacheMetric.SCRAPE_DURATION, base, (System.nanoTime() - startNanos) / 1e9);
  }

  private static boolean needsOperations(Set<CacheMetric> metrics) {
    return metrics.contains(CacheMetric.ERRORS)
        || metrics.stream().anyMatch(metric -> metric.kind() == MetricKind.HISTOGRAM);
  }

  private static void warn(String target, LongAdder errors, Exception failure) {
    if (errors.sum() == 0) {
      logger.warn(
          "Cannot read the caches of {}; this and further failures are counted in {}",
          target.isEmpty() ? "this JVM" : target,
          CacheMetric.BRIDGE_ERRORS.metricName(),
          failure);
    } else {
      logger.debug("Cannot read the caches of {}", target, failure);
    }
    errors.increment();
  }

  private void addCache(Map<CacheMetric, Family> measured, CacheReading cache, Labels base) {
    Labels labels =
        settings.cacheLabels()
            ? base.merge(
                Labels.of(
                    PrometheusNames.CACHE, cache.cache(), PrometheusNames.MANAGER, cache.manager()))
            : base;
    measured.forEach(
        (metric, family) -> {
          if (metric.kind() == MetricKind.HISTOGRAM) {
            for (OperationReading operation : metric.distributions(cache)) {
              LatencyCells cells = operation.cells();
              if (cells != null) {
                family.add(
                    layout.point(
                        cells,
                        operation.sumNanos() / 1e9,
                        labels.add(metric.labels().get(0), operation.operation())));
              }
            }
          } else {
            add(family, metric, metric.samples(cache), labels);
          }
        });
  }

  private void addConnection(
      Map<CacheMetric, Family> measured, ConnectionReading connection, Labels base) {
    Labels labels =
        settings.cacheLabels() ? base.add(PrometheusNames.MANAGER, connection.manager()) : base;
    measured.forEach((metric, family) -> add(family, metric, metric.samples(connection), labels));
  }

  private static void add(
      Family family, CacheMetric metric, List<MetricSample> samples, Labels base) {
    for (MetricSample sample : samples) {
      Labels labels = base;
      for (int i = 0; i < metric.labels().size(); i++) {
        labels = labels.add(metric.labels().get(i), sample.labelValues().get(i));
      }
      family.add(labels, sample.value());
    }
  }

  private static void addBridge(
      Map<CacheMetric, Family> measured, CacheMetric metric, Labels labels, double value) {
    Family family = measured.get(metric);
    if (family != null) {
      family.add(labels, value);
    }
  }

  /**
   * Adds what the application recorded. A gauge that was measured just now beats what somebody
   * recorded under its name some time ago.
   */
  private void addApplication(Map<String, Family> families, Predicate<String> included) {
    for (String name : application.names()) {
      if (!included.test(name)) {
        continue;
      }
      MetricKind kind = application.kind(name);
      Family family =
          families.computeIfAbsent(
              name, key -> new Family(kind, key, "Recorded by the application"));
      if (kind == MetricKind.GAUGE && !family.isEmpty()) {
        continue;
      }
      application.series(name).forEach(series -> family.add(series.point()));
    }
  }

  @Override
  public List<MetricFamilyDescriptor> getMetricFamilyDescriptors() {
    return Arrays.stream(CacheMetric.values()).map(this::descriptor).toList();
  }

  private MetricFamilyDescriptor descriptor(CacheMetric metric) {
    MetricMetadata metadata = new MetricMetadata(names.family(metric), metric.help());
    Labels labels = names.constantLabels();
    for (String label : metric.labels()) {
      labels = labels.add(label, "");
    }
    if (settings.cacheLabels() && metric.scope() == Scope.CACHE) {
      labels = labels.add(PrometheusNames.CACHE, "");
    }
    MetricType type =
        switch (metric.kind()) {
          case COUNTER -> MetricType.COUNTER;
          case GAUGE -> MetricType.GAUGE;
          case HISTOGRAM -> MetricType.HISTOGRAM;
        };
    return MetricFamilyDescriptor.of(
        type, metadata, labels.stream().map(label -> label.getName()).toList());
  }
}
