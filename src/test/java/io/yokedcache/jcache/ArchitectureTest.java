package io.yokedcache.jcache;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The layers of {@code docs/architecture.md}, as a table that the classes must keep to. */
final class ArchitectureTest {

  private static final String ROOT = "io.yokedcache.jcache";

  /** Which packages each package may use, besides itself. */
  private static final Map<String, Set<String>> ALLOWED =
      Map.ofEntries(
          Map.entry("codec", Set.of("configuration")),
          Map.entry("configuration", Set.of("codec")),
          Map.entry("internal.store", Set.of("configuration")),
          Map.entry("internal.embedded", Set.of()),
          Map.entry("internal.integration", Set.of()),
          Map.entry("internal.expiry", Set.of("internal.integration", "internal.store")),
          Map.entry("internal.processor", Set.of("internal.integration")),
          Map.entry(
              "internal.entry",
              Set.of(
                  "codec",
                  "internal.expiry",
                  "internal.integration",
                  "internal.processor",
                  "internal.store")),
          Map.entry(
              "internal.event", Set.of("internal.entry", "internal.integration", "internal.store")),
          Map.entry("internal.management", Set.of("internal.integration", "spi")),
          Map.entry("spi", Set.of()),
          Map.entry(
              "",
              Set.of(
                  "codec",
                  "configuration",
                  "internal.embedded",
                  "internal.entry",
                  "internal.event",
                  "internal.expiry",
                  "internal.integration",
                  "internal.management",
                  "internal.store",
                  "spi")));

  /**
   * Exceptions that applications catch, so they are in the API's package, and that the layers below
   * throw. They use nothing of ours themselves.
   */
  private static final Set<String> LEAVES = Set.of(RedisUnavailableException.class.getName());

  private final JavaClasses production =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages(ROOT);

  @Test
  void packages_useOnlyTheLayersBelow() {
    Set<String> violations = new TreeSet<>();
    for (JavaClass from : production) {
      String layer = layer(from);
      assertThat(ALLOWED).as("a layer for %s", from.getName()).containsKey(layer);
      Set<String> allowed = ALLOWED.getOrDefault(layer, Set.of());
      violations.addAll(
          from.getDirectDependenciesFromSelf().stream()
              .map(dependency -> dependency.getTargetClass().getBaseComponentType())
              .filter(to -> to.getPackageName().startsWith(ROOT))
              .filter(to -> !layer(to).equals(layer) && !allowed.contains(layer(to)))
              .filter(to -> LEAVES.stream().noneMatch(to.getName()::startsWith))
              .map(to -> from.getName() + " uses " + to.getName())
              .collect(Collectors.toSet()));
    }
    assertThat(violations).isEmpty();
  }

  @Test
  void leaves_useNothingOfOurs() {
    noClasses()
        .that(DescribedPredicate.describe("are leaves", type -> LEAVES.contains(type.getName())))
        .should()
        .dependOnClassesThat(
            DescribedPredicate.describe(
                "are other classes of ours",
                type ->
                    type.getPackageName().startsWith(ROOT)
                        && LEAVES.stream().noneMatch(type.getName()::startsWith)))
        .check(production);
  }

  @Test
  void internalPackages_haveNoCycles() {
    slices().matching(ROOT + ".internal.(*)..").should().beFreeOfCycles().check(production);
  }

  @Test
  void jedis_isSeenByTheStoreOnly() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + ".internal.store")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("redis.clients..", "org.apache.commons.pool2..")
        .check(production);
  }

  @Test
  void jmx_isSeenByManagementOnly() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + ".internal.management")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("javax.management..")
        .check(production);
  }

  @Test
  void nothing_knowsTheConformanceKit() {
    noClasses().should().dependOnClassesThat().resideInAPackage("org.jsr107..").check(production);
  }

  @Test
  void publicTypes_areApiOrInternal() {
    classes()
        .that()
        .arePublic()
        .should()
        .resideInAnyPackage(
            ROOT + ".configuration", ROOT + ".codec", ROOT + ".spi", ROOT + ".internal..")
        .orShould()
        .be(YokedCachingProvider.class)
        .orShould()
        .be(RedisUnavailableException.class)
        .orShould()
        .be(RedisUnavailableException.Kind.class)
        .check(production);
  }

  private static String layer(JavaClass type) {
    String name = type.getPackageName();
    return name.equals(ROOT) ? "" : name.substring(ROOT.length() + 1);
  }
}
