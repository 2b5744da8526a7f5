package io.yokedcache.metrics.source;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;
import javax.rmi.ssl.SslRMIClientSocketFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the caches of another JVM by JMX, of any provider. It connects with its first reading, and
 * again when the connection is lost: a JVM that is down now is read when it is up. After an attempt
 * that failed the next one waits, twice as long each time; until then readings fail with the same
 * reason. No reading takes longer than the time limit, not even if the other JVM hangs.
 *
 * <p>Thread-safe; readings are made one at a time.
 */
public final class RemoteJvm implements CacheSource.Selective, AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(RemoteJvm.class);

  /** The sockets that the naming service of RMI makes for the look-up in the registry. */
  private static final String REGISTRY_SOCKETS = "com.sun.jndi.rmi.factory.socket";

  private static final long FIRST_PAUSE_NANOS = Duration.ofMillis(500).toNanos();
  private static final long LAST_PAUSE_NANOS = Duration.ofSeconds(15).toNanos();

  private final Address address;
  private final Map<String, Object> environment = new HashMap<>();
  private final Target reads;

  // Guarded by this.
  private @Nullable Connected connected;
  private @Nullable JMXServiceURL connecting;
  private @Nullable IOException failure;
  private long failedNanos;
  private long pauseNanos;
  private boolean isClosed;

  /** Finds the address of a JVM's agent; called for each connection. */
  @FunctionalInterface
  public interface Address {

    /**
     * Returns the agent's URL, and may have to start the agent.
     *
     * @throws IOException if there is no agent; its message is the one that readers get
     */
    JMXServiceURL find() throws IOException;
  }

  /** A connection, and the reader that knows the names of its beans. */
  private record Connected(JMXConnector connector, JmxCacheReader reader) {}

  private RemoteJvm(String name, Address address, Map<String, ?> environment, Duration timeLimit) {
    this.address = address;
    // Otherwise a thread checks the connection every minute; each reading checks it already.
    this.environment.put("jmx.remote.x.client.connection.check.period", 0L);
    this.environment.putAll(environment);
    CacheSource.Selective connected = this::readConnected;
    this.reads = new Target(name, connected, timeLimit, Target.LOST_AFTER, this::abandon);
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
    return new RemoteJvm(url.toString(), () -> url, environment, timeLimit);
  }

  /**
   * Names a JVM whose agent has to be found.
   *
   * @param name how messages call it
   */
  public static RemoteJvm at(String name, Address address, Duration timeLimit) {
    return new RemoteJvm(name, address, Map.of(), timeLimit);
  }

  /** Returns how long a reading may take, with connecting. */
  public Duration timeLimit() {
    return reads.timeLimit();
  }

  @Override
  public CacheReadings read(Selection wanted) throws IOException {
    try {
      return reads.read(wanted);
    } catch (InterruptedIOException late) {
      JMXServiceURL url;
      synchronized (this) {
        url = connecting;
      }
      throw url == null
          ? late
          : new IOException(
              ConnectFailure.explain(url, new SocketTimeoutException(late.getMessage())), late);
    }
  }

  private CacheReadings readConnected(Selection wanted) throws IOException {
    Connected known = current();
    if (known != null) {
      try {
        return known.reader.read(wanted);
      } catch (IOException lost) {
        // The JVM may have been restarted since the last reading, so the reading is repeated once.
        logger.debug("The connection to {} is lost", reads.name(), lost);
        forget(known);
      }
    }
    Connected fresh = connect();
    try {
      return fresh.reader.read(wanted);
    } catch (IOException e) {
      forget(fresh);
      throw e;
    }
  }

  private synchronized @Nullable Connected current() {
    return connected;
  }

  private Connected connect() throws IOException {
    failIfTooSoon();
    JMXConnector connector = null;
    Connected fresh;
    try {
      connector = open(found());
      fresh = new Connected(connector, new JmxCacheReader(connector.getMBeanServerConnection()));
    } catch (IOException | RuntimeException e) {
      if (connector != null) {
        closeQuietly(connector);
      }
      throw failed(e);
    }
    if (!isKept(fresh)) {
      closeQuietly(connector);
      throw new IOException("The connection to " + reads.name() + " has been closed");
    }
    return fresh;
  }

  private JMXServiceURL found() throws IOException {
    JMXServiceURL url = address.find();
    synchronized (this) {
      connecting = url;
    }
    return url;
  }

  /** Connects; where the registry does not speak plain RMI, once more by TLS. */
  private JMXConnector open(JMXServiceURL url) throws IOException {
    try {
      return open(url, environment);
    } catch (IOException | RuntimeException e) {
      if (environment.containsKey(REGISTRY_SOCKETS) || !ConnectFailure.isNoPlainRmi(e)) {
        throw e;
      }
      Map<String, Object> withTls = new HashMap<>(environment);
      withTls.put(REGISTRY_SOCKETS, new SslRMIClientSocketFactory());
      try {
        return open(url, withTls);
      } catch (IOException | RuntimeException failedToo) {
        if (ConnectFailure.isNoTls(failedToo)) {
          throw e;
        }
        throw failedToo;
      }
    }
  }

  // The operator of the bridge names the JVM and trusts it; JMX has no other way to connect.
  @SuppressWarnings("BanJNDI")
  private static JMXConnector open(JMXServiceURL url, Map<String, ?> attributes)
      throws IOException {
    return JMXConnectorFactory.connect(url, attributes);
  }

  private synchronized void failIfTooSoon() throws IOException {
    if (failure != null && System.nanoTime() - failedNanos < pauseNanos) {
      throw new IOException(failure.getMessage(), failure);
    }
  }

  private synchronized IOException failed(Exception cause) {
    pauseNanos = failure == null ? FIRST_PAUSE_NANOS : Math.min(2 * pauseNanos, LAST_PAUSE_NANOS);
    failedNanos = System.nanoTime();
    JMXServiceURL url = connecting;
    connecting = null;
    failure =
        url == null && cause instanceof IOException notFound
            ? notFound
            : new IOException(
                url == null ? cause.toString() : ConnectFailure.explain(url, cause), cause);
    return failure;
  }

  private synchronized boolean isKept(Connected fresh) {
    connecting = null;
    if (isClosed) {
      return false;
    }
    failure = null;
    connected = fresh;
    return true;
  }

  private void forget(Connected lost) {
    synchronized (this) {
      if (lost.equals(connected)) {
        connected = null;
      }
    }
    closeQuietly(lost.connector);
  }

  private static void closeQuietly(JMXConnector connector) {
    try {
      connector.close();
    } catch (IOException peerIsGone) {
      logger.debug("Cannot close {} in order", connector, peerIsGone);
    }
  }

  /** Leaves the connection to the reading that still waits for an answer on it. */
  private synchronized void abandon() {
    connected = null;
  }

  /** Disconnects in the background, since the peer may not answer; may be called twice. */
  @Override
  public void close() {
    reads.close();
    Connected last;
    synchronized (this) {
      isClosed = true;
      last = connected;
      connected = null;
    }
    if (last != null) {
      Thread closer =
          new Thread(() -> closeQuietly(last.connector), "yokedcache-metrics-disconnect");
      closer.setDaemon(true);
      closer.start();
    }
  }
}
