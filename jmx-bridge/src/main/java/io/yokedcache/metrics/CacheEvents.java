package io.yokedcache.metrics;

import static java.util.Objects.requireNonNull;

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
 * <p>An output that reads MBeans has the same counts already, and shows those. Thread-safe.
 */
public final class CacheEvents {

  /** There are about twenty operations; whatever calls this, the map stays small. */
  private static final int MAX_KEPT_TAGS = 256;

  private static final double NANOS_PER_SECOND = 1e9;

  private static final List<CacheMetrics> receivers = new CopyOnWriteArrayList<>();

  private final Map<String, String> cacheTags;
  private final Map<String, String> hitTags;
  private final Map<String, String> missTags;

  /** Made once for each operation: the calling thread shall not build maps. */
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
    if (receivers.isEmpty()) {
      return;
    }
    counted(hits, misses, puts, removals);
    Map<String, String> tags = kept(operation, () -> with("operation", operation));
    double seconds = Math.max(0, durationNanos) / NANOS_PER_SECOND;
    receivers.forEach(metrics -> metrics.timing("cache.operation_duration", seconds, tags));
    if (operation.equals("clear") || operation.equals("removeAll")) {
      count("cache.invalidations", 1, kept("type " + operation, () -> with("type", operation)));
    }
  }

  /** Tells of entries that were found, put or removed by an operation that failed afterwards. */
  public void counted(int hits, int misses, int puts, int removals) {
    if (receivers.isEmpty()) {
      return;
    }
    count("cache.gets", hits, hitTags);
    count("cache.gets", misses, missTags);
    count("cache.sets", puts, cacheTags);
    count("cache.deletes", removals, cacheTags);
  }

  /** Tells of an operation that failed. */
  public void failed(String operation, String errorType) {
    if (!receivers.isEmpty()) {
      count(
          "cache.errors",
          1,
          kept(
              operation + '\n' + errorType,
              () -> with("operation", operation, "error_type", errorType)));
    }
  }

  private static void count(String metric, int count, Map<String, String> tags) {
    if (count > 0) {
      receivers.forEach(metrics -> metrics.increment(metric, count, tags));
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
