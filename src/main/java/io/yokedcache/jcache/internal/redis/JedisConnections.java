package io.yokedcache.jcache.internal.redis;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.internal.concurrent.SteadySocket;
import io.yokedcache.jcache.internal.redis.error.ErrorReply;
import io.yokedcache.jcache.internal.redis.fence.LostConnections;
import io.yokedcache.jcache.internal.settings.Settings;
import io.yokedcache.jcache.spi.CredentialsProvider;
import io.yokedcache.jcache.spi.CredentialsProvider.Credentials;
import java.io.EOFException;
import java.io.Serial;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Connection;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Opens connections: connects, authenticates and greets the server, and tells why it hangs up.
 * Jedis would read over errors with the reason, so it does none of that.
 *
 * <p>The application's dependency management chooses Jedis: Spring Boot 3.5 brings 6.0, Spring Boot
 * 4 brings 7.4. Everything of Jedis that this package uses is in all versions from 6.0 to 8;
 * ClientLibrariesIT checks that.
 */
public final class JedisConnections {

  private static final Logger logger = LoggerFactory.getLogger(JedisConnections.class);

  private static final String LIBRARY = "yokedcache-jcache";
  private static final int MAX_SELDOM_REPLY_BYTES = 1 << 20;

  /** How often a server that hangs up is greeted. Nothing else was sent, so it does no harm. */
  private static final int MAX_GREETINGS = 3;

  private JedisConnections() {}

  /**
   * The bounds of a connection.
   *
   * @param answerMillis how long each answer to the greeting may take
   * @param silence how long the server may be silent to a subscriber
   * @param maxReplyBytes the longest value that is read
   */
  private record Bounds(int answerMillis, Duration silence, long maxReplyBytes) {

    static Bounds of(int answerMillis, long maxValueBytes) {
      return new Bounds(answerMillis, Duration.ZERO, ReplyReader.limit(maxValueBytes, 1));
    }
  }

  /**
   * A connection for operations.
   *
   * @param greetingMillis how long each answer to its greeting may take
   */
  static SocketConnection open(Endpoint server, int greetingMillis) {
    return open(server, Bounds.of(greetingMillis, server.maxValueBytes()));
  }

  /**
   * A connection for subscriptions.
   *
   * @param silence how long the server may be silent before the connection counts as dead
   * @param patience how long it may take to connect, and each answer to the greeting; at most the
   *     time-outs of the server's settings
   */
  static SocketConnection openForSubscription(
      Endpoint server, Duration silence, Duration patience) {
    return server
        .lookup()
        .connect(
            full -> {
              Settings.Connection settings = full.within(patience);
              int answerMillis = SocketConnection.millis(settings.commandTimeout());
              Bounds bounds = new Bounds(answerMillis, silence, server.maxMessageBytes());
              return connect(server.lookup(), settings, bounds);
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
  public static Greeted openSocket(Endpoint server) {
    SocketConnection connection = open(server, commandBounds(server.settings()));
    return new Greeted(connection.socket(), connection.wire(), connection.client());
  }

  /** For connections over which no value of the application is read by Jedis. */
  private static Bounds commandBounds(Settings.Connection settings) {
    return Bounds.of(SocketConnection.millis(settings.commandTimeout()), /* maxValueBytes= */ 0);
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
    try (Connection connection = open(server, SocketConnection.millis(settings.commandTimeout()))) {
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
    try (Connection connection =
        open(server, SocketConnection.millis(server.settings().commandTimeout()))) {
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

  private static SocketConnection open(Endpoint server, Bounds bounds) {
    SocketConnection connection =
        server.lookup().connect(settings -> connect(server.lookup(), settings, bounds));
    if (server.lookup().isReplica()) {
      allowReads(connection);
    }
    return connection;
  }

  /** Tells a replica in a cluster that it may answer; other servers do not know the command. */
  private static void allowReads(SocketConnection replica) {
    boolean answered = false;
    try {
      replica.sendCommand(new CommandArguments(Command.READONLY));
      Object unused = replica.getOne();
      answered = true;
    } catch (JedisDataException noNode) {
      answered = true;
    } finally {
      if (!answered) {
        replica.closeSocket();
      }
    }
  }

  private static SocketConnection connect(
      ServerLookup lookup, Settings.Connection settings, Bounds bounds) {
    long startNanos = System.nanoTime();
    for (int attempts = 1; ; attempts++) {
      try {
        return authenticated(
            settings, credentials -> greeted(lookup, settings, credentials, bounds));
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
    SocketConnection connection =
        server
            .lookup()
            .connect(
                settings ->
                    greeted(server.lookup(), settings, credentials, commandBounds(settings)));
    connection.close();
  }

  /** The server refuses user and password. */
  private static final class RefusedCredentialsException extends JedisDataException {

    @Serial private static final long serialVersionUID = 1L;

    RefusedCredentialsException(JedisDataException reply) {
      super(reply.getMessage(), reply);
    }
  }

  private static SocketConnection greeted(
      ServerLookup lookup,
      Settings.Connection settings,
      @Nullable Credentials credentials,
      Bounds bounds) {
    SocketConnection connection =
        SocketConnection.open(
            settings, bounds.answerMillis(), bounds.silence(), bounds.maxReplyBytes());
    boolean welcome = false;
    try {
      greet(connection, lookup, settings, credentials);
      welcome = true;
    } catch (JedisConnectionException e) {
      String lastWords = connection.lastWords();
      String said = ErrorReply.of(lastWords) != null ? lastWords : e.getMessage();
      ErrorReply error = ErrorReply.of(said);
      if (error == null) {
        throw isHangUp(e.getCause()) ? new HungUpException(e) : e;
      }
      JedisDataException reply = new JedisDataException(said, e);
      throw error == ErrorReply.WRONG_PASSWORD ? new RefusedCredentialsException(reply) : reply;
    } finally {
      if (!welcome) {
        connection.closeSocket();
      }
    }
    return connection;
  }

  private static boolean isHangUp(@Nullable Throwable cause) {
    return cause instanceof SocketException || cause instanceof EOFException;
  }

  /**
   * A command of the greeting.
   *
   * @param isNeeded whether a connection is of no use to us if the server refuses the command
   * @param taker gets the reply, or the error of a command that is not needed
   */
  private record Step(
      CommandArguments command, boolean isNeeded, Consumer<@Nullable Object> taker) {

    static Step needed(CommandArguments command) {
      return new Step(command, /* isNeeded= */ true, reply -> {});
    }

    static Step optional(CommandArguments command) {
      return new Step(command, /* isNeeded= */ false, reply -> {});
    }
  }

  /** Sends the greeting at once, since the server answers in order, and reads the replies. */
  private static void greet(
      SocketConnection connection,
      ServerLookup lookup,
      Settings.Connection settings,
      @Nullable Credentials credentials) {
    List<Step> greeting = greeting(connection, settings, credentials);
    CommandArguments question = lookup.question();
    if (question != null) {
      greeting.add(Step.optional(question));
    }
    greeting.forEach(step -> connection.sendCommand(step.command()));
    Object answer = null;
    for (Step step : greeting) {
      answer = reply(connection, step);
      step.taker().accept(answer);
    }
    lookup.check(question == null ? null : answer); // the last one
  }

  /**
   * The greeting without the question of the lookup: password, database, names, the question how
   * the server knows the connection, and where sentinels name the server the one for its role.
   */
  private static List<Step> greeting(
      SocketConnection connection,
      Settings.Connection settings,
      @Nullable Credentials credentials) {
    List<Step> greeting = new ArrayList<>();
    if (credentials != null) {
      CommandArguments auth = new CommandArguments(Command.AUTH);
      String user = credentials.user() == null ? settings.user() : credentials.user();
      if (user != null) {
        auth.add(user);
      }
      greeting.add(Step.needed(auth.add(credentials.password())));
    }
    if (settings.database() > 0) {
      greeting.add(Step.needed(new CommandArguments(Command.SELECT).add(settings.database())));
    }
    greeting.add(Step.optional(client().add("SETNAME").add(settings.clientName())));
    greeting.add(Step.optional(client().add("SETINFO").add("LIB-NAME").add(LIBRARY)));
    greeting.add(
        new Step(
            client().add("INFO"),
            /* isNeeded= */ false,
            reply -> connection.setClient(LostConnections.Client.of(reply))));
    if (settings.deployment().kind() == Settings.Deployment.Kind.SENTINEL) {
      // Other than ROLE, it is not among the commands that administrators tend to forbid.
      greeting.add(
          new Step(
              new CommandArguments(Command.HELLO).add("2"),
              /* isNeeded= */ false,
              reply -> checkMaster(reply, settings)));
    }
    return greeting;
  }

  private static CommandArguments client() {
    return new CommandArguments(Command.CLIENT);
  }

  /**
   * Reads the reply to a step of the greeting. A server that does not know, or does not allow, a
   * command that is not needed does without it: then the error is the reply.
   */
  private static @Nullable Object reply(SocketConnection connection, Step step) {
    try {
      return connection.getOne();
    } catch (JedisDataException e) {
      if (!step.isNeeded() && !turnsUsAway(e)) {
        return e;
      }
      throw step.command().getCommand() == Command.AUTH && isRefusal(e)
          ? new RefusedCredentialsException(e)
          : e;
    }
  }

  /**
   * A server that tells no role is taken for a master: its READONLY replies tell otherwise.
   *
   * @param hello the reply to HELLO, or the error
   */
  private static void checkMaster(@Nullable Object hello, Settings.Connection settings) {
    String role = ServerLookup.role(hello);
    if (!role.equals(ServerLookup.MASTER)) {
      throw new NoMasterException(
          "the server %s:%s is a %s and no master"
              .formatted(settings.host(), settings.port(), role));
    }
  }

  /** Whether a reply to AUTH is about the credentials, and not one to any client. */
  private static boolean isRefusal(JedisDataException reply) {
    ErrorReply error = ErrorReply.of(reply);
    return error == null || error == ErrorReply.WRONG_PASSWORD;
  }

  private static boolean turnsUsAway(JedisDataException reply) {
    ErrorReply error = ErrorReply.of(reply);
    return error != null && error.endsConnections();
  }
}
