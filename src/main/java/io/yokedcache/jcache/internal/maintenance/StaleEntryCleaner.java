package io.yokedcache.jcache.internal.maintenance;

import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import io.yokedcache.jcache.internal.redis.Script;
import io.yokedcache.jcache.internal.settings.Settings;
import io.yokedcache.jcache.internal.store.keys.KeySpace;
import io.yokedcache.jcache.internal.store.keys.KeySpace.EntryName;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
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
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;

/**
 * Deletes the entries of generations that have ended, in one namespace: some time after a {@code
 * clear()}, and once an interval for entries that a writer with an old token left behind.
 *
 * <p>The regular pass is made once an interval for all JVMs. It leaves a key that expires after the
 * interval, and while the key exists no JVM begins another regular pass.
 *
 * <p>An entry is stale if its token differs from the token that its bucket's generation key holds
 * <em>after</em> the entry was seen. Tokens never come back, so a stale entry stays stale.
 *
 * <p>{@code removeAll()} of a cache with statistics ends generations as well, but has their entries
 * {@linkplain RemovedEntries counted}. A pass of this JVM leaves these entries alone. Safe for use
 * by several threads.
 */
public final class StaleEntryCleaner {

  private static final Logger logger = LoggerFactory.getLogger(StaleEntryCleaner.class);
  private static final String OPERATION = "deletion of stale entries";
  private static final KeyWalk.Texts TEXTS =
      new KeyWalk.Texts(
          OPERATION,
          "Stale entries on %s are not deleted",
          "yokedcache.stale-entries.enabled = false");
  private static final Script COUNT =
      new Script(StaleEntryCleaner.class, "count.lua", /* idempotent= */ false);
  private static final Duration LEASE = Duration.ofMinutes(1);

  /** The least pause before another attempt while another JVM holds the lease. */
  private static final long MIN_RETRY_MILLIS = 1_000;

  /** The duty cycle for a page of nothing but stale entries. */
  private static final double MAX_DUTY_CYCLE = 0.9;

  /** The number of keys that one page of counted entries looks at, which takes milliseconds. */
  private static final int COUNTED_PAGE = 1_000;

  private static final Duration MAX_COUNT_PAUSE = Duration.ofSeconds(1);

  private final RedisExecutor executor;
  private final Settings.StaleEntries settings;
  private final KeyWalk.Task task;
  private final byte[] cleanedKey;

  /** Held while the stale entries of a page are deleted, and while counted generations end. */
  private final ReentrantLock deletion = new ReentrantLock();

  /** The tokens of generations whose entries are being counted here. */
  private final Set<String> counted = ConcurrentHashMap.newKeySet();

  /** Whether a pass is planned or under way. */
  private final AtomicBoolean planned = new AtomicBoolean();

  /** Whether another pass was requested since the last one began. */
  private final AtomicBoolean requested = new AtomicBoolean();

  /**
   * Creates it, and plans the first regular pass if {@code stale-entries.enabled} is set.
   *
   * @param background the thread of the passes
   */
  public StaleEntryCleaner(
      RedisExecutor executor,
      String namespace,
      Settings.StaleEntries settings,
      ScheduledExecutorService background) {
    this.executor = executor;
    this.settings = settings;
    this.cleanedKey = KeySpace.staleEntriesCleanedKey(namespace);
    this.task =
        new KeyWalk.Task(
            TEXTS,
            executor,
            background,
            namespace,
            new KeyWalk.Load(settings.pageSize(), settings.dutyCycle()),
            KeySpace.staleEntriesLeaseKey(namespace),
            LEASE);
    if (settings.enabled()) {
      scheduleRegularPass(settings.interval().toMillis());
    }
  }

  private void scheduleRegularPass(long millis) {
    task.schedule(this::planRegularPass, millis, TimeUnit.MILLISECONDS);
  }

  /** Plans a pass if no JVM made one for the interval, and looks again later. */
  private void planRegularPass() {
    long nextMillis = settings.interval().toMillis();
    try {
      long leftMillis = millisUntilDue();
      if (leftMillis <= 0) {
        plan();
      } else {
        nextMillis = Math.min(nextMillis, leftMillis);
      }
    } catch (RuntimeException e) {
      logger.debug("It is not known whether a {} is due", OPERATION, e);
    } finally {
      scheduleRegularPass(nextMillis); // after an error of the JVM as well
    }
  }

  /** The time until the next regular pass is due, 0 or less if it is due. */
  private long millisUntilDue() {
    Object left =
        executor.command(
            OPERATION,
            Bytes.of(cleanedKey),
            /* idempotent= */ true,
            new CommandArguments(Command.PTTL).add(cleanedKey));
    // A key without an end, or with one after the interval of this JVM, must not delay its passes.
    return left instanceof Long millis && millis <= settings.interval().toMillis() ? millis : 0;
  }

  /** Requests a pass, soon; requests that come close together share one. */
  public void request() {
    if (settings.enabled()) {
      requested.set(true);
      plan();
    }
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
      task.schedule(this::begin, millis, TimeUnit.MILLISECONDS);
      begins = true;
    } finally {
      if (!begins) {
        planned.set(false); // so that the next request plans again
      }
    }
  }

  private void begin() {
    boolean wasRequested = requested.getAndSet(false);
    @Nullable Pass pass = null;
    try {
      if (!task.lease.take()) {
        if (!wasRequested) {
          end();
          return;
        }
        // The pass of the other JVM may be past the entries that became stale here.
      } else if (wasRequested || millisUntilDue() <= 0) {
        pass = new Pass(/* isRegular= */ !wasRequested);
      } else { // another JVM has made the regular pass
        task.lease.release();
        end();
        return;
      }
    } catch (RuntimeException e) {
      task.warnIfForbidden(e);
      logger.debug("A {} could not begin and is tried again", OPERATION, e);
    } catch (Error e) {
      requested.compareAndSet(false, wasRequested);
      retry(); // else it would count as planned for ever
      throw e;
    }
    if (pass != null) {
      pass.run();
    } else {
      requested.compareAndSet(false, wasRequested);
      retry();
    }
  }

  private void end() {
    planned.set(false);
    if (requested.get()) {
      plan();
    }
  }

  /**
   * Ends generations whose entries are to be counted. No pass of this JVM deletes them first.
   *
   * @param end ends the generations and returns their tokens
   */
  public RemovedEntries count(String operation, KeySpace names, Supplier<Set<String>> end) {
    deletion.lock();
    try {
      Set<String> tokens = end.get();
      counted.addAll(tokens);
      return new RemovedEntries(operation, names, tokens);
    } finally {
      deletion.unlock();
    }
  }

  /**
   * The entries of generations that have ended, which are deleted and counted page by page. They
   * are deleted at once, so that each is counted once even if {@code SCAN} repeats it. For one
   * thread at a time.
   */
  public final class RemovedEntries {

    private static final String NO_CURSOR = "0";

    private final String operation;
    private final KeySpace names;
    private final Set<String> tokens;
    private String cursor = NO_CURSOR;
    private boolean isDone;

    /** The names of the buckets' keys on a cluster; {@code null} on one server. */
    private final @Nullable Iterator<List<byte[]>> scan;

    private RemovedEntries(String operation, KeySpace names, Set<String> tokens) {
      this.operation = operation;
      this.names = names;
      this.tokens = Set.copyOf(tokens);
      this.isDone = tokens.isEmpty();
      this.scan =
          !isDone && executor.isCluster()
              ? names.scan(executor, operation, COUNTED_PAGE, List.of())
              : null;
    }

    /** Whether all are deleted and counted, or were given up. */
    public boolean isDone() {
      return isDone;
    }

    /** Deletes the entries of the next page, and returns their number. */
    public long nextPage() {
      return scan == null ? pageByScript() : pageOf(scan);
    }

    /** On a cluster: a script of one node does not reach the keys of the others. */
    private long pageOf(Iterator<List<byte[]>> pages) {
      Map<String, CommandArguments> byBucket = new LinkedHashMap<>();
      for (byte[] name : pages.next()) {
        EntryName entry = names.parse(name);
        if (entry != null && tokens.contains(entry.token())) {
          byBucket
              .computeIfAbsent(entry.generationKey(), key -> new CommandArguments(Command.UNLINK))
              .add(name);
        }
      }
      List<Request> requests = new ArrayList<>(byBucket.size());
      byBucket.forEach(
          (key, unlink) ->
              requests.add(
                  new Request(
                      operation, Bytes.utf8(key), /* idempotent= */ false, List.of(unlink))));
      long deleted = 0;
      for (List<@Nullable Object> replies : executor.executeAll(requests)) {
        if (executor.checked(operation, replies.get(0)) instanceof Long number) {
          deleted += number;
        }
      }
      if (!pages.hasNext()) {
        end();
      }
      return deleted;
    }

    private long pageByScript() {
      List<byte[]> arguments = new ArrayList<>();
      arguments.add(ascii(cursor));
      arguments.add(names.entriesPattern());
      arguments.add(ascii(Integer.toString(COUNTED_PAGE)));
      tokens.forEach(token -> arguments.add(ascii(token)));
      Object reply =
          executor.call(
              operation, COUNT.call(List.of(names.generationKey(/* bucket= */ 0)), arguments));
      if (!(reply instanceof List<?> both)
          || both.size() != 2
          || !(both.get(0) instanceof byte[] next)
          || !(both.get(1) instanceof Long deleted)) {
        throw new CacheException(operation + " failed: count.lua answered " + reply);
      }
      cursor = new String(next, StandardCharsets.US_ASCII);
      if (cursor.equals(NO_CURSOR)) {
        end();
      }
      return deleted;
    }

    /** Leaves the entries that are not deleted yet to the next pass. */
    public void giveUp() {
      if (!isDone) {
        end();
        request();
      }
    }

    private void end() {
      isDone = true;
      counted.removeAll(tokens);
    }

    /**
     * Counts the rest in the background, with pauses.
     *
     * @param count takes the number of entries of each page
     */
    public void countLater(LongConsumer count) {
      countIn(0, count);
    }

    private void countIn(long nanos, LongConsumer count) {
      try {
        var unused = task.background.schedule(() -> countPage(count), nanos, TimeUnit.NANOSECONDS);
      } catch (RejectedExecutionException closed) {
        giveUp();
      }
    }

    private void countPage(LongConsumer count) {
      long startNanos = System.nanoTime();
      try {
        count.accept(nextPage());
      } catch (RuntimeException e) {
        logger.debug("The rest of the removed entries is not counted", e);
        giveUp();
      } catch (Error e) {
        giveUp();
        throw e;
      }
      if (!isDone) {
        long took = System.nanoTime() - startNanos;
        countIn(KeyWalk.Task.pauseNanos(took, task.load.dutyCycle(), MAX_COUNT_PAUSE), count);
      }
    }

    private static byte[] ascii(String text) {
      return text.getBytes(StandardCharsets.US_ASCII);
    }
  }

  private final class Pass extends KeyWalk {

    private final boolean isRegular;
    private long deleted;

    Pass(boolean isRegular) {
      super(task);
      this.isRegular = isRegular;
    }

    @Override
    double handle(List<byte[]> page) {
      Map<String, Map<byte[], EntryName>> byBucket = new LinkedHashMap<>();
      for (byte[] name : page) {
        EntryName entry = EntryName.parse(name);
        if (entry != null) {
          byBucket
              .computeIfAbsent(entry.generationKey(), key -> new IdentityHashMap<>())
              .put(name, entry);
        }
      }
      long stale;
      deletion.lock();
      try {
        stale = deleteStale(byBucket);
      } finally {
        deletion.unlock();
      }
      deleted += stale;
      // Where most entries are stale, long pauses would let them pile up.
      double staleRatio = (double) stale / Math.max(1, page.size());
      return Math.max(settings.dutyCycle(), staleRatio * MAX_DUTY_CYCLE);
    }

    /**
     * Deletes the stale entries among some, in two round trips. The entries of a bucket share a
     * slot, and a command.
     */
    private long deleteStale(Map<String, Map<byte[], EntryName>> byBucket) {
      Map<String, @Nullable String> tokens = task.currentTokens(byBucket.keySet());
      List<Request> deletions = new ArrayList<>();
      long stale = 0;
      for (Map.Entry<String, Map<byte[], EntryName>> bucket : byBucket.entrySet()) {
        Map<byte[], EntryName> entries = bucket.getValue();
        String current = tokens.get(bucket.getKey());
        if (current == null) {
          continue; // another application uses the key, and names that look like entries
        }
        CommandArguments unlink = new CommandArguments(Command.UNLINK);
        entries.forEach(
            (name, entry) -> {
              if (!entry.token().equals(current) && !counted.contains(entry.token())) {
                unlink.add(name);
              }
            });
        if (unlink.size() > 1) {
          stale += unlink.size() - 1L;
          Bytes route = Bytes.of(entries.keySet().iterator().next());
          deletions.add(task.request(route, List.of(unlink)));
        }
      }
      executor
          .executeAll(deletions)
          .forEach(replies -> executor.checked(OPERATION, replies.get(0)));
      return stale;
    }

    @Override
    void publish() {
      logger.debug("Deleted {} stale entries", deleted);
      if (!isRegular) {
        return;
      }
      try {
        var unused =
            executor.call(
                OPERATION,
                KeyWalk.report(cleanedKey, new byte[] {'1'}, settings.interval().toMillis()));
      } catch (RuntimeException e) {
        logger.debug("Other JVMs do not know of this pass, and may make another one", e);
      }
    }

    @Override
    void ended(End end) {
      if (end == End.FAILED) {
        requested.set(true);
        retry();
      } else {
        end();
      }
    }
  }
}
