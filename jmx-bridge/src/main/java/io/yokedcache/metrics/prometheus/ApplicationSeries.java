package io.yokedcache.metrics.prometheus;

import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.DataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import java.util.concurrent.atomic.DoubleAdder;

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

  /** A distribution, which the client's own histogram keeps; it is registered nowhere. */
  record Distribution(Histogram histogram) implements ApplicationSeries {
    @Override
    public void record(double value) {
      histogram.observe(value);
    }

    @Override
    public DataPointSnapshot point() {
      return histogram.collect().getDataPoints().get(0);
    }
  }
}
