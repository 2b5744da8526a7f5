package io.yokedcache.metrics.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigRenderOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** {@code docs/bridge.md} says what {@code reference.conf} says. */
final class BridgeDocumentationTest {

  private static final Pattern ROW = Pattern.compile("(?m)^\\| `([a-z.-]+)` \\| `([^`]*)` \\|.*$");
  private static final Pattern EXAMPLE = Pattern.compile("```hocon\n(.*?)```", Pattern.DOTALL);

  @Test
  void table_keysAndDefaults() throws IOException {
    Map<String, String> documented = new TreeMap<>();
    Matcher row = ROW.matcher(documentation());
    while (row.find()) {
      documented.put(row.group(1), row.group(2));
    }
    Map<String, String> defaults = new TreeMap<>();
    collect("", MetricsFile.defaults(), defaults);

    assertThat(documented).isEqualTo(defaults);
  }

  @Test
  void examples_areRight() throws IOException {
    List<String> examples =
        EXAMPLE.matcher(documentation()).results().map(match -> match.group(1)).toList();

    assertThat(examples).hasSizeGreaterThanOrEqualTo(2);
    assertThat(examples)
        .allSatisfy(
            example ->
                assertThat(
                        MetricsSettings.of(
                            ConfigFactory.parseString(example).getConfig(MetricsFile.GROUP)))
                    .isNotNull());
  }

  private static void collect(String prefix, ConfigObject group, Map<String, String> leaves) {
    group.forEach(
        (key, value) -> {
          if (value instanceof ConfigObject child && !child.isEmpty()) {
            collect(prefix + key + ".", child, leaves);
          } else {
            leaves.put(prefix + key, value.render(ConfigRenderOptions.concise()).replace("\"", ""));
          }
        });
  }

  private static String documentation() throws IOException {
    // Maven runs tests in the module's folder, an IDE often in the project's.
    Path fromModule = Path.of("..", "docs", "bridge.md");
    return Files.readString(Files.exists(fromModule) ? fromModule : Path.of("docs", "bridge.md"));
  }
}
