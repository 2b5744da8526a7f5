package io.yokedcache.jcache.internal.store.keys;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.internal.concurrent.BackgroundErrors;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.cluster.ClusterExecutor;
import io.yokedcache.jcache.internal.redis.failover.FailOverListener;
import io.yokedcache.jcache.internal.settings.Settings;
import io.yokedcache.jcache.internal.settings.SettingsLoader;
import io.yokedcache.jcache.testing.RedisCluster;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.util.JedisClusterCRC16;

/** The names of the keys of buckets on a real cluster, wherever their slots are at the time. */
final class SlotScanIT {

  private static final int BUCKETS = 16;
  private static final int BUCKET = 5;
  private static final int KEYS = 400;
  private static final int PAGE = 50;

  private static RedisCluster cluster;
  private static ClusterExecutor executor;

  private final KeySpace names = new KeySpace("yc", "orders", BUCKETS);
  private final TreeSet<String> all = new TreeSet<>();
  private final int slot = JedisClusterCRC16.getSlot(names.generationKey(BUCKET));
  private RedisCluster.Node from;
  private RedisCluster.Node to;

  @BeforeAll
  static void start() {
    // A master without slots stays a master.
    cluster = RedisCluster.start(3, 0, "--cluster-allow-replica-migration", "no");
    Settings settings =
        SettingsLoader.load(cluster.uri(), SlotScanIT.class.getClassLoader(), new Properties());
    executor =
        new ClusterExecutor(
            settings.connection(), 1 << 20, new BackgroundErrors(), FailOverListener.NONE);
  }

  @AfterAll
  static void stop() {
    executor.close();
    cluster.close();
  }

  @BeforeEach
  void fill() {
    for (int i = 0; i < KEYS; i++) {
      put(i % BUCKETS, i);
    }
    from = cluster.masterOf(slot);
    to = cluster.masters().stream().filter(node -> node != from).findFirst().orElseThrow();
  }

  @AfterEach
  void flush() {
    for (RedisCluster.Node node : cluster.masters()) {
      try (Jedis jedis = node.open()) {
        jedis.flushAll();
      }
    }
  }

  private void put(int bucket, int number) {
    String name = new String(names.entryPrefix(bucket, "ABCDEFGHIJKL"), UTF_8) + number;
    Bytes key = Bytes.utf8(name);
    Object unused =
        executor.command(
            "test",
            key,
            /* idempotent= */ true,
            new CommandArguments(Command.SET).add(key).add("value"));
    all.add(name);
  }

  /** Reads all pages, and does something after the first one. */
  private List<String> scan(int mostAtOnce, Runnable afterFirst) {
    SlotScan scan = new SlotScan(executor, "test", names, PAGE, List.of(), mostAtOnce);
    List<String> found = new ArrayList<>();
    boolean isFirst = true;
    while (scan.hasNext()) {
      List<byte[]> page = scan.next();
      assertThat(page.size()).isLessThanOrEqualTo(4 * PAGE); // SCAN may return more than asked for
      page.forEach(name -> found.add(new String(name, StandardCharsets.US_ASCII)));
      if (isFirst) {
        afterFirst.run();
        isFirst = false;
      }
    }
    return found;
  }

  private void assertEachOnce(List<String> found) {
    assertThat(found).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(all);
  }

  /** Once with buckets in one reply, once by SCAN. */
  @ParameterizedTest
  @ValueSource(ints = {1_000, 10})
  void slotOnItsWay(int mostAtOnce) {
    assertEachOnce(scan(mostAtOnce, () -> {}));

    cluster.beginMove(slot, from, to);
    assertEachOnce(scan(mostAtOnce, () -> {}));
    assertThat(cluster.moveKeys(slot, from, to, 10)).isEqualTo(10);
    assertEachOnce(scan(mostAtOnce, () -> {}));
    put(BUCKET, 1_000_000); // a new key is made at the target
    assertEachOnce(scan(mostAtOnce, () -> cluster.moveKeys(slot, from, to, 5)));
    assertEachOnce(scan(mostAtOnce, () -> cluster.moveSlot(slot, from, to)));
    assertEachOnce(scan(mostAtOnce, () -> cluster.moveSlot(slot, to, from)));
    assertEachOnce(scan(mostAtOnce, () -> {}));
  }

  /** A slot that is read by SCAN is filtered by its master. */
  @Test
  void beginnings() {
    SlotScan scan =
        new SlotScan(
            executor,
            "test",
            names,
            /* pageSize= */ 1,
            List.of(new byte[] {'1'}),
            /* mostAtOnce= */ 10);
    List<String> found = new ArrayList<>();
    scan.forEachRemaining(
        page -> page.forEach(name -> found.add(new String(name, StandardCharsets.US_ASCII))));

    assertThat(found)
        .containsExactlyInAnyOrderElementsOf(
            all.stream().filter(name -> name.contains(":1")).toList());
  }

  /** The table of this JVM still names the old master when the scan begins. */
  @ParameterizedTest
  @ValueSource(ints = {1_000, 10})
  void slotMovedUnnoticed(int mostAtOnce) {
    for (int round = 0; round < 4; round++) {
      cluster.moveSlot(slot, round % 2 == 0 ? from : to, round % 2 == 0 ? to : from);
      assertEachOnce(scan(mostAtOnce, () -> {}));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1_000, 10})
  void newMaster(int mostAtOnce) {
    RedisCluster.Node added = cluster.addMaster();
    int other = JedisClusterCRC16.getSlot(names.generationKey(/* bucket= */ 6));
    RedisCluster.Node otherMaster = cluster.masterOf(other);
    cluster.beginMove(other, otherMaster, added);
    cluster.moveKeys(other, otherMaster, added, 5);
    assertEachOnce(scan(mostAtOnce, () -> {}));
    assertEachOnce(scan(mostAtOnce, () -> cluster.moveSlot(other, otherMaster, added)));
    assertEachOnce(scan(mostAtOnce, () -> {}));
    assertEachOnce(scan(mostAtOnce, () -> cluster.moveSlot(other, added, otherMaster)));
    cluster.remove(added);
    assertEachOnce(scan(mostAtOnce, () -> {}));
  }
}
