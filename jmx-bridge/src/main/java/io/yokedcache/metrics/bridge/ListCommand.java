package io.yokedcache.metrics.bridge;

import io.yokedcache.metrics.bridge.MetricsSettings.TargetSettings;
import io.yokedcache.metrics.page.JsonWriter;
import io.yokedcache.metrics.source.CacheReading;
import io.yokedcache.metrics.source.CacheSource;
import io.yokedcache.metrics.source.OperationReading;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Prints the caches of other JVMs as a table. */
@Command(
    name = "list",
    mixinStandardHelpOptions = true,
    versionProvider = BridgeMain.Version.class,
    description = {
      "Prints the caches of other JVMs with their figures.",
      "A cache is not listed while its statistics are off. A dash means: not measured."
    })
final class ListCommand implements Callable<Integer> {

  private static final Logger logger = LoggerFactory.getLogger(ListCommand.class);

  @Mixin private TargetOptions targetOptions = new TargetOptions();

  @Option(
      names = "--watch",
      paramLabel = "SECONDS",
      description = "Prints again and again, until Ctrl-C.")
  private @Nullable Integer watchSeconds;

  @Option(names = "--json", description = "Prints a JSON array instead of a table.")
  private boolean isJson;

  // Set by picocli before the command runs.
  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    if (watchSeconds != null && (watchSeconds < 1 || watchSeconds > 86_400)) {
      throw new MetricsConfigurationException("--watch " + watchSeconds + " must be 1 to 86400");
    }
    MetricsSettings settings = MetricsSettings.of(targetOptions.settings(Map.of()));
    Map<String, TargetSettings> jvms = targetOptions.targets(settings);
    try (Targets targets = new Targets(targetOptions.timeLimit())) {
      targets.follow(jvms);
      boolean isComplete = print(targets.sources());
      while (watchSeconds != null) {
        TimeUnit.SECONDS.sleep(watchSeconds);
        if (!isJson) {
          out().println();
        }
        isComplete = print(targets.sources());
      }
      return isComplete ? ExitCode.OK : ExitCode.SOFTWARE;
    }
  }

  private boolean print(Map<String, CacheSource> sources) {
    List<CacheTable.Row> rows = new ArrayList<>();
    List<String> failures = new ArrayList<>();
    sources.forEach(
        (name, source) -> {
          try {
            source.read().caches().stream()
                .sorted(
                    Comparator.comparing(CacheReading::manager).thenComparing(CacheReading::cache))
                .forEach(cache -> rows.add(new CacheTable.Row(name, cache)));
          } catch (IOException | RuntimeException e) {
            failures.add(name + ": " + BridgeMain.line(e));
            logger.debug("Where reading {} failed", name, e);
          }
        });
    if (isJson) {
      out().print(CacheTable.json(rows));
    } else if (!rows.isEmpty() || failures.isEmpty()) {
      out().print(CacheTable.text(rows, sources.size() > 1));
    }
    out().flush();
    failures.forEach(spec.commandLine().getErr()::println);
    return failures.isEmpty();
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  /** Draws caches as text, names to the left and numbers to the right, or as JSON. */
  static final class CacheTable {

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
          case NAME -> name(known.toString());
          case COUNT -> String.format(Locale.ROOT, "%,d", (Long) known);
          case SHARE -> String.format(Locale.ROOT, "%.1f %%", 100 * (Double) known);
          case SECONDS -> duration(1e9 * (Double) known);
        };
      }
    }

    /** The longest name that text shows in full, in characters; JSON has the others. */
    private static final int MAX_NAME = 80;

    /** A name without characters that command a terminal, or that let it write from the right. */
    private static String name(String known) {
      String plain = known.replaceAll("[\\p{Cntrl}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]", "?");
      return plain.codePointCount(0, plain.length()) <= MAX_NAME
          ? plain
          : plain.substring(0, plain.offsetByCodePoints(0, MAX_NAME - 3)) + "...";
    }

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
}
