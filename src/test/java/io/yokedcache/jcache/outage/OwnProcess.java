package io.yokedcache.jcache.outage;

import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A program that listens on a port and ends with this JVM, however that ends. For one thread. */
final class OwnProcess implements AutoCloseable {

  private static final Duration START_BOUND = Duration.ofSeconds(20);

  /** Runs the program, and ends it when the input ends. */
  private static final String SCRIPT =
      "\"$@\" </dev/null >/dev/null & read -r unused; exec 2>/dev/null; kill -KILL $!; wait $!";

  private final Process shell;

  private OwnProcess(Process shell) {
    this.shell = shell;
  }

  static boolean isInstalled(String program) {
    String folders = System.getenv("PATH") + File.pathSeparator + "/usr/sbin";
    return Arrays.stream(folders.split(File.pathSeparator, -1))
        .anyMatch(folder -> new File(folder, program).canExecute());
  }

  /** Starts a program and waits until it accepts connections. */
  static OwnProcess start(int port, List<String> command) {
    List<String> line = new ArrayList<>(List.of("sh", "-c", SCRIPT, "sh"));
    line.addAll(command);
    ProcessBuilder builder = new ProcessBuilder(line);
    builder.environment().merge("PATH", "/usr/sbin", (known, more) -> known + ":" + more);
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    try {
      OwnProcess made = new OwnProcess(builder.start());
      await(String.join(" ", command)).atMost(START_BOUND).until(() -> accepts(port));
      return made;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean accepts(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException notYet) {
      return false;
    }
  }

  /** Ends the program by SIGKILL. */
  @Override
  public void close() {
    try {
      shell.getOutputStream().close();
      if (!shell.waitFor(5, TimeUnit.SECONDS)) {
        throw new IllegalStateException("The shell of a program does not end");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while a program ends", e);
    }
  }
}
