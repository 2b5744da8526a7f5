package io.yokedcache.jcache.internal.redis;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.internal.concurrent.BackgroundErrors;
import io.yokedcache.jcache.internal.concurrent.Backoff;
import io.yokedcache.jcache.internal.near.InvalidationListener;
import io.yokedcache.jcache.internal.near.NearCache;
import io.yokedcache.jcache.internal.redis.failover.FailOverListener;
import io.yokedcache.jcache.internal.redis.failover.SingleMaster;
import io.yokedcache.jcache.internal.settings.Settings;
import io.yokedcache.jcache.internal.settings.SettingsLoader;
import io.yokedcache.jcache.internal.store.EntryStore.StoredValue;
import io.yokedcache.jcache.internal.store.generation.Generation;
import io.yokedcache.jcache.internal.store.keys.KeySpace;
import io.yokedcache.jcache.testing.RedisServer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisDataException;

/** Subscriptions that go on, whatever their threads meet. */
final class SubscriptionLoopIT {

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final byte[] CHANNEL = Bytes.utf8("news").array();

  private static RedisServer redis;

  private final BackgroundErrors errors = new BackgroundErrors();

  @BeforeAll
  static void start() {
    redis = RedisServer.start();
  }

  @AfterAll
  static void stop() {
    redis.close();
  }

  private static Settings.Connection connection() {
    Settings settings =
        SettingsLoader.load(
            redis.uri(), SubscriptionLoopIT.class.getClassLoader(), new Properties());
    return settings.connection();
  }

  /** Fails in another way each time, then serves. */
  private static final class Session extends SubscriptionLoop.Session {

    private final int number;
    private final List<String> heard;

    Session(int number, List<String> heard) {
      this.number = number;
      this.heard = heard;
    }

    @Override
    protected void begin(Subscription opened) {
      if (number == 1) {
        throw new OutOfMemoryError("as it should");
      }
      opened.subscribe(CHANNEL);
    }

    @Override
    public void subscribed(byte[] channel) {
      ready();
    }

    @Override
    public void refused(byte[] channel, JedisDataException refusal) {
      throw refusal;
    }

    @Override
    public void answered(@Nullable JedisDataException refusal) {
      heard.add("pong");
    }

    @Override
    public void message(byte[] channel, byte @Nullable [] payload) {
      if (number == 2) {
        throw new NoClassDefFoundError("as it should");
      }
      heard.add(payload == null ? "nothing" : new String(payload, StandardCharsets.UTF_8));
    }

    @Override
    protected void end() {
      if (number == 3) {
        throw new StackOverflowError("as it should");
      }
    }
  }

  @Test
  void errors_areSurvivedAndCounted() {
    List<String> heard = new CopyOnWriteArrayList<>();
    AtomicInteger sessions = new AtomicInteger();
    Endpoint server = new Endpoint(connection(), 1 << 20);
    try (Jedis sender = new Jedis("127.0.0.1", redis.port());
        SubscriptionLoop loop =
            new SubscriptionLoop(
                "loop-of-a-test",
                "Nothing is heard",
                () -> server,
                Duration.ofSeconds(10),
                new Backoff(1, 10),
                errors,
                present -> new Session(sessions.incrementAndGet(), heard))) {
      assertThat(loop.start()).isTrue();
      assertThat(loop.start()).isFalse();
      await().atMost(PATIENCE).until(() -> sender.publish("news", "1") == 1); // ends number 2
      await().atMost(PATIENCE).until(() -> sessions.get() == 3);
      await()
          .atMost(PATIENCE)
          .until(
              () -> {
                loop.write(Subscription::ping);
                sender.publish("news", "2");
                return heard.contains("2") && heard.contains("pong");
              });
      loop.replace(); // ends number 3
      await().atMost(PATIENCE).until(() -> sessions.get() == 4);
      await()
          .atMost(PATIENCE)
          .until(
              () -> {
                sender.publish("news", "3");
                return heard.contains("3");
              });
    }
    assertThat(errors.count()).isEqualTo(3);
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                Thread.getAllStackTraces().keySet().stream()
                    .noneMatch(thread -> thread.getName().equals("loop-of-a-test")));
  }

  /** As without memory for the wait: the thread must not run without a pause. */
  @Test
  void pauseFails_attemptsAreFew() {
    AtomicInteger attempts = new AtomicInteger();
    Backoff failing =
        new Backoff(
            1,
            () -> {
              throw new OutOfMemoryError("as it should");
            });
    try (SubscriptionLoop loop =
        new SubscriptionLoop(
            "loop-of-a-test",
            "Nothing is heard",
            () -> {
              attempts.incrementAndGet();
              throw new OutOfMemoryError("as it should");
            },
            Duration.ofSeconds(10),
            failing,
            errors,
            present -> new Session(/* number= */ 4, new ArrayList<>()))) {
      long startNanos = System.nanoTime();
      loop.start();
      await().atMost(PATIENCE).until(() -> attempts.get() >= 5);

      long elapsedMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
      assertThat(attempts.get()).isLessThanOrEqualTo((int) (elapsedMillis / 100) + 2);
    }
  }

  /** As after a fail-over: the next attempt leads to the new server. */
  @Test
  void otherServer_isConnectedToAtTheNextAttempt() {
    List<String> heard = new CopyOnWriteArrayList<>();
    Endpoint first = new Endpoint(connection(), 1 << 20);
    try (RedisServer other = RedisServer.start()) {
      Settings.Deployment elsewhere = Settings.Deployment.standalone("127.0.0.1", other.port());
      Endpoint second =
          new Endpoint(connection().at(elsewhere, /* otherPassword= */ null), 1 << 20);
      AtomicReference<@Nullable Endpoint> server = new AtomicReference<>();
      try (Jedis firstSender = new Jedis("127.0.0.1", redis.port());
          Jedis secondSender = new Jedis("127.0.0.1", other.port());
          SubscriptionLoop loop =
              new SubscriptionLoop(
                  "loop-of-a-test",
                  "Nothing is heard",
                  () -> {
                    Endpoint now = server.get();
                    if (now == null) {
                      throw new CacheException("No server is known");
                    }
                    return now;
                  },
                  Duration.ofSeconds(10),
                  new Backoff(1, 10),
                  errors,
                  present -> new Session(/* number= */ 4, heard))) {
        loop.start();
        server.set(first);
        await().atMost(PATIENCE).until(() -> firstSender.publish("news", "1") == 1);
        loop.followServer(); // which is still the same
        server.set(second);
        loop.followServer();
        await().atMost(PATIENCE).until(() -> secondSender.publish("news", "2") == 1);
        await().atMost(PATIENCE).until(() -> firstSender.publish("news", "3") == 0);
        await().atMost(PATIENCE).until(() -> heard.contains("2"));
      }
    }
    assertThat(errors.count()).isZero();
  }

  /**
   * As after a cache that could not be created: Redis refuses equal prefixes, and all with them.
   */
  @Test
  void tracker_equalPrefixes_bothCachesAreTold() {
    ScheduledExecutorService background = Executors.newSingleThreadScheduledExecutor();
    Settings.NearCache settings = new Settings.NearCache(true, 100, null, null, null);
    NearCache<String> one = new NearCache<>(settings, 1, key -> key);
    NearCache<String> two = new NearCache<>(settings, 1, key -> key);
    Topology oneServer =
        new SingleMaster(
            "one",
            connection(),
            1 << 20,
            ServerLookup.fixed(connection()),
            background,
            FailOverListener.NONE);
    try (InvalidationListener tracker =
        new InvalidationListener(oneServer, Duration.ofSeconds(1), errors, background)) {
      tracker.add(new KeySpace("yc", "twice", 1), one);
      tracker.add(new KeySpace("yc", "twice", 1), two);
      tracker.add(new KeySpace("yc", "twice-and-more", 1), two);

      await().atMost(PATIENCE).until(() -> usesEntries(one));
      await().atMost(PATIENCE).until(() -> usesEntries(two));
    } finally {
      background.shutdownNow();
    }
    assertThat(errors.count()).isZero();
  }

  private static boolean usesEntries(NearCache<String> near) {
    Bytes key = Bytes.utf8("key");
    Generation generation =
        requireNonNull(
            Generation.parse(Generation.create("finger-8"), new KeySpace("yc", "twice", 1), 0));
    StoredValue found = new StoredValue(Bytes.utf8("value"), /* ttlMillis= */ -1, generation);
    near.keep(near.ticket(key), found, "value", NearCache.ALWAYS_YOUNG);
    return near.get(key) != null;
  }
}
