package io.yokedcache.jcache.internal.embedded;

import java.util.function.Supplier;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;

/**
 * The private server that the managers of one provider share: the first lease starts it, the end of
 * the last one stops it. Safe for use by several threads; a thread that asks while the server
 * starts waits for it.
 */
public final class EmbeddedServers {

  private final Supplier<EmbeddedRedis> starter;
  private @Nullable Shared current;

  /** Makes the set; no server is started yet. */
  public EmbeddedServers() {
    this(EmbeddedRedis::startLocked);
  }

  EmbeddedServers(Supplier<EmbeddedRedis> starter) {
    this.starter = starter;
  }

  /**
   * Returns a share of the running server, after starting one if none runs. A server that has died
   * is not handed out again: its leases stay useless, and the next one gets a new server.
   *
   * @return the share, to be closed by its owner
   * @throws CacheException if no server can be started
   */
  public synchronized Lease acquire() {
    Shared shared = current;
    if (shared == null || !shared.server.isAlive()) {
      shared = new Shared(starter.get());
      current = shared;
    }
    shared.leases++;
    return new Lease(shared);
  }

  private synchronized void release(Shared shared) {
    shared.leases--;
    if (shared.leases > 0) {
      return;
    }
    if (shared == current) {
      current = null;
    }
    shared.server.close();
  }

  /** One server and how many use it; guarded by the lock of the set. */
  private static final class Shared {
    final EmbeddedRedis server;
    int leases;

    Shared(EmbeddedRedis server) {
      this.server = server;
    }
  }

  /** A share of the running server. Safe for use by several threads. */
  public final class Lease implements AutoCloseable {

    private final Shared shared;
    private boolean closed;

    private Lease(Shared shared) {
      this.shared = shared;
    }

    /** The TCP port of 127.0.0.1. */
    public int port() {
      return shared.server.port();
    }

    /** The password, or {@code null} if there is none. */
    public @Nullable String password() {
      return shared.server.password();
    }

    /** Gives the share back; the last one stops the server. May be called twice. */
    @Override
    public synchronized void close() {
      if (!closed) {
        closed = true;
        release(shared);
      }
    }
  }
}
