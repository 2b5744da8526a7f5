package io.yokedcache.jcache.internal.embedded;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
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

  /**
   * Commands that no cache needs and that would give the server away: configuration, replication,
   * modules, files, shutdown.
   */
  private static final String DENIED =
      "-replicaof -slaveof -sync -psync -failover -migrate -module -debug -acl -shutdown -save"
          + " -bgsave -bgrewriteaof -config +config|get";

  private static final int PASSWORD_BYTES = 24;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final RedisProcess process;
  private final @Nullable String password;

  private EmbeddedRedis(RedisProcess process, @Nullable String password) {
    this.process = process;
    this.password = password;
  }

  /**
   * Starts a server and returns when it answers. The program is {@code redis-server} from the
   * {@code PATH}, else the one inside the optional {@code org.signal:embedded-redis}.
   *
   * @return the running server
   * @throws CacheException if no server can be started; the message has the attempts and the cure
   */
  public static EmbeddedRedis start() {
    return start(RedisBinaries.ofThisMachine());
  }

  /**
   * The same with a random password, without which other users of this machine cannot use it, and
   * without the commands that a client could take it over by.
   *
   * @return the running server
   * @throws CacheException if no server can be started
   */
  static EmbeddedRedis startLocked() {
    byte[] random = new byte[PASSWORD_BYTES];
    RANDOM.nextBytes(random);
    return start(RedisBinaries.ofThisMachine(), HexFormat.of().formatHex(random));
  }

  static EmbeddedRedis start(RedisBinaries binaries) {
    return start(binaries, null);
  }

  private static EmbeddedRedis start(RedisBinaries binaries, @Nullable String password) {
    RedisProcess process = startOnFreePort(binaries, password);
    try {
      ping(process.port(), password);
    } catch (IOException e) {
      process.close();
      throw new CacheException(
          "The private redis-server on port " + process.port() + " does not answer", e);
    }
    logger.info("Private redis-server on 127.0.0.1:{}, pid {}", process.port(), process.pid());
    return new EmbeddedRedis(process, password);
  }

  private static RedisProcess startOnFreePort(RedisBinaries binaries, @Nullable String password) {
    List<String> configuration =
        password == null
            ? List.of()
            : List.of("user default on >" + password + " ~* &* +@all " + DENIED);
    for (int attempt = 1; ; attempt++) {
      try {
        return RedisProcess.start(freePort(), ARGUMENTS, configuration, binaries);
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
  private static void ping(int port, @Nullable String password) throws IOException {
    try (Socket socket = new Socket()) {
      socket.setSoTimeout(ANSWER_TIMEOUT_MILLIS);
      socket.connect(new InetSocketAddress(loopback(), port), ANSWER_TIMEOUT_MILLIS);
      OutputStream out = socket.getOutputStream();
      String auth = password == null ? "" : "AUTH " + password + "\r\n";
      String expected = password == null ? "+PONG" : "+OK\r\n+PONG";
      out.write((auth + "PING\r\n").getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      String answer = new String(in.readNBytes(expected.length()), StandardCharsets.US_ASCII);
      if (!answer.equals(expected)) {
        throw new IOException("PING was answered by " + answer);
      }
    }
  }

  private static InetAddress loopback() throws IOException {
    return InetAddress.getByAddress("127.0.0.1", new byte[] {127, 0, 0, 1});
  }

  /** The TCP port of 127.0.0.1. */
  public int port() {
    return process.port();
  }

  /** The password, or {@code null} if there is none. */
  public @Nullable String password() {
    return password;
  }

  public long pid() {
    return process.pid();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** Ends the server within seven seconds. May be called twice. */
  @Override
  public void close() {
    process.close();
  }
}
