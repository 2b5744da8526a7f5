package io.yokedcache.metrics.source;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Map;
import javax.management.remote.JMXServiceURL;

/**
 * Reads the caches of another JVM by JMX, of any provider. It connects with its first reading, and
 * connects again, not too often, when the connection is lost: a JVM that is down now is read when
 * it is up. No reading takes longer than the time limit, not even if the other JVM hangs.
 *
 * <p>Thread-safe; readings are made one at a time.
 */
public final class RemoteJvm implements CacheSource, AutoCloseable {

  private final RemoteConnection connection;
  private final Target reads;

  private RemoteJvm(RemoteConnection connection, Target reads) {
    this.connection = connection;
    this.reads = reads;
  }

  /**
   * Names a JVM; nothing is connected yet.
   *
   * @param url where its JMX agent listens: {@code service:jmx:rmi:///jndi/rmi://host:port/jmxrmi}
   * @param environment as {@link javax.management.remote.JMXConnectorFactory} takes it, such as
   *     {@code jmx.remote.credentials}; copied; may be empty
   * @param timeLimit how long a reading may take, with connecting; greater than zero
   * @return the JVM; to be closed
   * @throws IllegalArgumentException if the limit is not positive
   */
  public static RemoteJvm at(JMXServiceURL url, Map<String, ?> environment, Duration timeLimit) {
    return at(url, environment, timeLimit, Target.LOST_AFTER);
  }

  static RemoteJvm at(
      JMXServiceURL url, Map<String, ?> environment, Duration timeLimit, Duration lostAfter) {
    RemoteConnection connection = new RemoteConnection(url, environment);
    return new RemoteJvm(
        connection,
        new Target(url.toString(), connection, timeLimit, lostAfter, connection::abandon));
  }

  @Override
  public CacheReadings read() throws IOException {
    return read(Selection.ALL);
  }

  @Override
  public CacheReadings readFigures() throws IOException {
    return read(Selection.FIGURES);
  }

  @Override
  public CacheReadings read(Selection wanted) throws IOException {
    try {
      return reads.read(wanted);
    } catch (InterruptedIOException late) {
      throw connection.isConnected()
          ? late
          : new IOException(
              ConnectFailure.explain(
                  connection.url(), new SocketTimeoutException(late.getMessage())),
              late);
    }
  }

  /** Disconnects, without waiting for the other JVM; may be called twice. */
  @Override
  public void close() {
    reads.close();
    connection.close();
  }
}
