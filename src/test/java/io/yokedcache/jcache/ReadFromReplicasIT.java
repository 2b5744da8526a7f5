package io.yokedcache.jcache;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.testing.RedisCluster;
import io.yokedcache.jcache.testing.RedisSentinel;
import io.yokedcache.jcache.testing.RedisServer;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.configuration.MutableConfiguration;
import javax.management.JMException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Protocol.Command;

/** Caches that read from replicas, on a cluster and with sentinels. */
final class ReadFromReplicasIT {

  private static final Duration BOUND = Duration.ofSeconds(30);
  private static final int KEYS = 50;

  /** The size of a pool; a server has one or two shared connections as well. */
  private static final int POOL = 5;

  private static final Pattern READS = Pattern.compile("cmdstat_mget:calls=([0-9]+)");

  private static RedisCluster cluster;
  private static RedisSentinel sentinel;

  private final TestManagers managers = new TestManagers();

  @BeforeAll
  static void start() {
    cluster = RedisCluster.start(3, 1);
    sentinel = RedisSentinel.start(1);
  }

  @AfterAll
  static void stop() {
    cluster.close();
    sentinel.close();
  }

  @AfterEach
  void close() {
    managers.close();
  }

  private CacheManager open(URI uri) {
    return managers.open(
        uri,
        "yokedcache.defaults.read-from",
        "replica-preferred",
        "yokedcache.connection.pool.size",
        "" + POOL,
        "yokedcache.replicas.max-lag",
        "500ms");
  }

  private static Cache<String, String> cache(CacheManager manager, String name) {
    return manager.createCache(name, TestManagers.strings().setStatisticsEnabled(true));
  }

  private static String key(int number) {
    return "k" + number;
  }

  private static Set<String> keys() {
    Set<String> keys = new LinkedHashSet<>();
    IntStream.range(0, KEYS).forEach(i -> keys.add(key(i)));
    return keys;
  }

  private static Map<String, String> entries(String value) {
    Map<String, String> entries = new TreeMap<>();
    keys().forEach(key -> entries.put(key, value));
    return entries;
  }

  private static long reads(Jedis jedis) {
    Matcher matcher = READS.matcher(jedis.info("commandstats"));
    return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
  }

  private static long readsOfClusterReplicas() {
    long reads = 0;
    for (RedisCluster.Node node : cluster.nodes()) {
      if (!node.isMaster()) {
        try (Jedis jedis = node.open()) {
          reads += reads(jedis);
        }
      }
    }
    return reads;
  }

  private static long readsOfSentinelReplicas() {
    long reads = 0;
    for (RedisServer server : sentinel.replicas()) {
      try (Jedis jedis = sentinel.open(server)) {
        reads += reads(jedis);
      }
    }
    return reads;
  }

  /** Returns when the replicas serve all reads, with the right values. */
  private static void awaitReads(Cache<String, String> reader, LongSupplier reads, String value) {
    Map<String, String> expected = entries(value);
    Awaitility.await()
        .atMost(BOUND)
        .untilAsserted(
            () -> {
              assertThat(reader.getAll(keys())).isEqualTo(expected);
              long before = reads.getAsLong();
              for (int i = 0; i < KEYS; i++) {
                assertThat(reader.get(key(i))).isEqualTo(value);
                assertThat(reader.containsKey(key(i))).isTrue();
              }
              assertThat(reads.getAsLong() - before)
                  .as("reads of replicas")
                  .isGreaterThanOrEqualTo(2 * KEYS);
              before = reads.getAsLong();
              assertThat(reader.getAll(keys())).isEqualTo(expected);
              assertThat(reads.getAsLong()).as("getAll of replicas").isGreaterThan(before);
            });
  }

  /** Returns when an update by another manager is seen. */
  private static void awaitValue(Cache<String, String> reader, String value) {
    Map<String, String> expected = entries(value);
    Awaitility.await()
        .atMost(BOUND)
        .untilAsserted(() -> assertThat(reader.getAll(keys())).isEqualTo(expected));
    for (int i = 0; i < KEYS; i++) {
      assertThat(reader.get(key(i))).isEqualTo(value);
    }
  }

  private void readAndUpdate(URI uri, int connections, LongSupplier reads) throws JMException {
    String name = TestManagers.uniqueName("replicas");
    Cache<String, String> reader = cache(open(uri), name);
    Cache<String, String> writer = cache(managers.open(uri), name);
    writer.putAll(entries("1"));
    awaitReads(reader, reads, "1");
    CacheFigures figures = new CacheFigures(reader);
    assertThat(figures.extended("ReplicaReads")).isGreaterThanOrEqualTo(3 * KEYS);
    assertThat(CacheFigures.connection(reader.getCacheManager(), "PoolSize").intValue())
        .as("connections to masters and replicas")
        .isEqualTo(connections);
    long fallbacks = figures.extended("ReplicaFallbacks");
    assertThat(reader.get("absent")).isNull();
    assertThat(figures.extended("ReplicaFallbacks")).isEqualTo(fallbacks + 1);

    writer.putAll(entries("2"));
    awaitValue(reader, "2");
    writer.clear();
    Awaitility.await()
        .atMost(BOUND)
        .untilAsserted(() -> assertThat(reader.getAll(keys())).isEmpty());
    assertThat(reader.containsKey(key(0))).isFalse();
    writer.putAll(entries("3"));
    awaitValue(reader, "3");
    awaitReads(reader, reads, "3");
  }

  @Test
  void get_cluster() throws JMException {
    int nodes = 6 * (POOL + 1); // a replica may become a master
    readAndUpdate(
        cluster.uri(), nodes + 3 * (POOL + 2), ReadFromReplicasIT::readsOfClusterReplicas);
  }

  @Test
  void get_sentinel() throws JMException {
    readAndUpdate(sentinel.uri(), 2 * (POOL + 2), ReadFromReplicasIT::readsOfSentinelReplicas);
  }

  @Test
  void get_ownChanges() {
    Cache<String, String> cache = cache(open(cluster.uri()), TestManagers.uniqueName("own"));
    cache.putAll(entries("0"));
    awaitReads(cache, ReadFromReplicasIT::readsOfClusterReplicas, "0");

    for (int i = 0; i < 100; i++) {
      String key = key(i % KEYS);
      cache.put(key, "v" + i);
      assertThat(cache.get(key)).isEqualTo("v" + i);
      cache.remove(key);
      assertThat(cache.containsKey(key)).isFalse();
    }
    cache.putAll(entries("9"));
    assertThat(cache.getAll(keys())).isEqualTo(entries("9"));
    cache.clear();
    assertThat(cache.getAll(keys())).isEmpty();
  }

  @Test
  void invoke_readsFromTheMaster() {
    MutableConfiguration<String, Integer> numbers =
        new MutableConfiguration<String, Integer>().setTypes(String.class, Integer.class);
    String name = TestManagers.uniqueName("counters");
    List<Cache<String, Integer>> caches =
        List.of(
            open(cluster.uri()).createCache(name, numbers),
            open(cluster.uri()).createCache(name, numbers));
    caches.get(0).put("counter", 0);
    for (int i = 0; i < 100; i++) {
      for (Cache<String, Integer> cache : caches) {
        Integer unused =
            cache.invoke(
                "counter",
                (entry, arguments) -> {
                  entry.setValue(entry.getValue() + 1);
                  return entry.getValue();
                });
      }
    }
    assertThat(caches.get(0).getAndPut("counter", -1)).isEqualTo(200);
  }

  @Test
  void get_replicaCutOff() {
    String name = TestManagers.uniqueName("cut-off");
    Cache<String, String> reader = cache(open(sentinel.uri()), name);
    Cache<String, String> writer = cache(managers.open(sentinel.uri()), name);
    writer.putAll(entries("1"));
    awaitReads(reader, ReadFromReplicasIT::readsOfSentinelReplicas, "1");
    RedisServer replica = sentinel.replicas().get(0);
    try (Jedis there = sentinel.open(replica);
        Jedis master = sentinel.open(sentinel.master())) {
      there.configSet("masterauth", "wrong"); // the master refuses a password, having none
      master.sendCommand(Command.CLIENT, "KILL", "TYPE", "replica");
      Awaitility.await()
          .atMost(BOUND)
          .until(() -> there.info("replication").contains("master_link_status:down"));
      try {
        writer.putAll(entries("2"));

        awaitValue(reader, "2"); // else the replica would serve the old values for ever
      } finally {
        there.configSet("masterauth", "");
      }
    }
    sentinel.awaitReplicas();
    awaitReads(reader, ReadFromReplicasIT::readsOfSentinelReplicas, "2");
  }

  @Test
  void get_replicaPausedAndPromoted() {
    String name = TestManagers.uniqueName("fail-over");
    Cache<String, String> reader = cache(open(cluster.uri()), name);
    Cache<String, String> writer = cache(managers.open(cluster.uri()), name);
    writer.putAll(entries("1"));
    awaitReads(reader, ReadFromReplicasIT::readsOfClusterReplicas, "1");
    RedisCluster.Node master = cluster.masters().get(0);
    RedisCluster.Node replica = cluster.replicasOf(master).get(0);

    replica.pause();
    try {
      assertThat(reader.getAll(keys())).isEqualTo(entries("1"));
    } finally {
      replica.resume();
    }
    awaitReads(reader, ReadFromReplicasIT::readsOfClusterReplicas, "1");

    cluster.failOver(replica);
    cluster.awaitWell();
    writer.putAll(entries("2"));
    awaitValue(reader, "2");
    awaitReads(reader, ReadFromReplicasIT::readsOfClusterReplicas, "2");
  }
}
