package io.yokedcache.jcache.stress;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.testing.BucketSlots;
import io.yokedcache.jcache.testing.RedisCluster;
import io.yokedcache.jcache.testing.RedisCluster.Node;
import io.yokedcache.jcache.testing.RedisServer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.params.ClientKillParams;

/**
 * Several JVMs put, read and invalidate entries with tags while connections and one of the JVMs are
 * killed, and on a cluster while slots move and masters are replaced. A get that begins after an
 * invalidation returned never finds an entry whose put returned before the invalidation began. In
 * the cache with near entries that holds at once in the JVM that made the invalidation, and within
 * the bound in the others. A third cache has values that are read apart from their tags. {@code
 * -Dtags.seconds}, {@code -Dtags.entries} and {@code -Dtags.tags} prolong and enlarge it. In a long
 * run there are four JVMs, and a master is killed: other JVMs may then find old values until the
 * JVM that invalidated them has repaired the fail-over.
 */
final class TagsJvmsIT {

  private static final long SECONDS = Long.getLong("tags.seconds", 2);
  private static final int ENTRIES = Integer.getInteger("tags.entries", 500);
  private static final int TAGS = Integer.getInteger("tags.tags", 20);

  /** The kinds of faults on a cluster, each of which happens at least once. */
  private static final int KINDS = 3;

  private static final int MAX_PAUSE_MILLIS = 300;

  /** With so few values that an invalidation ended, a run proves nothing. */
  private static final int FEW = 5;

  /** How long a slot that is on its way is left as it is after each key. */
  private static final int OPEN_PAUSE_MILLIS = 20;

  private static final boolean IS_LONG = SECONDS >= 20;
  private static final int JVMS = IS_LONG ? 4 : 2;

  @TempDir private Path folder;

  private final List<ChildJvm> jvms = new ArrayList<>();
  private final List<Long> deaths = new ArrayList<>();
  private final SplittableRandom random = new SplittableRandom();

  @Test
  void invalidated_isNotServed() throws Exception {
    try (RedisServer server = RedisServer.start("--save", "");
        Jedis admin = new Jedis("127.0.0.1", server.port())) {
      run(server.uri(), own -> killConnections(admin));
    }
  }

  @Test
  void invalidated_onCluster_isNotServed() throws Exception {
    try (RedisCluster cluster = RedisCluster.start(3, 1)) {
      Iterator<Disturbance> faults = faults(cluster);
      run(cluster.uri(), own -> faults.next().cause(own));
    }
  }

  /** Something that happens to the servers. */
  private interface Disturbance {
    void cause(TagsWorker own) throws Exception;
  }

  private void run(URI uri, Disturbance disturbance) throws Exception {
    List<ChildJvm> running = new ArrayList<>();
    long[] sums = new long[3];
    try {
      try (TagsWorker own = new TagsWorker(uri, 0, folder, ENTRIES, TAGS)) {
        for (int i = 0; i < JVMS; i++) {
          running.add(start(uri));
        }
        begin();
        long killNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS) / 4;
        long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        boolean hasKilled = false;
        for (int n = 0; n < KINDS || !hasKilled || System.nanoTime() - endNanos < 0; n++) {
          disturbance.cause(own);
          if (!hasKilled && System.nanoTime() - killNanos > 0) {
            running.remove(0).kill();
            running.add(start(uri));
            hasKilled = true;
          }
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(MAX_PAUSE_MILLIS)));
        }
        Awaitility.await() // on a busy machine the loads come on slowly
            .atMost(Duration.ofMinutes(2))
            .pollInterval(Duration.ofMillis(500))
            .pollDelay(Duration.ZERO)
            .until(this::provesSomething);
        Path unused = Files.createFile(TagsWorker.end(folder));
        for (ChildJvm jvm : running) {
          long[] figures = TagsWorker.report(jvm.result().get(90, TimeUnit.SECONDS));
          Arrays.setAll(sums, i -> sums[i] + figures[i]);
        }
      }
      System.out.printf(
          "%d JVMs, %d s, %d entries, %d tags: %d reads, %d found, %d failed%n",
          JVMS, SECONDS, ENTRIES, TAGS, sums[0], sums[1], sums[2]);
      for (String cache : TagsWorker.CACHES) {
        assertHistory(cache, TagsWorker.bound(cache));
      }
    } finally {
      for (ChildJvm jvm : jvms) {
        jvm.close();
      }
    }
  }

  /** Waits until all JVMs are ready, and starts their loads. */
  private void begin() throws IOException {
    Awaitility.await()
        .atMost(Duration.ofSeconds(90))
        .until(() -> TagsWorker.CACHES.stream().flatMap(this::histories).allMatch(Files::exists));
    Path unused = Files.createFile(TagsWorker.begin(folder));
  }

  /** The files of a cache by the numbers of the JVMs. */
  private Stream<Path> histories(String cache) {
    return IntStream.rangeClosed(0, jvms.size())
        .mapToObj(jvm -> TagsWorker.history(folder, jvm, cache));
  }

  private boolean provesSomething() throws IOException {
    for (String cache : TagsWorker.CACHES) {
      if (history(cache).check(TagsWorker.bound(cache).toNanos()).ended() <= FEW) {
        return false;
      }
    }
    return true;
  }

  private TagsHistory history(String cache) throws IOException {
    TagsHistory history = new TagsHistory(TAGS);
    List<Path> files = histories(cache).toList();
    for (int jvm = 0; jvm < files.size(); jvm++) {
      if (Files.exists(files.get(jvm))) {
        history.add(jvm, files.get(jvm));
      }
    }
    deaths.forEach(history::masterDies);
    return history;
  }

  private void assertHistory(String cache, Duration bound) throws IOException {
    TagsHistory history = history(cache);
    TagsHistory.Verdict verdict = history.check(bound.toNanos());
    System.out.printf(
        "%s, bound %d ms: %s; %d values judged, %d of them ended, %d stale, %d lost by a"
            + " fail-over%n",
        cache,
        bound.toMillis(),
        history,
        verdict.judged(),
        verdict.ended(),
        verdict.stale().size(),
        verdict.lost());
    assertThat(verdict.stale()).isEmpty();
    assertThat(verdict.ended()).isGreaterThan(FEW); // else it proves nothing
  }

  private ChildJvm start(URI uri) throws IOException {
    int number = jvms.size() + 1; // this JVM has 0
    ChildJvm jvm =
        ChildJvm.start(
            "tags-" + number,
            TagsWorker.class,
            List.of(uri.toString(), "" + number, folder.toString(), "" + ENTRIES, "" + TAGS));
    jvms.add(jvm);
    return jvm;
  }

  /** Each kind of fault once, and then any; a master is killed in the middle of a long run. */
  private Iterator<Disturbance> faults(RedisCluster cluster) {
    List<Disturbance> all = // as many as KINDS
        List.of(
            own -> moveAndBack(cluster),
            own -> killConnections(cluster),
            own -> failOver(cluster, own));
    long midNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS) / 2;
    AtomicInteger caused = new AtomicInteger();
    AtomicBoolean hasKilled = new AtomicBoolean(!IS_LONG);
    return Stream.generate(
            () -> {
              if (System.nanoTime() - midNanos > 0 && !hasKilled.getAndSet(true)) {
                return (Disturbance) own -> killMaster(cluster, own);
              }
              int next = caused.getAndIncrement();
              return next < all.size() ? all.get(next) : any(all);
            })
        .iterator();
  }

  private void killConnections(Jedis admin) {
    ClientType type = random.nextBoolean() ? ClientType.NORMAL : ClientType.PUBSUB;
    long unused = admin.clientKill(ClientKillParams.clientKillParams().type(type));
  }

  private void killConnections(RedisCluster cluster) {
    try (Jedis admin = any(cluster.masters()).open()) {
      killConnections(admin);
    }
  }

  /** In good order, so that Redis loses no change. */
  private void failOver(RedisCluster cluster, TagsWorker own) {
    Node replica = any(cluster.replicasOf(any(cluster.masters())));
    own.invalidateOne(random);
    cluster.failOver(replica);
  }

  /** Redis may lose the invalidation, and the JVM that made it makes it again. */
  private void killMaster(RedisCluster cluster, TagsWorker own) {
    Node master = any(cluster.masters());
    List<Node> replicas = cluster.replicasOf(master);
    own.invalidateOne(random);
    deaths.add(System.nanoTime());
    master.kill();
    Node successor = cluster.awaitSuccessor(master, replicas);
    master.restart();
    cluster.awaitWell();
    System.out.printf("%s was killed, %s has its slots%n", master, successor);
  }

  private void moveAndBack(RedisCluster cluster) {
    int slot = any(BucketSlots.ofCache(any(TagsWorker.CACHES)));
    Node from = cluster.masterOf(slot);
    Node to = any(cluster.masters().stream().filter(node -> node != from).toList());
    move(cluster, slot, from, to);
    move(cluster, slot, to, from);
  }

  /** Moves key by key, so that the slot is open for a while with keys at both nodes. */
  private void move(RedisCluster cluster, int slot, Node from, Node to) {
    cluster.beginMove(slot, from, to);
    while (cluster.moveKeys(slot, from, to, /* count= */ 1) > 0) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(OPEN_PAUSE_MILLIS)));
    }
    cluster.endMove(slot, from, to);
  }

  private <T> T any(List<T> all) {
    return all.get(random.nextInt(all.size()));
  }
}
