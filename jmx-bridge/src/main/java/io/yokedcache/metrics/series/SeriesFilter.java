package io.yokedcache.metrics.series;

import io.yokedcache.metrics.source.CacheFilter;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * Which metrics of the table leave the bridge. A pattern is a metric's name with dots, or the name
 * of its Prometheus family with or without the default namespace; {@code *} stands for any
 * characters and {@code ?} for one. Excluded metrics are not read.
 *
 * @param include patterns of which a metric must match one; empty for all metrics
 * @param exclude patterns of which a metric must match none
 */
public record SeriesFilter(List<String> include, List<String> exclude) {

  public static final SeriesFilter ALL = new SeriesFilter(List.of(), List.of());

  public SeriesFilter {
    include = List.copyOf(include);
    exclude = List.copyOf(exclude);
  }

  public List<CacheMetric> metrics() {
    return Arrays.stream(CacheMetric.values()).filter(this::test).toList();
  }

  private boolean test(CacheMetric metric) {
    return (include.isEmpty() || matches(include, metric)) && !matches(exclude, metric);
  }

  private static boolean matches(List<String> globs, CacheMetric metric) {
    String family = metric.metricName().replace('.', '_');
    if (metric.kind() == MetricKind.HISTOGRAM) {
      family += "_seconds";
    }
    String total = metric.kind() == MetricKind.COUNTER ? withTotal(family) : family;
    return Stream.of(
            metric.metricName(),
            family,
            "yokedcache_" + family,
            total,
            "yokedcache_" + total,
            metric.micrometerFamily())
        .filter(name -> !name.isEmpty())
        .anyMatch(CacheFilter.matcher(globs));
  }

  private static String withTotal(String family) {
    return family.endsWith("_total") ? family : family + "_total";
  }
}
