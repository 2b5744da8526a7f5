package io.yokedcache.metrics.prometheus;

import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.DataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Exemplar;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.PrometheusNaming;
import io.prometheus.metrics.tracer.common.SpanContext;
import io.prometheus.metrics.tracer.initializer.SpanContextSupplier;
import io.yokedcache.metrics.series.CacheMetric;
import io.yokedcache.metrics.series.MetricKind;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The metrics that the application records, with the tags of each call: the series of a metric may
 * differ in their labels. A metric's type is that of its first use. The number of series is
 * bounded, because a tag with an endless number of values would fill the heap.
 *
 * <p>Thread-safe.
 */
final class ApplicationMetrics {

  private static final Logger logger = LoggerFactory.getLogger(ApplicationMetrics.class);

  /** The arguments of a caller, so that names and labels are created once for each series. */
  private record Call(
      MetricKind kind, boolean inSeconds, String metric, Map<String, String> tags) {}

  private record Metric(MetricKind kind, String name, Map<Labels, Series> series) {}

  private final PrometheusNames names;
  private final Histograms form;
  private final double[] bucketsSeconds;
  private final int maxSeries;
  private final @Nullable SpanContext spans;

  private final Map<Call, Series> seriesByCall = new ConcurrentHashMap<>();
  private final Map<String, Metric> metrics = new ConcurrentHashMap<>();

  /** The metric that owns each name in the output; a histogram has four names. */
  private final Map<String, String> ownerByExposedName = new HashMap<>();

  private final AtomicInteger seriesCount = new AtomicInteger();
  private final LongAdder dropped = new LongAdder();

  ApplicationMetrics(
      PrometheusNames names,
      Histograms form,
      List<Double> bucketsSeconds,
      int maxSeries,
      @Nullable SpanContext spans) {
    this.names = names;
    this.spans = spans;
    this.form = form;
    this.bucketsSeconds = bucketsSeconds.stream().mapToDouble(Double::doubleValue).toArray();
    this.maxSeries = maxSeries;
    for (CacheMetric metric : CacheMetric.values()) {
      claim(metric.kind(), names.family(metric), metric.metricName());
    }
  }

  /** Records a value; it is dropped and counted if it needs one series too many. */
  void record(
      MetricKind kind, boolean inSeconds, String metric, double value, Map<String, String> tags) {
    Call call = new Call(kind, inSeconds, metric, tags);
    Series series = seriesByCall.get(call);
    if (series == null) {
      series = open(call);
    }
    if (series != null) {
      series.record(value);
    }
  }

  /** Drops all series with a label of that value. */
  synchronized void forget(String label, String value) {
    seriesByCall.keySet().removeIf(call -> value.equals(call.tags().get(label)));
    for (Metric metric : metrics.values()) {
      for (Labels labels : metric.series().keySet()) {
        if (value.equals(labels.get(label)) && metric.series().remove(labels) != null) {
          seriesCount.decrementAndGet();
        }
      }
    }
  }

  /** Makes room for another series, if there is this one. */
  synchronized void removeGauge(String metric, Map<String, String> tags) {
    Metric known = metrics.get(names.family(metric));
    if (known != null && known.kind() == MetricKind.GAUGE) {
      Series removed = known.series().remove(names.labels(tags));
      if (removed != null) {
        seriesCount.decrementAndGet();
        seriesByCall.values().removeIf(series -> series == removed);
      }
    }
  }

  Collection<String> names() {
    return metrics.keySet();
  }

  MetricKind kind(String name) {
    return metric(name).kind();
  }

  Collection<Series> series(String name) {
    return metric(name).series().values();
  }

  long dropped() {
    return dropped.sum();
  }

  private Metric metric(String name) {
    Metric metric = metrics.get(name);
    if (metric == null) {
      throw new IllegalArgumentException("There is no metric " + name);
    }
    return metric;
  }

  private synchronized @Nullable Series open(Call call) {
    String name = names.family(call.metric());
    if (call.inSeconds()) {
      name = names.seconds(name);
    }
    Metric metric = metrics.get(name);
    Labels labels = names.labels(call.tags());
    Series series =
        metric != null && metric.kind() == call.kind() ? metric.series().get(labels) : null;
    if (series == null) {
      if (seriesCount.get() >= maxSeries) {
        drop(call.metric());
        return null;
      }
      claim(call.kind(), name, call.metric());
      seriesCount.incrementAndGet();
      series = create(call.kind(), name, labels);
      metrics
          .computeIfAbsent(name, key -> new Metric(call.kind(), key, new ConcurrentHashMap<>()))
          .series()
          .put(labels, series);
    }
    if (seriesByCall.size() < 2 * maxSeries) {
      seriesByCall.put(call, series);
    }
    return series;
  }

  private void drop(String metric) {
    if (dropped.sum() == 0) {
      logger.warn(
          "Metric {} and others have more than {} series together; what is beyond is dropped and"
              + " only counted. Use tags with few values, or raise maxSeries",
          metric,
          maxSeries);
    }
    dropped.increment();
  }

  private Series create(MetricKind kind, String name, Labels labels) {
    return switch (kind) {
      case COUNTER -> new Series.Counter(labels, new DoubleAdder());
      case GAUGE -> new Series.Gauge(labels);
      case HISTOGRAM ->
          new Series.Distribution(
              histogram(name, labels), spans, new BucketExemplars(bucketsSeconds));
    };
  }

  private Histogram histogram(String name, Labels labels) {
    // The name is not shown; older client libraries refuse some that newer ones take.
    String accepted = PrometheusNaming.sanitizeMetricName(name);
    Histogram.Builder builder =
        Histogram.builder().name(accepted).constLabels(labels).withoutExemplars();
    if (form == Histograms.NATIVE) {
      builder.nativeOnly();
    } else {
      builder.classicUpperBounds(bucketsSeconds);
    }
    if (form == Histograms.CLASSIC) {
      builder.classicOnly();
    }
    return builder.build();
  }

  /** Reserves the names of a metric in the output, or throws if another metric has one of them. */
  private synchronized void claim(MetricKind kind, String name, String metric) {
    String owner = kind + " " + name;
    List<String> exposed = new ArrayList<>(List.of(name));
    switch (kind) {
      case COUNTER -> exposed.add(name + "_total");
      case GAUGE -> {}
      case HISTOGRAM -> exposed.addAll(List.of(name + "_bucket", name + "_count", name + "_sum"));
    }
    for (String each : exposed) {
      String other = ownerByExposedName.getOrDefault(each, owner);
      if (!other.equals(owner)) {
        throw new IllegalArgumentException(
            String.format(
                    "Metric %s cannot be shown as %s %s: the %s has the name %s",
                    metric, kind, name, other, each)
                + " already. Give one of them another name");
      }
    }
    exposed.forEach(each -> ownerByExposedName.put(each, owner));
  }

  /** One series of an application's metric. Thread-safe. */
  sealed interface Series {

    void record(double value);

    DataPointSnapshot point();

    record Counter(Labels labels, DoubleAdder sum) implements Series {
      @Override
      public void record(double value) {
        sum.add(value);
      }

      @Override
      public DataPointSnapshot point() {
        return new CounterDataPointSnapshot(sum.sum(), labels, null, 0);
      }
    }

    final class Gauge implements Series {
      private final Labels labels;
      private volatile double last;

      Gauge(Labels labels) {
        this.labels = labels;
      }

      @Override
      public void record(double value) {
        last = value;
      }

      @Override
      public DataPointSnapshot point() {
        return new GaugeDataPointSnapshot(last, labels, null);
      }
    }

    /**
     * A distribution, which the client's own histogram keeps; it is registered nowhere. Without
     * spans of our own, exemplars have those of an OpenTelemetry agent.
     */
    record Distribution(Histogram histogram, @Nullable SpanContext spans, BucketExemplars exemplars)
        implements Series {
      @Override
      public void record(double value) {
        histogram.observe(value);
        Exemplar exemplar =
            BucketExemplars.ofCurrentSpan(
                spans == null ? SpanContextSupplier.getSpanContext() : spans, value);
        if (exemplar != null) {
          exemplars.add(exemplar);
        }
      }

      @Override
      public DataPointSnapshot point() {
        HistogramDataPointSnapshot point = histogram.collect().getDataPoints().get(0);
        return new HistogramDataPointSnapshot(
            point.getClassicBuckets(),
            point.getNativeSchema(),
            point.getNativeZeroCount(),
            point.getNativeZeroThreshold(),
            point.getNativeBucketsForPositiveValues(),
            point.getNativeBucketsForNegativeValues(),
            point.getSum(),
            point.getLabels(),
            exemplars.all(),
            point.getCreatedTimestampMillis());
      }
    }
  }
}
