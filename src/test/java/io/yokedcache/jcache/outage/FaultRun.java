package io.yokedcache.jcache.outage;

import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.OutageFigures;
import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.YokedCachingProvider;
import io.yokedcache.jcache.robustness.ConnectionBean;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.configuration.MutableConfiguration;
import javax.management.JMException;
import org.awaitility.core.ConditionTimeoutException;

/**
 * Managers that share nothing but the servers, as those of several JVMs, with threads that change
 * and read entries and check each value, while faults happen. For one thread.
 */
final class FaultRun implements AutoCloseable {

  /** Two managers: one is cut off by the fault {@code partition-one}, the other one is not. */
  static final int JVMS = 2;

  private static final int KEYS_OF_EACH = 32;
  private static final int READERS_OF_EACH = 2;
  private static final Duration NEAR_STALENESS = Duration.ofMillis(100);
  private static final Duration RECOVERY_BOUND = Duration.ofSeconds(60);

  /** So many calls a second leave the servers and the other threads some processor time. */
  static final Pace MODERATE = new Pace(Duration.ZERO, /* pauseNanos= */ 500_000);

  private static final int MAX_EXAMPLES = 10;
  private static final Pattern ANSWER = Pattern.compile("the server answered ([A-Z]+)");

  /**
   * How much the threads do.
   *
   * @param before how long they work before the fault
   * @param pauseNanos the pause of each thread after a call
   */
  record Pace(Duration before, long pauseNanos) {}

  /** How the caches of a run are configured. */
  record Mode(String onFailure, boolean near, Duration commandTimeout) {

    boolean degrades() {
      return onFailure.equals("degrade");
    }

    @Override
    public String toString() {
      return onFailure + (near ? "+near" : "");
    }
  }

  /**
   * The figures of one fault.
   *
   * @param errors calls that threw, by kind
   * @param stale values that had been replaced or removed, by an acknowledged call or one of the
   *     same JVM, without the next ones
   * @param split those that were read less than {@link FailOverTimes#BOUND} after a sentinel first
   *     named a new master, when JVMs may use different masters
   * @param splitMillis the longest time after which such a read began
   * @param failOvers how often sentinels replaced the master, or JVMs found another one
   * @param staleAfter the same after the recovery, when all keys were read once more
   * @param lost entries that were missing after the recovery though nothing had failed for them
   * @param rightAfterMillis how long after the end of the fault each JVM read its own writes again
   * @param examples some of the stale and lost values
   */
  record Report(
      Target.Deployment deployment,
      Mode mode,
      Fault fault,
      long calls,
      Map<String, Long> errors,
      double longestMillis,
      double percentile99Millis,
      long stale,
      long split,
      double splitMillis,
      int failOvers,
      long staleAfter,
      long lost,
      double rightAfterMillis,
      List<String> examples) {

    static String header() {
      return String.format(
          Locale.ROOT,
          "%-10s %-13s %-17s %8s %10s %10s %6s %6s %8s %5s %6s %5s %9s  %s",
          "servers",
          "mode",
          "fault",
          "calls",
          "p99 ms",
          "longest ms",
          "stale",
          "split",
          "split ms",
          "f.o.",
          "after",
          "lost",
          "right ms",
          "errors");
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%-10s %-13s %-17s %8d %10.2f %10.1f %6d %6d %8.0f %5d %6d %5d %9.0f  %s",
          deployment.name().toLowerCase(Locale.ROOT),
          mode,
          fault,
          calls,
          percentile99Millis,
          longestMillis,
          stale,
          split,
          splitMillis,
          failOvers,
          staleAfter,
          lost,
          rightAfterMillis,
          errors);
    }
  }

  private final Target target;
  private final Mode mode;
  private final Pace pace;
  private final List<YokedCachingProvider> providers = new ArrayList<>();
  private final List<Cache<String, Long>> caches = new ArrayList<>();
  private int faults;

  FaultRun(Target target, Mode mode) {
    this(target, mode, MODERATE);
  }

  FaultRun(Target target, Mode mode, Pace pace) {
    this.pace = pace;
    this.target = target;
    this.mode = mode;
    String cacheName = "bench-" + mode;
    for (int jvm = 0; jvm < JVMS; jvm++) {
      Properties properties = new Properties();
      properties.setProperty(
          "yokedcache.connection.command-timeout", mode.commandTimeout.toMillis() + "ms");
      properties.setProperty(
          "yokedcache.connection.connect-timeout", mode.commandTimeout.toMillis() + "ms");
      properties.setProperty("yokedcache.health.interval", "200ms");
      if (mode.near) {
        properties.setProperty("yokedcache.defaults.near.enabled", "true");
        properties.setProperty("yokedcache.near.max-staleness", NEAR_STALENESS.toMillis() + "ms");
      }
      if (mode.degrades()) {
        properties.setProperty("yokedcache.defaults.on-failure", mode.onFailure);
      }
      YokedCachingProvider provider = new YokedCachingProvider();
      providers.add(provider);
      CacheManager manager = provider.getCacheManager(target.uri(jvm), null, properties);
      caches.add(
          manager.createCache(
              cacheName,
              new MutableConfiguration<String, Long>().setTypes(String.class, Long.class)));
    }
  }

  /** Has a fault for that time, waits until all is right again, and returns the figures. */
  Report run(Fault fault, Duration duration) {
    int failOversBefore = failOvers();
    Load load = new Load();
    long end;
    long right;
    try {
      load.start();
      load.awaitRounds(2);
      LockSupport.parkNanos(pace.before.toNanos());
      load.measuring = true;
      fault.begin().accept(target);
      long deadline = System.nanoTime() + duration.toNanos();
      while (System.nanoTime() - deadline < 0) {
        fault.again().accept(target);
        LockSupport.parkNanos(Math.min(deadline - System.nanoTime(), 100_000_000));
      }
      load.measuring = false;
      load.halfIsQuiet = true;
      fault.end().accept(target);
      end = System.nanoTime();
      right = awaitRight(fault);
      target.awaitWell();
      awaitAgreed(fault);
      load.awaitRounds(2);
    } finally {
      load.stop();
    }
    awaitSettled(fault);
    Report report = load.report(fault, (right - end) / 1e6, failOvers() - failOversBefore);
    caches.get(0).removeAll(load.keys.stream().map(key -> key.name).collect(Collectors.toSet()));
    return report;
  }

  /** Waits until each JVM owes nothing. */
  private void awaitSettled(Fault fault) {
    await("nothing is owed after " + fault + " in mode " + mode)
        .atMost(RECOVERY_BOUND)
        .pollInterval(Duration.ofMillis(5))
        .until(() -> caches.stream().allMatch(OutageFigures::owesNothing));
  }

  /** Waits until each JVM reads what it has just written, and returns since when. */
  private long awaitRight(Fault fault) {
    AtomicLong number = new AtomicLong(System.nanoTime());
    Set<Integer> right = new HashSet<>();
    AtomicLong since = new AtomicLong();
    try {
      await("own changes are read after " + fault + " in mode " + mode)
          .atMost(RECOVERY_BOUND)
          .pollInterval(Duration.ofMillis(5))
          .until(
              () -> {
                for (int jvm = 0; jvm < JVMS; jvm++) {
                  if (!right.contains(jvm) && readsItsWrite(jvm, number.incrementAndGet())) {
                    right.add(jvm);
                    since.set(System.nanoTime());
                  }
                }
                return right.size() == JVMS;
              });
    } catch (ConditionTimeoutException e) {
      throw new AssertionError(
          "Not right " + RECOVERY_BOUND + " after " + fault + " in mode " + mode, e);
    }
    return since.get();
  }

  /** Waits until each JVM reads what each JVM has written. */
  private void awaitAgreed(Fault fault) {
    AtomicLong number = new AtomicLong(System.nanoTime());
    await("JVMs that read each other's changes after " + fault + " in mode " + mode)
        .atMost(RECOVERY_BOUND)
        .pollInterval(Duration.ofMillis(5))
        .until(() -> allReadAll(number.incrementAndGet()));
  }

  private boolean allReadAll(long number) {
    try {
      for (int writer = 0; writer < JVMS; writer++) {
        String key = "common-" + writer;
        caches.get(writer).put(key, number);
        if (!caches.stream().allMatch(cache -> Long.valueOf(number).equals(cache.get(key)))) {
          return false;
        }
      }
      return true;
    } catch (RuntimeException stillAway) {
      return false;
    }
  }

  private int failOvers() {
    FailOverTimes times = target.failOvers();
    return times == null
        ? caches.stream().map(Cache::getCacheManager).mapToInt(FaultRun::repairs).sum()
        : times.count();
  }

  /** How often a manager found another master or, after a restart, one with other data. */
  private static int repairs(CacheManager manager) {
    try {
      return ConnectionBean.of(manager, "FailOvers").intValue();
    } catch (JMException e) {
      throw new AssertionError(e);
    }
  }

  private boolean readsItsWrite(int jvm, long number) {
    try {
      caches.get(jvm).put("probe-" + jvm, number);
      return Long.valueOf(number).equals(caches.get(jvm).get("probe-" + jvm));
    } catch (RuntimeException stillAway) {
      return false;
    }
  }

  @Override
  public void close() {
    providers.forEach(YokedCachingProvider::close);
  }

  /** A read that returned a value that had been replaced or removed before it began. */
  private record StaleRead(long startNanos, String words) {}

  /** The threads of one fault, and what they saw. */
  private final class Load {

    private final List<TrackedKey> keys = new ArrayList<>();
    private final List<Worker> workers = new ArrayList<>();
    private final ConcurrentLinkedQueue<StaleRead> staleReads = new ConcurrentLinkedQueue<>();
    private final List<String> examples = new ArrayList<>();
    private volatile boolean measuring;
    private volatile boolean halfIsQuiet;
    private volatile boolean stopped;

    void start() {
      faults++;
      for (int jvm = 0; jvm < JVMS; jvm++) {
        for (int i = 0; i < KEYS_OF_EACH; i++) {
          keys.add(new TrackedKey("key-" + faults + "-" + jvm + "-" + i, jvm));
        }
      }
      for (int jvm = 0; jvm < JVMS; jvm++) {
        workers.add(new Worker(this, "writer-" + jvm, jvm, /* writes= */ true));
        for (int i = 0; i < READERS_OF_EACH; i++) {
          workers.add(new Worker(this, "reader-" + jvm + "-" + i, jvm, /* writes= */ false));
        }
      }
      workers.forEach(Thread::start);
    }

    /** Waits until each thread has gone over its keys that often. */
    void awaitRounds(int count) {
      long[] before = workers.stream().mapToLong(worker -> worker.rounds.get()).toArray();
      await("rounds of all threads")
          .atMost(RECOVERY_BOUND)
          .pollInterval(Duration.ofMillis(5))
          .until(
              () -> {
                for (int i = 0; i < before.length; i++) {
                  if (workers.get(i).rounds.get() < before[i] + count) {
                    return false;
                  }
                }
                return true;
              });
    }

    void stop() {
      stopped = true;
      for (Worker worker : workers) {
        try {
          worker.join(RECOVERY_BOUND.toMillis());
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
        if (worker.isAlive()) {
          throw new AssertionError(worker.getName() + " hangs");
        }
      }
    }

    void example(String format, Object... arguments) {
      if (examples.size() < MAX_EXAMPLES) {
        examples.add(String.format(Locale.ROOT, format, arguments));
      }
    }

    Report report(Fault fault, double rightAfterMillis, int failOvers) {
      FailOverTimes times = target.failOvers();
      long stale = 0;
      long split = 0;
      long splitNanos = 0;
      for (StaleRead read : staleReads) {
        OptionalLong since = times == null ? OptionalLong.empty() : times.splitFor(read.startNanos);
        if (since.isPresent()) {
          split++;
          splitNanos = Math.max(splitNanos, since.getAsLong());
        } else {
          stale++;
          example("%s", read.words);
        }
      }
      long staleAfter = 0;
      long lost = 0;
      for (TrackedKey key : keys) {
        for (int jvm = 0; jvm < JVMS; jvm++) {
          Long value = caches.get(jvm).get(key.name);
          if (value != null && value < key.floor()) {
            staleAfter++;
            example("after: JVM %d has %s=%d, not %d", jvm, key.name, value, key.floor());
          } else if (value == null && key.mustBePresent() && !mayLose(fault) && failOvers == 0) {
            lost++;
            example("after: JVM %d lost %s=%d", jvm, key.name, key.floor());
          }
        }
      }
      long[] nanos = workers.stream().flatMapToLong(Worker::samples).sorted().toArray();
      Map<String, Long> errors = new TreeMap<>();
      workers.forEach(
          worker -> worker.errors.forEach((kind, n) -> errors.merge(kind, n, Long::sum)));
      return new Report(
          target.deployment(),
          mode,
          fault,
          nanos.length,
          errors,
          nanos.length == 0 ? 0 : nanos[nanos.length - 1] / 1e6,
          nanos.length == 0 ? 0 : nanos[nanos.length * 99 / 100] / 1e6,
          stale,
          split,
          splitNanos / 1e6,
          failOvers,
          staleAfter,
          lost,
          rightAfterMillis,
          List.copyOf(examples));
    }
  }

  /** In the mode degrade a put that returns normally may have been skipped. */
  private boolean mayLose(Fault fault) {
    return fault.losesEntries() || mode.degrades();
  }

  /** A thread of a JVM that goes over keys again and again. */
  private final class Worker extends Thread {

    private final Load load;
    private final int jvm;
    private final boolean writes;
    private final List<TrackedKey> mine;
    private final Cache<String, Long> cache;
    private final AtomicLong rounds = new AtomicLong();
    private final SplittableRandom random = new SplittableRandom();

    // Read by others after the end of the thread.
    private final Map<String, Long> errors = new HashMap<>();
    private long[] nanos = new long[1 << 12];
    private int count;

    Worker(Load load, String name, int jvm, boolean writes) {
      super(name);
      this.load = load;
      this.jvm = jvm;
      this.writes = writes;
      this.mine = writes ? load.keys.stream().filter(key -> key.owner == jvm).toList() : load.keys;
      this.cache = caches.get(jvm);
      setDaemon(true);
    }

    LongStream samples() {
      return Arrays.stream(nanos, 0, count);
    }

    @Override
    public void run() {
      while (!load.stopped) {
        for (int i = 0; i < mine.size() && !load.stopped; i++) {
          if (!writes) {
            read(mine.get(random.nextInt(mine.size())));
          } else if (i % 2 != 0 || !load.halfIsQuiet) {
            write(mine.get(i));
          }
          LockSupport.parkNanos(pace.pauseNanos);
        }
        rounds.incrementAndGet();
      }
    }

    private void write(TrackedKey key) {
      long number = key.begin();
      boolean removes = number % 5 == 0;
      boolean returned =
          timed(
              removes ? "remove" : "put",
              () -> {
                if (removes) {
                  cache.remove(key.name);
                } else {
                  cache.put(key.name, number);
                }
              });
      if (returned) {
        key.acknowledged(number, !removes, System.nanoTime());
      } else {
        key.ended(number);
      }
    }

    private void read(TrackedKey key) {
      boolean isOwner = key.owner == jvm;
      long startNanos = System.nanoTime();
      long since = mode.near ? startNanos - NEAR_STALENESS.toNanos() : startNanos;
      // In the mode degrade nobody can tell from outside whether a change of another JVM was made.
      long required = isOwner ? key.floor() : mode.degrades() ? 0 : key.acknowledgedBy(since);
      timed(
          "get",
          () -> {
            Long value = cache.get(key.name);
            if (value != null && value < required) {
              load.staleReads.add(
                  new StaleRead(
                      startNanos,
                      "JVM " + jvm + " read " + key.name + "=" + value + ", not " + required));
            }
          });
    }

    /** Returns the class of the exception, and the first word of the server's answer if any. */
    private static String nameOf(RuntimeException e) {
      Matcher answer = ANSWER.matcher(String.valueOf(e.getMessage()));
      return e.getClass().getSimpleName() + (answer.find() ? " " + answer.group(1) : ": " + e);
    }

    /** Returns whether the call returned normally. */
    private boolean timed(String operation, Runnable call) {
      boolean measured = load.measuring;
      long start = System.nanoTime();
      try {
        call.run();
        return true;
      } catch (RedisUnavailableException e) {
        errors.merge(operation + " " + e.kind(), 1L, Long::sum);
        return false;
      } catch (RuntimeException e) {
        errors.merge(operation + " " + nameOf(e), 1L, Long::sum);
        return false;
      } finally {
        long end = System.nanoTime();
        if (measured) {
          if (count == nanos.length) {
            nanos = Arrays.copyOf(nanos, 2 * count);
          }
          nanos[count++] = end - start;
        }
      }
    }
  }
}
