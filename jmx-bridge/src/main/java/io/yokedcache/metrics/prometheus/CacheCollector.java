package io.yokedcache.metrics.prometheus;

import static java.util.Objects.requireNonNullElse;

import io.prometheus.metrics.model.registry.MetricType;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.registry.PrometheusScrapeRequest;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.yokedcache.metrics.prometheus.ReadingFamilies.Family;
import io.yokedcache.metrics.series.CacheMetric;
import io.yokedcache.metrics.series.MetricKind;
import io.yokedcache.metrics.series.MetricScope;
import io.yokedcache.metrics.series.SeriesSink;
import io.yokedcache.metrics.series.SeriesWalk;
import io.yokedcache.metrics.source.CacheReadings;
import io.yokedcache.metrics.source.CacheSource;
import io.yokedcache.metrics.source.CacheSource.Selection;
import io.yokedcache.metrics.source.PerTarget;
import io.yokedcache.metrics.source.StatsDStatistics;
import io.yokedcache.metrics.source.Target;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The metrics of one {@link PrometheusCollector}. The registry accepts each name once, so one
 * object collects the metrics of all caches. Each scrape reads all targets at the same time, and
 * builds only the requested metrics.
 */
final class CacheCollector implements MultiCollector, AutoCloseable {

  private final PrometheusNames names;
  private final @Nullable Duration timeLimit;
  private final boolean hasCacheLabels;
  private final int maxCaches;
  private final @Nullable Supplier<@Nullable StatsDStatistics> statsd;
  private final List<CacheMetric> metrics;
  private final HistogramLayout layout;
  private final ApplicationMetrics application;
  private final OperationExemplars exemplars;
  private final PerTarget<Jvm> jvms = new PerTarget<>(this::jvm);
  private final SeriesWalk own;
  private final SeriesLabels ownLabels;

  CacheCollector(
      PrometheusCollectorBuilder settings,
      PrometheusNames names,
      ApplicationMetrics application,
      OperationExemplars exemplars) {
    this.names = names;
    this.timeLimit = settings.targetTimeLimit;
    this.hasCacheLabels = settings.cacheLabels;
    this.maxCaches = settings.maxCaches;
    this.statsd = settings.statsd;
    this.metrics = settings.series.metrics();
    this.layout = new HistogramLayout(settings.histograms, settings.buckets);
    this.application = application;
    this.exemplars = exemplars;
    this.ownLabels = new SeriesLabels(names.constantLabels());
    this.own = walk("");
  }

  /** One JVM, what it was given to read it, and its series. */
  private record Jvm(CacheSource source, Target target, SeriesLabels labels, SeriesWalk walk)
      implements AutoCloseable {

    @Override
    public void close() {
      if (target != source) {
        target.close();
      }
    }
  }

  void targets(Map<String, ? extends CacheSource> sources) {
    jvms.follow(sources).forEach(name -> application.forget(PrometheusNames.TARGET, name));
  }

  boolean hasTargets() {
    return !jvms.parts().isEmpty();
  }

  private Jvm jvm(String name, CacheSource source) {
    Labels constant = names.constantLabels();
    return new Jvm(
        source,
        Target.of(name, source, requireNonNullElse(timeLimit, Target.DEFAULT_LIMIT)),
        new SeriesLabels(name.isEmpty() ? constant : constant.add(PrometheusNames.TARGET, name)),
        walk(name));
  }

  private SeriesWalk walk(String target) {
    return new SeriesWalk(
        target, new SeriesWalk.Options(names.operations(), hasCacheLabels, maxCaches));
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
    ReadingFamilies measured = new ReadingFamilies(names, layout, exemplars, metrics, included);
    if (measured.metrics().stream().anyMatch(CacheMetric::isRead)) {
      Selection wanted = SeriesWalk.selection(measured.metrics());
      Map<Jvm, Target.Reading> readings = new LinkedHashMap<>();
      jvms.parts().forEach(jvm -> readings.put(jvm, jvm.target().begin(wanted)));
      readings.forEach(
          (jvm, reading) ->
              add(jvm, timeLimit == null ? reading.await() : reading.await(timeLimit), measured));
    }
    addOwn(measured);
    Map<String, Family> families = new LinkedHashMap<>();
    measured.all().forEach(family -> families.put(family.name(), family));
    addApplication(families, included);
    MetricSnapshots.Builder snapshots = MetricSnapshots.builder();
    families.values().stream()
        .filter(family -> !family.isEmpty())
        .forEach(family -> snapshots.metricSnapshot(family.snapshot(families.keySet())));
    return snapshots.build();
  }

  /** Adds a target's figures; of a target that is down only {@code up} and the failures. */
  private void add(Jvm jvm, Target.Outcome outcome, ReadingFamilies families) {
    SeriesSink sink = families.sink(jvm.labels(), jvm.target().name().isEmpty());
    Map<String, Number> figures = new HashMap<>();
    if (outcome.isUp()) {
      CacheReadings readings = outcome.readings();
      figures.put(
          "droppedCaches",
          jvm.walk().caches(readings, families.metrics(), outcome.startNanos(), sink));
      int owners = Math.max(readings.caches().size(), readings.configurations().size());
      jvm.labels().trim(owners + readings.connections().size());
      figures.put("refused", outcome.refused());
    }
    figures.put("up", outcome.isUp() ? 1 : 0);
    figures.put("errors", outcome.errors());
    figures.put("seconds", outcome.tookNanos() / 1e9);
    jvm.walk().bridge(figures, families.metrics(), sink);
  }

  /** Adds the figures of the bridge that do not depend on a target. */
  private void addOwn(ReadingFamilies measured) {
    Map<String, Number> figures = new HashMap<>();
    figures.put("droppedSamples", application.dropped());
    StatsDStatistics counts = statsd == null ? null : statsd.get();
    if (counts != null) {
      figures.put("statsd.sentPackets", counts.sentPackets());
      figures.put("statsd.droppedPackets", counts.droppedPackets());
      figures.put("statsd.sentEvents", counts.sentEvents());
      figures.put("statsd.droppedEvents", counts.droppedEvents());
      figures.put("statsd.rejectedEvents", counts.rejectedEvents());
      figures.put("statsd.queuedEvents", counts.queuedEvents());
    }
    own.bridge(figures, measured.metrics(), measured.sink(ownLabels, /* isOfThisJvm= */ true));
  }

  /**
   * Adds the metrics of the application, except for names that were just measured: a sum over such
   * a name would count events twice that caches and application both record.
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
      if (!family.isEmpty()) {
        continue;
      }
      application.series(name).forEach(series -> family.add(series.point()));
    }
  }

  /** Called by older client libraries instead of {@link #getMetricFamilyDescriptors}. */
  @Override
  @SuppressWarnings("deprecation")
  public List<String> getPrometheusNames() {
    return Arrays.stream(CacheMetric.values()).map(names::family).toList();
  }

  /** Called by newer client libraries only; older ones do not have the types. */
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
    if (hasCacheLabels && metric.scope() == MetricScope.CACHE) {
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

  @Override
  public void close() {
    jvms.close();
  }
}
