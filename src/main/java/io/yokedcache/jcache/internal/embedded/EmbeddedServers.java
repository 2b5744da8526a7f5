package io.yokedcache.jcache.internal.embedded;

import io.yokedcache.jcache.internal.settings.Settings;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;

/**
 * The private servers that the managers of one provider share: the first lease of a deployment
 * starts it, the end of the last one stops it. Safe for use by several threads; a thread that asks
 * while a deployment starts waits for it.
 */
public final class EmbeddedServers {

  private final Function<Settings.Embedded, EmbeddedDeployment> starter;

  /** Guarded by the lock of this set. */
  private final Map<Settings.Embedded, Shared> running = new HashMap<>();

  /** Makes the set; no server is started yet. */
  public EmbeddedServers() {
    this(EmbeddedServers::start);
  }

  EmbeddedServers(Function<Settings.Embedded, EmbeddedDeployment> starter) {
    this.starter = starter;
  }

  private static EmbeddedDeployment start(Settings.Embedded wanted) {
    RedisBinaries binaries = RedisBinaries.ofThisMachine();
    return switch (wanted.kind()) {
      case STANDALONE -> EmbeddedRedis.startLocked();
      case SENTINEL -> EmbeddedSentinel.start(binaries, wanted.replicas());
      case CLUSTER -> EmbeddedCluster.start(binaries, wanted.masters(), wanted.replicas());
    };
  }

  /**
   * Returns a share of the running deployment, after starting it if it does not run. A deployment
   * of which too many servers have died is not handed out again: its leases stay useless, and the
   * next one gets new servers.
   *
   * @return the share, to be closed by its owner
   * @throws CacheException if the servers cannot be started
   */
  public synchronized Lease acquire(Settings.Embedded wanted) {
    Shared shared = running.get(wanted);
    if (shared == null || !shared.servers.isAlive()) {
      shared = new Shared(wanted, starter.apply(wanted));
      running.put(wanted, shared);
    }
    shared.leases++;
    return new Lease(shared);
  }

  private synchronized void release(Shared shared) {
    shared.leases--;
    if (shared.leases > 0) {
      return;
    }
    running.remove(shared.wanted, shared);
    shared.servers.close();
  }

  /** A deployment and how many use it; guarded by the lock of the set. */
  private static final class Shared {
    final Settings.Embedded wanted;
    final EmbeddedDeployment servers;
    int leases;

    Shared(Settings.Embedded wanted, EmbeddedDeployment servers) {
      this.wanted = wanted;
      this.servers = servers;
    }
  }

  /** A share of a running deployment. Safe for use by several threads. */
  public final class Lease implements AutoCloseable {

    private final Shared shared;
    private boolean closed;

    private Lease(Shared shared) {
      this.shared = shared;
    }

    /** How the servers are found. */
    public Settings.Deployment deployment() {
      return shared.servers.deployment();
    }

    /** The password of all servers, or {@code null} if there is none. */
    public @Nullable String password() {
      return shared.servers.password();
    }

    /** Gives the share back; the last one stops the servers. May be called twice. */
    @Override
    public synchronized void close() {
      if (!closed) {
        closed = true;
        release(shared);
      }
    }
  }
}
