package io.yokedcache.metrics.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.yokedcache.metrics.statsd.UdpReceiver;
import io.yokedcache.metrics.testing.PeerProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The jar on its own reads applications that have nothing of it. */
final class StandaloneIT {

  private static final String CAFFEINE =
      "com.github.benmanes.caffeine.jcache.spi.CaffeineCachingProvider";
  private static final String EHCACHE = "org.ehcache.jsr107.EhcacheCachingProvider";
  private static final String YOKED = "io.yokedcache.jcache.YokedCachingProvider";
  private static final String PAGE_DATA = "/api/data.json";
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path folder;

  @Test
  void serve_threeProviders_byUrlAndByPid() throws Exception {
    int port = PeerProcess.freePort();
    try (ChildJvm caffeine = ChildJvm.application(folder, CAFFEINE, jmx(port));
        ChildJvm ehcache = ChildJvm.application(folder, EHCACHE, List.of());
        ChildJvm yoked = ChildJvm.application(folder, YOKED, embedded());
        ChildJvm bridge =
            ChildJvm.bridge(
                folder,
                "--url",
                "caffeine=127.0.0.1:" + port,
                "--pid",
                "ehcache=" + ehcache.pid(),
                "--pid",
                String.valueOf(yoked.pid()),
                "--prometheus-port",
                "0",
                "--timeout",
                "30")) {
      String yokedName = "pid-" + yoked.pid();

      String metrics = bridge.get("/metrics");

      for (String target : List.of("caffeine", "ehcache", yokedName)) {
        assertThat(metrics)
            .contains("yokedcache_bridge_jmx_target_up{target=\"" + target + "\"} 1.0")
            .containsPattern(sample("cache_hits_total", target, "2.0"))
            .containsPattern(sample("cache_misses_total", target, "1.0"))
            .containsPattern(sample("cache_sets_total", target, "2.0"))
            .containsPattern(sample("cache_deletes_total", target, "1.0"));
      }
      assertThat(metrics)
          .containsPattern(
              "operation_duration_seconds_count\\{[^}]*operation=\"get\"[^}]*\""
                  + yokedName
                  + "\"} 3");
      assertThat(bridge.get("/")).contains("<html");

      assertThat(bridge.end()).as(bridge.output()).isEqualTo(143);
      assertThat(bridge.output()).contains("Ending").doesNotContain("Exception");
      assertThat(yoked.isAlive() && ehcache.isAlive() && caffeine.isAlive()).isTrue();
    }
  }

  /** All outputs read the target, and yet its going and its coming back are told once each. */
  @Test
  void serve_targetThatComesAndGoes_isTriedAgainAndToldOnce() throws Exception {
    int port = PeerProcess.freePort();
    String up = "yokedcache_bridge_jmx_target_up{target=\"shop\"} ";
    ChildJvm first = ChildJvm.application(folder, CAFFEINE, jmx(port));
    try (first;
        UdpReceiver daemon = UdpReceiver.start();
        ChildJvm bridge =
            ChildJvm.bridge(
                folder,
                "--url",
                "shop=127.0.0.1:" + port,
                "--prometheus-port=0",
                "--statsd=127.0.0.1:" + daemon.port(),
                "--interval=1s")) {
      await().atMost(PATIENCE).until(() -> bridge.get("/metrics").contains(up + "1.0"));
      first.close();
      await().atMost(PATIENCE).until(() -> bridge.get("/metrics").contains(up + "0.0"));
      await().atMost(PATIENCE).until(() -> bridge.get(PAGE_DATA).contains("\"up\":false"));
      await().atMost(PATIENCE).until(() -> lastUp(daemon).endsWith(":0|g"));
      try (ChildJvm second = ChildJvm.application(folder, CAFFEINE, jmx(port))) {
        await().atMost(PATIENCE).until(() -> bridge.get("/metrics").contains(up + "1.0"));
        assertThat(second.isAlive()).isTrue();
        assertThat(bridge.get("/metrics"))
            .containsPattern(sample("cache_hits_total", "shop", "2.0"));
        await().atMost(PATIENCE).until(() -> bridge.get(PAGE_DATA).contains("\"up\":true"));
        await().atMost(PATIENCE).until(() -> lastUp(daemon).endsWith(":1|g"));
      }
      assertThat(bridge.output().lines().filter(line -> line.contains("WARN")))
          .singleElement()
          .asString()
          .contains("Cannot read the caches of shop: ")
          .doesNotContain("?.");
      assertThat(bridge.output().lines().filter(line -> line.contains("can be read again")))
          .singleElement()
          .asString()
          .contains("INFO", "The caches of shop can be read again");
    }
  }

  private static String lastUp(UdpReceiver daemon) {
    return daemon.lines().stream()
        .filter(line -> line.contains("jmx_target_up"))
        .reduce("", (before, last) -> last);
  }

  @Test
  void list_configuredTargets_withPassword() throws Exception {
    int port = PeerProcess.freePort();
    Path passwords = Files.writeString(folder.resolve("passwords"), "monitor hunter2\n");
    Files.setPosixFilePermissions(passwords, PosixFilePermissions.fromString("rw-------"));
    Path access = Files.writeString(folder.resolve("access"), "monitor readonly\n");
    Path config =
        Files.writeString(
            folder.resolve("metrics.conf"),
            """
            yokedcache.metrics.targets {
              shop { url = "127.0.0.1:%s", user = monitor, password = hunter2 }
              stranger { url = "127.0.0.1:%s", user = monitor, password = guessed }
            }
            """
                .formatted(port, port));
    List<String> options =
        List.of(
            "-Dcom.sun.management.jmxremote.port=" + port,
            "-Dcom.sun.management.jmxremote.rmi.port=" + port,
            "-Dcom.sun.management.jmxremote.ssl=false",
            "-Dcom.sun.management.jmxremote.password.file=" + passwords,
            "-Dcom.sun.management.jmxremote.access.file=" + access,
            "-Djava.rmi.server.hostname=127.0.0.1");
    try (ChildJvm caffeine = ChildJvm.application(folder, CAFFEINE, options);
        ChildJvm list = ChildJvm.bridge(folder, "list", "--config", config.toString())) {
      assertThat(list.awaitEnd()).as(list.output()).isEqualTo(1);

      assertThat(list.output())
          .containsPattern("TARGET +MANAGER +CACHE +HITS")
          .containsPattern("shop +\\S+ +orders +2 +1 +66.7 % +2 +1 ")
          .containsPattern("stranger: .*Authentication failed")
          .doesNotContain("hunter2", "guessed");
      assertThat(caffeine.isAlive()).isTrue();
    }
  }

  @Test
  void serve_fileThatChanges_isFollowed() throws Exception {
    int port = PeerProcess.freePort();
    // As Kubernetes mounts it: the file is behind two links, of which the second one is replaced.
    Path mount = Files.createDirectories(folder.resolve("mount"));
    Path config = mount.resolve("bridge.conf");
    String shop = "shop { url = \"127.0.0.1:%s\" }".formatted(port);
    mounted(mount, "1", shop);
    Files.createSymbolicLink(config, Path.of("data", "bridge.conf"));
    try (ChildJvm first = ChildJvm.application(folder, CAFFEINE, jmx(port));
        ChildJvm second = ChildJvm.application(folder, EHCACHE, List.of());
        ChildJvm bridge = ChildJvm.bridge(folder, "--config", config.toString())) {
      bridge.awaitOutput("shop has 1 caches with statistics");
      String address = bridge.address();

      mounted(mount, "2", shop + ", billing { pid = " + second.pid() + " }");
      bridge.awaitOutput("has changed: target billing added");
      await()
          .atMost(PATIENCE)
          .until(() -> bridge.get("/metrics").contains("target_up{target=\"billing\"} 1.0"));
      assertThat(bridge.get("/metrics"))
          .containsPattern(sample("cache_hits_total", "shop", "2.0"))
          .containsPattern(sample("cache_hits_total", "billing", "2.0"));

      mounted(mount, "3", shop + ", billing { pid = none, prot = 5 }");
      bridge.awaitOutput("The previous settings stay in force");
      assertThat(
              bridge
                  .output()
                  .lines()
                  .filter(line -> line.contains("The previous settings stay in force")))
          .singleElement()
          .asString()
          .contains(
              "bridge.conf: 1: yokedcache.metrics.targets.billing.pid is \"none\", but must be")
          .contains("billing.prot is not a setting; known here: ");
      assertThat(bridge.get("/metrics")).contains("target=\"billing\"");

      mounted(mount, "4", shop);
      bridge.awaitOutput("has changed: target billing removed");
      assertThat(bridge.get("/metrics"))
          .contains("target=\"shop\"")
          .doesNotContain("target=\"billing\"");
      assertThat(bridge.address()).isEqualTo(address);
      try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        mounted(mount, "5", taken.getLocalPort(), shop);
        bridge.awaitOutput("Some changes of " + config + " have no effect: Cannot serve metrics");
      }
      mounted(mount, "6", shop + ", last { pid = " + second.pid() + " }");
      bridge.awaitOutput("has changed: target last added");
      assertThat(bridge.output()).doesNotContain("the settings have the same effect");
      assertThat(first.isAlive() && second.isAlive()).isTrue();
      assertThat(bridge.output()).doesNotContain("\tat ");
    }
  }

  private static void mounted(Path mount, String version, String targets) throws IOException {
    mounted(mount, version, 0, targets);
  }

  private static void mounted(Path mount, String version, int port, String targets)
      throws IOException {
    Path data = Files.createDirectories(mount.resolve("data" + version));
    Files.writeString(
        data.resolve("bridge.conf"),
        "yokedcache.metrics { prometheus { enabled = true, port = %s }, targets { %s } }"
            .formatted(port, targets));
    Path link = Files.createSymbolicLink(mount.resolve("new"), data.getFileName());
    Files.move(link, mount.resolve("data"), StandardCopyOption.ATOMIC_MOVE);
  }

  @Test
  void list_runtimeWithoutAttach_saysSo() throws Exception {
    try (ChildJvm caffeine = ChildJvm.application(folder, CAFFEINE, List.of());
        ChildJvm list =
            ChildJvm.start(
                folder,
                List.of(
                    "--limit-modules",
                    "java.base,java.logging,java.management,java.management.rmi,java.naming,"
                        + "java.sql,jdk.httpserver",
                    "-jar",
                    ChildJvm.jar(),
                    "list",
                    "--pid",
                    String.valueOf(caffeine.pid())))) {
      assertThat(list.awaitEnd()).isEqualTo(1);
      assertThat(list.output())
          .contains("this Java runtime has no module jdk.attach: run the bridge on a JDK")
          .doesNotContain("\tat ");
    }
  }

  @Test
  void list_asJson_ofOurProvider() throws Exception {
    List<String> hostile = List.of("-Dyokedcache.uri=embedded:redis", "-Dhostile=true");
    try (ChildJvm yoked = ChildJvm.application(folder, YOKED, hostile);
        ChildJvm list = ChildJvm.bridge(folder, "list", "--json", "--pid", "shop=" + yoked.pid())) {
      assertThat(list.awaitEnd()).as(list.output()).isZero();

      assertThat(list.output())
          .contains("\"target\": \"shop\"", "\"cache\": \"orders\"", "\"hits\": 2")
          .containsPattern("\"cache\": \"orders\".*\"errors\": 0, .*\"getP99Seconds\": [0-9.E-]+")
          .containsPattern(
              "\"cache\": \"bad\", \"hits\": null, \"misses\": 5, .*\"evictions\": null");
    }
  }

  @Test
  void list_processThatIsNoJvm_isNotTouched() throws Exception {
    Process sleep = new ProcessBuilder("sleep", "300").start();
    try (ChildJvm list = ChildJvm.bridge(folder, "list", "--pid", String.valueOf(sleep.pid()))) {
      assertThat(list.awaitEnd()).isEqualTo(1);
      assertThat(list.output()).contains("Process " + sleep.pid() + " is not a JVM");
      assertThat(sleep.isAlive()).isTrue();
    } finally {
      sleep.destroyForcibly();
    }
    assertThat(sleep.waitFor(10, TimeUnit.SECONDS)).isTrue();
    try (ChildJvm list = ChildJvm.bridge(folder, "list", "--pid", String.valueOf(sleep.pid()))) {
      assertThat(list.awaitEnd()).isEqualTo(1);
      assertThat(list.output()).contains("Process " + sleep.pid() + " does not exist");
    }
  }

  /** As nginx, which ends by the signal that attaching sends. */
  @Test
  void list_processThatCatchesQuit_isNotTouched() throws Exception {
    Process shell =
        new ProcessBuilder("sh", "-c", "trap 'exit 3' QUIT; echo ready; while :; do sleep 1; done")
            .start();
    assertThat(shell.inputReader().readLine()).isEqualTo("ready");
    try (ChildJvm list = ChildJvm.bridge(folder, "list", "--pid", String.valueOf(shell.pid()))) {
      assertThat(list.awaitEnd()).isEqualTo(1);
      assertThat(list.output()).contains("Process " + shell.pid() + " is not a JVM");
      assertThat(shell.isAlive()).isTrue();
    } finally {
      shell.destroyForcibly();
    }
  }

  @Test
  void serve_portInUse_saysWhatToDo() throws Exception {
    try (ServerSocket taken = new ServerSocket()) {
      taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      String port = String.valueOf(taken.getLocalPort());
      try (ChildJvm bridge =
          ChildJvm.bridge(folder, "--url", "127.0.0.1:1", "--prometheus-port", port)) {
        assertThat(bridge.awaitEnd()).isEqualTo(1);
        assertThat(bridge.output())
            .contains("Cannot serve metrics on 127.0.0.1:" + port)
            .contains("Choose another host or port")
            .doesNotContain("\tat ");
      }
    }
  }

  @Test
  void version_isTheJars() throws Exception {
    try (ChildJvm bridge = ChildJvm.bridge(folder, "--version")) {
      assertThat(bridge.awaitEnd()).isZero();
      assertThat(bridge.output()).containsPattern("yokedcache-jmx-bridge [0-9]+\\.[0-9]+");
    }
  }

  @Test
  void thinJar_withoutTheProvider_works() throws Exception {
    try (ChildJvm caffeine = ChildJvm.application(folder, CAFFEINE, List.of());
        ChildJvm list =
            ChildJvm.start(
                folder,
                List.of(
                    "-cp",
                    ChildJvm.classPath(StandaloneIT::isNotTheProvider),
                    BridgeMain.class.getName(),
                    "list",
                    "--pid",
                    String.valueOf(caffeine.pid())))) {
      assertThat(list.awaitEnd()).as(list.output()).isZero();
      assertThat(list.output()).containsPattern("orders +2 +1 ");
    }
  }

  private static boolean isNotTheProvider(String path) {
    return !path.contains("yokedcache-jcache")
        && !path.contains("/src/target/")
        && !path.contains("jedis")
        && !path.contains("test-classes");
  }

  private static String sample(String metric, String target, String value) {
    return "yokedcache_"
        + metric
        + "\\{[^}]*cache=\"orders\"[^}]*target=\""
        + target
        + "\"} "
        + value.replace(".", "\\.");
  }

  private static List<String> jmx(int port) {
    return List.of(
        "-Dcom.sun.management.jmxremote.port=" + port,
        "-Dcom.sun.management.jmxremote.rmi.port=" + port,
        "-Dcom.sun.management.jmxremote.ssl=false",
        "-Dcom.sun.management.jmxremote.authenticate=false",
        "-Djava.rmi.server.hostname=127.0.0.1");
  }

  private static List<String> embedded() {
    return List.of("-Dyokedcache.uri=embedded:redis");
  }
}
