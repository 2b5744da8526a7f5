package io.yokedcache.jcache.internal.redis.health;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.internal.metrics.ConnectionStatistics.Ping;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.PooledExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import io.yokedcache.jcache.internal.redis.ServerLookup;
import io.yokedcache.jcache.internal.redis.breaker.NodeBreaker;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.Protocol.Keyword;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Knows whether Redis answers: from a {@code PING} once an interval over the connections that
 * operations use, and from operations that fail. An operation whose connection is lost makes it
 * unhealthy at once; any other that does not reach Redis causes a {@code PING} soon. Only a {@code
 * PING} makes it healthy again. After an error reply of the server, and if the server says that it
 * is a replica, it must also accept a write: a replica that was a primary answers every {@code
 * PING} and every read, and its connections are replaced when it refuses a write.
 *
 * <p>Reading it never waits. Safe for use by several threads.
 */
public final class HealthCheck implements AutoCloseable {

  /**
   * Hears when Redis stops and begins to answer, in turn. Called by one thread at a time, and never
   * by one that works for the application; while it is called, health is not checked.
   */
  public interface Listener {

    /**
     * Redis does not answer any more.
     *
     * @param reason the operation that failed, and why; without credentials
     */
    void lost(String reason);

    /** Redis answers again. */
    void restored();

    /** The circuit breaker of a server opened or closed. */
    void changed(NodeBreaker.Change change);
  }

  private static final Logger logger = LoggerFactory.getLogger(HealthCheck.class);
  private static final String OPERATION = "health check";
  private static final Bytes ROUTE = Bytes.of("ping".getBytes(StandardCharsets.US_ASCII));
  private static final long UNKNOWN = -1;

  /** The longest pause before Redis is asked again that did not answer, and the least of all. */
  private static final long RETRY_MILLIS = 1_000;

  /** How many names are tried for the key of a probe: a master has few of all slots. */
  private static final int MAX_NAMES = 10_000;

  /** For how many pauses between attempts no request may have been refused. */
  private static final int QUIET_RETRIES = 3;

  private final RedisExecutor executor;
  private final String probeKey;
  private final ScheduledExecutorService scheduler;
  private final Listener listener;
  private final long intervalMillis;
  private final long retryMillis;

  private volatile boolean healthy = true;

  /** Whether an operation did not reach Redis since it was last asked. */
  private volatile boolean doubted;

  /** Whether the server refused a request and has accepted no change since. */
  private volatile boolean refused;

  private volatile long refusedNanos;

  private volatile long pingNanos = UNKNOWN;

  /** The last {@code PING} of each master. Replaced as a whole. */
  private volatile Map<RedisExecutor, Ping> pings = Map.of();

  private volatile long lastEndNanos;

  /**
   * How often operations made it unhealthy; this and the fields below are guarded by this object's
   * monitor.
   */
  private long losses;

  private long breakerOpenings;
  private @Nullable ScheduledFuture<?> next;
  private boolean closed;

  /**
   * Creates the check; it does nothing before {@link #start}.
   *
   * @param probeKey the name of keys that do not exist, on a cluster with a number behind it
   * @param scheduler runs nothing but this check, and calls the listener
   */
  public HealthCheck(
      RedisExecutor executor,
      String probeKey,
      ScheduledExecutorService scheduler,
      long intervalMillis,
      Listener listener) {
    this.executor = executor;
    this.probeKey = probeKey;
    this.scheduler = scheduler;
    this.listener = listener;
    this.intervalMillis = intervalMillis;
    this.retryMillis = Math.min(RETRY_MILLIS, intervalMillis);
    this.lastEndNanos = System.nanoTime() - TimeUnit.MILLISECONDS.toNanos(retryMillis);
  }

  /** Asks Redis for the first time, soon, in another thread. */
  public void start() {
    plan(0);
  }

  public boolean isHealthy() {
    return healthy;
  }

  /** How long the last answered {@code PING} took; -1 before the first one. */
  public long pingNanos() {
    return pingNanos;
  }

  /** The last {@code PING} of a master; sends none. */
  public Ping ping(RedisExecutor master) {
    return pings.getOrDefault(master, Ping.NONE);
  }

  /** Hears that an operation did not reach Redis. Never waits, whatever the state is. */
  public void operationFailed(RedisUnavailableException failure) {
    if (doubted || failure.kind() == RedisUnavailableException.Kind.NOT_ASKED) {
      return;
    }
    doubted = true;
    if (failure.kind() == RedisUnavailableException.Kind.CONNECTION_LOST) {
      lost(String.valueOf(failure.getMessage()));
    }
    long pausedMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - lastEndNanos);
    plan(Math.max(0, retryMillis - pausedMillis));
  }

  /**
   * Hears that the server refused a request, which may succeed yet. Never waits.
   *
   * @param words the error reply of the server, and the cure
   */
  public void refused(String words) {
    refusedNanos = System.nanoTime();
    if (refused && !healthy) {
      return; // that is known already
    }
    refused = true;
    lost("%s answers %s".formatted(executor.address(), words));
    plan(retryMillis);
  }

  /** How often circuit breakers have opened. */
  public synchronized long breakerOpenings() {
    return breakerOpenings;
  }

  /** Hears that the circuit breaker of a server opened or closed, and asks at once. Never waits. */
  public void breakerChanged(NodeBreaker.Change change) {
    doubted |= change.isOpen();
    synchronized (this) {
      breakerOpenings += change.isOpen() ? 1 : 0;
      if (!closed) {
        notifyListener(() -> listener.changed(change));
      }
    }
    plan(0);
  }

  private synchronized void plan(long delayMillis) {
    if (closed) {
      return;
    }
    if (next != null) {
      next.cancel(/* mayInterruptIfRunning= */ false);
    }
    try {
      next = scheduler.schedule(this::check, delayMillis, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException closing) {
      logger.debug("No health check, the manager is closed");
    }
  }

  private void check() {
    boolean doubtedBefore = doubted;
    doubted = false;
    long lossesBefore = losses();
    try {
      pingNanos = askAll();
      if (!refused) {
        answered(lossesBefore);
      }
    } catch (RuntimeException e) {
      if (saysMuch(e) || doubtedBefore || doubted) {
        lost(String.valueOf(e.getMessage()));
      }
    } catch (Error e) {
      // It says nothing about Redis. Another task throws it, so that the scheduler counts it.
      // Thrown
      // here, it would have this check run again besides the next one.
      notifyListener(
          () -> {
            throw e;
          });
    } finally {
      lastEndNanos = System.nanoTime();
      plan(healthy && !doubted ? intervalMillis : retryMillis);
    }
  }

  /** Asks every server, also after one that fails, and returns how long the slowest took. */
  private long askAll() {
    boolean changes = refused;
    long slowest = 0;
    RuntimeException failure = null;
    Map<RedisExecutor, Ping> asked = new HashMap<>();
    for (RedisExecutor master : executor.masters()) {
      long nanos = ping(master).nanos();
      try {
        long startNanos = System.nanoTime();
        boolean isReplica = ping(master, ping(master).nanos() == UNKNOWN);
        nanos = System.nanoTime() - startNanos;
        slowest = Math.max(slowest, nanos);
        asked.put(master, new Ping(/* isAnswered= */ true, nanos));
        if (changes || isReplica) {
          probe(master);
        }
      } catch (RuntimeException e) {
        boolean says = saysMuch(e);
        asked.put(master, says ? new Ping(/* isAnswered= */ false, nanos) : ping(master));
        if (failure == null || (says && !saysMuch(failure))) {
          failure = e;
        }
      }
    }
    pings = Map.copyOf(asked);
    if (failure != null) {
      throw failure;
    }
    // A server that refuses only some, such as large values, is not well in between.
    long quietNanos = System.nanoTime() - refusedNanos;
    refused &= !changes || quietNanos < TimeUnit.MILLISECONDS.toNanos(QUIET_RETRIES * retryMillis);
    return slowest;
  }

  /** Whether a failure is one of the server: that all connections are in use says nothing. */
  private static boolean saysMuch(RuntimeException failure) {
    return !(failure instanceof RedisUnavailableException e
        && e.kind() == RedisUnavailableException.Kind.NOT_ASKED);
  }

  /**
   * Sends a {@code PING}, and the first time asks which commands the server has. Asks as the
   * greeting does whether the server is another one than before: it may have got other data, or a
   * proxy another server, while connections stayed open.
   *
   * @return whether the server says that it is a replica
   */
  private static boolean ping(RedisExecutor master, boolean isFirst) {
    PooledExecutor pool = master.poolOf(ROUTE);
    CommandArguments question = pool == null ? null : pool.server().lookup().question();
    List<CommandArguments> questions = new ArrayList<>();
    questions.add(new CommandArguments(Command.PING));
    questions.add(new CommandArguments(Command.HELLO));
    if (isFirst) {
      questions.add(RequiredCommands.question());
    }
    if (question != null) {
      questions.add(question);
    }
    List<@Nullable Object> replies = execute(master, questions);
    requireAnswer(master, replies.get(0));
    if (isFirst) {
      RequiredCommands.warnOfMissing(master.address(), replies.get(2));
    }
    if (pool != null && question != null) {
      pool.server().lookup().check(replies.get(questions.size() - 1));
    }
    return !ServerLookup.role(replies.get(1)).equals(ServerLookup.MASTER);
  }

  /** Changes nothing, since there is no such key; but it is refused where changes are. */
  private void probe(RedisExecutor master) {
    Bytes key = probeKeyOf(master);
    if (key != null) {
      CommandArguments set = new CommandArguments(Command.SET).add(key).add("1").add(Keyword.XX);
      requireAnswer(master, execute(master, List.of(set)).get(0));
    }
  }

  /** A node of a cluster redirects keys of other slots, and does not say whether it refuses. */
  private @Nullable Bytes probeKeyOf(RedisExecutor master) {
    if (!executor.isCluster()) {
      return Bytes.utf8(probeKey);
    }
    for (int i = 0; i < MAX_NAMES; i++) {
      Bytes key = Bytes.utf8(probeKey + i);
      if (executor.poolOf(key) == master) {
        return key;
      }
    }
    return null; // too few slots to find one: it is not asked
  }

  private static List<@Nullable Object> execute(
      RedisExecutor master, List<CommandArguments> commands) {
    return master.execute(new Request(OPERATION, ROUTE, /* idempotent= */ true, commands));
  }

  private static void requireAnswer(RedisExecutor master, @Nullable Object reply) {
    // A server that forbids this user to ask is there, and may well allow all else.
    if (reply instanceof JedisDataException error
        && !String.valueOf(error.getMessage()).startsWith("NOPERM")) {
      master.checked(OPERATION, reply);
    }
  }

  private synchronized long losses() {
    return losses;
  }

  /** Unless an operation has lost its connection since: Redis may have gone after its answer. */
  private synchronized void answered(long lossesBefore) {
    if (!healthy && !closed && losses == lossesBefore) {
      healthy = true;
      logger.info("Redis on {} serves again", executor.address());
      notifyListener(listener::restored);
    }
  }

  private void lost(String reason) {
    if (!healthy) {
      return;
    }
    synchronized (this) {
      if (healthy && !closed) {
        healthy = false;
        losses++;
        logger.warn("Redis does not serve: {}", reason);
        notifyListener(() -> listener.lost(reason));
      }
    }
  }

  /** Under the monitor, so that the listener hears of changes in their order. */
  private void notifyListener(Runnable news) {
    try {
      scheduler.execute(news);
    } catch (RejectedExecutionException closing) {
      logger.debug("Nobody is told, the manager is closed");
    }
  }

  /** Ends the checks; the outcome of a running one is not told. */
  @Override
  public synchronized void close() {
    closed = true;
    if (next != null) {
      next.cancel(/* mayInterruptIfRunning= */ false);
    }
  }
}
