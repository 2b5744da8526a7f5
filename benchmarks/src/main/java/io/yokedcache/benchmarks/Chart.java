package io.yokedcache.benchmarks;

import io.yokedcache.benchmarks.load.Cell;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A picture of what was measured, as SVG: for each workload and number of threads a bar for each
 * contestant, as long as its operations a second. Bars can be compared within a group. For one
 * thread.
 */
final class Chart {

  private static final int WIDTH = 860;
  private static final int LABEL = 240;
  private static final int BAR = 18;
  private static final int GAP = 6;
  private static final int HEAD = 34;
  private static final int MARGIN = 16;

  /** How much of the width is left for the number behind the longest bar. */
  private static final int NUMBER = 130;

  private static final String OURS = "yokedcache";
  private static final String OUR_COLOUR = "#c0392b";
  private static final String OTHER_COLOUR = "#8395a7";

  private final List<Group> groups = new ArrayList<>();

  /** The bars of one cell. */
  private record Group(String title, List<Bar> bars) {}

  private record Bar(String label, double perSecond) {}

  /** Adds a group. */
  void add(Cell cell, List<Series> all) {
    groups.add(
        new Group(
            "%s by %s thread%s, values of %d bytes"
                .formatted(
                    cell.workload().label(),
                    cell.threading(),
                    cell.threading().count() == 1 ? "" : "s",
                    cell.valueBytes()),
            all.stream()
                .map(series -> new Bar(series.label(), series.perSecond().median()))
                .toList()));
  }

  /** Writes the picture. */
  void write(Path file) throws IOException {
    Files.writeString(file, svg(), StandardCharsets.UTF_8);
  }

  private String svg() {
    StringBuilder body = new StringBuilder();
    int y = MARGIN;
    for (Group group : groups) {
      text(body, MARGIN, y + BAR, "bold", group.title() + ": operations a second");
      y += HEAD;
      double most = group.bars().stream().mapToDouble(Bar::perSecond).max().orElse(1);
      for (Bar bar : group.bars()) {
        int length = (int) Math.round(bar.perSecond() / most * (WIDTH - LABEL - NUMBER));
        text(body, MARGIN, y + BAR - GAP + 2, "normal", bar.label());
        body.append(
            "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>%n"
                .formatted(
                    LABEL,
                    y,
                    Math.max(1, length),
                    BAR,
                    bar.label().startsWith(OURS) ? OUR_COLOUR : OTHER_COLOUR));
        text(
            body,
            LABEL + length + GAP,
            y + BAR - GAP + 2,
            "normal",
            String.format(Locale.ROOT, "%,.0f", bar.perSecond()));
        y += BAR + GAP;
      }
      y += MARGIN;
    }
    return """
        <svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="13">
        <rect width="100%%" height="100%%" fill="white"/>
        %s</svg>
        """
        .formatted(WIDTH, y, body);
  }

  private static void text(StringBuilder body, int x, int y, String weight, String text) {
    body.append(
        "<text x=\"%d\" y=\"%d\" font-weight=\"%s\" fill=\"#222\">%s</text>%n"
            .formatted(x, y, weight, text.replace("&", "&amp;").replace("<", "&lt;")));
  }
}
