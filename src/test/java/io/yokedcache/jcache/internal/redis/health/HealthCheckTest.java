package io.yokedcache.jcache.internal.redis.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.RedisUnavailableException.Kind;
import io.yokedcache.jcache.internal.concurrent.BackgroundErrors;
import io.yokedcache.jcache.internal.concurrent.BackgroundScheduler;
import io.yokedcache.jcache.internal.metrics.ConnectionStatistics;
import io.yokedcache.jcache.internal.metrics.ConnectionStatistics.Ping;
import io.yokedcache.jcache.internal.metrics.RoundTripTimer;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.breaker.NodeBreaker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Delayed;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.exceptions.JedisDataException;

/** Who may say that Redis is there or gone, what is told when, and how often it is asked. */
final class HealthCheckTest {

  private static final long INTERVAL_MILLIS = 10_000;

  private final List<String> told = new ArrayList<>();
  private final ManualScheduler scheduler = new ManualScheduler();
  private Supplier<Object> server = () -> "PONG";
  private int asked;

  private final FakeExecutor executor = new FakeExecutor();

  /** The masters besides the executor itself. */
  private final List<RedisExecutor> others = new ArrayList<>();

  private final HealthCheck health =
      new HealthCheck(
          executor,
          "k",
          scheduler,
          INTERVAL_MILLIS,
          new HealthCheck.Listener() {

            @Override
            public void lost(String reason) {
              told.add("lost: " + reason);
            }

            @Override
            public void restored() {
              told.add("restored");
            }

            @Override
            public void changed(NodeBreaker.Change change) {
              told.add((change.isOpen() ? "open: " : "closed: ") + change.node());
            }
          });

  @AfterEach
  void close() {
    health.close();
    scheduler.shutdownNow();
  }

  private static RedisUnavailableException failure(Kind kind) {
    return new RedisUnavailableException(
        "as asked", new IllegalStateException(), kind, "redis://h:1/0");
  }

  private void answerWith(RuntimeException failure) {
    server =
        () -> {
          throw failure;
        };
  }

  @Test
  void check_redisAnswers() {
    health.start();
    assertThat(health.pingNanos()).isEqualTo(-1);
    assertThat(scheduler.delayMillis()).isZero();

    scheduler.run();

    assertThat(health.isHealthy()).isTrue();
    assertThat(health.pingNanos()).isNotNegative();
    assertThat(scheduler.delayMillis()).isEqualTo(INTERVAL_MILLIS);
    assertThat(told).isEmpty();
  }

  @Test
  void check_redisGoneAndBack() {
    health.start();
    answerWith(failure(Kind.NO_ANSWER));
    scheduler.run();
    assertThat(health.isHealthy()).isFalse();
    assertThat(scheduler.delayMillis()).as("asked sooner").isEqualTo(1_000);
    scheduler.run();
    scheduler.run();
    assertThat(told).containsExactly("lost: as asked");

    server = () -> "PONG";
    scheduler.run();

    assertThat(health.isHealthy()).isTrue();
    assertThat(told).containsExactly("lost: as asked", "restored");
    assertThat(scheduler.delayMillis()).isEqualTo(INTERVAL_MILLIS);
  }

  /** Each failing check plans the next one, and must not be run again by the scheduler as well. */
  @Test
  void check_throwsErrors_isCountedAndGoesOn() {
    BackgroundErrors errors = new BackgroundErrors();
    AtomicInteger checks = new AtomicInteger();
    server =
        () -> {
          checks.incrementAndGet();
          throw new StackOverflowError("as it should");
        };
    BackgroundScheduler real = new BackgroundScheduler("health-of-a-test", errors);
    HealthCheck failing =
        new HealthCheck(
            executor,
            "k",
            real,
            /* intervalMillis= */ 5,
            new HealthCheck.Listener() {
              @Override
              public void lost(String reason) {}

              @Override
              public void restored() {}

              @Override
              public void changed(NodeBreaker.Change change) {}
            });
    try {
      failing.start();
      Awaitility.await().until(() -> checks.get() >= 100);

      assertThat(failing.isHealthy()).isTrue();
      assertThat(errors.count()).isGreaterThanOrEqualTo(99);
      assertThat(real.getQueue()).hasSizeLessThanOrEqualTo(2);
    } finally {
      failing.close();
      real.shutdownNow();
    }
  }

  @Test
  void check_serverRefuses() {
    health.start();
    server = () -> new JedisDataException("LOADING Redis is loading the dataset in memory");
    scheduler.run();
    assertThat(health.isHealthy()).isFalse();
    assertThat(told.get(0)).contains("LOADING");

    server = () -> new JedisDataException("NOPERM this user has no permissions to run 'ping'");
    scheduler.run();
    assertThat(health.isHealthy()).as("it is there").isTrue();
  }

  @Test
  void refused_untilAChangeIsAccepted() {
    health.start();
    scheduler.run();
    health.refused("READONLY You can't write. The server is a replica");
    health.refused("READONLY You can't write. The server is a replica");
    assertThat(health.isHealthy()).isFalse();
    assertThat(told).hasSize(1);
    assertThat(told.get(0)).contains("fake://").contains("READONLY").contains("replica");

    AtomicInteger answers = new AtomicInteger();
    server =
        () ->
            answers.incrementAndGet() % 2 == 1
                ? "PONG"
                : new JedisDataException("READONLY You can't write");
    scheduler.run();
    assertThat(health.isHealthy()).as("a replica answers a PING").isFalse();
    scheduler.run();
    assertThat(answers).as("asked for a change as well").hasValue(4);

    server = () -> "OK";
    scheduler.run();
    assertThat(health.isHealthy()).as("it was refused a moment ago").isFalse();
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(
            () -> {
              scheduler.run();
              return health.isHealthy();
            });
    assertThat(told).hasSize(2).last().isEqualTo("restored");
    asked = 0;
    scheduler.run();
    assertThat(asked).as("a PING is enough again").isEqualTo(1);
  }

  @Test
  void operationFailed_connectionLost() {
    health.start();
    scheduler.run();
    health.operationFailed(failure(Kind.CONNECTION_LOST));
    health.operationFailed(failure(Kind.CONNECTION_LOST));
    assertThat(health.isHealthy()).isFalse();
    assertThat(scheduler.delayMillis()).isLessThanOrEqualTo(1_000);

    scheduler.run();

    assertThat(health.isHealthy()).isTrue();
    assertThat(told).containsExactly("lost: as asked", "restored");
  }

  @Test
  void operationFailed_timeout() {
    health.start();
    scheduler.run();
    health.operationFailed(failure(Kind.NO_ANSWER));
    assertThat(health.isHealthy()).as("one slow command is no outage").isTrue();
    assertThat(scheduler.delayMillis()).isLessThanOrEqualTo(1_000);

    scheduler.run();

    assertThat(asked).isEqualTo(2);
    assertThat(health.isHealthy()).isTrue();
    assertThat(told).isEmpty();
  }

  @Test
  void operationFailed_redisNotAsked() {
    health.start();
    scheduler.run();
    health.operationFailed(failure(Kind.NOT_ASKED));
    assertThat(health.isHealthy()).isTrue();
    assertThat(scheduler.delayMillis()).isEqualTo(INTERVAL_MILLIS);
  }

  @Test
  void check_allConnectionsInUse() {
    health.start();
    scheduler.run();
    answerWith(failure(Kind.NOT_ASKED));
    scheduler.run();
    assertThat(health.isHealthy()).as("busy, but nothing fails").isTrue();

    health.operationFailed(failure(Kind.NO_ANSWER));
    scheduler.run();
    assertThat(health.isHealthy()).as("busy with a server that does not answer").isFalse();
  }

  @Test
  void operationFailed_whileRedisAnswers() {
    health.start();
    server =
        () -> {
          health.operationFailed(failure(Kind.CONNECTION_LOST));
          return "PONG";
        };
    scheduler.run();
    assertThat(health.isHealthy()).as("the answer may be older than the loss").isFalse();

    server = () -> "PONG";
    scheduler.run();
    assertThat(health.isHealthy()).isTrue();
    assertThat(told).containsExactly("lost: as asked", "restored");
  }

  @Test
  void close_tellsNothing() {
    health.start();
    health.close();
    answerWith(failure(Kind.CONNECTION_LOST));
    health.operationFailed(failure(Kind.CONNECTION_LOST));
    assertThat(told).isEmpty();
    assertThat(scheduler.pending).isEmpty();
  }

  @Test
  void ping_severalMasters_eachIsAskedAndKept() {
    FakeExecutor other = new FakeExecutor();
    other.own = () -> "PONG";
    others.add(other);
    health.start();
    assertThat(health.ping(other)).isEqualTo(Ping.NONE);
    answerWith(failure(Kind.NO_ANSWER));

    scheduler.run();

    assertThat(told).containsExactly("lost: as asked");
    assertThat(health.ping(executor)).isEqualTo(new Ping(/* isAnswered= */ false, -1));
    assertThat(health.ping(other).isAnswered()).isTrue();
    assertThat(health.ping(other).nanos()).isNotNegative();

    other.own = null;
    answerWith(failure(Kind.NOT_ASKED));
    scheduler.run();
    assertThat(health.ping(other).isAnswered()).as("a full pool says nothing").isTrue();
    assertThat(health.ping(executor).isAnswered()).isFalse();

    server = () -> "PONG";
    scheduler.run();
    assertThat(health.ping(executor).isAnswered()).isTrue();
    assertThat(health.isHealthy()).isTrue();
  }

  /** Answers as the test says. */
  private final class FakeExecutor implements RedisExecutor {

    private @Nullable Supplier<Object> own;

    @Override
    public List<@Nullable Object> execute(Request request) {
      asked++;
      Object reply = (own == null ? server : own).get();
      return Collections.nCopies(request.commands().size(), reply);
    }

    @Override
    public List<List<@Nullable Object>> executeAll(List<Request> requests) {
      return requests.stream().map(this::execute).toList();
    }

    @Override
    public List<RedisExecutor> masters() {
      List<RedisExecutor> masters = new ArrayList<>(others);
      masters.add(0, this);
      return masters;
    }

    @Override
    public RedisExecutor timedBy(Supplier<RoundTripTimer> timer) {
      return this;
    }

    @Override
    public String address() {
      return "fake://";
    }

    @Override
    public ConnectionStatistics.Counts connections() {
      return new ConnectionStatistics.Counts(0, 0, 0, 1, 0);
    }

    @Override
    public void close() {}
  }

  /** Runs what is planned when the test says so, and news at once. */
  private static final class ManualScheduler extends ScheduledThreadPoolExecutor {

    private final List<Planned> pending = new ArrayList<>();

    ManualScheduler() {
      super(1);
    }

    long delayMillis() {
      assertThat(pending).hasSize(1);
      return pending.get(0).delayMillis;
    }

    void run() {
      assertThat(pending).hasSize(1);
      pending.remove(0).task.run();
    }

    @Override
    public void execute(Runnable command) {
      command.run();
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
      Planned planned = new Planned(this, command, unit.toMillis(delay));
      pending.add(planned);
      return planned;
    }

    private record Planned(ManualScheduler owner, Runnable task, long delayMillis)
        implements ScheduledFuture<Object> {

      @Override
      public boolean cancel(boolean mayInterruptIfRunning) {
        return owner.pending.remove(this);
      }

      @Override
      public long getDelay(TimeUnit unit) {
        return unit.convert(delayMillis, TimeUnit.MILLISECONDS);
      }

      @Override
      public int compareTo(Delayed other) {
        return Long.compare(getDelay(TimeUnit.MILLISECONDS), other.getDelay(TimeUnit.MILLISECONDS));
      }

      @Override
      public boolean isCancelled() {
        return !owner.pending.contains(this);
      }

      @Override
      public boolean isDone() {
        return isCancelled();
      }

      @Override
      public Object get() {
        throw new UnsupportedOperationException("Nothing waits here");
      }

      @Override
      public Object get(long timeout, TimeUnit unit) {
        throw new UnsupportedOperationException("Nothing waits here");
      }
    }
  }
}
