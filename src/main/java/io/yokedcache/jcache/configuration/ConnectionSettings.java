package io.yokedcache.jcache.configuration;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Where a Redis server is and how to talk to it. {@link #toString} leaves the password out.
 *
 * @param host host name or address
 * @param port TCP port
 * @param database number of the logical database, from 0
 * @param user ACL user name, or {@code null} for the default user
 * @param password password, or {@code null} for none
 * @param tls whether to use TLS
 * @param tlsSettings certificates to trust and to present; used only with {@code tls}
 * @param clientName name shown by {@code CLIENT LIST}
 * @param connectTimeout the longest wait for a connection to be made
 * @param commandTimeout the longest wait for a reply
 * @param poolSize the most connections
 * @param poolWait the longest wait for a free connection
 */
public record ConnectionSettings(
    String host,
    int port,
    int database,
    @Nullable String user,
    @Nullable String password,
    boolean tls,
    TlsSettings tlsSettings,
    String clientName,
    Duration connectTimeout,
    Duration commandTimeout,
    int poolSize,
    Duration poolWait) {

  /**
   * The server's address as messages name it.
   *
   * @return {@code host:port/database}, without credentials
   */
  public String address() {
    String bracketed = host.indexOf(':') < 0 ? host : "[" + host + "]";
    return bracketed + ":" + port + "/" + database;
  }

  @Override
  public String toString() {
    return "ConnectionSettings[" + (tls ? "rediss://" : "redis://") + address() + "]";
  }
}
