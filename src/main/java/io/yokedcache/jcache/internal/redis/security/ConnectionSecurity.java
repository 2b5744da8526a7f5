package io.yokedcache.jcache.internal.redis.security;

import io.yokedcache.jcache.internal.concurrent.BackgroundErrors;
import io.yokedcache.jcache.internal.concurrent.BackgroundScheduler;
import io.yokedcache.jcache.internal.redis.Endpoint;
import io.yokedcache.jcache.internal.redis.JedisConnections;
import io.yokedcache.jcache.internal.redis.RetryPolicy;
import io.yokedcache.jcache.internal.settings.Settings;
import io.yokedcache.jcache.spi.CredentialsProvider;
import io.yokedcache.jcache.spi.CredentialsProvider.Credentials;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/**
 * The credentials and certificates of the connections of one manager.
 *
 * <p>A thread asks the providers of credentials again and again. When credentials have changed, it
 * makes a connection to each server with the new ones. A server that accepts them has all its
 * connections condemned: each is replaced before its next use, shared ones after their open calls
 * are answered. A server that does not accept them yet keeps its connections and is asked again.
 *
 * <p>Without providers there is no thread.
 */
public final class ConnectionSecurity implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(ConnectionSecurity.class);
  private static final String NAME = "yokedcache-credentials";
  private static final String SETTING = "yokedcache.connection.credentials";
  private static final String SENTINEL_SETTING = "yokedcache.connection.sentinel.credentials";

  private final Settings.Connection connection;
  private final BackgroundScheduler scheduler;
  private final @Nullable CurrentCredentials servers;
  private final @Nullable CurrentCredentials sentinels;
  private final @Nullable TlsContext tls;

  // The fields below are used by the thread only.

  /** The servers that have accepted {@link #offered}, by their policies. */
  private final Set<RetryPolicy> accepting = Collections.newSetFromMap(new IdentityHashMap<>());

  private @Nullable Credentials offered;
  private @Nullable Credentials sentinelsUse;
  private boolean isRefusalTold;

  /**
   * Asks the providers and reads the files for the first time.
   *
   * @param loader finds the classes of providers
   * @throws CacheException if there are no credentials, or the files cannot be used
   */
  public ConnectionSecurity(
      Settings.Connection settings, @Nullable ClassLoader loader, BackgroundErrors errors) {
    Settings.Credentials credentials = settings.credentials();
    boolean usesTls = settings.tls() || settings.deployment().sentinelTls();
    this.tls = usesTls ? new TlsContext(settings.tlsSettings(), errors) : null;
    this.scheduler = new BackgroundScheduler(NAME, errors);
    long patienceNanos = settings.connectTimeout().toNanos();
    this.servers = current(SETTING, credentials.servers(), loader, patienceNanos, errors);
    try {
      this.sentinels =
          current(SENTINEL_SETTING, credentials.sentinels(), loader, patienceNanos, errors);
    } catch (RuntimeException | Error e) {
      close(servers);
      throw e;
    }
    this.sentinelsUse = sentinels == null ? null : sentinels.credentials();
    this.connection = settings.withSecurity(new Settings.Security(servers, sentinels, tls));
  }

  private @Nullable CurrentCredentials current(
      String setting,
      Settings.CredentialsSource source,
      @Nullable ClassLoader loader,
      long patienceNanos,
      BackgroundErrors errors) {
    String className = source.provider();
    Path file = source.file();
    CredentialsProvider provider;
    if (className != null) {
      provider = instance(setting, className, loader);
    } else if (file != null) {
      provider = new CredentialsFile(file, source.userFile());
    } else {
      return null;
    }
    try {
      return new CurrentCredentials(setting, provider, scheduler, patienceNanos, errors);
    } catch (RuntimeException | Error e) {
      close(provider);
      throw e;
    }
  }

  private static CredentialsProvider instance(
      String setting, String className, @Nullable ClassLoader loader) {
    try {
      return Class.forName(className, /* initialize= */ true, loader)
          .asSubclass(CredentialsProvider.class)
          .getConstructor()
          .newInstance();
    } catch (ReflectiveOperationException | ClassCastException | LinkageError e) {
      throw new CacheException(
          "%s.provider is %s, which cannot be used (%s). It needs a public class with a public constructor without parameters that implements %s"
              .formatted(setting, className, e, CredentialsProvider.class.getName()),
          e);
    }
  }

  /** The settings of connections, with the present credentials and certificates. */
  public Settings.Connection connection() {
    return connection;
  }

  /**
   * Begins to follow changes.
   *
   * @param endpoints the servers with connections
   * @param closeIdle closes the condemned connections that nobody uses
   * @param renewSentinels replaces the connection to a sentinel that stays open
   */
  public void start(
      Supplier<Collection<Endpoint>> endpoints, Runnable closeIdle, Runnable renewSentinels) {
    if (servers == null && sentinels == null) {
      return;
    }
    long millis = connection.credentials().refresh().toMillis();
    var unused =
        scheduler.scheduleWithFixedDelay(
            () -> follow(endpoints, closeIdle, renewSentinels),
            millis,
            millis,
            TimeUnit.MILLISECONDS);
  }

  private void follow(
      Supplier<Collection<Endpoint>> endpoints, Runnable closeIdle, Runnable renewSentinels) {
    if (servers != null) {
      servers.refresh();
      if (servers.isChanged()) {
        offer(servers, endpoints.get());
        closeIdle.run();
      }
    }
    if (sentinels != null) {
      sentinels.refresh();
      Credentials now = sentinels.credentials();
      if (!now.equals(sentinelsUse)) {
        sentinelsUse = now;
        renewSentinels.run();
      }
    }
  }

  private void offer(CurrentCredentials changed, Collection<Endpoint> endpoints) {
    Credentials credentials = changed.credentials();
    if (!credentials.equals(offered)) {
      offered = credentials;
      accepting.clear();
      isRefusalTold = false;
    }
    boolean isEach = true;
    for (Endpoint endpoint : endpoints) {
      isEach &= accepting.contains(endpoint.policy()) || accepts(endpoint, credentials);
    }
    if (isEach) {
      changed.accepted(credentials);
      offered = null;
      accepting.clear();
    }
  }

  private boolean accepts(Endpoint endpoint, Credentials credentials) {
    try {
      JedisConnections.tryOut(endpoint, credentials);
      accepting.add(endpoint.policy());
      endpoint.policy().condemn();
      return true;
    } catch (JedisException e) {
      if (e instanceof JedisDataException && !isRefusalTold) {
        isRefusalTold = true;
        logger.warn(
            "Redis on {} refuses the changed credentials of {} ({}); connections keep the ones before until it accepts them. Give the user the new password before it is handed out: ACL SETUSER user >password",
            endpoint.lookup().address(),
            SETTING,
            e.getMessage());
      } else {
        logger.debug("{} has not accepted the credentials yet", endpoint.lookup().address(), e);
      }
      return false;
    }
  }

  private static void close(@Nullable CredentialsProvider provider) {
    if (provider != null) {
      try {
        provider.close();
      } catch (Exception e) {
        logger.warn("Closing {} failed", provider.getClass().getName(), e);
      }
    }
  }

  @Override
  public void close() {
    scheduler.shutdownNow();
    close(servers);
    close(sentinels);
  }
}
