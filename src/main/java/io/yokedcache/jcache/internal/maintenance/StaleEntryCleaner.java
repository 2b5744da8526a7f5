package io.yokedcache.jcache.internal.maintenance;

import io.yokedcache.jcache.configuration.Settings;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.Lease;
import io.yokedcache.jcache.internal.redis.MissingPermission;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import io.yokedcache.jcache.internal.redis.Script;
import io.yokedcache.jcache.internal.redis.ScriptRunner;
import io.yokedcache.jcache.internal.store.Generation;
import io.yokedcache.jcache.internal.store.KeyScan.ScanReply;
import io.yokedcache.jcache.internal.store.KeySpace;
import io.yokedcache.jcache.internal.store.KeySpace.EntryName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
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
 * <p>Now and then means once an interval for all JVMs: the pass leaves a key that expires after the
 * interval, and as long as that is there nobody begins another one unless a cache was cleared.
 *
 * <p>One JVM at a time sweeps, by a leased key. A pass is a chain of small tasks, one page of
 * {@code SCAN} each, with pauses in between so that the server is busy with it for a set share of
 * time only. An entry is dead if its token is not the one that its bucket's generation key holds
 * <em>after</em> the entry was seen: tokens never come back, so it is dead for ever.
 */
public final class StaleEntryCleaner {

  private static final Logger logger = LoggerFactory.getLogger(StaleEntryCleaner.class);
  private static final String OPERATION = "sweep";
  private static final Duration LEASE = Duration.ofMinutes(1);

  /** The least pause before another attempt while another JVM sweeps. */
  private static final long MIN_RETRY_MILLIS = 1_000;

  /** The share of time for a page of nothing but dead entries. */
  private static final double MAX_DUTY_CYCLE = 0.9;

  /** How many keys are looked at for one page of entries that are counted: some milliseconds. */
  private static final int COUNTED_PAGE = 1_000;

  private static final long MAX_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final RedisExecutor executor;
  private final Settings.StaleEntries settings;
  private final ScheduledExecutorService background;
  private final byte[] pattern;
  private final byte[] staleEntriesCleanedKey;
  private final Lease lease;

  /** Held for the dead entries of a page, and while generations end whose entries are counted. */
  private final ReentrantLock pages = new ReentrantLock();

  /** The tokens of generations whose entries are being counted here, and so left alone. */
  private final Set<String> counted = ConcurrentHashMap.newKeySet();

  /** Whether a pass is planned or under way; a request meanwhile is remembered in the other. */
  private final AtomicBoolean planned = new AtomicBoolean();

  private final AtomicBoolean requested = new AtomicBoolean();

  private final AtomicBoolean warned = new AtomicBoolean();

  public StaleEntryCleaner(
      RedisExecutor executor,
      String namespace,
      Settings.StaleEntries settings,
      ScheduledExecutorService background) {
    this.executor = executor;
    this.settings = settings;
    this.background = background;
    this.pattern = KeySpace.scanPattern(namespace);
    this.lease = new Lease(executor, OPERATION, KeySpace.staleEntriesLeaseKey(namespace), LEASE);
    this.staleEntriesCleanedKey = KeySpace.staleEntriesCleanedKey(namespace);
    if (settings.enabled()) {
      schedule(this::remind, settings.interval().toMillis());
    }
  }

  /** Begins a pass if none was made for the interval, by whichever JVM, and looks again later. */
  private void remind() {
    long nextMillis = settings.interval().toMillis();
    try {
      long leftMillis = millisUntilDue();
      if (leftMillis <= 0) {
        plan();
      } else {
        nextMillis = Math.min(nextMillis, leftMillis);
      }
    } catch (RuntimeException e) {
      logger.debug("It is not known whether a sweep is due", e);
    } finally {
      schedule(this::remind, nextMillis); // whatever happened, an error of the JVM included
    }
  }

  /** How long the last pass lets everybody wait, 0 or less if a pass is due. */
  private long millisUntilDue() {
    Object left = command(executor, new CommandArguments(Command.PTTL).add(staleEntriesCleanedKey));
    // What has no end, or a later one than this JVM would give it, must not put off its passes.
    return left instanceof Long millis && millis <= settings.interval().toMillis() ? millis : 0;
  }

  /** Tells all JVMs that a pass was made. */
  private void publish() {
    try {
      var unused =
          new ScriptRunner(executor)
              .call(
                  OPERATION,
                  Script.report(
                      staleEntriesCleanedKey, new byte[] {'1'}, settings.interval().toMillis()));
    } catch (RuntimeException e) {
      logger.debug("Other JVMs are not told of a sweep, and may make another one", e);
    }
  }

  /** Asks for a pass, soon; requests that come close together share one. */
  public void request() {
    if (!settings.enabled()) {
      return;
    }
    requested.set(true);
    plan();
  }

  private void plan() {
    if (planned.compareAndSet(false, true)) {
      beginIn(settings.delay().toMillis());
    }
  }

  private void retry() {
    beginIn(Math.max(MIN_RETRY_MILLIS, settings.delay().toMillis()));
  }

  private void beginIn(long millis) {
    boolean begins = false;
    try {
      schedule(this::begin, millis);
      begins = true;
    } finally {
      if (!begins) {
        planned.set(false); // so that who asks next plans anew
      }
    }
  }

  /** Has a pass made that could not be made to its end. */
  private void again() {
    requested.set(true);
    retry();
  }

  private void schedule(Runnable task, long millis) {
    try {
      var unused = background.schedule(task, millis, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException closed) {
      logger.debug("No sweep, the manager is closed");
    }
  }

  private void begin() {
    boolean wanted = requested.getAndSet(false);
    try {
      if (lease.take()) {
        // Others may have been reminded at the same time, and one of them may have been first.
        if (wanted || millisUntilDue() <= 0) {
          new Pass(/* isReminded= */ !wanted).step();
        } else {
          lease.release();
          end();
        }
        return;
      }
      if (!wanted) {
        end();
        return;
      }
      // Another JVM sweeps, but it may have passed our dead entries already.
    } catch (RuntimeException e) {
      warnOfMissingRight(e);
      logger.debug("A sweep could not begin; it is tried again", e);
    } catch (Error e) {
      requested.compareAndSet(false, wanted);
      retry(); // else it would count as planned for ever
      throw e;
    }
    requested.compareAndSet(false, wanted);
    retry();
  }

  private void warnOfMissingRight(RuntimeException e) {
    String missing = MissingPermission.of(e);
    if (missing != null && warned.compareAndSet(false, true)) {
      logger.warn(
          "Dead entries on {} are not swept: {}. Or set yokedcache.stale-entries.enabled = false.",
          executor.address(),
          missing);
    }
  }

  private void end() {
    planned.set(false);
    if (requested.get()) {
      plan();
    }
  }

  /**
   * Ends generations whose entries are going to be counted, so that no pass here deletes any of
   * these before.
   *
   * @param end ends them and returns their tokens
   */
  public RemovedEntries count(String operation, KeySpace names, Supplier<Set<String>> end) {
    Set<String> tokens;
    pages.lock();
    try {
      tokens = end.get();
      counted.addAll(tokens);
    } finally {
      pages.unlock();
    }
    return new RemovedEntries(
        executor,
        operation,
        names,
        COUNTED_PAGE,
        tokens,
        () -> counted.removeAll(tokens),
        this::request);
  }

  /** Counts the rest of entries that were removed, with the pauses of a sweep. */
  public void countLater(RemovedEntries removed, LongConsumer count) {
    countSoon(() -> countPage(removed, count), 0, removed);
  }

  private void countPage(RemovedEntries removed, LongConsumer count) {
    long startNanos = System.nanoTime();
    try {
      count.accept(removed.nextPage());
    } catch (RuntimeException e) {
      logger.debug("Removed entries are not counted any more", e);
      removed.giveUp();
    } catch (Error e) {
      removed.giveUp();
      throw e;
    }
    if (!removed.isDone()) {
      double pause = (System.nanoTime() - startNanos) * (1 / settings.dutyCycle() - 1);
      long nanos = Math.min((long) pause, MAX_PAUSE_NANOS);
      countSoon(() -> countPage(removed, count), nanos, removed);
    }
  }

  private void countSoon(Runnable task, long nanos, RemovedEntries removed) {
    try {
      var unused = background.schedule(task, nanos, TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException closed) {
      removed.giveUp();
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

    private final boolean isReminded;
    private final List<RedisExecutor> masters = new ArrayList<>(executor.masters());
    private String cursor = "0";
    private long swept;

    Pass(boolean isReminded) {
      this.isReminded = isReminded;
    }

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
          if (isReminded) {
            publish();
          }
          lease.release();
          logger.debug("Swept {} dead entries", swept);
          end();
          return;
        }
        if (!lease.renew()) {
          logger.debug("A sweep ended early, another JVM has taken over; another one follows");
          again();
          return;
        }
      } catch (RuntimeException e) {
        warnOfMissingRight(e);
        logger.debug("A sweep ended early; another one follows", e);
        again();
        return;
      } catch (Error e) {
        again();
        throw e;
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
        pages.lock();
        try {
          dead += sweepBucket(entries);
        } finally {
          pages.unlock();
        }
      }
      swept += dead;
      return (double) dead / Math.max(1, reply.names().size());
    }

    /** Deletes those of some entries of one bucket that are dead; they share a slot. */
    private long sweepBucket(Map<byte[], EntryName> entries) {
      String current = currentToken(entries.values().iterator().next());
      if (current == null) {
        return 0; // somebody else's, as are the keys that look like its entries
      }
      CommandArguments unlink = new CommandArguments(Command.UNLINK);
      entries.forEach(
          (name, entry) -> {
            if (!entry.token().equals(current) && !counted.contains(entry.token())) {
              unlink.add(name);
            }
          });
      long dead = unlink.size() - 1L;
      if (dead > 0) {
        command(executor, unlink);
      }
      return dead;
    }

    private @Nullable String currentToken(EntryName entry) {
      byte[] key = entry.generationKeyBytes();
      Request request =
          new Request(
              OPERATION,
              Bytes.of(key),
              /* idempotent= */ true,
              List.of(new CommandArguments(Command.GET).add(key)));
      return Generation.currentToken(
          new ScriptRunner(executor), OPERATION, executor.execute(request).get(0));
    }
  }
}
