package io.yokedcache.metrics.series;

import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Which metrics of the table leave the bridge. A pattern is a metric's name with dots, or the name
 * of its Prometheus family with or without the default namespace; {@code *} stands for any
 * characters and {@code ?} for one. What is left out is not read.
 *
 * @param include patterns of which a metric must match one; empty for all metrics
 * @param exclude patterns of which a metric must match none
 */
public record SeriesFilter(List<String> include, List<String> exclude) {

  /** All metrics. */
  public static final SeriesFilter ALL = new SeriesFilter(List.of(), List.of());

  /** Copies the lists. */
  public SeriesFilter {
    include = List.copyOf(include);
    exclude = List.copyOf(exclude);
  }

  /** Returns the metrics that are left. */
  public List<CacheMetric> metrics() {
    return Arrays.stream(CacheMetric.values()).filter(this::test).toList();
  }

  private boolean test(CacheMetric metric) {
    return (include.isEmpty() || matches(include, metric)) && !matches(exclude, metric);
  }

  private static boolean matches(List<String> globs, CacheMetric metric) {
    return globs.stream().map(SeriesFilter::pattern).anyMatch(glob -> matches(glob, metric));
  }

  private static boolean matches(Pattern glob, CacheMetric metric) {
    String family = metric.metricName().replace('.', '_');
    if (metric.kind() == MetricKind.HISTOGRAM) {
      family += "_seconds";
    }
    return Stream.of(metric.metricName(), family, "yokedcache_" + family, metric.micrometerFamily())
        .filter(name -> !name.isEmpty())
        .anyMatch(name -> glob.matcher(name).matches());
  }

  private static Pattern pattern(String glob) {
    StringBuilder regex = new StringBuilder();
    for (int i = 0; i < glob.length(); i++) {
      char c = glob.charAt(i);
      regex.append(c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(String.valueOf(c)));
    }
    return Pattern.compile(regex.toString());
  }
}
