package io.yokedcache.jcache.configuration;

import java.time.Duration;
import java.util.regex.Pattern;
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
 * @param executor how commands of several threads get to the server
 * @param poolSize the most connections of the pool
 * @param poolWait the longest wait for a free connection
 * @param keepAlive how often a connection that nobody uses is asked by {@code PING} whether it
 *     still works, so that neither the server nor a firewall drops it; zero for never
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
    ExecutorKind executor,
    int poolSize,
    Duration poolWait,
    Duration keepAlive) {

  private static final Pattern LOOPBACK =
      Pattern.compile(
          "(.+\\.)?localhost\\.?|127(\\.[0-9]{1,3}){3}|(0*:)+0*1|::ffff:127(\\.[0-9]{1,3}){3}",
          Pattern.CASE_INSENSITIVE);

  /**
   * The server's address as messages name it.
   *
   * @return {@code host:port/database}, without credentials
   */
  public String address() {
    String bracketed = host.indexOf(':') < 0 ? host : "[" + host + "]";
    return bracketed + ":" + port + "/" + database;
  }

  /**
   * Whether there is a password that others on the way to the server can read. Names are not looked
   * up for it: only {@code localhost} and addresses of this machine are known to be safe.
   *
   * @return false with TLS
   */
  public boolean sendsPasswordInClear() {
    return password != null && !tls && !LOOPBACK.matcher(host).matches();
  }

  /**
   * The same ways to talk to another server, with other credentials, without TLS and a database of
   * its own.
   *
   * @param otherHost host name or address
   * @param otherPort TCP port
   * @param otherPassword password of the default user, or {@code null} for none
   * @return new settings
   */
  public ConnectionSettings at(String otherHost, int otherPort, @Nullable String otherPassword) {
    return new ConnectionSettings(
        otherHost,
        otherPort,
        /* database= */ 0,
        /* user= */ null,
        otherPassword,
        /* tls= */ false,
        tlsSettings,
        clientName,
        connectTimeout,
        commandTimeout,
        executor,
        poolSize,
        poolWait,
        keepAlive);
  }

  @Override
  public String toString() {
    return "ConnectionSettings[" + (tls ? "rediss://" : "redis://") + address() + "]";
  }
}
