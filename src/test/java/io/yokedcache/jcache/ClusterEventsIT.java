package io.yokedcache.jcache;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.testing.BucketSlots;
import io.yokedcache.jcache.testing.RedisCluster;
import io.yokedcache.jcache.testing.RedisCluster.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.expiry.CreatedExpiryPolicy;
import javax.cache.expiry.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** Events of changes and of expired entries on a cluster. */
final class ClusterEventsIT {

  private static final int KEYS = 30;
  private static final int UPDATES = 20;

  private final RedisCluster cluster = RedisCluster.start(3, 1);
  private final TestManagers managers = new TestManagers();

  @AfterEach
  void close() {
    managers.close();
    cluster.close();
  }

  /** Each key has one writer; both managers hear all changes. */
  @Test
  void changesOfTwoManagers_areHeardOnceAndInOrder() throws Exception {
    List<RecordingListener<String, String>> listeners = new ArrayList<>();
    List<Cache<String, String>> caches = new ArrayList<>();
    for (int manager = 0; manager < 2; manager++) {
      RecordingListener<String, String> listener = new RecordingListener<>();
      Cache<String, String> cache = open().createCache("heard", TestManagers.strings());
      cache.registerCacheEntryListener(listener.configuration(true, true));
      listeners.add(listener);
      caches.add(cache);
    }

    Thread writer = new Thread(() -> write(caches.get(0), 0), "writer-0");
    writer.start();
    write(caches.get(1), 1);
    writer.join(TimeUnit.SECONDS.toMillis(30));

    for (RecordingListener<String, String> listener : listeners) {
      await()
          .atMost(RedisCluster.BOUND)
          .until(() -> listener.heard().size() >= KEYS * (UPDATES + 2));
      for (int key = 0; key < KEYS; key++) {
        String name = "k" + key;
        assertThat(listener.texts().stream().filter(text -> text.contains(" " + name + "=")))
            .containsExactlyElementsOf(expected(name));
      }
    }
    assertThat(cluster.keyCounts().values()).allMatch(count -> count > 0).hasSize(3);
  }

  private static void write(Cache<String, String> cache, int parity) {
    for (int number = 0; number <= UPDATES; number++) {
      for (int key = parity; key < KEYS; key += 2) {
        cache.put("k" + key, "" + number);
      }
    }
    for (int key = parity; key < KEYS; key += 2) {
      cache.remove("k" + key);
    }
  }

  private static List<String> expected(String name) {
    List<String> expected = new ArrayList<>();
    expected.add("CREATED %s=0/-".formatted(name));
    for (int number = 1; number <= UPDATES; number++) {
      expected.add("UPDATED %s=%s/%s".formatted(name, number, number - 1));
    }
    expected.add("REMOVED %s=%s/%s".formatted(name, UPDATES, UPDATES));
    return expected;
  }

  /** A master that is added later is subscribed as well. */
  @Test
  void expiredEntries_areHeardFromAllMasters() {
    RecordingListener<String, String> listener = new RecordingListener<>();
    Cache<String, String> writing = open().createCache("brief", expiring());
    Cache<String, String> listening = open().createCache("brief", expiring());
    listening.registerCacheEntryListener(listener.configuration(false, true));

    putAll(writing, "first-");
    assertThat(mastersOf("first-")).hasSize(3);
    assertExpired(listener, "first-");

    Node added = cluster.addMaster();
    for (int key = 0; key < 5; key++) {
      int slot = slot("second-" + key);
      Node from = cluster.masterOf(slot);
      if (from != added) {
        cluster.moveSlot(slot, from, added);
      }
    }
    await()
        .atMost(RedisCluster.BOUND)
        .until(
            () -> {
              putAll(listening, "between-"); // has the manager read the table of slots
              return subscribers(added, "__keyevent@0__:expired") > 0;
            });
    putAll(writing, "second-");
    assertThat(mastersOf("second-")).contains(added);
    assertExpired(listener, "second-");
  }

  private static void putAll(Cache<String, String> cache, String prefix) {
    for (int key = 0; key < KEYS; key++) {
      cache.put(prefix + key, "1");
    }
  }

  private static void assertExpired(RecordingListener<String, String> listener, String prefix) {
    await().atMost(RedisCluster.BOUND).until(() -> expired(listener, prefix).size() >= KEYS);
    assertThat(expired(listener, prefix))
        .containsExactlyInAnyOrderElementsOf(
            IntStream.range(0, KEYS).mapToObj(key -> "EXPIRED " + prefix + key + "=-/-").toList());
  }

  private static List<String> expired(RecordingListener<String, String> listener, String prefix) {
    return listener.texts().stream().filter(text -> text.startsWith("EXPIRED " + prefix)).toList();
  }

  /** The masters that hold the first ten entries. */
  private Set<Node> mastersOf(String prefix) {
    return IntStream.range(0, 10)
        .mapToObj(key -> cluster.masterOf(slot(prefix + key)))
        .collect(toSet());
  }

  private static int slot(String key) {
    return BucketSlots.ofKey("brief", key);
  }

  /** The connection for the channels goes to another master, also if the node still answers. */
  @Test
  void nodeOfTheChannelsIsReplacedAndKilled_changesAreHeardAgain() {
    RecordingListener<String, String> listener = new RecordingListener<>();
    Cache<String, String> writing = open().createCache("lost", TestManagers.strings());
    Cache<String, String> listening = open().createCache("lost", TestManagers.strings());
    listening.registerCacheEntryListener(listener.configuration(false, true));
    writing.put("k", "1");
    await().atMost(RedisCluster.BOUND).until(() -> listener.texts().contains("CREATED k=1/-"));

    Node replaced = nodeOfTheChannels();
    cluster.failOver(cluster.replicasOf(replaced).get(0));
    await()
        .atMost(RedisCluster.BOUND)
        .until(() -> subscribers(replaced, "yc:{lost}:events") == 0 && hasChannels());

    Node node = nodeOfTheChannels();
    List<Node> replicas = cluster.replicasOf(node);
    node.kill();
    cluster.awaitSuccessor(node, replicas);
    await().atMost(RedisCluster.BOUND).until(this::hasChannels);

    listener.forget();
    for (int key = 0; key < KEYS; key++) {
      writing.put("after-" + key, "1");
    }
    await().atMost(RedisCluster.BOUND).until(() -> listener.heard().size() >= KEYS);
    assertThat(listener.texts())
        .containsExactlyInAnyOrderElementsOf(
            IntStream.range(0, KEYS).mapToObj(key -> "CREATED after-" + key + "=1/-").toList());
  }

  private boolean hasChannels() {
    return cluster.masters().stream()
        .anyMatch(master -> subscribers(master, "yc:{lost}:events") == 1);
  }

  private Node nodeOfTheChannels() {
    return cluster.masters().stream()
        .filter(master -> subscribers(master, "yc:{lost}:events") == 1)
        .findFirst()
        .orElseThrow();
  }

  private static long subscribers(Node node, String channel) {
    try (Jedis jedis = node.open()) {
      return requireNonNull(jedis.pubsubNumSub(channel).get(channel));
    }
  }

  private CacheManager open() {
    return managers.open(cluster.uri());
  }

  private static MutableConfiguration<String, String> expiring() {
    return TestManagers.strings()
        .setExpiryPolicyFactory(
            CreatedExpiryPolicy.factoryOf(new Duration(TimeUnit.MILLISECONDS, 500)));
  }
}
