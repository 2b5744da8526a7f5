package io.yokedcache.metrics.prometheus;

import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.DataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.yokedcache.metrics.jmx.MetricKind;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One metric of a scrape while its series are gathered. Of equal series the first stays. */
final class Family {

  private final MetricKind kind;
  private final MetricMetadata metadata;
  private final Map<Labels, DataPointSnapshot> points = new LinkedHashMap<>();

  Family(MetricKind kind, String name, String help) {
    this.kind = kind;
    this.metadata = new MetricMetadata(name, help);
  }

  String name() {
    return metadata.getName();
  }

  MetricKind kind() {
    return kind;
  }

  boolean isEmpty() {
    return points.isEmpty();
  }

  /** Adds a value of a counter or gauge. */
  void add(Labels labels, double value) {
    add(
        kind == MetricKind.COUNTER
            ? new CounterDataPointSnapshot(value, labels, null, 0)
            : new GaugeDataPointSnapshot(value, labels, null));
  }

  void add(DataPointSnapshot point) {
    points.putIfAbsent(point.getLabels(), point);
  }

  MetricSnapshot snapshot() {
    return switch (kind) {
      case COUNTER -> new CounterSnapshot(metadata, all(CounterDataPointSnapshot.class));
      case GAUGE -> new GaugeSnapshot(metadata, all(GaugeDataPointSnapshot.class));
      case HISTOGRAM -> new HistogramSnapshot(metadata, all(HistogramDataPointSnapshot.class));
    };
  }

  private <T> List<T> all(Class<T> pointType) {
    return points.values().stream().map(pointType::cast).toList();
  }
}
