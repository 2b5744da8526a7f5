package io.yokedcache.metrics;

import static java.util.Objects.requireNonNull;

import io.yokedcache.metrics.CacheMetrics.Event;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/**
 * The operations of YokedCache's caches, each as it happens, for collectors of any kind:
 *
 * <pre>{@code
 * CacheMetrics metrics = new CacheMetrics(new WebhookCollector(uri));
 * try (CacheEvents.Subscription events = CacheEvents.sendTo(metrics)) {
 *   application.run(); // increment cache.gets 1 {result=hit, cache=users, cache_manager=...}
 * }
 * }</pre>
 *
 * <p>Metrics get {@code cache.gets} (tag {@code result}), {@code cache.sets}, {@code cache.deletes}
 * and {@code cache.invalidations} (tag {@code type}) as counters, {@code cache.operation_duration}
 * (tag {@code operation}) as a timing, and {@code cache.errors} (tags {@code operation} and {@code
 * error_type}) as a counter, all with the tags {@code cache} and {@code cache_manager}. Caches send
 * them while their statistics are on and this library is on their provider's class path. A
 * collector that may block has a bounded queue in {@link CacheMetrics}, so that no operation waits.
 *
 * <p>Collectors that {@linkplain MetricsCollector#readsCaches() read the figures of caches} have
 * the same counts already, and get none of this. Thread-safe.
 */
public final class CacheEvents {

  /** There are about twenty operations; whatever calls this, the map stays small. */
  private static final int MAX_KEPT_TAGS = 256;

  private static final double NANOS_PER_SECOND = 1e9;

  private static final List<CacheMetrics> receivers = new CopyOnWriteArrayList<>();

  private final Map<String, String> cacheTags;
  private final Map<String, String> hitTags;
  private final Map<String, String> missTags;

  /** Made once for each operation, so that the calling thread builds no maps. */
  private final Map<String, Map<String, String>> operationTags = new ConcurrentHashMap<>();

  private CacheEvents(String manager, String cache) {
    this.cacheTags = Map.of("cache_manager", manager, "cache", cache);
    this.hitTags = with("result", "hit");
    this.missTags = with("result", "miss");
  }

  /** Ends what {@link #sendTo} began; may be closed twice. */
  @FunctionalInterface
  public interface Subscription extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Sends the operations of all caches of this JVM to metrics, from now on.
   *
   * @param metrics where they go; not closed with the subscription
   * @return what ends it
   */
  public static Subscription sendTo(CacheMetrics metrics) {
    requireNonNull(metrics, "metrics");
    receivers.add(metrics);
    return () -> receivers.remove(metrics);
  }

  /**
   * Returns the events of one cache, for what observes it.
   *
   * @param manager the cache manager's name, as its MBeans have it
   * @param cache the cache's name
   */
  public static CacheEvents of(String manager, String cache) {
    return new CacheEvents(requireNonNull(manager, "manager"), requireNonNull(cache, "cache"));
  }

  /** Tells of an operation that ended well, and of the entries that it found, put and removed. */
  public void completed(
      String operation, int hits, int misses, int puts, int removals, long durationNanos) {
    if (!isWanted()) {
      return;
    }
    List<Event> events = counts(hits, misses, puts, removals);
    if (operation.equals("clear") || operation.equals("removeAll")) {
      Map<String, String> tags = kept("type " + operation, () -> with("type", operation));
      count(events, "cache.invalidations", 1, tags);
    }
    Map<String, String> tags = kept(operation, () -> with("operation", operation));
    double seconds = Math.max(0, durationNanos) / NANOS_PER_SECOND;
    events.add(collector -> collector.timing("cache.operation_duration", seconds, tags));
    send(events);
  }

  /** Tells of entries that were found, put or removed by an operation that failed afterwards. */
  public void counted(int hits, int misses, int puts, int removals) {
    if (isWanted()) {
      send(counts(hits, misses, puts, removals));
    }
  }

  /** Tells of an operation that failed. */
  public void failed(String operation, String errorType) {
    if (isWanted()) {
      List<Event> events = new ArrayList<>(1);
      count(
          events,
          "cache.errors",
          1,
          kept(
              operation + '\n' + errorType,
              () -> with("operation", operation, "error_type", errorType)));
      send(events);
    }
  }

  private static boolean isWanted() {
    for (CacheMetrics metrics : receivers) {
      if (metrics.wantsCaches()) {
        return true;
      }
    }
    return false;
  }

  /** All of an operation together, so that a full queue takes all of it or nothing. */
  private static void send(List<Event> events) {
    receivers.forEach(metrics -> metrics.sendOfCaches(events));
  }

  private List<Event> counts(int hits, int misses, int puts, int removals) {
    List<Event> events = new ArrayList<>(3);
    count(events, "cache.gets", hits, hitTags);
    count(events, "cache.gets", misses, missTags);
    count(events, "cache.sets", puts, cacheTags);
    count(events, "cache.deletes", removals, cacheTags);
    return events;
  }

  private static void count(
      List<Event> events, String metric, int count, Map<String, String> tags) {
    if (count > 0) {
      events.add(collector -> collector.increment(metric, count, tags));
    }
  }

  private Map<String, String> kept(String key, Supplier<Map<String, String>> tags) {
    Map<String, String> known = operationTags.get(key);
    if (known != null) {
      return known;
    }
    Map<String, String> made = tags.get();
    if (operationTags.size() < MAX_KEPT_TAGS) {
      operationTags.put(key, made);
    }
    return made;
  }

  private Map<String, String> with(String... namesAndValues) {
    Map<String, String> more = new HashMap<>(cacheTags);
    for (int i = 0; i < namesAndValues.length; i += 2) {
      more.put(namesAndValues[i], namesAndValues[i + 1]);
    }
    return Map.copyOf(more);
  }
}
