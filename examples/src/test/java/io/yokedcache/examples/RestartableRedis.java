package io.yokedcache.examples;

import io.yokedcache.jcache.internal.embedded.EmbeddedRedis;
import io.yokedcache.jcache.internal.embedded.RedisProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/** A real Redis server that goes away and comes back on the same port. Used by one thread. */
public final class RestartableRedis implements AutoCloseable {

  private final int port;
  private Runnable stop;
  private long pid;

  private RestartableRedis(EmbeddedRedis redis) {
    this.port = redis.port();
    this.stop = redis::close;
    this.pid = redis.pid();
  }

  /** Starts an empty server on a free port. */
  public static RestartableRedis start() {
    return new RestartableRedis(EmbeddedRedis.start());
  }

  public int port() {
    return port;
  }

  /** Ends the server. */
  public void stop() {
    stop.run();
  }

  /** Starts an empty server in place of one that has ended. */
  public void restart() {
    RedisProcess redis = RedisProcess.start(port, List.of());
    stop = redis::close;
    pid = redis.pid();
  }

  /** Sends a signal: STOP makes the server silent, CONT lets it go on, KILL ends it at once. */
  public void signal(String name) {
    try {
      Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start();
      if (kill.waitFor() != 0) {
        throw new IllegalStateException("kill -" + name + " has failed for " + pid);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while signalling " + pid, e);
    }
  }

  @Override
  public void close() {
    stop.run();
  }
}
