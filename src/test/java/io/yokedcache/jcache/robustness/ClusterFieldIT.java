package io.yokedcache.jcache.robustness;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.robustness.FieldLoad.Failure;
import io.yokedcache.jcache.testing.BucketSlots;
import io.yokedcache.jcache.testing.RedisCluster;
import io.yokedcache.jcache.testing.RedisCluster.Node;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.cache.CacheManager;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.ScanParams;
import redis.clients.jedis.resps.ScanResult;
import redis.clients.jedis.util.JedisClusterCRC16;

/**
 * A cluster of three masters and three replicas whose slots move, whose nodes come and go, and
 * whose masters are replaced and killed, while threads check every answer of three caches on it.
 * Runs once through all of that; {@code -Dfield.seconds=600} again and again for longer.
 */
final class ClusterFieldIT {

  private static final Duration COMMAND_TIMEOUT = Duration.ofSeconds(2);
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(1);

  /** A call, and as much again as a busy machine may need. */
  private static final Duration LONGEST = COMMAND_TIMEOUT.plus(CONNECT_TIMEOUT).plusSeconds(2);

  /** How soon after the cluster every call works. */
  private static final Duration RECOVERY = Duration.ofSeconds(2);

  private static final long SECONDS = Long.getLong("field.seconds", 0);
  private static final int SLOTS_MOVED = SECONDS > 0 ? 100 : 20;
  private static final int SLOTS = 16_384;

  /** Nobody is dead before a master is killed: a busy machine must not replace another one. */
  private static final String CALM = "3000";

  private static final String NODE_TIMEOUT = "1000";

  /** A master that gives its last slot away stays a master. */
  private static final String[] OPTIONS = {
    "--cluster-node-timeout", CALM, "--cluster-allow-replica-migration", "no"
  };

  private static final int TOKEN = 12;
  private static final long CALLS_BETWEEN = 500;

  private final List<Phase> phases = new ArrayList<>();
  private long lostByRedis;

  /**
   * Something that was done to the cluster.
   *
   * @param endNanos when the cluster was well again
   */
  private record Phase(String name, long startNanos, long endNanos) {}

  /** Nothing may be missing but what the replica of a killed master did not have. */
  @Test
  void everyAnswer_clusterChanges() {
    run(/* mayVanish= */ false, "fail-over.recent-changes=0", this::round);
  }

  /** No change of this JVM is undone; entries may be gone instead. */
  @Test
  void everyAnswer_mastersReplacedAndRecentChangesRemoved() {
    run(/* mayVanish= */ true, "fail-over.recent-changes=10000", this::replaceMasters);
  }

  /** A round of changes of the cluster. */
  @FunctionalInterface
  private interface Round {
    void run(RedisCluster cluster, FieldLoad load, Map<String, Integer> slots);
  }

  private void run(boolean mayVanish, String setting, Round round) {
    long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    try (RedisCluster cluster = RedisCluster.start(3, 1, OPTIONS);
        CacheManager manager =
            Managers.open(
                cluster.uri(),
                "connection.command-timeout=" + COMMAND_TIMEOUT.toMillis() + "ms",
                "connection.connect-timeout=" + CONNECT_TIMEOUT.toMillis() + "ms",
                setting);
        FieldLoad load = new FieldLoad(manager, mayVanish)) {
      Map<String, Integer> slots = new HashMap<>();
      cluster.masters().forEach(master -> slots.putAll(slots(master)));
      load.start();
      do {
        round.run(cluster, load, slots);
      } while (System.nanoTime() - endNanos < 0 && load.wrong().isEmpty());
      load.stop();
      load.checkEnd();
      report(load, setting);
      long readsBefore = readsOfSlots(cluster);
      load.goOnFor(Duration.ofSeconds(2));
      long reads = readsOfSlots(cluster) - readsBefore;

      assertThat(load.wrong()).as("wrong answers").isEmpty();
      assertThat(load.failures())
          .as("a cluster in change is no reason for anything but RedisUnavailableException")
          .filteredOn(failure -> failure.kind().contains(" "))
          .isEmpty();
      assertThat(load.longest()).as("longest call").isLessThan(LONGEST);
      assertThat(late(load)).as("failures after the cluster was well for " + RECOVERY).isEmpty();
      assertThat(reads).as("reads of the slots while nothing happens").isLessThan(4);
    }
  }

  private void round(RedisCluster cluster, FieldLoad load, Map<String, Integer> slots) {
    load.awaitCalls(CALLS_BETWEEN);
    List<Node> masters = cluster.masters();
    Node first = masters.get(0);
    Node second = masters.get(1);
    List<Integer> moved = slotsOf(first).stream().limit(SLOTS_MOVED).toList();
    phase(
        load,
        "slots moved away",
        () -> moved.forEach(slot -> cluster.moveSlot(slot, first, second)));
    phase(
        load,
        "slots moved back",
        () -> moved.forEach(slot -> cluster.moveSlot(slot, second, first)));

    List<Integer> few = slotsOf(second).stream().limit(SLOTS_MOVED / 4).toList();
    List<Node> added = new ArrayList<>();
    phase(
        load,
        "node added",
        () -> {
          added.add(cluster.addMaster());
          few.forEach(slot -> cluster.moveSlot(slot, second, added.get(0)));
        });
    phase(
        load,
        "node removed",
        () -> {
          few.forEach(slot -> cluster.moveSlot(slot, added.get(0), second));
          cluster.remove(added.get(0));
        });

    replaceMasters(cluster, load, slots);
  }

  private void replaceMasters(RedisCluster cluster, FieldLoad load, Map<String, Integer> slots) {
    load.awaitCalls(CALLS_BETWEEN);
    List<Node> masters = cluster.masters();
    Node promoted = cluster.replicasOf(masters.get(0)).get(0);
    phase(load, "CLUSTER FAILOVER", () -> cluster.failOver(promoted));

    Node killed = masters.get(ThreadLocalRandom.current().nextInt(1, masters.size()));
    phase(load, "kill -9 of a master", () -> kill(cluster, load, slots, killed));
    phase(
        load,
        "killed node back",
        () -> {
          killed.restart();
          cluster.awaitWell();
        });
  }

  /** Does something to the cluster, and goes on when it and the load are well for long enough. */
  private void phase(FieldLoad load, String name, Runnable change) {
    long startNanos = System.nanoTime();
    change.run();
    long endNanos = System.nanoTime();
    phases.add(new Phase(name, startNanos, endNanos));
    load.awaitCalls(CALLS_BETWEEN);
    boolean failed = load.failures().stream().anyMatch(one -> one.endNanos() - startNanos > 0);
    if (failed) {
      load.goOnFor(RECOVERY.plusMillis(500));
    }
  }

  /**
   * Kills a master. Its replica does not take over before a plain client has read what it has: what
   * the killed master acknowledged beyond that is what Redis lost.
   */
  private void kill(RedisCluster cluster, FieldLoad load, Map<String, Integer> slots, Node master) {
    BitSet served = served(master);
    Node replica = cluster.replicasOf(master).get(0);
    nodeTimeout(cluster, NODE_TIMEOUT);
    try (Jedis plain = replica.open()) {
      plain.configSet("cluster-replica-no-failover", "yes");
      plain.configSet("cluster-allow-reads-when-down", "yes");
      plain.readonly();
      master.kill();
      // Only then has the replica taken in what the master had sent.
      Awaitility.await()
          .atMost(Duration.ofSeconds(10))
          .pollInterval(Duration.ofMillis(5))
          .until(() -> plain.info("replication").contains("master_link_status:down"));
      Map<String, String> left = entries(plain);
      lostByRedis += load.restart(left, name -> isServed(served, slots.get(name)));
      plain.configSet("cluster-allow-reads-when-down", "no");
      plain.configSet("cluster-replica-no-failover", "no");
    }
    cluster.awaitSuccessor(master, List.of(replica));
    nodeTimeout(cluster, CALM);
  }

  private static boolean isServed(BitSet served, @Nullable Integer slot) {
    return slot != null && served.get(slot);
  }

  private static void nodeTimeout(RedisCluster cluster, String millis) {
    for (Node node : cluster.nodes()) {
      if (node.isAlive()) {
        try (Jedis plain = node.open()) {
          plain.configSet("cluster-node-timeout", millis);
        }
      }
    }
  }

  /** The slots of a master that have buckets of the caches. */
  private static List<Integer> slotsOf(Node master) {
    BitSet served = served(master);
    return Stream.of(FieldLoad.VALUES, FieldLoad.COUNTERS, FieldLoad.ELECTIONS)
        .flatMap(cache -> BucketSlots.ofCache(cache).stream())
        .filter(served::get)
        .distinct()
        .toList();
  }

  private static BitSet served(Node master) {
    BitSet served = new BitSet(SLOTS);
    try (Jedis plain = master.open()) {
      String own =
          plain
              .clusterNodes()
              .lines()
              .filter(line -> line.contains("myself"))
              .findFirst()
              .orElseThrow();
      for (String range : List.of(own.split(" ", -1)).subList(8, own.split(" ", -1).length)) {
        String[] ends = range.split("-", -1);
        served.set(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1]) + 1);
      }
    }
    return served;
  }

  /** The slots of the entries of a master by cache and key. */
  private static Map<String, Integer> slots(Node master) {
    Map<String, Integer> slots = new HashMap<>();
    try (Jedis plain = master.open()) {
      for (String key : keys(plain)) {
        if (isEntry(key)) {
          slots.put(name(key), JedisClusterCRC16.getSlot(key));
        }
      }
    }
    return slots;
  }

  /** The current entries of a node by cache and key. */
  private static Map<String, String> entries(Jedis plain) {
    Map<String, String> entries = new HashMap<>();
    Map<String, String> tokens = new HashMap<>();
    for (String key : keys(plain)) {
      if (isEntry(key)) {
        String generation = key.substring(0, key.indexOf('}') + 1);
        String token =
            tokens.computeIfAbsent(generation, absent -> String.valueOf(plain.get(generation)));
        String value = plain.get(key);
        if (value != null && token.startsWith(token(key))) {
          entries.put(name(key), value);
        }
      }
    }
    return entries;
  }

  private static List<String> keys(Jedis plain) {
    List<String> keys = new ArrayList<>();
    ScanParams params = new ScanParams().match("yc:{field-*").count(10_000);
    String cursor = ScanParams.SCAN_POINTER_START;
    do {
      ScanResult<String> result = plain.scan(cursor, params);
      keys.addAll(result.getResult());
      cursor = result.getCursor();
    } while (!cursor.equals(ScanParams.SCAN_POINTER_START));
    return keys;
  }

  /** Whether it is {@code yc:{cache#bucket}:token:key}. */
  private static boolean isEntry(String redisKey) {
    String behind = redisKey.substring(redisKey.indexOf('}') + 1);
    return behind.length() > TOKEN + 2 && behind.charAt(TOKEN + 1) == ':';
  }

  private static String token(String redisKey) {
    int start = redisKey.indexOf('}') + 2;
    return redisKey.substring(start, start + TOKEN);
  }

  private static String name(String redisKey) {
    String cache = redisKey.substring(redisKey.indexOf('{') + 1, redisKey.indexOf('#'));
    return cache + "/" + redisKey.substring(redisKey.indexOf('}') + TOKEN + 3);
  }

  private static long readsOfSlots(RedisCluster cluster) {
    return cluster.nodes().stream()
        .flatMap(node -> node.info("commandstats").lines())
        .filter(line -> line.startsWith("cmdstat_cluster|slots:"))
        .mapToLong(line -> Long.parseLong(line.substring(line.indexOf('=') + 1, line.indexOf(','))))
        .sum();
  }

  /** Failed calls that began when the cluster had been well for long enough. */
  private List<Failure> late(FieldLoad load) {
    return load.failures().stream().filter(failure -> isLate(failure)).toList();
  }

  private boolean isLate(Failure failure) {
    for (int i = phases.size() - 1; i >= 0; i--) {
      Phase phase = phases.get(i);
      if (failure.startNanos() - phase.endNanos() >= RECOVERY.toNanos()) {
        boolean last = i == phases.size() - 1;
        return last || failure.startNanos() - phases.get(i + 1).startNanos() < 0;
      }
      if (failure.startNanos() - phase.startNanos() >= 0) {
        return false;
      }
    }
    return true;
  }

  private void report(FieldLoad load, String setting) {
    System.out.printf(
        "cluster with %s: %,d calls, %,d failed %s, longest %d ms, Redis lost %d changes, absent %d,"
            + " wrong %d%n",
        setting,
        load.calls(),
        load.failures().size(),
        load.failuresByKind(),
        load.longest().toMillis(),
        lostByRedis,
        load.absent(),
        load.wrong().size());
    Map<String, List<Phase>> byName =
        phases.stream()
            .collect(Collectors.groupingBy(Phase::name, TreeMap::new, Collectors.toList()));
    byName.forEach((name, all) -> System.out.println("  " + name + ": " + text(load, all)));
  }

  private String text(FieldLoad load, List<Phase> all) {
    List<Failure> failures =
        load.failures().stream()
            .filter(failure -> all.stream().anyMatch(phase -> belongs(failure, phase)))
            .toList();
    long millis = all.stream().mapToLong(one -> one.endNanos() - one.startNanos()).max().orElse(0);
    long recovery =
        all.stream()
            .mapToLong(
                phase ->
                    failures.stream()
                        .filter(failure -> belongs(failure, phase))
                        .mapToLong(failure -> failure.endNanos() - phase.endNanos())
                        .max()
                        .orElse(0))
            .max()
            .orElse(0);
    return String.format(
        Locale.ROOT,
        "%d times, up to %d ms, %d calls failed, the last %d ms after the cluster was well",
        all.size(),
        TimeUnit.NANOSECONDS.toMillis(millis),
        failures.size(),
        TimeUnit.NANOSECONDS.toMillis(Math.max(0, recovery)));
  }

  /** A failure belongs to the last phase that began before it ended. */
  private boolean belongs(Failure failure, Phase phase) {
    return phases.stream()
        .filter(one -> failure.endNanos() - one.startNanos() >= 0)
        .max(Comparator.comparingLong(one -> one.startNanos() - failure.endNanos()))
        .filter(phase::equals)
        .isPresent();
  }
}
