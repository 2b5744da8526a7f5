package io.yokedcache.metrics.statsd;

import io.yokedcache.metrics.jmx.CacheReading;
import io.yokedcache.metrics.jmx.CacheReadings;
import io.yokedcache.metrics.jmx.ConnectionReading;
import io.yokedcache.metrics.jmx.OperationReading;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Names the series of a reading: {@code cache.gets.total} with the tag {@code result}, and so on.
 *
 * @param hasCacheTags whether each series says whose it is; without, all caches add up to one
 */
record CacheSeries(boolean hasCacheTags) {

  /** Counters that a series of another name already shows. */
  private static final Set<String> NAMED =
      Set.of("hits", "misses", "puts", "removals", "evictions");

  private static final String INVALIDATIONS = "invalidations.";

  /** Tells the sink all that is in the readings. */
  void describe(CacheReadings readings, SeriesSink sink) {
    for (CacheReading cache : readings.caches()) {
      describeCache(cache, sink);
    }
    if (hasCacheTags) {
      readings.caches().forEach(cache -> describeGauges(List.of(cache), tags(cache), sink));
      readings.connections().forEach(connection -> describeConnection(connection, sink));
    } else {
      describeGauges(readings.caches(), Map.of(), sink);
      describeConnections(readings.connections(), sink);
    }
  }

  private void describeCache(CacheReading cache, SeriesSink sink) {
    Object owner = List.of(cache.manager(), cache.cache());
    Map<String, String> tags = tags(cache);
    Counters counters = new Counters(owner, sink);
    counters.add("gets", with(tags, "result", "hit"), cache.hits());
    counters.add("gets", with(tags, "result", "miss"), cache.misses());
    counters.add("hits", tags, cache.hits());
    counters.add("misses", tags, cache.misses());
    counters.add("sets", tags, cache.puts());
    counters.add("deletes", tags, cache.removals());
    counters.add("evictions", tags, cache.evictions());
    cache
        .counters()
        .forEach(
            (name, total) -> {
              if (name.startsWith(INVALIDATIONS)) {
                String type = snakeCase(name.substring(INVALIDATIONS.length()));
                counters.add("invalidations", with(tags, "type", type), total);
              } else if (!NAMED.contains(name)) {
                counters.add(snakeCase(name), tags, total);
              }
            });
    for (OperationReading operation : cache.operations()) {
      Map<String, String> labelled = with(tags, "operation", snakeCase(operation.operation()));
      if (operation.cells() != null) {
        sink.timer(owner, "cache.operation_duration", labelled, operation.cells());
      }
      operation
          .errors()
          .forEach(
              (type, total) -> counters.add("errors", with(labelled, "error_type", type), total));
    }
  }

  /** One cache, or all of them together. */
  private static void describeGauges(
      List<CacheReading> caches, Map<String, String> tags, SeriesSink sink) {
    Map<String, Double> sums = new TreeMap<>();
    long hits = 0;
    long gets = 0;
    for (CacheReading cache : caches) {
      cache
          .gauges()
          .forEach(
              (name, value) ->
                  sums.merge(snakeCase(name), value, isAge(name) ? Math::max : Double::sum));
      Long cacheHits = cache.hits();
      Long cacheMisses = cache.misses();
      if (cacheHits != null && cacheMisses != null) {
        hits += cacheHits;
        gets += cacheHits + cacheMisses;
      }
    }
    Double single = caches.size() == 1 ? caches.get(0).hitRate() : null;
    sums.remove("hit_rate");
    if (single != null) {
      sums.put("hit_rate", single);
    } else if (gets > 0) {
      sums.put("hit_rate", (double) hits / gets);
    }
    sums.forEach((name, value) -> sink.gauge("cache." + name, tags, value));
  }

  private static boolean isAge(String gauge) {
    return gauge.endsWith("Seconds");
  }

  private static void describeConnections(List<ConnectionReading> all, SeriesSink sink) {
    List<Boolean> known =
        all.stream().map(ConnectionReading::healthy).filter(h -> h != null).toList();
    if (!known.isEmpty()) {
      sink.gauge("cache.health", Map.of(), known.contains(false) ? 0 : 1);
    }
  }

  private static void describeConnection(ConnectionReading connection, SeriesSink sink) {
    Map<String, String> tags = Map.of("cache_manager", connection.manager());
    Boolean healthy = connection.healthy();
    if (healthy != null) {
      sink.gauge("cache.health", tags, healthy ? 1 : 0);
    }
    Long pingNanos = connection.pingNanos();
    if (pingNanos != null) {
      sink.gauge("cache.ping_seconds", tags, pingNanos / 1e9);
    }
    new Counters(connection.manager(), sink).add("reconnects", tags, connection.reconnects());
    connections("active", connection.poolActive(), tags, sink);
    connections("idle", connection.poolIdle(), tags, sink);
    connections("waiting", connection.poolWaiting(), tags, sink);
  }

  private static void connections(
      String state, @Nullable Long number, Map<String, String> tags, SeriesSink sink) {
    if (number != null) {
      sink.gauge("cache.connections", with(tags, "state", state), number);
    }
  }

  private Map<String, String> tags(CacheReading cache) {
    return hasCacheTags
        ? Map.of("cache_manager", cache.manager(), "cache", cache.cache())
        : Map.of();
  }

  private static Map<String, String> with(Map<String, String> tags, String name, String value) {
    Map<String, String> more = new HashMap<>(tags);
    more.put(name, value);
    return Map.copyOf(more);
  }

  /** {@code loadFailures} is {@code load_failures}. */
  private static String snakeCase(String camelCase) {
    return camelCase.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT);
  }

  /** The counters of one owner; those that were not measured are left out. */
  private record Counters(Object owner, SeriesSink sink) {

    void add(String name, Map<String, String> tags, @Nullable Long total) {
      if (total != null) {
        sink.counter(owner, "cache." + name + ".total", tags, total);
      }
    }
  }
}
