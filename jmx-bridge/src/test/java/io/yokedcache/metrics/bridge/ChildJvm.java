package io.yokedcache.metrics.bridge;

import static org.awaitility.Awaitility.await;

import com.sun.tools.attach.VirtualMachine;
import java.io.Closeable;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Another JVM, which ends with the test. Its output goes to a file. */
final class ChildJvm implements Closeable {

  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final Pattern ADDRESS =
      Pattern.compile("Metrics for Prometheus: (http://[0-9.]+:[0-9]+)");

  private final Process process;
  private final Path log;

  private ChildJvm(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /** Starts the JVM that runs the tests once more. */
  static ChildJvm start(Path folder, List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.addAll(arguments);
    Path log = Files.createTempFile(folder, "jvm", ".log");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    return new ChildJvm(process, log);
  }

  /** Starts the stand-alone jar. */
  static ChildJvm bridge(Path folder, String... arguments) throws IOException {
    List<String> all = new ArrayList<>(List.of("-jar", jar()));
    all.addAll(Arrays.asList(arguments));
    return start(folder, all);
  }

  /** Starts an application with caches, and returns when it has used them. */
  static ChildJvm application(Path folder, String provider, List<String> options)
      throws IOException {
    List<String> all = new ArrayList<>(options);
    all.addAll(List.of("-cp", classPath(path -> isOf(provider, path))));
    all.addAll(List.of(TargetApplication.class.getName(), provider));
    ChildJvm application = start(folder, all);
    application.awaitOutput("ready");
    return application;
  }

  /** Only the provider's own jars, so that the bridge is proven to need none of its own there. */
  private static boolean isOf(String provider, String path) {
    List<String> parts = new ArrayList<>(List.of("cache-api", "test-classes", "slf4j"));
    if (provider.contains("caffeine")) {
      parts.addAll(List.of("caffeine", "typesafe"));
    } else if (provider.contains("ehcache")) {
      parts.add("ehcache");
    } else {
      parts.addAll(List.of("/src/target/", "yokedcache-jcache", "jedis", "commons-pool2"));
      parts.addAll(List.of("typesafe", "gson", "embedded-redis", "resilience4j"));
    }
    return parts.stream().anyMatch(path::contains);
  }

  static String classPath(Predicate<String> isWanted) {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(isWanted)
        .collect(Collectors.joining(File.pathSeparator));
  }

  /** The jar with everything inside, which the build makes before these tests. */
  static String jar() {
    String jar = System.getProperty("bridge.jar", "target/yokedcache-jmx-bridge.jar");
    if (!Files.isReadable(Path.of(jar))) {
      throw new IllegalStateException("There is no " + jar + ": run mvn package first");
    }
    return jar;
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  String output() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  void awaitOutput(String text) {
    await().atMost(PATIENCE).until(() -> hasOutput(text));
  }

  private boolean hasOutput(String text) {
    boolean isAlive = process.isAlive(); // before looking, so that nothing is missed
    boolean isThere = output().contains(text);
    if (!isThere && !isAlive) {
      throw new IllegalStateException("The other JVM has ended:\n" + output());
    }
    return isThere;
  }

  /** Waits for the end by itself, and returns the exit code. */
  int awaitEnd() throws InterruptedException {
    if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      throw new IllegalStateException("The other JVM does not end:\n" + output());
    }
    return process.exitValue();
  }

  /** Asks for the end as Ctrl-C does, and returns the exit code. */
  int end() throws InterruptedException {
    process.destroy();
    return awaitEnd();
  }

  /** What the HTTP server that this JVM has announced answers. */
  String get(String path) throws IOException, InterruptedException {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create(address() + path))
                .timeout(Duration.ofSeconds(30))
                .build(),
            BodyHandlers.ofString())
        .body();
  }

  /** Loads the jar as an agent, as an administrator may. */
  void load(String arguments) throws Exception {
    VirtualMachine machine = VirtualMachine.attach(String.valueOf(pid()));
    try {
      machine.loadAgent(Path.of(jar()).toAbsolutePath().toString(), arguments);
    } finally {
      machine.detach();
    }
  }

  /** Where this JVM serves, as it has announced last. */
  String address() {
    awaitOutput("Metrics for Prometheus: ");
    return ADDRESS
        .matcher(output())
        .results()
        .map(match -> match.group(1))
        .reduce((before, last) -> last)
        .orElseThrow(() -> new IllegalStateException(output()));
  }

  /** Lets an application do its work once more. */
  void workAgain() throws IOException {
    OutputStream in = process.getOutputStream();
    in.write('\n');
    in.flush();
  }

  /** Tells an application that there is no more work. */
  void endInput() throws IOException {
    process.getOutputStream().close();
  }

  @Override
  public void close() {
    process.destroyForcibly();
    try {
      process.waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
