package io.yokedcache.jcache.internal.jmx;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.internal.metrics.CacheStatistics;
import io.yokedcache.jcache.internal.metrics.KeyStatistics;
import io.yokedcache.jcache.internal.metrics.Operation;
import io.yokedcache.jcache.internal.metrics.OutageStatistics;
import io.yokedcache.jcache.internal.settings.Settings;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.management.MBeanNotificationInfo;
import javax.management.MBeanServer;
import javax.management.Notification;
import javax.management.ObjectName;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Limits are told of once when crossed and once when back, by what the last interval showed. */
final class LimitWatchTest {

  private static final OutageStatistics OUTAGES =
      new OutageStatistics(0, 0, 0, /* owesGeneration= */ false, 0, 0, 0);

  private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();
  private final CacheStatistics statistics = new CacheStatistics();
  private final List<Notification> heard = new ArrayList<>();
  private @Nullable KeyStatistics size;
  private final CacheBeans beans =
      new CacheBeans(
          URI.create("test://limits"),
          "watched",
          new CacheBeans.Sources(
              statistics,
              Map::of,
              List::of,
              () -> 0,
              () -> OUTAGES,
              () -> size,
              () -> null,
              () -> null,
              () -> null),
          Settings.OperationBeans.ALL,
          new OperationBeanLimit(4));
  private ObjectName name;

  @BeforeEach
  void register() throws Exception {
    name =
        new ObjectName(
            "io.yokedcache:type=CacheExtendedStatistics,CacheManager=test.//limits,Cache=watched");
    beans.register();
    server.addNotificationListener(name, (sent, handback) -> heard.add(sent), null, null);
  }

  @AfterEach
  void close() {
    beans.close();
  }

  private void gets(int hits, int misses, long millis) {
    long nanos = TimeUnit.MILLISECONDS.toNanos(millis);
    for (int i = 0; i < hits + misses; i++) {
      boolean hit = i < hits;
      statistics.record(Operation.GET, hit ? 1 : 0, hit ? 0 : 1, 0, 0, statistics.start() - nanos);
    }
  }

  private List<String> types() {
    List<String> types = heard.stream().map(Notification::getType).toList();
    heard.clear();
    return types;
  }

  @Test
  void hitRate_crossedAndBackAreToldOnce() {
    gets(1_000, 0, 0);
    Runnable watch = beans.watch(limits(0.5, null, null));
    gets(40, 60, 0);
    watch.run();

    assertThat(heard).hasSize(1);
    assertThat(heard.get(0).getMessage())
        .isEqualTo("Hit rate (0 to 1) of cache watched is 0.400000, below its limit 0.500000");
    assertThat(heard.get(0).getUserData()).isEqualTo(0.4);
    assertThat(heard.get(0).getSource()).isEqualTo(name);
    assertThat(types()).containsExactly("io.yokedcache.limit.hitRate.crossed");

    gets(10, 90, 0);
    watch.run();
    watch.run();
    gets(LimitWatch.LEAST_OPERATIONS - 1, 0, 0);
    watch.run();
    assertThat(types()).as("no news, nothing, too little").isEmpty();

    gets(50, 50, 0);
    watch.run();
    assertThat(heard.get(0).getMessage()).contains("is 0.500000, within its limit 0.500000");
    assertThat(types()).containsExactly("io.yokedcache.limit.hitRate.back");
    gets(50, 50, 0);
    watch.run();
    assertThat(types()).isEmpty();
  }

  @Test
  void getTime_isThatOfTheInterval() {
    Runnable watch = beans.watch(limits(null, Duration.ofMillis(50), null));
    gets(1_000, 0, 1);
    watch.run();
    assertThat(types()).isEmpty();
    gets(95, 5, 100);
    watch.run();
    assertThat(types()).containsExactly("io.yokedcache.limit.getP99Micros.crossed");
    gets(1_000, 0, 1);
    watch.run();
    assertThat(types()).containsExactly("io.yokedcache.limit.getP99Micros.back");
  }

  @Test
  void size_isFromKeyStatistics() {
    Runnable watch = beans.watch(limits(null, null, 1_000L));
    watch.run();
    size = new KeyStatistics(1, 1_000, 3_000);
    watch.run();
    assertThat(types()).isEmpty();
    size = new KeyStatistics(1, 1_001, 3_000);
    watch.run();
    assertThat(types()).containsExactly("io.yokedcache.limit.sizeBytes.crossed");
    size = null;
    watch.run();
    assertThat(types()).isEmpty();
    size = new KeyStatistics(1, 10, 3_000);
    watch.run();
    assertThat(types()).containsExactly("io.yokedcache.limit.sizeBytes.back");
  }

  @Test
  void reset_isTold() throws Exception {
    server.invoke(name, "reset", null, null);

    assertThat(types()).containsExactly("io.yokedcache.statistics.reset");
  }

  @Test
  void bean_describesWhatItSends() throws Exception {
    MBeanNotificationInfo[] infos = server.getMBeanInfo(name).getNotifications();

    assertThat(infos).hasSize(7).allMatch(info -> !info.getDescription().isBlank());
    assertThat(infos)
        .flatExtracting(info -> List.of(info.getNotifTypes()))
        .contains(
            "io.yokedcache.statistics.reset",
            "io.yokedcache.limit.hitRate.crossed",
            "io.yokedcache.limit.getP99Micros.back",
            "io.yokedcache.limit.sizeBytes.crossed");
  }

  @Test
  void limits_noneIsSet() {
    assertThat(limits(null, null, null).any()).isFalse();
    assertThat(limits(null, null, 5L).any()).isTrue();
  }

  private static Settings.Alerts limits(
      @Nullable Double hitRateBelow,
      @Nullable Duration getP99Above,
      @Nullable Long sizeBytesAbove) {
    return new Settings.Alerts(Duration.ofSeconds(1), hitRateBelow, getP99Above, sizeBytesAbove);
  }
}
