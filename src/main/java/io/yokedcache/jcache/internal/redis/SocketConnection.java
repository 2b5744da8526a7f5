package io.yokedcache.jcache.internal.redis;

import static java.util.Objects.requireNonNull;

import io.yokedcache.jcache.internal.concurrent.SteadySocket;
import io.yokedcache.jcache.internal.redis.fence.LostConnections;
import io.yokedcache.jcache.internal.settings.Settings;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.ClientSetInfoConfig;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Connection;
import redis.clients.jedis.DefaultJedisSocketFactory;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * A connection of Jedis whose socket is made here, since Jedis does not bound a TLS handshake, and
 * whose replies are read by {@link ReplyReader}: all that Jedis reads comes from the one method
 * that is replaced here. It connects once and never again, and sends nothing by itself.
 *
 * <p>For one thread at a time, except for {@link #closeSocket}, and for {@link #send} while another
 * thread reads.
 */
final class SocketConnection extends Connection {

  private static final Logger logger = LoggerFactory.getLogger(SocketConnection.class);

  private static final int MAX_LAST_WORDS = 1024;
  private static final int LAST_WORDS_MILLIS = 50;

  private final SocketFactory factory;
  private final ReplyReader reader;
  private final int silenceMillis;

  /** Whether messages come without being asked for. */
  private boolean isSubscribed;

  /** The connection as the server knows it. Written before the connection is handed out. */
  private LostConnections.@Nullable Client client;

  private SocketConnection(SocketFactory factory, Quiet config, long maxReplyBytes) {
    super(factory, config); // connects
    this.factory = factory;
    this.silenceMillis = config.silenceMillis();
    this.reader =
        new ReplyReader(requireNonNull(factory.incoming, "Jedis connects"), maxReplyBytes);
  }

  /**
   * Connects, without a greeting.
   *
   * @param answerMillis how long an answer may take
   * @param silence how long the server may be silent to a subscriber
   * @throws JedisConnectionException if the server cannot be reached
   */
  static SocketConnection open(
      Settings.Connection settings, int answerMillis, Duration silence, long maxReplyBytes) {
    return new SocketConnection(
        new SocketFactory(settings, answerMillis),
        new Quiet(answerMillis, millis(silence)),
        maxReplyBytes);
  }

  static int millis(Duration duration) {
    return Math.toIntExact(Math.min(duration.toMillis(), Integer.MAX_VALUE));
  }

  /** The connection as the server knows it; {@code null} if the server has not told it. */
  LostConnections.@Nullable Client client() {
    return client;
  }

  void setClient(LostConnections.@Nullable Client known) {
    client = known;
  }

  Socket socket() {
    return requireNonNull(factory.socket, "socket");
  }

  /** The socket without TLS. */
  SteadySocket wire() {
    return requireNonNull(factory.wire, "wire");
  }

  /** Writes a command at once. The thread that reads the connection gets the reply. */
  void send(CommandArguments command) {
    super.sendCommand(command); // another thread reads
    flush();
  }

  /** Begins with a request: all its replies share one bound. */
  @Override
  public void sendCommand(CommandArguments command) {
    super.sendCommand(command);
    wire().begin();
  }

  @Override
  public void setSoTimeout(int millis) {
    super.setSoTimeout(millis);
    wire().expect(millis);
  }

  @Override
  public void setTimeoutInfinite() {
    super.setTimeoutInfinite();
    wire().expect(silenceMillis);
    isSubscribed = true;
  }

  /** Writes the commands that were sent. Overridden so that this package may call it. */
  @Override
  protected void flush() {
    super.flush();
  }

  @Override
  protected @Nullable Object readProtocolWithCheckingBroken() {
    if (isBroken()) {
      throw new JedisConnectionException("The connection has failed before");
    }
    if (isSubscribed) {
      wire().begin();
    }
    Object reply;
    try {
      reply = reader.read();
    } catch (JedisConnectionException e) {
      setBroken();
      throw e;
    }
    if (reply instanceof JedisDataException error) {
      throw error;
    }
    return reply;
  }

  /** An unread error that the server sent before it closed the connection; or nothing. */
  @Nullable String lastWords() {
    return factory.lastWords();
  }

  /**
   * Closes the socket. Any thread may do so; it wakes the thread that reads or writes, and never
   * waits.
   */
  void closeSocket() {
    factory.closeSocket();
  }

  /** Makes the socket of a connection, and keeps it. */
  private static final class SocketFactory extends DefaultJedisSocketFactory {

    private final Settings.Connection settings;
    private final int answerMillis;

    /**
     * The socket that is closed to end the connection, and the one that is written: the same
     * without TLS.
     */
    private volatile @Nullable SteadySocket wire;

    private volatile @Nullable Socket socket;
    private volatile @Nullable InputStream incoming;

    private SocketFactory(Settings.Connection settings, int answerMillis) {
      super(new HostAndPort(settings.host(), settings.port()));
      this.settings = settings;
      this.answerMillis = answerMillis;
    }

    @Override
    public Socket createSocket() {
      boolean ready = false;
      try {
        SteadySocket connected = connect();
        wire = connected;
        connected.expect(millis(settings.connectTimeout()));
        Socket spoken = settings.tls() ? overTls(connected) : connected;
        spoken.setSoTimeout(answerMillis);
        connected.expect(answerMillis);
        incoming = spoken.getInputStream();
        socket = spoken;
        ready = true;
        return spoken;
      } catch (IOException e) {
        throw new JedisConnectionException("Cannot connect", e);
      } finally {
        if (!ready) {
          closeSocket();
        }
      }
    }

    /** Connects to one of the host's addresses, whichever is there. */
    private SteadySocket connect() throws IOException {
      List<InetAddress> addresses =
          new ArrayList<>(Arrays.asList(InetAddress.getAllByName(settings.host())));
      Collections.shuffle(addresses);
      IOException failure = null;
      for (InetAddress address : addresses) {
        SteadySocket connecting = new SteadySocket();
        try {
          connecting.setKeepAlive(true);
          connecting.setTcpNoDelay(true);
          connecting.setSoLinger(true, 0); // closing never waits
          connecting.connect(
              new InetSocketAddress(address, settings.port()), millis(settings.connectTimeout()));
          return connecting;
        } catch (IOException e) {
          connecting.close();
          failure = e;
        }
      }
      throw requireNonNull(failure, "a host has an address");
    }

    private Socket overTls(Socket connected) throws IOException {
      SSLContext context = requireNonNull(settings.security().tls(), "tls").get();
      SSLSocket spoken =
          (SSLSocket)
              context
                  .getSocketFactory()
                  .createSocket(connected, settings.host(), settings.port(), /* autoClose= */ true);
      Settings.Tls tls = settings.tlsSettings();
      SSLParameters parameters = spoken.getSSLParameters();
      parameters.setProtocols(
          tls.minVersion().equals("TLSv1.3")
              ? new String[] {"TLSv1.3"}
              : new String[] {"TLSv1.3", "TLSv1.2"});
      if (!tls.ciphers().isEmpty()) {
        parameters.setCipherSuites(tls.ciphers().toArray(String[]::new));
      }
      if (tls.verifyHostName()) {
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
      }
      spoken.setSSLParameters(parameters);
      int patience = millis(settings.connectTimeout());
      spoken.setSoTimeout(patience);
      try {
        spoken.startHandshake();
      } catch (SocketTimeoutException e) {
        throw new SSLException("the server did not answer within " + patience + " ms", e);
      }
      return spoken;
    }

    private @Nullable String lastWords() {
      Socket left = wire;
      if (left == null || settings.tls()) {
        return null;
      }
      try {
        left.setSoTimeout(LAST_WORDS_MILLIS);
        InputStream in = left.getInputStream();
        byte[] words = new byte[MAX_LAST_WORDS];
        int length = in.read(words);
        String text = length <= 0 ? "" : new String(words, 0, length, StandardCharsets.UTF_8);
        return text.startsWith("-") ? text.substring(1).lines().findFirst().orElse(null) : null;
      } catch (IOException nothingIsLeft) {
        return null;
      }
    }

    private void closeSocket() {
      Socket made = wire;
      if (made != null) {
        try {
          made.close();
        } catch (IOException goneAnyway) {
          logger.debug("Closing a connection failed", goneAnyway);
        }
      }
    }
  }

  /**
   * Has Jedis send nothing by itself when it connects. That also means RESP2, which every server
   * and proxy understands without being asked; nothing here needs RESP3. Jedis 8 sends HELLO unless
   * it is told not to, by a method that older versions of Jedis do not call.
   */
  private record Quiet(int socketMillis, int silenceMillis) implements JedisClientConfig {

    @Override
    public boolean isAutoNegotiateProtocol() {
      return false;
    }

    @Override
    public ClientSetInfoConfig getClientSetInfoConfig() {
      return ClientSetInfoConfig.DISABLED;
    }

    @Override
    public int getSocketTimeoutMillis() {
      return socketMillis;
    }

    @Override
    public int getBlockingSocketTimeoutMillis() {
      return silenceMillis;
    }
  }
}
