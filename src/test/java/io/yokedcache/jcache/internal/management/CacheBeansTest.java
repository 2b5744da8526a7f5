package io.yokedcache.jcache.internal.management;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.management.ManagementFactory;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanFeatureInfo;
import javax.management.MBeanInfo;
import javax.management.MBeanServer;
import javax.management.Notification;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import javax.management.openmbean.TabularData;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the beans of a cache show, read as any JMX client reads it. */
final class CacheBeansTest {

  private static final URI MANAGER = URI.create("test://cache-beans");
  private static final String NAMES = "CacheManager=test.//cache-beans,Cache=a.b";

  private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();
  private final CacheStatistics statistics = new CacheStatistics();
  private CacheSize size = CacheSize.UNKNOWN;
  private NearFigures near = NearFigures.NONE;
  private final CacheBeans beans =
      new CacheBeans(MANAGER, "a:b", statistics, () -> 5, () -> 6, () -> size, () -> near);

  @AfterEach
  void close() {
    beans.close();
  }

  private static ObjectName name(String typeAndMore) throws Exception {
    return new ObjectName("io.yokedcache:type=" + typeAndMore);
  }

  private static ObjectName operation(Operation operation) throws Exception {
    return name("CacheOperation," + NAMES + ",operation=" + operation.label());
  }

  /** Records an operation that took so long. */
  private void took(Operation operation, long nanos) {
    statistics.record(operation, 1, 0, 0, 0, statistics.start() - nanos);
  }

  @Test
  void operationBean_percentilesAreThoseRecorded() throws Exception {
    beans.showStatistics(true);
    Random random = new Random(3);
    long[] durations = new long[1_000];
    for (int i = 0; i < durations.length; i++) {
      durations[i] = TimeUnit.MILLISECONDS.toNanos(5 + random.nextInt(2_000));
      took(Operation.GET, durations[i]);
    }
    Arrays.sort(durations);

    ObjectName get = operation(Operation.GET);
    assertThat(server.getAttribute(get, "Count")).isEqualTo(1_000L);
    assertThat(cellOf(server.getAttribute(get, "P50Micros")))
        .isCloseTo(TimerCells.indexOf(durations[499]), within(1));
    assertThat(cellOf(server.getAttribute(get, "P99Micros")))
        .isCloseTo(TimerCells.indexOf(durations[989]), within(1));
    assertThat(cellOf(server.getAttribute(get, "MaxMicros")))
        .isCloseTo(TimerCells.indexOf(durations[999]), within(1));
    assertThat((Double) server.getAttribute(get, "MeanMicros"))
        .isCloseTo(Arrays.stream(durations).average().orElseThrow() / 1_000, within(5_000.0));
    assertThat(server.getAttribute(operation(Operation.PUT), "Count")).isEqualTo(0L);
  }

  private static int cellOf(Object micros) {
    return TimerCells.indexOf((long) ((Double) micros * 1_000));
  }

  @Test
  void operationBean_describesPlainNumbers() throws Exception {
    beans.showStatistics(true);

    MBeanAttributeInfo[] attributes = server.getMBeanInfo(operation(Operation.GET)).getAttributes();

    assertThat(attributes).extracting(MBeanAttributeInfo::getName).hasSize(10);
    assertThat(attributes).allSatisfy(a -> assertThat(a.getType()).isIn("long", "double"));
    assertThat(attributes).noneMatch(a -> a.getDescription().equals(a.getName()));
  }

  @Test
  void ourBeans_describeThemselvesTheirAttributesAndOperations() throws Exception {
    beans.register();
    beans.showStatistics(true);
    try (ManagerBeans managerBeans =
        ManagerBeans.register(
            MANAGER,
            List::of,
            List::of,
            List::of,
            () -> connection(/* healthy= */ true),
            new ConnectionNews())) {
      assertThat(managerBeans).isNotNull();
      Set<ObjectName> names =
          server.queryNames(
              new ObjectName("io.yokedcache:CacheManager=test.//cache-beans,*"), null);
      assertThat(names)
          .extracting(name -> name.getKeyProperty("type"))
          .contains("Snapshot", "Connection", "CacheExtendedStatistics", "CacheOperation");
      for (ObjectName name : names) {
        MBeanInfo info = server.getMBeanInfo(name);
        List<MBeanFeatureInfo> features = new ArrayList<>(List.of(info.getAttributes()));
        features.addAll(List.of(info.getOperations()));
        features.addAll(List.of(info.getNotifications()));
        assertThat(info.getDescription()).as("of %s", name).doesNotContain("on the management");
        assertThat(features)
            .as("of %s", name)
            .allSatisfy(
                feature ->
                    // What JMX says by itself is the name, or that it is exposed for management.
                    assertThat(feature.getDescription())
                        .contains(" ")
                        .doesNotContain("exposed for management"));
      }
    }
  }

  @Test
  void size_isShownWhereItIsKnown() throws Exception {
    beans.register();
    ObjectName extended = name("CacheExtendedStatistics," + NAMES);
    assertThat(server.getAttribute(extended, "KeysCount")).isEqualTo(-1L);
    assertThat(server.getAttribute(extended, "SizeBytes")).isEqualTo(-1L);
    assertThat(server.getAttribute(extended, "CensusAgeSeconds")).isEqualTo(-1.0);
    assertThat(beans.snapshot().getGauges()).containsOnlyKeys("uptimeSeconds");

    size = new CacheSize(7, -1, 3.5);

    assertThat(server.getAttribute(extended, "KeysCount")).isEqualTo(7L);
    assertThat(server.getAttribute(extended, "SizeBytes")).isEqualTo(-1L);
    assertThat(server.getAttribute(extended, "CensusAgeSeconds")).isEqualTo(3.5);
    assertThat(beans.snapshot().getGauges())
        .containsOnlyKeys("uptimeSeconds", "keysCount", "censusAgeSeconds")
        .containsEntry("keysCount", 7.0);
  }

  @Test
  void nearFigures_areShownWhereThereIsANearCache_sinceTheReset() throws Exception {
    beans.register();
    ObjectName extended = name("CacheExtendedStatistics," + NAMES);
    String[] counts = {
      "NearHits", "NearMisses", "NearInvalidations", "NearFlushes", "NearDroppedFills"
    };
    server.invoke(extended, "reset", null, null);
    for (String count : counts) {
      assertThat(server.getAttribute(extended, count)).as(count).isEqualTo(-1L);
    }
    assertThat(server.getAttribute(extended, "NearEntries")).isEqualTo(-1L);
    assertThat(beans.snapshot().getCounters())
        .doesNotContainKeys("nearHits", "nearMisses", "invalidations.near");
    assertThat(beans.snapshot().getGauges()).doesNotContainKey("nearEntries");

    near = new NearFigures(1, 2, 3, 4, 5, 6);
    server.invoke(extended, "reset", null, null);
    near = new NearFigures(11, 22, 33, 44, 55, 66);

    for (int i = 0; i < counts.length; i++) {
      assertThat(server.getAttribute(extended, counts[i])).as(counts[i]).isEqualTo(10L * (i + 1));
    }
    assertThat(server.getAttribute(extended, "NearEntries")).isEqualTo(66L);
    assertThat(beans.figures().getCounters())
        .containsEntry("nearHits", 11L)
        .containsEntry("nearMisses", 22L)
        .containsEntry("invalidations.near", 33L);
    assertThat(beans.figures().getGauges()).containsEntry("nearEntries", 66.0);
  }

  @Test
  void reset_movesTheBaselineOfTheViewsOnly() throws Exception {
    beans.register();
    beans.showStatistics(true);
    took(Operation.GET, 1_000_000);
    took(Operation.LOAD, 1_000_000);
    statistics.failed(Operation.GET, ErrorType.TIMEOUT);
    ObjectName extended = name("CacheExtendedStatistics," + NAMES);
    assertThat(server.getAttribute(extended, "Loads")).isEqualTo(1L);
    assertThat(server.getAttribute(extended, "Errors")).isEqualTo(1L);
    assertThat(server.getAttribute(extended, "HitRate")).isEqualTo(1.0);

    server.invoke(extended, "reset", null, null);

    assertThat(server.getAttribute(extended, "Loads")).isEqualTo(0L);
    assertThat(server.getAttribute(extended, "Errors")).isEqualTo(0L);
    assertThat(server.getAttribute(extended, "HitRate")).isEqualTo(0.0);
    assertThat(server.getAttribute(extended, "UndecodableEntries")).isEqualTo(5L);
    assertThat(server.getAttribute(extended, "DroppedEvents")).isEqualTo(6L);
    assertThat(server.getAttribute(extended, "Expirations")).isEqualTo(-1L);
    ObjectName get = operation(Operation.GET);
    assertThat(server.getAttribute(get, "Count")).isEqualTo(0L);
    assertThat(server.getAttribute(get, "ErrorCount")).isEqualTo(0L);
    assertThat(server.getAttribute(get, "MaxMicros")).isEqualTo(0.0);
    CacheSnapshot snapshot = beans.snapshot();
    assertThat(snapshot.getCounters()).containsEntry("hits", 2L).containsEntry("loads", 1L);
    assertThat(snapshot.getOperations()).allMatch(operation -> operation.getCount() == 1);
    took(Operation.GET, 1_000_000);
    assertThat(server.getAttribute(get, "Count")).isEqualTo(1L);
  }

  @Test
  void snapshot_isOpenData() throws Exception {
    statistics.hearExpirations();
    statistics.expired();
    took(Operation.GET, 1_000_000);
    statistics.failed(Operation.GET, ErrorType.CONNECTION);
    ObjectName name = name("Snapshot,CacheManager=test.//cache-beans");
    try (ManagerBeans managerBeans =
        ManagerBeans.register(
            MANAGER,
            () -> List.of(beans.snapshot()),
            () -> List.of(beans.figures()),
            List::of,
            () -> connection(/* healthy= */ true),
            new ConnectionNews())) {
      assertThat(managerBeans).isNotNull();

      assertThat(server.getAttribute(name, "BoundsNanos")).isEqualTo(TimerCells.bounds());
      CompositeData[] caches = (CompositeData[]) server.getAttribute(name, "Caches");
      assertThat(caches).hasSize(1);
      assertThat(caches[0].get("cache")).isEqualTo("a:b");
      CompositeData[] operations = (CompositeData[]) caches[0].get("operations");
      assertThat(operations).hasSize(1);
      assertThat(operations[0].get("operation")).isEqualTo("get");
      assertThat(operations[0].get("count")).isEqualTo(1L);
      assertThat((long[]) operations[0].get("cells")).hasSize(TimerCells.COUNT).contains(1);
      assertThat((Long) operations[0].get("sumNanos")).isGreaterThanOrEqualTo(1_000_000);
      assertThat(operations[0].get("maxNanos")).isEqualTo(operations[0].get("sumNanos"));
      assertThat(entry(operations[0], "errors", "connection")).isEqualTo(1L);
      assertThat(entry(caches[0], "counters", "hits")).isEqualTo(1L);
      assertThat(entry(caches[0], "counters", "expirations")).isEqualTo(1L);
      assertThat(entry(caches[0], "gauges", "hitRate")).isEqualTo(1.0);
      CompositeData connection = (CompositeData) server.getAttribute(name, "Connection");
      assertThat(connection.getCompositeType().keySet())
          .containsExactlyInAnyOrder(
              "healthy",
              "pingNanos",
              "reconnects",
              "poolActive",
              "poolIdle",
              "poolWaiting",
              "poolSize");
      assertThat(connection.get("healthy")).isEqualTo(true);
      assertThat(connection.get("pingNanos")).isEqualTo(1_500L);
      assertThat(connection.get("poolWaiting")).isEqualTo(3);
    }
    assertThat(server.isRegistered(name)).isFalse();
  }

  @Test
  void figures_areColumns_withGapsWhereNothingIsMeasured() throws Exception {
    CacheSnapshot other =
        new CacheSnapshot("b", List.of(), Map.of("hits", 7L), Map.of("keysCount", 3.0));
    ObjectName name = name("Snapshot,CacheManager=test.//cache-beans");
    try (ManagerBeans managerBeans =
        ManagerBeans.register(
            MANAGER,
            List::of,
            () -> List.of(beans.figures(), other),
            List::of,
            () -> connection(/* healthy= */ true),
            new ConnectionNews())) {
      assertThat(managerBeans.managerName()).isEqualTo("test.//cache-beans");

      CompositeData figures = (CompositeData) server.getAttribute(name, "Figures");
      assertThat((String[]) figures.get("caches")).containsExactly("a:b", "b");
      List<String> counterNames = List.of((String[]) figures.get("counterNames"));
      long[] counters = (long[]) figures.get("counters");
      assertThat(counters).hasSize(2 * counterNames.size());
      assertThat(counters[counterNames.size() + counterNames.indexOf("hits")]).isEqualTo(7);
      assertThat(counters[counterNames.size() + counterNames.indexOf("misses")])
          .isEqualTo(CacheFigures.NO_COUNT);
      List<String> gaugeNames = List.of((String[]) figures.get("gaugeNames"));
      double[] gauges = (double[]) figures.get("gauges");
      assertThat(gauges[gaugeNames.indexOf("keysCount")]).isNaN();
      assertThat(gauges[gaugeNames.size() + gaugeNames.indexOf("keysCount")]).isEqualTo(3);

      CompositeData selected =
          (CompositeData)
              server.invoke(
                  name,
                  "figures",
                  new Object[] {new String[] {"misses", "hits", "keysCount", "unheardOf"}},
                  new String[] {String[].class.getName()});
      assertThat((String[]) selected.get("caches")).containsExactly("a:b", "b");
      assertThat((String[]) selected.get("counterNames")).containsExactly("hits", "misses");
      assertThat((long[]) selected.get("counters")).containsExactly(0, 0, 7, CacheFigures.NO_COUNT);
      assertThat((String[]) selected.get("gaugeNames")).containsExactly("keysCount");
      assertThat((double[]) selected.get("gauges")).containsExactly(Double.NaN, 3);
    }
  }

  @Test
  void configurations_areColumnsOfAllCaches() throws Exception {
    ObjectName name = name("Snapshot,CacheManager=test.//cache-beans");
    try (ManagerBeans managerBeans =
        ManagerBeans.register(
            MANAGER,
            List::of,
            List::of,
            () -> List.of(description("a", true), description("b", false)),
            () -> connection(/* healthy= */ true),
            new ConnectionNews())) {
      assertThat(managerBeans).isNotNull();

      CompositeData columns = (CompositeData) server.getAttribute(name, "Configurations");

      assertThat((String[]) columns.get("caches")).containsExactly("a", "b");
      assertThat((String[]) columns.get("keyTypes")).containsOnly("java.lang.String");
      assertThat((String[]) columns.get("valueTypes")).containsOnly("java.lang.Long");
      assertThat((String[]) columns.get("codecs")).containsOnly("json");
      assertThat((boolean[]) columns.get("storeByValue")).containsExactly(true, true);
      assertThat((boolean[]) columns.get("readThrough")).containsExactly(false, false);
      assertThat((boolean[]) columns.get("writeThrough")).containsExactly(true, true);
      assertThat((boolean[]) columns.get("statisticsEnabled")).containsExactly(true, false);
    }
  }

  @Test
  void connectionBean_describesPlainNumbersAndNotifications() throws Exception {
    ObjectName name = name("Connection,CacheManager=test.//cache-beans");
    ConnectionNews news = new ConnectionNews();
    try (ManagerBeans managerBeans =
        ManagerBeans.register(
            MANAGER, List::of, List::of, List::of, () -> connection(/* healthy= */ false), news)) {
      assertThat(managerBeans).isNotNull();
      MBeanInfo info = server.getMBeanInfo(name);
      assertThat(info.getAttributes())
          .hasSize(7)
          .allSatisfy(a -> assertThat(a.getType()).isIn("int", "long", "double"))
          .noneMatch(a -> a.getDescription().equals(a.getName()));
      assertThat(server.getAttribute(name, "Healthy")).isEqualTo(0);
      assertThat(server.getAttribute(name, "PingMicros")).isEqualTo(1.5);
      assertThat(server.getAttribute(name, "PoolActive")).isEqualTo(1);
      assertThat(server.getAttribute(name, "PoolIdle")).isEqualTo(2);
      assertThat(server.getAttribute(name, "PoolWaiting")).isEqualTo(3);
      assertThat(server.getAttribute(name, "PoolSize")).isEqualTo(4);
      assertThat(server.getAttribute(name, "Reconnects")).isEqualTo(5L);
      assertThat(info.getNotifications())
          .hasSize(2)
          .allSatisfy(n -> assertThat(n.getDescription()).contains("Redis"));

      List<Notification> heard = new ArrayList<>();
      server.addNotificationListener(name, (sent, handback) -> heard.add(sent), null, null);
      news.lost("no reply");
      news.restored();

      assertThat(heard)
          .extracting(Notification::getType)
          .containsExactly("io.yokedcache.connection.lost", "io.yokedcache.connection.restored");
      assertThat(heard.get(0).getUserData()).isEqualTo("no reply");
    }
  }

  /** A part has its own bean and its own times, and no share in JSR-107's counts. */
  @Test
  void time_isNoOperationOfTheJsr() throws Exception {
    beans.showStatistics(true);
    statistics.time(Operation.NETWORK, 2_000_000);

    assertThat(server.getAttribute(operation(Operation.NETWORK), "Count")).isEqualTo(1L);
    assertThat(server.getAttribute(operation(Operation.NETWORK), "MaxMicros")).isEqualTo(2_000.0);
    assertThat(statistics.sums()).isEqualTo(CacheStatistics.Sums.ZERO);
  }

  private static CacheDescription description(String cache, boolean statisticsEnabled) {
    return new CacheDescription(
        cache,
        "java.lang.String",
        "java.lang.Long",
        "json",
        /* storeByValue= */ true,
        /* readThrough= */ false,
        /* writeThrough= */ true,
        statisticsEnabled);
  }

  private static ConnectionSnapshot connection(boolean healthy) {
    return new ConnectionSnapshot(healthy, 1_500, new ConnectionSnapshot.Pool(1, 2, 3, 4, 5));
  }

  private static Object entry(CompositeData data, String map, String key) {
    return ((TabularData) data.get(map)).get(new Object[] {key}).get("value");
  }

  @Test
  void showStatistics_onAndOff() throws Exception {
    beans.register();
    beans.showStatistics(true);
    beans.showStatistics(true);
    assertThat(server.queryNames(new ObjectName("io.yokedcache:*,Cache=a.b"), null))
        .hasSize(Operation.values().length + 1);
    assertThat(server.queryNames(new ObjectName("javax.cache:*,Cache=a.b"), null)).hasSize(1);

    beans.showStatistics(false);
    assertThat(server.queryNames(new ObjectName("*:*,Cache=a.b"), null)).hasSize(1);

    beans.close();
    assertThat(server.queryNames(new ObjectName("*:*,Cache=a.b"), null)).isEmpty();
  }

  @Test
  void disabledRecorder_readsNoClock() {
    assertThat(StatisticsRecorder.disabled().start()).isZero();
  }

  @Test
  void rate_isTheGrowthBetweenReadingsASecondApart() {
    RateMeter rate = new RateMeter(0);
    assertThat(rate.read(10, 999_999_999L)).isZero();
    assertThat(rate.read(30, 2_000_000_000L)).isEqualTo(15);
    assertThat(rate.read(31, 2_500_000_000L)).isEqualTo(15);
    assertThat(rate.read(34, 4_000_000_000L)).isEqualTo(2);
  }
}
