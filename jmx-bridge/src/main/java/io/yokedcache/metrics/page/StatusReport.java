package io.yokedcache.metrics.page;

import io.yokedcache.metrics.source.CacheReading;
import io.yokedcache.metrics.source.CacheReading.StatisticsReading;
import io.yokedcache.metrics.source.CacheSource;
import io.yokedcache.metrics.source.CacheSource.Selection;
import io.yokedcache.metrics.source.ConnectionReading;
import io.yokedcache.metrics.source.LatencyBounds;
import io.yokedcache.metrics.source.LatencyCells;
import io.yokedcache.metrics.source.OperationReading;
import io.yokedcache.metrics.source.Target;
import io.yokedcache.metrics.source.Target.Outcome;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The figures of the page as JSON: a row for each cache, and the details of the selected cache. The
 * page keeps the history and subtracts. Thread-safe.
 */
final class StatusReport {

  /**
   * A JVM is waited for twice as long as its last reading took, within these bounds. The page gives
   * an answer up after 8 s.
   */
  private static final long LEAST_PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(2);

  private static final long MOST_PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(6);

  /** The order of the figures in a row: with a thousand caches, names in each would be most. */
  private static final List<String> COLUMNS =
      List.of(
          ("target manager cache hits misses hitRate puts removals evictions entries bytes"
                  + " countedAge errors counts count sumNanos mean p50 p95 p99")
              .split(" ", -1));

  private volatile List<Target> targets = List.of();

  /** Another value tells the page that all counters were reset. */
  private final String instance = UUID.randomUUID().toString();

  /** Shows these JVMs from now on. A source that is a target already keeps its readings. */
  void targets(Map<String, ? extends CacheSource> sources) {
    targets =
        sources.entrySet().stream()
            .map(each -> Target.of(each.getKey(), each.getValue(), Target.DEFAULT_LIMIT))
            .toList();
  }

  /**
   * A request of the page.
   *
   * @param operation the operation whose durations the rows have
   * @param selected the cache whose details are wanted; absent for none
   */
  record Query(String operation, @Nullable Chosen selected) {

    record Chosen(String target, String manager, String cache) {

      boolean matches(String targetName, CacheReading reading) {
        return cache.equals(asSent(reading.cache()))
            && manager.equals(asSent(reading.manager()))
            && target.equals(asSent(targetName));
      }

      /** A browser cannot send half of a surrogate pair and sends U+FFFD instead. */
      private static String asSent(String name) {
        StringBuilder sent = new StringBuilder(name.length());
        name.codePoints()
            .forEach(
                c ->
                    sent.appendCodePoint(
                        c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xfffd : c));
        return sent.toString();
      }
    }

    /** Parses a query string; unknown and malformed parameters are passed over. */
    static Query parse(@Nullable String rawQuery) {
      Map<String, String> parameters = new HashMap<>();
      for (String parameter : rawQuery == null ? new String[0] : rawQuery.split("&", -1)) {
        int equals = parameter.indexOf('=');
        if (equals > 0) {
          try {
            parameters.put(
                parameter.substring(0, equals),
                URLDecoder.decode(parameter.substring(equals + 1), StandardCharsets.UTF_8));
          } catch (IllegalArgumentException malformed) {
            // No cache has such a name, so that its details are not found.
          }
        }
      }
      String cache = parameters.get("cache");
      return new Query(
          parameters.getOrDefault("operation", "get"),
          cache == null
              ? null
              : new Chosen(
                  parameters.getOrDefault("target", ""),
                  parameters.getOrDefault("manager", ""),
                  cache));
    }
  }

  /** Reads all targets at once and returns their answers. */
  String json(Query query) {
    long startNanos = System.nanoTime();
    List<Target> read = targets;
    List<Target.Reading> readings =
        read.stream().map(target -> target.beginOrRecent(Selection.ALL)).toList();
    List<Outcome> outcomes = new ArrayList<>();
    for (int i = 0; i < read.size(); i++) {
      long usual = 2 * read.get(i).usualTime().toNanos();
      long patience = Math.min(Math.max(LEAST_PATIENCE_NANOS, usual), MOST_PATIENCE_NANOS);
      long left = startNanos + patience - System.nanoTime();
      outcomes.add(readings.get(i).await(Duration.ofNanos(Math.max(0, left))));
    }
    SortedSet<String> operations = operations(outcomes, /* phases= */ false);
    JsonWriter json = JsonWriter.compact().beginObject().member("instance", instance);
    json.name("targets").beginArray();
    for (int i = 0; i < outcomes.size(); i++) {
      writeTarget(json, read.get(i), outcomes.get(i));
    }
    json.endArray().name("connections").beginArray();
    for (int i = 0; i < outcomes.size(); i++) {
      for (ConnectionReading connection : outcomes.get(i).readings().connections()) {
        writeConnection(json, i, connection);
      }
    }
    json.endArray()
        .member("operations", operations)
        .member("phases", operations(outcomes, /* phases= */ true))
        .member("columns", COLUMNS)
        .name("rows")
        .beginArray();
    for (int i = 0; i < outcomes.size(); i++) {
      for (CacheReading cache : outcomes.get(i).readings().caches()) {
        json.value(row(i, cache, operations, query.operation()));
      }
    }
    json.endArray().name("details");
    writeDetails(json, read, outcomes, query.selected());
    return json.endObject().toString();
  }

  private static void writeTarget(JsonWriter json, Target target, Outcome outcome) {
    json.beginObject()
        .member("name", target.name())
        .member("up", outcome.isUp())
        .member("error", outcome.error())
        .member("atMillis", outcome.startNanos() / 1e6)
        .endObject();
  }

  private static void writeConnection(JsonWriter json, int target, ConnectionReading connection) {
    json.beginObject()
        .member("target", target)
        .member("manager", connection.manager())
        .member("healthy", connection.healthy())
        .member("openBreakers", connection.openBreakers())
        .member("pingNanos", connection.pingNanos())
        .member("reconnects", connection.reconnects())
        .member("poolActive", connection.poolActive())
        .member("poolIdle", connection.poolIdle())
        .member("poolWaiting", connection.poolWaiting())
        .name("nodes")
        .beginArray();
    for (ConnectionReading.Node node : connection.nodes()) {
      Double seconds = node.pingSeconds();
      json.beginObject()
          .member("address", node.address())
          .member("role", node.role())
          .member("slots", node.slots())
          .member("healthy", node.healthy())
          .member("pingNanos", seconds == null ? null : Math.rint(seconds * 1e9))
          .member("breakerOpen", node.breakerOpen())
          .endObject();
    }
    json.endArray().endObject();
  }

  /** The operations, or the phases of operations, that some cache has run. */
  private static SortedSet<String> operations(List<Outcome> outcomes, boolean phases) {
    return outcomes.stream()
        .flatMap(outcome -> outcome.readings().caches().stream())
        .flatMap(cache -> cache.operations().stream())
        .filter(operation -> operation.count() > 0 && operation.isPhase() == phases)
        .map(OperationReading::operation)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** The figures of one cache, in the order of the columns. */
  private static List<@Nullable Object> row(
      int target, CacheReading cache, Set<String> operations, String operation) {
    Map<String, OperationReading> timers = new HashMap<>();
    cache.operations().forEach(timer -> timers.put(timer.operation(), timer));
    OperationReading timed = timers.get(operation);
    Map<String, Long> errors = cache.errors();
    return Arrays.asList(
        target,
        cache.manager(),
        cache.cache(),
        cache.hits(),
        cache.misses(),
        cache.hitRate(),
        cache.puts(),
        cache.removals(),
        cache.evictions(),
        cache.gauges().get("keysCount"),
        cache.gauges().get("sizeBytes"),
        cache.gauges().get("keyStatisticsAgeSeconds"),
        errors == null ? null : errors.values().stream().reduce(0L, CacheReading::sum),
        timers.isEmpty() ? null : operations.stream().map(name -> count(timers.get(name))).toList(),
        timed == null ? null : timed.count(),
        timed == null ? null : timed.sumNanos(),
        timed == null ? averageNanos(cache.statistics(), operation) : meanNanos(timed),
        percentile(timed, 0.5),
        percentile(timed, 0.95),
        percentile(timed, 0.99));
  }

  private static long count(@Nullable OperationReading timer) {
    return timer == null ? 0 : timer.count();
  }

  private static @Nullable Double meanNanos(OperationReading timed) {
    return timed.count() == 0 ? null : Math.rint((double) timed.sumNanos() / timed.count());
  }

  private static @Nullable Double averageNanos(
      @Nullable StatisticsReading statistics, String operation) {
    Double micros = averages(statistics).get(operation);
    // Providers say 0 where they do not measure, or have not yet; no operation takes no time.
    return micros == null || micros == 0 ? null : Math.rint(micros * 1000);
  }

  /** In whole nanoseconds: fractions would be half of the text. */
  private static @Nullable Double percentile(@Nullable OperationReading timed, double share) {
    Double nanos = timed == null ? null : timed.percentileNanos(share);
    return nanos == null ? null : Math.rint(nanos);
  }

  private static void writeDetails(
      JsonWriter json,
      List<Target> targets,
      List<Outcome> outcomes,
      Query.@Nullable Chosen selected) {
    for (int i = 0; selected != null && i < outcomes.size(); i++) {
      for (CacheReading cache : outcomes.get(i).readings().caches()) {
        if (selected.matches(targets.get(i).name(), cache)) {
          writeDetails(json, i, cache);
          return;
        }
      }
    }
    json.value(null);
  }

  private static void writeDetails(JsonWriter json, int target, CacheReading cache) {
    Map<String, Long> counters = new TreeMap<>(cache.counters());
    putIfKnown(counters, "hits", cache.hits());
    putIfKnown(counters, "misses", cache.misses());
    putIfKnown(counters, "puts", cache.puts());
    putIfKnown(counters, "removals", cache.removals());
    putIfKnown(counters, "evictions", cache.evictions());
    json.beginObject()
        .member("target", target)
        .member("manager", cache.manager())
        .member("cache", cache.cache())
        .member("counters", counters)
        .member("gauges", new TreeMap<>(cache.gauges()))
        .member("averageMicros", averages(cache.statistics()))
        .member("errors", cache.errors())
        .name("operations")
        .beginArray();
    for (OperationReading operation : cache.operations()) {
      if (operation.count() > 0 || !operation.errors().isEmpty()) {
        writeOperation(json, operation);
      }
    }
    json.endArray().endObject();
  }

  private static void writeOperation(JsonWriter json, OperationReading operation) {
    json.beginObject()
        .member("operation", operation.operation())
        .member("isPhase", operation.isPhase())
        .member("count", operation.count())
        .member("sumNanos", operation.sumNanos())
        .member("maxNanos", operation.maxNanos())
        .member("errors", new TreeMap<>(operation.errors()));
    LatencyCells cells = operation.cells();
    if (cells != null) {
      LatencyBounds bounds = cells.bounds();
      json.member("boundsNanos", IntStream.range(0, bounds.size()).mapToObj(bounds::nanos).toList())
          .member("cells", IntStream.range(0, cells.size()).mapToObj(cells::count).toList());
    }
    json.endObject();
  }

  private static Map<String, Double> averages(@Nullable StatisticsReading statistics) {
    Map<String, Double> averages = new TreeMap<>();
    if (statistics != null) {
      putIfKnown(averages, "get", statistics.averageGetMicros());
      putIfKnown(averages, "put", statistics.averagePutMicros());
      putIfKnown(averages, "remove", statistics.averageRemoveMicros());
    }
    return averages;
  }

  private static <V> void putIfKnown(Map<String, V> map, String name, @Nullable V value) {
    if (value != null) {
      map.put(name, value);
    }
  }
}
