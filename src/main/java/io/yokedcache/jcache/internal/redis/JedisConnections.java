package io.yokedcache.jcache.internal.redis;

import static java.util.Objects.requireNonNull;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.internal.concurrent.SteadySocket;
import io.yokedcache.jcache.internal.redis.error.ErrorReply;
import io.yokedcache.jcache.internal.redis.fence.LostConnections;
import io.yokedcache.jcache.internal.settings.Settings;
import io.yokedcache.jcache.spi.CredentialsProvider;
import io.yokedcache.jcache.spi.CredentialsProvider.Credentials;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serial;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;
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
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * From our settings to Jedis' connections.
 *
 * <p>The application's dependency management chooses Jedis: Spring Boot 3.5 brings 6.0, Spring Boot
 * 4 brings 7.4. Everything of Jedis that this package uses is in all versions from 6.0 to 8;
 * ClientLibrariesIT checks that.
 *
 * <p>Sockets are made and servers are greeted here, and not by Jedis: it reads over errors that
 * tell why a server hangs up, and does not bound a TLS handshake.
 */
public final class JedisConnections {

  private static final Logger logger = LoggerFactory.getLogger(JedisConnections.class);

  private static final String LIBRARY = "yokedcache-jcache";
  private static final int MAX_LAST_WORDS = 1024;
  private static final int LAST_WORDS_MILLIS = 50;
  private static final int MAX_SELDOM_REPLY_BYTES = 1 << 20;

  /** How often a server that hangs up is greeted. Nothing else was sent, so it does no harm. */
  private static final int MAX_GREETINGS = 3;

  private JedisConnections() {}

  /**
   * A connection for operations.
   *
   * @param greetingMillis how long each answer to its greeting may take
   */
  static Connection open(Endpoint server, int greetingMillis) {
    return ready(
        server, connect(server, greetingMillis, ReplyReader.limit(server.maxValueBytes(), 1)));
  }

  /**
   * A connection for subscriptions.
   *
   * @param silence how long the server may be silent before the connection counts as dead
   * @param patience how long it may take to connect, and each answer to the greeting; at most the
   *     time-outs of the server's settings
   */
  static Connection single(Endpoint server, Duration silence, Duration patience) {
    return server
        .lookup()
        .connect(
            full -> {
              Settings.Connection settings = full.within(patience);
              int greetingMillis = millis(settings.commandTimeout());
              return connect(
                  server.lookup(), settings, greetingMillis, silence, server.maxMessageBytes());
            });
  }

  /**
   * A connection after the greeting.
   *
   * @param socket the socket to be read and written
   * @param wire the same without TLS; it bounds the reads of a reply
   * @param client the connection as the server knows it; {@code null} if the server has not told
   */
  public record Greeted(
      Socket socket, SteadySocket wire, LostConnections.@Nullable Client client) {}

  /**
   * A socket after the greeting, for code that writes and reads the protocol without Jedis. The
   * caller closes it.
   */
  public static Greeted socket(Endpoint server) {
    int greetingMillis = millis(server.settings().commandTimeout());
    KeptConnection connection =
        ready(server, connect(server, greetingMillis, ReplyReader.limit(0, 1)));
    return new Greeted(connection.keeper.socket(), connection.keeper.wire(), connection.client);
  }

  /**
   * A connection that was made here as the server knows it; {@code null} if the server has not told
   * it.
   */
  static LostConnections.@Nullable Client client(Connection connection) {
    return ((KeptConnection) connection).client;
  }

  /**
   * Sends commands over a connection that is closed after their replies; for servers that are asked
   * seldom.
   *
   * @return the replies in order, with a {@code JedisDataException} in place of an error
   * @throws JedisConnectionException if there was no connection or not every reply came
   */
  @SuppressWarnings("NullAway") // Jedis is not annotated: a reply may be null
  public static List<@Nullable Object> ask(
      Settings.Connection settings, List<CommandArguments> commands) {
    Endpoint server = new Endpoint(settings, MAX_SELDOM_REPLY_BYTES);
    try (Connection connection = open(server, millis(settings.commandTimeout()))) {
      for (CommandArguments command : commands) {
        connection.sendCommand(command);
      }
      return new ArrayList<>(connection.getMany(commands.size()));
    }
  }

  /**
   * Whether a server answers a {@code PING} over a new connection, which is closed again. A server
   * that refuses this user is there: operations tell the reason.
   *
   * @throws JedisConnectionException if there was no connection or no answer
   */
  static boolean serves(Endpoint server) {
    try (Connection connection = open(server, millis(server.settings().commandTimeout()))) {
      connection.sendCommand(Command.PING);
      Object unused = connection.getOne();
      return true;
    } catch (JedisDataException e) {
      ErrorReply error = ErrorReply.of(e);
      return error == null || !error.isOfAll();
    } catch (NoMasterException e) {
      return e.kind() != RedisUnavailableException.Kind.UNREACHABLE;
    }
  }

  /** Tells a replica in a cluster that it may answer; other servers do not know the command. */
  private static KeptConnection ready(Endpoint server, KeptConnection connection) {
    if (!server.lookup().isReplica()) {
      return connection;
    }
    boolean answered = false;
    try {
      connection.sendCommand(new CommandArguments(Command.READONLY));
      Object unused = connection.getOne();
      answered = true;
    } catch (JedisDataException noNode) {
      answered = true;
    } finally {
      if (!answered) {
        connection.keeper.closeSocket();
      }
    }
    return connection;
  }

  private static KeptConnection connect(Endpoint server, int greetingMillis, long maxReplyBytes) {
    return server
        .lookup()
        .connect(
            settings ->
                connect(server.lookup(), settings, greetingMillis, Duration.ZERO, maxReplyBytes));
  }

  private static KeptConnection connect(
      ServerLookup lookup,
      Settings.Connection settings,
      int greetingMillis,
      Duration silence,
      long maxReplyBytes) {
    long startNanos = System.nanoTime();
    for (int attempts = 1; ; attempts++) {
      try {
        return authenticated(
            settings,
            credentials ->
                greeted(
                    new SocketKeeper(settings, greetingMillis),
                    lookup,
                    settings,
                    credentials,
                    silence,
                    maxReplyBytes));
      } catch (HungUpException e) {
        boolean late = System.nanoTime() - startNanos >= settings.connectTimeout().toNanos();
        if (attempts == MAX_GREETINGS || late) {
          throw e;
        }
        logger.debug("{} hung up during the greeting, it is greeted again", settings.address(), e);
      }
    }
  }

  /**
   * The server, or something in front of it, accepted the connection and closed it without a reason
   * before the greeting was over. It may have restarted, or closed all connections at this moment.
   */
  private static final class HungUpException extends JedisConnectionException {

    @Serial private static final long serialVersionUID = 1L;

    HungUpException(JedisConnectionException cause) {
      super(cause);
    }
  }

  /**
   * Makes a connection with the present credentials. If the server refuses them, their provider is
   * asked for others, with which it is tried once more.
   */
  private static <T> T authenticated(
      Settings.Connection settings, Function<@Nullable Credentials, T> attempt) {
    CredentialsProvider provider = settings.security().servers();
    if (provider == null) {
      String password = settings.password();
      return attempt.apply(password == null ? null : new Credentials(settings.user(), password));
    }
    Credentials first = provider.credentials();
    try {
      return attempt.apply(first);
    } catch (RefusedCredentialsException e) {
      Credentials second = provider.renew(first);
      if (second.equals(first)) {
        throw e;
      }
      return attempt.apply(second);
    }
  }

  /**
   * Makes a connection with these credentials and closes it.
   *
   * @throws JedisDataException if the server refuses them
   * @throws JedisConnectionException if it cannot be reached
   */
  public static void tryOut(Endpoint server, Credentials credentials) {
    KeptConnection connection =
        server
            .lookup()
            .connect(
                settings ->
                    greeted(
                        new SocketKeeper(settings, millis(settings.commandTimeout())),
                        server.lookup(),
                        settings,
                        credentials,
                        Duration.ZERO,
                        ReplyReader.limit(0, 1)));
    connection.close();
  }

  /** The server refuses user and password. */
  private static final class RefusedCredentialsException extends JedisDataException {

    @Serial private static final long serialVersionUID = 1L;

    RefusedCredentialsException(JedisDataException reply) {
      super(reply.getMessage(), reply);
    }
  }

  private static KeptConnection greeted(
      SocketKeeper keeper,
      ServerLookup lookup,
      Settings.Connection settings,
      @Nullable Credentials credentials,
      Duration silence,
      long maxReplyBytes) {
    KeptConnection connection =
        new KeptConnection(keeper, new Quiet(keeper.millis, millis(silence)), maxReplyBytes);
    boolean welcome = false;
    try {
      greet(connection, lookup, settings, credentials);
      welcome = true;
    } catch (JedisConnectionException e) {
      String lastWords = keeper.lastWords();
      String said = ErrorReply.of(lastWords) != null ? lastWords : e.getMessage();
      ErrorReply error = ErrorReply.of(said);
      if (error == null) {
        throw keeper.isConnected() && isHangUp(e.getCause()) ? new HungUpException(e) : e;
      }
      JedisDataException reply = new JedisDataException(said, e);
      throw error == ErrorReply.WRONG_PASSWORD ? new RefusedCredentialsException(reply) : reply;
    } finally {
      if (!welcome) {
        keeper.closeSocket();
      }
    }
    return connection;
  }

  private static boolean isHangUp(@Nullable Throwable cause) {
    return cause instanceof SocketException || cause instanceof EOFException;
  }

  /**
   * Sends the greeting: password, database, names, the question how the server knows the
   * connection, the question for the role where sentinels name the server, and the question of the
   * lookup. It is sent at once, since the server answers in order.
   */
  private static void greet(
      KeptConnection connection,
      ServerLookup lookup,
      Settings.Connection settings,
      @Nullable Credentials credentials) {
    List<CommandArguments> greeting = new ArrayList<>();
    if (credentials != null) {
      CommandArguments auth = new CommandArguments(Command.AUTH);
      String user = credentials.user() == null ? settings.user() : credentials.user();
      if (user != null) {
        auth.add(user);
      }
      greeting.add(auth.add(credentials.password()));
    }
    if (settings.database() > 0) {
      greeting.add(new CommandArguments(Command.SELECT).add(settings.database()));
    }
    int needed = greeting.size();
    greeting.add(new CommandArguments(Command.CLIENT).add("SETNAME").add(settings.clientName()));
    greeting.add(new CommandArguments(Command.CLIENT).add("SETINFO").add("LIB-NAME").add(LIBRARY));
    int info = greeting.size();
    greeting.add(new CommandArguments(Command.CLIENT).add("INFO"));
    boolean asksForRole = settings.deployment().kind() == Settings.Deployment.Kind.SENTINEL;
    if (asksForRole) {
      // Other than ROLE, it is not among the commands that administrators tend to forbid.
      greeting.add(new CommandArguments(Command.HELLO).add("2"));
    }
    CommandArguments question = lookup.question();
    if (question != null) {
      greeting.add(question);
    }
    Object answer = null;
    for (CommandArguments command : greeting) {
      connection.sendCommand(command);
    }
    for (int i = 0; i < greeting.size(); i++) {
      try {
        Object reply = connection.getOne();
        answer = reply;
        if (i == info) {
          connection.client = LostConnections.Client.of(reply);
        } else if (asksForRole && i == info + 1) {
          checkMaster(reply, settings);
        }
      } catch (JedisDataException e) {
        if (i < needed || turnsUsAway(e)) {
          throw i == 0 && credentials != null && isRefusal(e)
              ? new RefusedCredentialsException(e)
              : e;
        }
        // A server that does not know, or does not allow, such a command does without it.
        answer = e;
      }
    }
    lookup.check(question == null ? null : answer); // to the last one
  }

  /** A server that tells no role is taken for a master: its READONLY replies tell otherwise. */
  private static void checkMaster(@Nullable Object hello, Settings.Connection settings) {
    String role = ServerLookup.role(hello);
    if (!role.equals(ServerLookup.MASTER)) {
      throw new NoMasterException(
          "the server %s:%s is a %s and no master"
              .formatted(settings.host(), settings.port(), role));
    }
  }

  /** Whether the first reply answers AUTH, and is not one to any client. */
  private static boolean isRefusal(JedisDataException reply) {
    ErrorReply error = ErrorReply.of(reply);
    return error == null || error == ErrorReply.WRONG_PASSWORD;
  }

  private static boolean turnsUsAway(JedisDataException reply) {
    ErrorReply error = ErrorReply.of(reply);
    return error != null && error.endsConnections();
  }

  /**
   * Closes the socket of a connection that was made here. Any thread may do so; it wakes the thread
   * that reads or writes, and never waits.
   */
  static void disconnect(Connection connection) throws IOException {
    Socket wire = ((KeptConnection) connection).keeper.wire;
    if (wire != null) {
      wire.close();
    }
  }

  /**
   * Writes a command at once on a connection that was made here. The thread that reads the
   * connection gets the reply.
   */
  static void send(Connection connection, CommandArguments command) {
    ((KeptConnection) connection).sendNow(command);
  }

  /** Writes the commands that were sent on a connection that was made here. */
  static void flush(Connection connection) {
    ((KeptConnection) connection).flushNow();
  }

  private static int millis(Duration duration) {
    return Math.toIntExact(Math.min(duration.toMillis(), Integer.MAX_VALUE));
  }

  /** Makes a socket and keeps it. */
  private static final class SocketKeeper extends DefaultJedisSocketFactory {

    private final Settings.Connection settings;
    private final int millis;

    /**
     * The socket that is closed to end the connection, and the one that is written: the same
     * without TLS.
     */
    private volatile @Nullable SteadySocket wire;

    private volatile @Nullable Socket socket;

    private SocketKeeper(Settings.Connection settings, int millis) {
      super(new HostAndPort(settings.host(), settings.port()));
      this.settings = settings;
      this.millis = millis;
    }

    @Override
    public Socket createSocket() {
      boolean ready = false;
      try {
        SteadySocket connected = connect();
        wire = connected;
        connected.expect(millis(settings.connectTimeout()));
        Socket spoken = settings.tls() ? overTls(connected) : connected;
        spoken.setSoTimeout(millis);
        connected.expect(millis);
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

    boolean isConnected() {
      return socket != null;
    }

    /** The socket that was made. */
    Socket socket() {
      return requireNonNull(socket, "socket");
    }

    /** The socket that was made, without TLS. */
    SteadySocket wire() {
      return requireNonNull(wire, "wire");
    }

    /** An unread error that the server sent before it closed the connection; or nothing. */
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
          // it is of no use any more, whatever has become of it
        }
      }
    }
  }

  /**
   * A connection that knows its socket, and reads it by {@link ReplyReader}: all that Jedis reads
   * comes from the one method that is replaced here. It connects once and never again.
   */
  private static final class KeptConnection extends Connection {

    private final SocketKeeper keeper;
    private final ReplyReader reader;

    /** The connection as the server knows it. Written before the connection is handed out. */
    private LostConnections.@Nullable Client client;

    /** Whether messages come without being asked for. */
    private boolean isSubscribed;

    private final int silenceMillis;

    KeptConnection(SocketKeeper keeper, Quiet config, long maxReplyBytes) {
      super(keeper, config);
      this.keeper = keeper;
      this.silenceMillis = config.silenceMillis;
      this.reader = new ReplyReader(new Incoming(keeper), maxReplyBytes);
    }

    @Override
    public void setSoTimeout(int millis) {
      super.setSoTimeout(millis);
      keeper.wire().expect(millis);
    }

    @Override
    public void setTimeoutInfinite() {
      super.setTimeoutInfinite();
      keeper.wire().expect(silenceMillis);
      isSubscribed = true;
    }

    /** Begins with a request: all its replies share one bound. */
    @Override
    public void sendCommand(CommandArguments command) {
      super.sendCommand(command);
      keeper.wire().begin();
    }

    @Override
    protected @Nullable Object readProtocolWithCheckingBroken() {
      if (isBroken()) {
        throw new JedisConnectionException("The connection has failed before");
      }
      if (isSubscribed) {
        keeper.wire().begin();
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

    private void sendNow(CommandArguments command) {
      super.sendCommand(command); // another thread reads
      flush();
    }

    private void flushNow() {
      flush();
    }
  }

  /** The bytes from a socket that may not be connected yet. */
  private static final class Incoming extends InputStream {

    private final SocketKeeper keeper;
    private @Nullable InputStream in;

    Incoming(SocketKeeper keeper) {
      this.keeper = keeper;
    }

    private InputStream in() throws IOException {
      InputStream known = in;
      if (known == null) {
        known = keeper.socket().getInputStream();
        in = known;
      }
      return known;
    }

    @Override
    public int read() throws IOException {
      return in().read();
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      return in().read(target, offset, length);
    }
  }

  /**
   * Has Jedis send nothing by itself when it connects. That also means RESP2, which every server
   * and proxy understands without being asked; nothing here needs RESP3. Jedis 8 sends HELLO unless
   * it is told not to, by a method that older versions of Jedis do not call.
   *
   * @param socketMillis how long an answer may take
   * @param silenceMillis how long the server may be silent to a subscriber
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
