package io.yokedcache.jcache.internal.redis.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.internal.metrics.ConnectionStatistics;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.Endpoint;
import io.yokedcache.jcache.internal.redis.PooledExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.settings.Settings;
import io.yokedcache.jcache.internal.store.Leftovers;
import io.yokedcache.jcache.testing.ConnectionSettings;
import io.yokedcache.jcache.testing.CuttingProxy;
import io.yokedcache.jcache.testing.RedisServer;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Connection;
import redis.clients.jedis.Protocol.Command;

/**
 * Many threads with all kinds of commands, while connections die: every reply must be the one to
 * its command, every call must end, and neither threads nor connections may be left. Runs for some
 * seconds, and until enough was seen; {@code -Dstress.seconds=600} for longer.
 */
final class ExecutorStressIT {

  private static final int THREADS = 64;

  private static final int VIRTUAL_THREADS = 2500;

  private static final int MANY_PLATFORM_THREADS = 256;
  private static final int SHARED_CONNECTIONS = 2;
  private static final int POOL_SIZE = 16;
  private static final String CLIENT_NAME = "stress";
  private static final Duration TIMEOUT = Duration.ofMillis(500);
  private static final long SECONDS = Long.getLong("stress.seconds", 4);
  private static final long PATIENCE_SECONDS = 120;
  private static final int ENOUGH_ANSWERS = 1_000;

  private final RedisServer redis = RedisServer.start();
  private final Leftovers leftovers = new Leftovers();
  private final LongAdder answered = new LongAdder();
  private final LongAdder lost = new LongAdder();
  private final Queue<Throwable> wrong = new ConcurrentLinkedQueue<>();
  private volatile boolean stopping;

  /** Whether the server forgets what was written. */
  private volatile boolean isForgetful;

  /** By now the executor is closed. */
  @AfterEach
  void nothingIsLeft() {
    try (redis) {
      Leftovers.assertConnections(redis.port(), CLIENT_NAME, 0, 0);
    }
    leftovers.assertNoThreads();
  }

  @Test
  void quiet_everyReplyFits_andNothingIsLost() throws Exception {
    // Long enough for any pause of the machine: what was lost here was forgotten.
    try (RedisExecutor executor = executor(redis.port(), Duration.ofSeconds(10))) {
      run(executor, () -> {}, () -> true);
    }
    assertThat(lost.sum()).isZero();
  }

  @Test
  void connectionsKilledByTheServer_everyReplyFits() throws Exception {
    try (RedisExecutor executor = executor(redis.port());
        Connection killer = new Connection("127.0.0.1", redis.port())) {
      run(
          executor,
          () -> {
            killer.executeCommand(
                new CommandArguments(Command.CLIENT)
                    .add("KILL")
                    .add("TYPE")
                    .add("NORMAL")
                    .add("SKIPME")
                    .add("YES"));
            pause(ThreadLocalRandom.current().nextInt(1, 50));
          },
          () -> lost.sum() > 0);
      assertWorks(executor);
    }
  }

  @Test
  void connectionsCutInTheMiddle_everyReplyFits() throws Exception {
    try (CuttingProxy proxy = CuttingProxy.start(redis.port(), 400_000);
        RedisExecutor executor = executor(proxy.port())) {
      run(executor, () -> pause(100), () -> proxy.cuts() > 0);
      proxy.calm();
      assertWorks(executor);
    }
  }

  @Test
  void serverRestarted_everyReplyFits() throws Exception {
    isForgetful = true;
    try (RedisExecutor executor = executor(redis.port())) {
      run(
          executor,
          () -> {
            pause(700);
            redis.kill();
            pause(100);
            redis.restart();
          },
          () -> lost.sum() > 0);
      assertWorks(executor);
    }
  }

  @Test
  void serverThatHangs_everyReplyFits_andNobodyWaitsLonger() throws Exception {
    try (RedisExecutor executor = executor(redis.port())) {
      run(
          executor,
          () -> {
            pause(300);
            redis.pause();
            pause(900); // longer than a command may take
            redis.resume();
          },
          () -> lost.sum() > 0);
      assertWorks(executor);
    }
  }

  /** Threads that find no place would wait for one of a few connections, and time out. */
  @Test
  void thousandsOfThreads_waitOnTheSharedConnections() throws Exception {
    try (RedisExecutor executor = executor(redis.port(), Duration.ofSeconds(10))) {
      await()
          .alias("both shared connections are there")
          .atMost(Duration.ofSeconds(10))
          .until(
              () -> {
                join(startCalls(executor, THREADS));
                return open(executor) == SHARED_CONNECTIONS;
              });
      redis.pause();
      List<Thread> threads = startCalls(executor, VIRTUAL_THREADS);
      redis.resume();
      join(threads);
      assertThat(answered.sum()).isGreaterThanOrEqualTo(VIRTUAL_THREADS + THREADS);
      assertThat(open(executor)).isEqualTo(SHARED_CONNECTIONS);
    }
  }

  /** Starts threads that make one call each, and returns when all of them have begun. */
  private List<Thread> startCalls(RedisExecutor executor, int count) throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(count);
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < count; t++) {
      RedisExecutor.Request get =
          new RedisExecutor.Request(
              "get",
              Bytes.utf8("k"),
              /* idempotent= */ true,
              List.of(new CommandArguments(Command.GET).add("k" + t)));
      Runnable call =
          () -> {
            begun.countDown();
            assertThat(executor.execute(get).get(0)).isNull();
            answered.increment();
          };
      Thread thread = new Thread(null, call, "stress", /* stackSize= */ 256 << 10);
      thread.start();
      threads.add(thread);
    }
    assertThat(begun.await(30, TimeUnit.SECONDS)).as("all threads have begun").isTrue();
    return threads;
  }

  private static void join(List<Thread> threads) throws InterruptedException {
    for (Thread thread : threads) {
      thread.join(30_000);
      assertThat(thread.isAlive()).as("%s has ended", thread).isFalse();
    }
  }

  private static int open(RedisExecutor executor) {
    ConnectionStatistics.Counts counts = executor.connections();
    return counts.active() + counts.idle();
  }

  private RedisExecutor executor(int port) {
    return executor(port, TIMEOUT);
  }

  private RedisExecutor executor(int port, Duration timeout) {
    Settings.Connection settings =
        ConnectionSettings.local(port)
            .clientName(CLIENT_NAME)
            .timeouts(timeout)
            .pool(POOL_SIZE, timeout)
            .keepAlive(Duration.ZERO)
            .build();
    return new PipelinedExecutor(new PooledExecutor(new Endpoint(settings, 64 << 20)));
  }

  /** Waits without sleeping: for a latch that nobody opens. */
  private static void pause(long millis) {
    try {
      boolean unused = new CountDownLatch(1).await(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Virtual threads where the runtime has them (Java 21 and later), else platform threads. */
  @Test
  void virtualThreads_everyReplyFits() throws Exception {
    Method virtual = startVirtual();
    try (CuttingProxy proxy = CuttingProxy.start(redis.port(), 1_000_000);
        RedisExecutor executor = executor(proxy.port())) {
      if (virtual == null) {
        run(
            executor,
            () -> pause(100),
            () -> proxy.cuts() > 0,
            MANY_PLATFORM_THREADS,
            ExecutorStressIT::startPlatform);
      } else {
        run(
            executor,
            () -> pause(100),
            () -> proxy.cuts() > 0,
            VIRTUAL_THREADS,
            task -> start(virtual, task));
      }
      proxy.calm();
      assertWorks(executor);
    }
  }

  private static @Nullable Method startVirtual() {
    try {
      return Thread.class.getMethod("startVirtualThread", Runnable.class);
    } catch (NoSuchMethodException olderRuntime) {
      return null;
    }
  }

  private static Thread start(Method virtual, Runnable task) {
    try {
      return (Thread) virtual.invoke(null, task);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Thread startPlatform(Runnable task) {
    Thread thread = new Thread(task, "stress");
    thread.start();
    return thread;
  }

  private void run(RedisExecutor executor, Runnable disturbance, BooleanSupplier hasDisturbed)
      throws InterruptedException {
    run(executor, disturbance, hasDisturbed, THREADS, ExecutorStressIT::startPlatform);
  }

  private void run(
      RedisExecutor executor,
      Runnable disturbance,
      BooleanSupplier hasDisturbed,
      int count,
      Function<Runnable, Thread> start)
      throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < count; t++) {
      int number = t;
      threads.add(start.apply(() -> work(executor, number)));
    }
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    long last = end + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    BooleanSupplier isEnough = () -> answered.sum() > ENOUGH_ANSWERS && hasDisturbed.getAsBoolean();
    while (System.nanoTime() < end
        || (!isEnough.getAsBoolean() && wrong.isEmpty() && System.nanoTime() < last)) {
      disturbance.run();
      assertBounded(executor);
      pause(1);
    }
    stopping = true;
    join(threads);
    assertThat(wrong).isEmpty();
    System.out.printf("%,d calls answered rightly, %,d lost%n", answered.sum(), lost.sum());
    assertThat(answered.sum()).as("answered (%d lost)", lost.sum()).isGreaterThan(ENOUGH_ANSWERS);
    assertThat(hasDisturbed.getAsBoolean()).as("a call was disturbed").isTrue();
  }

  private void work(RedisExecutor executor, int thread) {
    CheckedCalls calls = new CheckedCalls(executor, isForgetful);
    for (long n = 0; !stopping && wrong.isEmpty(); n++) {
      long startNanos = System.nanoTime();
      try {
        calls.make("k" + thread + ":" + n);
        answered.increment();
      } catch (RedisUnavailableException expected) {
        lost.increment();
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
        // Attempts to connect and to get an answer, each of them bounded by TIMEOUT.
        if (millis > 20 * TIMEOUT.toMillis()) {
          wrong.add(new AssertionError("waited " + millis + " ms", expected));
        }
      } catch (RuntimeException | Error e) {
        wrong.add(e);
      }
    }
  }

  /** After the storm: calls work, few connections are open, and nothing waits any more. */
  private void assertWorks(RedisExecutor executor) {
    CheckedCalls calls = new CheckedCalls(executor, /* isForgetful= */ false);
    await()
        .atMost(Duration.ofSeconds(10))
        .ignoreExceptions()
        .untilAsserted(
            () -> {
              for (int n = 0; n < 50; n++) {
                calls.make("calm:" + n);
              }
            });
    Leftovers.assertConnections(redis.port(), CLIENT_NAME, 1, SHARED_CONNECTIONS + POOL_SIZE);
    assertBounded(executor);
    await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(
            () -> {
              assertThat(executor.connections().active()).isZero();
              assertThat(executor.connections().waiting()).isZero();
            });
  }

  private static void assertBounded(RedisExecutor executor) {
    ConnectionStatistics.Counts counts = executor.connections();
    assertThat(counts.active() + counts.idle()).isLessThanOrEqualTo(SHARED_CONNECTIONS + POOL_SIZE);
  }
}
