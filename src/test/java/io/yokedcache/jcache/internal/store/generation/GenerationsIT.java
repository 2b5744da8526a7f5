package io.yokedcache.jcache.internal.store.generation;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.internal.redis.Endpoint;
import io.yokedcache.jcache.internal.redis.PooledExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.settings.Settings;
import io.yokedcache.jcache.internal.settings.SettingsLoader;
import io.yokedcache.jcache.internal.store.OverPool;
import io.yokedcache.jcache.internal.store.generation.Generations.CacheIdentity;
import io.yokedcache.jcache.internal.store.keys.KeySpace;
import io.yokedcache.jcache.testing.RedisServer;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisConnectionException;

/** The scripts of generations on a real server, and the round trips that many buckets take. */
final class GenerationsIT {

  private static final int BUCKETS = 256;
  private static final KeySpace NAMES = new KeySpace("yc", "orders", BUCKETS);
  private static final String KEY = generationKey(7);

  private static RedisServer server;
  private static Jedis jedis;
  private static PooledExecutor pool;

  @BeforeAll
  static void start() {
    server = RedisServer.start();
    jedis = new Jedis("127.0.0.1", server.port());
    pool = new PooledExecutor(new Endpoint(connection(), 1 << 20));
  }

  private static Settings.Connection connection() {
    Settings settings =
        SettingsLoader.load(server.uri(), GenerationsIT.class.getClassLoader(), new Properties());
    return settings.connection();
  }

  @AfterAll
  static void stop() {
    pool.close();
    jedis.close();
    server.close();
  }

  @BeforeEach
  void flush() {
    jedis.flushAll();
    jedis.scriptFlush();
  }

  private Generations generations(RedisExecutor executor) {
    return new Generations(
        executor, NAMES, new CacheIdentity("orders", "texts"), Duration.ofMillis(50));
  }

  @Test
  void allBuckets_oneRoundTripEach() {
    Counted executor = new Counted(/* isCluster= */ false);
    Generations generations = generations(executor);

    generations.openAll();
    assertThat(executor.taken()).as("by digest, then by text").isEqualTo(2);
    generations.openAll();
    assertThat(executor.taken()).isEqualTo(1);
    assertThat(generations.isHeard()).isFalse();
    assertThat(executor.taken()).isEqualTo(1);
    generations.listenAll(/* oldValues= */ false, Duration.ofSeconds(10));
    assertThat(executor.taken()).isEqualTo(2);
    generations.listenAll(/* oldValues= */ false, Duration.ofSeconds(20));
    assertThat(executor.taken()).isEqualTo(1);
    assertThat(generations.isHeard()).isTrue();
    assertThat(executor.taken()).isEqualTo(1);
    assertThat(generations.renewAll(new HashMap<>())).as("nothing was written").isEmpty();
    assertThat(executor.taken()).isEqualTo(2);
    assertThat(generations.renewAll(new HashMap<>())).isEmpty();
    assertThat(executor.taken()).isEqualTo(1);
    generations.deleteAll();
    assertThat(executor.taken()).isEqualTo(1);
    assertThat(jedis.dbSize()).isZero();
  }

  @Test
  void openUnknown_onlyThose() {
    Counted executor = new Counted(/* isCluster= */ false);
    Generations generations = generations(executor);

    generations.openUnknown(buckets(1, 2, 3));
    assertThat(jedis.exists(generationKey(3), generationKey(4))).isOne();
    assertThat(executor.taken()).isEqualTo(2);
    generations.openUnknown(buckets(1, 2, 3));
    assertThat(executor.taken()).isZero();
    generations.openUnknown(buckets(1, 4));
    assertThat(executor.taken()).isOne();
    assertThat(jedis.exists(generationKey(4))).isTrue();
  }

  /** Every token differs, also within one round trip: stale entries are told by their tokens. */
  @Test
  void renewAll_tokensDiffer() {
    Generations generations = generations(new Counted(/* isCluster= */ false));
    Set<String> tokens = new HashSet<>();
    for (int round = 0; round < 3; round++) {
      generations.renewAll(new HashMap<>());
      for (int bucket = 0; bucket < BUCKETS; bucket++) {
        tokens.add(generations.current(bucket).tokenText());
      }
    }
    assertThat(tokens).hasSize(3 * BUCKETS).allMatch(token -> token.matches("[A-Za-z0-9]{12}"));
  }

  @Test
  void openAll_noSubscriber() {
    generations(new Counted(/* isCluster= */ false)).openAll();
    assertThat(jedis.get(KEY)).hasSize(21).endsWith("e");
  }

  /** A subscriber of another node of a cluster is not known to the node of the bucket. */
  @Test
  void openAll_onCluster_assumesSubscribers() {
    Generations generations = generations(new Counted(/* isCluster= */ true));
    generations.openAll();

    assertThat(jedis.get(KEY).substring(20)).startsWith("ep");
    assertThat(generations.isHeard()).isTrue();
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .pollInterval(Duration.ofMillis(200))
        .until(() -> !generations.isHeard());
    assertThat(jedis.get(KEY).substring(20)).as("nobody wrote").startsWith("ep");
    assertThat(generations.renewAll(new HashMap<>())).isEmpty();
    assertThat(jedis.get(KEY)).as("the lease has ended").hasSize(21).endsWith("e");
  }

  @Test
  void renewAll_onCluster_assumesSubscribers() {
    Generations generations = generations(new Counted(/* isCluster= */ true));
    generations.renewAll(new HashMap<>());
    assertThat(jedis.get(KEY).substring(20)).startsWith("ep");

    generations.listenAll(/* oldValues= */ true, Duration.ofSeconds(60));
    generations.renewAll(new HashMap<>());
    assertThat(jedis.get(KEY).substring(20)).as("listeners stay registered").startsWith("eo");
  }

  /** It is not known which buckets the lost attempt reached, so all are ended again. */
  @Test
  void renewAll_repliesLost() {
    Counted executor = new Counted(/* isCluster= */ false);
    Generations generations = generations(executor);
    generations.openAll();
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
      String key = generationKey(bucket);
      jedis.set(key, jedis.get(key).substring(0, 20)); // as after a first write
    }
    generations.openAll();
    Set<String> written = new HashSet<>();
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
      written.add(generations.current(bucket).tokenText());
    }

    executor.losesReplies = true;
    assertThat(generations.renewAll(new HashMap<>())).isEqualTo(written);
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
      assertThat(jedis.get(generationKey(bucket)))
          .startsWith(generations.current(bucket).tokenText());
    }
  }

  /** Counts the round trips to the server. */
  private static final class Counted extends OverPool {

    private final boolean isCluster;
    private boolean losesReplies;
    private int trips;

    Counted(boolean isCluster) {
      super(pool);
      this.isCluster = isCluster;
    }

    int taken() {
      int taken = trips;
      trips = 0;
      return taken;
    }

    @Override
    public boolean isCluster() {
      return isCluster;
    }

    @Override
    public List<@Nullable Object> execute(Request request) {
      trips++;
      return pool.execute(request);
    }

    @Override
    public List<List<@Nullable Object>> executeAll(List<Request> requests) {
      trips++;
      List<List<@Nullable Object>> replies = pool.executeAll(requests);
      if (losesReplies) {
        losesReplies = false;
        throw new RedisUnavailableException(
            "lost",
            new JedisConnectionException("lost"),
            RedisUnavailableException.Kind.CONNECTION_LOST,
            address());
      }
      return replies;
    }
  }

  private static List<KeySpace.Bucket> buckets(int... numbers) {
    return IntStream.of(numbers)
        .mapToObj(number -> new KeySpace.Bucket(number, new int[0]))
        .toList();
  }

  private static String generationKey(int bucket) {
    return new String(NAMES.generationKey(bucket), UTF_8);
  }
}
