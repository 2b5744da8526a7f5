package io.yokedcache.jcache.internal.embedded;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.yokedcache.jcache.internal.concurrent.DaemonThreads;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A {@code redis-server} on 127.0.0.1 that lives at most as long as this JVM, however the JVM ends.
 *
 * <p>Beside the server runs a shell that waits for the end of a pipe which only this JVM holds
 * open: the system closes it even if the JVM is killed by SIGKILL, and the shell then ends the
 * server. A shutdown hook is not needed, and would be worse: hooks of the application may still use
 * the server. Where {@code setsid} exists, both run in their own session, so that neither Ctrl-C
 * nor a signal to the JVM's process group reaches the server before its clients have gone.
 *
 * <p>The server's working folder is a temporary one, which is removed as soon as the server runs,
 * with the program in it if that came out of a jar: nothing is left behind, and no dump file can be
 * written. Members of a deployment write their state there, so their folders are removed when they
 * end, by the shell if the JVM is gone. Safe for use by several threads.
 */
public final class RedisProcess implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(RedisProcess.class);
  private static final long START_TIMEOUT_MILLIS = 10_000;
  private static final long STOP_TIMEOUT_MILLIS = 5_000;
  private static final long KILL_TIMEOUT_MILLIS = 2_000;

  /**
   * The shell turns into the server, so that the process of this JVM is the server itself ({@code
   * $$} stays the same), and leaves a watcher beside it.
   *
   * <p>A program that this JVM has written is copied first. While another thread starts a process,
   * that process has the files that the JVM is writing, and Linux does not execute a file that some
   * process may write ("Text file busy"). The copy was never open in the JVM.
   */
  private static final String SCRIPT =
      """
      folder=$1
      copy=$2
      program=$3
      shift 3
      if [ -n "$copy" ]; then
        (PATH="$PATH:/usr/bin:/bin"; exec cp "$program" "$copy") || exit
        program=$copy
      fi
      exec 3<&0
      (
        trap '' HUP INT TERM
        PATH="$PATH:/usr/bin:/bin"
        read -r ignored
        kill -TERM $$
        tries=0
        while kill -0 $$; do
          if [ $tries -eq 50 ]; then kill -KILL $$; break; fi
          tries=$((tries + 1))
          sleep 0.1
        done
        if [ -n "$folder" ]; then rm -rf "$folder"; fi
      ) <&3 3<&- >/dev/null 2>&1 &
      exec "$program" "$@" </dev/null 3<&-
      """;

  /** The purpose of a server. */
  enum Mode {
    /** A server alone, which needs no file. */
    ALONE,
    /** A member of a cluster, or a master or replica: it writes files while it runs. */
    MEMBER,
    /** Sentinel, which keeps its state in its configuration file. */
    SENTINEL
  }

  private final Process process;
  private final ServerOutput output;
  private final int port;

  /** The working folder if it stays until the server ends, else {@code null}. */
  private final @Nullable Path folder;

  private RedisProcess(Process process, ServerOutput output, int port, @Nullable Path folder) {
    this.process = process;
    this.output = output;
    this.port = port;
    this.folder = folder;
  }

  /**
   * Starts a server without persistence, and returns when it accepts connections.
   *
   * @param port TCP port of 127.0.0.1
   * @param arguments further options of {@code redis-server}, such as {@code --requirepass}; they
   *     go before the ones set here
   * @return the running server
   * @throws CacheException if none could be started within ten seconds; the message has the
   *     attempts, the output of the server and the cure
   */
  public static RedisProcess start(int port, List<String> arguments) {
    return start(port, arguments, RedisBinaries.ofThisMachine());
  }

  /**
   * Starts a sentinel, in the same way.
   *
   * @param configuration lines of its file, such as {@code sentinel monitor}
   */
  public static RedisProcess startSentinel(int port, List<String> configuration) {
    return start(Mode.SENTINEL, port, List.of(), configuration, RedisBinaries.ofThisMachine());
  }

  static RedisProcess start(int port, List<String> arguments, RedisBinaries binaries) {
    return start(Mode.ALONE, port, arguments, List.of(), binaries);
  }

  /**
   * The same with a configuration file, which only this user can read and which is removed with the
   * working folder: other users see the arguments of every process.
   *
   * @param configuration lines of the file; none for no file
   */
  static RedisProcess start(
      Mode mode,
      int port,
      List<String> arguments,
      List<String> configuration,
      RedisBinaries binaries) {
    List<String> tried = new ArrayList<>(binaries.missing());
    for (RedisBinary binary : binaries.found()) {
      try {
        return launch(binary, mode, port, arguments, configuration);
      } catch (PortInUseException e) {
        throw e;
      } catch (IOException | CacheException e) {
        logger.debug("{} did not start", binary, e);
        tried.add(binary + ": " + e.getMessage());
      }
    }
    throw new CacheException(
        "No redis-server could be started: "
            + String.join("; ", tried)
            + ". Install redis-server 6.2 or later, or add org.signal:embedded-redis:0.9.1 to the"
            + " class path (Linux and macOS), or give the URI of a server, such as"
            + " redis://localhost:6379");
  }

  private static RedisProcess launch(
      RedisBinary binary, Mode mode, int port, List<String> arguments, List<String> configuration)
      throws IOException {
    Path folder = Files.createTempDirectory("yokedcache-");
    Path kept = null;
    try {
      List<String> file = file(folder, configuration);
      Process process =
          new ProcessBuilder(command(binary.placeIn(folder), folder, mode, file, port, arguments))
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .start();
      ServerOutput output = new ServerOutput(process.getInputStream());
      DaemonThreads.create("yokedcache-redis-output-" + port, output).start();
      RedisProcess server =
          new RedisProcess(process, output, port, mode == Mode.ALONE ? null : folder);
      try {
        server.awaitReady();
      } catch (CacheException e) {
        server.close();
        throw e;
      }
      kept = server.folder;
      return server;
    } finally {
      if (kept == null) {
        delete(folder);
      }
    }
  }

  /** Writes the configuration into the folder, which only this user may enter. */
  private static List<String> file(Path folder, List<String> configuration) throws IOException {
    if (configuration.isEmpty()) {
      return List.of();
    }
    Path file = folder.resolve("redis.conf");
    if (Files.getFileStore(folder).supportsFileAttributeView(PosixFileAttributeView.class)) {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }
    Files.write(file, configuration);
    return List.of(file.toString());
  }

  private static List<String> command(
      Path program, Path folder, Mode mode, List<String> file, int port, List<String> arguments) {
    List<String> command = new ArrayList<>();
    Path setsid = RedisBinaries.onPath("setsid", RedisBinaries.searchPath());
    if (setsid != null) {
      command.add(setsid.toString());
    }
    String removed = mode == Mode.ALONE ? "" : folder.toString();
    String copy = program.startsWith(folder) ? program + "-copy" : "";
    command.addAll(
        List.of("/bin/sh", "-c", SCRIPT, "yokedcache", removed, copy, program.toString()));
    command.addAll(file);
    command.addAll(List.of("--bind", "127.0.0.1", "--port", Integer.toString(port)));
    command.addAll(List.of("--daemonize", "no"));
    if (mode == Mode.SENTINEL) {
      command.add("--sentinel");
    } else {
      command.addAll(List.of("--save", "", "--appendonly", "no"));
    }
    command.addAll(arguments);
    return command;
  }

  private void awaitReady() {
    if (!output.awaitReady(START_TIMEOUT_MILLIS)) {
      if (output.isAddressInUse()) {
        throw new PortInUseException(port);
      }
      throw new CacheException(
          "it was not ready on port "
              + port
              + " within "
              + START_TIMEOUT_MILLIS
              + " ms; it printed:\n"
              + output.lastLines());
    }
    String outdated = output.outdatedVersion();
    if (outdated != null) {
      throw new CacheException("it is version " + outdated + ", and 6.2 or later is needed");
    }
  }

  /** Removes a folder that holds files only; the shell may remove it at the same time. */
  private static void delete(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.deleteIfExists(file);
      }
      Files.deleteIfExists(folder);
    } catch (NoSuchFileException removedAlready) {
      logger.debug("{} is gone already", folder, removedAlready);
    } catch (IOException | UncheckedIOException e) {
      // The server runs; files that stay in the temporary folder are a nuisance, no failure.
      logger.warn("Could not remove the temporary folder {}: {}", folder, e.toString());
    }
  }

  public long pid() {
    return process.pid();
  }

  /** The TCP port of 127.0.0.1. */
  public int port() {
    return port;
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** Ends the server within seven seconds, by SIGTERM, then SIGKILL. May be called twice. */
  @Override
  public void close() {
    closeAll(List.of(this));
  }

  /** Ends several servers at the same time, within the same bounds as one. */
  static void closeAll(List<RedisProcess> servers) {
    servers.forEach(server -> server.process.destroy());
    long deadlineNanos = System.nanoTime() + MILLISECONDS.toNanos(STOP_TIMEOUT_MILLIS);
    try {
      for (RedisProcess server : servers) {
        if (!server.process.waitFor(deadlineNanos - System.nanoTime(), NANOSECONDS)) {
          server.process.destroyForcibly();
        }
      }
      deadlineNanos = System.nanoTime() + MILLISECONDS.toNanos(KILL_TIMEOUT_MILLIS);
      for (RedisProcess server : servers) {
        if (!server.process.waitFor(deadlineNanos - System.nanoTime(), NANOSECONDS)) {
          throw new CacheException(
              "redis-server (pid " + server.pid() + ") did not end on SIGKILL");
        }
      }
    } catch (InterruptedException e) {
      servers.forEach(server -> server.process.destroyForcibly());
      Thread.currentThread().interrupt();
    }
    for (RedisProcess server : servers) {
      if (server.folder != null) {
        delete(server.folder);
      }
    }
  }
}
