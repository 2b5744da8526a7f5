package io.yokedcache.jcache.internal.jmx;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.internal.jmx.CacheSnapshot.OperationSnapshot;
import io.yokedcache.jcache.internal.jmx.ManagerBeans.CacheDescription;
import io.yokedcache.jcache.internal.metrics.CacheStatistics;
import io.yokedcache.jcache.internal.metrics.ConnectionStatistics;
import io.yokedcache.jcache.internal.metrics.ConnectionStatistics.Breaker;
import io.yokedcache.jcache.internal.metrics.ConnectionStatistics.Ping;
import io.yokedcache.jcache.internal.metrics.ErrorType;
import io.yokedcache.jcache.internal.metrics.FailOverStatistics;
import io.yokedcache.jcache.internal.metrics.Operation;
import io.yokedcache.jcache.internal.metrics.OutageStatistics;
import io.yokedcache.jcache.internal.metrics.TimerCells;
import io.yokedcache.jcache.internal.metrics.TimerReading;
import io.yokedcache.jcache.internal.settings.Settings;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.management.MBeanFeatureInfo;
import javax.management.MBeanInfo;
import javax.management.MBeanServer;
import javax.management.Notification;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import javax.management.openmbean.TabularData;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the beans of a manager show of all its caches, read as any JMX client reads it. */
final class ManagerBeansTest {

  private static final OutageStatistics OUTAGES =
      new OutageStatistics(0, 0, 0, /* owesGeneration= */ false, 0, 0, 0);

  private static final URI MANAGER = URI.create("test://cache-beans");

  private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();
  private final CacheStatistics statistics = new CacheStatistics();
  private final CacheBeans beans =
      new CacheBeans(
          MANAGER,
          "a:b",
          new CacheBeans.Sources(
              statistics,
              () -> Map.of("damaged", 5L),
              List::of,
              () -> 6,
              () -> OUTAGES,
              () -> null,
              () -> null,
              () -> null,
              () -> null),
          Settings.OperationBeans.ALL,
          new OperationBeanLimit(4));

  @AfterEach
  void close() {
    beans.close();
  }

  private static ObjectName name(String typeAndMore) throws Exception {
    return new ObjectName("io.yokedcache:type=" + typeAndMore);
  }

  /** Records an operation that took so long. */
  private void took(Operation operation, long nanos) {
    statistics.record(operation, 1, 0, 0, 0, statistics.start() - nanos);
  }

  private static ManagerBeans register(
      Supplier<Stream<CacheSnapshot>> operations,
      Supplier<List<CacheSnapshot>> figures,
      Supplier<List<CacheDescription>> configurations) {
    return ManagerBeans.register(
        MANAGER,
        operations,
        figures,
        configurations,
        () -> connection(/* healthy= */ true),
        () -> 6,
        new ConnectionNotifications());
  }

  @Test
  void snapshot_isOpenData() throws Exception {
    statistics.hearExpirations();
    statistics.expired();
    took(Operation.GET, 1_000_000);
    statistics.failed(Operation.GET, ErrorType.CONNECTION);
    ObjectName name = name("Snapshot,CacheManager=test.//cache-beans");
    try (ManagerBeans managerBeans =
        register(() -> Stream.of(beans.operations()), () -> List.of(beans.figures()), List::of)) {
      assertThat(managerBeans).isNotNull();

      assertThat(server.getAttribute(name, "BoundsNanos")).isEqualTo(TimerCells.bounds());
      CompositeData operations = (CompositeData) server.getAttribute(name, "Operations");
      assertThat((String[]) operations.get("caches")).containsExactly("a:b");
      assertThat((String[]) operations.get("operations")).containsExactly("get");
      long first = ((long[]) operations.get("firstCells"))[0];
      assertThat(TimerCells.bounds()[(int) first]).isGreaterThanOrEqualTo(1_000_000);
      assertThat((long[]) operations.get("cellCounts")).containsExactly(1);
      assertThat((long[]) operations.get("cells")).containsExactly(1);
      long[] sums = (long[]) operations.get("sumsNanos");
      assertThat(sums[0]).isGreaterThanOrEqualTo(1_000_000);
      assertThat((long[]) operations.get("maximaNanos")).containsExactly(sums);
      assertThat((long[]) operations.get("errorRows")).containsExactly(0);
      assertThat((String[]) operations.get("errorTypes")).containsExactly("connection");
      assertThat((long[]) operations.get("errorCounts")).containsExactly(1);
      CompositeData connection = (CompositeData) server.getAttribute(name, "Connection");
      assertThat(connection.getCompositeType().keySet())
          .containsExactlyInAnyOrder(
              "healthy",
              "pingNanos",
              "reconnects",
              "failOvers",
              "failOverRemovals",
              "failOverClears",
              "unacknowledgedClears",
              "backgroundErrors",
              "circuitBreakerOpenings",
              "circuitBreakersOpen",
              "poolActive",
              "poolIdle",
              "poolWaiting",
              "poolSize",
              "nodes");
      assertThat(connection.get("healthy")).isEqualTo(true);
      assertThat(connection.get("pingNanos")).isEqualTo(1_500L);
      assertThat(connection.get("poolWaiting")).isEqualTo(3);
    }
    assertThat(server.isRegistered(name)).isFalse();
  }

  @Test
  void operations_haveTheCellsFromTheFirstToTheLastThatCounts() throws Exception {
    CacheSnapshot a = operations("a", cells(3, 5), cells());
    CacheSnapshot b = operations("b", cells(0, TimerCells.COUNT - 1));
    ObjectName name = name("Snapshot,CacheManager=test.//cache-beans");
    try (ManagerBeans managerBeans = register(() -> Stream.of(a, b), List::of, List::of)) {
      assertThat(managerBeans).isNotNull();

      CompositeData rows = (CompositeData) server.getAttribute(name, "Operations");

      assertThat((String[]) rows.get("caches")).containsExactly("a", "a", "b");
      assertThat((long[]) rows.get("firstCells")).containsExactly(3, 0, 0);
      assertThat((long[]) rows.get("cellCounts")).containsExactly(3, 0, TimerCells.COUNT);
      assertThat((long[]) rows.get("cells"))
          .hasSize(3 + TimerCells.COUNT)
          .startsWith(1, 0, 1, 1, 0)
          .endsWith(0, 1);
    }
  }

  private static CacheSnapshot operations(String cache, long[]... cells) {
    return new CacheSnapshot(
        cache,
        Arrays.stream(cells)
            .map(each -> new OperationSnapshot("get", new TimerReading(each, 7, 7), Map.of()))
            .toList(),
        Map.of(),
        Map.of());
  }

  private static long[] cells(int... ones) {
    long[] cells = new long[TimerCells.COUNT];
    Arrays.stream(ones).forEach(cell -> cells[cell] = 1);
    return cells;
  }

  @Test
  void figures_areColumns_withGapsWhereNothingIsMeasured() throws Exception {
    CacheSnapshot other =
        new CacheSnapshot("b", List.of(), Map.of("hits", 7L), Map.of("keysCount", 3.0));
    ObjectName name = name("Snapshot,CacheManager=test.//cache-beans");
    try (ManagerBeans managerBeans =
        register(Stream::empty, () -> List.of(beans.figures(), other), List::of)) {
      assertThat(managerBeans.managerName()).isEqualTo("test.//cache-beans");

      CompositeData figures = (CompositeData) server.getAttribute(name, "Figures");
      assertThat((String[]) figures.get("caches")).containsExactly("a:b", "b");
      List<String> counterNames = List.of((String[]) figures.get("counterNames"));
      long[] counters = (long[]) figures.get("counters");
      assertThat(counters).hasSize(2 * counterNames.size());
      assertThat(counters[counterNames.size() + counterNames.indexOf("hits")]).isEqualTo(7);
      assertThat(counters[counterNames.size() + counterNames.indexOf("misses")])
          .isEqualTo(ManagerBeans.NO_COUNT);
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
      assertThat((long[]) selected.get("counters")).containsExactly(0, 0, 7, ManagerBeans.NO_COUNT);
      assertThat((String[]) selected.get("gaugeNames")).containsExactly("keysCount");
      assertThat((double[]) selected.get("gauges")).containsExactly(Double.NaN, 3);
    }
  }

  @Test
  void configurations_areColumnsOfAllCaches() throws Exception {
    ObjectName name = name("Snapshot,CacheManager=test.//cache-beans");
    try (ManagerBeans managerBeans =
        register(
            Stream::empty,
            List::of,
            () -> List.of(description("a", true), description("b", false)))) {
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
  void snapshotBean_doesNotListWhatCostsMost_butHasIt() throws Exception {
    ObjectName name = name("Snapshot,CacheManager=test.//cache-beans");
    try (ManagerBeans managerBeans =
        register(() -> Stream.of(beans.operations()), List::of, List::of)) {
      assertThat(managerBeans).isNotNull();
      assertThat(server.getMBeanInfo(name).getAttributes())
          .extracting(MBeanFeatureInfo::getName)
          .containsExactlyInAnyOrder("BoundsNanos", "Figures", "Configurations", "Connection");
      CompositeData operations = (CompositeData) server.getAttribute(name, "Operations");
      assertThat(operations.values()).hasSize(10);
    }
  }

  @Test
  void connectionBean_describesPlainNumbersAndNotifications() throws Exception {
    ObjectName name = name("Connection,CacheManager=test.//cache-beans");
    ConnectionNotifications notifications = new ConnectionNotifications();
    try (ManagerBeans managerBeans =
        ManagerBeans.register(
            MANAGER,
            Stream::empty,
            List::of,
            List::of,
            () -> connection(/* healthy= */ false),
            () -> 6,
            notifications)) {
      assertThat(managerBeans).isNotNull();
      MBeanInfo info = server.getMBeanInfo(name);
      assertThat(info.getAttributes())
          .hasSize(15)
          .noneMatch(a -> a.getDescription().equals(a.getName()))
          .filteredOn(a -> !a.getName().equals("Nodes"))
          .allSatisfy(a -> assertThat(a.getType()).isIn("int", "long", "double"));
      assertThat(server.getAttribute(name, "Healthy")).isEqualTo(0);
      assertThat(server.getAttribute(name, "PingMicros")).isEqualTo(1.5);
      TabularData nodes = (TabularData) server.getAttribute(name, "Nodes");
      assertThat(List.<Object>copyOf(nodes.get(new Object[] {"h:1"}).values()))
          .containsExactlyInAnyOrder("h:1", "master", 16_384, 0.0015, false, "closed", 0L, 0.0);
      assertThat(List.<Object>copyOf(nodes.get(new Object[] {"h:2"}).values()))
          .containsExactlyInAnyOrder("h:2", "replica", 0, -1.0, true, "open", 2L, 1.5);
      assertThat(server.getAttribute(name, "PoolActive")).isEqualTo(1);
      assertThat(server.getAttribute(name, "PoolIdle")).isEqualTo(2);
      assertThat(server.getAttribute(name, "PoolWaiting")).isEqualTo(3);
      assertThat(server.getAttribute(name, "PoolSize")).isEqualTo(4);
      assertThat(server.getAttribute(name, "Reconnects")).isEqualTo(5L);
      assertThat(server.getAttribute(name, "BackgroundErrors")).isEqualTo(6L);
      assertThat(server.getAttribute(name, "FailOvers")).isEqualTo(7L);
      assertThat(server.getAttribute(name, "FailOverRemovals")).isEqualTo(8L);
      assertThat(server.getAttribute(name, "FailOverClears")).isEqualTo(9L);
      assertThat(server.getAttribute(name, "CircuitBreakersOpen")).isEqualTo(1);
      assertThat(server.getAttribute(name, "CircuitBreakerOpenings")).isEqualTo(6L);
      assertThat(info.getNotifications())
          .hasSize(4)
          .allSatisfy(
              n -> assertThat(n.getDescription()).containsAnyOf("Redis", "circuit breaker"));

      List<Notification> heard = new ArrayList<>();
      server.addNotificationListener(name, (sent, handback) -> heard.add(sent), null, null);
      notifications.lost("no reply");
      notifications.restored();
      notifications.opened("redis://h:2/0", "refused");
      notifications.closed("redis://h:2/0");

      assertThat(heard)
          .extracting(Notification::getType)
          .containsExactly(
              "io.yokedcache.connection.lost",
              "io.yokedcache.connection.restored",
              "io.yokedcache.connection.circuit-breaker.opened",
              "io.yokedcache.connection.circuit-breaker.closed");
      assertThat(heard.get(0).getUserData()).isEqualTo("no reply");
      assertThat(heard.get(2).getMessage()).contains("redis://h:2/0", "refused");
      assertThat(heard.get(2).getUserData()).isEqualTo("redis://h:2/0");
    }
  }

  private static ManagerBeans.CacheDescription description(
      String cache, boolean statisticsEnabled) {
    return new ManagerBeans.CacheDescription(
        cache,
        "java.lang.String",
        "java.lang.Long",
        "json",
        /* storeByValue= */ true,
        /* readThrough= */ false,
        /* writeThrough= */ true,
        statisticsEnabled);
  }

  private static ConnectionStatistics connection(boolean healthy) {
    return new ConnectionStatistics(
        healthy,
        1_500,
        new ConnectionStatistics.Counts(1, 2, 3, 4, 5),
        List.of(
            new ConnectionStatistics.Node(
                "h:1", true, 16_384, new Ping(healthy, 1_500), Breaker.UNUSED),
            new ConnectionStatistics.Node(
                "h:2", false, 0, Ping.NONE, new Breaker(2, 1_500_000_000))),
        new FailOverStatistics(7, 8, 9),
        /* unacknowledgedClears= */ 10,
        /* breakerOpenings= */ 6);
  }
}
