package io.yokedcache.jcache.robustness;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.yokedcache.jcache.testing.RedisServer;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.JMException;
import javax.management.ObjectName;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.ScanParams;
import redis.clients.jedis.resps.ScanResult;

/** A server whose entries are counted: what it has, and what the MBeans of this JVM say it has. */
final class KeyStatisticsServer implements AutoCloseable {

  static final String STATISTICS = "defaults.statistics=true";
  static final String TEXTS = "defaults.value-codec=string";
  static final String OFTEN = "key-statistics.interval=1s";
  static final String LEASE = "yc:key-statistics-lease";

  private final RedisServer server = RedisServer.start("--enable-debug-command", "yes");
  private final Jedis jedis = new Jedis("127.0.0.1", server.port(), /* timeout= */ 60_000);

  RedisServer server() {
    return server;
  }

  /** A connection for the test alone. */
  Jedis jedis() {
    return jedis;
  }

  /** Waits for what a count or two bring. */
  static ConditionFactory await() {
    return Awaitility.await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(50));
  }

  /** The name of the MBean that shows the figures of a cache. */
  ObjectName bean(String cache) throws JMException {
    return new ObjectName(
        "io.yokedcache:type=CacheExtendedStatistics,CacheManager=%s,Cache=%s"
            .formatted(server.uri().toString().replace(':', '.'), cache));
  }

  private Object attribute(String cache, String name) {
    try {
      return ManagementFactory.getPlatformMBeanServer().getAttribute(bean(cache), name);
    } catch (JMException e) {
      throw new AssertionError("no " + name + " of " + cache, e);
    }
  }

  long keys(String cache) {
    return (Long) attribute(cache, "KeysCount");
  }

  long bytes(String cache) {
    return (Long) attribute(cache, "SizeBytes");
  }

  double ageSeconds(String cache) {
    return (Double) attribute(cache, "KeyStatisticsAgeSeconds");
  }

  /** How often the server was sent a command. */
  long calls(String command) {
    Matcher stat =
        Pattern.compile("cmdstat_" + Pattern.quote(command) + ":calls=(\\d+)")
            .matcher(jedis.info("commandstats"));
    return stat.find() ? Long.parseLong(stat.group(1)) : 0;
  }

  /** Entries whose values differ a little in length. */
  static Map<String, String> entries(int count, int valueLength) {
    Map<String, String> entries = new HashMap<>();
    for (int i = 0; i < count; i++) {
      entries.put("key" + i, "v".repeat(valueLength + i % 7));
    }
    return entries;
  }

  /** What MEMORY USAGE says of all entries whose names fit. */
  long measured(String pattern) {
    ScanParams params = new ScanParams().match(pattern).count(10_000);
    long sum = 0;
    String cursor = ScanParams.SCAN_POINTER_START;
    do {
      ScanResult<String> page = jedis.scan(cursor, params);
      for (String name : page.getResult()) {
        sum += jedis.memoryUsage(name);
      }
      cursor = page.getCursor();
    } while (!cursor.equals(ScanParams.SCAN_POINTER_START));
    return sum;
  }

  /** Makes keys in Redis that are no entries. */
  void populate(String prefix, int count) {
    Object unused =
        jedis.sendCommand(() -> "DEBUG".getBytes(US_ASCII), "POPULATE", "" + count, prefix);
  }

  @Override
  public void close() {
    jedis.close();
    server.close();
  }
}
