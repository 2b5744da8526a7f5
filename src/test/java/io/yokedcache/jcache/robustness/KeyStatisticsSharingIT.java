package io.yokedcache.jcache.robustness;

import static io.yokedcache.jcache.robustness.KeyStatisticsServer.LEASE;
import static io.yokedcache.jcache.robustness.KeyStatisticsServer.OFTEN;
import static io.yokedcache.jcache.robustness.KeyStatisticsServer.STATISTICS;
import static io.yokedcache.jcache.robustness.KeyStatisticsServer.TEXTS;
import static io.yokedcache.jcache.robustness.KeyStatisticsServer.await;
import static io.yokedcache.jcache.robustness.KeyStatisticsServer.entries;
import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.testing.RedisServer;
import java.net.URI;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import javax.cache.CacheManager;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.SetParams;

/** Of all who want to know the numbers of entries and bytes, one counts, and the others read. */
final class KeyStatisticsSharingIT {

  private KeyStatisticsServer counted;
  private RedisServer server;
  private Jedis jedis;

  @BeforeEach
  void startServer() {
    counted = new KeyStatisticsServer();
    server = counted.server();
    jedis = counted.jedis();
  }

  @AfterEach
  void stopServer() {
    counted.close();
  }

  @Test
  void twoManagers_oneCounts() {
    counted.populate("foreign", 5_000);
    String[] settings = {
      STATISTICS,
      TEXTS,
      "key-statistics.interval=1s",
      "key-statistics.page-size=100",
      "key-statistics.duty-cycle=1"
    };
    try (CacheManager one = Managers.open(server.uri(), settings);
        CacheManager two = Managers.open(other(), settings)) {
      Managers.texts(one, "orders").putAll(entries(10, 10));
      Managers.texts(two, "parcels").putAll(entries(20, 10));
      await().until(() -> counted.keys("orders") == 10);
      Set<String> reports = new HashSet<>(Set.of(report()));
      long scans = counted.calls("scan");
      await()
          .pollInterval(Duration.ofMillis(10))
          .until(
              () -> {
                reports.add(report());
                return reports.size() > 3;
              });
      // A pass is about 51 pages; the next one may have begun.
      assertThat(counted.calls("scan") - scans).isBetween(2 * 50L, 3 * 54L + 54L);
      assertThat(counted.keys("orders")).isEqualTo(10);
    }
  }

  /** The first line of the report, which has the times. */
  private String report() {
    return jedis.get("yc:key-statistics").lines().findFirst().orElseThrow();
  }

  /** Another name of the same server: so the MBeans have other names too. */
  private URI other() {
    return URI.create("redis://localhost:" + server.port());
  }

  @Test
  void leaseLost_theCountEndsWithoutAReport() {
    counted.populate("foreign", 3_000);
    try (CacheManager manager =
        Managers.open(
            server.uri(),
            STATISTICS,
            OFTEN,
            "key-statistics.page-size=10",
            "key-statistics.duty-cycle=0.005")) {
      Managers.texts(manager, "orders").putAll(entries(10, 10));
      await().until(() -> jedis.exists(LEASE) && counted.calls("scan") > 3);
      jedis.set(LEASE, "another JVM", SetParams.setParams().px(60_000));
      // The lease is renewed after 2.5 s, and then the pages stop.
      await()
          .until(
              () -> {
                long scans = counted.calls("scan");
                Awaitility.await()
                    .pollDelay(Duration.ofSeconds(2))
                    .atMost(Duration.ofSeconds(4))
                    .until(() -> true);
                return counted.calls("scan") == scans;
              });
      assertThat(jedis.get(LEASE)).isEqualTo("another JVM");
      assertThat(jedis.exists("yc:key-statistics")).isFalse();
      assertThat(counted.keys("orders")).isEqualTo(-1);
    }
  }

  @Test
  void close_givesTheLeaseBack() {
    counted.populate("foreign", 3_000);
    try (CacheManager manager =
        Managers.open(
            server.uri(),
            STATISTICS,
            OFTEN,
            "key-statistics.page-size=10",
            "key-statistics.duty-cycle=0.01")) {
      Managers.texts(manager, "orders");
      await().until(() -> jedis.exists(LEASE) && counted.calls("scan") > 3);
    }
    assertThat(jedis.exists(LEASE)).isFalse();
  }
}
