package io.yokedcache.jcache.internal.redis.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.internal.concurrent.BackgroundErrors;
import io.yokedcache.jcache.internal.metrics.ConnectionStatistics;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import io.yokedcache.jcache.internal.redis.error.ErrorReply;
import io.yokedcache.jcache.internal.redis.failover.FailOverListener;
import io.yokedcache.jcache.internal.settings.Settings;
import io.yokedcache.jcache.testing.ConnectionSettings;
import io.yokedcache.jcache.testing.RedisCluster;
import io.yokedcache.jcache.testing.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.args.ClusterResetType;
import redis.clients.jedis.exceptions.JedisDataException;

final class ClusterExecutorIT {

  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final Duration BOUND = Duration.ofSeconds(20);

  @SuppressWarnings("NullAway.Init")
  private static RedisCluster cluster;

  private final ClusterExecutor executor = executor(TIMEOUT);

  @BeforeAll
  static void startCluster() {
    cluster = RedisCluster.start(3, 1);
  }

  @AfterAll
  static void stopCluster() {
    cluster.close();
  }

  @AfterEach
  void close() {
    executor.close();
  }

  private static ClusterExecutor executor(Duration timeout) {
    return executor(timeout, addresses());
  }

  private static List<Settings.Address> addresses() {
    return cluster.nodes().stream()
        .map(node -> new Settings.Address("127.0.0.1", node.port()))
        .toList();
  }

  private static ClusterExecutor executor(Duration timeout, List<Settings.Address> seeds) {
    return executor(timeout, seeds, FailOverListener.NONE);
  }

  private static ClusterExecutor executor(
      Duration timeout, List<Settings.Address> seeds, FailOverListener failOver) {
    return new ClusterExecutor(settings(timeout, seeds), 1 << 20, new BackgroundErrors(), failOver);
  }

  private static Settings.Connection settings(Duration timeout, List<Settings.Address> seeds) {
    return ConnectionSettings.of(
            new Settings.Deployment(
                Settings.Deployment.Kind.CLUSTER, seeds, null, null, null, false))
        .clientName("cluster-test")
        .timeouts(timeout)
        .pool(8, timeout)
        .build();
  }

  private static Request request(boolean idempotent, CommandArguments... commands) {
    var arguments = commands[0].iterator();
    arguments.next();
    return new Request("test", Bytes.of(arguments.next().getRaw()), idempotent, List.of(commands));
  }

  private static Request get(String key) {
    return request(true, new CommandArguments(Command.GET).add(Bytes.utf8(key)));
  }

  private static Request set(String key, String value) {
    return request(false, new CommandArguments(Command.SET).add(Bytes.utf8(key)).add(value));
  }

  private static @Nullable String text(@Nullable Object reply) {
    return reply == null ? null : new String((byte[]) reply, UTF_8);
  }

  private static int slot(String key) {
    return Bytes.utf8(key).slot();
  }

  private static RedisCluster.Node other(RedisCluster.Node owner) {
    return cluster.masters().stream().filter(node -> node != owner).findFirst().orElseThrow();
  }

  @Test
  void executeAll_keysOfAllNodes_repliesInOrder() {
    List<Request> sets = new ArrayList<>();
    List<Request> gets = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      sets.add(set("all" + i, "v" + i));
      gets.add(get("all" + i));
    }

    assertThat(executor.executeAll(sets)).hasSize(300);

    List<@Nullable String> values =
        executor.executeAll(gets).stream().map(replies -> text(replies.get(0))).toList();
    assertThat(values).isEqualTo(IntStream.range(0, 300).mapToObj(i -> "v" + i).toList());
    assertThat(cluster.keyCounts().values()).allMatch(count -> count > 50);
    assertThat(executor.masters()).hasSize(3);
  }

  /** A JVM may be stopped for longer than a command may take, just after the redirect came. */
  @Test
  void slotOnItsWay_redirectIsFollowed_thoughTheTimeIsOver() {
    executor.executeAll(List.of(set("{late}a", "1")));
    int slot = slot("{late}");
    RedisCluster.Node from = cluster.masterOf(slot);
    RedisCluster.Node to = other(from);
    cluster.beginMove(slot, from, to);
    cluster.moveKeys(slot, from, to, 1);

    RoutedRequests requests =
        new RoutedRequests(
            executor,
            (ClusterTopology) executor.topology(),
            settings(Duration.ofNanos(1), addresses()),
            List.of(get("{late}a")));

    assertThat(text(requests.send().get(0).get(0))).isEqualTo("1");
    cluster.endMove(slot, from, to);
  }

  @Test
  void slotOnItsWay_severalKeysAreSentOneByOne_andScriptsAreLeftToTheCaller() {
    executor.executeAll(List.of(set("{way}a", "1"), set("{way}b", "2")));
    int slot = slot("{way}");
    RedisCluster.Node from = cluster.masterOf(slot);
    RedisCluster.Node to = other(from);
    cluster.beginMove(slot, from, to);
    cluster.moveKeys(slot, from, to, 1);
    int version = (int) executor.topology().version(Bytes.utf8("{way}"));

    Object values =
        executor
            .execute(
                request(
                    true,
                    new CommandArguments(Command.MGET)
                        .add(Bytes.utf8("{way}a"))
                        .add(Bytes.utf8("{way}none"))
                        .add(Bytes.utf8("{way}b"))))
            .get(0);

    assertThat(((List<?>) values).stream().map(ClusterExecutorIT::text))
        .containsExactly("1", null, "2");
    assertThat(executor.topology().version(Bytes.utf8("{way}"))).isGreaterThan(version);
    Request script =
        request(
            false,
            new CommandArguments(Command.EVAL)
                .add("return redis.call('INCR', KEYS[1]) + redis.call('GET', KEYS[2])")
                .add(2)
                .add(Bytes.utf8("{way}a"))
                .add(Bytes.utf8("{way}b")));
    Object refused = executor.execute(script).get(0);
    assertThat(ErrorReply.isTryAgain(refused)).as("%s", refused).isTrue();
    assertThat(text(executor.execute(get("{way}a")).get(0))).isEqualTo("1");
    CommandArguments removal =
        new CommandArguments(Command.DEL)
            .add(Bytes.utf8("{way}none"))
            .add(Bytes.utf8("{way}a"))
            .add(Bytes.utf8("{way}b"));
    assertThat(executor.execute(request(false, removal)).get(0)).isEqualTo(2L);
    executor.executeAll(List.of(set("{way}a", "1"), set("{way}b", "2")));
    while (cluster.moveKeys(slot, from, to, 10) > 0) {
      // more keys may be left
    }
    cluster.endMove(slot, from, to);

    assertThat(executor.execute(script).get(0)).isEqualTo(4L);
    assertThat(text(executor.execute(get("{way}a")).get(0))).isEqualTo("2");
  }

  @Test
  void slotOnItsWay_refusedKeyIsAnError_andAnotherTypeIsAbsent() {
    executor.executeAll(List.of(set("{acl}a", "1"), set("{acl}b", "2")));
    int slot = slot("{acl}");
    RedisCluster.Node from = cluster.masterOf(slot);
    RedisCluster.Node to = other(from);
    cluster.beginMove(slot, from, to);
    cluster.moveKeys(slot, from, to, 1);
    Request read =
        request(
            true,
            new CommandArguments(Command.MGET).add(Bytes.utf8("{acl}a")).add(Bytes.utf8("{acl}b")));
    try (Jedis importer = to.open()) {
      importer.aclSetUser("default", "resetkeys");
      Object refused = executor.execute(read).get(0);
      importer.aclSetUser("default", "allkeys");
      assertThat(refused)
          .isInstanceOfSatisfying(
              JedisDataException.class, e -> assertThat(e).hasMessageStartingWith("NOPERM"));
    }
    executor.execute(request(false, new CommandArguments(Command.DEL).add(Bytes.utf8("{acl}a"))));
    executor.execute(
        request(false, new CommandArguments(Command.LPUSH).add(Bytes.utf8("{acl}a")).add("1")));

    List<?> values = (List<?>) executor.execute(read).get(0);

    assertThat(values.stream().map(ClusterExecutorIT::text)).containsExactly(null, "2");
    while (cluster.moveKeys(slot, from, to, 10) > 0) {
      // more keys may be left
    }
    cluster.endMove(slot, from, to);
  }

  @Test
  void slotMoved_tableFollowsAndListenersAreTold() {
    executor.execute(set("moved", "1"));
    RedisCluster.Node from = cluster.masterOf(slot("moved"));
    RedisCluster.Node to = other(from);
    AtomicInteger changes = new AtomicInteger();
    executor.topology().onChange(changes::incrementAndGet);
    cluster.moveSlot(slot("moved"), from, to);

    assertThat(text(executor.execute(get("moved")).get(0))).isEqualTo("1");

    await().atMost(BOUND).until(() -> changes.get() > 0);
    assertThat(executor.topology().masterOf(Bytes.utf8("moved")).name())
        .isEqualTo("127.0.0.1:" + to.port());
  }

  @Test
  void failOver_requestsWaitForIt_andTheListenerComesFirst() {
    List<String> calls = new ArrayList<>();
    FailOverListener listener =
        (newMaster, owns) -> {
          Request delete =
              request(true, new CommandArguments(Command.DEL).add(Bytes.utf8("failed")));
          return calls.add(owns.test(delete.route()) + " " + newMaster.execute(delete).get(0));
        };
    try (ClusterExecutor waiting = executor(TIMEOUT, addresses(), listener)) {
      failsOver(waiting, calls);
    }
  }

  private static void failsOver(ClusterExecutor executor, List<String> calls) {
    executor.execute(set("failed", "1"));
    RedisCluster.Node master = cluster.masterOf(slot("failed"));
    List<RedisCluster.Node> replicas = cluster.replicasOf(master);
    await().atMost(BOUND).until(() -> hasKey(replicas.get(0), "failed"));

    master.kill();
    List<@Nullable Object> replies = executor.execute(get("failed"));

    assertThat(replies).containsExactly((Object) null);
    // If it was asked before its promotion, it has another history later: it is repaired again.
    assertThat(calls).startsWith("true 1");
    executor.execute(set("failed", "2"));
    assertThat(text(executor.execute(get("failed")).get(0))).isEqualTo("2");
    master.restart();
    cluster.awaitWell();
    assertThat(text(executor.execute(get("failed")).get(0))).isEqualTo("2");
  }

  private static boolean hasKey(RedisCluster.Node replica, String key) {
    try (Jedis jedis = replica.open()) {
      jedis.readonly();
      return jedis.exists(key);
    }
  }

  @Test
  void nodePaused_failsWithinBoundsAndOthersServe() {
    try (ClusterExecutor quick = executor(Duration.ofMillis(200))) {
      quick.execute(set("paused", "1"));
      RedisCluster.Node master = cluster.masterOf(slot("paused"));
      String elsewhere =
          IntStream.range(0, 1_000)
              .mapToObj(i -> "else" + i)
              .filter(key -> !cluster.masterOf(slot(key)).equals(master))
              .findFirst()
              .orElseThrow();
      master.pause();
      try {
        assertThatThrownBy(() -> quick.executeAll(List.of(set("paused", "2"), set(elsewhere, "3"))))
            .isInstanceOf(RedisUnavailableException.class)
            .hasMessageContaining("127.0.0.1:" + master.port());
        assertThat(text(quick.execute(get(elsewhere)).get(0))).isEqualTo("3");
      } finally {
        master.resume();
      }
      cluster.awaitWell();
      await().atMost(BOUND).until(() -> answers(quick));
    }
  }

  @Test
  void nodePaused_itsCircuitBreakerOpens_andTheNewMasterServes() {
    try (ClusterExecutor quick = executor(Duration.ofMillis(200))) {
      quick.execute(set("away", "1"));
      RedisCluster.Node master = cluster.masterOf(slot("away"));
      ExecutorService callers = Executors.newFixedThreadPool(8);
      try {
        master.pause();
        for (int i = 0; i < 8; i++) {
          callers.execute(() -> await().atMost(BOUND).until(() -> serves(quick, "away")));
        }
        await().atMost(BOUND).until(() -> quick.isAway(Bytes.utf8("away")));
        await().atMost(BOUND).until(() -> serves(quick, "away"));
        assertThat(quick.isAway(Bytes.utf8("away"))).as("the new master").isFalse();
      } finally {
        callers.shutdown();
        master.resume();
      }
      cluster.awaitWell();
      // As a replica it is asked by its circuit breaker alone.
      await()
          .atMost(BOUND)
          .untilAsserted(
              () ->
                  assertThat(quick.nodes(any -> ConnectionStatistics.Ping.NONE))
                      .filteredOn(node -> node.address().endsWith(":" + master.port()))
                      .extracting(ConnectionStatistics.Node::breaker)
                      .singleElement()
                      .satisfies(breaker -> assertThat(breaker.openings()).isPositive())
                      .satisfies(breaker -> assertThat(breaker.isOpen()).isFalse()));
    }
  }

  private static boolean serves(RedisExecutor executor, String key) {
    try {
      List<@Nullable Object> unused = executor.execute(get(key));
      return true;
    } catch (RedisUnavailableException e) {
      return false;
    }
  }

  private static boolean answers(RedisExecutor executor) {
    try {
      return executor.execute(get("paused")).get(0) != null;
    } catch (RedisUnavailableException e) {
      return false;
    }
  }

  @Test
  void closed_requestsFailAtOnce() {
    executor.execute(set("closed", "1"));
    executor.close();
    long start = System.nanoTime();

    assertThatThrownBy(() -> executor.execute(get("closed")))
        .isInstanceOfSatisfying(
            RedisUnavailableException.class,
            e -> assertThat(e.kind()).isEqualTo(RedisUnavailableException.Kind.NOT_ASKED));
    assertThatThrownBy(() -> executor.executeAll(List.of(set("closed", "2"))))
        .isInstanceOfSatisfying(
            RedisUnavailableException.class,
            e -> assertThat(e.kind()).isEqualTo(RedisUnavailableException.Kind.NOT_ASKED));

    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(TIMEOUT);
  }

  @Test
  void noSeedAnswers_messageNamesEach() {
    int free = RedisServer.freePort();
    try (ClusterExecutor lost =
        executor(Duration.ofMillis(300), List.of(new Settings.Address("127.0.0.1", free)))) {
      assertThatThrownBy(() -> lost.execute(get("a")))
          .isInstanceOfSatisfying(
              RedisUnavailableException.class,
              e -> assertThat(e.kind()).isEqualTo(RedisUnavailableException.Kind.UNREACHABLE))
          .hasMessageContaining("redis-cluster://127.0.0.1:" + free)
          .hasMessageContaining("Connection refused");
    }
  }

  @Test
  void standAloneServer_messageSaysSo() {
    try (RedisServer alone = RedisServer.start();
        ClusterExecutor wrong =
            executor(TIMEOUT, List.of(new Settings.Address("127.0.0.1", alone.port())))) {
      assertThatThrownBy(() -> wrong.execute(get("a")))
          .isInstanceOf(RedisUnavailableException.class)
          .hasMessageContaining("is a stand-alone server")
          .hasMessageContaining("redis://");
    }
  }

  @Test
  void slotWithoutMaster_messageSaysSo() {
    try (RedisCluster partial = RedisCluster.start(3, 0);
        ClusterExecutor quick =
            executor(
                Duration.ofMillis(500),
                List.of(new Settings.Address("127.0.0.1", partial.nodes().get(0).port())))) {
      for (RedisCluster.Node node : partial.nodes()) {
        try (Jedis jedis = node.open()) {
          jedis.configSet("cluster-require-full-coverage", "no");
          jedis.clusterDelSlots(slot("uncovered"));
        }
      }
      assertThatThrownBy(() -> quick.execute(get("uncovered")))
          .isInstanceOf(RedisUnavailableException.class)
          .hasMessageContaining("slot " + slot("uncovered") + " has no master")
          .hasMessageContaining("redis-cli --cluster");
      assertThat(quick.execute(get("covered"))).containsExactly((Object) null);
    }
  }

  /** The other nodes keep the slots of a master that was reset, and do not know its address. */
  @Test
  void masterWithoutAddress_messageSaysSo() {
    try (RedisCluster partial = RedisCluster.start(3, 0);
        ClusterExecutor quick =
            executor(
                Duration.ofMillis(500),
                List.of(new Settings.Address("127.0.0.1", partial.nodes().get(0).port())))) {
      assertThat(quick.execute(get("lost"))).containsExactly((Object) null);
      RedisCluster.Node lost = partial.masterOf(slot("lost"));
      List<RedisCluster.Node> others = new ArrayList<>(partial.nodes());
      others.remove(lost);
      try (Jedis jedis = lost.open()) {
        jedis.clusterReset(ClusterResetType.HARD);
      }
      for (RedisCluster.Node node : others) {
        try (Jedis jedis = node.open()) {
          jedis.configSet("cluster-require-full-coverage", "no");
          await("the address is forgotten")
              .atMost(Duration.ofSeconds(20))
              .until(() -> jedis.clusterNodes().contains(",noaddr"));
        }
      }

      await("the cause is known")
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(
              () ->
                  assertThatThrownBy(() -> quick.execute(get("lost")))
                      .isInstanceOf(RedisUnavailableException.class)
                      .hasMessageContaining("slot " + slot("lost") + " has no master"));
    }
  }

  /** A node that has voted in a fail-over knows the new epoch before it hears of the new slots. */
  @Test
  void view_ofANodeThatHasNotHeardOfAFailOver() {
    RedisCluster.Node master = cluster.masters().get(0);
    ClusterView before = view(master);
    RedisCluster.Node replica = cluster.replicasOf(master).get(0);
    cluster.failOver(replica);
    ClusterView after = view(replica);

    ClusterView late = new ClusterView(/* isOk= */ true, after.epoch(), before.ranges());

    assertThat(late.isBefore(after)).isTrue();
    assertThat(after.isBefore(before)).isFalse();
    assertThat(after.isBefore(after)).isFalse();
  }

  private static ClusterView view(RedisCluster.Node node) {
    try (Jedis jedis = node.open()) {
      return ClusterView.parse(
          jedis.sendCommand(Command.CLUSTER, "INFO"),
          jedis.sendCommand(Command.CLUSTER, "SLOTS"),
          jedis.sendCommand(Command.CLUSTER, "NODES"),
          new Settings.Address("127.0.0.1", node.port()));
    }
  }
}
