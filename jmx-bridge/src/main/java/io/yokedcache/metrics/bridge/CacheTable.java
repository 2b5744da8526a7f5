package io.yokedcache.metrics.bridge;

import io.yokedcache.metrics.page.JsonWriter;
import io.yokedcache.metrics.source.CacheReading;
import io.yokedcache.metrics.source.OperationReading;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Draws caches as text, names to the left and numbers to the right, or as JSON. */
final class CacheTable {

  /** A cache of a JVM. */
  record Row(String target, CacheReading cache) {}

  /** A column. Its value is absent if it is not measured: a dash in text, null in JSON. */
  private record Column(
      String heading, String key, Form form, Function<Row, @Nullable Object> value) {

    String text(Row row) {
      Object known = value.apply(row);
      if (known == null) {
        return "-";
      }
      return switch (form) {
        case NAME -> known.toString().replaceAll("\\p{Cntrl}", "?");
        case COUNT -> String.format(Locale.ROOT, "%,d", (Long) known);
        case SHARE -> String.format(Locale.ROOT, "%.1f %%", 100 * (Double) known);
        case SECONDS -> duration(1e9 * (Double) known);
      };
    }
  }

  /** How a value is written as text. A name may have characters that command a terminal. */
  private enum Form {
    NAME,
    COUNT,
    SHARE,
    SECONDS
  }

  private static final List<Column> COLUMNS =
      List.of(
          new Column("TARGET", "target", Form.NAME, Row::target),
          new Column("MANAGER", "cacheManager", Form.NAME, row -> row.cache().manager()),
          new Column("CACHE", "cache", Form.NAME, row -> row.cache().cache()),
          new Column("HITS", "hits", Form.COUNT, row -> row.cache().hits()),
          new Column("MISSES", "misses", Form.COUNT, row -> row.cache().misses()),
          new Column("HIT RATE", "hitRate", Form.SHARE, row -> row.cache().hitRate()),
          new Column("PUTS", "puts", Form.COUNT, row -> row.cache().puts()),
          new Column("REMOVALS", "removals", Form.COUNT, row -> row.cache().removals()),
          new Column("EVICTIONS", "evictions", Form.COUNT, row -> row.cache().evictions()),
          new Column("ERRORS", "errors", Form.COUNT, CacheTable::errors),
          new Column("GET P50", "getP50Seconds", Form.SECONDS, row -> seconds(row, 0.5)),
          new Column("GET P99", "getP99Seconds", Form.SECONDS, row -> seconds(row, 0.99)),
          new Column("ENTRIES", "entries", Form.COUNT, CacheTable::entries));

  private CacheTable() {}

  static String text(List<Row> rows, boolean showsTarget) {
    if (rows.isEmpty()) {
      return "No caches with statistics\n";
    }
    List<Column> columns = showsTarget ? COLUMNS : COLUMNS.subList(1, COLUMNS.size());
    List<List<String>> lines = new ArrayList<>();
    lines.add(columns.stream().map(Column::heading).toList());
    rows.forEach(row -> lines.add(columns.stream().map(column -> column.text(row)).toList()));
    int[] widths = new int[columns.size()];
    for (List<String> line : lines) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], line.get(i).length());
      }
    }
    StringBuilder table = new StringBuilder();
    for (List<String> line : lines) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        String cell = line.get(i);
        String space = " ".repeat(widths[i] - cell.length());
        text.append(i > 0 ? "  " : "")
            .append(columns.get(i).form() == Form.NAME ? cell + space : space + cell);
      }
      table.append(text.toString().stripTrailing()).append('\n');
    }
    return table.toString();
  }

  /** A JSON array with an object for each row, durations in seconds. */
  static String json(List<Row> rows) {
    List<String> objects = rows.stream().map(CacheTable::json).toList();
    return objects.isEmpty() ? "[]\n" : "[\n  " + String.join(",\n  ", objects) + "\n]\n";
  }

  private static String json(Row row) {
    JsonWriter json = JsonWriter.spaced().beginObject();
    COLUMNS.forEach(column -> json.member(column.key(), column.value().apply(row)));
    return json.endObject().toString();
  }

  private static @Nullable Long errors(Row row) {
    Map<String, Long> errors = row.cache().errors();
    return errors == null ? null : errors.values().stream().reduce(0L, CacheReading::sum);
  }

  private static @Nullable Long entries(Row row) {
    Double entries = row.cache().gauges().get("keysCount");
    return entries == null ? null : Math.round(entries);
  }

  private static @Nullable Double seconds(Row row, double share) {
    for (OperationReading operation : row.cache().operations()) {
      if (operation.operation().equals("get")) {
        Double nanos = operation.percentileNanos(share);
        return nanos == null ? null : nanos / 1e9;
      }
    }
    return null;
  }

  private static String duration(double nanos) {
    if (nanos < 1_000) {
      return String.format(Locale.ROOT, "%.0f ns", nanos);
    }
    if (nanos < 1_000_000) {
      return String.format(Locale.ROOT, "%.0f us", nanos / 1e3);
    }
    return nanos < 1_000_000_000
        ? String.format(Locale.ROOT, "%.1f ms", nanos / 1e6)
        : String.format(Locale.ROOT, "%.2f s", nanos / 1e9);
  }
}
