package io.yokedcache.jcache.stress;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.testing.RedisServer;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.management.ObjectName;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.SetParams;

/** One JVM of several loads a missing or old key, and no other waits for a dead one for ever. */
@Timeout(120)
final class SharedLoadsIT {

  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private static RedisServer redis;
  private static Jedis jedis;

  private final ExecutorService threads = Executors.newCachedThreadPool();

  @BeforeAll
  static void start() {
    redis = RedisServer.start();
    jedis = new Jedis("127.0.0.1", redis.port());
  }

  @AfterAll
  static void stop() {
    jedis.close();
    redis.close();
  }

  @AfterEach
  void end() {
    threads.shutdownNow();
  }

  @Test
  void threadsOfThreeJvmsMissOneKey_oneLoads() throws Exception {
    List<String> settings = List.of("defaults.load-lease=1m", "defaults.load-timeout=1m");
    List<String> named = new ArrayList<>(settings);
    named.add("connection.client-name=shared");
    try (CacheManager manager = SharedLoadsWorker.open(redis.port(), named);
        JvmPool others =
            JvmPool.start(
                2, SharedLoadsWorker.class, i -> arguments("shared", "shared-" + i, settings))) {
      Cache<String, String> cache = SharedLoadsWorker.create(manager, "shared", redis.port());
      Future<List<String>> own =
          threads.submit(() -> SharedLoadsWorker.readByAllThreads(cache, "k"));
      // Each JVM has begun to read, under its own name.
      Awaitility.await().atMost(PATIENCE).until(() -> loads("shared", "k") == 1);
      Set<String> readers = new TreeSet<>();
      Awaitility.await().atMost(PATIENCE).until(() -> addReaders(readers) == 3);

      openGate("shared");

      assertThat(own.get(30, TimeUnit.SECONDS)).containsExactly("value of k");
      assertThat(others.await(PATIENCE))
          .allSatisfy(output -> assertThat(output).endsWith("[value of k]"));
      assertThat(loads("shared", "k")).isEqualTo(1);
      assertThat(jedis.keys("yc:{shared#0}:lease-of-load:*")).isEmpty();
    }
  }

  /** Adds the names of the JVMs that were seen to read or to ask for a lease. */
  private static int addReaders(Set<String> names) {
    Matcher reader =
        Pattern.compile(" name=(shared\\S*) .* cmd=(mget|evalsha) ").matcher(jedis.clientList());
    while (reader.find()) {
      names.add(reader.group(1));
    }
    return names.size();
  }

  @Test
  @SuppressWarnings("try") // the JVM is closed midway: that kills it
  void holderIsKilledInTheLoad_theNextLoadsAfterTheLease() throws Exception {
    List<String> settings = List.of("defaults.load-lease=3s", "defaults.load-timeout=1m");
    try (CacheManager manager = SharedLoadsWorker.open(redis.port(), settings);
        ChildJvm holder =
            ChildJvm.start(
                "holder", SharedLoadsWorker.class, arguments("killed", "holder", settings))) {
      Cache<String, String> cache = SharedLoadsWorker.create(manager, "killed", redis.port());
      Awaitility.await().atMost(PATIENCE).until(() -> loads("killed", "k") == 1);
      holder.close();
      jedis.pexpire("yc:{killed#0}:lease-of-load:k", 3_000); // however long the start took
      long misses = misses();
      Future<List<String>> read =
          threads.submit(() -> SharedLoadsWorker.readByAllThreads(cache, "k"));
      Awaitility.await().atMost(PATIENCE).until(() -> misses() > misses);
      openGate("killed");

      assertThat(read.get(30, TimeUnit.SECONDS)).containsExactly("value of k");
      assertThat(loads("killed", "k")).as("by the dead JVM and by one thread").isEqualTo(2);
    }
  }

  @Test
  @SuppressWarnings("try") // the JVM is closed midway: that kills it
  void holderIsKilledInTheRefresh_anotherRefreshesAfterTheLease() throws Exception {
    List<String> settings =
        List.of("defaults.time-to-live=1h", "defaults.refresh-after=30m", "defaults.load-lease=1m");
    String lease = "yc:{stale#0}:lease-of-refresh:k";
    try (CacheManager manager = SharedLoadsWorker.open(redis.port(), settings)) {
      Cache<String, String> cache = SharedLoadsWorker.create(manager, "stale", redis.port());
      cache.put("k", "old");
      jedis.pexpire(jedis.keys("yc:{stale#0}:*:k").iterator().next(), 20 * 60_000L);
      try (ChildJvm holder =
          ChildJvm.start(
              "holder", SharedLoadsWorker.class, arguments("stale", "holder", settings))) {
        Awaitility.await().atMost(PATIENCE).until(() -> loads("stale", "k") == 1);
        holder.close();
      }
      assertThat(cache.get("k")).isEqualTo("old");
      openGate("stale");
      assertThat(jedis.exists(lease)).isTrue();

      jedis.pexpire(lease, 100);

      Awaitility.await().atMost(PATIENCE).until(() -> cache.get("k").equals("value of k"));
      assertThat(loads("stale", "k")).as("by the dead JVM and by one thread").isEqualTo(2);
    }
  }

  @Test
  void waitIsOver_loadsWithoutLease() {
    List<String> settings = List.of("defaults.load-lease=1m", "defaults.load-timeout=300ms");
    try (CacheManager manager = SharedLoadsWorker.open(redis.port(), settings)) {
      Cache<String, String> cache = SharedLoadsWorker.create(manager, "bound", redis.port());
      leaseToOther("bound", "k");
      openGate("bound");

      assertThat(cache.get("k")).isEqualTo("value of k");
      assertThat(loads("bound", "k")).isEqualTo(1);
      assertThat(jedis.get("yc:{bound#0}:lease-of-load:k")).isEqualTo("another JVM");
    }
  }

  @Test
  void getAll_waitsOnlyForKeysThatOthersLoad() throws Exception {
    List<String> settings = List.of("defaults.load-lease=1m", "defaults.load-timeout=1m");
    try (CacheManager manager = SharedLoadsWorker.open(redis.port(), settings);
        CacheManager other = SharedLoadsWorker.open(redis.port(), settings)) {
      Cache<String, String> cache = SharedLoadsWorker.create(manager, "all", redis.port());
      openGate("all");
      leaseToOther("all", "a");
      leaseToOther("all", "b");
      Set<String> keys = Set.of("a", "b", "c", "d");
      CompletableFuture<Map<String, String>> read =
          CompletableFuture.supplyAsync(() -> cache.getAll(keys), threads);
      Awaitility.await()
          .atMost(PATIENCE)
          .until(
              () -> jedis.keys("yc:{all#0}:lease-of-load:*").size() == 2 && loads("all", "d") == 1);

      SharedLoadsWorker.create(other, "all", redis.port()).put("a", "loaded by another");
      jedis.del("yc:{all#0}:lease-of-load:b");

      assertThat(read.get(30, TimeUnit.SECONDS))
          .containsExactlyInAnyOrderEntriesOf(
              Map.of(
                  "a",
                  "loaded by another",
                  "b",
                  "value of b",
                  "c",
                  "value of c",
                  "d",
                  "value of d"));
      assertThat(loads("all", "a")).isZero();
      assertThat(loads("all", "b")).isEqualTo(1);
      ObjectName bean =
          new ObjectName(
              "io.yokedcache:type=CacheExtendedStatistics,CacheManager=%s,Cache=all"
                  .formatted(manager.getURI().toString().replace(':', '.')));
      assertThat(ManagementFactory.getPlatformMBeanServer().getAttribute(bean, "AwaitedLoads"))
          .isEqualTo(1L);
    }
  }

  private static void leaseToOther(String cache, String key) {
    jedis.set(
        "yc:{" + cache + "#0}:lease-of-load:" + key,
        "another JVM",
        SetParams.setParams().px(60_000));
  }

  private static long loads(String cache, String key) {
    String count = jedis.get("loads:" + cache + ":" + key);
    return count == null ? 0 : Long.parseLong(count);
  }

  private static void openGate(String cache) {
    List<String> tokens = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      tokens.add("go");
    }
    jedis.rpush("gate:" + cache, tokens.toArray(String[]::new));
  }

  /** Reads of keys that are not there, by all clients. */
  private static long misses() {
    Matcher stat = Pattern.compile("keyspace_misses:(\\d+)").matcher(jedis.info("stats"));
    return stat.find() ? Long.parseLong(stat.group(1)) : 0;
  }

  private static List<String> arguments(String cache, String client, List<String> settings) {
    List<String> arguments = new ArrayList<>(List.of(Integer.toString(redis.port()), cache));
    arguments.addAll(settings);
    arguments.add("connection.client-name=" + client);
    return arguments;
  }
}
