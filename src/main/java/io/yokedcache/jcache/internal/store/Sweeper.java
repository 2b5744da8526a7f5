package io.yokedcache.jcache.internal.store;

import io.yokedcache.jcache.configuration.SweepSettings;
import io.yokedcache.jcache.internal.store.KeyScan.ScanReply;
import io.yokedcache.jcache.internal.store.KeySpace.EntryName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
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
import redis.clients.jedis.args.Rawable;

/**
 * Deletes the entries of dead generations of one namespace: some time after a {@code clear()}, and
 * now and then for what a writer with a stale token left behind.
 *
 * <p>One JVM at a time sweeps, by a leased key. A pass is a chain of small tasks, one page of
 * {@code SCAN} each, with pauses in between so that the server is busy with it for a set share of
 * time only. An entry is dead if its token is not the one that its bucket's generation key holds
 * <em>after</em> the entry was seen: tokens never come back, so it is dead for ever.
 */
final class Sweeper {

  private static final Logger logger = LoggerFactory.getLogger(Sweeper.class);
  private static final String OPERATION = "sweep";
  private static final Duration LEASE = Duration.ofMinutes(1);

  /** The least pause before another attempt while another JVM sweeps. */
  private static final long MIN_RETRY_MILLIS = 1_000;

  /** The share of time for a page of nothing but dead entries. */
  private static final double MAX_DUTY_CYCLE = 0.9;

  private final RedisExecutor executor;
  private final SweepSettings settings;
  private final ScheduledExecutorService background;
  private final byte[] pattern;
  private final Lease lease;

  /** Whether a pass is planned or under way; a request meanwhile is remembered in the other. */
  private final AtomicBoolean planned = new AtomicBoolean();

  private final AtomicBoolean requested = new AtomicBoolean();

  Sweeper(
      RedisExecutor executor,
      String namespace,
      SweepSettings settings,
      ScheduledExecutorService background) {
    this.executor = executor;
    this.settings = settings;
    this.background = background;
    this.pattern = KeySpace.scanPattern(namespace);
    this.lease = new Lease(executor, OPERATION, KeySpace.sweepLeaseKey(namespace), LEASE);
    if (settings.enabled()) {
      long every = settings.interval().toMillis();
      var unused =
          background.scheduleWithFixedDelay(this::request, every, every, TimeUnit.MILLISECONDS);
    }
  }

  /** Asks for a pass, soon; requests that come close together share one. */
  void request() {
    if (!settings.enabled()) {
      return;
    }
    requested.set(true);
    plan();
  }

  private void plan() {
    if (planned.compareAndSet(false, true)) {
      requested.set(false);
      schedule(this::begin, settings.delay().toMillis());
    }
  }

  private void retry() {
    long millis = Math.max(MIN_RETRY_MILLIS, settings.delay().toMillis());
    schedule(this::begin, millis);
  }

  private void schedule(Runnable task, long millis) {
    try {
      var unused = background.schedule(task, millis, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException closed) {
      logger.debug("No sweep, the manager is closed");
    }
  }

  private void begin() {
    try {
      if (lease.take()) {
        new Pass().step();
        return;
      }
      // Another JVM sweeps, but it may have passed our dead entries already.
    } catch (RuntimeException e) {
      logger.debug("A sweep could not begin; it is tried again", e);
    }
    retry();
  }

  private void end() {
    planned.set(false);
    if (requested.get()) {
      plan();
    }
  }

  private static @Nullable Object command(RedisExecutor on, CommandArguments command) {
    Iterator<Rawable> arguments = command.iterator();
    arguments.next(); // the command's name
    Bytes route = Bytes.of(arguments.hasNext() ? arguments.next().getRaw() : new byte[0]);
    return new ScriptRunner(on).command(OPERATION, route, /* idempotent= */ true, command);
  }

  /** One pass over all masters. */
  private final class Pass implements Runnable {

    private final List<RedisExecutor> masters = new ArrayList<>(executor.masters());
    private String cursor = "0";
    private long swept;

    @Override
    public void run() {
      step();
    }

    private void step() {
      long startNanos = System.nanoTime();
      double deadShare;
      try {
        deadShare = sweepPage(masters.get(0));
        if (cursor.equals("0")) {
          masters.remove(0);
        }
        if (masters.isEmpty()) {
          lease.release();
          logger.debug("Swept {} dead entries", swept);
          end();
          return;
        }
        if (!lease.renew()) {
          logger.debug("A sweep ended early, another JVM has taken over; another one follows");
          retry();
          return;
        }
      } catch (RuntimeException e) {
        logger.debug("A sweep ended early; another one follows", e);
        retry();
        return;
      }
      long tookMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
      // Where most is dead, waiting would let it pile up faster than it is swept.
      double dutyCycle = Math.max(settings.dutyCycle(), deadShare * MAX_DUTY_CYCLE);
      double pause = (tookMillis + 1) * (1 / dutyCycle - 1);
      schedule(this, (long) Math.min(pause, LEASE.toMillis() / 4.0));
    }

    /** Sweeps one page and returns the share of dead entries in it. */
    private double sweepPage(RedisExecutor master) {
      ScanReply reply = ScanReply.request(master, OPERATION, cursor, pattern, settings.pageSize());
      cursor = reply.cursor();
      Map<String, Map<byte[], EntryName>> byBucket = new HashMap<>();
      for (byte[] name : reply.names()) {
        EntryName entry = EntryName.parse(name);
        if (entry != null) {
          byBucket
              .computeIfAbsent(entry.generationKey(), key -> new IdentityHashMap<>())
              .put(name, entry);
        }
      }
      long dead = 0;
      for (Map<byte[], EntryName> entries : byBucket.values()) {
        dead += sweepBucket(entries);
      }
      swept += dead;
      return (double) dead / Math.max(1, reply.names().size());
    }

    /** Deletes those of some entries of one bucket that are dead; they share a slot. */
    private long sweepBucket(Map<byte[], EntryName> entries) {
      String current = currentToken(entries.values().iterator().next());
      CommandArguments unlink = new CommandArguments(Command.UNLINK);
      entries.forEach(
          (name, entry) -> {
            if (!entry.token().equals(current)) {
              unlink.add(name);
            }
          });
      long dead = unlink.size() - 1L;
      if (dead > 0) {
        command(executor, unlink);
      }
      return dead;
    }

    private String currentToken(EntryName entry) {
      Object raw =
          command(executor, new CommandArguments(Command.GET).add(entry.generationKeyBytes()));
      return raw instanceof byte[] bytes ? Generation.token(bytes) : "";
    }
  }
}
