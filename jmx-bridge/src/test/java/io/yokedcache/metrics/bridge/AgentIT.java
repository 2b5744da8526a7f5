package io.yokedcache.metrics.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The jar as an agent, in applications whose class path has nothing of it. */
final class AgentIT {

  private static final String CAFFEINE =
      "com.github.benmanes.caffeine.jcache.spi.CaffeineCachingProvider";
  private static final String EHCACHE = "org.ehcache.jsr107.EhcacheCachingProvider";
  private static final String YOKED = "io.yokedcache.jcache.YokedCachingProvider";

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {CAFFEINE, EHCACHE, YOKED})
  void agent_anyProvider_servesItsFigures(String provider) throws Exception {
    Path config =
        Files.writeString(
            folder.resolve("metrics.conf"),
            "yokedcache.metrics.prometheus { enabled = true, port = 0, namespace = shop }");
    try (ChildJvm application =
        ChildJvm.application(
            folder,
            provider,
            List.of("-Dyokedcache.uri=embedded:redis", agent(config.toString())))) {
      assertThat(application.get("/metrics"))
          .containsPattern("shop_cache_hits_total\\{cache=\"orders\",[^}]*} 2\\.0")
          .containsPattern("shop_cache_misses_total\\{cache=\"orders\",[^}]*} 1\\.0");

      application.workAgain();
      application.awaitOutput("ready again");

      assertThat(application.get("/metrics"))
          .containsPattern("shop_cache_hits_total\\{cache=\"orders\",[^}]*} 4\\.0");
      application.endInput();
      assertThat(application.awaitEnd()).isZero();
      assertThat(application.output()).contains("log manager: OwnLogManager");
    }
  }

  @Test
  void agent_loadedTwiceAndWithOtherSettings() throws Exception {
    try (ChildJvm application =
        ChildJvm.application(
            folder, CAFFEINE, List.of(agent("prometheus.port=0,prometheus.namespace=one")))) {
      assertThat(application.get("/metrics")).contains("one_cache_hits_total");

      application.load("prometheus.port=0,prometheus.namespace=one");
      application.awaitOutput("served already");
      String first = application.address();
      application.load("prometheus.port=0,prometheus.namespace=two");

      await().atMost(Duration.ofSeconds(30)).until(() -> !application.address().equals(first));
      assertThat(application.get("/metrics")).contains("two_cache_hits_total");
      application.endInput();
      assertThat(application.awaitEnd()).isZero();
    }
  }

  @Test
  void agent_runtimeLacksAModule_applicationRuns() throws Exception {
    List<String> options =
        List.of(
            "--limit-modules",
            "java.base,java.logging,java.management,java.instrument,jdk.unsupported",
            agent("delay=0"));
    try (ChildJvm application = ChildJvm.application(folder, CAFFEINE, options)) {
      application.awaitOutput(
          "This JVM has no metrics; the application is not affected: java.lang.");
      application.endInput();
      assertThat(application.awaitEnd()).isZero();
      assertThat(application.output()).doesNotContain("\tat ");
    }
  }

  @Test
  void agent_wrongSettings_applicationRuns() throws Exception {
    try (ChildJvm application =
        ChildJvm.application(folder, CAFFEINE, List.of(agent("prometheus.prt=1,delay=0")))) {
      application.awaitOutput("did you mean port?");
      application.endInput();
      assertThat(application.awaitEnd()).isZero();
    }
  }

  @Test
  void agent_portInUse_applicationRuns() throws Exception {
    try (ServerSocket taken = new ServerSocket()) {
      taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      String settings = "prometheus.port=" + taken.getLocalPort();
      try (ChildJvm application =
          ChildJvm.application(folder, CAFFEINE, List.of(agent(settings)))) {
        application.awaitOutput("Cannot serve metrics on 127.0.0.1:" + taken.getLocalPort());
        application.endInput();
        assertThat(application.awaitEnd()).isZero();
      }
    }
  }

  private static String agent(String settings) {
    return "-javaagent:" + ChildJvm.jar() + "=" + settings;
  }
}
