package io.yokedcache.jcache.testing;

import io.yokedcache.jcache.internal.embedded.LoopbackPorts;
import io.yokedcache.jcache.internal.embedded.RedisProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A real server that a test may kill, pause and start again on the same port. For one thread.
 *
 * <p>{@code RedisServer.start("--requirepass", "secret")} passes options on.
 */
public final class RedisServer implements AutoCloseable {

  private static final String FOLDER = "--dir";
  private static final long SIGNAL_TIMEOUT_SECONDS = 5;

  /** Where it writes, if the test does not say: a replica leaves a file, which no other loads. */
  private final @Nullable Path folder;

  private final List<String> options;
  private RedisProcess process;

  private RedisServer(RedisProcess process, List<String> options, @Nullable Path folder) {
    this.process = process;
    this.options = options;
    this.folder = folder;
  }

  /** Starts a server on a free port, with further options of {@code redis-server}. */
  public static RedisServer start(String... arguments) {
    return LoopbackPorts.startOn(TestPorts::free, port -> startOn(port, arguments));
  }

  /** Starts a server on that port, with further options of {@code redis-server}. */
  public static RedisServer startOn(int port, String... arguments) {
    List<String> options = new ArrayList<>(List.of(arguments));
    Path folder = null;
    if (!options.contains(FOLDER)) {
      folder = TemporaryFolder.create("redis-server-");
      Collections.addAll(options, FOLDER, folder.toString());
    }
    try {
      return new RedisServer(RedisProcess.start(port, options), options, folder);
    } catch (RuntimeException e) {
      if (folder != null) {
        TemporaryFolder.delete(folder);
      }
      throw e;
    }
  }

  /** Returns a port of 127.0.0.1 on which nothing listens now. */
  public static int freePort() {
    return TestPorts.free();
  }

  public int port() {
    return process.port();
  }

  public long pid() {
    return process.pid();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** Returns the URI without credentials: {@code redis://127.0.0.1:port}. */
  public URI uri() {
    return URI.create("redis://127.0.0.1:" + port());
  }

  /** Ends the server in good order; {@link #restart} brings it back. */
  public void stop() {
    if (isAlive()) {
      resume();
    }
    process.close();
  }

  /** Ends the server by SIGKILL: connections break without a word. */
  public void kill() {
    signal("KILL");
    process.close();
  }

  /**
   * Stops the server if it runs, and starts one with the same port and options, which is empty
   * unless they name a folder with its data.
   */
  public void restart() {
    close();
    if (folder != null) {
      TemporaryFolder.createAgain(folder);
    }
    process = RedisProcess.start(port(), options);
  }

  /** Freezes the server by SIGSTOP: connections stay open, and nothing answers. */
  public void pause() {
    signal("STOP");
  }

  /** Thaws a paused server; harmless if it is not paused. */
  public void resume() {
    signal("CONT");
  }

  private void signal(String name) {
    try {
      Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(pid())).start();
      if (!kill.waitFor(SIGNAL_TIMEOUT_SECONDS, TimeUnit.SECONDS) || kill.exitValue() != 0) {
        throw new IllegalStateException("kill -" + name + " " + pid() + " failed");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while sending " + name, e);
    }
  }

  /** Ends the server and removes its files. May be called twice. */
  @Override
  public void close() {
    stop();
    if (folder != null) {
      TemporaryFolder.delete(folder);
    }
  }
}
