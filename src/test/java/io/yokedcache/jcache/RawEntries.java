package io.yokedcache.jcache;

import io.yokedcache.jcache.testing.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.ScanParams;
import redis.clients.jedis.resps.ScanResult;

/** Entries as Redis itself sees them, found by the texts of their cache and key. */
final class RawEntries implements AutoCloseable {

  private final Jedis jedis;

  RawEntries(RedisServer server) {
    jedis = new Jedis("127.0.0.1", server.port());
  }

  Jedis jedis() {
    return jedis;
  }

  /** Returns the names of the entries of a cache whose key contains a text. */
  List<String> find(String cacheName, String key) {
    ScanParams pattern =
        new ScanParams().match("*{" + cacheName + "#*}:?*:*" + key + "*").count(1000);
    List<String> names = new ArrayList<>();
    String cursor = ScanParams.SCAN_POINTER_START;
    do {
      ScanResult<String> page = jedis.scan(cursor, pattern);
      names.addAll(page.getResult());
      cursor = page.getCursor();
    } while (!cursor.equals(ScanParams.SCAN_POINTER_START));
    return names;
  }

  /** Returns the milliseconds that an entry has to live; -1 for ever, -2 if there is none. */
  long timeToLiveMillis(String cacheName, String key) {
    List<String> names = find(cacheName, key);
    return names.isEmpty() ? -2 : jedis.pttl(only(names));
  }

  /** Gives an entry another time to live, behind the back of its cache. */
  void setTimeToLiveMillis(String cacheName, String key, long millis) {
    if (jedis.pexpire(only(find(cacheName, key)), millis) != 1) {
      throw new IllegalStateException(key + " of " + cacheName + " is gone");
    }
  }

  /** Lets an entry expire, and returns when it has. */
  void expire(String cacheName, String key) {
    String name = only(find(cacheName, key));
    jedis.pexpire(name, 1);
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(1))
        .until(() -> !jedis.exists(name));
  }

  private static String only(List<String> names) {
    if (names.size() != 1) {
      throw new IllegalStateException("Not one entry but " + names);
    }
    return names.get(0);
  }

  @Override
  public void close() {
    jedis.close();
  }
}
