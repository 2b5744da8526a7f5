package io.yokedcache.jcache.internal.redis.breaker;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.RedisUnavailableException.Kind;
import io.yokedcache.jcache.internal.settings.Settings;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which failures open a circuit breaker, and which answers close it. */
final class NodeBreakerTest {

  private static final Duration BOUND = Duration.ofSeconds(20);

  private final AtomicInteger probes = new AtomicInteger();
  private final List<Thread> probing = new CopyOnWriteArrayList<>();
  private final List<NodeBreaker.Change> changes = new CopyOnWriteArrayList<>();
  private volatile BooleanSupplier server = () -> false;
  private volatile Supplier<String> name = () -> "redis://h:1/0";
  private @Nullable NodeBreaker opened;

  private NodeBreaker breaker(boolean enabled, int failures) {
    NodeBreaker breaker =
        new NodeBreaker(
            new Settings.CircuitBreaker(enabled, failures),
            () -> name.get(),
            () -> {
              probes.incrementAndGet();
              probing.add(Thread.currentThread());
              return server.getAsBoolean();
            });
    breaker.onChange(changes::add);
    opened = breaker;
    return breaker;
  }

  @AfterEach
  void close() {
    if (opened != null) {
      opened.close();
    }
  }

  private static RedisUnavailableException failure(Kind kind) {
    return failure(kind, new IllegalStateException());
  }

  private static RedisUnavailableException failure(Kind kind, Throwable cause) {
    return new RedisUnavailableException(
        "get on redis://h:1/0 failed: cannot connect (refused).", cause, kind, "redis://h:1/0");
  }

  private static void fail(NodeBreaker breaker, int times) {
    for (int i = 0; i < times; i++) {
      breaker.failed(failure(Kind.UNREACHABLE), System.nanoTime());
    }
  }

  private void awaitChanges(int count) {
    Awaitility.await().atMost(BOUND).until(() -> changes.size() == count);
  }

  @Test
  void failed_inARow_opens() {
    NodeBreaker breaker = breaker(true, 3);

    fail(breaker, 2);
    assertThat(breaker.isOpen()).isFalse();
    fail(breaker, 1);

    assertThat(breaker.isOpen()).isTrue();
    assertThat(breaker.statistics().openings()).isEqualTo(1);
    assertThat(breaker.statistics().openNanos()).isNotNegative();
    assertThat(changes)
        .containsExactly(
            new NodeBreaker.Change("redis://h:1/0", failure(Kind.UNREACHABLE).getMessage()));
    assertThat(breaker.refusal("put on cache orders"))
        .hasMessageStartingWith("put on cache orders on redis://h:1/0 failed: ")
        .hasMessageContaining("nothing was sent")
        .hasMessageContaining("connection.circuit-breaker")
        .hasMessageEndingWith("cannot connect (refused).")
        .extracting(RedisUnavailableException::kind)
        .isEqualTo(Kind.UNREACHABLE);
  }

  @Test
  void failed_withAnswersBetween_staysClosed() {
    NodeBreaker breaker = breaker(true, 3);
    for (int i = 0; i < 5; i++) {
      fail(breaker, 2);
      breaker.answered();
    }
    assertThat(breaker.isOpen()).isFalse();
    fail(breaker, 3);
    assertThat(breaker.isOpen()).isTrue();
  }

  @Test
  void failed_requestsOfOneLostConnection_countOnce() {
    NodeBreaker breaker = breaker(true, 3);
    long startNanos = System.nanoTime();
    for (int i = 0; i < 100; i++) {
      breaker.failed(failure(Kind.CONNECTION_LOST), startNanos);
    }
    assertThat(breaker.isOpen()).isFalse();
    for (int i = 0; i < 2; i++) {
      breaker.failed(failure(Kind.CONNECTION_LOST), System.nanoTime());
    }
    assertThat(breaker.isOpen()).as("requests that began after a loss are lost as well").isTrue();
  }

  @Test
  void failed_requestsThatShareAnAttemptToConnect_countOnce() {
    NodeBreaker breaker = breaker(true, 3);
    long startNanos = System.nanoTime();
    for (int i = 0; i < 100; i++) {
      breaker.failed(failure(Kind.UNREACHABLE), startNanos);
    }
    assertThat(breaker.isOpen()).isFalse();
    fail(breaker, 2);
    assertThat(breaker.isOpen()).as("three attempts failed").isTrue();
  }

  @Test
  void failed_requestsThatWaited_countEach() {
    for (Kind kind : List.of(Kind.UNREACHABLE, Kind.NO_ANSWER)) {
      NodeBreaker breaker = breaker(true, 3);
      long startNanos = System.nanoTime();
      for (int i = 0; i < 3; i++) {
        breaker.failed(
            failure(kind, new IllegalStateException(new SocketTimeoutException())), startNanos);
      }
      assertThat(breaker.isOpen()).as("%s", kind).isTrue();
      breaker.close();
    }
  }

  @Test
  void failed_switchedOff_staysClosed() {
    NodeBreaker breaker = breaker(false, 1);
    fail(breaker, 100);
    assertThat(breaker.isOpen()).isFalse();
    assertThat(breaker.statistics().openings()).isZero();
  }

  @Test
  void open_closesWithTheFirstAnswer() {
    NodeBreaker breaker = breaker(true, 1);
    fail(breaker, 1);
    Awaitility.await().atMost(BOUND).until(() -> probes.get() >= 2);
    breaker.answered();
    assertThat(breaker.isOpen()).as("a request that was sent before").isTrue();

    server = () -> true;
    breaker.probeNow();
    Awaitility.await().atMost(BOUND).until(() -> !breaker.isOpen());

    int probesThen = probes.get();
    awaitChanges(2); // they are told after the state
    assertThat(changes).extracting(NodeBreaker.Change::isOpen).containsExactly(true, false);
    assertThat(breaker.statistics().isOpen()).isFalse();
    assertThat(probing).doesNotContain(Thread.currentThread());
    for (Thread thread : probing) {
      Awaitility.await().atMost(BOUND).until(() -> !thread.isAlive());
    }
    assertThat(probes).hasValue(probesThen);
  }

  @Test
  void closed_failuresOfOlderRequests_doNotOpen() {
    NodeBreaker breaker = breaker(true, 1);
    long before = System.nanoTime();
    fail(breaker, 1);
    server = () -> true;
    Awaitility.await().atMost(BOUND).until(() -> !breaker.isOpen());

    breaker.failed(failure(Kind.NO_ANSWER), before);
    assertThat(breaker.isOpen()).isFalse();

    server = () -> false;
    breaker.failed(failure(Kind.NO_ANSWER), System.nanoTime());
    assertThat(breaker.isOpen()).isTrue();
    assertThat(breaker.statistics().openings()).isEqualTo(2);
  }

  @Test
  void probe_throws_isRepeated() {
    NodeBreaker breaker = breaker(true, 1);
    server =
        () -> {
          if (probes.get() == 1) {
            throw new IllegalStateException("refused");
          }
          if (probes.get() == 2) {
            throw new StackOverflowError();
          }
          return true;
        };
    fail(breaker, 1);
    Awaitility.await().atMost(BOUND).until(() -> !breaker.isOpen());
    assertThat(probes).hasValue(3);
  }

  /** Without the thread the circuit breaker would stay open for ever. */
  @Test
  void probe_errorInTheLog_isRepeated() {
    NodeBreaker breaker = breaker(true, 1);
    server =
        () -> {
          throw new IllegalStateException("refused");
        };
    fail(breaker, 1);
    name =
        () -> {
          name = () -> "redis://h:1/0";
          server = () -> true;
          throw new NoClassDefFoundError("test");
        };

    Awaitility.await().atMost(BOUND).until(() -> !breaker.isOpen());
    awaitChanges(2);
  }

  @Test
  void close_whileOpen_endsTheThread() {
    NodeBreaker breaker = breaker(true, 1);
    fail(breaker, 1);
    Awaitility.await().atMost(BOUND).until(() -> !probing.isEmpty());

    breaker.close();

    for (Thread thread : probing) {
      Awaitility.await().atMost(BOUND).until(() -> !thread.isAlive());
    }
    assertThat(changes).hasSize(1);
  }
}
