package io.yokedcache.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.yokedcache.benchmarks.contender.ContenderSpec;
import io.yokedcache.benchmarks.contender.Servers;
import io.yokedcache.benchmarks.contender.Target;
import io.yokedcache.jcache.internal.embedded.EmbeddedRedis;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Where the link has latency, pipelining does not wait for one answer to send the next batch. */
final class SeveralBatchesIT {

  private static final int THREADS = 16;
  private static final int GETS = 300;
  private static final int SHARED_CONNECTIONS = 2;
  private static final int HELD_GETS = 6;
  private static final long LIMIT_SECONDS = 60;
  private static final String PATIENT =
      ";connection.command-timeout=60s;connection.connect-timeout=60s;connection.pool.wait=60s";

  private final EmbeddedRedis redis = EmbeddedRedis.start();
  private final DelayingProxy link = DelayingProxy.start(redis.port(), Duration.ofNanos(500_000));
  private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);

  @AfterEach
  void close() {
    threads.shutdownNow();
    link.close();
    redis.close();
  }

  @Test
  void pipelined_furtherBatchesLeaveBeforeTheFirstAnswer() throws Exception {
    try (Target cache = open("pipelined")) {
      fill(cache);
      awaitAll(load(cache));
      assertThat(link.overlappingWrites()).as("batches sent into the open").isPositive();
      long before = link.overlappingWrites();

      List<Future<?>> held = getWhileNothingPasses(cache);

      assertThat(link.overlappingWrites() - before)
          .as("batches sent while no answer came")
          .isGreaterThanOrEqualTo(HELD_GETS - SHARED_CONNECTIONS);
      link.release();
      awaitAll(held);
    }
  }

  /** The same with a connection for each thread: so the figure above means what it says. */
  @Test
  void pooled_eachConnectionWaitsForItsAnswer() throws Exception {
    try (Target cache = open("pooled")) {
      fill(cache);
      awaitAll(load(cache));
      List<Future<?>> held = getWhileNothingPasses(cache);

      assertThat(link.overlappingWrites()).isZero();
      link.release();
      awaitAll(held);
    }
  }

  private Target open(String executor) {
    return ContenderSpec.parse("yokedcache:connection.executor=" + executor + PATIENT)
        .open("batches", Servers.one(link.port()));
  }

  private static String key(int number) {
    return "key" + number;
  }

  private static byte[] value(int number) {
    return ("value" + number).getBytes(UTF_8);
  }

  private static void fill(Target cache) {
    for (int key = 0; key < THREADS; key++) {
      cache.put(key(key), value(key));
    }
  }

  private List<Future<?>> load(Target cache) {
    List<Future<?>> ends = new ArrayList<>();
    for (int thread = 0; thread < THREADS; thread++) {
      int first = thread;
      ends.add(
          threads.submit(
              () -> {
                for (int i = 0; i < GETS; i++) {
                  check(cache, (first + i) % THREADS);
                }
              }));
    }
    return ends;
  }

  private static void check(Target cache, int key) {
    assertThat(cache.get(key(key))).isEqualTo(value(key));
  }

  /** Starts gets one after the other, each when the last one is on its way. */
  private List<Future<?>> getWhileNothingPasses(Target cache) throws InterruptedException {
    link.hold();
    List<Future<?>> held = new ArrayList<>();
    for (int i = 0; i < HELD_GETS; i++) {
      int key = i;
      long writes = link.writes();
      held.add(threads.submit(() -> check(cache, key)));
      await().atMost(Duration.ofSeconds(LIMIT_SECONDS / 2)).until(() -> link.writes() > writes);
    }
    return held;
  }

  private static void awaitAll(List<Future<?>> ends) throws Exception {
    for (Future<?> end : ends) {
      end.get(LIMIT_SECONDS, TimeUnit.SECONDS);
    }
  }
}
