package io.yokedcache.jcache.internal.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.configuration.ConnectionSettings;
import io.yokedcache.jcache.configuration.ExecutorKind;
import io.yokedcache.jcache.configuration.TlsSettings;
import io.yokedcache.jcache.testing.CuttingProxy;
import io.yokedcache.jcache.testing.RedisServer;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Connection;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.commands.ProtocolCommand;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Many threads with all kinds of commands, while connections die: every reply must be the one to
 * its command, every call must end, and nothing may be left behind. Runs for some seconds; {@code
 * -Dstress.seconds=600} for longer.
 */
final class ExecutorStressIT {

  private static final int THREADS = 64;
  private static final int VIRTUAL_THREADS = 256;
  private static final Duration TIMEOUT = Duration.ofMillis(500);
  private static final long SECONDS = Long.getLong("stress.seconds", 4);

  /** A value that no reply to another command is equal to, of a random size. */
  private static byte[] value(String key) {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    int size =
        switch (random.nextInt(100)) {
          case 0 -> random.nextInt(1 << 20);
          case 1, 2, 3 -> random.nextInt(20_000);
          case 4 -> 0;
          default -> random.nextInt(200);
        };
    byte[] value = Arrays.copyOf((key + "=").getBytes(UTF_8), size);
    if (size > 64) {
      Arrays.fill(value, 48, size, (byte) random.nextInt(256));
    }
    return value;
  }

  private final RedisServer redis = RedisServer.start();
  private final ScheduledExecutorService background = Executors.newSingleThreadScheduledExecutor();
  private final LongAdder answered = new LongAdder();
  private final LongAdder lost = new LongAdder();
  private final Queue<Throwable> wrong = new ConcurrentLinkedQueue<>();
  private volatile boolean stopping;

  /** Whether the server forgets what was written, so that only echoes can be relied on. */
  private volatile boolean isForgetful;

  @BeforeEach
  void reportNothing() {
    stopping = false;
  }

  @AfterEach
  void stop() {
    background.shutdownNow();
    redis.close();
  }

  @Test
  void quiet_everyReplyFits_andNothingIsLost() throws Exception {
    // Long enough for any pause of the machine: what was lost here was forgotten.
    try (RedisExecutor executor = executor(redis.port(), Duration.ofSeconds(10))) {
      run(executor, () -> {});
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
          });
      assertWorks(executor);
    }
  }

  @Test
  void connectionsCutInTheMiddle_everyReplyFits() throws Exception {
    try (CuttingProxy proxy = CuttingProxy.start(redis.port(), 400_000);
        RedisExecutor executor = executor(proxy.port())) {
      run(executor, () -> pause(100));
      assertThat(proxy.cuts()).isPositive();
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
          });
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
          });
      assertWorks(executor);
    }
  }

  private RedisExecutor executor(int port) {
    return executor(port, TIMEOUT);
  }

  private RedisExecutor executor(int port, Duration timeout) {
    ConnectionSettings settings =
        new ConnectionSettings(
            "127.0.0.1",
            port,
            0,
            null,
            null,
            false,
            new TlsSettings(null, null, null, null, true),
            "stress",
            timeout,
            timeout,
            ExecutorKind.PIPELINED,
            16,
            timeout);
    return new PipelinedExecutor(settings, new PooledExecutor(settings, background));
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
    try (CuttingProxy proxy = CuttingProxy.start(redis.port(), 1_000_000);
        RedisExecutor executor = executor(proxy.port())) {
      run(executor, () -> pause(100), VIRTUAL_THREADS, ExecutorStressIT::startVirtual);
      proxy.calm();
      assertWorks(executor);
    }
  }

  private static Thread startVirtual(Runnable task) {
    try {
      Method start = Thread.class.getMethod("startVirtualThread", Runnable.class);
      return (Thread) start.invoke(null, task);
    } catch (NoSuchMethodException olderRuntime) {
      return startPlatform(task);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Thread startPlatform(Runnable task) {
    Thread thread = new Thread(task, "stress");
    thread.start();
    return thread;
  }

  private void run(RedisExecutor executor, Runnable disturbance) throws InterruptedException {
    run(executor, disturbance, THREADS, ExecutorStressIT::startPlatform);
  }

  private void run(
      RedisExecutor executor, Runnable disturbance, int count, Function<Runnable, Thread> start)
      throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < count; t++) {
      int number = t;
      threads.add(start.apply(() -> work(executor, number)));
    }
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    while (System.nanoTime() < end) {
      disturbance.run();
      pause(1);
    }
    stopping = true;
    for (Thread thread : threads) {
      thread.join(30_000);
      assertThat(thread.isAlive()).as("%s has ended", thread).isFalse();
    }
    assertThat(wrong).isEmpty();
    assertThat(answered.sum()).as("answered (%d lost)", lost.sum()).isGreaterThan(1_000);
    System.out.printf(
        "%,d calls answered rightly, %,d lost in %d s%n", answered.sum(), lost.sum(), SECONDS);
  }

  private void work(RedisExecutor executor, int thread) {
    for (long n = 0; !stopping && wrong.isEmpty(); n++) {
      long startNanos = System.nanoTime();
      try {
        check(executor, "k" + thread + ":" + n, isForgetful);
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

  private static void check(RedisExecutor executor, String key, boolean isForgetful) {
    byte[] value = value(key);
    switch (ThreadLocalRandom.current().nextInt(6)) {
      case 0 -> assertThat(single(executor, true, Command.ECHO, value)).isEqualTo(value);
      case 1 -> {
        single(executor, true, Command.SET, key.getBytes(UTF_8), value);
        Object got = single(executor, true, Command.GET, key.getBytes(UTF_8));
        if (got != null || !isForgetful) {
          assertThat(got).isEqualTo(value);
        }
        single(executor, true, Command.UNLINK, key.getBytes(UTF_8));
      }
      case 2 ->
          assertThat(single(executor, true, Command.GET, ("no:" + key).getBytes(UTF_8))).isNull();
      case 3 -> {
        byte[] text = ("text:" + key).getBytes(UTF_8);
        single(executor, true, Command.SET, text, "abc".getBytes(UTF_8));
        Object refused = single(executor, false, Command.INCR, text);
        if (!isForgetful || !Long.valueOf(1).equals(refused)) {
          assertThat(refused)
              .isInstanceOfSatisfying(
                  JedisDataException.class,
                  e -> assertThat(e).hasMessageContaining("not an integer"));
        }
        single(executor, true, Command.UNLINK, text);
      }
      case 4 -> {
        byte[] other = ("other:" + key).getBytes(UTF_8);
        List<Object> replies =
            executor.execute(
                request(
                    true,
                    List.of(
                        command(Command.ECHO, other),
                        command(Command.MGET, ("no:" + key).getBytes(UTF_8), other),
                        command(Command.ECHO, value),
                        command(Command.STRLEN, other))));
        assertThat(replies.get(0)).isEqualTo(other);
        assertThat((List<?>) replies.get(1)).hasSize(2).containsOnlyNulls();
        assertThat(replies.get(2)).isEqualTo(value);
        assertThat(replies.get(3)).isEqualTo(0L);
      }
      default -> {
        byte[] other = ("echo:" + key).getBytes(UTF_8);
        assertThat(single(executor, false, Command.ECHO, other)).isEqualTo(other);
      }
    }
  }

  private static Object single(
      RedisExecutor executor, boolean idempotent, ProtocolCommand command, byte[]... arguments) {
    return executor.execute(request(idempotent, List.of(command(command, arguments)))).get(0);
  }

  private static CommandArguments command(ProtocolCommand command, byte[]... arguments) {
    CommandArguments built = new CommandArguments(command);
    for (byte[] argument : arguments) {
      built.add(argument);
    }
    return built;
  }

  private static RedisExecutor.Request request(
      boolean idempotent, List<CommandArguments> commands) {
    return new RedisExecutor.Request("stress", Bytes.of(new byte[0]), idempotent, commands);
  }

  /** After the storm: every thread's next call works, and few connections are open. */
  private void assertWorks(RedisExecutor executor) {
    await()
        .atMost(Duration.ofSeconds(10))
        .ignoreExceptions()
        .untilAsserted(() -> check(executor, "calm", /* isForgetful= */ false));
    try (Connection observer = new Connection("127.0.0.1", redis.port())) {
      await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(
              () -> {
                Object clients =
                    observer.executeCommand(new CommandArguments(Command.CLIENT).add("LIST"));
                long ours =
                    new String((byte[]) clients, UTF_8)
                        .lines()
                        .filter(line -> line.contains("name=stress"))
                        .count();
                assertThat(ours).isBetween(1L, 2L + 16L);
              });
    }
  }
}
