package io.yokedcache.jcache.internal.jmx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.yokedcache.jcache.internal.metrics.CacheStatistics;
import io.yokedcache.jcache.internal.metrics.ConnectionStatistics;
import io.yokedcache.jcache.internal.metrics.ErrorType;
import io.yokedcache.jcache.internal.metrics.FailOverStatistics;
import io.yokedcache.jcache.internal.metrics.KeyStatistics;
import io.yokedcache.jcache.internal.metrics.NearCacheStatistics;
import io.yokedcache.jcache.internal.metrics.Operation;
import io.yokedcache.jcache.internal.metrics.OutageStatistics;
import io.yokedcache.jcache.internal.metrics.RateMeter;
import io.yokedcache.jcache.internal.metrics.StatisticsRecorder;
import io.yokedcache.jcache.internal.metrics.TimerCells;
import io.yokedcache.jcache.internal.settings.Settings;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanFeatureInfo;
import javax.management.MBeanInfo;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the beans of a cache show, read as any JMX client reads it. */
final class CacheBeansTest {

  private static final URI MANAGER = URI.create("test://cache-beans");
  private static final String NAMES = "CacheManager=test.//cache-beans,Cache=a.b";
  private static final OutageStatistics OUTAGES =
      new OutageStatistics(7, 8, 9, true, 10_000_000_000L, 11, 12);

  private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();
  private final CacheStatistics statistics = new CacheStatistics();
  private @Nullable KeyStatistics size;
  private @Nullable NearCacheStatistics near;
  private CacheBeans.@Nullable Compression compression;
  private CacheBeans.@Nullable ReplicaReads replicaReads;
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
              () -> size,
              () -> near,
              () -> compression,
              () -> replicaReads),
          Settings.OperationBeans.ALL,
          new OperationBeanLimit(4));

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

  @Test
  void operationBean_whereUsed() throws Exception {
    beans.showStatistics(false);
    CacheStatistics counts = new CacheStatistics();
    try (CacheBeans lazy =
        new CacheBeans(
            MANAGER,
            "lazy",
            new CacheBeans.Sources(
                counts,
                () -> Map.of("damaged", 5L),
                List::of,
                () -> 6,
                () -> OUTAGES,
                () -> size,
                () -> null,
                () -> null,
                () -> null),
            Settings.OperationBeans.USED,
            new OperationBeanLimit(4))) {
      lazy.register();
      counts.record(Operation.PUT, 0, 0, 1, 0, counts.start());
      assertThat(operationsOf("lazy")).as("no statistics").isEmpty();
      lazy.showStatistics(true);
      assertThat(operationsOf("lazy")).containsExactly("put");
      counts.record(Operation.GET, 0, 1, 0, 0, counts.start());
      counts.record(Operation.GET, 1, 0, 0, 0, counts.start());
      counts.failed(Operation.REMOVE, ErrorType.OTHER);
      counts.time(Operation.CODEC, 7);
      assertThat(operationsOf("lazy")).containsExactly("codec", "get", "put", "remove");
      ObjectName get =
          name("CacheOperation,CacheManager=test.//cache-beans,Cache=lazy,operation=get");
      assertThat(server.getAttribute(get, "Count")).isEqualTo(2L);
      ObjectName extended =
          name("CacheExtendedStatistics,CacheManager=test.//cache-beans,Cache=lazy");
      server.invoke(extended, "reset", null, null);
      assertThat(server.getAttribute(get, "Count")).isEqualTo(0L);
      assertThat(server.getMBeanInfo(extended).getAttributes())
          .extracting(MBeanAttributeInfo::getName)
          .contains("KeysCount")
          .noneMatch(attribute -> attribute.startsWith("Near"));
      assertThat(server.getAttribute(extended, "NearHits")).isEqualTo(-1L);
      lazy.showStatistics(false);
      assertThat(operationsOf("lazy")).isEmpty();
      lazy.showStatistics(true);
      assertThat(operationsOf("lazy")).containsExactly("codec", "get", "put", "remove");
    }
    counts.record(Operation.CLEAR, 0, 0, 0, 0, counts.start());
    assertThat(operationsOf("lazy")).isEmpty();
  }

  @Test
  void operationBean_upToTheLimitOfTheManager_orWhereAskedFor() throws Exception {
    OperationBeanLimit limit = new OperationBeanLimit(2);
    CacheStatistics first = new CacheStatistics();
    CacheStatistics second = new CacheStatistics();
    try (CacheBeans early = limited("early", first, Settings.OperationBeans.USED, limit);
        CacheBeans late = limited("late", second, Settings.OperationBeans.USED, limit)) {
      for (Operation operation : List.of(Operation.GET, Operation.PUT, Operation.REMOVE)) {
        first.record(operation, 1, 0, 0, 0, first.start());
        second.record(operation, 1, 0, 0, 0, second.start());
      }
      assertThat(operationsOf("early")).containsExactly("get");
      assertThat(operationsOf("late")).containsExactly("get");

      early.showStatistics(false);
      late.showStatistics(false);
      late.showStatistics(true);
      assertThat(operationsOf("late")).as("as many as are free").hasSize(2);

      early.showStatistics(true);
      server.invoke(
          name("CacheExtendedStatistics,CacheManager=test.//cache-beans,Cache=early"),
          "showOperations",
          null,
          null);
      first.record(Operation.REPLACE, 1, 0, 0, 0, first.start());
      assertThat(operationsOf("early")).containsExactly("get", "put", "remove", "replace");
    }
    assertThat(limit.take()).as("closing gives back").isTrue();
    assertThat(limit.take()).isTrue();
    assertThat(limit.take()).isFalse();
  }

  @Test
  void operationBean_noneUntilAskedFor() throws Exception {
    CacheStatistics counts = new CacheStatistics();
    try (CacheBeans none =
        limited("none", counts, Settings.OperationBeans.NONE, new OperationBeanLimit(2))) {
      counts.record(Operation.GET, 1, 0, 0, 0, counts.start());
      assertThat(operationsOf("none")).isEmpty();
      server.invoke(
          name("CacheExtendedStatistics,CacheManager=test.//cache-beans,Cache=none"),
          "showOperations",
          null,
          null);
      assertThat(operationsOf("none")).containsExactly("get");
      assertThat(none.snapshot().operations()).hasSize(1);
    }
  }

  private static CacheBeans limited(
      String cache,
      CacheStatistics counts,
      Settings.OperationBeans shown,
      OperationBeanLimit limit) {
    CacheBeans limited =
        new CacheBeans(
            MANAGER,
            cache,
            new CacheBeans.Sources(
                counts,
                Map::of,
                List::of,
                () -> 0,
                () -> OUTAGES,
                () -> null,
                () -> null,
                () -> null,
                () -> null),
            shown,
            limit);
    limited.register();
    limited.showStatistics(true);
    return limited;
  }

  private List<String> operationsOf(String cache) throws Exception {
    return server
        .queryNames(
            name("CacheOperation,CacheManager=test.//cache-beans,Cache=" + cache + ",*"), null)
        .stream()
        .map(bean -> bean.getKeyProperty("operation"))
        .sorted()
        .toList();
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
            Stream::empty,
            List::of,
            List::of,
            () -> connection(/* healthy= */ true),
            () -> 6,
            new ConnectionNotifications())) {
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
    assertThat(server.getAttribute(extended, "KeyStatisticsAgeSeconds")).isEqualTo(-1.0);
    assertThat(beans.snapshot().gauges())
        .containsOnlyKeys("uptimeSeconds", "owedInvalidations", "owedInvalidationsAgeSeconds");

    size = new KeyStatistics(7, -1, 3_500);

    assertThat(server.getAttribute(extended, "KeysCount")).isEqualTo(7L);
    assertThat(server.getAttribute(extended, "SizeBytes")).isEqualTo(-1L);
    assertThat(server.getAttribute(extended, "KeyStatisticsAgeSeconds")).isEqualTo(3.5);
    assertThat(beans.snapshot().gauges())
        .containsOnlyKeys(
            "uptimeSeconds",
            "keysCount",
            "keyStatisticsAgeSeconds",
            "owedInvalidations",
            "owedInvalidationsAgeSeconds")
        .containsEntry("keysCount", 7.0);
  }

  @Test
  void nearFigures_areShownWhereThereIsANearCache_sinceTheReset() throws Exception {
    beans.register();
    ObjectName extended = name("CacheExtendedStatistics," + NAMES);
    String[] counts = {
      "NearHits",
      "NearMisses",
      "NearInvalidations",
      "NearFlushes",
      "NearDroppedFills",
      "NearStaleHits"
    };
    server.invoke(extended, "reset", null, null);
    for (String count : counts) {
      assertThat(server.getAttribute(extended, count)).as(count).isEqualTo(-1L);
    }
    assertThat(server.getAttribute(extended, "NearEntries")).isEqualTo(-1L);
    assertThat(beans.snapshot().counters())
        .doesNotContainKeys("nearHits", "nearMisses", "invalidations.near");
    assertThat(beans.snapshot().gauges()).doesNotContainKey("nearEntries");

    near = new NearCacheStatistics(1, 2, 3, 4, 5, 6, 7);
    server.invoke(extended, "reset", null, null);
    near = new NearCacheStatistics(11, 22, 33, 44, 55, 66, 77);

    for (int i = 0; i < counts.length; i++) {
      assertThat(server.getAttribute(extended, counts[i])).as(counts[i]).isEqualTo(10L * (i + 1));
    }
    assertThat(server.getAttribute(extended, "NearEntries")).isEqualTo(77L);
    assertThat(beans.figures().counters())
        .containsEntry("nearHits", 11L)
        .containsEntry("nearMisses", 22L)
        .containsEntry("invalidations.near", 33L)
        .containsEntry("nearStaleHits", 66L);
    assertThat(beans.figures().gauges()).containsEntry("nearEntries", 77.0);
  }

  @Test
  void extendedStatistics_replicaReads() throws Exception {
    beans.register();
    ObjectName extended = name("CacheExtendedStatistics," + NAMES);
    assertThat(server.getAttribute(extended, "ReplicaReads")).isEqualTo(-1L);
    assertThat(beans.figures().counters()).doesNotContainKey("replicaReads.replica");

    replicaReads = new CacheBeans.ReplicaReads(30, 4);

    assertThat(server.getAttribute(extended, "ReplicaReads")).isEqualTo(30L);
    assertThat(server.getAttribute(extended, "ReplicaFallbacks")).isEqualTo(4L);
    assertThat(beans.figures().counters())
        .containsEntry("replicaReads.replica", 30L)
        .containsEntry("replicaReads.master", 4L);
  }

  @Test
  void extendedStatistics_compression() throws Exception {
    beans.register();
    ObjectName extended = name("CacheExtendedStatistics," + NAMES);
    assertThat(server.getAttribute(extended, "CompressedValues")).isEqualTo(-1L);
    assertThat(server.getAttribute(extended, "CompressionSavedBytes")).isEqualTo(-1L);

    compression = new CacheBeans.Compression(3, 4_000);

    assertThat(server.getAttribute(extended, "CompressedValues")).isEqualTo(3L);
    assertThat(server.getAttribute(extended, "CompressionSavedBytes")).isEqualTo(4_000L);
  }

  @Test
  void outages() throws Exception {
    beans.register();
    beans.showStatistics(true);
    ObjectName extended = name("CacheExtendedStatistics," + NAMES);

    assertThat(server.getAttribute(extended, "DegradedReads")).isEqualTo(7L);
    assertThat(server.getAttribute(extended, "DegradedWrites")).isEqualTo(8L);
    assertThat(server.getAttribute(extended, "OwedInvalidations")).isEqualTo(10L);
    assertThat(server.getAttribute(extended, "OwedInvalidationsAgeSeconds")).isEqualTo(10.0);
    assertThat(server.getAttribute(extended, "SettledInvalidations")).isEqualTo(11L);
    assertThat(server.getAttribute(extended, "OwedInvalidationsOverflows")).isEqualTo(12L);
    assertThat(beans.figures().counters())
        .containsEntry("degraded.read", 7L)
        .containsEntry("degraded.write", 8L)
        .containsEntry("settledInvalidations", 11L)
        .containsEntry("owedInvalidationsOverflows", 12L);
    assertThat(beans.figures().gauges())
        .containsEntry("owedInvalidations", 10.0)
        .containsEntry("owedInvalidationsAgeSeconds", 10.0);
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
    assertThat(snapshot.counters()).containsEntry("hits", 2L).containsEntry("loads", 1L);
    assertThat(snapshot.operations()).allMatch(operation -> operation.durations().count() == 1);
    took(Operation.GET, 1_000_000);
    assertThat(server.getAttribute(get, "Count")).isEqualTo(1L);
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

  private static ConnectionStatistics connection(boolean healthy) {
    return new ConnectionStatistics(
        healthy,
        1_500,
        new ConnectionStatistics.Counts(1, 2, 3, 4, 5),
        List.of(),
        new FailOverStatistics(7, 8, 9),
        /* unacknowledgedClears= */ 10,
        /* breakerOpenings= */ 0);
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
