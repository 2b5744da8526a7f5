package io.yokedcache.metrics.page;

import io.yokedcache.metrics.source.CacheReading;
import io.yokedcache.metrics.source.LatencyBounds;
import io.yokedcache.metrics.source.LatencyCells;
import io.yokedcache.metrics.source.OperationReading;
import io.yokedcache.metrics.source.StatisticsReading;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** All that is known of one cache, since it was made, as a JSON object. */
final class CacheDetails {

  private CacheDetails() {}

  static void write(JsonWriter json, int target, CacheReading cache) {
    json.beginObject()
        .name("target")
        .value(target)
        .name("manager")
        .value(cache.manager())
        .name("cache")
        .value(cache.cache())
        .name("counters")
        .values(new TreeMap<>(counters(cache)))
        .name("gauges")
        .values(new TreeMap<>(cache.gauges()))
        .name("averageMicros")
        .values(averages(cache.statistics()));
    json.name("operations").beginArray();
    for (OperationReading operation : cache.operations()) {
      if (operation.count() > 0 || !operation.errors().isEmpty()) {
        write(json, operation);
      }
    }
    json.endArray().endObject();
  }

  private static Map<String, Long> counters(CacheReading cache) {
    Map<String, Long> counters = new HashMap<>(cache.counters());
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

  private static void write(JsonWriter json, OperationReading operation) {
    json.beginObject()
        .name("operation")
        .value(operation.operation())
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
