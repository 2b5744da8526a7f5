package io.yokedcache.jcache.internal.store;

import static java.util.Objects.requireNonNull;

import io.yokedcache.jcache.configuration.ConnectionSettings;
import io.yokedcache.jcache.configuration.TlsSettings;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.function.Supplier;
import org.apache.commons.pool2.PooledObject;
import org.apache.commons.pool2.impl.DefaultPooledObject;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Connection;
import redis.clients.jedis.ConnectionFactory;
import redis.clients.jedis.ConnectionPool;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.DefaultJedisSocketFactory;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.RedisCredentials;
import redis.clients.jedis.SslOptions;
import redis.clients.jedis.SslVerifyMode;
import redis.clients.jedis.exceptions.JedisConnectionException;

/**
 * From our settings to Jedis' connections.
 *
 * <p>The application's dependency management chooses Jedis: Spring Boot 3.5 brings 6.0, Spring Boot
 * 4 brings 7.4. Everything of Jedis that this package uses is in all versions from 6.0 to 8;
 * ClientLibrariesIT checks that.
 */
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
    return over(new SocketKeeper(address(settings), client(settings, silence)), settings, silence);
  }

  /** Makes one connection for {@link #over} and knows its socket. */
  static SocketKeeper socketKeeper(ConnectionSettings settings) {
    return new SocketKeeper(address(settings), client(settings, Duration.ZERO));
  }

  /** A connection that has told the server who we are, over a socket that somebody keeps. */
  static Connection over(SocketKeeper keeper, ConnectionSettings settings) {
    return over(keeper, settings, Duration.ZERO);
  }

  private static Connection over(
      SocketKeeper keeper, ConnectionSettings settings, Duration silence) {
    return new KeptConnection(keeper, client(settings, silence));
  }

  /**
   * Closes the socket of a connection that was made here. Any thread may do so; it wakes the thread
   * that reads or writes. Jedis 6 has no method for that: its {@code disconnect()} writes first.
   */
  static void disconnect(Connection connection) throws IOException {
    ((KeptConnection) connection).keeper.closeSocket();
  }

  private static HostAndPort address(ConnectionSettings settings) {
    return new HostAndPort(settings.host(), settings.port());
  }

  private static JedisClientConfig client(ConnectionSettings settings, Duration silence) {
    DefaultJedisClientConfig.Builder client =
        DefaultJedisClientConfig.builder()
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
    return new WithoutHello(client.build());
  }

  private static SslOptions tls(TlsSettings settings) {
    // The default type reads PKCS12 and JKS alike; Jedis 6 fails unless it is named.
    SslOptions.Builder options =
        SslOptions.builder()
            .trustStoreType(KeyStore.getDefaultType())
            .keyStoreType(KeyStore.getDefaultType())
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

    private volatile @Nullable Socket socket;

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

    private void closeSocket() throws IOException {
      Socket made = socket;
      if (made != null) {
        made.close();
      }
    }
  }

  /** A connection that knows its socket. */
  private static final class KeptConnection extends Connection {

    private final SocketKeeper keeper;

    KeptConnection(SocketKeeper keeper, JedisClientConfig config) {
      super(keeper, config);
      this.keeper = keeper;
    }
  }

  /**
   * Asks for RESP2 and sends no HELLO, which every server and proxy understands; nothing here needs
   * RESP3. Jedis 8 sends HELLO unless it is told not to, by a method that older versions of Jedis
   * do not call, and that their builder does not have.
   */
  private record WithoutHello(JedisClientConfig config) implements JedisClientConfig {

    @Override
    public boolean isAutoNegotiateProtocol() {
      return false;
    }

    @Override
    public int getConnectionTimeoutMillis() {
      return config.getConnectionTimeoutMillis();
    }

    @Override
    public int getSocketTimeoutMillis() {
      return config.getSocketTimeoutMillis();
    }

    @Override
    public int getBlockingSocketTimeoutMillis() {
      return config.getBlockingSocketTimeoutMillis();
    }

    @Override
    public Supplier<RedisCredentials> getCredentialsProvider() {
      return config.getCredentialsProvider();
    }

    @Override
    public int getDatabase() {
      return config.getDatabase();
    }

    @Override
    public String getClientName() {
      return config.getClientName();
    }

    @Override
    public SslOptions getSslOptions() {
      return config.getSslOptions();
    }
  }

  /** Refuses to take broken connections back, so that the pool drops them without replacing. */
  private static final class DroppingFactory extends ConnectionFactory {

    private final HostAndPort address;
    private final JedisClientConfig config;
    private final ReconnectCount reconnects;

    DroppingFactory(HostAndPort address, JedisClientConfig config, ReconnectCount reconnects) {
      super(address, config);
      this.address = address;
      this.config = config;
      this.reconnects = reconnects;
    }

    @Override
    public PooledObject<Connection> makeObject() throws Exception {
      PooledObject<Connection> made =
          new DefaultPooledObject<>(new KeptConnection(new SocketKeeper(address, config), config));
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
