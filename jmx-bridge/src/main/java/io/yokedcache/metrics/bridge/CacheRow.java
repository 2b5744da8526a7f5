package io.yokedcache.metrics.bridge;

import io.yokedcache.metrics.page.JsonWriter;
import io.yokedcache.metrics.source.CacheReading;
import io.yokedcache.metrics.source.LatencyCells;
import io.yokedcache.metrics.source.OperationReading;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The figures of one cache that a table has room for; those that are not measured are absent.
 *
 * @param target the JVM's name
 * @param manager the cache manager's name
 * @param cache the cache's name
 * @param hits gets that found an entry
 * @param misses gets that found none
 * @param hitRate 0 to 1
 * @param puts entries put
 * @param removals entries removed
 * @param p50Nanos what half of all gets took at most
 * @param p99Nanos what 99 of 100 gets took at most
 * @param entries how many there are
 */
record CacheRow(
    String target,
    String manager,
    String cache,
    @Nullable Long hits,
    @Nullable Long misses,
    @Nullable Double hitRate,
    @Nullable Long puts,
    @Nullable Long removals,
    @Nullable Long p50Nanos,
    @Nullable Long p99Nanos,
    @Nullable Long entries) {

  static CacheRow of(String target, CacheReading cache) {
    LatencyCells gets =
        cache.operations().stream()
            .filter(operation -> operation.operation().equals("get"))
            .findFirst()
            .map(OperationReading::cells)
            .orElse(null);
    Double entries = cache.gauges().get("keysCount");
    return new CacheRow(
        target,
        cache.manager(),
        cache.cache(),
        cache.hits(),
        cache.misses(),
        cache.hitRate(),
        cache.puts(),
        cache.removals(),
        quantile(gets, 0.5),
        quantile(gets, 0.99),
        entries == null ? null : Math.round(entries));
  }

  /** The upper bound of the cell that has it; of the last cell, which has none, the lower one. */
  static @Nullable Long quantile(@Nullable LatencyCells cells, double share) {
    if (cells == null) {
      return null;
    }
    long count = 0;
    for (int i = 0; i < cells.size(); i++) {
      count += cells.count(i);
    }
    if (count == 0) {
      return null;
    }
    long rank = Math.max(1, (long) Math.ceil(share * count));
    long below = 0;
    int last = cells.bounds().size() - 1;
    for (int i = 0; i <= last; i++) {
      below += cells.count(i);
      if (below >= rank) {
        return cells.bounds().nanos(i);
      }
    }
    return cells.bounds().nanos(last);
  }

  /** A JSON array with an object for each row, in seconds and with null for what is absent. */
  static String json(List<CacheRow> rows) {
    List<String> objects = rows.stream().map(CacheRow::json).toList();
    return objects.isEmpty() ? "[]\n" : "[\n  " + String.join(",\n  ", objects) + "\n]\n";
  }

  private String json() {
    return JsonWriter.spaced()
        .beginObject()
        .member("target", target)
        .member("cacheManager", manager)
        .member("cache", cache)
        .member("hits", hits)
        .member("misses", misses)
        .member("hitRate", hitRate)
        .member("puts", puts)
        .member("removals", removals)
        .member("getP50Seconds", seconds(p50Nanos))
        .member("getP99Seconds", seconds(p99Nanos))
        .member("entries", entries)
        .endObject()
        .toString();
  }

  private static @Nullable Double seconds(@Nullable Long nanos) {
    return nanos == null ? null : nanos / 1e9;
  }
}
