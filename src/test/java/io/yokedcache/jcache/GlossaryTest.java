package io.yokedcache.jcache;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code docs/glossary.md} names classes of the provider and of the bridge that exist. */
final class GlossaryTest {

  private static final Pattern CLASS = Pattern.compile("`((?:jcache|metrics)\\.[A-Za-z.]+)`");

  @Test
  void rows_nameClassesThatExist() throws IOException {
    // Maven runs tests in the module's folder, an IDE often in the project's.
    Path root = Path.of(Files.exists(Path.of("..", "docs", "glossary.md")) ? ".." : "");
    List<String> rows =
        Files.readAllLines(root.resolve("docs/glossary.md")).stream()
            .filter(line -> line.startsWith("| ") && !line.startsWith("| term |"))
            .toList();

    assertThat(rows).isNotEmpty().allSatisfy(row -> assertThat(classes(row)).isNotEmpty());
    assertThat(rows.stream().flatMap(GlossaryTest::classes)).allMatch(name -> exists(root, name));
  }

  private static Stream<String> classes(String row) {
    return CLASS.matcher(row).results().map(match -> match.group(1));
  }

  private static boolean exists(Path root, String name) {
    String module = name.startsWith("jcache.") ? "src" : "jmx-bridge/src";
    String file = module + "/main/java/io/yokedcache/" + name.replace('.', '/') + ".java";
    return Files.exists(root.resolve(file));
  }
}
