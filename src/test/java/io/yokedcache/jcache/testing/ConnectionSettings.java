package io.yokedcache.jcache.testing;

import io.yokedcache.jcache.internal.settings.Settings;
import io.yokedcache.jcache.internal.settings.Settings.Connection;
import io.yokedcache.jcache.internal.settings.Settings.Deployment;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes the connection settings of tests. They begin with the defaults of {@code reference.conf},
 * and each test names only the settings that matter to it. A new setting of connections is added
 * here and in no test. Not thread-safe.
 */
public final class ConnectionSettings {

  private final Deployment deployment;
  private final Settings.Address address;
  private @Nullable String user;
  private @Nullable String password;
  private boolean tls;
  private Settings.Tls tlsSettings =
      new Settings.Tls(
          null, null, null, null, true, Settings.Pem.NONE, "TLSv1.2", /* ciphers= */ List.of());
  private String clientName = "yokedcache";
  private Duration connectTimeout = Duration.ofSeconds(2);
  private Duration commandTimeout = Duration.ofSeconds(2);
  private Settings.Executor executor = Settings.Executor.PIPELINED;
  private int poolSize = 64;
  private Duration poolWait = Duration.ofSeconds(2);
  private Duration keepAlive = Duration.ofSeconds(30);
  private Settings.CircuitBreaker circuitBreaker = new Settings.CircuitBreaker(true, 5);

  private ConnectionSettings(Deployment deployment) {
    this.deployment = deployment;
    this.address = deployment.nodes().get(0);
  }

  /** Settings for a server on this machine. */
  public static ConnectionSettings local(int port) {
    return standalone("127.0.0.1", port);
  }

  /** Settings for one server. */
  public static ConnectionSettings standalone(String host, int port) {
    return of(Deployment.standalone(host, port));
  }

  /** Settings whose host and port are those of the first node. */
  public static ConnectionSettings of(Deployment deployment) {
    return new ConnectionSettings(deployment);
  }

  public ConnectionSettings user(@Nullable String user, @Nullable String password) {
    this.user = user;
    this.password = password;
    return this;
  }

  public ConnectionSettings tls(Settings.Tls tlsSettings) {
    this.tls = true;
    this.tlsSettings = tlsSettings;
    return this;
  }

  public ConnectionSettings clientName(String clientName) {
    this.clientName = clientName;
    return this;
  }

  /** Sets the bounds of connecting, of a command, and of the wait for a pooled connection. */
  public ConnectionSettings timeouts(Duration timeout) {
    this.connectTimeout = timeout;
    this.commandTimeout = timeout;
    this.poolWait = timeout;
    return this;
  }

  public ConnectionSettings connectTimeout(Duration connectTimeout) {
    this.connectTimeout = connectTimeout;
    return this;
  }

  public ConnectionSettings commandTimeout(Duration commandTimeout) {
    this.commandTimeout = commandTimeout;
    return this;
  }

  public ConnectionSettings executor(Settings.Executor executor) {
    this.executor = executor;
    return this;
  }

  public ConnectionSettings pool(int size, Duration wait) {
    this.poolSize = size;
    this.poolWait = wait;
    return this;
  }

  public ConnectionSettings keepAlive(Duration keepAlive) {
    this.keepAlive = keepAlive;
    return this;
  }

  public ConnectionSettings circuitBreaker(boolean enabled, int failures) {
    this.circuitBreaker = new Settings.CircuitBreaker(enabled, failures);
    return this;
  }

  /** Returns the settings as they are now. */
  public Connection build() {
    return new Connection(
        deployment,
        address.host(),
        address.port(),
        /* database= */ 0,
        user,
        password,
        tls,
        tlsSettings,
        clientName,
        connectTimeout,
        commandTimeout,
        executor,
        poolSize,
        poolWait,
        keepAlive,
        circuitBreaker,
        new Settings.Credentials(
            Settings.CredentialsSource.NONE,
            Settings.CredentialsSource.NONE,
            Duration.ofSeconds(5)),
        Settings.Security.NONE);
  }
}
