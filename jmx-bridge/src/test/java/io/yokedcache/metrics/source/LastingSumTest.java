package io.yokedcache.metrics.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Counters of all caches together, while caches come, go, begin anew and are missed once. */
final class LastingSumTest {

  private static final LatencyBounds BOUNDS = LatencyBounds.of(1_000);

  private final LastingSum sum = new LastingSum();

  private static CacheReading cache(String name, long hits) {
    return new CacheReading(
        "m",
        name,
        null,
        List.of(
            new OperationReading(
                "get",
                hits,
                10 * hits,
                7,
                LatencyCells.of(BOUNDS, hits, 0),
                Map.of("timeout", hits))),
        Map.of("hits", hits, "misses", 0L),
        Map.of("keysCount", 1.0));
  }

  private static CacheReadings of(CacheReading... caches) {
    return new CacheReadings(List.of(caches), List.of());
  }

  private static CacheReading only(CacheReadings readings) {
    assertThat(readings.caches()).hasSize(1);
    return readings.caches().get(0);
  }

  private void assertSum(@Nullable Double keys, long hits, CacheReading... caches) {
    CacheReading all = only(sum.of(of(caches), /* withOperations= */ true));
    assertThat(all.hits()).isEqualTo(hits);
    assertThat(all.gauges().get("keysCount")).isEqualTo(keys);
    OperationReading get = all.operations().get(0);
    assertThat(get.count()).isEqualTo(hits);
    assertThat(get.sumNanos()).isEqualTo(10 * hits);
    assertThat(get.errors()).isEqualTo(Map.of("timeout", hits));
    assertThat(get.cells()).extracting(cells -> cells.count(0)).isEqualTo(hits);
  }

  @Test
  void of_nothing() {
    assertThat(sum.of(of(), true)).isEqualTo(CacheReadings.EMPTY);
  }

  @Test
  void of_cacheCloses_keepsWhatItCounted() {
    assertSum(2.0, 7, cache("a", 5), cache("b", 2));
    assertSum(1.0, 8, cache("b", 3));
    assertSum(null, 8);
  }

  @Test
  void of_cacheBeginsAnew_goesOn() {
    assertSum(1.0, 5, cache("a", 5));
    assertSum(1.0, 6, cache("a", 1));
    assertSum(1.0, 6, cache("a", 1));
    assertSum(1.0, 7, cache("a", 2));
  }

  @Test
  void of_cacheIsMissedOnce_isNotCountedTwice() {
    assertSum(1.0, 5, cache("a", 5));
    assertSum(null, 5);
    assertSum(1.0, 9, cache("a", 9));
  }

  @Test
  void of_readingsOfSomeFigures_keepTheOthers() {
    assertSum(1.0, 5, cache("a", 5));
    CacheReading misses =
        new CacheReading("m", "a", null, List.of(), Map.of("misses", 4L), Map.of());
    assertThat(only(sum.of(of(misses), /* withOperations= */ false)).misses()).isEqualTo(4);
    assertSum(1.0, 6, cache("a", 6));
  }

  @Test
  void of_managerCloses_reconnectsDoNotFall() {
    for (long[] each : new long[][] {{3, 3}, {1, 4}, {2, 5}}) {
      CacheReadings readings =
          new CacheReadings(
              List.of(),
              List.of(new ConnectionReading("m", true, null, each[0], null, null, null)));
      assertThat(sum.of(readings, true).connections())
          .extracting(ConnectionReading::reconnects)
          .containsExactly(each[1]);
    }
  }

  @Test
  void of_moreCachesThanAreRemembered_neverFalls() {
    Random random = new Random(42);
    Map<String, Long> hits = new HashMap<>();
    long last = 0;
    for (int round = 0; round < 40; round++) {
      List<CacheReading> caches = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        String name = "c" + random.nextInt(LastingSum.MAX_OWNERS * 2);
        long now = random.nextInt(10) == 0 ? 1 : hits.getOrDefault(name, 0L) + 1;
        if (!hits.containsKey(name) || caches.stream().noneMatch(c -> c.cache().equals(name))) {
          hits.put(name, now);
          caches.add(cache(name, now));
        }
      }
      Long all = only(sum.of(new CacheReadings(caches, List.of()), true)).hits();
      assertThat(all).isGreaterThanOrEqualTo(last);
      last = all == null ? 0 : all;
    }
  }
}
