package io.yokedcache.jcache.robustness;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.RedisUnavailableException.Kind;
import io.yokedcache.jcache.testing.CuttingProxy;
import io.yokedcache.jcache.testing.RedisServer;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import javax.cache.Cache;
import javax.cache.CacheManager;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;

/**
 * Two servers behind one address that change their roles, as a managed Redis does: connections that
 * there are stay with the former primary, and new ones lead to the other server.
 */
final class FailOverIT {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** What a former primary refuses; each writes in another way. */
  private static final Map<String, Consumer<Cache<String, String>>> WRITES =
      Map.of(
          "put", cache -> cache.put("a", "2"),
          "large put", cache -> cache.put("a", "x".repeat(100_000)),
          "putAll", cache -> cache.putAll(Map.of("a", "2", "b", "2", "c", "2")),
          "replace", cache -> cache.replace("a", "1", "2"),
          "remove", cache -> cache.remove("a"),
          "removeAll", cache -> cache.removeAll(Set.of("a", "b")),
          "invoke",
              cache ->
                  cache.invoke(
                      "a",
                      (entry, arguments) -> {
                        entry.setValue("2");
                        return null;
                      }),
          "clear", Cache::clear);

  private static final int NOBODY = RedisServer.freePort();

  private static RedisServer one;
  private static RedisServer two;

  private RedisServer primary;
  private RedisServer replica;

  @BeforeAll
  static void start() {
    one = RedisServer.start();
    two = RedisServer.start();
  }

  @BeforeEach
  void beginAgain() {
    primary = one;
    replica = two;
  }

  @AfterAll
  static void stop() {
    one.close();
    two.close();
  }

  private static List<String> writes() {
    return WRITES.keySet().stream().sorted().toList();
  }

  private static CacheManager open(CuttingProxy proxy, String... settings) {
    return Managers.open(URI.create("redis://127.0.0.1:" + proxy.port()), settings);
  }

  /** A proxy to the primary that cuts nothing. */
  private CuttingProxy proxy() {
    becomeReplica(replica);
    becomePrimary(primary);
    return CuttingProxy.start(primary.port(), Long.MAX_VALUE / 4);
  }

  private void changeRoles() {
    becomeReplica(primary);
    becomePrimary(replica);
    RedisServer former = primary;
    primary = replica;
    replica = former;
  }

  private static void becomePrimary(RedisServer server) {
    try (Jedis jedis = new Jedis("127.0.0.1", server.port())) {
      jedis.replicaofNoOne();
    }
  }

  /** Of a server that is not there: it keeps its data, so that no test waits for a copy. */
  private static void becomeReplica(RedisServer server) {
    try (Jedis jedis = new Jedis("127.0.0.1", server.port())) {
      jedis.replicaof("127.0.0.1", NOBODY);
    }
  }

  @ParameterizedTest
  @MethodSource("writes")
  void write_addressLeadsToNewPrimary(String write) throws Exception {
    for (String executor : List.of("pipelined", "pooled")) {
      try (CuttingProxy proxy = proxy();
          CacheManager manager = open(proxy, "connection.executor=" + executor)) {
        Cache<String, String> cache = Managers.texts(manager, "moved");
        cache.putAll(Map.of("a", "1", "b", "1"));
        cache.put("c", "x".repeat(100_000));
        changeRoles();
        proxy.leadTo(primary.port());

        requireNonNull(WRITES.get(write)).accept(cache);
        cache.put("d", "1");

        try (Jedis other = new Jedis("127.0.0.1", primary.port())) {
          assertThat(other.keys("yc:{moved#0}:*:*d")).as(executor).hasSize(1);
        }
        assertThat(ConnectionBean.of(manager, "Reconnects").longValue()).as(executor).isPositive();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"pipelined", "pooled"})
  void put_addressFollowsLate(String executor) throws Exception {
    try (CuttingProxy proxy = proxy();
        CapturedLog log = CapturedLog.start();
        CacheManager manager =
            open(
                proxy,
                "connection.executor=" + executor,
                "connection.command-timeout=300ms",
                "health.interval=200ms")) {
      Cache<String, String> cache = Managers.texts(manager, "late");
      cache.put("a", "1");
      changeRoles();

      for (int i = 0; i < 20; i++) {
        assertThatThrownBy(() -> cache.put("b", "2"))
            .hasMessageContaining("READONLY")
            .hasMessageContaining("primary")
            .asInstanceOf(InstanceOfAssertFactories.type(RedisUnavailableException.class))
            .returns(Kind.REFUSED, RedisUnavailableException::kind)
            .returns(false, RedisUnavailableException::isOutcomeUnknown);
        assertThat(ConnectionBean.of(manager, "Healthy").intValue()).isZero();
      }
      assertThat(cache.get("a")).as("reads work").isEqualTo("1");
      assertThat(log.linesWith("READONLY")).hasSize(1);

      proxy.leadTo(primary.port());
      Awaitility.await()
          .atMost(PATIENCE)
          .ignoreException(RedisUnavailableException.class)
          .until(
              () -> {
                cache.put("a", "3");
                return true;
              });
      Awaitility.await()
          .atMost(PATIENCE)
          .until(() -> ConnectionBean.of(manager, "Healthy").intValue() == 1);
      assertThat(cache.get("a")).isEqualTo("3");
    }
  }

  /** The old connections answer every read, and a JVM that only reads is never refused. */
  @ParameterizedTest
  @ValueSource(strings = {"pipelined", "pooled"})
  void get_addressLeadsToNewPrimary(String executor) {
    try (CuttingProxy proxy = proxy();
        CacheManager manager =
            open(proxy, "connection.executor=" + executor, "health.interval=100ms")) {
      Cache<String, String> cache = Managers.texts(manager, "read-" + executor);
      putByAnother("read-" + executor, "1"); // an own change would be removed again
      assertThat(cache.get("a")).isEqualTo("1");
      changeRoles();
      proxy.leadTo(primary.port());
      putByAnother("read-" + executor, "2");

      Awaitility.await("reads of the new primary")
          .atMost(PATIENCE)
          .until(() -> "2".equals(cache.get("a")));
    }
  }

  private void putByAnother(String cache, String value) {
    try (CacheManager other = Managers.open(primary.uri())) {
      Managers.texts(other, cache).put("a", value);
    }
  }

  /** A replica without its primary that is set to answer nothing. */
  @ParameterizedTest
  @ValueSource(strings = {"pipelined", "pooled"})
  void get_primaryDown(String executor) {
    try (CuttingProxy proxy = proxy();
        CacheManager manager = open(proxy, "connection.executor=" + executor)) {
      Cache<String, String> cache = Managers.texts(manager, "stale");
      cache.put("a", "1");
      try (Jedis former = new Jedis("127.0.0.1", primary.port())) {
        former.configSet("replica-serve-stale-data", "no");
      }
      try {
        changeRoles();
        proxy.leadTo(primary.port());
        cache.put("a", "2");
        assertThat(cache.get("a")).isEqualTo("2");
        assertThat(Managers.texts(manager, "stale-too").get("a")).isNull();
      } finally {
        try (Jedis former = new Jedis("127.0.0.1", replica.port())) {
          former.configSet("replica-serve-stale-data", "yes");
        }
      }
    }
  }

  /** Subscriptions work, but on a server that hears of nothing any more. */
  @ParameterizedTest
  @ValueSource(strings = {"pipelined", "pooled"})
  void subscriptions_addressLeadsToNewPrimary(String executor) throws Exception {
    try (CuttingProxy proxy = proxy();
        CacheManager manager =
            open(proxy, "connection.executor=" + executor, "defaults.near.enabled=true");
        CacheManager other = open(proxy)) {
      Cache<String, String> cache = Managers.texts(manager, "followed-" + executor);
      Cache<String, String> writer = Managers.texts(other, "followed-" + executor);
      HeardChanges heard = HeardChanges.of(cache);
      cache.put("a", "1");
      Awaitility.await().atMost(PATIENCE).until(() -> "1".equals(cache.get("a")));
      changeRoles();
      proxy.leadTo(primary.port());

      cache.put("a", "2"); // finds out
      Awaitility.await()
          .atMost(PATIENCE)
          .until(() -> subscribed(primary, "yc:{followed-" + executor + "}:events") == 1);
      Awaitility.await().atMost(PATIENCE).until(() -> tracking(primary) == 1);
      assertThat(cache.get("a")).isEqualTo("2");
      writer.put("b", "1"); // finds out as well
      writer.put("a", "3");

      Awaitility.await().atMost(PATIENCE).until(() -> heard.heard().contains("UPDATED a=3/2"));
      Awaitility.await().atMost(PATIENCE).until(() -> "3".equals(cache.get("a")));
    }
  }

  private static long subscribed(RedisServer server, String channel) {
    try (Jedis jedis = new Jedis("127.0.0.1", server.port())) {
      return jedis.pubsubNumSub(channel).getOrDefault(channel, 0L);
    }
  }

  private static long tracking(RedisServer server) {
    try (Jedis jedis = new Jedis("127.0.0.1", server.port())) {
      return jedis
          .info("clients")
          .lines()
          .filter(line -> line.startsWith("tracking_clients:"))
          .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(':') + 1)))
          .sum();
    }
  }
}
