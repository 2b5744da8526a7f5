package io.yokedcache.jcache.robustness;

import io.yokedcache.jcache.RedisUnavailableException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.processor.EntryProcessor;
import javax.cache.processor.MutableEntry;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * Threads that read, write, count and elect through the caches of one manager, and check every
 * answer. Each key has one writer, which numbers its values; nobody may see an older value than one
 * that was acknowledged or seen before. The test tells by {@link #restart} which values a fail-over
 * of Redis left; nothing else may be missing.
 */
final class FieldLoad implements AutoCloseable {

  static final String VALUES = "field-values";
  static final String COUNTERS = "field-counters";
  static final String ELECTIONS = "field-elections";

  private static final int WRITERS = 5;
  private static final int READERS = 4;
  private static final int COUNTING = 4;
  private static final int ELECTORS = 2;
  private static final int KEYS_OF_WRITER = 60;
  private static final int COUNTERS_EACH = 5;
  private static final int BULK_WRITE = 20;
  private static final int BULK_READ = 30;

  /** A version that is a multiple of it has a value that does not go over shared connections. */
  private static final int LARGE_EACH = 40;

  private static final int LARGE = 12_000;
  private static final long PAUSE_MILLIS = 2;
  private static final long STOP_SECONDS = 60;
  private static final int WRONG_KEPT = 50;
  private static final Pattern NUMBER = Pattern.compile("[0-9]+");

  private final Cache<String, String> values;
  private final Cache<String, String> counters;
  private final Cache<String, String> elections;

  /** Whether keys that changed lately are gone after a fail-over, also one in good order. */
  private final boolean mayVanish;

  private final List<Written> written = new ArrayList<>();
  private final List<Counter> counted = new ArrayList<>();
  private final AtomicLong tickets = new AtomicLong();
  private final Map<Long, Election> rounds = new ConcurrentHashMap<>();
  private final AtomicLong failOvers = new AtomicLong();

  private final LongAdder calls = new LongAdder();
  private final AtomicLong longestNanos = new AtomicLong();
  private final Queue<Failure> failures = new ConcurrentLinkedQueue<>();
  private final Queue<String> wrong = new ConcurrentLinkedQueue<>();
  private final Set<String> refused = ConcurrentHashMap.newKeySet();
  private final LongAdder absent = new LongAdder();
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean stopped;

  /**
   * A call that threw.
   *
   * @param kind the type, and why Redis could not be asked
   */
  record Failure(long startNanos, long endNanos, String kind, Throwable cause) {}

  /** One step of a thread. */
  @FunctionalInterface
  private interface Step {
    void run() throws Exception;
  }

  /**
   * Creates the caches, fills them, and does not begin yet.
   *
   * @param mayVanish whether a key that changed lately may be gone after a fail-over
   */
  FieldLoad(CacheManager manager, boolean mayVanish) {
    this.mayVanish = mayVanish;
    this.values = Managers.texts(manager, VALUES);
    this.counters = Managers.texts(manager, COUNTERS);
    this.elections = Managers.texts(manager, ELECTIONS);
    for (int writer = 0; writer < WRITERS; writer++) {
      for (int i = 0; i < KEYS_OF_WRITER; i++) {
        Written entry = new Written("w" + writer + "-" + i);
        written.add(entry);
        put(entry);
      }
    }
    for (int i = 0; i < COUNTERS_EACH; i++) {
      counted.add(new Counter("invoked-" + i, this::invoke));
      counted.add(new Counter("replaced-" + i, this::replace));
    }
    counted.forEach(counter -> counters.put(counter.key, "0"));
  }

  void start() {
    for (int i = 0; i < WRITERS; i++) {
      List<Written> own = written.subList(i * KEYS_OF_WRITER, (i + 1) * KEYS_OF_WRITER);
      begin("writer-" + i, () -> write(own));
    }
    for (int i = 0; i < READERS; i++) {
      begin("reader-" + i, this::read);
    }
    for (int i = 0; i < COUNTING; i++) {
      begin("counting-" + i, () -> any(counted).increment());
    }
    for (int i = 0; i < ELECTORS; i++) {
      begin("elector-" + i, this::elect);
    }
    threads.forEach(Thread::start);
  }

  private void begin(String name, Step step) {
    threads.add(new Thread(() -> repeat(step), "field-" + name));
  }

  private void repeat(Step step) {
    while (!stopped) {
      long startNanos = System.nanoTime();
      Throwable thrown = null;
      try {
        step.run();
      } catch (Exception | AssertionError e) {
        thrown = e;
      }
      long endNanos = System.nanoTime();
      longestNanos.accumulateAndGet(endNanos - startNanos, Math::max);
      if (thrown == null) {
        calls.increment();
      } else {
        failures.add(new Failure(startNanos, endNanos, kind(thrown), thrown));
        pause();
      }
    }
  }

  private static String kind(Throwable thrown) {
    return thrown instanceof RedisUnavailableException unavailable
        ? unavailable.kind().name()
        : String.valueOf(thrown);
  }

  /** For a latch that nobody opens. */
  private static void pause() {
    try {
      boolean unused = new CountDownLatch(1).await(PAUSE_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static <T> T any(List<T> list) {
    return list.get(ThreadLocalRandom.current().nextInt(list.size()));
  }

  private static <T> Set<T> some(List<T> list, int count) {
    Set<T> some = new HashSet<>();
    for (int i = 0; i < count; i++) {
      some.add(any(list));
    }
    return some;
  }

  private void write(List<Written> own) {
    int choice = ThreadLocalRandom.current().nextInt(20);
    if (choice < 3) {
      putAll(some(own, BULK_WRITE));
    } else if (choice < 6) {
      getAndPut(any(own));
    } else {
      put(any(own));
    }
  }

  private void read() {
    if (ThreadLocalRandom.current().nextInt(4) == 0) {
      getAll(some(written, BULK_READ));
    } else {
      Written entry = any(written);
      Written.Glance before = entry.glance();
      entry.check(before, values.get(entry.key));
    }
  }

  private void put(Written entry) {
    Written.Glance before = entry.glance();
    long version = entry.next();
    try {
      values.put(entry.key, value(entry.key, version));
    } catch (RedisUnavailableException e) {
      entry.failed(version, e);
      throw e;
    }
    entry.atLeast(before, version);
  }

  private void getAndPut(Written entry) {
    Written.Glance before = entry.glance();
    long version = entry.next();
    String previous;
    try {
      previous = values.getAndPut(entry.key, value(entry.key, version));
    } catch (RedisUnavailableException e) {
      entry.failed(version, e);
      throw e;
    }
    entry.check(before, previous);
    entry.atLeast(before, version);
  }

  private void putAll(Collection<Written> entries) {
    List<Runnable> acknowledging = new ArrayList<>();
    Map<String, String> texts = new HashMap<>();
    for (Written entry : entries) {
      Written.Glance before = entry.glance();
      long version = entry.next();
      acknowledging.add(() -> entry.atLeast(before, version));
      texts.put(entry.key, value(entry.key, version));
    }
    try {
      values.putAll(texts);
    } catch (RedisUnavailableException e) {
      entries.forEach(Written::vanishes);
      throw e;
    }
    acknowledging.forEach(Runnable::run);
  }

  private void getAll(Collection<Written> entries) {
    Map<Written, Written.Glance> before = glances(entries);
    Map<String, String> found =
        values.getAll(entries.stream().map(entry -> entry.key).collect(Collectors.toSet()));
    before.forEach((entry, glance) -> entry.check(glance, found.remove(entry.key)));
    if (!found.isEmpty()) {
      wrong("getAll has keys that were not asked for: " + found.keySet());
    }
  }

  private static Map<Written, Written.Glance> glances(Collection<Written> entries) {
    Map<Written, Written.Glance> glances = new HashMap<>();
    entries.forEach(entry -> glances.put(entry, entry.glance()));
    return glances;
  }

  private boolean invoke(String key) {
    counters.invoke(key, new Increment());
    return true;
  }

  private boolean replace(String key) {
    String before = counters.get(key);
    return before == null
        ? counters.putIfAbsent(key, "1")
        : counters.replace(key, before, successor(before));
  }

  private static String successor(String number) {
    return Long.toString(Long.parseLong(number) + 1);
  }

  private void elect() {
    long number = tickets.getAndIncrement() / ELECTORS;
    Election election = rounds.computeIfAbsent(number, n -> new Election(failOvers.get()));
    if (elections.putIfAbsent("election-" + number, Thread.currentThread().getName())) {
      election.won(number);
    }
  }

  /** The value of a key, from which key and version can be read. */
  private static String value(String key, long version) {
    String head = key + " " + version + " ";
    String body = version % LARGE_EACH == 0 ? "x".repeat(LARGE) : "";
    CRC32 checksum = new CRC32();
    checksum.update((head + body).getBytes(StandardCharsets.UTF_8));
    return head + checksum.getValue() + " " + body;
  }

  /** Returns the version, or -1 if the text is not a value of the key. */
  private static long version(String key, String value) {
    String[] parts = value.split(" ", -1);
    try {
      long version = Long.parseLong(parts[1]);
      return value.equals(value(key, version)) ? version : -1;
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
      return -1;
    }
  }

  /** Returns the version in the bytes of a value, which may be compressed behind it. */
  private static long rawVersion(String key, String bytes) {
    return rawNumber(bytes.substring(bytes.indexOf(key) + key.length() + 1));
  }

  /** Returns the first number behind marks of the format. */
  private static long rawNumber(String bytes) {
    Matcher number = NUMBER.matcher(bytes);
    if (!number.find()) {
      throw new AssertionError("no number in " + bytes);
    }
    return Long.parseLong(number.group());
  }

  private void wrong(String text) {
    if (wrong.size() < WRONG_KEPT) {
      wrong.add(text);
    }
  }

  /**
   * Takes over what a fail-over left, as a plain client found it on the replica before that became
   * master. Calls that began before do not prove anything about later ones.
   *
   * @param left bytes of values by name of the cache and key
   * @param affected whether the entry, given by cache and key, was on the master that is gone
   * @return how many values and counts Redis lost
   */
  long restart(Map<String, String> left, Function<String, Boolean> affected) {
    failOvers.incrementAndGet();
    long lost = 0;
    for (Written entry : written) {
      String name = VALUES + "/" + entry.key;
      if (affected.apply(name)) {
        String value = left.get(name);
        lost += entry.restart(value == null ? 0 : rawVersion(entry.key, value));
      }
    }
    for (Counter counter : counted) {
      String name = COUNTERS + "/" + counter.key;
      if (affected.apply(name)) {
        lost += counter.restart(rawNumber(left.getOrDefault(name, "0")));
      }
    }
    return lost;
  }

  /** Returns when that many more calls have succeeded. */
  void awaitCalls(long more) {
    long wanted = calls.sum() + more;
    Awaitility.await("load goes on")
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(5))
        .until(() -> calls.sum() >= wanted);
  }

  /** Lets the load go on for some time. */
  void goOnFor(Duration time) {
    long endNanos = System.nanoTime() + time.toNanos();
    Awaitility.await()
        .atMost(time.plusSeconds(30))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> System.nanoTime() >= endNanos);
  }

  /** Lets calls under way end, and makes no more. */
  void stop() {
    stopped = true;
    for (Thread thread : threads) {
      try {
        thread.join(TimeUnit.SECONDS.toMillis(STOP_SECONDS));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("Interrupted while the load ended", e);
      }
      if (thread.isAlive()) {
        throw new AssertionError(thread + " hangs");
      }
    }
    threads.clear();
  }

  /** Compares sums and last values with what the caches have. The cluster is well by now. */
  void checkEnd() {
    counted.forEach(counter -> counter.checkEnd(counters.get(counter.key)));
    for (Written entry : written) {
      entry.check(entry.glance(), values.get(entry.key));
    }
    rounds.forEach(
        (number, election) -> election.checkEnd(number, elections.get("election-" + number)));
  }

  long calls() {
    return calls.sum();
  }

  /** How often a key was absent where that is allowed. */
  long absent() {
    return absent.sum();
  }

  Duration longest() {
    return Duration.ofNanos(longestNanos.get());
  }

  List<Failure> failures() {
    return List.copyOf(failures);
  }

  Map<String, Long> failuresByKind() {
    return failures.stream()
        .collect(Collectors.groupingBy(Failure::kind, TreeMap::new, Collectors.counting()));
  }

  List<String> wrong() {
    return List.copyOf(wrong);
  }

  @Override
  public void close() {
    if (!threads.isEmpty()) {
      stop();
    }
  }

  /** A key that one thread writes. Its fields are guarded by itself. */
  private final class Written {

    private final String key;

    /** The last version that was sent. */
    private long sent;

    /** The version that everybody sees, or a later one. */
    private long least;

    /** How often a fail-over may have taken values back. */
    private int restarts;

    /** Set by a fail-over that left no value, and by a change that failed. */
    private boolean mayBeAbsent = mayVanish;

    Written(String key) {
      this.key = key;
    }

    /** What is known when a call begins. */
    record Glance(long least, int restarts) {}

    synchronized Glance glance() {
      return new Glance(least, restarts);
    }

    synchronized long next() {
      return ++sent;
    }

    /** Notes that a call that began with that knowledge has written or seen a version. */
    synchronized void atLeast(Glance before, long version) {
      if (before.restarts == restarts) {
        least = Math.max(least, version);
      }
    }

    void failed(long version, RedisUnavailableException e) {
      vanishes();
      if (!e.isOutcomeUnknown()) {
        refused.add(key + " " + version);
      }
    }

    /** A change has failed, so the entry is removed. */
    synchronized void vanishes() {
      mayBeAbsent = true;
    }

    synchronized long restart(long version) {
      long lost = Math.max(0, least - version);
      restarts++;
      least = mayVanish ? least : version;
      mayBeAbsent |= version == 0;
      return lost;
    }

    /** Checks an answer of a call that began with that knowledge. */
    synchronized void check(Glance before, @Nullable String value) {
      if (value == null) {
        if (mayBeAbsent) {
          absent.increment();
        } else {
          wrong(key + " is absent, and was " + least);
        }
        return;
      }
      long version = version(key, value);
      long floor = Math.min(before.least, least);
      if (version < 0 || version > sent) {
        wrong(key + " has a value that nobody wrote: " + value.lines().limit(1).toList());
      } else if (version < floor) {
        wrong(key + " is " + version + " after it was " + floor + " (sent " + sent + ")");
      } else if (refused.contains(key + " " + version)) {
        wrong(key + " is " + version + ", which was refused");
      }
      atLeast(before, version);
    }
  }

  /** A number that all threads increment. Its fields are guarded by itself. */
  private final class Counter {

    private final String key;
    private final Function<String, Boolean> incrementing;
    private long least;
    private long most;
    private int restarts;

    Counter(String key, Function<String, Boolean> incrementing) {
      this.key = key;
      this.incrementing = incrementing;
    }

    private synchronized int restarts() {
      return restarts;
    }

    void increment() {
      int before = restarts();
      boolean incremented;
      try {
        incremented = incrementing.apply(key);
      } catch (RedisUnavailableException e) {
        if (e.isOutcomeUnknown()) {
          happened(/* before= */ -1);
        }
        throw e;
      }
      if (incremented) {
        happened(before);
      }
    }

    /** Notes an increment, which is certain if no fail-over came since it began. */
    private synchronized void happened(int before) {
      least += restarts == before ? 1 : 0;
      most++;
    }

    synchronized long restart(long value) {
      long lost = Math.max(0, least - value);
      least = mayVanish ? 0 : value;
      most = value;
      restarts++;
      return lost;
    }

    synchronized void checkEnd(@Nullable String value) {
      long found = value == null ? 0 : Long.parseLong(value);
      if ((found < least && !mayVanish) || found > most) {
        wrong(key + " is " + value + ", and must be " + least + " to " + most);
      }
    }
  }

  /** One key that several threads want to be the first to write. */
  private final class Election {

    private final long failOversBefore;
    private final List<String> winners = new ArrayList<>();

    Election(long failOversBefore) {
      this.failOversBefore = failOversBefore;
    }

    synchronized void won(long number) {
      winners.add(Thread.currentThread().getName());
      if (winners.size() > 1 && !mayVanish && failOversBefore == failOvers.get()) {
        wrong("election " + number + " was won by " + winners);
      }
    }

    synchronized void checkEnd(long number, @Nullable String winner) {
      if (!mayVanish
          && failOversBefore == failOvers.get()
          && winners.size() == 1
          && !winners.get(0).equals(winner)) {
        wrong("election " + number + " was won by " + winners + ", and has " + winner);
      }
    }
  }

  /** Adds one. */
  private static final class Increment
      implements EntryProcessor<String, String, String>, Serializable {

    private static final long serialVersionUID = 1L;

    @Override
    public String process(MutableEntry<String, String> entry, Object... arguments) {
      String next = entry.exists() ? successor(entry.getValue()) : "1";
      entry.setValue(next);
      return next;
    }
  }
}
