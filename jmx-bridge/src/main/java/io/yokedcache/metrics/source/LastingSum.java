package io.yokedcache.metrics.source;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Adds up the readings of all caches of a JVM, one after the other, so that no counter of the sum
 * ever falls: a cache that is closed leaves what it had counted, and so does one whose counters
 * begin anew. A cache that is missing from one reading only is not counted twice when it is back.
 *
 * <p>Thread-safe. Of {@value #MAX_OWNERS} caches each is remembered; of further ones, those that
 * were away for longest become one number.
 */
public final class LastingSum {

  static final int MAX_OWNERS = 10_000;

  /** The caches that were read, in the order of their last reading. */
  private final Map<Owner, Counted> caches =
      new LinkedHashMap<>(16, 0.75f, /* accessOrder= */ true);

  private final Map<String, Count> reconnects = new HashMap<>();

  /** Of those that are no longer remembered. */
  private final Counted forgotten = new Counted();

  private record Owner(String manager, String cache) {}

  /** A number that only grows, made of one that sometimes begins anew. */
  private static final class Count {
    private long before;
    private long last;

    private void set(long now) {
      if (now < last) {
        before += last;
      }
      last = now;
    }

    private long sum() {
      return before + last;
    }
  }

  /** What one cache has counted since it was first read. */
  private static final class Counted {
    private final Map<String, Count> counters = new HashMap<>();
    private final Map<String, Timed> operations = new HashMap<>();

    private void set(Map<String, Long> now) {
      now.forEach((name, value) -> counters.computeIfAbsent(name, key -> new Count()).set(value));
    }

    private void set(List<OperationReading> now) {
      for (OperationReading each : now) {
        operations.computeIfAbsent(each.operation(), key -> new Timed()).set(each);
      }
    }

    /** Takes over what another one has counted. */
    private void add(Counted other) {
      other.counters.forEach(
          (name, count) ->
              counters.computeIfAbsent(name, key -> new Count()).before += count.sum());
      other.operations.forEach(
          (name, timed) -> operations.computeIfAbsent(name, key -> new Timed()).add(timed.sum()));
    }
  }

  /** The timer of one operation, which begins anew with its cache. */
  private static final class Timed {
    private @Nullable OperationReading before;
    private @Nullable OperationReading last;

    private void set(OperationReading now) {
      if (last != null && now.count() < last.count()) {
        add(last);
      }
      last = now;
    }

    private void add(@Nullable OperationReading ended) {
      if (ended != null) {
        before = before == null ? ended : ReadingSum.plus(before, ended);
      }
    }

    private @Nullable OperationReading sum() {
      return before == null || last == null
          ? (last == null ? before : last)
          : ReadingSum.plus(before, last);
    }
  }

  /**
   * Adds up a reading.
   *
   * @param readings what was read; not one that failed
   * @param withOperations whether timers are added up too, which costs most
   * @return at most one cache and one connection, whose names are empty
   */
  public synchronized CacheReadings of(CacheReadings readings, boolean withOperations) {
    for (CacheReading cache : readings.caches()) {
      Counted counted =
          caches.computeIfAbsent(new Owner(cache.manager(), cache.cache()), key -> new Counted());
      counted.set(ReadingSum.counters(cache));
      if (withOperations) {
        counted.set(cache.operations());
      }
    }
    forgetOldest();
    CacheReadings sum = ReadingSum.of(readings, /* withOperations= */ false);
    Map<String, Double> gauges = sum.caches().isEmpty() ? Map.of() : sum.caches().get(0).gauges();
    List<CacheReading> lasting =
        caches.isEmpty()
            ? List.of()
            : List.of(
                new CacheReading(
                    "", "", null, withOperations ? operations() : List.of(), counters(), gauges));
    return new CacheReadings(
        lasting, connections(readings, sum.connections()), List.of(), readings.refused());
  }

  private void forgetOldest() {
    Iterator<Counted> oldest = caches.values().iterator();
    for (int i = caches.size(); i > MAX_OWNERS; i--) {
      forgotten.add(oldest.next());
      oldest.remove();
    }
  }

  private Map<String, Long> counters() {
    Map<String, Long> sums = new HashMap<>();
    forgotten.counters.forEach((name, count) -> sums.merge(name, count.sum(), Long::sum));
    for (Counted each : caches.values()) {
      each.counters.forEach((name, count) -> sums.merge(name, count.sum(), Long::sum));
    }
    return sums;
  }

  private List<OperationReading> operations() {
    Map<String, OperationReading> sums = new LinkedHashMap<>();
    addOperations(forgotten, sums);
    caches.values().forEach(each -> addOperations(each, sums));
    return new ArrayList<>(sums.values());
  }

  private static void addOperations(Counted counted, Map<String, OperationReading> sums) {
    counted.operations.forEach(
        (name, timed) -> {
          OperationReading own = timed.sum();
          if (own != null) {
            sums.merge(name, own, ReadingSum::plus);
          }
        });
  }

  private List<ConnectionReading> connections(
      CacheReadings readings, List<ConnectionReading> sums) {
    for (ConnectionReading each : readings.connections()) {
      Long made = each.reconnects();
      if (made != null
          && (reconnects.size() < MAX_OWNERS || reconnects.containsKey(each.manager()))) {
        reconnects.computeIfAbsent(each.manager(), key -> new Count()).set(made);
      }
    }
    if (sums.isEmpty()) {
      return List.of();
    }
    ConnectionReading sum = sums.get(0);
    return List.of(
        new ConnectionReading(
            sum.manager(),
            sum.healthy(),
            sum.pingNanos(),
            sum.reconnects() == null
                ? null
                : (Long) reconnects.values().stream().mapToLong(Count::sum).sum(),
            sum.poolActive(),
            sum.poolIdle(),
            sum.poolWaiting()));
  }
}
