package io.yokedcache.metrics.series;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.metrics.source.CacheReading;
import io.yokedcache.metrics.source.CacheReadings;
import io.yokedcache.metrics.source.ConnectionReading;
import io.yokedcache.metrics.source.LatencyBounds;
import io.yokedcache.metrics.source.LatencyCells;
import io.yokedcache.metrics.source.OperationNames;
import io.yokedcache.metrics.source.OperationReading;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The series of readings, and their sums. */
final class SeriesWalkTest {

  private static final List<CacheMetric> ALL = List.of(CacheMetric.values());
  private static final LatencyBounds BOUNDS = LatencyBounds.of(1_000, 1_000_000);

  private final SeriesWalk sums =
      new SeriesWalk("", new SeriesWalk.Options(OperationNames.DEFAULT, false, 10));

  /** What a reading comes to: name and labels, value. */
  private static final class Recorded implements SeriesSink {
    private final Map<String, Object> series = new LinkedHashMap<>();

    @Override
    public void counter(SeriesOwner owner, CacheMetric metric, List<String> values, double total) {
      put(owner, metric, values, total);
    }

    @Override
    public void gauge(SeriesOwner owner, CacheMetric metric, List<String> values, double value) {
      put(owner, metric, values, value);
    }

    @Override
    public void histogram(
        SeriesOwner owner, CacheMetric metric, List<String> values, OperationReading timer) {
      LatencyCells cells = timer.cells();
      put(
          owner,
          metric,
          values,
          cells == null
              ? List.of()
              : Arrays.asList(cells.count(0), cells.count(1), cells.count(2), timer.sumNanos()));
    }

    private void put(SeriesOwner owner, CacheMetric metric, List<String> values, Object value) {
      String cache = owner.cache() == null ? "" : owner.cache() + " ";
      assertThat(series.put(cache + metric.metricName() + values, value)).isNull();
    }
  }

  private static CacheReading cache(String name, long puts, long... cells) {
    long count = Arrays.stream(cells).sum();
    return new CacheReading(
        "m",
        name,
        null,
        cells.length == 0
            ? List.of()
            : List.of(
                new OperationReading(
                    "get", count, count * 10, 10, LatencyCells.of(BOUNDS, cells), Map.of())),
        Map.of("puts", puts),
        Map.of("keysCount", 5.0));
  }

  private Map<String, Object> sum(long startNanos, CacheReading... caches) {
    Recorded recorded = new Recorded();
    sums.caches(new CacheReadings(List.of(caches), List.of()), ALL, startNanos, recorded);
    return recorded.series;
  }

  private Map<String, Object> sum(CacheReading... caches) {
    return sum(System.nanoTime(), caches);
  }

  @Test
  void sums_cacheClosedMissingAndMadeAnew_neverFall() {
    assertThat(sum(cache("a", 10, 4, 1, 0), cache("b", 5, 1, 0, 0)))
        .containsEntry("cache.sets.total[]", 15.0)
        .containsEntry("cache.operation_duration[get]", List.of(5L, 1L, 0L, 60L))
        .containsEntry("cache.keys_count[]", 10.0);
    assertThat(sum(cache("b", 6, 1, 0, 1)))
        .containsEntry("cache.sets.total[]", 16.0)
        .containsEntry("cache.operation_duration[get]", List.of(5L, 1L, 1L, 70L))
        .containsEntry("cache.keys_count[]", 5.0);
    // It was only unreadable.
    assertThat(sum(cache("a", 12, 4, 2, 0), cache("b", 6, 1, 0, 1)))
        .containsEntry("cache.sets.total[]", 18.0)
        .containsEntry("cache.operation_duration[get]", List.of(5L, 2L, 1L, 80L));
    // It counts from 0 again.
    assertThat(sum(cache("a", 3, 1, 0, 0), cache("b", 6, 1, 0, 1)))
        .containsEntry("cache.sets.total[]", 21.0)
        .containsEntry("cache.operation_duration[get]", List.of(6L, 2L, 1L, 90L));
    assertThat(sum())
        .containsEntry("cache.sets.total[]", 21.0)
        .doesNotContainKey("cache.keys_count[]");
  }

  @Test
  void sums_readingsOfSomeFigures_keepTheOthers() {
    assertThat(sum(cache("a", 5))).containsEntry("cache.sets.total[]", 5.0);
    CacheReading misses =
        new CacheReading("m", "a", null, List.of(), Map.of("misses", 4L), Map.of());
    assertThat(sum(misses)).containsEntry("cache.misses.total[]", 4.0);
    assertThat(sum(cache("a", 6))).containsEntry("cache.sets.total[]", 6.0);
  }

  @Test
  void sums_managerMadeAnew_reconnectsDoNotFall() {
    for (long[] each : new long[][] {{3, 3}, {1, 4}, {2, 5}}) {
      Recorded recorded = new Recorded();
      sums.caches(
          new CacheReadings(
              List.of(),
              List.of(
                  new ConnectionReading(
                      "m", true, null, each[0], null, null, null, Map.of(), List.of()))),
          ALL,
          System.nanoTime(),
          recorded);
      assertThat(recorded.series).containsEntry("cache.reconnects.total[]", (double) each[1]);
    }
  }

  @Test
  void sums_moreCachesThanAreRemembered_neverFall() {
    Random random = new Random(42);
    Map<String, Long> puts = new HashMap<>();
    double last = 0;
    for (int round = 0; round < 40; round++) {
      Map<String, CacheReading> caches = new HashMap<>();
      for (int i = 0; i < 500; i++) {
        String name = "c" + random.nextInt(SeriesTotals.MAX_KEPT * 2);
        long now = random.nextInt(10) == 0 ? 1 : puts.getOrDefault(name, 0L) + 1;
        puts.put(name, now);
        caches.put(name, cache(name, now));
      }
      double all =
          sum(caches.values().toArray(CacheReading[]::new)).entrySet().stream()
              .filter(each -> each.getKey().equals("cache.sets.total[]"))
              .mapToDouble(each -> (Double) each.getValue())
              .sum();
      assertThat(all).isPositive().isGreaterThanOrEqualTo(last);
      last = all;
    }
  }

  @Test
  void sums_readingOlderThanTheLast_isNoReset() {
    long before = System.nanoTime();
    assertThat(sum(cache("a", 10, 4, 1, 0))).containsEntry("cache.sets.total[]", 10.0);
    assertThat(sum(before, cache("a", 9, 3, 1, 0)))
        .containsEntry("cache.sets.total[]", 10.0)
        .containsEntry("cache.operation_duration[get]", List.of(4L, 1L, 0L, 50L));
    assertThat(sum(cache("a", 11, 4, 1, 0))).containsEntry("cache.sets.total[]", 11.0);
  }

  @Test
  void errors_loaderWithinOperation_countOnce() {
    Map<String, Long> failed = Map.of("loader", 7L);
    CacheReading cache =
        new CacheReading(
            "m",
            "a",
            null,
            List.of(
                new OperationReading("get", 0, 0, 0, null, failed),
                new OperationReading("load", 0, 0, 0, null, failed),
                new OperationReading("network", 0, 0, 0, null, failed)),
            Map.of(),
            Map.of());
    assertThat(sum(cache)).containsOnly(Map.entry("cache.errors.total[get, loader]", 7.0));
  }

  @Test
  void caches_ofNamesThatLookAlike_apartAndUpToTheLimit() {
    SeriesWalk walk = new SeriesWalk("t", new SeriesWalk.Options(OperationNames.DEFAULT, true, 2));
    Recorded recorded = new Recorded();
    int dropped =
        walk.caches(
            new CacheReadings(
                List.of(cache("a:b", 1), cache("a.b", 2), cache("a,b", 3)), List.of()),
            List.of(CacheMetric.SETS),
            System.nanoTime(),
            recorded);
    assertThat(dropped).isEqualTo(1);
    assertThat(recorded.series)
        .containsOnly(
            Map.entry("a.b cache.sets.total[]", 2.0), Map.entry("a:b cache.sets.total[]", 1.0));
  }
}
