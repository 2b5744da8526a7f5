package io.yokedcache.jcache.internal.store;

import io.yokedcache.jcache.configuration.ConnectionSettings;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Connection;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.util.RedisInputStream;
import redis.clients.jedis.util.RedisOutputStream;

/**
 * A connection on which one thread may write while another one reads. Jedis makes it and says who
 * we are, and Jedis' protocol is spoken over it; but its {@link Connection} is for one thread: its
 * reads flush, and its failed writes read.
 *
 * <p>Writing and reading are each for one thread at a time; {@link #close} is for any, and wakes
 * both.
 */
final class LaneConnection implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(LaneConnection.class);
  private static final int BUFFER_BYTES = 32 << 10;

  private final Socket socket;
  private final RedisOutputStream out;
  private final Input in;
  private Runnable beforeWaiting = () -> {};
  private Runnable afterWaiting = () -> {};

  /** Uses a connection that is open and greeted. */
  LaneConnection(Socket socket) throws IOException {
    this.socket = socket;
    this.out = new RedisOutputStream(socket.getOutputStream(), BUFFER_BYTES);
    this.in = new Input(new Watched(socket.getInputStream()));
  }

  /**
   * Connects.
   *
   * @throws redis.clients.jedis.exceptions.JedisException if the server is not there, or refuses
   */
  static LaneConnection open(ConnectionSettings settings) {
    Connections.SocketKeeper keeper = Connections.socketKeeper(settings);
    // Not closed: the connection's end is that of its socket, and until then it only takes memory.
    @SuppressWarnings("unused")
    Connection greeted = Connections.over(keeper, settings);
    try {
      return new LaneConnection(keeper.socket());
    } catch (IOException e) {
      throw new JedisConnectionException("Cannot use the connection", e);
    }
  }

  /**
   * Sets what is called around each time that reading has to wait for the server, by the thread
   * that reads. To be called before that.
   */
  void onWaiting(Runnable before, Runnable after) {
    beforeWaiting = before;
    afterWaiting = after;
  }

  /** Writes commands into the buffer, and the buffer to the server when it is full. */
  void send(List<CommandArguments> commands) {
    for (CommandArguments command : commands) {
      Protocol.sendCommand(out, command);
    }
  }

  /** Writes what is in the buffer to the server. */
  void flush() throws IOException {
    out.flush();
  }

  /**
   * Waits for the next reply.
   *
   * @return the raw reply; a {@link JedisDataException} if it is an error
   * @throws JedisConnectionException if there is none within the command time-out
   */
  @SuppressWarnings("deprecation") // its successor in Jedis 8 takes a type that older ones lack
  @Nullable Object read() {
    try {
      return Protocol.read(in);
    } catch (JedisDataException errorReply) {
      return errorReply;
    }
  }

  /** Whether something has come that was not read yet, be it a part of a reply. */
  boolean hasBuffered() {
    return in.buffered() > 0;
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException goneAnyway) {
      logger.debug("Closing {} failed", socket, goneAnyway);
    }
  }

  /** Knows how much of what has come was not read yet. */
  private static final class Input extends RedisInputStream {

    Input(InputStream source) {
      super(source, BUFFER_BYTES);
    }

    int buffered() {
      return limit - count;
    }
  }

  /** Sees when the buffer above it is empty. */
  private final class Watched extends FilterInputStream {

    Watched(InputStream source) {
      super(source);
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      beforeWaiting.run();
      int count = in.read(target, offset, length);
      afterWaiting.run();
      return count;
    }
  }
}
