package io.yokedcache.metrics.otlp;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.sdk.common.InstrumentationScopeInfo;
import io.opentelemetry.sdk.metrics.data.AggregationTemporality;
import io.opentelemetry.sdk.metrics.data.Data;
import io.opentelemetry.sdk.metrics.data.DoublePointData;
import io.opentelemetry.sdk.metrics.data.ExponentialHistogramData;
import io.opentelemetry.sdk.metrics.data.GaugeData;
import io.opentelemetry.sdk.metrics.data.HistogramData;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.data.MetricDataType;
import io.opentelemetry.sdk.metrics.data.PointData;
import io.opentelemetry.sdk.metrics.data.SumData;
import io.opentelemetry.sdk.resources.Resource;
import io.yokedcache.metrics.series.CacheMetric;
import io.yokedcache.metrics.series.Growth;
import io.yokedcache.metrics.series.SeriesFilter;
import io.yokedcache.metrics.series.SeriesOwner;
import io.yokedcache.metrics.series.SeriesSink;
import io.yokedcache.metrics.series.SeriesWalk;
import io.yokedcache.metrics.source.CacheReading;
import io.yokedcache.metrics.source.CacheReadings;
import io.yokedcache.metrics.source.LatencyCells;
import io.yokedcache.metrics.source.OperationNames;
import io.yokedcache.metrics.source.OperationReading;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The series of one JVM, with the start time of each. Not thread-safe.
 *
 * <p>Cumulative points have the start time of their counter: the creation time of the cache if the
 * provider reports its age, else the time of the last reading without the counter. Delta points
 * have the growth since the last point that a receiver accepted; rejected growth is part of the
 * next point.
 */
final class OtlpTarget implements SeriesSink {

  /** {@link Growth#FORGOTTEN_AFTER} for growth that no receiver has taken yet. */
  private static final int LOST_AFTER = 1000;

  /** The tolerance of a cache's age, which is measured by another clock. */
  private static final long AGE_TOLERANCE_NANOS = 1_000_000_000;

  /**
   * How points are made.
   *
   * @param isExponential whether distributions are, where their cells fit
   * @param boundsSeconds the bounds of explicit ones
   */
  record Form(
      AggregationTemporality counters,
      AggregationTemporality distributions,
      boolean isExponential,
      List<Double> boundsSeconds) {}

  private record Key(OtlpNames name, Attributes attributes) {}

  private static final class Series {
    private final OtlpNames name;
    private final Attributes attributes;
    private long total;
    private @Nullable LatencyCells cells;
    private long sumNanos;

    /** Since when the total counts. */
    private long start;

    /** The time of the last reading that has it, and its number. */
    private long seen;

    private long reading;

    /** What no receiver has taken yet, and since when. */
    private long unsent;

    private @Nullable LatencyCells unsentCells;
    private long unsentSumNanos;
    private long unsentSince;

    private Series(Key key) {
      name = key.name();
      attributes = key.attributes();
    }

    private boolean hasUnsent() {
      return unsent > 0 || unsentCells != null;
    }
  }

  private final OtlpHistograms histograms = new OtlpHistograms();
  private final Form form;
  private final Resource resource;
  private final InstrumentationScopeInfo scope;
  private final boolean hasHistory;
  private final Map<CacheMetric, OtlpNames> names = new EnumMap<>(CacheMetric.class);
  private final Map<Key, Series> series = new LinkedHashMap<>();
  private final long firstStart;

  /** The time of the last reading; 0 before the first one. */
  private long lastReading;

  private long reading;

  private final SeriesWalk walk =
      new SeriesWalk(
          "",
          new SeriesWalk.Options(
              OperationNames.DEFAULT, /* cacheLabels= */ true, Integer.MAX_VALUE));

  /** The creation times of the caches of the present reading, if the provider reports them. */
  private final Map<SeriesOwner, Long> born = new HashMap<>();

  private long now;

  private enum Kind {
    SUM(MetricDataType.LONG_SUM),
    LEVEL(MetricDataType.LONG_SUM),
    GAUGE(MetricDataType.DOUBLE_GAUGE),
    EXPLICIT(MetricDataType.HISTOGRAM),
    EXPONENTIAL(MetricDataType.EXPONENTIAL_HISTOGRAM);

    private final MetricDataType type;

    Kind(MetricDataType type) {
      this.type = type;
    }
  }

  private record Column(Kind kind, OtlpNames name) {}

  /** Points of the report that is being made. */
  private final Map<Column, List<PointData>> points = new LinkedHashMap<>();

  /**
   * Creates a target.
   *
   * @param startNanos since when everything counts that the first reading has; 0 if nobody knows,
   *     so that delta points begin after it
   */
  OtlpTarget(
      Form form,
      Resource resource,
      InstrumentationScopeInfo scope,
      long startNanos,
      SeriesFilter filter) {
    this.form = form;
    this.resource = resource;
    this.scope = scope;
    this.hasHistory = startNanos > 0;
    this.firstStart = startNanos;
    for (CacheMetric metric : filter.metrics()) {
      OtlpNames name = OtlpNames.of(metric);
      if (name != null) {
        names.put(metric, name);
      }
    }
  }

  void add(CacheReadings readings, long now) {
    reading++;
    this.now = now;
    born.clear();
    for (CacheReading cache : readings.caches()) {
      Double uptime = cache.gauges().get("uptimeSeconds");
      if (uptime != null && uptime >= 0) {
        born.put(new SeriesOwner("", cache.manager(), cache.cache()), now - (long) (uptime * 1e9));
      }
    }
    walk.caches(readings, names.keySet(), System.nanoTime(), this);
    series
        .values()
        .removeIf(
            one ->
                reading - one.reading >= (one.hasUnsent() ? LOST_AFTER : Growth.FORGOTTEN_AFTER));
    lastReading = now;
  }

  /**
   * Takes in the figures of the bridge itself, also when this JVM could not be read.
   *
   * @param since when the bridge began to count
   */
  void bridge(Map<String, ? extends Number> figures, long since, long now) {
    this.now = now;
    born.put(new SeriesOwner("", null, null), since);
    walk.bridge(figures, names.keySet(), this);
  }

  private static Attributes attributes(
      SeriesOwner owner, CacheMetric metric, List<String> labelValues) {
    AttributesBuilder attributes = Attributes.builder();
    if (owner.manager() != null) {
      attributes.put(OtlpNames.MANAGER, owner.manager());
    }
    if (owner.cache() != null) {
      attributes.put(OtlpNames.CACHE, owner.cache());
    }
    for (int i = 0; i < metric.labels().size(); i++) {
      if (!labelValues.get(i).isEmpty()) {
        attributes.put(OtlpNames.attribute(metric.labels().get(i)), labelValues.get(i));
      }
    }
    return attributes.build();
  }

  @Override
  public void counter(
      SeriesOwner owner, CacheMetric metric, List<String> labelValues, double total) {
    OtlpNames name = names.get(metric);
    if (name != null) {
      Key key = new Key(name, attributes(owner, metric, labelValues));
      count(key, (long) total, born.getOrDefault(owner, 0L));
    }
  }

  @Override
  public void gauge(SeriesOwner owner, CacheMetric metric, List<String> labelValues, double value) {
    OtlpNames name = names.get(metric);
    if (metric == CacheMetric.CONNECTIONS && owner.manager() != null) {
      addPool(labelValues.get(0), value, owner.manager());
    } else if (name != null && Double.isFinite(value)) {
      Attributes attributes = attributes(owner, metric, labelValues);
      add(Kind.GAUGE, name, DoublePointData.create(0, now, attributes, value, List.of()));
    }
  }

  private void addPool(String state, double value, String manager) {
    long start = firstStart > 0 ? firstStart : lastReading > 0 ? lastReading : now;
    boolean isPending = state.equals("waiting");
    AttributesBuilder attributes =
        Attributes.builder().put(OtlpNames.POOL, manager).put(OtlpNames.MANAGER, manager);
    if (!isPending) {
      attributes.put(OtlpNames.POOL_STATE, state.equals("active") ? "used" : state);
    }
    add(
        Kind.LEVEL,
        isPending ? OtlpNames.POOL_PENDING : OtlpNames.POOL_SIZE,
        LongPointData.create(start, now, attributes.build(), (long) value));
  }

  /** Finds a series, or begins it; absent if this reading has had it, as two equal names would. */
  private @Nullable Series begin(Key key, long born) {
    Series found = series.get(key);
    if (found == null) {
      found = new Series(key);
      found.start = lastReading > 0 ? lastReading : hasHistory ? firstStart : now;
      if (born > 0) {
        found.start = Math.max(born, lastReading);
      }
      found.unsentSince = found.start;
      series.put(key, found);
    } else if (found.seen == now) {
      return null;
    }
    return found;
  }

  /** Whether the first reading's totals are sent as deltas, or only taken as where they begin. */
  private boolean isBaseline(Series one) {
    return one.seen == 0 && lastReading == 0 && !hasHistory;
  }

  private void count(Key key, long total, long born) {
    Series one = total < 0 ? null : begin(key, born);
    if (one == null) {
      return;
    }
    boolean isOfNewCache = isOfNewCache(one, born);
    Growth<Long> growth = Growth.of(isOfNewCache ? 0 : one.total, total);
    if (isOfNewCache || growth.isAnew()) {
      one.start = Math.max(born, one.seen);
    }
    if (isBaseline(one)) {
      one.unsentSince = now;
    } else {
      one.unsent += growth.added();
    }
    one.total = total;
    seen(one);
  }

  /** Whether a cache of the same name was created since the last reading of a series. */
  private static boolean isOfNewCache(Series one, long born) {
    return one.seen > 0 && born > one.seen + AGE_TOLERANCE_NANOS;
  }

  private void seen(Series one) {
    one.seen = now;
    one.reading = reading;
  }

  @Override
  public void histogram(
      SeriesOwner owner, CacheMetric metric, List<String> labelValues, OperationReading operation) {
    OtlpNames name = names.get(metric);
    LatencyCells cells = operation.cells();
    if (name == null || cells == null) {
      return;
    }
    long born = this.born.getOrDefault(owner, 0L);
    Series one = begin(new Key(name, attributes(owner, metric, labelValues)), born);
    if (one == null) {
      return;
    }
    boolean isOfNewCache = isOfNewCache(one, born);
    Growth<LatencyCells> growth = Growth.of(isOfNewCache ? null : one.cells, cells);
    LatencyCells added = growth.added();
    boolean isAnew = isOfNewCache || growth.isAnew();
    if (isAnew) {
      one.start = Math.max(born, one.seen);
    }
    long addedSum = Math.max(0, operation.sumNanos() - (isAnew ? 0 : one.sumNanos));
    if (isBaseline(one)) {
      one.unsentSince = now;
    } else if (hasAny(added)) {
      one.unsentCells = one.unsentCells == null ? added : one.unsentCells.plus(added);
      one.unsentSumNanos += addedSum;
    }
    one.cells = cells;
    one.sumNanos = operation.sumNanos();
    seen(one);
  }

  private static boolean hasAny(LatencyCells cells) {
    for (int i = 0; i < cells.size(); i++) {
      if (cells.count(i) > 0) {
        return true;
      }
    }
    return false;
  }

  /**
   * Adds the points of a report.
   *
   * @param isUp whether this JVM could be read just now; else there is nothing of its figures, but
   *     what no receiver has taken yet
   */
  void report(boolean isUp, Collection<MetricData> report) {
    for (Series one : series.values()) {
      boolean isNow = (isUp && one.reading == reading) || one.name.name().startsWith("yokedcache.");
      if (one.cells == null) {
        if (isDelta(form.counters())) {
          if (one.unsent > 0) {
            add(Kind.SUM, one.name, point(one, one.unsentSince, one.unsent));
          }
        } else if (isNow) {
          add(Kind.SUM, one.name, point(one, one.start, one.total));
        }
      } else if (isDelta(form.distributions())) {
        if (one.unsentCells != null) {
          addDistribution(one, one.unsentCells, one.unsentSumNanos, one.unsentSince);
        }
      } else if (isNow) {
        addDistribution(one, one.cells, one.sumNanos, one.start);
      }
    }
    points.forEach((column, all) -> report.add(metric(column.kind(), column.name(), all)));
    points.clear();
  }

  private static boolean isDelta(AggregationTemporality temporality) {
    return temporality == AggregationTemporality.DELTA;
  }

  private static LongPointData point(Series one, long start, long value) {
    return LongPointData.create(Math.min(start, one.seen), one.seen, one.attributes, value);
  }

  private void addDistribution(Series one, LatencyCells cells, long sumNanos, long since) {
    long start = Math.min(since, one.seen);
    double sum = sumNanos / 1e9;
    if (form.isExponential() && histograms.isExponential(cells.bounds())) {
      add(
          Kind.EXPONENTIAL,
          one.name,
          histograms.exponential(cells, sum, one.attributes, start, one.seen));
    } else {
      add(
          Kind.EXPLICIT,
          one.name,
          histograms.explicit(cells, sum, form.boundsSeconds(), one.attributes, start, one.seen));
    }
  }

  private void add(Kind kind, OtlpNames name, PointData point) {
    points.computeIfAbsent(new Column(kind, name), column -> new ArrayList<>()).add(point);
  }

  private Metric metric(Kind kind, OtlpNames name, List<PointData> all) {
    Data<?> data =
        switch (kind) {
          case SUM ->
              SumData.createLongSumData(/* isMonotonic= */ true, form.counters(), cast(all));
          // Sums that go up and down have no deltas, whatever is preferred.
          case LEVEL ->
              SumData.createLongSumData(
                  /* isMonotonic= */ false, AggregationTemporality.CUMULATIVE, cast(all));
          case GAUGE -> GaugeData.createDoubleGaugeData(cast(all));
          case EXPLICIT -> HistogramData.create(form.distributions(), cast(all));
          case EXPONENTIAL -> ExponentialHistogramData.create(form.distributions(), cast(all));
        };
    return new Metric(resource, scope, name.name(), name.help(), name.unit(), kind.type, data);
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // points of a kind have one type
  private static <P extends PointData> List<P> cast(List<PointData> all) {
    return (List<P>) all;
  }

  /** Forgets the content of the last report, because a receiver accepted it. */
  void forgetSent() {
    for (Series one : series.values()) {
      one.unsent = 0;
      one.unsentCells = null;
      one.unsentSumNanos = 0;
      one.unsentSince = one.seen;
    }
  }

  private record Metric(
      Resource getResource,
      InstrumentationScopeInfo getInstrumentationScopeInfo,
      String getName,
      String getDescription,
      String getUnit,
      MetricDataType getType,
      Data<?> getData)
      implements MetricData {}
}
