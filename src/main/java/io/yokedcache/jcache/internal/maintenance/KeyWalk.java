package io.yokedcache.jcache.internal.maintenance;

import io.yokedcache.jcache.internal.lease.Lease;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import io.yokedcache.jcache.internal.redis.Script;
import io.yokedcache.jcache.internal.redis.error.ErrorMessages;
import io.yokedcache.jcache.internal.store.generation.Generation;
import io.yokedcache.jcache.internal.store.keys.KeyScan;
import io.yokedcache.jcache.internal.store.keys.KeySpace;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;

/**
 * One walk over the keys of a namespace on all masters, page by page. One JVM at a time walks,
 * under a lease that the caller has taken. Each page is a task of the background thread. After a
 * page its master has a pause, so that the walk keeps each master busy for a set ratio of the time
 * only. The other masters have their pages in the pause: the walk advances on all masters alike.
 *
 * <p>A walk fails if the masters change. If only a slot moves between two masters, its keys may be
 * missed or come twice, which the next walk corrects.
 *
 * <p>A walk ends with one call of {@link #ended}, unless the manager is closed. For one thread at a
 * time.
 */
abstract class KeyWalk implements Runnable {

  private static final Logger logger = LoggerFactory.getLogger(KeyWalk.class);

  private static final Script REPORT =
      new Script(KeyWalk.class, "report.lua", /* idempotent= */ true);

  /** The pages of one master. */
  private static final class Turn {

    private final KeyScan scan;

    /** When the pause after the last page ends. */
    private long readyNanos;

    private Turn(KeyScan scan, long readyNanos) {
      this.scan = scan;
      this.readyNanos = readyNanos;
    }
  }

  /** The ways in which a walk ends: a failed one must be repeated. */
  enum End {
    COMPLETED,
    UNWANTED,
    FAILED
  }

  private final Task task;
  private final List<RedisExecutor> masters;

  /** The masters that have more pages. */
  private final List<Turn> turns = new ArrayList<>();

  private long renewedNanos = System.nanoTime();

  /**
   * The texts of a task for the log.
   *
   * @param operation the name of the work
   * @param consequence the consequence of a missing permission, as a sentence with a place for the
   *     address of the server
   * @param cure the setting that turns the work off
   */
  record Texts(String operation, String consequence, String cure) {}

  /**
   * The load that a walk puts on a server.
   *
   * @param pageSize the number of keys of a page
   * @param dutyCycle the ratio of time that a walk may keep the server busy
   */
  record Load(int pageSize, double dutyCycle) {}

  /** Work that walks over all keys now and then. Safe for use by several threads. */
  static final class Task {

    final RedisExecutor executor;
    final ScheduledExecutorService background;
    final String namespace;
    final Load load;

    /** Held by the JVM whose turn it is, for the time {@code held}. */
    final Lease lease;

    final Duration held;
    private final Texts texts;

    /** Whether a missing permission was logged. */
    private final AtomicBoolean warned = new AtomicBoolean();

    Task(
        Texts texts,
        RedisExecutor executor,
        ScheduledExecutorService background,
        String namespace,
        Load load,
        byte[] leaseKey,
        Duration held) {
      this.texts = texts;
      this.executor = executor;
      this.background = background;
      this.namespace = namespace;
      this.load = load;
      this.lease = new Lease(executor, texts.operation, leaseKey, held);
      this.held = held;
    }

    String operation() {
      return texts.operation;
    }

    /** Runs a step later, unless the manager is closed. */
    void schedule(Runnable step, long delay, TimeUnit unit) {
      try {
        var unused = background.schedule(step, delay, unit);
      } catch (RejectedExecutionException closed) {
        logger.debug("No {}: the manager is closed", texts.operation);
      }
    }

    /** Logs a missing permission, once. */
    void warnIfForbidden(RuntimeException e) {
      String missing = ErrorMessages.missingPermission(e);
      if (missing != null && warned.compareAndSet(false, true)) {
        logger.warn(
            "{}: {}. Or set {}.",
            texts.consequence.formatted(executor.address()),
            missing,
            texts.cure);
      }
    }

    /**
     * Reads the tokens that are current in some buckets.
     *
     * @return the tokens by generation key: the empty text if there is no generation, {@code null}
     *     if another application uses the key
     */
    Map<String, @Nullable String> currentTokens(Collection<String> generationKeys) {
      List<Request> requests = new ArrayList<>(generationKeys.size());
      for (String key : generationKeys) {
        Bytes name = Bytes.of(key.getBytes(StandardCharsets.ISO_8859_1));
        requests.add(request(name, List.of(new CommandArguments(Command.GET).add(name))));
      }
      Iterator<List<@Nullable Object>> replies = executor.executeAll(requests).iterator();
      Map<String, @Nullable String> tokens = new HashMap<>();
      for (String key : generationKeys) {
        tokens.put(key, Generation.currentToken(executor, texts.operation, replies.next().get(0)));
      }
      return tokens;
    }

    Request request(Bytes route, List<CommandArguments> commands) {
      return new Request(texts.operation, route, /* idempotent= */ true, commands);
    }

    /** The pause after work that took a time, so that a duty cycle is kept. */
    static long pauseNanos(long tookNanos, double dutyCycle, Duration atMost) {
      return Math.min((long) (tookNanos * (1 / dutyCycle - 1)), atMost.toNanos());
    }
  }

  KeyWalk(Task task) {
    this.task = task;
    this.masters = task.executor.masters();
    byte[] pattern = KeySpace.entriesPattern(task.namespace);
    for (RedisExecutor master : masters) {
      KeyScan scan = new KeyScan(List.of(master), task.operation(), pattern, task.load.pageSize());
      turns.add(new Turn(scan, renewedNanos));
    }
  }

  /** The master whose pause ends first, or {@code null} after the last page. */
  private @Nullable Turn next() {
    Turn next = null;
    for (Turn turn : turns) {
      if (next == null || turn.readyNanos - next.readyNanos < 0) {
        next = turn;
      }
    }
    return next;
  }

  /**
   * Handles a page of names, which may be empty.
   *
   * @return the ratio of time for which the server may be busy with the pages that follow
   */
  abstract double handle(List<byte[]> names);

  /** Returns whether there is work after the last page, which {@link #handleRest} does in steps. */
  boolean hasRest() {
    return false;
  }

  void handleRest() {}

  /** Returns whether the walk may go on. */
  boolean isWanted() {
    return true;
  }

  /** Publishes the result of a complete walk, while the lease is held. */
  abstract void publish();

  abstract void ended(End end);

  @Override
  public final void run() {
    @Nullable End end;
    try {
      long startNanos = System.nanoTime();
      double dutyCycle = task.load.dutyCycle();
      Turn turn = next();
      if (turn != null) {
        dutyCycle = handle(turn.scan.next());
        if (!turn.scan.hasNext()) {
          turns.remove(turn);
        }
      } else {
        handleRest();
      }
      end = proceed(turn, startNanos, dutyCycle);
    } catch (RuntimeException e) {
      task.warnIfForbidden(e);
      logger.debug("The {} ended early and is repeated later", task.operation(), e);
      end = End.FAILED;
    } catch (Error e) {
      ended(End.FAILED); // else there would never be another walk
      throw e;
    }
    if (end != null) {
      ended(end);
    }
  }

  /** Plans the next step, or returns how the walk ends. */
  private @Nullable End proceed(@Nullable Turn turn, long startNanos, double dutyCycle) {
    if (turns.isEmpty() && !masters.equals(task.executor.masters())) {
      logger.debug("The {} ended early: there are other masters", task.operation());
      task.lease.release();
      return End.FAILED;
    }
    boolean more = !turns.isEmpty() || hasRest();
    long now = System.nanoTime();
    if (!more || now - renewedNanos > task.held.toNanos() / 2) {
      if (!task.lease.renew()) {
        logger.debug("The {} ended early: another JVM has taken over", task.operation());
        return End.FAILED;
      }
      renewedNanos = now;
    }
    if (more && isWanted()) {
      // The lease is renewed when half of it is over.
      long pause = Task.pauseNanos(now - startNanos, dutyCycle, task.held.dividedBy(4));
      if (turn != null) {
        turn.readyNanos = now + pause;
      }
      Turn next = next();
      long wait = next == null ? pause : Math.max(0, next.readyNanos - now);
      task.schedule(this, wait, TimeUnit.NANOSECONDS);
      return null;
    }
    if (!more) {
      publish();
    }
    task.lease.release();
    return more ? End.UNWANTED : End.COMPLETED;
  }

  /** Writes a key that expires. Also works on a server that is out of memory. */
  static Script.Call report(byte[] key, byte[] content, long lifeMillis) {
    byte[] millis = Long.toString(lifeMillis).getBytes(StandardCharsets.US_ASCII);
    return REPORT.call(List.of(key), List.of(content, millis));
  }
}
