package io.yokedcache.jcache;

import static com.tngtech.archunit.lang.conditions.ArchConditions.be;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.Source;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.yokedcache.jcache.hibernate.YokedRegionFactory;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The layers of {@code docs/architecture.md}, as a table that the classes must keep to. */
final class ArchitectureTest {

  private static final String ROOT = "io.yokedcache.jcache";

  /** Which packages each package may use, besides itself. */
  private static final Map<String, Set<String>> ALLOWED =
      Map.ofEntries(
          Map.entry("codec", Set.of()),
          Map.entry("configuration", Set.of("codec")),
          Map.entry("spi", Set.of()),
          Map.entry("internal.concurrent", Set.of()),
          Map.entry("internal.integration", Set.of("internal.metrics")),
          Map.entry("internal.codec.serial", Set.of("codec")),
          Map.entry("internal.codec.value", Set.of("codec", "internal.codec.serial")),
          Map.entry(
              "internal.codec.key",
              Set.of("codec", "internal.codec.serial", "internal.codec.value")),
          Map.entry(
              "internal.codec",
              Set.of(
                  "codec",
                  "internal.codec.key",
                  "internal.codec.serial",
                  "internal.codec.value",
                  "internal.settings")),
          Map.entry("internal.codec.wrap", Set.of("codec", "internal.settings")),
          Map.entry("internal.settings", Set.of("codec", "configuration", "spi")),
          Map.entry("internal.metrics", Set.of("spi")),
          Map.entry(
              "internal.redis.breaker",
              Set.of("internal.settings", "internal.concurrent", "internal.metrics")),
          Map.entry(
              "internal.redis",
              Set.of(
                  "internal.settings",
                  "internal.concurrent",
                  "internal.metrics",
                  "internal.redis.breaker",
                  "internal.redis.error",
                  "internal.redis.fence",
                  "spi")),
          Map.entry("internal.redis.error", Set.of()),
          Map.entry("internal.redis.fence", Set.of()),
          Map.entry(
              "internal.redis.health",
              Set.of("internal.metrics", "internal.redis", "internal.redis.breaker")),
          Map.entry(
              "internal.redis.pipeline",
              Set.of(
                  "internal.settings",
                  "internal.concurrent",
                  "internal.metrics",
                  "internal.redis",
                  "internal.redis.breaker",
                  "internal.redis.fence")),
          Map.entry(
              "internal.redis.cluster",
              Set.of(
                  "internal.settings",
                  "internal.concurrent",
                  "internal.metrics",
                  "internal.redis",
                  "internal.redis.breaker",
                  "internal.redis.error",
                  "internal.redis.failover",
                  "internal.redis.pipeline",
                  "internal.redis.replica")),
          Map.entry(
              "internal.redis.replica",
              Set.of(
                  "internal.settings",
                  "internal.concurrent",
                  "internal.metrics",
                  "internal.redis",
                  "internal.redis.breaker",
                  "internal.redis.error",
                  "internal.redis.pipeline")),
          Map.entry(
              "internal.redis.security",
              Set.of("internal.settings", "internal.concurrent", "internal.redis", "spi")),
          Map.entry(
              "internal.redis.failover",
              Set.of(
                  "internal.settings",
                  "internal.concurrent",
                  "internal.redis",
                  "internal.redis.fence",
                  "internal.redis.replica")),
          Map.entry(
              "internal.redis.sentinel",
              Set.of(
                  "internal.settings",
                  "internal.concurrent",
                  "internal.redis",
                  "internal.redis.failover")),
          Map.entry(
              "internal.store",
              Set.of(
                  "internal.concurrent",
                  "internal.lease",
                  "internal.metrics",
                  "internal.redis",
                  "internal.redis.error",
                  "internal.redis.failover",
                  "internal.redis.replica",
                  "internal.store.generation",
                  "internal.store.keys",
                  "internal.store.owed",
                  "internal.store.tags")),
          Map.entry("internal.store.tags", Set.of("internal.redis", "internal.store.keys")),
          Map.entry(
              "internal.store.generation",
              Set.of(
                  "internal.concurrent",
                  "internal.redis",
                  "internal.redis.error",
                  "internal.store.keys")),
          Map.entry("internal.store.keys", Set.of("internal.redis")),
          Map.entry("internal.store.owed", Set.of("internal.concurrent", "internal.redis")),
          Map.entry("internal.lease", Set.of("internal.redis")),
          Map.entry(
              "internal.near",
              Set.of(
                  "internal.settings",
                  "internal.concurrent",
                  "internal.metrics",
                  "internal.redis",
                  "internal.store",
                  "internal.store.generation",
                  "internal.store.keys")),
          Map.entry(
              "internal.remote",
              Set.of(
                  "internal.settings",
                  "internal.concurrent",
                  "internal.redis",
                  "internal.store",
                  "internal.store.generation",
                  "internal.store.keys")),
          Map.entry(
              "internal.maintenance",
              Set.of(
                  "internal.settings",
                  "internal.concurrent",
                  "internal.lease",
                  "internal.metrics",
                  "internal.redis",
                  "internal.redis.error",
                  "internal.store.generation",
                  "internal.store.keys")),
          Map.entry(
              "internal.backend",
              Set.of(
                  "codec",
                  "internal.settings",
                  "internal.concurrent",
                  "internal.lease",
                  "internal.maintenance",
                  "internal.metrics",
                  "internal.near",
                  "internal.redis",
                  "internal.redis.breaker",
                  "internal.redis.cluster",
                  "internal.redis.failover",
                  "internal.redis.health",
                  "internal.redis.pipeline",
                  "internal.redis.replica",
                  "internal.redis.security",
                  "internal.redis.sentinel",
                  "internal.remote",
                  "internal.store",
                  "internal.store.generation",
                  "internal.store.keys",
                  "internal.store.owed")),
          Map.entry("internal.expiry", Set.of("internal.integration", "internal.store")),
          Map.entry(
              "internal.entry",
              Set.of(
                  "codec",
                  "internal.settings",
                  "internal.codec.key",
                  "internal.codec.serial",
                  "internal.codec.value",
                  "internal.codec.wrap",
                  "internal.concurrent",
                  "internal.expiry",
                  "internal.integration",
                  "internal.metrics",
                  "internal.near",
                  "internal.redis",
                  "internal.store")),
          Map.entry(
              "internal.load",
              Set.of(
                  "internal.settings",
                  "internal.concurrent",
                  "internal.entry",
                  "internal.expiry",
                  "internal.integration",
                  "internal.lease",
                  "internal.metrics",
                  "internal.redis",
                  "internal.store")),
          Map.entry(
              "internal.processor",
              Set.of(
                  "internal.entry",
                  "internal.expiry",
                  "internal.integration",
                  "internal.redis",
                  "internal.store")),
          Map.entry(
              "internal.event",
              Set.of(
                  "internal.concurrent",
                  "internal.entry",
                  "internal.integration",
                  "internal.redis",
                  "internal.store")),
          Map.entry(
              "internal.jmx",
              Set.of("internal.settings", "internal.integration", "internal.metrics", "spi")),
          Map.entry(
              "hibernate",
              Set.of(
                  "",
                  "internal.codec.value",
                  "internal.expiry",
                  "internal.processor",
                  "internal.store")),
          Map.entry("internal.embedded", Set.of("internal.settings", "internal.concurrent")),
          Map.entry(
              "",
              Set.of(
                  "codec",
                  "configuration",
                  "spi",
                  "internal.concurrent",
                  "internal.integration",
                  "internal.codec",
                  "internal.codec.wrap",
                  "internal.settings",
                  "internal.metrics",
                  "internal.redis",
                  "internal.redis.breaker",
                  "internal.redis.health",
                  "internal.store",
                  "internal.store.generation",
                  "internal.near",
                  "internal.maintenance",
                  "internal.backend",
                  "internal.expiry",
                  "internal.entry",
                  "internal.load",
                  "internal.processor",
                  "internal.event",
                  "internal.jmx",
                  "internal.embedded")));

  /**
   * Exceptions that applications catch, so they are in the API's package, and that the layers below
   * throw. They use nothing of ours themselves.
   */
  private static final Set<String> LEAVES = Set.of(RedisUnavailableException.class.getName());

  /** The context of Jedis by which commands and errors are told. */
  private static final Set<String> COMMANDS =
      Set.of(
          "redis.clients.jedis.CommandArguments",
          "redis.clients.jedis.Protocol",
          "redis.clients.jedis.args",
          "redis.clients.jedis.commands",
          "redis.clients.jedis.exceptions");

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
        .check(PRODUCTION);
  }

  @Test
  void packages_haveNoCycles() {
    slices()
        .matching(ROOT + ".(**)")
        .should()
        .beFreeOfCycles()
        .ignoreDependency(
            DescribedPredicate.alwaysTrue(),
            DescribedPredicate.describe("is a leaf", type -> LEAVES.contains(outermost(type))))
        .check(PRODUCTION);
  }

  /** A reader takes in the names of a package at one look. */
  @Test
  void packages_haveAtMost20Files() {
    Map<String, Set<String>> files = new TreeMap<>();
    for (JavaClass type : PRODUCTION) {
      type.getSource()
          .flatMap(Source::getFileName)
          .filter(file -> !file.equals("package-info.java"))
          .ifPresent(
              file ->
                  files.computeIfAbsent(type.getPackageName(), name -> new TreeSet<>()).add(file));
    }
    assertThat(files).containsKey(ROOT);
    assertThat(files).allSatisfy((name, inside) -> assertThat(inside).hasSizeLessThanOrEqualTo(20));
  }

  @Test
  void jedis_isSeenByTheSideOfRedisOnly() {
    noClasses()
        .that()
        .resideOutsideOfPackages(
            ROOT + ".internal.redis..",
            ROOT + ".internal.store",
            ROOT + ".internal.store.generation",
            ROOT + ".internal.store.keys",
            ROOT + ".internal.store.tags",
            ROOT + ".internal.near",
            ROOT + ".internal.remote",
            ROOT + ".internal.maintenance")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("redis.clients..", "org.apache.commons.pool2..")
        .check(PRODUCTION);
  }

  /** Other packages write commands and read replies, as data. */
  @Test
  void jedisConnections_areSeenByTheRedisPackagesOnly() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + ".internal.redis..")
        .should()
        .dependOnClassesThat(
            DescribedPredicate.describe(
                "are Jedis' classes other than commands and errors",
                type -> {
                  String name = type.getBaseComponentType().getName();
                  return name.startsWith("redis.clients")
                      && COMMANDS.stream().noneMatch(name::startsWith);
                }))
        .check(PRODUCTION);
  }

  @Test
  void jmx_isSeenByOnePackage() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + ".internal.jmx")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("javax.management..")
        .check(PRODUCTION);
  }

  @Test
  void hibernate_isSeenByOnePackage() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + ".hibernate")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.hibernate..")
        .check(PRODUCTION);
  }

  @Test
  void nothing_knowsTheConformanceKit() {
    noClasses().should().dependOnClassesThat().resideInAPackage("org.jsr107..").check(PRODUCTION);
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
        .orShould(
            be(
                DescribedPredicate.describe(
                    "YokedCache or nested in it",
                    type -> outermost(type).equals(YokedCache.class.getName()))))
        .orShould(
            be(
                DescribedPredicate.describe(
                    "nested in a type that is not public",
                    type ->
                        type.getEnclosingClass()
                            .filter(outer -> !outer.getModifiers().contains(JavaModifier.PUBLIC))
                            .isPresent())))
        .orShould()
        .be(YokedRegionFactory.class)
        .orShould()
        .be(YokedRegionFactory.ShortName.class)
        .orShould()
        .be(Tags.class)
        .orShould()
        .be(RedisUnavailableException.class)
        .orShould()
        .be(RedisUnavailableException.Kind.class)
        .check(PRODUCTION);
  }

  private static String layer(JavaClass type) {
    String name = type.getPackageName();
    return name.equals(ROOT) ? "" : name.substring(ROOT.length() + 1);
  }

  private static String outermost(JavaClass type) {
    return type.getEnclosingClass().map(ArchitectureTest::outermost).orElse(type.getName());
  }
}
