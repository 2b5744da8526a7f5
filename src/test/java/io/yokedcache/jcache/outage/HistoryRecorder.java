package io.yokedcache.jcache.outage;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.yokedcache.jcache.OutageFigures;
import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.YokedCachingProvider;
import io.yokedcache.jcache.outage.Call.Action;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.processor.EntryProcessor;
import javax.cache.processor.MutableEntry;
import org.jspecify.annotations.Nullable;

/**
 * A JVM that makes random calls on keys that other JVMs use too, and writes each to a file. Keys
 * are used for some time only, so that the histories stay short; the clock of all JVMs is the same.
 */
final class HistoryRecorder {

  private static final String CACHE = "histories";
  private static final int THREADS = 2;
  private static final long PAUSE_NANOS = 1_000_000;
  private static final List<Action> ACTIONS = List.of(Action.values());

  /** A pair of a key and a call on it, as a line of a file. */
  record Line(String key, Call call) {

    private static final String GAP = "gap:";

    /** The line of a span in which this JVM may remove the entry. */
    static Line gap(String key, int client, long startNanos, long endNanos) {
      return new Line(
          GAP + key,
          new Call(client, Action.GET, Call.ABSENT, Call.ABSENT, startNanos, endNanos, 0));
    }

    boolean isGap() {
      return key.startsWith(GAP);
    }

    /** Returns the key of a gap. */
    String gapKey() {
      return key.substring(GAP.length());
    }

    String print() {
      return String.join(
          " ",
          key,
          Integer.toString(call.client()),
          call.action().name(),
          Long.toString(call.argument()),
          Long.toString(call.expected()),
          Long.toString(call.startNanos()),
          Long.toString(call.endNanos()),
          Long.toString(call.result()));
    }

    static Line parse(String line) {
      List<String> words = Arrays.asList(line.split(" ", -1));
      return new Line(
          words.get(0),
          new Call(
              Integer.parseInt(words.get(1)),
              Action.valueOf(words.get(2)),
              Long.parseLong(words.get(3)),
              Long.parseLong(words.get(4)),
              Long.parseLong(words.get(5)),
              Long.parseLong(words.get(6)),
              Long.parseLong(words.get(7))));
    }
  }

  /** Sets the value that is its argument, and returns the prior one. */
  private static final class Exchange implements EntryProcessor<String, Long, Long> {

    @Override
    public Long process(MutableEntry<String, Long> entry, Object... arguments) {
      Long prior = entry.getValue();
      entry.setValue((Long) arguments[0]);
      return prior == null ? Call.ABSENT : prior;
    }
  }

  private final Cache<String, Long> cache;
  private final int jvm;
  private volatile boolean stopped;

  private HistoryRecorder(Cache<String, Long> cache, int jvm) {
    this.cache = cache;
    this.jvm = jvm;
  }

  /**
   * Arguments: number of this JVM, URI, file for the calls, then settings as {@code name=value}.
   * Runs until the input ends.
   */
  public static void main(String[] args) throws Exception {
    int jvm = Integer.parseInt(args[0]);
    Properties settings = new Properties();
    for (String setting : Arrays.asList(args).subList(3, args.length)) {
      int equals = setting.indexOf('=');
      settings.setProperty(setting.substring(0, equals), setting.substring(equals + 1));
    }
    try (YokedCachingProvider provider = new YokedCachingProvider();
        BufferedWriter file = Files.newBufferedWriter(Path.of(args[2]), UTF_8)) {
      Cache<String, Long> cache =
          provider
              .getCacheManager(URI.create(args[1]), null, settings)
              .createCache(
                  CACHE,
                  new MutableConfiguration<String, Long>().setTypes(String.class, Long.class));
      System.out.println("ready");
      new HistoryRecorder(cache, jvm).run(file);
    }
  }

  private void run(BufferedWriter file) throws Exception {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      int index = i;
      Thread thread = new Thread(() -> record(index, file), "recorder-" + i);
      thread.setUncaughtExceptionHandler((ended, e) -> failure.compareAndSet(null, e));
      threads.add(thread);
      thread.start();
    }
    while (System.in.read() >= 0) {
      // The end of the input is the end of the run.
    }
    stopped = true;
    for (Thread thread : threads) {
      thread.join();
    }
    if (failure.get() != null) {
      throw new IllegalStateException("A recording thread failed", failure.get());
    }
  }

  private void record(int index, BufferedWriter file) {
    SplittableRandom random = new SplittableRandom();
    long values = (jvm * 10L + index + 1) << 40;
    long[] seen = new long[256];
    Map<String, Long> gaps = new HashMap<>(); // the starts of the first failed calls
    while (!stopped) {
      String key = key(random);
      int slot = key.hashCode() & 255;
      Action action = ACTIONS.get(random.nextInt(ACTIONS.size() + 4) % ACTIONS.size());
      long argument = ++values;
      long expected = Math.max(1, seen[slot]);
      long start = System.nanoTime();
      Outcome outcome = call(action, key, argument, expected);
      long end = System.nanoTime();
      Call call =
          switch (outcome.kind) {
            case KNOWN -> new Call(jvm, action, argument, expected, start, end, outcome.result);
            case UNKNOWN -> new Call(jvm, action, argument, expected, start, Long.MAX_VALUE, 0);
            // It changed nothing, and the JVM may remove the entry later because of it.
            case NOTHING_DONE ->
                new Call(jvm, Action.GET, Call.ABSENT, Call.ABSENT, start, Long.MAX_VALUE, 0);
          };
      write(file, new Line(key, call));
      if (outcome.kind != Outcome.Kind.KNOWN) {
        long unused = gaps.merge(key, start, Math::min);
      } else if (!gaps.isEmpty() && OutageFigures.owesNothing(cache)) {
        // Their debts were noted before the calls failed, and are settled now.
        endGaps(file, gaps, System.nanoTime());
      }
      seen[slot] = action.next(outcome.result, argument, expected);
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    endGaps(file, gaps, Long.MAX_VALUE);
  }

  private void endGaps(BufferedWriter file, Map<String, Long> gaps, long endNanos) {
    gaps.forEach((key, start) -> write(file, Line.gap(key, jvm, start, endNanos)));
    gaps.clear();
  }

  private static void write(BufferedWriter file, Line line) {
    try {
      synchronized (file) {
        file.write(line.print());
        file.newLine();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Most calls go to one of three keys for two seconds, the others to one of two for six. */
  private static String key(SplittableRandom random) {
    long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime());
    return random.nextInt(5) > 0
        ? "short-" + seconds / 2 + "-" + random.nextInt(3)
        : "long-" + seconds / 6 + "-" + random.nextInt(2);
  }

  private record Outcome(Kind kind, long result) {

    enum Kind {
      KNOWN,
      UNKNOWN,
      NOTHING_DONE
    }
  }

  private Outcome call(Action action, String key, long argument, long expected) {
    try {
      return new Outcome(Outcome.Kind.KNOWN, result(action, key, argument, expected));
    } catch (CacheException e) {
      RedisUnavailableException away = unavailable(e);
      return new Outcome(
          isRefused(e) || (away != null && !away.isOutcomeUnknown())
              ? Outcome.Kind.NOTHING_DONE
              : Outcome.Kind.UNKNOWN,
          0);
    }
  }

  /** A right that is missing is no outage, but nothing was done either. */
  private static boolean isRefused(CacheException e) {
    return String.valueOf(e.getMessage()).contains("the server answered NOPERM");
  }

  private static @Nullable RedisUnavailableException unavailable(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof RedisUnavailableException away) {
        return away;
      }
    }
    return null;
  }

  private long result(Action action, String key, long argument, long expected) {
    return switch (action) {
      case GET -> number(cache.get(key));
      case CONTAINS_KEY -> flag(cache.containsKey(key));
      case PUT -> {
        cache.put(key, argument);
        yield 0;
      }
      case PUT_IF_ABSENT -> flag(cache.putIfAbsent(key, argument));
      case REPLACE -> flag(cache.replace(key, argument));
      case REPLACE_IF -> flag(cache.replace(key, expected, argument));
      case REMOVE -> flag(cache.remove(key));
      case REMOVE_IF -> flag(cache.remove(key, expected));
      case GET_AND_PUT -> number(cache.getAndPut(key, argument));
      case GET_AND_REMOVE -> number(cache.getAndRemove(key));
      case GET_AND_REPLACE -> number(cache.getAndReplace(key, argument));
      case INVOKE -> cache.invoke(key, new Exchange(), argument);
    };
  }

  private static long number(@Nullable Long value) {
    return value == null ? Call.ABSENT : value;
  }

  private static long flag(boolean value) {
    return value ? 1 : 0;
  }
}
