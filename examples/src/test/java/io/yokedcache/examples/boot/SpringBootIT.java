package io.yokedcache.examples.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.yokedcache.examples.RestartableRedis;
import io.yokedcache.examples.boot.Variant.Order;
import io.yokedcache.jcache.internal.embedded.LoopbackPorts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Real applications of Spring Boot: the example of {@code examples/spring-boot}, with Spring Boot's
 * own dependency management, as executable jars. {@code -Doutage.seconds} sets how long Redis is
 * away.
 */
final class SpringBootIT {

  private static final Logger logger = LoggerFactory.getLogger(SpringBootIT.class);

  /** How long Redis is away in each outage. */
  private static final int OUTAGE_SECONDS = Integer.getInteger("outage.seconds", 2);

  private static final String NEWER = "4.1.2";
  private static final String OLDER = "3.5.16";

  private static final List<Variant> VARIANTS =
      Stream.of(OLDER, NEWER)
          .flatMap(boot -> Stream.of(Order.values()).map(order -> new Variant(boot, order)))
          .toList();

  /** One for each kind of value. */
  private static final List<String> PATHS =
      List.of(
          "/products/apple",
          "/pages/1",
          "/offers/best",
          "/offers/maybe",
          "/offers/currencies",
          "/offers/until");

  private static final Path JAVA = java(Path.of(System.getProperty("java.home")));

  private static ExampleBuild build;

  @TempDir private Path folder;
  private RestartableRedis redis;

  @BeforeAll
  static void buildAll() throws Exception {
    build = new ExampleBuild();
    build.run(VARIANTS);
  }

  @BeforeEach
  void startRedis() {
    redis = RestartableRedis.start();
  }

  @AfterEach
  void stopRedis() {
    redis.close();
  }

  /** The variants on the JVM of the build, and one of each version on newer ones. */
  static Stream<Run> runs() {
    List<Run> runs = new ArrayList<>();
    VARIANTS.forEach(variant -> runs.add(new Run(variant, JAVA)));
    newerJava()
        .forEach(
            java -> {
              runs.add(new Run(new Variant(OLDER, Order.BRIDGE_FIRST), java));
              runs.add(new Run(new Variant(NEWER, Order.MICROMETER_FIRST), java));
            });
    return runs.stream();
  }

  /** A variant and the JVM to run it on. */
  record Run(Variant variant, Path java) {}

  @ParameterizedTest
  @MethodSource("runs")
  void secondCalls_areHits_andBothKindsOfMetricsAnswer(Run run) throws Exception {
    try (ShopProcess shop = start(run)) {
      assertHits(shop);
      assertThat(shop.get("/actuator/prometheus"))
          .containsPattern("(?m)^cache_gets_total\\{.*cache=\"products\".*result=\"hit\".*} 2\\.0")
          .containsPattern("(?m)^jvm_memory_used_bytes\\{");
      assertThat(shop.metrics())
          .containsPattern("(?m)^yokedcache_cache_gets_total\\{cache=\"products\".*} 2\\.0")
          .containsPattern("(?m)^yokedcache_cache_info\\{cache=\"products\".*} 1");
      assertThat(shop.get("/actuator/caches")).contains("\"products\"", "\"offers\"");
      assertThat(shop.log()).doesNotContain("serialization.allow").doesNotContain("Exception");
    }
  }

  /** A second JVM learns each class by its own first write. */
  @Test
  void secondCalls_inASecondJvm() throws Exception {
    Run run = new Run(new Variant(NEWER, Order.BRIDGE_FIRST), JAVA);
    try (ShopProcess first = start(run)) {
      assertHits(first);
    }
    try (ShopProcess second = start(run)) {
      assertHits(second);
    }
  }

  /** Asks everything twice: the second time nothing is computed. */
  private static void assertHits(ShopProcess shop) throws IOException, InterruptedException {
    List<String> first = new ArrayList<>();
    for (String path : PATHS) {
      first.add(shop.get(path));
    }
    String questions = shop.get("/questions");
    for (int i = 0; i < PATHS.size(); i++) {
      assertThat(shop.get(PATHS.get(i))).isEqualTo(first.get(i)).isNotBlank();
      assertThat(shop.get("/questions")).as(PATHS.get(i)).isEqualTo(questions);
    }
  }

  /** Both have classes of the bridge, and the application sees those of the agent first. */
  @Test
  void agent_besideTheBridgeOfTheApplication() throws Exception {
    int port = LoopbackPorts.free();
    String agent = "-javaagent:" + build.agent() + "=prometheus.port=" + port;
    try (ShopProcess shop = start(new Run(new Variant(NEWER, Order.BRIDGE_FIRST), JAVA), agent)) {
      assertHits(shop);
      for (String metrics : List.of(shop.metrics(), shop.metrics(port))) {
        assertThat(metrics)
            .containsPattern("(?m)^yokedcache_cache_gets_total\\{cache=\"products\".*} 2\\.0");
      }
    }
  }

  @Test
  void degrade_redisIsFrozen_thenRestarted_requestsAreAnswered() throws Exception {
    try (ShopProcess shop = startForOutage("-Dyokedcache.defaults.on-failure=degrade")) {
      runThroughOutage(shop, () -> redis.signal("STOP"), () -> redis.signal("CONT"));
      runThroughOutage(shop, () -> redis.signal("KILL"), () -> redis.restart());
    }
  }

  @Test
  void errorHandler_redisIsRestarted_requestsAreAnswered() throws Exception {
    try (ShopProcess shop = startForOutage("-Dspring.profiles.active=outage-handler")) {
      runThroughOutage(shop, () -> redis.signal("KILL"), () -> redis.restart());
    }
  }

  private ShopProcess startForOutage(String option) throws IOException {
    Run run = new Run(new Variant(NEWER, Order.BRIDGE_FIRST), JAVA);
    return start(run, option, "-Dyokedcache.connection.command-timeout=300ms");
  }

  /** Has requests answered before, during and after an outage, and then compares all stocks. */
  private void runThroughOutage(ShopProcess shop, Runnable begin, Runnable end) throws Exception {
    try (StockLoad load = new StockLoad(shop)) {
      load.awaitRequests();
      begin.run();
      await()
          .pollDelay(Duration.ofSeconds(OUTAGE_SECONDS))
          .atMost(Duration.ofSeconds(OUTAGE_SECONDS + 30L))
          .until(() -> true);
      load.awaitRequests();
      end.run();
      load.awaitRequests();
      load.assertAllWereAnswered();
      load.assertNothingIsStale(redis.port());
      logger.info("An outage of {} s: {}", OUTAGE_SECONDS, load);
    }
  }

  private ShopProcess start(Run run, String... options) throws IOException {
    return ShopProcess.start(run.java(), build.jar(run.variant()), redis.port(), folder, options);
  }

  /** JVMs of version 25 beside that of the build. */
  private static List<Path> newerJava() {
    Path all = Path.of("/usr/lib/jvm");
    if (!Files.isDirectory(all)) {
      return List.of();
    }
    try (Stream<Path> homes = Files.list(all)) {
      return homes
          .filter(home -> home.getFileName().toString().contains("-25-"))
          .map(SpringBootIT::java)
          .filter(Files::isExecutable)
          .limit(1)
          .toList();
    } catch (IOException none) {
      return List.of();
    }
  }

  private static Path java(Path home) {
    return home.resolve("bin/java");
  }
}
