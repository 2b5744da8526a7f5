package io.yokedcache.jcache.stress;

import java.io.File;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A JVM of this one's version and class path, which is dead after {@link #close()} whatever it did.
 *
 * <p>Its output goes to a file, so that it can never block on a reader.
 */
final class ChildJvm implements AutoCloseable {

  private static final long KILL_SECONDS = 10;

  private final String name;
  private final Process process;
  private final Path output;

  private ChildJvm(String name, Process process, Path output) {
    this.name = name;
    this.process = process;
    this.output = output;
  }

  /** Starts {@code main}; {@code name} is what failures call the JVM. */
  static ChildJvm start(String name, Class<?> main, List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xmx128m");
    // Many short-lived JVMs on few cores: the second compiler would cost more than it gains.
    command.add("-XX:TieredStopAtLevel=1");
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(main.getName());
    command.addAll(arguments);
    Path output = Files.createTempFile(name, ".out");
    File file = output.toFile();
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(file).start();
    return new ChildJvm(name, process, output);
  }

  /** Returns a future of what the JVM printed; it fails, with that, if the JVM's exit code does. */
  CompletableFuture<String> result() {
    return process
        .onExit()
        .thenApply(
            exited -> {
              if (exited.exitValue() != 0) {
                throw new IllegalStateException(
                    name + " ended with exit code " + exited.exitValue() + ":\n" + output());
              }
              return output();
            });
  }

  /** Ends the JVM by SIGKILL. */
  void kill() throws IOException {
    process.destroyForcibly();
    try {
      if (!process.waitFor(KILL_SECONDS, TimeUnit.SECONDS)) {
        throw new IOException(
            name + ", process " + process.pid() + ", is alive " + KILL_SECONDS + " s after kill");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns what the JVM has printed so far. */
  String output() {
    try {
      return Files.readString(output, Charset.defaultCharset());
    } catch (IOException e) {
      return "(its output cannot be read: " + e + ")";
    }
  }

  @Override
  public void close() throws IOException {
    try {
      kill();
    } finally {
      Files.deleteIfExists(output);
    }
  }
}
