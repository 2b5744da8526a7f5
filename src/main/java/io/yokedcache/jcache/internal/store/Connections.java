package io.yokedcache.jcache.internal.store;

import static java.util.Objects.requireNonNull;

import io.yokedcache.jcache.configuration.ConnectionSettings;
import io.yokedcache.jcache.configuration.TlsSettings;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.commons.pool2.PooledObject;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Connection;
import redis.clients.jedis.ConnectionFactory;
import redis.clients.jedis.ConnectionPool;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.DefaultJedisSocketFactory;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.SslOptions;
import redis.clients.jedis.SslVerifyMode;
import redis.clients.jedis.exceptions.JedisConnectionException;

/** From our settings to Jedis' connections. */
final class Connections {

  private Connections() {}

  /**
   * A pool that is never waited for without a bound; it connects at first use.
   *
   * @param reconnects counts connections that are made in place of failed ones
   */
  static ConnectionPool pool(ConnectionSettings settings, ReconnectCount reconnects) {
    GenericObjectPoolConfig<Connection> config = new GenericObjectPoolConfig<>();
    config.setMaxTotal(settings.poolSize());
    config.setMaxIdle(settings.poolSize());
    config.setMaxWait(settings.poolWait());
    config.setJmxEnabled(false);
    config.setTestWhileIdle(true);
    config.setTimeBetweenEvictionRuns(Duration.ofSeconds(30));
    config.setMinEvictableIdleDuration(Duration.ofMinutes(1));
    return new ConnectionPool(
        new DroppingFactory(address(settings), client(settings, Duration.ZERO), reconnects),
        config);
  }

  /**
   * A connection of its own, for subscriptions.
   *
   * @param silence how long the server may be silent before the connection counts as dead
   */
  static Connection single(ConnectionSettings settings, Duration silence) {
    return new Connection(address(settings), client(settings, silence));
  }

  /** Makes one connection for {@link #over} and knows its socket. */
  static SocketKeeper socketKeeper(ConnectionSettings settings) {
    return new SocketKeeper(address(settings), client(settings, Duration.ZERO));
  }

  /** A connection that has told the server who we are, over a socket that somebody keeps. */
  static Connection over(SocketKeeper keeper, ConnectionSettings settings) {
    return new Connection(keeper, client(settings, Duration.ZERO));
  }

  private static HostAndPort address(ConnectionSettings settings) {
    return new HostAndPort(settings.host(), settings.port());
  }

  private static JedisClientConfig client(ConnectionSettings settings, Duration silence) {
    DefaultJedisClientConfig.Builder client =
        DefaultJedisClientConfig.builder()
            // RESP2 without HELLO: understood by every server and proxy; nothing here needs RESP3.
            .serverDefaultProtocol()
            .connectionTimeoutMillis(millis(settings.connectTimeout()))
            .socketTimeoutMillis(millis(settings.commandTimeout()))
            .blockingSocketTimeoutMillis(millis(silence))
            .database(settings.database())
            .clientName(settings.clientName());
    if (settings.user() != null) {
      client.user(settings.user());
    }
    if (settings.password() != null) {
      client.password(settings.password());
    }
    if (settings.tls()) {
      client.sslOptions(tls(settings.tlsSettings()));
    }
    return client.build();
  }

  private static SslOptions tls(TlsSettings settings) {
    SslOptions.Builder options =
        SslOptions.builder()
            .sslVerifyMode(settings.verifyHostName() ? SslVerifyMode.FULL : SslVerifyMode.CA);
    Path trustStore = settings.trustStore();
    if (trustStore != null) {
      options.truststore(trustStore.toFile(), chars(settings.trustStorePassword()));
    }
    Path keyStore = settings.keyStore();
    if (keyStore != null) {
      options.keystore(keyStore.toFile(), chars(settings.keyStorePassword()));
    }
    return options.build();
  }

  private static char @Nullable [] chars(@Nullable String secret) {
    return secret == null ? null : secret.toCharArray();
  }

  private static int millis(Duration duration) {
    return Math.toIntExact(Math.min(duration.toMillis(), Integer.MAX_VALUE));
  }

  /** Makes a socket and keeps it, for who wants to speak Jedis' protocol over it by himself. */
  static final class SocketKeeper extends DefaultJedisSocketFactory {

    private @Nullable Socket socket;

    private SocketKeeper(HostAndPort address, JedisClientConfig config) {
      super(address, config);
    }

    @Override
    public Socket createSocket() {
      Socket created = super.createSocket();
      socket = created;
      return created;
    }

    /** The socket that was made. */
    Socket socket() {
      return requireNonNull(socket, "socket");
    }
  }

  /** Refuses to take broken connections back, so that the pool drops them without replacing. */
  private static final class DroppingFactory extends ConnectionFactory {

    private final ReconnectCount reconnects;

    DroppingFactory(HostAndPort address, JedisClientConfig config, ReconnectCount reconnects) {
      super(address, config);
      this.reconnects = reconnects;
    }

    @Override
    public PooledObject<Connection> makeObject() throws Exception {
      PooledObject<Connection> made = super.makeObject();
      reconnects.made();
      return made;
    }

    @Override
    public void passivateObject(PooledObject<Connection> returned) throws Exception {
      if (returned.getObject().isBroken()) {
        reconnects.failed();
        throw new JedisConnectionException("The connection failed and is dropped");
      }
      super.passivateObject(returned);
    }
  }
}
