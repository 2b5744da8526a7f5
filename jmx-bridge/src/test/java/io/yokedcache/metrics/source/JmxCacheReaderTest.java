package io.yokedcache.metrics.source;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.yokedcache.metrics.source.CacheReading.StatisticsReading;
import io.yokedcache.metrics.source.CacheSource.Selection;
import io.yokedcache.metrics.source.SnapshotFixture.CacheData;
import io.yokedcache.metrics.source.SnapshotFixture.OperationData;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.MBeanServerFactory;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;

final class JmxCacheReaderTest {

  /** Some attributes of the JSR's bean; a provider need not have all. */
  public interface FewStatisticsMXBean {
    long getCacheHits();

    long getCacheMisses();

    float getAverageGetTime();
  }

  private static final class FewStatistics implements FewStatisticsMXBean {
    @Override
    public long getCacheHits() {
      return 1;
    }

    @Override
    public long getCacheMisses() {
      return 3;
    }

    @Override
    public float getAverageGetTime() {
      return 12.5f;
    }
  }

  private final MBeanServer server = MBeanServerFactory.newMBeanServer();

  @Test
  void read_noBeans() throws Exception {
    assertThat(new JmxCacheReader(server).read()).isEqualTo(CacheReadings.EMPTY);
  }

  @Test
  void read_jsrBeanWithoutSomeAttributes_absentIsNotZero() throws Exception {
    server.registerMBean(new FewStatistics(), statisticsName("uri", "c"));
    List<CacheReading> caches = new JmxCacheReader(server).read().caches();
    assertThat(caches).hasSize(1);
    CacheReading cache = caches.get(0);
    assertThat(cache.manager()).isEqualTo("uri");
    assertThat(cache.cache()).isEqualTo("c");
    assertThat(cache.statistics())
        .isEqualTo(new StatisticsReading(1L, 3L, null, null, null, 12.5, null, null));
    assertThat(cache.hitRate()).isEqualTo(0.25);
    assertThat(cache.puts()).isNull();
  }

  @Test
  void read_quotedName() throws Exception {
    server.registerMBean(new FewStatistics(), statisticsName("uri", ObjectName.quote("a:b")));
    assertThat(new JmxCacheReader(server).read().caches())
        .extracting(CacheReading::cache)
        .containsExactly("a:b");
  }

  @Test
  void read_snapshot() throws Exception {
    try (SnapshotFixture fixture = new SnapshotFixture(1_000, 10_000)) {
      fixture.with(
          new CacheData(
              "users",
              List.of(new OperationData("get", 5_500, Map.of("timeout", 2L), 4, 2, 1)),
              Map.of("hits", 5L, "misses", 2L, "invalidations.tag", 9L),
              Map.of("sizeBytes", 1e6)));
      CacheReadings readings = JmxCacheReader.ofThisJvm().read();
      CacheReading cache = only(readings, fixture.manager());
      assertThat(cache.cache()).isEqualTo("users");
      assertThat(cache.statistics()).isNull();
      assertThat(cache.counters())
          .isEqualTo(Map.of("hits", 5L, "misses", 2L, "invalidations.tag", 9L));
      assertThat(cache.gauges()).isEqualTo(Map.of("sizeBytes", 1e6));
      assertThat(cache.hits()).isEqualTo(5);
      assertThat(cache.puts()).isNull();
      assertThat(cache.operations()).hasSize(1);
      OperationReading get = cache.operations().get(0);
      assertThat(get.operation()).isEqualTo("get");
      assertThat(get.count()).isEqualTo(7);
      assertThat(get.sumNanos()).isEqualTo(5_500);
      assertThat(get.maxNanos()).isEqualTo(42);
      assertThat(get.errors()).isEqualTo(Map.of("timeout", 2L));
      LatencyCells cells = requireNonNull(get.cells());
      assertThat(cells.bounds()).isEqualTo(LatencyBounds.of(1_000, 10_000));
      assertThat(counts(cells)).containsExactly(4, 2, 1);
      assertThat(readings.connections())
          .contains(
              new ConnectionReading(
                  fixture.manager(),
                  true,
                  250_000L,
                  3L,
                  2L,
                  5L,
                  0L,
                  Map.of(
                      "reconnects",
                      3L,
                      "circuitBreakerOpenings",
                      6L,
                      "failOvers",
                      1L,
                      "unacknowledgedClears",
                      4L),
                  List.of(
                      new ConnectionReading.Node("h:1", "master", 16_384L, true, 0.000_25, true),
                      new ConnectionReading.Node("h:2", "replica", null, null, null, true))));
    }
  }

  private static CacheData users(Map<String, Long> counters, Map<String, Double> gauges) {
    return new CacheData(
        "users", List.of(new OperationData("get", 5, Map.of(), 4, 2)), counters, gauges);
  }

  @Test
  void readFigures_columns_sameFiguresWithoutOperations() throws Exception {
    try (SnapshotFixture fixture = new SnapshotFixture(1_000)) {
      fixture
          .with(users(Map.of("hits", 5L, "misses", 0L), Map.of("sizeBytes", 1e6)))
          .with(new CacheData("orders", List.of(), Map.of("puts", 9L), Map.of()));
      JmxCacheReader reader = JmxCacheReader.ofThisJvm();
      CacheReadings figures = reader.read(Selection.FIGURES);
      assertThat(fixture.bulkReads()).isZero();
      List<CacheReading> everything =
          reader.read().caches().stream()
              .map(
                  cache ->
                      new CacheReading(
                          cache.manager(),
                          cache.cache(),
                          null,
                          List.of(),
                          cache.counters(),
                          cache.gauges()))
              .toList();
      assertThat(figures.caches()).isEqualTo(everything);
      assertThat(figures.connections()).extracting(ConnectionReading::reconnects).contains(3L);
      assertThat(fixture.bulkReads()).isEqualTo(1);
    }
  }

  @Test
  void read_someFigures_onlyTheseAndNoJsrBean() throws Exception {
    try (SnapshotFixture fixture = new SnapshotFixture(1_000)) {
      fixture.with(
          users(Map.of("hits", 5L, "puts", 2L), Map.of("sizeBytes", 1e6, "keysCount", 3.0)));
      ObjectName bean = statisticsName(fixture.manager(), "users");
      ManagementFactory.getPlatformMBeanServer().registerMBean(new FewStatistics(), bean);
      try {
        CacheReading gauge = only(read(Set.of("keysCount")), fixture.manager());
        assertThat(gauge.counters()).isEmpty();
        assertThat(gauge.gauges()).isEqualTo(Map.of("keysCount", 3.0));
        assertThat(gauge.statistics()).isNull();
        CacheReading counter = only(read(Set.of("hits")), fixture.manager());
        assertThat(counter.counters()).isEqualTo(Map.of("hits", 5L));
        assertThat(counter.gauges()).isEmpty();
        assertThat(only(read(Set.of()), fixture.manager()).cache()).isEqualTo("users");
      } finally {
        ManagementFactory.getPlatformMBeanServer().unregisterMBean(bean);
      }
      assertThat(fixture.selections())
          .containsExactly(Set.of("keysCount"), Set.of("hits"), Set.of());
      assertThat(fixture.bulkReads()).isZero();
    }
  }

  private static CacheReadings read(Set<String> figures) throws IOException {
    return JmxCacheReader.ofThisJvm()
        .read(new Selection(/* operations= */ false, /* configurations= */ false, figures));
  }

  @Test
  void read_configurations_alsoOfCachesThatCountNothing() throws Exception {
    try (SnapshotFixture fixture = new SnapshotFixture(1_000)) {
      fixture.with(users(Map.of("hits", 5L), Map.of()));
      CacheReadings readings =
          JmxCacheReader.ofThisJvm()
              .read(new Selection(/* operations= */ false, /* configurations= */ true, Set.of()));
      assertThat(readings.configurations())
          .filteredOn(each -> each.manager().equals(fixture.manager()))
          .containsExactlyInAnyOrder(
              configuration(fixture.manager(), "users", true),
              configuration(
                  fixture.manager(), SnapshotFixture.ConfigurationsData.UNCOUNTED, false));
      assertThat(JmxCacheReader.ofThisJvm().read().configurations()).isEmpty();
    }
  }

  private static ConfigurationReading configuration(
      String manager, String cache, boolean statisticsEnabled) {
    return new ConfigurationReading(
        manager,
        cache,
        "java.lang.String",
        "com.acme.User",
        "json",
        true,
        false,
        false,
        statisticsEnabled);
  }

  @Test
  void read_beansThatComeAndGo_seenAtOnce() throws Exception {
    JmxCacheReader reader = new JmxCacheReader(server);
    assertThat(reader.read()).isEqualTo(CacheReadings.EMPTY);
    server.registerMBean(new FewStatistics(), statisticsName("uri", "a"));
    assertThat(reader.read().caches()).hasSize(1);
    server.unregisterMBean(statisticsName("uri", "a"));
    server.registerMBean(new FewStatistics(), statisticsName("uri", "b"));
    assertThat(reader.read().caches()).extracting(CacheReading::cache).containsExactly("b");
  }

  /** The number of beans stays the same, and no bean that was read is missing. */
  @Test
  void read_cacheInPlaceOfAnotherBean_seenAtOnce() throws Exception {
    ObjectName other = new ObjectName("com.acme:type=Other");
    server.registerMBean(new FewStatistics(), other);
    JmxCacheReader reader = new JmxCacheReader(server);
    assertThat(reader.read()).isEqualTo(CacheReadings.EMPTY);

    server.unregisterMBean(other);
    server.registerMBean(new FewStatistics(), statisticsName("uri", "a"));

    assertThat(reader.read().caches()).extracting(CacheReading::cache).containsExactly("a");
  }

  @Test
  void read_readersThatAreGarbage_leaveNoListeners() throws Exception {
    int beans = server.getMBeanCount();
    AtomicInteger listeners = new AtomicInteger();
    MBeanServer counting =
        (MBeanServer)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {MBeanServer.class},
                (proxy, method, arguments) -> {
                  switch (method.getName()) {
                    case "addNotificationListener" -> listeners.incrementAndGet();
                    case "removeNotificationListener" -> listeners.decrementAndGet();
                    default -> {}
                  }
                  return method.invoke(server, arguments);
                });
    for (int i = 0; i < 100; i++) {
      assertThat(new JmxCacheReader(counting).read()).isEqualTo(CacheReadings.EMPTY);
    }
    JmxCacheReader kept = new JmxCacheReader(counting);

    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () -> {
              System.gc();
              server.registerMBean(new FewStatistics(), statisticsName("uri", "a"));
              server.unregisterMBean(statisticsName("uri", "a"));
              assertThat(listeners).hasValue(1);
            });
    assertThat(kept.read()).isEqualTo(CacheReadings.EMPTY);
    assertThat(server.getMBeanCount()).isEqualTo(beans);
  }

  @Test
  void read_cellsThatDoNotFitTheBounds_areAbsent() throws Exception {
    try (SnapshotFixture fixture = new SnapshotFixture(1_000, 10_000)) {
      fixture.with(
          new CacheData(
              "c", List.of(new OperationData("get", 1, Map.of(), 0, 1, 1, 2)), Map.of(), Map.of()));
      CacheReading cache = only(JmxCacheReader.ofThisJvm().read(), fixture.manager());
      assertThat(cache.operations().get(0).cells()).isNull();
      assertThat(cache.operations().get(0).count()).isEqualTo(4);
    }
  }

  @Test
  void read_boundsThatDoNotAscend_cellsAreAbsent() throws Exception {
    try (SnapshotFixture fixture = new SnapshotFixture(10_000, 1_000)) {
      fixture.with(
          new CacheData(
              "c", List.of(new OperationData("get", 1, Map.of(), 4, 5, 6)), Map.of(), Map.of()));
      CacheReading cache = only(JmxCacheReader.ofThisJvm().read(), fixture.manager());
      assertThat(cache.operations().get(0).cells()).isNull();
    }
  }

  @Test
  void read_snapshotAndJsrBeanOfTheSameCache_snapshotWins() throws Exception {
    try (SnapshotFixture fixture = new SnapshotFixture(1_000)) {
      fixture.with(new CacheData("a:b=c", List.of(), Map.of("hits", 70L), Map.of()));
      ObjectName name = statisticsName(fixture.manager(), "a.b.c");
      MBeanServer platform = ManagementFactory.getPlatformMBeanServer();
      platform.registerMBean(new FewStatistics(), name);
      try {
        CacheReading cache = only(JmxCacheReader.ofThisJvm().read(), fixture.manager());
        assertThat(cache.cache()).isEqualTo("a:b=c");
        assertThat(cache.hits()).isEqualTo(70);
        assertThat(cache.misses()).isNull();
      } finally {
        platform.unregisterMBean(name);
      }
    }
  }

  @Test
  void read_beanVanishesBetweenQueryAndRead() throws Exception {
    ObjectName vanishing = statisticsName("uri", "a");
    server.registerMBean(new FewStatistics(), vanishing);
    server.registerMBean(new FewStatistics(), statisticsName("uri", "b"));
    AtomicBoolean hasVanished = new AtomicBoolean();
    MBeanServer racing =
        (MBeanServer)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {MBeanServer.class},
                (proxy, method, arguments) -> {
                  if (method.getName().equals("getAttributes")
                      && hasVanished.compareAndSet(false, true)) {
                    server.unregisterMBean(vanishing);
                    throw new InstanceNotFoundException("gone");
                  }
                  return method.invoke(server, arguments);
                });
    assertThat(new JmxCacheReader(racing).read().caches())
        .extracting(CacheReading::cache)
        .containsExactly("b");
  }

  @Test
  void read_connectionLost() {
    MBeanServer lost =
        (MBeanServer)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {MBeanServer.class},
                (proxy, method, arguments) -> {
                  throw new IOException("connection lost");
                });
    assertThatThrownBy(() -> new JmxCacheReader(lost).read())
        .hasRootCauseMessage("connection lost");
  }

  private static CacheReading only(CacheReadings readings, String manager) {
    List<CacheReading> caches =
        readings.caches().stream().filter(cache -> cache.manager().equals(manager)).toList();
    assertThat(caches).hasSize(1);
    return caches.get(0);
  }

  private static long[] counts(LatencyCells cells) {
    long[] counts = new long[cells.size()];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = cells.count(i);
    }
    return counts;
  }

  private static ObjectName statisticsName(String manager, String cache) throws JMException {
    return new ObjectName(
        "javax.cache:type=CacheStatistics,CacheManager=" + manager + ",Cache=" + cache);
  }
}
