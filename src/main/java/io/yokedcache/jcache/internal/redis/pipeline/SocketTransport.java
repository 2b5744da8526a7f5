package io.yokedcache.jcache.internal.redis.pipeline;

import io.yokedcache.jcache.internal.concurrent.SteadySocket;
import io.yokedcache.jcache.internal.concurrent.SteadySocket.TooSlowException;
import io.yokedcache.jcache.internal.redis.Endpoint;
import io.yokedcache.jcache.internal.redis.JedisConnections;
import io.yokedcache.jcache.internal.redis.ReplyReader;
import io.yokedcache.jcache.internal.redis.fence.LostConnections;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.exceptions.JedisConnectionException;

/**
 * A {@link Transport} over a socket. Jedis connects and sends the greeting; but its {@code
 * Connection} is for one thread: its reads flush, and its failed writes read.
 *
 * <p>The buffer for requests belongs to the thread that writes, the reader of replies and the
 * socket's time-out to the thread that reads; {@link PipelinedConnection} sees to it that there is
 * one of each.
 */
final class SocketTransport extends RequestBuffer implements Transport {

  private static final Logger logger = LoggerFactory.getLogger(SocketTransport.class);
  private static final int LAST_LOOK_MILLIS = 1;

  private final Socket socket;
  private final SteadySocket wire;
  private final LostConnections.@Nullable Client client;
  private final ReplyReader in;
  private int timeoutMillis;
  private LongSupplier beforeWaiting = () -> TimeUnit.MINUTES.toNanos(1);
  private LongSupplier whenLate = () -> 0;
  private Runnable afterWaiting = () -> {};

  /** Uses a connection that is open and greeted. */
  SocketTransport(JedisConnections.Greeted connection, long maxValueBytes) throws IOException {
    super(connection.socket().getOutputStream());
    this.socket = connection.socket();
    this.wire = connection.wire();
    this.client = connection.client();
    this.timeoutMillis = socket.getSoTimeout();
    this.in =
        new ReplyReader(new Watched(socket.getInputStream()), ReplyReader.limit(maxValueBytes, 1));
  }

  /**
   * Connects.
   *
   * @throws redis.clients.jedis.exceptions.JedisException if the server is not there, or refuses
   */
  static SocketTransport open(Endpoint server) {
    JedisConnections.Greeted greeted = JedisConnections.openSocket(server);
    try {
      return new SocketTransport(greeted, server.maxValueBytes());
    } catch (IOException e) {
      throw new JedisConnectionException("Cannot use the connection", e);
    }
  }

  @Override
  public LostConnections.@Nullable Client client() {
    return client;
  }

  @Override
  public void onWaiting(LongSupplier before, LongSupplier late, Runnable after) {
    beforeWaiting = before;
    whenLate = late;
    afterWaiting = after;
  }

  @Override
  public @Nullable Object read() {
    return in.read();
  }

  @Override
  public void answered() {
    wire.begin();
  }

  @Override
  public boolean hasBuffered() {
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

  /** Sees when the buffer above it is empty. */
  private final class Watched extends FilterInputStream {

    Watched(InputStream source) {
      super(source);
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      int count = readWithin(beforeWaiting.getAsLong(), target, offset, length);
      afterWaiting.run();
      return count;
    }

    private int readWithin(long nanos, byte[] target, int offset, int length) throws IOException {
      long waitNanos = nanos;
      while (waitNanos > 0) {
        setTimeout(TimeUnit.NANOSECONDS.toMillis(waitNanos + 999_999));
        try {
          return in.read(target, offset, length);
        } catch (TooSlowException drips) {
          throw drips;
        } catch (SocketTimeoutException late) {
          waitNanos = whenLate.getAsLong();
        }
      }
      return lookAgain(target, offset, length);
    }

    /**
     * The JVM may have been stopped between the last look at the socket and the look at the clock,
     * and the reply have come in between.
     */
    private int lookAgain(byte[] target, int offset, int length) throws IOException {
      setTimeout(LAST_LOOK_MILLIS);
      return in.read(target, offset, length);
    }

    private void setTimeout(long millis) throws IOException {
      if (millis != timeoutMillis) {
        timeoutMillis = (int) Math.min(millis, Integer.MAX_VALUE);
        socket.setSoTimeout(timeoutMillis);
      }
    }
  }
}
