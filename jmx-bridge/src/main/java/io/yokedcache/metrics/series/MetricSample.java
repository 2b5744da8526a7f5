package io.yokedcache.metrics.series;

import java.util.List;

/**
 * One value of a metric.
 *
 * @param labelValues the values of the metric's labels, in their order
 * @param value the value, in the metric's unit
 */
public record MetricSample(List<String> labelValues, double value) {

  /**
   * Copies the list.
   *
   * @param labelValues the values of the metric's labels, in their order
   * @param value the value, in the metric's unit
   */
  public MetricSample {
    labelValues = List.copyOf(labelValues);
  }
}
