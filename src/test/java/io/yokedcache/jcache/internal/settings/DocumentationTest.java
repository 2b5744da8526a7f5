package io.yokedcache.jcache.internal.settings;

import static org.assertj.core.api.Assertions.assertThat;

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
import org.junit.jupiter.api.io.TempDir;

/** {@code docs/configuration.md} says what {@code reference.conf} and the code say. */
final class DocumentationTest {

  private static final Pattern ROW = Pattern.compile("\\| `([^`]+)` \\|[^|]*\\| `([^`]+)` \\|.*");
  private static final Pattern OPTION = Pattern.compile("\\| `\\?([^`=]+)=` \\| `([^`]+)` \\|.*");
  private static final Pattern EXAMPLE =
      Pattern.compile("```hocon\n(.*?)```", Pattern.DOTALL | Pattern.MULTILINE);

  @TempDir private Path directory;

  @Test
  void table_keysAndDefaults() throws IOException {
    Map<String, String> documented = rows(ROW);

    assertThat(documented).isEqualTo(reference());
  }

  @Test
  void table_options() throws IOException {
    assertThat(rows(OPTION)).isEqualTo(UriSource.OPTIONS);
  }

  @Test
  void examples_load() throws IOException {
    for (String file : List.of("trust.p12", "client.p12", "ca.crt", "tls.crt", "tls.key")) {
      Files.writeString(directory.resolve(file), "");
    }
    List<String> examples =
        EXAMPLE.matcher(documentation()).results().map(match -> match.group(1)).toList();

    assertThat(examples).hasSizeGreaterThanOrEqualTo(4);
    assertThat(examples)
        .allSatisfy(
            example ->
                assertThat(
                        ConfigText.load(
                            ConfigText.write(
                                directory,
                                "example.conf",
                                example.replace("/etc/acme", directory.toString())),
                            null,
                            ConfigText.environment("REDIS_PASSWORD", "x", "STORE_PASSWORD", "y")))
                    .isNotNull());
  }

  private static Map<String, String> rows(Pattern form) throws IOException {
    Map<String, String> rows = new TreeMap<>();
    for (String line : documentation().lines().toList()) {
      Matcher row = form.matcher(line);
      if (row.matches()) {
        rows.put(row.group(1), row.group(2));
      }
    }
    return rows;
  }

  private static Map<String, String> reference() {
    Map<String, String> leaves = new TreeMap<>();
    collect("", ConfigFiles.reference().getObject(ConfigSources.ROOT), leaves);
    leaves.remove("caches");
    return leaves;
  }

  private static void collect(String prefix, ConfigObject group, Map<String, String> leaves) {
    group.forEach(
        (key, value) -> {
          if (value instanceof ConfigObject child && !child.isEmpty()) {
            collect(prefix + key + ".", child, leaves);
          } else {
            String text = value.render(ConfigRenderOptions.concise()).replace("\"", "");
            leaves.put(prefix + key, text.replace(",", ", "));
          }
        });
  }

  private static String documentation() throws IOException {
    // Maven runs tests in the module's folder, an IDE often in the project's.
    Path fromModule = Path.of("..", "docs", "configuration.md");
    return Files.readString(
        Files.exists(fromModule) ? fromModule : Path.of("docs", "configuration.md"));
  }
}
