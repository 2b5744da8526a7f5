package io.yokedcache.metrics.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.metrics.source.CacheReading.StatisticsReading;
import io.yokedcache.metrics.source.CacheSource.Selection;
import io.yokedcache.metrics.source.SnapshotFixture.CacheData;
import io.yokedcache.metrics.source.SnapshotFixture.OperationData;
import io.yokedcache.metrics.testing.HostileBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.MBeanServerFactory;
import javax.management.ObjectName;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is wrong with one value of a bean costs that value, and no other value or bean. */
final class HostileBeansTest {

  private final MBeanServer server = MBeanServerFactory.newMBeanServer();

  private void register(String cache, HostileBean bean) throws JMException {
    bean.register(server, "m", cache);
  }

  static Stream<Supplier<?>> hostile() {
    return HostileBean.values().values().stream();
  }

  @ParameterizedTest
  @MethodSource("hostile")
  void read_oneBadCounter_costsItself(Supplier<?> hits) throws Exception {
    register("bad", HostileBean.good().with("CacheHits", hits));
    register("good", HostileBean.good());

    CacheReadings readings = new JmxCacheReader(server).read();

    assertThat(readings.caches()).extracting(CacheReading::cache).containsExactly("bad", "good");
    CacheReading bad = readings.caches().get(0);
    assertThat(bad.hits()).isNull();
    assertThat(bad.misses()).isEqualTo(3);
    assertThat(bad.puts()).isEqualTo(2);
    assertThat(bad.hitRate()).isNull();
    assertThat(readings.caches().get(1).hits()).isEqualTo(5);
    assertThat(readings.refused()).isEqualTo(1);
  }

  @Test
  void read_averagesThatAreNone_costThemselves() throws Exception {
    register("a", HostileBean.good().with("AverageGetTime", () -> Float.NaN));
    register("b", HostileBean.good().with("AverageGetTime", () -> -1f));
    CacheReadings readings = new JmxCacheReader(server).read();
    assertThat(readings.caches()).hasSize(2);
    for (CacheReading cache : readings.caches()) {
      assertThat(cache.hits()).isEqualTo(5);
      assertThat(cache.statistics()).extracting(StatisticsReading::averageGetMicros).isNull();
    }
    assertThat(readings.refused()).as("NaN says that nothing was measured").isEqualTo(1);
  }

  @Test
  void read_getAttributesThrows_attributesAreReadOneByOne() throws Exception {
    register("bad", HostileBean.good().throwingTogether());
    CacheReadings readings = new JmxCacheReader(server).read();
    assertThat(readings.caches()).hasSize(1);
    assertThat(readings.caches().get(0).hits()).isEqualTo(5);
    assertThat(readings.refused()).isZero();
  }

  @Test
  void read_snapshotWithBadFigures_costThemselves() throws Exception {
    try (SnapshotFixture fixture = new SnapshotFixture(1_000)) {
      fixture.with(
          new CacheData(
              "bad",
              List.of(
                  new OperationData("get", -5, Map.of("timeout", -2L, "connection", 1L), 4, 2),
                  new OperationData("put", 5, Map.of(), -1, 2)),
              Map.of("hits", -5L, "misses", 2L),
              Map.of("sizeBytes", Double.NEGATIVE_INFINITY, "keysCount", 7.0)));
      fixture.with(new CacheData("good", List.of(), Map.of("hits", 1L), Map.of("keysCount", 1.0)));
      for (Selection wanted : List.of(Selection.ALL, Selection.FIGURES)) {
        List<CacheReading> caches =
            JmxCacheReader.ofThisJvm().read(wanted).caches().stream()
                .filter(each -> each.manager().equals(fixture.manager()))
                .toList();
        assertThat(caches).extracting(CacheReading::cache).containsExactly("bad", "good");
        assertThat(caches.get(0).counters()).isEqualTo(Map.of("misses", 2L));
        assertThat(caches.get(0).gauges()).isEqualTo(Map.of("keysCount", 7.0));
        assertThat(caches.get(1).counters()).isEqualTo(Map.of("hits", 1L));
      }
      List<OperationReading> operations =
          JmxCacheReader.ofThisJvm().read().caches().stream()
              .filter(each -> each.cache().equals("bad"))
              .findAny()
              .orElseThrow()
              .operations();
      assertThat(operations.get(0).errors()).isEqualTo(Map.of("connection", 1L));
      assertThat(operations.get(1).cells()).isNull();
    }
  }

  private static List<OperationReading> operationsWithColumn(String column, long... numbers)
      throws Exception {
    try (SnapshotFixture fixture = new SnapshotFixture(1_000, 2_000)) {
      OperationData operation = new OperationData("get", 5, Map.of(), 0, 2, 1);
      fixture.with(new CacheData("some", List.of(operation), Map.of("hits", 3L), Map.of()));
      fixture.withColumn(column, numbers);
      CacheReading cache =
          JmxCacheReader.ofThisJvm().read().caches().stream()
              .filter(each -> each.manager().equals(fixture.manager()))
              .findAny()
              .orElseThrow();
      assertThat(cache.counters()).isEqualTo(Map.of("hits", 3L));
      return cache.operations();
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {2, 3, Integer.MAX_VALUE, 1L << 32, Long.MAX_VALUE})
  void read_cellsBeyondTheBounds_haveNoDistribution(long first) throws Exception {
    List<OperationReading> operations = operationsWithColumn("firstCells", first);
    assertThat(operations).extracting(OperationReading::cells).containsExactly((LatencyCells) null);
    assertThat(operations).extracting(OperationReading::count).containsExactly(3L);
  }

  @ParameterizedTest
  @CsvSource({
    "firstCells, -1",
    "cellCounts, -1",
    "cellCounts, 3",
    "cellCounts, 9223372036854775807",
    "sumsNanos,",
    "maximaNanos, 1 2"
  })
  void read_columnsThatDoNotFit_areRefused(String column, @Nullable String numbers)
      throws Exception {
    long[] values =
        numbers == null
            ? new long[0]
            : Arrays.stream(numbers.split(" ")).mapToLong(Long::parseLong).toArray();
    assertThat(operationsWithColumn(column, values)).isEmpty();
  }

  @Test
  void read_namesThatBeansCannotTellApart_areCachesOfTheirOwn() throws Exception {
    List<String> names = List.of("a:b", "a.b", "a,b", "a\nb", "a*", "a?", "\"a\"", "a=b", "", " ");
    try (SnapshotFixture fixture = new SnapshotFixture(1_000)) {
      long hits = 1;
      for (String name : names) {
        fixture.with(new CacheData(name, List.of(), Map.of("hits", hits++), Map.of()));
      }
      MBeanServer platform = ManagementFactory.getPlatformMBeanServer();
      ObjectName shared = HostileBean.good().register(platform, fixture.manager(), "a.b");
      try {
        for (Selection wanted : List.of(Selection.ALL, Selection.FIGURES)) {
          List<CacheReading> caches =
              JmxCacheReader.ofThisJvm().read(wanted).caches().stream()
                  .filter(each -> each.manager().equals(fixture.manager()))
                  .toList();
          assertThat(caches).extracting(CacheReading::cache).containsExactlyElementsOf(names);
          assertThat(caches)
              .extracting(CacheReading::hits)
              .containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L);
        }
      } finally {
        platform.unregisterMBean(shared);
      }
    }
  }
}
