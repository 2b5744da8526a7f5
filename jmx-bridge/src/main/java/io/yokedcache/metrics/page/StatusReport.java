package io.yokedcache.metrics.page;

import io.yokedcache.metrics.page.Target.Outcome;
import io.yokedcache.metrics.source.CacheReading;
import io.yokedcache.metrics.source.CacheSource;
import io.yokedcache.metrics.source.ConnectionReading;
import io.yokedcache.metrics.source.LatencyBounds;
import io.yokedcache.metrics.source.LatencyCells;
import io.yokedcache.metrics.source.OperationReading;
import io.yokedcache.metrics.source.StatisticsReading;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The figures that the page shows, as JSON: a row for each cache, and the details of the selected
 * one. It keeps no history; the page keeps one and subtracts. Thread-safe.
 */
final class StatusReport {

  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** The order of the figures in a row: with a thousand caches, names in each would be most. */
  private static final List<String> COLUMNS =
      List.of(
          "target",
          "manager",
          "cache",
          "hits",
          "misses",
          "hitRate",
          "puts",
          "removals",
          "evictions",
          "entries",
          "bytes",
          "countedAge",
          "errors",
          "counts",
          "count",
          "sumNanos",
          "mean",
          "p50",
          "p95",
          "p99");

  private final ThreadPoolExecutor executor =
      new ThreadPoolExecutor(
          0,
          1,
          10,
          TimeUnit.SECONDS,
          new SynchronousQueue<>(),
          task -> {
            Thread thread = new Thread(task, "yokedcache-status-page");
            thread.setDaemon(true);
            return thread;
          },
          new ThreadPoolExecutor.CallerRunsPolicy());

  private volatile List<Target> targets = List.of();

  /** Tells the page that counters begin anew, even if they happen to be higher than before. */
  private final String instance = UUID.randomUUID().toString();

  /** Shows these JVMs from now on; those whose sources stay go on with their readings. */
  synchronized void targets(Map<String, ? extends CacheSource> sources) {
    List<Target> next = new ArrayList<>();
    sources.forEach(
        (name, source) ->
            next.add(
                targets.stream()
                    .filter(known -> known.name().equals(name) && known.source() == source)
                    .findFirst()
                    .orElseGet(() -> new Target(name, source, executor))));
    // Twice, as a thread may not be free yet that is done.
    executor.setMaximumPoolSize(Math.max(executor.getMaximumPoolSize(), 2 * sources.size()));
    targets = List.copyOf(next);
  }

  /**
   * A request of the page.
   *
   * @param operation the operation whose durations the rows have
   * @param selected the cache whose details are wanted; absent for none
   */
  record Query(String operation, @Nullable Selection selected) {

    /** Names one cache. */
    record Selection(String target, String manager, String cache) {

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
              : new Selection(
                  parameters.getOrDefault("target", ""),
                  parameters.getOrDefault("manager", ""),
                  cache));
    }
  }

  /** Reads all targets at once and tells what they say. */
  String json(Query query) {
    long deadlineNanos = System.nanoTime() + PATIENCE_NANOS;
    List<Target> read = targets;
    List<Target.Reading> readings = read.stream().map(Target::read).toList();
    List<Outcome> outcomes =
        readings.stream().map(reading -> reading.await(deadlineNanos)).toList();
    JsonWriter json = JsonWriter.compact();
    json.beginObject().name("instance").value(instance);
    writeTargets(json, read, outcomes);
    writeConnections(json, outcomes);
    Set<String> operations = writeOperations(json, outcomes);
    writeTexts(json.name("columns"), COLUMNS);
    json.name("rows").beginArray();
    for (int i = 0; i < outcomes.size(); i++) {
      for (CacheReading cache : outcomes.get(i).readings().caches()) {
        writeRow(json, i, cache, operations, query.operation());
      }
    }
    json.endArray().name("details");
    writeDetails(json, read, outcomes, query.selected());
    return json.endObject().toString();
  }

  private static void writeTargets(JsonWriter json, List<Target> targets, List<Outcome> outcomes) {
    json.name("targets").beginArray();
    for (int i = 0; i < outcomes.size(); i++) {
      Outcome outcome = outcomes.get(i);
      json.beginObject()
          .name("name")
          .value(targets.get(i).name())
          .name("up")
          .value(outcome.error() == null)
          .name("error")
          .value(outcome.error())
          .name("atMillis")
          .value(outcome.atMillis())
          .endObject();
    }
    json.endArray();
  }

  private static void writeConnections(JsonWriter json, List<Outcome> outcomes) {
    json.name("connections").beginArray();
    for (int i = 0; i < outcomes.size(); i++) {
      for (ConnectionReading connection : outcomes.get(i).readings().connections()) {
        json.beginObject()
            .name("target")
            .value(i)
            .name("manager")
            .value(connection.manager())
            .name("healthy")
            .value(connection.healthy())
            .name("pingNanos")
            .value(connection.pingNanos())
            .name("reconnects")
            .value(connection.reconnects())
            .name("poolActive")
            .value(connection.poolActive())
            .name("poolIdle")
            .value(connection.poolIdle())
            .name("poolWaiting")
            .value(connection.poolWaiting())
            .endObject();
      }
    }
    json.endArray();
  }

  /** Writes and returns the operations that some cache has run; the phases are for choice only. */
  private static Set<String> writeOperations(JsonWriter json, List<Outcome> outcomes) {
    TreeSet<String> names = new TreeSet<>();
    TreeSet<String> phases = new TreeSet<>();
    for (Outcome outcome : outcomes) {
      for (CacheReading cache : outcome.readings().caches()) {
        for (OperationReading operation : cache.operations()) {
          if (operation.count() > 0) {
            (operation.isPhase() ? phases : names).add(operation.operation());
          }
        }
      }
    }
    writeTexts(json.name("operations"), names);
    writeTexts(json.name("phases"), phases);
    return names;
  }

  private static void writeTexts(JsonWriter json, Collection<String> texts) {
    json.beginArray();
    texts.forEach(json::value);
    json.endArray();
  }

  private static void writeRow(
      JsonWriter json, int target, CacheReading cache, Set<String> operations, String operation) {
    Map<String, Long> errors = cache.errors();
    Map<String, OperationReading> timers = new HashMap<>();
    cache.operations().forEach(timer -> timers.put(timer.operation(), timer));
    OperationReading timed = timers.get(operation);
    json.beginArray()
        .value(target)
        .value(cache.manager())
        .value(cache.cache())
        .value(cache.hits())
        .value(cache.misses())
        .value(cache.hitRate())
        .value(cache.puts())
        .value(cache.removals())
        .value(cache.evictions())
        .value(cache.gauges().get("keysCount"))
        .value(cache.gauges().get("sizeBytes"))
        .value(cache.gauges().get("censusAgeSeconds"))
        .value(errors == null ? null : errors.values().stream().reduce(0L, CacheReading::sum));
    writeCounts(json, timers, operations);
    json.value(timed == null ? null : timed.count())
        .value(timed == null ? null : timed.sumNanos())
        .value(timed == null ? averageNanos(cache.statistics(), operation) : meanNanos(timed));
    for (double share : new double[] {0.5, 0.95, 0.99}) {
      json.value(timed == null ? null : rounded(Percentiles.nanos(timed, share)));
    }
    json.endArray();
  }

  /** How often the cache ran each operation of the list, of which the page keeps the past. */
  private static void writeCounts(
      JsonWriter json, Map<String, OperationReading> timers, Set<String> operations) {
    if (timers.isEmpty()) {
      json.value((String) null);
      return;
    }
    json.beginArray();
    for (String operation : operations) {
      OperationReading timer = timers.get(operation);
      json.value(timer == null ? 0 : timer.count());
    }
    json.endArray();
  }

  private static @Nullable Double meanNanos(OperationReading timed) {
    return timed.count() == 0 ? null : rounded((double) timed.sumNanos() / timed.count());
  }

  private static @Nullable Double averageNanos(
      @Nullable StatisticsReading statistics, String operation) {
    Double micros = averages(statistics).get(operation);
    // Providers say 0 where they do not measure, or have not yet; no operation takes no time.
    return micros == null || micros == 0 ? null : rounded(micros * 1000);
  }

  /** Whole nanoseconds: fractions would be half of the text. */
  private static @Nullable Double rounded(@Nullable Double nanos) {
    return nanos == null ? null : Math.rint(nanos);
  }

  private static void writeDetails(
      JsonWriter json,
      List<Target> targets,
      List<Outcome> outcomes,
      Query.@Nullable Selection selected) {
    for (int i = 0; selected != null && i < outcomes.size(); i++) {
      for (CacheReading cache : outcomes.get(i).readings().caches()) {
        if (selected.matches(targets.get(i).name(), cache)) {
          writeDetails(json, i, cache);
          return;
        }
      }
    }
    json.value((String) null);
  }

  /** All that is known of one cache, since it was made. */
  private static void writeDetails(JsonWriter json, int target, CacheReading cache) {
    Map<String, Long> errors = cache.errors();
    json.beginObject()
        .name("target")
        .value(target)
        .name("manager")
        .value(cache.manager())
        .name("cache")
        .value(cache.cache())
        .name("counters")
        .values(counters(cache))
        .name("gauges")
        .values(new TreeMap<>(cache.gauges()))
        .name("averageMicros")
        .values(averages(cache.statistics()))
        .name("errors");
    if (errors == null) {
      json.value((String) null);
    } else {
      json.values(errors);
    }
    json.name("operations").beginArray();
    for (OperationReading operation : cache.operations()) {
      if (operation.count() > 0 || !operation.errors().isEmpty()) {
        writeOperation(json, operation);
      }
    }
    json.endArray().endObject();
  }

  private static Map<String, Long> counters(CacheReading cache) {
    Map<String, Long> counters = new TreeMap<>(cache.counters());
    putIfKnown(counters, "hits", cache.hits());
    putIfKnown(counters, "misses", cache.misses());
    putIfKnown(counters, "puts", cache.puts());
    putIfKnown(counters, "removals", cache.removals());
    putIfKnown(counters, "evictions", cache.evictions());
    return counters;
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

  private static void writeOperation(JsonWriter json, OperationReading operation) {
    json.beginObject()
        .name("operation")
        .value(operation.operation())
        .name("isPhase")
        .value(operation.isPhase())
        .name("count")
        .value(operation.count())
        .name("sumNanos")
        .value(operation.sumNanos())
        .name("maxNanos")
        .value(operation.maxNanos())
        .name("errors")
        .values(new TreeMap<>(operation.errors()));
    LatencyCells cells = operation.cells();
    if (cells != null) {
      LatencyBounds bounds = cells.bounds();
      json.name("boundsNanos").beginArray();
      for (int i = 0; i < bounds.size(); i++) {
        json.value(bounds.nanos(i));
      }
      json.endArray().name("cells").beginArray();
      for (int i = 0; i < cells.size(); i++) {
        json.value(cells.count(i));
      }
      json.endArray();
    }
    json.endObject();
  }
}
