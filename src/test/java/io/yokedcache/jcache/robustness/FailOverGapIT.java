package io.yokedcache.jcache.robustness;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.Tags;
import io.yokedcache.jcache.YokedCache;
import io.yokedcache.jcache.testing.CuttingProxy;
import io.yokedcache.jcache.testing.RedisCluster;
import io.yokedcache.jcache.testing.RedisSentinel;
import io.yokedcache.jcache.testing.RedisServer;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.cache.processor.EntryProcessor;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.params.ClientKillParams;

/**
 * The replicas stop to hear of changes, a JVM changes entries, and then a master dies: its replica
 * takes over with the entries as they were before.
 *
 * <p>{@code -Dgap.rounds} and {@code -Dgap.control-rounds} set the number of fail-overs with the
 * repair and without it.
 */
final class FailOverGapIT {

  private static final int ROUNDS = Integer.getInteger("gap.rounds", 2);
  private static final int CONTROL_ROUNDS = Integer.getInteger("gap.control-rounds", 1);
  private static final int KEYS = 12;
  private static final String TAGS = "invalidateTags";
  private static final int REPLICATION_MILLIS = 500;

  /** After how many waits a replica has to begin anew, which takes it about two of them. */
  private static final int ATTEMPTS = 8;

  private static final EntryProcessor<String, String, Void> SET =
      (entry, arguments) -> {
        entry.setValue((String) arguments[0]);
        return null;
      };

  private static final EntryProcessor<String, String, Void> REMOVE =
      (entry, arguments) -> {
        entry.remove();
        return null;
      };

  /** Changes of a cache's entries, whose values are {@code old}, to {@code new} or to none. */
  private static final Map<String, BiConsumer<Cache<String, String>, Set<String>>> CHANGES =
      changes();

  private static Map<String, BiConsumer<Cache<String, String>, Set<String>>> changes() {
    Map<String, BiConsumer<Cache<String, String>, Set<String>>> all = new LinkedHashMap<>();
    all.put("put", (cache, keys) -> keys.forEach(key -> cache.put(key, "new")));
    all.put("getAndPut", (cache, keys) -> keys.forEach(key -> cache.getAndPut(key, "new")));
    all.put("replace", (cache, keys) -> keys.forEach(key -> cache.replace(key, "new")));
    all.put("replaceOld", (cache, keys) -> keys.forEach(key -> cache.replace(key, "old", "new")));
    all.put("remove", (cache, keys) -> keys.forEach(cache::remove));
    all.put("removeOld", (cache, keys) -> keys.forEach(key -> cache.remove(key, "old")));
    all.put("getAndRemove", (cache, keys) -> keys.forEach(cache::getAndRemove));
    all.put("invokeSet", (cache, keys) -> keys.forEach(key -> cache.invoke(key, SET, "new")));
    all.put("invokeRemove", (cache, keys) -> keys.forEach(key -> cache.invoke(key, REMOVE)));
    all.put("invokeAll", (cache, keys) -> cache.invokeAll(keys, SET, "new"));
    all.put("putAll", (cache, keys) -> cache.putAll(all(keys, "new")));
    all.put("removeKeys", Cache::removeAll);
    all.put("removeAll", (cache, keys) -> cache.removeAll());
    all.put("clear", (cache, keys) -> cache.clear());
    all.put(TAGS, (cache, keys) -> yoked(cache).invalidateTags("tag"));
    return all;
  }

  /** Gives all entries of a cache their first value, and tags if the cache has some. */
  private static void fill(Cache<String, String> cache) {
    if (cache.getName().endsWith(TAGS)) {
      keys(cache).forEach(key -> yoked(cache).put(key, "old", Tags.of(key, "tag")));
    } else {
      cache.putAll(all(keys(cache), "old"));
    }
  }

  @SuppressWarnings("unchecked")
  private static YokedCache<String, String> yoked(Cache<String, String> cache) {
    return cache.unwrap(YokedCache.class);
  }

  private static Map<String, String> all(Set<String> keys, String value) {
    return keys.stream().collect(Collectors.toMap(key -> key, key -> value));
  }

  /** Servers whose masters fail one after the other. */
  private interface Servers extends AutoCloseable {

    URI uri();

    /** The same deployment by other nodes, so that managers are told apart. */
    default URI otherUri() {
      return URI.create(uri().toString().replaceFirst("//[^,]*,", "//"));
    }

    /** Waits until the replicas have everything, and lets them hear of nothing more. */
    void cutReplication();

    void killMaster(int round);

    /** Waits until another master serves, and makes the deployment whole again. */
    void heal();

    @Override
    void close();
  }

  private enum Deployment {
    CLUSTER,
    SENTINEL,
    NAME;

    Servers start() {
      return switch (this) {
        case CLUSTER -> new Cluster();
        case SENTINEL -> new Sentinel();
        case NAME -> new Name();
      };
    }
  }

  @ParameterizedTest
  @EnumSource
  void changes_lostByFailOver_areNotUndone(Deployment deployment) throws Exception {
    try (Servers servers = deployment.start()) {
      assertThat(staleRounds(servers, ROUNDS, /* recentChanges= */ 10_000)).isEmpty();
    }
  }

  /** The number of old values without the repair: the test above would notice them. */
  @ParameterizedTest
  @EnumSource
  void changes_lostByFailOver_moreThanAreKept_areNotUndone_butWithoutRepairAre(
      Deployment deployment) throws Exception {
    try (Servers servers = deployment.start()) {
      assertThat(staleRounds(servers, CONTROL_ROUNDS, /* recentChanges= */ 10)).isEmpty();
      assertThat(staleRounds(servers, CONTROL_ROUNDS, /* recentChanges= */ 0))
          .hasSize(CONTROL_ROUNDS)
          .allMatch(round -> round.contains(TAGS));
    }
  }

  /** The rounds in which an old value was served, with the changes whose keys had it. */
  private static List<String> staleRounds(Servers servers, int rounds, int recentChanges)
      throws Exception {
    List<String> stale = new ArrayList<>();
    String recent = "fail-over.recent-changes=" + recentChanges;
    try (CacheManager manager = open(servers.uri(), recent);
        CacheManager other = open(servers.otherUri(), recent)) {
      List<Cache<String, String>> caches = caches(manager);
      List<Cache<String, String>> otherCaches = caches(other);
      for (int round = 0; round < rounds; round++) {
        caches.forEach(FailOverGapIT::fill);
        servers.cutReplication();
        // Near caches keep the values that the change must make invalid.
        assertThat(olds(caches)).hasSize(caches.size());
        caches.forEach(
            cache ->
                requireNonNull(CHANGES.get(cache.getName().split("-", 2)[1]))
                    .accept(cache, keys(cache)));

        servers.killMaster(round);
        List<String> olds = olds(caches);
        // The other JVM reads what this one has left.
        olds.addAll(olds(otherCaches));

        if (!olds.isEmpty()) {
          stale.add("round " + round + ": " + olds);
        }
        servers.heal();
      }
      long failOvers = ConnectionBean.of(manager, "FailOvers").longValue();
      long removals = ConnectionBean.of(manager, "FailOverRemovals").longValue();
      long clears = ConnectionBean.of(manager, "FailOverClears").longValue();
      if (recentChanges == 0) {
        assertThat(failOvers + removals + clears).isZero();
      } else {
        assertThat(failOvers).isBetween((long) rounds, 2L * rounds);
        assertThat(clears).isPositive();
        assertThat(removals > 0).isEqualTo(recentChanges > 1_000);
      }
    }
    return stale;
  }

  private static CacheManager open(URI uri, String recentChanges) {
    return Managers.open(
        uri,
        "buckets=16",
        "connection.command-timeout=1s",
        "caches.\"near-*\".near.enabled=true",
        "caches.\"*-" + TAGS + "\".tags=true",
        recentChanges);
  }

  /** Two caches for each change, of which one has a near cache. */
  private static List<Cache<String, String>> caches(CacheManager manager) {
    return Stream.of("plain-", "near-")
        .flatMap(kind -> CHANGES.keySet().stream().map(change -> kind + change))
        .map(name -> Managers.texts(manager, name))
        .toList();
  }

  private static Set<String> keys(Cache<String, String> cache) {
    return IntStream.range(0, KEYS)
        .mapToObj(i -> cache.getName() + "-" + i)
        .collect(Collectors.toSet());
  }

  /** The names of the caches that still serve an old value. */
  private static List<String> olds(List<Cache<String, String>> caches) {
    List<String> olds = new ArrayList<>();
    for (Cache<String, String> cache : caches) {
      if (keys(cache).stream().anyMatch(key -> "old".equals(get(cache, key)))) {
        olds.add(cache.getName());
      }
    }
    return olds;
  }

  /** Reads until a server answers. */
  private static @Nullable String get(Cache<String, String> cache, String key) {
    List<@Nullable String> values = new ArrayList<>();
    Awaitility.await()
        .atMost(RedisCluster.BOUND)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(20))
        .ignoreExceptionsInstanceOf(CacheException.class)
        .until(() -> values.add(cache.get(key)));
    return values.get(0);
  }

  /** Refuses the replication to replicas, which try again and again. */
  private static void cut(Jedis master) {
    master.aclSetUser("default", "-psync", "-sync");
    master.clientKill(new ClientKillParams().type(ClientType.REPLICA));
  }

  /** Allows the replication again. */
  private static void join(Jedis master) {
    master.aclSetUser("default", "+psync", "+sync");
  }

  /**
   * WAIT waits for what the master had done when the connection's last command came. A replica
   * whose PSYNC was refused falls back to SYNC. Once that is allowed, the replica has the data and
   * does not know its offset, so WAIT never counts it: it has to begin anew.
   */
  private static void awaitReplicated(Jedis master) {
    String pong = master.ping();
    assertThat(pong).isEqualTo("PONG");
    AtomicInteger attempts = new AtomicInteger();
    Awaitility.await()
        .atMost(RedisCluster.BOUND)
        .until(
            () -> {
              if (master.waitReplicas(1, REPLICATION_MILLIS) > 0) {
                return true;
              }
              if (attempts.incrementAndGet() % ATTEMPTS == 0) {
                master.clientKill(new ClientKillParams().type(ClientType.REPLICA));
              }
              return false;
            });
  }

  private static final class Cluster implements Servers {

    private final RedisCluster cluster = RedisCluster.start(3, 1);
    private RedisCluster.@Nullable Node killed;
    private List<RedisCluster.Node> replicas = List.of();

    @Override
    public URI uri() {
      return cluster.uri();
    }

    @Override
    public void cutReplication() {
      for (RedisCluster.Node master : cluster.masters()) {
        try (Jedis jedis = master.open()) {
          awaitReplicated(jedis);
          cut(jedis);
        }
      }
    }

    @Override
    public void killMaster(int round) {
      RedisCluster.Node master = cluster.masters().get(round % 3);
      replicas = cluster.replicasOf(master);
      killed = master;
      master.kill();
    }

    @Override
    public void heal() {
      RedisCluster.Node dead = requireNonNull(killed);
      RedisCluster.Node unused = cluster.awaitSuccessor(dead, replicas);
      for (RedisCluster.Node node : cluster.nodes()) {
        if (node.isAlive()) { // a busy machine may have made more masters replicas
          try (Jedis jedis = node.open()) {
            join(jedis);
          }
        }
      }
      dead.restart();
      cluster.awaitWell();
    }

    @Override
    public void close() {
      cluster.close();
    }
  }

  private static final class Sentinel implements Servers {

    private final RedisSentinel sentinel = RedisSentinel.start(1);
    private @Nullable RedisServer killed;

    @Override
    public URI uri() {
      return sentinel.uri();
    }

    @Override
    public void cutReplication() {
      try (Jedis jedis = sentinel.open(sentinel.master())) {
        awaitReplicated(jedis);
        cut(jedis);
      }
    }

    @Override
    public void killMaster(int round) {
      killed = sentinel.killMaster();
    }

    @Override
    public void heal() {
      RedisServer dead = requireNonNull(killed);
      RedisServer master = sentinel.awaitOtherMaster(dead);
      dead.restart();
      try (Jedis jedis = sentinel.open(dead)) {
        jedis.replicaof("127.0.0.1", master.port()); // sooner than the sentinels say so
      }
      sentinel.awaitReplicas();
    }

    @Override
    public void close() {
      sentinel.close();
    }
  }

  /** A master and its replica behind one address, as a managed service has them. */
  private static final class Name implements Servers {

    private final CuttingProxy name;
    private RedisServer master = RedisServer.start("--repl-diskless-sync-delay", "0");
    private RedisServer replica = RedisServer.start("--repl-diskless-sync-delay", "0");

    Name() {
      name = CuttingProxy.start(master.port(), Long.MAX_VALUE / 4);
      follow();
    }

    private void follow() {
      try (Jedis one = new Jedis(master.uri());
          Jedis other = new Jedis(replica.uri())) {
        join(one);
        other.configSet("repl-diskless-load", "swapdb"); // it has no directory for a file
        other.replicaof("127.0.0.1", master.port());
        awaitReplicated(one);
      }
    }

    @Override
    public URI uri() {
      return URI.create("redis://127.0.0.1:" + name.port());
    }

    @Override
    public URI otherUri() {
      return URI.create("redis://localhost:" + name.port());
    }

    @Override
    public void cutReplication() {
      try (Jedis jedis = new Jedis(master.uri())) {
        awaitReplicated(jedis);
        cut(jedis);
      }
    }

    @Override
    public void killMaster(int round) {
      RedisServer killed = master;
      master = replica;
      replica = killed;
      killed.kill();
      try (Jedis jedis = new Jedis(master.uri())) {
        jedis.replicaofNoOne();
      }
      name.leadTo(master.port());
    }

    @Override
    public void heal() {
      replica.restart();
      follow();
    }

    @Override
    public void close() {
      name.close();
      master.close();
      replica.close();
    }
  }
}
