package io.yokedcache.jcache.stress;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.testing.RedisCluster;
import io.yokedcache.jcache.testing.RedisServer;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.ClientKillParams;

/**
 * Several JVMs with near caches on one Redis or one cluster, while entries change and expire,
 * caches are cleared, connections of near caches die, and a server hangs once. A JVM never gets
 * what it knows to be replaced or gone for longer than the bound, and never what it replaced
 * itself. Runs for some seconds, and until enough was checked; {@code -Dstress.seconds=600} for
 * longer.
 */
final class NearCoherenceJvmsIT {

  private static final int JVMS = 3;
  private static final long SECONDS = Long.getLong("stress.seconds", 4);
  private static final long PATIENCE_SECONDS = 120;
  private static final int HANG_MILLIS = 400;
  private static final int ENOUGH_COPIES = 100;
  private static final int ENOUGH_KILLS = 2;
  private static final Pattern TRACKING_ID =
      Pattern.compile("^id=(\\d+) .* sub=1 ", Pattern.MULTILINE);

  @Test
  void noJvmGetsWhatIsGone() throws Exception {
    try (RedisServer redis = RedisServer.start()) {
      run(redis.uri(), List.of(Server.of(redis)), redis.port());
    }
  }

  @Test
  void onCluster_noJvmGetsWhatIsGone() throws Exception {
    try (RedisServer truth = RedisServer.start();
        RedisCluster cluster = RedisCluster.start(3, 0)) {
      List<Server> masters = cluster.masters().stream().map(Server::of).toList();
      run(cluster.uri(), masters, truth.port());
    }
  }

  /** A server that has entries. */
  private record Server(int port, Runnable pause, Runnable resume) {

    static Server of(RedisServer redis) {
      return new Server(redis.port(), redis::pause, redis::resume);
    }

    static Server of(RedisCluster.Node node) {
      return new Server(node.port(), node::pause, node::resume);
    }

    <T> T ask(Function<Jedis, T> question) {
      try (Jedis jedis = new Jedis("127.0.0.1", port)) {
        return question.apply(jedis);
      }
    }
  }

  /**
   * Runs the JVMs.
   *
   * @param truthPort the port of the server where the JVMs tell each other what they did
   */
  private static void run(URI uri, List<Server> servers, int truthPort) throws Exception {
    try (JvmPool jvms =
        JvmPool.start(
            JVMS,
            CoherenceWorker.class,
            index -> List.of(uri.toString(), "" + truthPort, "" + index, "" + JVMS))) {
      CompletableFuture<Integer> kills =
          CompletableFuture.supplyAsync(() -> disturb(servers, truthPort));
      CoherenceReport all =
          jvms.await(Duration.ofSeconds(SECONDS + 2 * PATIENCE_SECONDS)).stream()
              .map(CoherenceReport::parse)
              .reduce(CoherenceReport::plus)
              .orElseThrow();
      long readsInRedis = readsInRedis(servers);
      System.out.printf(
          "%s of %d JVMs on %d servers; %d connections killed, %d reads reached Redis%n",
          all, JVMS, servers.size(), kills.get(30, TimeUnit.SECONDS), readsInRedis);
      assertThat(all.reads() - readsInRedis)
          .as("copies that were got")
          .isGreaterThan(ENOUGH_COPIES);
      assertThat(kills.join()).isGreaterThan(ENOUGH_KILLS);
      assertThat(all).matches(CoherenceReport::provesSomething, "proves something");
      assertThat(all.lost()).isLessThan(all.writes() / 10);
    }
  }

  /**
   * Kills connections of near caches and has a server hang; then ends the JVMs and returns how many
   * connections were killed. A busy machine gets more time, until enough has been checked.
   */
  private static int disturb(List<Server> servers, int truthPort) {
    SplittableRandom random = new SplittableRandom();
    awaitStart(truthPort);
    long startNanos = System.nanoTime();
    long endNanos = startNanos + TimeUnit.SECONDS.toNanos(SECONDS);
    long lastNanos = endNanos + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    long hangNanos = startNanos + TimeUnit.SECONDS.toNanos(SECONDS) / 2;
    boolean hasHung = false;
    int kills = 0;
    try (Jedis truth = new Jedis("127.0.0.1", truthPort, /* timeout= */ 20_000)) {
      while (System.nanoTime() - endNanos < 0
          || (!isEnough(truth, servers, kills) && System.nanoTime() - lastNanos < 0)) {
        pause(random.nextInt(1, 400));
        Server server = servers.get(random.nextInt(servers.size()));
        kills += server.ask(jedis -> killOne(jedis, random)) ? 1 : 0;
        if (!hasHung && System.nanoTime() - hangNanos > 0) {
          server.pause().run();
          pause(HANG_MILLIS);
          server.resume().run();
          hasHung = true;
        }
      }
      truth.set(CoherenceWorker.END, "now");
    }
    return kills;
  }

  private static boolean isEnough(Jedis truth, List<Server> servers, int kills) {
    CoherenceReport all =
        truth.hvals(CoherenceWorker.REPORTS).stream()
            .map(CoherenceReport::parse)
            .reduce(CoherenceReport.NOTHING, CoherenceReport::plus);
    return kills > ENOUGH_KILLS
        && all.provesSomething()
        && all.reads() - readsInRedis(servers) > ENOUGH_COPIES;
  }

  private static long readsInRedis(List<Server> servers) {
    return servers.stream().mapToLong(server -> server.ask(NearCoherenceJvmsIT::reads)).sum();
  }

  private static void awaitStart(int truthPort) {
    try (Jedis jedis = new Jedis("127.0.0.1", truthPort)) {
      while (!Integer.toString(JVMS).equals(jedis.get(CoherenceWorker.STARTED))) {
        pause(10);
      }
    }
  }

  private static boolean killOne(Jedis jedis, SplittableRandom random) {
    List<String> ids =
        TRACKING_ID.matcher(jedis.clientList()).results().map(found -> found.group(1)).toList();
    return !ids.isEmpty()
        && jedis.clientKill(
                ClientKillParams.clientKillParams().id(ids.get(random.nextInt(ids.size()))))
            > 0;
  }

  /** How often an entry was read for a copy: each time its time to live is asked for as well. */
  private static long reads(Jedis jedis) {
    Matcher calls =
        Pattern.compile("cmdstat_pttl:calls=(\\d+)").matcher(jedis.info("commandstats"));
    return calls.find() ? Long.parseLong(calls.group(1)) : 0;
  }

  /** Waits without sleeping: for a latch that nobody opens. */
  private static void pause(long millis) {
    try {
      boolean unused = new CountDownLatch(1).await(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
