package io.yokedcache.benchmarks;

import io.yokedcache.benchmarks.load.Cell;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/** Prints what was measured as a table in Markdown, a cell at a time. */
final class Report {

  private static final String HEAD =
      """
      | workload | threads | bytes | contender | ops/s | ratio to %s (least..greatest) | 95 %% | p50 us | p50 ratio (95 %%) | p99 us | p99.9 us | client us/op | server us/op |
      |---|--:|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\
      """;

  private static final double P50 = 50;
  private static final double P99 = 99;
  private static final double P999 = 99.9;

  private final PrintStream out;
  private final String base;
  private final Chart chart = new Chart();

  Report(PrintStream out, String base) {
    this.out = out;
    this.base = base;
  }

  /** Prints on what it is measured, and the notes. */
  void printMachine(String server, String java, List<String> notes) {
    out.println(
        "Machine: %s, %d processors, %s %s. Redis %s. Client JVM %s (this is %s). Load before: %.2f."
            .formatted(
                processor(),
                Runtime.getRuntime().availableProcessors(),
                System.getProperty("os.name"),
                System.getProperty("os.version"),
                server,
                java,
                Runtime.version(),
                load()));
    notes.forEach(out::println);
    out.println();
    out.println(HEAD.formatted(base));
  }

  private static String processor() {
    try {
      return Files.readAllLines(Path.of("/proc/cpuinfo"), StandardCharsets.UTF_8).stream()
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(System.getProperty("os.arch"));
    } catch (IOException notLinux) {
      return System.getProperty("os.arch");
    }
  }

  private static double load() {
    return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
  }

  /** Prints a row for each contestant; the first is the base of the ratios. */
  void print(Cell cell, List<Series> all) {
    chart.add(cell, all);
    Series first = all.get(0);
    for (Series series : all) {
      Spread ratio = series.ratioTo(first);
      out.println(
          String.format(
              Locale.ROOT,
              "| %s | %s | %d | %s | %,.0f | %.2f (%.2f..%.2f) | %.3f..%.3f | %s | %s | %s | %s | %s | %.1f |",
              cell.workload().label(),
              cell.threading(),
              cell.valueBytes(),
              series.label(),
              series.perSecond().median(),
              ratio.median(),
              ratio.min(),
              ratio.max(),
              ratio.low(),
              ratio.high(),
              text(series.micros(P50)),
              series.middleRatioTo(first).map(Report::interval).orElse("-"),
              text(series.micros(P99)),
              text(series.micros(P999)),
              text(series.clientMicros()),
              series.serverMicros()));
    }
    for (Series series : all) {
      if (series.wrong() > 0) {
        out.println("WRONG: %d answers of %s".formatted(series.wrong(), series.label()));
      }
    }
    out.flush();
  }

  private static String interval(Spread spread) {
    return String.format(
        Locale.ROOT, "%.3f (%.3f..%.3f)", spread.median(), spread.low(), spread.high());
  }

  private static String text(OptionalDouble figure) {
    return figure.isEmpty() ? "-" : String.format(Locale.ROOT, "%.1f", figure.getAsDouble());
  }

  /** Prints that a cell was not measured. */
  void printLeftOut(Cell cell, String why) {
    out.println("Left out: " + cell + ", " + why);
  }

  /** Draws what was printed. */
  void draw(Path file) throws IOException {
    chart.write(file);
  }

  /** Prints how it went. */
  void printEnd(long seconds) {
    out.println();
    out.println("Took %d s. Load after: %.2f.".formatted(seconds, load()));
  }
}
