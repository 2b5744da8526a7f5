package io.yokedcache.jcache.robustness;

import static io.yokedcache.jcache.robustness.KeyStatisticsServer.STATISTICS;
import static io.yokedcache.jcache.robustness.KeyStatisticsServer.TEXTS;
import static io.yokedcache.jcache.robustness.KeyStatisticsServer.entries;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.cache.Cache;
import javax.cache.CacheManager;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.SetParams;

/** When figures come, what must not spoil them, and how seldom all keys are walked over. */
final class FiguresIT {

  private KeyStatisticsServer counted;
  private Jedis jedis;

  @BeforeEach
  void startServer() {
    counted = new KeyStatisticsServer();
    jedis = counted.jedis();
  }

  @AfterEach
  void stopServer() {
    counted.close();
  }

  /** With the default interval of five minutes. */
  private static ConditionFactory within(int seconds) {
    return Awaitility.await()
        .atMost(Duration.ofSeconds(seconds))
        .pollInterval(Duration.ofMillis(50));
  }

  @Test
  void figures_withinSecondsOfFirstEntriesAndAgainAsTheyGrow() {
    try (CacheManager manager = Managers.open(counted.server().uri(), STATISTICS, TEXTS)) {
      Cache<String, String> orders = Managers.texts(manager, "orders");
      within(10).until(() -> counted.keys("orders") == 0);
      orders.putAll(entries(487, 10));
      within(15).until(() -> counted.keys("orders") == 487);
      orders.putAll(entries(1_000, 10));
      within(30).until(() -> counted.keys("orders") == 1_000);
      assertThat(counted.ageSeconds("orders")).isBetween(0.0, 30.0);

      Cache<String, String> later = Managers.texts(manager, "later");
      assertThat(counted.keys("later")).as("not counted yet, so not known to be 0").isEqualTo(-1);
      later.put("key", "value");
      within(10).until(() -> counted.keys("later") == 1);
      assertThat(counted.calls("scan")).as("walks over all keys").isLessThan(15);
    }
  }

  @Test
  void keyStatistics_besideNamesThatAreNotOurs() {
    String ours = "ABCDEFGHIJKL" + "fingerpr";
    for (String cache : List.of("a b c", "orders 9999 9999\norders", "orders\n", "a{b", "\u00fc")) {
      jedis.set("yc:{" + cache + "#0}", ours);
      jedis.set("yc:{" + cache + "#0}:ABCDEFGHIJKL:key", "value");
    }
    jedis.set("yc:{orders#00}", ours);
    jedis.set("yc:{orders#00}:ABCDEFGHIJKL:key", "value");
    jedis.rpush("yc:{list#0}", "value");
    jedis.set("yc:{list#0}:ABCDEFGHIJKL:key", "value");
    try (CacheManager manager = Managers.open(counted.server().uri(), STATISTICS, TEXTS)) {
      Managers.texts(manager, "orders").putAll(entries(10, 10));

      within(15).until(() -> counted.keys("orders") == 10);
      assertThat(jedis.get("yc:key-statistics").lines().toList())
          .hasSize(2)
          .last()
          .asString()
          .startsWith("orders 10 ");
    }
  }

  /** Whatever stands in place of the report, entries are not counted all the time for it. */
  @Test
  void keyStatistics_reportSpoiltAgainAndAgain() {
    try (CacheManager manager = Managers.open(counted.server().uri(), STATISTICS, TEXTS)) {
      Managers.texts(manager, "orders").putAll(entries(10, 10));
      within(15).until(() -> counted.keys("orders") == 10);

      long looks = counted.calls("time");
      int round = 0;
      long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(8);
      while (System.nanoTime() < endNanos) {
        spoil(round++ % 3);
      }
      assertThat(counted.calls("scan")).isLessThan(10);
      assertThat(counted.calls("time") - looks).isLessThan(40);
    }
  }

  private void spoil(int how) {
    if (how == 0) {
      jedis.set("yc:key-statistics", "key-statistics 1 9223372036854775807 9223372036854775807");
    } else if (how == 1) {
      jedis.rpush("list", "x");
      jedis.rename("list", "yc:key-statistics");
    } else {
      jedis.del("yc:key-statistics");
    }
  }

  /** Keys that look like entries of what is no generation of ours are left alone. */
  @Test
  void clean_besideNamesThatAreNotOurs() {
    String entry = ":ABCDEFGHIJKL:key";
    jedis.rpush("yc:{list#0}", "value");
    jedis.set("yc:{list#0}" + entry, "value");
    jedis.set("yc:{text#0}", "mine");
    jedis.set("yc:{text#0}" + entry, "value");
    jedis.set("yc:{a b#0}" + entry, "value");
    jedis.set("yc:{dead#0}" + entry, "value");
    try (CacheManager manager =
        Managers.open(
            counted.server().uri(), "stale-entries.interval=1s", "stale-entries.delay=10ms")) {
      assertThat(manager.isClosed()).isFalse();
      within(10).until(() -> jedis.exists("yc:stale-entries-cleaned"));
    }
    assertThat(jedis.exists("yc:{dead#0}" + entry)).isFalse();
    assertThat(jedis.exists("yc:{list#0}" + entry, "yc:{text#0}" + entry, "yc:{a b#0}" + entry))
        .isEqualTo(3);
  }

  /** One walk over all keys for each interval, not one for each JVM. */
  @Test
  void clean_oncePerIntervalForAll() {
    List<CacheManager> managers = new ArrayList<>();
    long beganNanos = System.nanoTime();
    try {
      for (int i = 0; i < 8; i++) {
        managers.add(
            Managers.open(
                counted.server().uri(), "stale-entries.interval=1s", "stale-entries.delay=10ms"));
      }
      within(30).until(() -> counted.calls("scan") >= 4);
      long scans = counted.calls("scan"); // before the clock, so that none is made in between
      long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - beganNanos);
      assertThat(scans).isLessThanOrEqualTo(seconds + 1);
    } finally {
      managers.forEach(CacheManager::close);
    }
  }

  /** A key that somebody put there must not put off the deletion of stale entries. */
  @Test
  void clean_besideForeignMark() {
    jedis.set("yc:stale-entries-cleaned", "for ever");
    jedis.set("yc:{dead#0}:ABCDEFGHIJKL:key", "value");
    try (CacheManager manager =
        Managers.open(
            counted.server().uri(), "stale-entries.interval=1s", "stale-entries.delay=10ms")) {
      assertThat(manager.isClosed()).isFalse();
      within(10).until(() -> !jedis.exists("yc:{dead#0}:ABCDEFGHIJKL:key"));
      within(10).until(() -> jedis.pttl("yc:stale-entries-cleaned") > 0);
      jedis.set("yc:stale-entries-cleaned", "for long", SetParams.setParams().px(1_000_000));
      jedis.set("yc:{dead#0}:ABCDEFGHIJKL:key", "value");
      within(10).until(() -> !jedis.exists("yc:{dead#0}:ABCDEFGHIJKL:key"));
    }
  }
}
