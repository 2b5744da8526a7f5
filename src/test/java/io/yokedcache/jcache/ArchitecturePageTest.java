package io.yokedcache.jcache;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The pages that lead a reader to the code name only types that exist. */
final class ArchitecturePageTest {

  private static final Path ROOT = Path.of("..");

  /** Words such as {@code NearCache}; a word with one capital may be prose. */
  private static final Pattern TYPE_NAME = Pattern.compile("\\b(?:[A-Z][a-z0-9]+){2,}\\b");

  private static final Pattern CODE = Pattern.compile("```.*?```|`[^`\n]+`", Pattern.DOTALL);
  private static final Pattern DECLARATION =
      Pattern.compile("\\b(?:class|interface|record|enum) ([A-Z]\\w*)");

  /** The token of a generation in the layout of keys. */
  private static final String TOKEN = "Wq3xT0bLm9Za";

  @Test
  void architecture_namesTypesThatExist() throws IOException {
    Set<String> named = typesNamedIn("docs/architecture.md");
    assertThat(named).hasSizeGreaterThan(30);
    named.removeAll(declaredTypes());
    assertThat(named).as("types that do not exist").isEmpty();
  }

  private static Set<String> typesNamedIn(String page) throws IOException {
    Set<String> names = new TreeSet<>();
    CODE.matcher(Files.readString(ROOT.resolve(page)))
        .results()
        .forEach(
            code ->
                TYPE_NAME.matcher(code.group()).results().forEach(name -> names.add(name.group())));
    names.remove(TOKEN);
    return names;
  }

  private static Set<String> declaredTypes() {
    Set<String> types = new TreeSet<>();
    for (String module : Set.of("src", "jmx-bridge/src")) {
      for (String kind : Set.of("main", "test")) {
        try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve(kind).resolve("java"))) {
          files
              .filter(file -> file.toString().endsWith(".java"))
              .forEach(
                  file ->
                      DECLARATION
                          .matcher(read(file))
                          .results()
                          .forEach(declaration -> types.add(declaration.group(1))));
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }
    return types;
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
