package io.yokedcache.jcache.internal.redis.sentinel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.internal.concurrent.BackgroundErrors;
import io.yokedcache.jcache.internal.concurrent.BoundedWait;
import io.yokedcache.jcache.internal.embedded.RedisProcess;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.PooledExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.failover.FailOverListener;
import io.yokedcache.jcache.internal.redis.pipeline.PipelinedExecutor;
import io.yokedcache.jcache.internal.settings.Settings;
import io.yokedcache.jcache.internal.settings.Settings.Address;
import io.yokedcache.jcache.testing.ConnectionSettings;
import io.yokedcache.jcache.testing.RedisSentinel;
import io.yokedcache.jcache.testing.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Protocol.Command;

/** Requests through sentinels, and the messages when there is no way. */
final class MasterResolverIT {

  private static final Duration LONG = Duration.ofSeconds(20);

  private static RedisSentinel servers;

  private final ScheduledExecutorService scheduler = Executors.newScheduledThreadPool(2);
  private final BackgroundErrors errors = new BackgroundErrors();
  private final List<AutoCloseable> opened = new ArrayList<>();

  @BeforeAll
  static void start() {
    servers = RedisSentinel.start(1);
  }

  @AfterAll
  static void stop() {
    servers.close();
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : opened) {
      each.close();
    }
    scheduler.shutdownNow();
    assertThat(errors.count()).isZero();
  }

  private static Settings.Connection settings(
      String name, @Nullable String password, List<Address> sentinels) {
    return settings(name, password, sentinels, Duration.ofSeconds(1));
  }

  private static Settings.Connection settings(
      String name, @Nullable String password, List<Address> sentinels, Duration timeouts) {
    return ConnectionSettings.of(
            new Settings.Deployment(
                Settings.Deployment.Kind.SENTINEL, sentinels, name, null, password, false))
        .clientName("sentinel-test")
        .timeouts(timeouts)
        .pool(2, Duration.ofSeconds(5))
        .build();
  }

  private MasterResolver resolver(Settings.Connection settings) {
    return resolver(settings, FailOverListener.NONE);
  }

  private MasterResolver resolver(Settings.Connection settings, FailOverListener failOver) {
    MasterResolver resolver =
        new MasterResolver(settings, 1 << 20, scheduler, scheduler, errors, failOver);
    opened.add(0, resolver);
    return resolver;
  }

  private RedisExecutor executor(MasterResolver resolver) {
    RedisExecutor executor =
        new PipelinedExecutor(new PooledExecutor(resolver.topology().endpoint()));
    opened.add(0, executor);
    return executor;
  }

  private RedisExecutor executor(Settings.Connection settings) {
    return executor(resolver(settings));
  }

  private static List<Address> addresses() {
    return servers.sentinelPorts().stream().map(port -> new Address("127.0.0.1", port)).toList();
  }

  private static @Nullable Object set(RedisExecutor executor, String key, String value) {
    return executor.command(
        "put",
        Bytes.utf8(key),
        /* idempotent= */ true,
        new CommandArguments(Command.SET).add(key).add(value));
  }

  private static String get(RedisExecutor executor, String key) {
    Object reply =
        executor.command(
            "get",
            Bytes.utf8(key),
            /* idempotent= */ true,
            new CommandArguments(Command.GET).add(key));
    return reply == null ? "" : new String((byte[]) reply, UTF_8);
  }

  @Test
  void execute_firstSentinelDead() {
    List<Address> sentinels = new ArrayList<>(addresses());
    sentinels.set(0, new Address("127.0.0.1", RedisServer.freePort()));
    RedisExecutor executor = executor(settings("mymaster", null, sentinels));

    set(executor, "first-dead", "1");

    assertThat(get(executor, "first-dead")).isEqualTo("1");
    assertThat(executor.address())
        .isEqualTo(
            "redis-sentinel://"
                + sentinels.get(0)
                + ","
                + sentinels.get(1)
                + ","
                + sentinels.get(2)
                + "/mymaster (master 127.0.0.1:"
                + servers.master().port()
                + ")");
  }

  @Test
  void execute_noSentinelThere() {
    Address nobody = new Address("127.0.0.1", RedisServer.freePort());
    RedisExecutor executor = executor(settings("mymaster", null, List.of(nobody)));

    assertThatThrownBy(() -> set(executor, "none", "1"))
        .isInstanceOf(RedisUnavailableException.class)
        .hasMessageContaining("no sentinel names the master mymaster")
        .hasMessageContaining(nobody + " cannot be asked (Connection refused)")
        .hasMessageContaining("Check that the sentinels run");
  }

  @Test
  void execute_nameNotKnown() {
    RedisExecutor executor = executor(settings("other", null, addresses()));

    assertThatThrownBy(() -> set(executor, "none", "1"))
        .isInstanceOf(RedisUnavailableException.class)
        .hasMessageContaining("does not know it, and watches mymaster")
        .hasMessageContaining("path of the URI");
  }

  @Test
  void execute_serverInPlaceOfSentinel() {
    Address server = new Address("127.0.0.1", servers.servers().get(0).port());
    RedisExecutor executor = executor(settings("mymaster", null, List.of(server)));

    assertThatThrownBy(() -> set(executor, "none", "1"))
        .isInstanceOf(RedisUnavailableException.class)
        .hasMessageContaining(server + " is no sentinel")
        .hasMessageContaining("26379");
  }

  /** A fail-over that an operator asks for, while connections to the former master live. */
  @Test
  void execute_failOverByCommand() {
    List<String> replaced = new ArrayList<>();
    MasterResolver resolver =
        resolver(
            settings("mymaster", null, addresses()),
            (master, owns) -> replaced.add(get(master, "moved")));
    resolver.start();
    RedisExecutor executor = executor(resolver);
    set(executor, "moved", "1");

    RedisServer present = servers.failOver();

    Awaitility.await()
        .atMost(RedisSentinel.BOUND)
        .until(() -> executor.address().endsWith("(master 127.0.0.1:" + present.port() + ")"));
    set(executor, "moved", "2");
    try (Jedis jedis = servers.open(present)) {
      assertThat(jedis.get("moved")).isEqualTo("2");
    }
    assertThat(replaced).containsExactly("1");
    servers.awaitReplicas();
    assertThat(get(executor, "moved")).isEqualTo("2");
  }

  /**
   * The sentinel that leads a fail-over waits for a replica, and says that it uses the new master
   * only after that. The only one that is subscribed to is this one.
   */
  @Test
  void execute_leaderWaitsForReplica() {
    // The connection is replaced after a silence, which a slow machine may reach.
    for (int round = 1; !hearsOfPromotion(); round++) {
      assertThat(round).as("rounds in which the promotion was not heard").isLessThan(4);
    }
  }

  /** Returns whether it was heard, and not asked for by a later connection. */
  private boolean hearsOfPromotion() {
    // A ping would have a sentinel asked.
    ScheduledExecutorService pings = Executors.newScheduledThreadPool(1);
    CountDownLatch end = new CountDownLatch(1);
    pings.execute(() -> BoundedWait.await(end, /* millis= */ 60_000));
    try (RedisSentinel own = RedisSentinel.start(2, 1, List.of(), List.of());
        Jedis sentinel = own.openSentinel(own.sentinelPorts().get(0))) {
      sentinel.sentinelSet(RedisSentinel.MASTER_NAME, Map.of("failover-timeout", "600000"));
      for (RedisServer replica : own.replicas()) {
        try (Jedis jedis = own.open(replica)) {
          jedis.configSet("masterauth", "unknown"); // the next master refuses the other replica
        }
      }
      try (MasterResolver resolver =
          new MasterResolver(
              settings("mymaster", null, List.of(address(own.sentinelPorts().get(0)))),
              1 << 20,
              scheduler,
              pings,
              errors,
              FailOverListener.NONE)) {
        resolver.start();
        Awaitility.await("a subscription")
            .atMost(RedisSentinel.BOUND)
            .until(() -> !subscribers(sentinel).isEmpty() && resolver.present() != null);
        List<String> before = subscribers(sentinel);
        Address former = requireNonNull(resolver.present());

        sentinel.sentinelFailover(RedisSentinel.MASTER_NAME);

        Awaitility.await("another master than " + former)
            .atMost(RedisSentinel.BOUND)
            .until(() -> !former.equals(resolver.present()));
        assertThat(sentinel.sentinelMaster(RedisSentinel.MASTER_NAME).get("flags"))
            .contains("failover_in_progress");
        return subscribers(sentinel).equals(before);
      }
    } finally {
      end.countDown();
      pings.shutdown();
    }
  }

  /** The identifiers of the connections of this JVM that are subscribed to channels. */
  private static List<String> subscribers(Jedis sentinel) {
    return sentinel
        .clientList()
        .lines()
        .filter(line -> line.contains("name=sentinel-test") && !line.contains(" sub=0 "))
        .map(line -> line.replaceAll("^id=(\\d+) .*", "$1"))
        .toList();
  }

  /** Sentinels die one after the other, and the last one that answers was cut off long ago. */
  @Test
  void execute_configuredSentinelDead_andAnotherOneBehind() {
    try (RedisSentinel own = RedisSentinel.start(1);
        RedisServer old = RedisServer.start()) {
      MasterResolver watching =
          resolver(settings("mymaster", null, List.of(address(own.sentinelPorts().get(0)))));
      watching.start();
      RedisExecutor executor = executor(watching);
      set(executor, "learned", "1");
      own.sentinels().get(0).close();
      RedisServer present = own.failOver();
      Awaitility.await()
          .atMost(RedisSentinel.BOUND)
          .until(() -> executor.address().endsWith("(master 127.0.0.1:" + present.port() + ")"));
      set(executor, "learned", "2");

      try (RedisProcess behind = sentinel("mymaster 127.0.0.1 " + old.port())) {
        MasterResolver resolver =
            resolver(
                settings(
                    "mymaster",
                    null,
                    List.of(address(own.sentinelPorts().get(1)), address(behind.port()))));
        RedisExecutor other = executor(resolver);
        assertThat(get(other, "learned")).isEqualTo("2");
        own.sentinels().forEach(RedisProcess::close);
        resolver.topology().endpoint().policy().condemn();

        assertThat(get(other, "learned")).isEqualTo("2");
        try (Jedis jedis = new Jedis("127.0.0.1", old.port())) {
          assertThat(jedis.clientList()).doesNotContain("name=sentinel-test");
        }
      }
    }
  }

  @Test
  void execute_masterNotReached() {
    int nobody = RedisServer.freePort();
    try (RedisProcess sentinel = sentinel("solo 127.0.0.1 " + nobody)) {
      RedisExecutor executor = executor(settings("solo", null, List.of(address(sentinel.port()))));

      assertThatThrownBy(() -> set(executor, "none", "1"))
          .isInstanceOf(RedisUnavailableException.class)
          .hasMessageContaining("Connection refused")
          .hasMessageContaining(
              "The sentinel 127.0.0.1:"
                  + sentinel.port()
                  + " names 127.0.0.1:"
                  + nobody
                  + " as the master")
          .hasMessageContaining("replica-announce-ip");
    }
  }

  @Test
  void execute_replicaNamedAsMaster() {
    int nobody = RedisServer.freePort();
    try (RedisServer replica =
            RedisServer.start("--replicaof", "127.0.0.1", String.valueOf(nobody));
        RedisProcess sentinel = sentinel("solo 127.0.0.1 " + replica.port())) {
      RedisExecutor executor = executor(settings("solo", null, List.of(address(sentinel.port()))));

      assertThatThrownBy(() -> set(executor, "none", "1"))
          .isInstanceOf(RedisUnavailableException.class)
          .hasMessageContaining("127.0.0.1:" + replica.port() + " is a replica and no master")
          .hasMessageContaining("SENTINEL MASTER solo");
    }
  }

  /** The sentinel goes on to name the server, which refuses changes over open connections. */
  @Test
  void execute_masterIsReplicaForAWhile_waits() {
    try (RedisServer server = RedisServer.start();
        Jedis admin = new Jedis(server.uri());
        RedisProcess sentinel = sentinel("solo 127.0.0.1 " + server.port())) {
      RedisExecutor executor =
          executor(settings("solo", null, List.of(address(sentinel.port())), LONG));
      set(executor, "role", "1");
      admin.replicaof("127.0.0.1", RedisServer.freePort());
      var unused = scheduler.schedule(admin::replicaofNoOne, 500, TimeUnit.MILLISECONDS);

      set(executor, "role", "2");

      assertThat(get(executor, "role")).isEqualTo("2");
    }
  }

  @Test
  void execute_masterStaysReplica_failsInTime_andRecovers() {
    try (RedisServer server = RedisServer.start();
        Jedis admin = new Jedis(server.uri());
        RedisProcess sentinel = sentinel("solo 127.0.0.1 " + server.port())) {
      RedisExecutor executor = executor(settings("solo", null, List.of(address(sentinel.port()))));
      set(executor, "role", "1");
      admin.replicaof("127.0.0.1", RedisServer.freePort());

      for (int i = 0; i < 5; i++) {
        long startNanos = System.nanoTime();
        assertThatThrownBy(() -> set(executor, "role", "2"))
            .isInstanceOf(RedisUnavailableException.class)
            .hasMessageContaining("replica");
        assertThat(Duration.ofNanos(System.nanoTime() - startNanos)).isLessThan(LONG);
      }
      admin.replicaofNoOne();

      Awaitility.await()
          .atMost(LONG)
          .ignoreExceptionsInstanceOf(RedisUnavailableException.class)
          .until(
              () -> {
                set(executor, "role", "3");
                return true;
              });
      assertThat(get(executor, "role")).isEqualTo("3");
    }
  }

  @Test
  void execute_hostNames() {
    RedisServer server = servers.master();
    try (RedisProcess sentinel = sentinel("solo localhost " + server.port())) {
      RedisExecutor executor =
          executor(settings("solo", null, List.of(new Address("localhost", sentinel.port()))));

      set(executor, "named", "1");

      assertThat(executor.address()).endsWith("(master localhost:" + server.port() + ")");
    }
  }

  /** A sentinel alone, which gets no vote for a fail-over. */
  private static RedisProcess sentinel(String monitored) {
    return RedisProcess.startSentinel(
        RedisServer.freePort(),
        List.of(
            "sentinel resolve-hostnames yes",
            "sentinel announce-hostnames yes",
            "sentinel monitor " + monitored + " 10"));
  }

  private static Address address(int port) {
    return new Address("127.0.0.1", port);
  }
}
