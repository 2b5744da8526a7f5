package io.yokedcache.jcache;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.codec.Codec;
import io.yokedcache.jcache.testing.RedisServer;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import javax.cache.CacheManager;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A thread that is about to load a key finds that another JVM has stored it. */
@Timeout(120)
final class FoundWhileLoadingIT {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final RedisServer redis = RedisServer.start();
  private final TestManagers managers = new TestManagers();
  private final String name = TestManagers.uniqueName("found");

  @AfterEach
  void close() {
    GatedCodec.open();
    managers.close();
    redis.close();
  }

  /** Strings. One thread is stopped when it decodes one. */
  public static final class GatedCodec implements Codec<String> {

    private static final CountDownLatch reached = new CountDownLatch(1);
    private static final CountDownLatch gate = new CountDownLatch(1);
    private static volatile @Nullable Thread stopped;

    static void open() {
      gate.countDown();
    }

    @Override
    public String id() {
      return "gated";
    }

    @Override
    public byte[] encode(String value) {
      return value.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public String decode(byte[] bytes) {
      if (Thread.currentThread() == stopped) {
        reached.countDown();
        await(gate);
      }
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }

  private YokedCache<String, String> cache(URI uri) {
    CacheManager manager =
        managers.open(
            uri,
            "yokedcache.defaults.load-lease",
            "1m",
            "yokedcache.defaults.load-timeout",
            "1m",
            "yokedcache.defaults.value-codec",
            GatedCodec.class.getName());
    return (YokedCache<String, String>) manager.createCache(name, TestManagers.strings());
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Starts a thread, and returns when it is in a method of that class. */
  private static FutureTask<String> start(Callable<String> task, String className) {
    FutureTask<String> future = new FutureTask<>(task);
    Thread thread = new Thread(future, "reader");
    thread.start();
    Awaitility.await(className)
        .atMost(PATIENCE)
        .until(
            () ->
                Arrays.stream(thread.getStackTrace())
                    .anyMatch(frame -> frame.getClassName().endsWith(className)));
    return future;
  }

  @Test
  void removedBeforeAnotherThreadReads_thatThreadDoesNotGetIt() throws Exception {
    YokedCache<String, String> own = cache(redis.uri());
    YokedCache<String, String> other = cache(URI.create(redis.uri() + "/0"));
    CountDownLatch load = new CountDownLatch(1);
    FutureTask<String> loader =
        start(
            () ->
                other.get(
                    "k",
                    key -> {
                      await(load);
                      return "of the other";
                    }),
            "CountDownLatch");
    FutureTask<String> leader =
        start(
            () -> {
              GatedCodec.stopped = Thread.currentThread();
              return own.get("k", key -> "own");
            },
            "SharedLoads$Turn");

    load.countDown();
    await(GatedCodec.reached); // the leader has found the value, and has not yet returned
    assertThat(own.remove("k")).isTrue();
    FutureTask<String> follower = start(() -> own.get("k", key -> "own"), "LoadCoalescer$Load");
    GatedCodec.open();

    assertThat(follower.get(30, TimeUnit.SECONDS)).isEqualTo("own");
    assertThat(leader.get(30, TimeUnit.SECONDS)).isEqualTo("of the other");
    assertThat(loader.get(30, TimeUnit.SECONDS)).isEqualTo("of the other");
  }
}
