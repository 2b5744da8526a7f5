package io.yokedcache.tck;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.stream.Collectors;
import javax.cache.spi.CachingProvider;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;

/**
 * Fails the build unless the kit ran whole, on our provider and without a failure, each time.
 *
 * <p>Surefire alone cannot tell: to the kit a test that it leaves out is a test that passed.
 */
final class KitResultIT {

  private static final int KIT_TESTS = 481;
  private static final int ANNOTATION_TESTS = 12;

  /** Fails on purpose, so that the kit can see that its exclude list is read. */
  private static final String DUMMY = "org.jsr107.tck.CachingTest#dummyTest";

  private static final String BY_REFERENCE =
      "org.jsr107.tck.TypesTest#simpleAPINoGenericsAndNoTypeEnforcementStoreByReference";
  private static final String BY_REFERENCE_CLASS = "org.jsr107.tck.StoreByReferenceTest#";

  /** JSR-107 1.1.1, Optional Features: a provider need not store by reference. */
  private static final int BY_REFERENCE_TESTS = 12;

  @Test
  void kit_strict() throws IOException {
    assertStrict(report("tck.reports", "TCK"));
  }

  @Test
  void kitWithNearCache_strict() throws IOException {
    assertStrict(report("tck.near-reports", "TCK with near cache"));
    assertThat(
            KitReport.systemProperty(
                directory("tck.near-reports"), "yokedcache.defaults.near.enabled"))
        .as("every cache had a near cache")
        .containsExactly("true");
  }

  @Test
  void kitOnCluster_strict() throws IOException {
    assertStrict(report("tck.cluster-reports", "TCK on a cluster"));
    assertThat(KitReport.systemProperty(directory("tck.cluster-reports"), "yokedcache.uri"))
        .as("all tests ran on one cluster")
        .singleElement()
        .asString()
        .startsWith("redis-cluster://");
  }

  @Test
  void annotations_strict() throws IOException {
    KitReport report = report("tck.annotation-reports", "TCK annotations");

    assertThat(report.excluded()).as("tests left out").isEmpty();
    assertClean(report, ANNOTATION_TESTS);
  }

  @Test
  void providers_oursOnly() {
    Set<String> names =
        ServiceLoader.load(CachingProvider.class).stream()
            .map(ServiceLoader.Provider::type)
            .map(Class::getName)
            .collect(Collectors.toSet());

    assertThat(names).containsExactly("io.yokedcache.jcache.YokedCachingProvider");
  }

  private static KitReport report(String directoryProperty, String title) throws IOException {
    KitReport report = KitReport.read(directory(directoryProperty));
    System.out.println(report.summary(title));
    return report;
  }

  private static Path directory(String property) {
    return Path.of(
        Objects.requireNonNull(
            System.getProperty(property), () -> property + " is not set; run this by mvn verify"));
  }

  /** Checks that nothing failed, and nothing was left out but what the kit says may be. */
  private static void assertStrict(KitReport report) {
    List<String> optional = new ArrayList<>(report.excluded());
    boolean dummyExcluded = optional.remove(DUMMY);

    SoftAssertions.assertSoftly(
        softly -> {
          softly.assertThat(dummyExcluded).as("%s was excluded, and the log tells", DUMMY).isTrue();
          softly
              .assertThat(optional)
              .as("tests left out although store-by-reference has nothing to do with them")
              .allMatch(name -> name.equals(BY_REFERENCE) || name.startsWith(BY_REFERENCE_CLASS))
              .doesNotHaveDuplicates()
              .hasSizeLessThanOrEqualTo(BY_REFERENCE_TESTS);
        });
    assertClean(report, KIT_TESTS);
  }

  private static void assertClean(KitReport report, int expectedTests) {
    SoftAssertions.assertSoftly(
        softly -> {
          softly.assertThat(report.tests()).doesNotHaveDuplicates().hasSize(expectedTests);
          softly.assertThat(report.failures()).as("failures").isZero();
          softly.assertThat(report.errors()).as("errors").isZero();
          softly.assertThat(report.skipped()).as("skipped").isZero();
        });
  }
}
