package io.yokedcache.examples.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.yokedcache.metrics.testing.Peer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What Prometheus' own tool says.
 *
 * @param exitCode 0 if all is well
 * @param output everything that it printed
 */
public record Promtool(int exitCode, String output) {

  /**
   * Runs it.
   *
   * @param input what it reads from its standard input
   * @param log a file for what it prints
   * @param arguments the command and the files
   */
  public static Promtool run(String input, Path log, Object... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(Peer.PROMTOOL.get().toString()));
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    try {
      process.getOutputStream().write(input.getBytes(UTF_8));
      process.getOutputStream().close();
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException("promtool has not ended in time");
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IOException("Interrupted while promtool ran", e);
    }
    return new Promtool(process.exitValue(), Files.readString(log));
  }
}
