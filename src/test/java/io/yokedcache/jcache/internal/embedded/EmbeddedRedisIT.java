package io.yokedcache.jcache.internal.embedded;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.YokedCachingProvider;
import io.yokedcache.jcache.internal.settings.Settings;
import io.yokedcache.jcache.testing.RedisServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.cache.configuration.MutableConfiguration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;

/** Private servers: they start, are shared, and never outlive who started them. */
final class EmbeddedRedisIT {

  private static final Duration BOUND = Duration.ofSeconds(15);
  private static final Settings.Embedded ONE_SERVER =
      new Settings.Embedded(Settings.Deployment.Kind.STANDALONE, 1, 0);

  @Test
  void start_answersAndStops() throws IOException {
    EmbeddedRedis server = EmbeddedRedis.start();
    try (server) {
      assertThat(ask(server.port(), "PING", 1)).containsExactly("+PONG");
      assertThat(ask(server.port(), "CONFIG GET notify-keyspace-events", 5)).contains("xE");
      assertThat(server.isAlive()).isTrue();
    }
    assertThat(server.isAlive()).isFalse();
    server.close();
    assertThat(ProcessHandle.of(server.pid())).isEmpty();
  }

  @Test
  void start_saveAsked_leavesNoFile() throws IOException {
    Path here = Path.of("").toAbsolutePath();
    try (EmbeddedRedis server = EmbeddedRedis.start()) {
      assertThat(ask(server.port(), "SET a b", 1)).containsExactly("+OK");
      assertThat(ask(server.port(), "SAVE", 1)).singleElement().asString().startsWith("-ERR");
    }
    assertThat(here.resolve("dump.rdb")).doesNotExist();
  }

  @Test
  void start_pathWithoutServer_usesTheJarAndSurvivesNoKill(@TempDir Path temporary)
      throws Exception {
    Path folderWithoutServer = Files.createDirectory(temporary.resolve("bin"));
    Path childTemporary = Files.createDirectory(temporary.resolve("tmp"));
    Process child = startChild(folderWithoutServer.toString(), childTemporary);
    try {
      String[] pidAndPort = firstLine(child).split(" ", -1);
      ProcessHandle server = ProcessHandle.of(Long.parseLong(pidAndPort[0])).orElseThrow();
      List<ProcessHandle> watchers = server.descendants().toList();
      assertThat(watchers).hasSize(1);
      assertThat(ask(Integer.parseInt(pidAndPort[1]), "PING", 1)).containsExactly("+PONG");
      assertThat(filesIn(childTemporary)).isEmpty();

      child.destroyForcibly();

      await()
          .atMost(BOUND)
          .until(() -> hasEnded(server) && watchers.stream().allMatch(this::hasEnded));
      assertThat(filesIn(childTemporary)).isEmpty();
    } finally {
      child.destroyForcibly();
    }
  }

  @Test
  void start_jvmKilledWhileServerHangs_killsTheServer(@TempDir Path temporary) throws Exception {
    Process child = startChild(RedisBinaries.searchPath(), temporary);
    try {
      long pid = Long.parseLong(firstLine(child).split(" ", -1)[0]);
      ProcessHandle server = ProcessHandle.of(pid).orElseThrow();
      Process stop = new ProcessBuilder("kill", "-STOP", Long.toString(pid)).start();
      assertThat(stop.waitFor(5, TimeUnit.SECONDS)).isTrue();

      child.destroyForcibly();

      await().atMost(BOUND).until(() -> hasEnded(server));
    } finally {
      child.destroyForcibly();
    }
  }

  @Test
  void start_jvmExitsWithoutClose_endsTheServer(@TempDir Path temporary) throws Exception {
    Process child = startChild(RedisBinaries.searchPath(), temporary);
    try {
      ProcessHandle server =
          ProcessHandle.of(Long.parseLong(firstLine(child).split(" ", -1)[0])).orElseThrow();

      child.getOutputStream().close();

      assertThat(child.waitFor(BOUND.toSeconds(), TimeUnit.SECONDS)).isTrue();
      await().atMost(BOUND).until(() -> hasEnded(server));
    } finally {
      child.destroyForcibly();
    }
  }

  @Test
  void start_nothingToRun_saysWhatToDo() {
    RedisBinaries none =
        RedisBinaries.locate("/nowhere", getClass().getClassLoader(), "Windows 11", "amd64");

    assertThatThrownBy(() -> EmbeddedRedis.start(none))
        .isInstanceOf(CacheException.class)
        .hasMessageContaining("no redis-server on the PATH (/nowhere)")
        .hasMessageContaining("org.signal:embedded-redis has no server for Windows 11 on amd64")
        .hasMessageContaining("Install redis-server")
        .hasMessageContaining("redis://localhost:6379");
  }

  @Test
  void start_programFails_triesTheNextOne(@TempDir Path folder) throws IOException {
    RedisBinary broken = script(folder.resolve("broken"), "echo wrong libc; exit 3");
    RedisBinary outdated =
        script(
            folder.resolve("outdated"),
            "echo Redis version=6.0.16, bits=64; echo Ready to accept connections; sleep 60");
    List<RedisBinary> candidates = new ArrayList<>(List.of(broken, outdated));

    assertThatThrownBy(() -> EmbeddedRedis.start(new RedisBinaries(candidates, List.of())))
        .isInstanceOf(CacheException.class)
        .hasMessageContaining("wrong libc")
        .hasMessageContaining("version 6.0.16, and 6.2 or later is needed");

    candidates.addAll(RedisBinaries.ofThisMachine().found());
    try (EmbeddedRedis server = EmbeddedRedis.start(new RedisBinaries(candidates, List.of()))) {
      assertThat(ask(server.port(), "PING", 1)).containsExactly("+PONG");
    }
  }

  @Test
  void start_portInUse() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = taken.getLocalPort();
      assertThatThrownBy(() -> RedisProcess.start(port, List.of()))
          .isInstanceOf(PortInUseException.class)
          .hasMessageContaining(Integer.toString(port));
    }
  }

  @Test
  void start_wrongArgument_showsTheServersWords() {
    assertThatThrownBy(() -> RedisProcess.start(RedisServer.freePort(), List.of("--no-such", "x")))
        .isInstanceOf(CacheException.class)
        .hasMessageContaining("Bad directive");
  }

  @Test
  void acquire_severalThreads_shareOneServer() throws Exception {
    EmbeddedServers servers = new EmbeddedServers();
    List<EmbeddedServers.Lease> leases = new ArrayList<>();
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Callable<EmbeddedServers.Lease>> tasks =
          Collections.nCopies(4, () -> servers.acquire(ONE_SERVER));
      for (Future<EmbeddedServers.Lease> lease : threads.invokeAll(tasks)) {
        leases.add(lease.get());
      }
      assertThat(leases).extracting(EmbeddedRedisIT::port).containsOnly(port(leases.get(0)));

      leases.get(0).close();
      leases.get(0).close();
      leases.get(1).close();
      leases.get(2).close();
      assertThat(ask(port(leases.get(3)), "PING", 1))
          .containsExactly("-NOAUTH Authentication required.");
    } finally {
      threads.shutdown();
      leases.forEach(EmbeddedServers.Lease::close);
    }
    assertThatThrownBy(() -> ask(port(leases.get(3)), "PING", 1)).isInstanceOf(IOException.class);
  }

  @Test
  void acquire_serverDied_startsAnother() throws IOException {
    List<EmbeddedRedis> started = new ArrayList<>();
    EmbeddedServers servers =
        new EmbeddedServers(
            wanted -> {
              EmbeddedRedis server = EmbeddedRedis.start();
              started.add(server);
              return server;
            });
    EmbeddedServers.Lease first = servers.acquire(ONE_SERVER);
    ProcessHandle.of(started.get(0).pid()).orElseThrow().destroyForcibly();
    await().atMost(BOUND).until(() -> !started.get(0).isAlive());
    try (EmbeddedServers.Lease second = servers.acquire(ONE_SERVER)) {
      assertThat(started).hasSize(2);
      first.close();
      assertThat(ask(port(second), "PING", 1)).containsExactly("+PONG");
    }
    assertThat(started).noneMatch(EmbeddedRedis::isAlive);
  }

  @Test
  void redisServer_killPauseRestart_keepPortAndOptions() throws IOException {
    try (RedisServer server = RedisServer.start("--requirepass", "secret")) {
      int port = server.port();
      assertThat(ask(port, "PING", 1)).singleElement().asString().startsWith("-NOAUTH");
      server.pause();
      assertThatThrownBy(() -> ask(port, "PING", 1)).hasMessageContaining("timed out");
      server.resume();
      assertThat(ask(port, "AUTH secret", 1)).containsExactly("+OK");
      server.kill();
      assertThat(server.isAlive()).isFalse();
      server.restart();
      assertThat(server.uri()).hasToString("redis://127.0.0.1:" + port);
      assertThat(ask(port, "AUTH secret", 1)).containsExactly("+OK");
      server.pause();
    }
  }

  private static int port(EmbeddedServers.Lease lease) {
    return lease.deployment().nodes().get(0).port();
  }

  private static RedisBinary script(Path file, String body) throws IOException {
    Files.writeString(file, "#!/bin/sh\n" + body + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    return new RedisBinary.Installed(file);
  }

  private static Process startChild(String path, Path temporary) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Djava.io.tmpdir=" + temporary,
                "-XX:-UsePerfData",
                "-cp",
                System.getProperty("java.class.path"),
                EmbeddedRedisChild.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().put("PATH", path);
    return builder.start();
  }

  private static String firstLine(Process child) throws IOException {
    BufferedReader output = child.inputReader(StandardCharsets.UTF_8);
    return Objects.requireNonNull(output.readLine(), "the child printed nothing");
  }

  /** A process whose parent has not asked for its exit code yet has ended all the same. */
  private boolean hasEnded(ProcessHandle process) {
    return !process.isAlive() || process.info().command().isEmpty();
  }

  private static List<String> filesIn(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(Path::toString).toList();
    }
  }

  /** Sends one inline command and returns the first lines of the answer. */
  private static List<String> ask(int port, String command, int lines) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(1_000);
      socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.US_ASCII));
      BufferedReader reader =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
      List<String> answer = new ArrayList<>();
      for (int i = 0; i < lines; i++) {
        answer.add(Objects.requireNonNull(reader.readLine(), "end of the connection"));
      }
      return answer;
    }
  }

  /** Another user of this machine finds the port, and nothing more. */
  @Test
  void acquire_lockedForOthers() throws Exception {
    EmbeddedServers servers = new EmbeddedServers();
    try (EmbeddedServers.Lease lease = servers.acquire(ONE_SERVER)) {
      String password = requireNonNull(lease.password());
      assertThat(password).hasSize(48);
      try (Jedis stranger = new Jedis("127.0.0.1", port(lease))) {
        for (Runnable call :
            List.<Runnable>of(
                () -> stranger.set("key", "value"),
                () -> stranger.eval("return 1"),
                () -> stranger.replicaof("127.0.0.1", 1),
                stranger::flushAll,
                stranger::info)) {
          assertThatThrownBy(call::run).hasMessageContaining("NOAUTH");
        }
      }
      try (Jedis ours = new Jedis("127.0.0.1", port(lease))) {
        ours.auth(password);
        assertThat(ours.set("key", "value")).isEqualTo("OK");
        for (Runnable call :
            List.<Runnable>of(
                () -> ours.replicaof("127.0.0.1", 1),
                () -> ours.configSet("dir", "/tmp"),
                ours::aclList,
                ours::save)) {
          assertThatThrownBy(call::run).hasMessageContaining("NOPERM");
        }
      }
      List<String> commandLines =
          ProcessHandle.allProcesses().map(each -> each.info().toString()).toList();
      assertThat(commandLines).noneMatch(line -> line.contains(password));
    }
  }

  @Test
  void embeddedManager_allOperations() {
    try (YokedCachingProvider provider = new YokedCachingProvider();
        CacheManager manager = provider.getCacheManager(URI.create("embedded:redis"), null)) {
      assertThat(manager.getURI()).isEqualTo(URI.create("embedded:redis"));
      Cache<String, String> cache =
          manager.createCache(
              "embedded",
              new MutableConfiguration<String, String>()
                  .setTypes(String.class, String.class)
                  .setStatisticsEnabled(true));
      cache.put("key", "value");
      assertThat(cache.get("key")).isEqualTo("value");
      assertThat(cache).hasSize(1);
      cache.removeAll();
      cache.clear();
      assertThat(cache.containsKey("key")).isFalse();
    }
  }
}
