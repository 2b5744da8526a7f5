package io.yokedcache.jcache.stress;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.testing.RedisServer;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.cache.CacheManager;
import javax.management.ObjectName;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** While one JVM counts the entries no other does, and when it dies another one takes over. */
final class KeyStatisticsTakeoverIT {

  private static final String LEASE = "yc:key-statistics-lease";

  @Test
  @SuppressWarnings("try") // the JVM is closed midway: that kills it
  void holderKilled_anotherJvmCounts() throws Exception {
    try (RedisServer server = RedisServer.start("--enable-debug-command", "yes");
        Jedis jedis = new Jedis("127.0.0.1", server.port())) {
      Object unused =
          jedis.sendCommand(() -> "DEBUG".getBytes(US_ASCII), "POPULATE", "3000", "foreign");
      String uri = server.uri().toString();
      List<String> slowly =
          List.of(
              uri,
              "key-statistics.interval=1s",
              "key-statistics.page-size=10",
              "key-statistics.duty-cycle=0.001");
      try (ChildJvm holder = ChildJvm.start("holder", KeyStatisticsHolder.class, slowly)) {
        Awaitility.await()
            .atMost(Duration.ofSeconds(60))
            .until(() -> jedis.exists(LEASE) && scans(jedis) > 2);
        final String token = jedis.get(LEASE);
        try (CacheManager manager = KeyStatisticsHolder.open(uri, "key-statistics.interval=1s")) {
          manager.<String, String>getCache("orders").put("one", "1");
          Awaitility.await()
              .during(Duration.ofSeconds(7))
              .atMost(Duration.ofSeconds(10))
              .until(() -> keys(server) == -1 && token.equals(jedis.get(LEASE)));
          long scansOfHolder = scans(jedis);
          holder.close();
          long startNanos = System.nanoTime();
          // The lease lasts 5 s.
          Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> keys(server) == 1);
          System.out.printf(
              "counting taken over %d ms after the holder was killed%n",
              Duration.ofNanos(System.nanoTime() - startNanos).toMillis());
          assertThat(scans(jedis) - scansOfHolder).as("pages of 1000 keys").isLessThan(30);
        }
      }
    }
  }

  private static long scans(Jedis jedis) {
    Matcher stat = Pattern.compile("cmdstat_scan:calls=(\\d+)").matcher(jedis.info("commandstats"));
    return stat.find() ? Long.parseLong(stat.group(1)) : 0;
  }

  private static long keys(RedisServer server) throws Exception {
    ObjectName bean =
        new ObjectName(
            "io.yokedcache:type=CacheExtendedStatistics,CacheManager=%s,Cache=orders"
                .formatted(server.uri().toString().replace(':', '.')));
    return (Long) ManagementFactory.getPlatformMBeanServer().getAttribute(bean, "KeysCount");
  }
}
