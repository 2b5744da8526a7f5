package io.yokedcache.metrics.bridge;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Draws rows as text: names to the left, numbers to the right. */
final class CacheTable {

  private static final List<String> HEADINGS =
      List.of(
          "TARGET",
          "MANAGER",
          "CACHE",
          "HITS",
          "MISSES",
          "HIT RATE",
          "PUTS",
          "REMOVALS",
          "GET P50",
          "GET P99",
          "ENTRIES");

  /** How many columns are names. */
  private static final int NAMES = 3;

  private CacheTable() {}

  static String of(List<CacheRow> rows, boolean showsTarget) {
    if (rows.isEmpty()) {
      return "No caches with statistics\n";
    }
    List<List<String>> lines = new ArrayList<>();
    lines.add(HEADINGS);
    rows.forEach(row -> lines.add(cells(row)));
    int first = showsTarget ? 0 : 1;
    StringBuilder table = new StringBuilder();
    for (List<String> line : lines) {
      StringBuilder text = new StringBuilder();
      for (int column = first; column < HEADINGS.size(); column++) {
        String cell = line.get(column);
        String space = " ".repeat(width(lines, column) - cell.length());
        text.append(column > first ? "  " : "")
            .append(column < NAMES ? cell + space : space + cell);
      }
      table.append(text.toString().stripTrailing()).append('\n');
    }
    return table.toString();
  }

  private static int width(List<List<String>> lines, int column) {
    return lines.stream().mapToInt(line -> line.get(column).length()).max().orElse(0);
  }

  private static List<String> cells(CacheRow row) {
    Double hitRate = row.hitRate();
    return List.of(
        printable(row.target()),
        printable(row.manager()),
        printable(row.cache()),
        number(row.hits()),
        number(row.misses()),
        hitRate == null ? "-" : String.format(Locale.ROOT, "%.1f %%", 100 * hitRate),
        number(row.puts()),
        number(row.removals()),
        duration(row.p50Nanos()),
        duration(row.p99Nanos()),
        number(row.entries()));
  }

  /** A name of a cache could have characters that a terminal takes for commands. */
  private static String printable(String name) {
    return name.replaceAll("\\p{Cntrl}", "?");
  }

  private static String number(@Nullable Long number) {
    return number == null ? "-" : String.format(Locale.ROOT, "%,d", number);
  }

  private static String duration(@Nullable Long nanos) {
    if (nanos == null) {
      return "-";
    }
    if (nanos < 1_000_000) {
      return String.format(Locale.ROOT, "%.0f us", nanos / 1e3);
    }
    return nanos < 1_000_000_000
        ? String.format(Locale.ROOT, "%.1f ms", nanos / 1e6)
        : String.format(Locale.ROOT, "%.2f s", nanos / 1e9);
  }
}
