package io.yokedcache.jcache.internal.jmx;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** The table of a cache's figures in {@code docs/metrics.md} has the rows of the code. */
final class CacheFigureTest {

  @Test
  void documentation_hasTheRowsOfTheCode() throws IOException {
    assertThat(documented())
        .containsExactlyElementsOf(
            Arrays.stream(CacheFigure.values()).map(CacheFigureTest::row).toList());
  }

  private static List<String> documented() throws IOException {
    return Files.readAllLines(Path.of("..", "docs", "metrics.md")).stream()
        .dropWhile(line -> !line.startsWith("| attribute | column |"))
        .skip(2)
        .takeWhile(line -> line.startsWith("|"))
        .toList();
  }

  private static String row(CacheFigure figure) {
    return "| %s | %s | %s | %s | %s |"
        .formatted(
            code(figure.attribute()),
            code(figure.column()),
            figure.kind() == CacheFigure.Kind.GAUGE ? "gauge" : "counter",
            figure.unit().name().toLowerCase(Locale.ROOT),
            figure.description());
  }

  private static String code(String name) {
    return name.isEmpty() ? "-" : "`" + name + "`";
  }
}
