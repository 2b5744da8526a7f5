package io.yokedcache.jcache.internal.embedded;

import io.yokedcache.jcache.internal.settings.Settings;
import org.jspecify.annotations.Nullable;

/** Private servers on 127.0.0.1 that start and end together. Safe for use by several threads. */
sealed interface EmbeddedDeployment extends AutoCloseable permits EmbeddedRedis, Members.Formed {

  /** How the servers are found. */
  Settings.Deployment deployment();

  /** The password of the default user of all servers, or {@code null} if there is none. */
  @Nullable String password();

  /**
   * Returns whether the servers that still run can serve all keys, after a fail-over if need be.
   */
  boolean isAlive();

  /** Ends all servers within seven seconds. May be called twice. */
  @Override
  void close();
}
