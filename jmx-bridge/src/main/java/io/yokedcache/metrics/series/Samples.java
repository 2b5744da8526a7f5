package io.yokedcache.metrics.series;

import io.yokedcache.metrics.source.CacheReading;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** How the values of a metric are taken out of a reading. */
@FunctionalInterface
interface Samples {

  /** The values; empty if they were not measured. */
  List<MetricSample> of(CacheReading cache);

  /** The names of the counters and gauges that are looked at; absent if it may be any. */
  default @Nullable Set<String> figures() {
    return null;
  }

  /** Samples that look at some counters and gauges only. */
  static Samples from(Set<String> figures, Function<CacheReading, List<MetricSample>> samples) {
    return new Samples() {
      @Override
      public List<MetricSample> of(CacheReading cache) {
        return samples.apply(cache);
      }

      @Override
      public Set<String> figures() {
        return figures;
      }
    };
  }
}
