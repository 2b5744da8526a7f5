package io.yokedcache.jcache.stress;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.testing.RedisCluster;
import io.yokedcache.jcache.testing.RedisCluster.Node;
import io.yokedcache.jcache.testing.RedisServer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.params.ClientKillParams;
import redis.clients.jedis.util.JedisClusterCRC16;

/**
 * Four JVMs put, read and invalidate entries with tags while connections and one of the JVMs are
 * killed, and on a cluster while slots move and masters are replaced. A get that begins after an
 * invalidation returned never finds an entry whose put returned before the invalidation began. With
 * near caches that holds at once in the JVM that made the invalidation, and within the bound in the
 * others. {@code -Dtags.seconds}, {@code -Dtags.entries} and {@code -Dtags.tags} prolong and
 * enlarge it.
 */
final class TagsJvmsIT {

  private static final int JVMS = 4;
  private static final long SECONDS = Long.getLong("tags.seconds", 4);
  private static final int ENTRIES = Integer.getInteger("tags.entries", 500);
  private static final int TAGS = Integer.getInteger("tags.tags", 20);
  private static final int BUCKETS = 256;
  private static final int MAX_PAUSE_MILLIS = 300;

  /** In a run as long as this a master is killed. */
  private static final int KILL_MASTER_SECONDS = 20;

  private static final Pattern REPORT = Pattern.compile("REPORT (\\d+) (\\d+) (\\d+)");

  @TempDir private Path folder;

  private final List<ChildJvm> jvms = new ArrayList<>();
  private final List<Path> histories = new ArrayList<>();
  private final SplittableRandom random = new SplittableRandom();

  @ParameterizedTest
  @ValueSource(longs = {0, 200})
  void invalidated_isNotServed(long boundMillis) throws Exception {
    try (RedisServer server = RedisServer.start("--save", "");
        Jedis admin = new Jedis("127.0.0.1", server.port())) {
      run(server.uri(), boundMillis, load -> killConnections(admin));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 200})
  void invalidated_onCluster_isNotServed(long boundMillis) throws Exception {
    try (RedisCluster cluster = RedisCluster.start(3, 1)) {
      long killNanos = TimeUnit.SECONDS.toNanos(SECONDS) / 2;
      long startNanos = System.nanoTime();
      AtomicBoolean hasKilled = new AtomicBoolean(SECONDS < KILL_MASTER_SECONDS);
      run(
          cluster.uri(),
          boundMillis,
          load -> {
            if (System.nanoTime() - startNanos < killNanos || hasKilled.getAndSet(true)) {
              disturb(cluster, load);
            } else {
              killMaster(cluster, load);
            }
          });
    }
  }

  /** Something that happens to the servers. */
  private interface Disturbance {
    void cause(TagsLoad load) throws Exception;
  }

  private void run(URI uri, long boundMillis, Disturbance disturbance) throws Exception {
    TagsLoad.Size size = new TagsLoad.Size(ENTRIES, TAGS, boundMillis);
    Path end = folder.resolve("end");
    List<ChildJvm> running = new ArrayList<>();
    try (TagsLoad own = new TagsLoad(uri, 0, history(), size)) {
      for (int i = 0; i < JVMS; i++) {
        running.add(start(uri, size, end));
      }
      long endNanos = begin(end);
      long killNanos = endNanos - TimeUnit.SECONDS.toNanos(SECONDS) * 3 / 4;
      boolean hasKilled = false;
      while (System.nanoTime() - endNanos < 0) {
        disturbance.cause(own);
        if (!hasKilled && System.nanoTime() - killNanos > 0) {
          running.remove(0).kill();
          running.add(start(uri, size, end));
          hasKilled = true;
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(MAX_PAUSE_MILLIS)));
      }
      long[] sums = new long[3];
      for (ChildJvm jvm : running) {
        String printed = jvm.result().get(90, TimeUnit.SECONDS);
        Matcher report = REPORT.matcher(printed); // between the lines of the log
        assertThat(report.find()).as(printed).isTrue();
        for (int i = 0; i < sums.length; i++) {
          sums[i] += Long.parseLong(report.group(i + 1));
        }
      }
      assertHistory(size, sums);
    } finally {
      for (ChildJvm jvm : jvms) {
        jvm.close();
      }
    }
  }

  /** Waits until all JVMs are ready, tells them when the run ends, and returns that time. */
  private long begin(Path end) throws IOException {
    Awaitility.await()
        .atMost(Duration.ofSeconds(90))
        .until(() -> histories.stream().skip(1).allMatch(Files::exists));
    long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    Path written = Files.writeString(folder.resolve("written"), Long.toString(endNanos));
    Path unused = Files.move(written, end, StandardCopyOption.ATOMIC_MOVE);
    return endNanos;
  }

  private void assertHistory(TagsLoad.Size size, long[] sums) throws IOException {
    TagsHistory history = new TagsHistory(TAGS);
    for (int jvm = 0; jvm < histories.size(); jvm++) {
      if (Files.exists(histories.get(jvm))) {
        history.add(jvm, histories.get(jvm));
      }
    }
    TagsHistory.Verdict verdict = history.check(Duration.ofMillis(size.boundMillis()).toNanos());
    System.out.printf(
        "%d JVMs, %d s, %d entries, %d tags, bound %d ms: %s; %d reads, %d found, %d failed; %d"
            + " values judged, %d of them ended, %d stale%n",
        JVMS,
        SECONDS,
        ENTRIES,
        TAGS,
        size.boundMillis(),
        history,
        sums[0],
        sums[1],
        sums[2],
        verdict.judged(),
        verdict.ended(),
        verdict.stale().size());
    assertThat(verdict.stale()).isEmpty();
    assertThat(verdict.ended()).isGreaterThan(20);
  }

  private Path history() {
    Path file = folder.resolve("history-" + histories.size());
    histories.add(file);
    return file;
  }

  private ChildJvm start(URI uri, TagsLoad.Size size, Path end) throws IOException {
    int number = histories.size();
    ChildJvm jvm =
        ChildJvm.start(
            "tags-" + number,
            TagsWorker.class,
            List.of(
                uri.toString(),
                "" + number,
                history().toString(),
                "" + size.entries(),
                "" + size.tags(),
                "" + size.boundMillis(),
                end.toString()));
    jvms.add(jvm);
    return jvm;
  }

  private void killConnections(Jedis admin) {
    ClientType type = random.nextBoolean() ? ClientType.NORMAL : ClientType.PUBSUB;
    long unused = admin.clientKill(ClientKillParams.clientKillParams().type(type));
  }

  private void disturb(RedisCluster cluster, TagsLoad load) {
    switch (random.nextInt(4)) {
      case 0 -> {
        try (Jedis admin = any(cluster.masters()).open()) {
          killConnections(admin);
        }
      }
      case 1, 2 -> moveAndBack(cluster);
      default -> {
        // In good order Redis loses no change.
        Node replica = any(cluster.replicasOf(any(cluster.masters())));
        boolean unused = load.invalidateOne(random);
        cluster.failOver(replica);
      }
    }
  }

  /** Redis may lose the invalidation, and the JVM that made it makes it again. */
  private void killMaster(RedisCluster cluster, TagsLoad load) {
    Node master = any(cluster.masters());
    List<Node> replicas = cluster.replicasOf(master);
    boolean unused = load.invalidateOne(random);
    master.kill();
    Node successor = cluster.awaitSuccessor(master, replicas);
    master.restart();
    cluster.awaitWell();
    System.out.printf("%s was killed, %s has its slots%n", master, successor);
  }

  private void moveAndBack(RedisCluster cluster) {
    String route = "{%s#%s}".formatted(TagsLoad.CACHE, random.nextInt(BUCKETS));
    int slot = JedisClusterCRC16.getSlot(route);
    Node from = cluster.masterOf(slot);
    Node to = any(cluster.masters().stream().filter(node -> node != from).toList());
    cluster.moveSlot(slot, from, to);
    cluster.moveSlot(slot, to, from);
  }

  private <T> T any(List<T> all) {
    return all.get(random.nextInt(all.size()));
  }
}
