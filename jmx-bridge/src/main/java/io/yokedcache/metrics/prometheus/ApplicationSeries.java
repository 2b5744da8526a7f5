package io.yokedcache.metrics.prometheus;

import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.DataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Exemplar;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.tracer.common.SpanContext;
import io.prometheus.metrics.tracer.initializer.SpanContextSupplier;
import java.util.concurrent.atomic.DoubleAdder;
import org.jspecify.annotations.Nullable;

/** One series of an application's metric. Thread-safe. */
sealed interface ApplicationSeries {

  void record(double value);

  DataPointSnapshot point();

  /** A sum. */
  record Counter(Labels labels, DoubleAdder sum) implements ApplicationSeries {
    @Override
    public void record(double value) {
      sum.add(value);
    }

    @Override
    public DataPointSnapshot point() {
      return new CounterDataPointSnapshot(sum.sum(), labels, null, 0);
    }
  }

  /** The last value. */
  final class Gauge implements ApplicationSeries {
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
   * A distribution, which the client's own histogram keeps; it is registered nowhere. Without spans
   * of our own, exemplars have those of an OpenTelemetry agent.
   */
  record Distribution(Histogram histogram, @Nullable SpanContext spans, BucketExemplars exemplars)
      implements ApplicationSeries {
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
