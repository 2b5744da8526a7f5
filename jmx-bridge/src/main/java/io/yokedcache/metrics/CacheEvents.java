package io.yokedcache.metrics;

import static java.util.Objects.requireNonNull;

import io.yokedcache.metrics.CacheMetrics.Event;
import io.yokedcache.metrics.source.OperationNames;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
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

  private final OperationNames names;
  private final Map<String, String> cacheTags;
  private final Map<String, String> hitTags;
  private final Map<String, String> missTags;

  /** Made once for each operation, so that the calling thread builds no maps. */
  private final Map<String, Map<String, String>> operationTags = new ConcurrentHashMap<>();

  private CacheEvents(Map<String, String> cacheTags, OperationNames names) {
    this.names = names;
    this.cacheTags = Map.copyOf(cacheTags);
    this.hitTags = with("result", "hit");
    this.missTags = with("result", "miss");
  }

  /** A subscription by {@link #sendTo}; may be closed twice. */
  @FunctionalInterface
  public interface Subscription extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Sends the operations of all caches of this JVM to metrics, from now on.
   *
   * @param metrics where they go; not closed with the subscription
   * @return ends the subscription
   */
  public static Subscription sendTo(CacheMetrics metrics) {
    requireNonNull(metrics, "metrics");
    receivers.add(metrics);
    return () -> receivers.remove(metrics);
  }

  /**
   * Returns the events of one cache, for an observer of it.
   *
   * @param manager the cache manager's name, as its MBeans have it
   * @param cache the cache's name
   */
  public static CacheEvents of(String manager, String cache) {
    return new CacheEvents(
        Map.of(
            "cache_manager", requireNonNull(manager, "manager"),
            "cache", requireNonNull(cache, "cache")),
        OperationNames.DEFAULT);
  }

  /**
   * Returns the events of a cache with other tags than its names.
   *
   * @param tags of every event; may be empty
   * @param names the names of operations in the tag {@code operation}
   */
  public static CacheEvents withTags(Map<String, String> tags, OperationNames names) {
    return new CacheEvents(tags, requireNonNull(names, "names"));
  }

  /** Sends an operation that ended well, and the entries that it found, put and removed. */
  public void completed(
      String operation, int hits, int misses, int puts, int removals, long durationNanos) {
    if (!isWanted()) {
      return;
    }
    List<Event> events = new ArrayList<>(3);
    counted(events::add, hits, misses, puts, removals);
    String type =
        switch (operation) {
          case "clear", "removeAll" -> operation;
          case "invalidateMatching" -> "pattern";
          case "invalidateTags" -> "tag";
          default -> null;
        };
    if (type != null) {
      Map<String, String> tags = kept("type " + type, () -> with("type", type));
      events.add(collector -> collector.increment("cache.invalidations", 1, tags));
    }
    timed(events::add, operation, durationNanos);
    send(events);
  }

  /** Sends the entries that were found, put or removed by an operation that failed afterwards. */
  public void counted(int hits, int misses, int puts, int removals) {
    if (isWanted()) {
      List<Event> events = new ArrayList<>(3);
      counted(events::add, hits, misses, puts, removals);
      send(events);
    }
  }

  /** Sends an operation that failed. */
  public void failed(String operation, String errorType) {
    if (isWanted()) {
      failed(event -> send(List.of(event)), operation, errorType);
    }
  }

  /** Sends the entries that an operation found, put and removed to one collector. */
  public void counted(MetricsCollector collector, int hits, int misses, int puts, int removals) {
    counted(event -> event.sendTo(collector), hits, misses, puts, removals);
  }

  /** Sends the duration of an operation to one collector; a negative one is sent as 0. */
  public void timed(MetricsCollector collector, String operation, long durationNanos) {
    timed(event -> event.sendTo(collector), operation, durationNanos);
  }

  public void failed(MetricsCollector collector, String operation, String errorType) {
    failed(event -> event.sendTo(collector), operation, errorType);
  }

  private void counted(Consumer<Event> to, int hits, int misses, int puts, int removals) {
    count(to, "cache.gets", hits, hitTags);
    count(to, "cache.gets", misses, missTags);
    count(to, "cache.sets", puts, cacheTags);
    count(to, "cache.deletes", removals, cacheTags);
  }

  private static void count(
      Consumer<Event> to, String metric, int count, Map<String, String> tags) {
    if (count > 0) {
      to.accept(collector -> collector.increment(metric, count, tags));
    }
  }

  private void timed(Consumer<Event> to, String operation, long durationNanos) {
    double seconds = Math.max(0, durationNanos) / NANOS_PER_SECOND;
    Map<String, String> tags = kept(operation, () -> with("operation", names.of(operation)));
    to.accept(collector -> collector.timing("cache.operation_duration", seconds, tags));
  }

  private void failed(Consumer<Event> to, String operation, String errorType) {
    Map<String, String> tags =
        kept(
            operation + '\n' + errorType,
            () -> with("operation", names.of(operation), "error_type", errorType));
    to.accept(collector -> collector.increment("cache.errors", 1, tags));
  }

  /** Sends the events of one operation, which a full queue takes together or not at all. */
  private static void send(List<Event> events) {
    receivers.forEach(metrics -> metrics.sendOfCaches(events));
  }

  private static boolean isWanted() {
    for (CacheMetrics metrics : receivers) {
      if (metrics.wantsCaches()) {
        return true;
      }
    }
    return false;
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
