package io.yokedcache.metrics.source;

import io.yokedcache.metrics.series.CacheMetric;
import java.util.List;

/** What the operations of caches are called in labels and tags. */
public enum OperationNames {
  /** As JSR-107 calls them: {@code put}. */
  DEFAULT,

  /** As YokedCache for Python calls those that it has: {@code set} for {@code put}. */
  PYTHON;

  private static final String LABEL = "operation";

  /**
   * Returns what an operation is called.
   *
   * @param operation its name by JSR-107
   * @return the same for most
   */
  public String of(String operation) {
    return this == PYTHON && operation.equals("put") ? "set" : operation;
  }

  /**
   * Returns values of labels with what operations are called.
   *
   * @param metric the metric that has the labels
   * @param values one for each of its labels
   * @return the values, changed where the label is an operation
   */
  public List<String> of(CacheMetric metric, List<String> values) {
    int index = this == DEFAULT ? -1 : metric.labels().indexOf(LABEL);
    if (index < 0) {
      return values;
    }
    String[] changed = values.toArray(String[]::new);
    changed[index] = of(changed[index]);
    return List.of(changed);
  }
}
