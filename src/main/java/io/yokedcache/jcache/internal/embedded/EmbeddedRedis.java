package io.yokedcache.jcache.internal.embedded;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.cache.CacheException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A private Redis server for development and tests, on a free port of 127.0.0.1, empty and without
 * persistence. It ends with {@link #close} or with this JVM, whatever comes first. Safe for use by
 * several threads.
 */
public final class EmbeddedRedis implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(EmbeddedRedis.class);

  /**
   * Tries of other ports: between the choice of a port and its use, another program may take it.
   */
  private static final int PORTS_TRIED = 5;

  private static final int ANSWER_TIMEOUT_MILLIS = 2_000;

  /** Expired events are announced only if the server is told so. */
  private static final List<String> ARGUMENTS = List.of("--notify-keyspace-events", "Ex");

  private final RedisProcess process;

  private EmbeddedRedis(RedisProcess process) {
    this.process = process;
  }

  /**
   * Starts a server and returns when it answers. The program is {@code redis-server} from the
   * {@code PATH}, else the one inside the optional {@code org.signal:embedded-redis}.
   *
   * @return the running server
   * @throws CacheException if no server can be started; the message says what was tried and what to
   *     do
   */
  public static EmbeddedRedis start() {
    return start(RedisBinaries.ofThisMachine());
  }

  static EmbeddedRedis start(RedisBinaries binaries) {
    RedisProcess process = startOnFreePort(binaries);
    try {
      ping(process.port());
    } catch (IOException e) {
      process.close();
      throw new CacheException(
          "The private redis-server on port " + process.port() + " does not answer", e);
    }
    logger.info("Private redis-server on 127.0.0.1:{}, pid {}", process.port(), process.pid());
    return new EmbeddedRedis(process);
  }

  private static RedisProcess startOnFreePort(RedisBinaries binaries) {
    for (int attempt = 1; ; attempt++) {
      try {
        return RedisProcess.start(freePort(), ARGUMENTS, binaries);
      } catch (PortInUseException e) {
        if (attempt == PORTS_TRIED) {
          throw e;
        }
        logger.debug("Trying another port", e);
      }
    }
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, loopback())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new CacheException("No free port on 127.0.0.1 for a private redis-server", e);
    }
  }

  /** Asks the server for a sign of life on a plain socket. */
  private static void ping(int port) throws IOException {
    try (Socket socket = new Socket()) {
      socket.setSoTimeout(ANSWER_TIMEOUT_MILLIS);
      socket.connect(new InetSocketAddress(loopback(), port), ANSWER_TIMEOUT_MILLIS);
      OutputStream out = socket.getOutputStream();
      out.write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      String answer = new String(in.readNBytes("+PONG".length()), StandardCharsets.US_ASCII);
      if (!answer.equals("+PONG")) {
        throw new IOException("PING was answered by " + answer);
      }
    }
  }

  private static InetAddress loopback() throws IOException {
    return InetAddress.getByAddress("127.0.0.1", new byte[] {127, 0, 0, 1});
  }

  /**
   * Where the server listens.
   *
   * @return TCP port of 127.0.0.1
   */
  public int port() {
    return process.port();
  }

  /**
   * The server's process.
   *
   * @return its id
   */
  public long pid() {
    return process.pid();
  }

  /**
   * Whether the server still runs.
   *
   * @return {@code false} once it has ended, by itself or by {@link #close}
   */
  public boolean isAlive() {
    return process.isAlive();
  }

  /** Ends the server within seven seconds. May be called twice. */
  @Override
  public void close() {
    process.close();
  }
}
