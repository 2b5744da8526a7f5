package io.yokedcache.jcache.internal.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * A connection that subscribes to channels, in RESP2. One thread reads it; other threads may write,
 * one at a time.
 *
 * <p>The class of Jedis keeps an object for every ping for as long as the connection lives, and
 * ends at the first error reply. Here an error reply belongs to one command, because Redis answers
 * in the order of the commands: a refused channel, or a refused ping, says nothing about the
 * others.
 */
public final class Subscription implements AutoCloseable {

  private final SocketConnection connection;

  /** The commands that are not answered yet, in order: a channel, or none for a ping. */
  private final Queue<Sent> sent = new ConcurrentLinkedQueue<>();

  private record Sent(@Nullable Bytes channel) {}

  /** Receives the messages, in the thread that reads; an exception ends the reading. */
  interface Hearer {

    /** A channel is subscribed from now on. */
    void subscribed(byte[] channel);

    /** The server refuses a channel. */
    void refused(byte[] channel, JedisDataException error);

    /**
     * A ping was answered, after all messages that the server sent before.
     *
     * @param error the reply of a server that does not allow to ping, else {@code null}
     */
    void answered(@Nullable JedisDataException error);

    /**
     * A message has come.
     *
     * @param payload its content, or {@code null} for the one that all keys were changed, and for
     *     one that was too long to be read
     */
    void message(byte[] channel, byte @Nullable [] payload);
  }

  Subscription(SocketConnection connection) {
    this.connection = connection;
  }

  /** Sends a command and reads its reply; only before the first channel is subscribed. */
  public @Nullable Object ask(CommandArguments command) {
    return connection.executeCommand(command);
  }

  public void subscribe(byte[] channel) {
    sent.add(new Sent(Bytes.of(channel)));
    connection.send(new CommandArguments(Command.SUBSCRIBE).add(channel));
  }

  public void unsubscribe(byte[] channel) {
    sent.add(new Sent(Bytes.of(channel)));
    connection.send(new CommandArguments(Command.UNSUBSCRIBE).add(channel));
  }

  public void ping() {
    sent.add(new Sent(null));
    connection.send(new CommandArguments(Command.PING));
  }

  /**
   * Reads until the connection ends, which it also does after a silence.
   *
   * @throws JedisConnectionException when it has ended
   */
  void read(Hearer hearer) {
    connection.setTimeoutInfinite(); // that is, the silence that the connection was made for
    while (true) {
      try {
        hear(connection.getUnflushedObject(), hearer);
      } catch (JedisDataException error) {
        hear(error, hearer);
      }
    }
  }

  private void hear(JedisDataException error, Hearer hearer) {
    Sent first = sent.poll();
    if (first == null) {
      throw error; // no command is open: the server says why it closes the connection
    }
    if (first.channel == null) {
      hearer.answered(error);
    } else {
      hearer.refused(first.channel.array(), error);
    }
  }

  private void hear(@Nullable Object reply, Hearer hearer) {
    if (!(reply instanceof List<?> parts)
        || parts.size() < 2
        || !(parts.get(0) instanceof byte[] kind)) {
      throw unknown(reply);
    }
    switch (new String(kind, US_ASCII)) {
      case "message" -> message(parts, hearer);
      case "pong" -> {
        sent.poll();
        hearer.answered(null);
      }
      case "subscribe" -> {
        sent.poll();
        hearer.subscribed(channel(parts));
      }
      case "unsubscribe" -> sent.poll();
      default -> throw unknown(kind);
    }
  }

  private static void message(List<?> parts, Hearer hearer) {
    byte[] channel = channel(parts);
    Object payload = parts.get(2);
    if (payload instanceof List<?> keys) { // of CLIENT TRACKING
      keys.forEach(key -> hearer.message(channel, known(key)));
    } else {
      hearer.message(channel, known(payload));
    }
  }

  /** The content, or {@code null} if it was too long to be read and may have been anything. */
  private static byte @Nullable [] known(@Nullable Object payload) {
    return Bytes.isTooLong(payload) ? null : (byte[]) payload;
  }

  private static byte[] channel(List<?> parts) {
    if (parts.get(1) instanceof byte[] channel) {
      return channel;
    }
    throw unknown(parts);
  }

  private static JedisConnectionException unknown(@Nullable Object reply) {
    return new JedisConnectionException("Redis sent something else than a message: " + reply);
  }

  /** Ends the connection; any thread may do so, and the reader ends. */
  void disconnect() {
    connection.closeSocket();
  }

  @Override
  public void close() {
    connection.close();
  }
}
