package io.yokedcache.metrics.testing;

import io.yokedcache.jcache.internal.embedded.LoopbackPorts;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/** A process that a test has started, which writes to a log file and ends with the test. */
public final class PeerProcess implements AutoCloseable {

  private static final Duration START_LIMIT = Duration.ofSeconds(60);

  private final Process process;
  private final Path log;

  private PeerProcess(Process process, Path log) {
    this.process = process;
    this.log = log;
  }

  /**
   * Starts a program.
   *
   * @param log the file for what it prints
   * @param command the program and its arguments
   */
  public static PeerProcess start(Path log, List<String> command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.redirectErrorStream(true).redirectOutput(log.toFile());
    return new PeerProcess(builder.start(), log);
  }

  /** Returns a port of the loopback interface that is free, for TCP. */
  public static int freePort() {
    return LoopbackPorts.free();
  }

  /** Returns a port of the loopback interface that is free, for UDP. */
  public static int freeUdpPort() throws IOException {
    try (DatagramSocket socket =
        new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
      return socket.getLocalPort();
    }
  }

  /**
   * Waits until the program is ready, for a minute at most; closes it if it does not get so.
   *
   * @param isReady tells whether it is; an exception means not yet
   * @throws IOException if the program has ended or is too slow, with what it printed
   */
  public void awaitReady(Callable<Boolean> isReady) throws IOException {
    try {
      Awaitility.await()
          .atMost(START_LIMIT)
          .pollInterval(Duration.ofMillis(50))
          .ignoreExceptions()
          .until(() -> !process.isAlive() || isReady.call());
    } catch (ConditionTimeoutException tooSlow) {
      close();
      throw new IOException("Not ready after " + START_LIMIT + ": " + output(), tooSlow);
    }
    if (!process.isAlive()) {
      throw new IOException("Ended with " + process.exitValue() + ": " + output());
    }
  }

  /** Returns what the program has printed so far. */
  public String output() throws IOException {
    return Files.readString(log);
  }

  /** Returns the number by which the system knows the process. */
  public long pid() {
    return process.pid();
  }

  /** Ends the process, by force if it takes longer than ten seconds. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
