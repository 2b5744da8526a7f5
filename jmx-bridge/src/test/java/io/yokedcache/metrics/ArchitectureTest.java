package io.yokedcache.metrics;

import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The layers of {@code docs/architecture.md}, as a table that the classes must keep to. */
final class ArchitectureTest {

  private static final String ROOT = "io.yokedcache.metrics";

  /** Which packages each package may use, besides itself. Outputs do not know each other. */
  private static final Map<String, Set<String>> ALLOWED =
      Map.of(
          "source", Set.of(),
          "series", Set.of("source"),
          "", Set.of("source"),
          "prometheus", Set.of("", "series", "source"),
          "statsd", Set.of("", "series", "source"),
          "otlp", Set.of("series", "source"),
          "page", Set.of("source"),
          "bridge", Set.of("", "otlp", "page", "prometheus", "series", "source", "statsd"));

  /** Read once: JUnit makes an object of this class for each test. */
  private static final JavaClasses PRODUCTION =
      new ClassFileImporter()
          .withImportOption(location -> !location.contains("/test-classes/"))
          .importPackages(ROOT);

  @Test
  void packages_useOnlyTheLayersBelow() {
    Set<String> violations = new TreeSet<>();
    for (JavaClass from : PRODUCTION) {
      String layer = layer(from);
      assertThat(ALLOWED).as("a layer for %s", from.getName()).containsKey(layer);
      from.getDirectDependenciesFromSelf().stream()
          .map(dependency -> dependency.getTargetClass().getBaseComponentType())
          .filter(target -> target.getPackageName().startsWith(ROOT))
          .filter(target -> !layer(target).equals(layer))
          .filter(target -> !ALLOWED.getOrDefault(layer, Set.of()).contains(layer(target)))
          .forEach(target -> violations.add(from.getName() + " uses " + target.getName()));
    }
    assertThat(violations).isEmpty();
  }

  @Test
  void packages_haveNoCycle() {
    slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(PRODUCTION);
  }

  private static String layer(JavaClass type) {
    String name = type.getPackageName();
    return name.equals(ROOT) ? "" : name.substring(ROOT.length() + 1);
  }
}
