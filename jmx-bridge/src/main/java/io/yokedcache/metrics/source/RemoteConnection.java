package io.yokedcache.metrics.source;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
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
 * A connection to a JVM's JMX agent that is made when it is needed and made anew when it is lost.
 * After an attempt that failed the next one waits, twice as long each time; until then the failure
 * is told again. Thread-safe.
 */
final class RemoteConnection implements CacheSource, AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(RemoteConnection.class);

  /** The sockets that the naming service of RMI makes for the look-up in the registry. */
  private static final String REGISTRY_SOCKETS = "com.sun.jndi.rmi.factory.socket";

  private static final long FIRST_PAUSE_NANOS = Duration.ofMillis(500).toNanos();
  private static final long LAST_PAUSE_NANOS = Duration.ofSeconds(15).toNanos();

  private final JMXServiceURL url;
  private final Map<String, Object> environment = new HashMap<>();

  // Guarded by this.
  private @Nullable Connected connected;
  private @Nullable IOException failure;
  private long failedNanos;
  private long pauseNanos;
  private boolean isClosed;

  RemoteConnection(JMXServiceURL url, Map<String, ?> environment) {
    this.url = requireNonNull(url, "url");
    // Else a thread asks every minute whether the connection is alive, which each reading tells.
    this.environment.put("jmx.remote.x.client.connection.check.period", 0L);
    this.environment.putAll(environment);
  }

  /** What a connection is used for. */
  private interface Use {
    CacheReadings with(JmxCacheReader reader) throws IOException;
  }

  @Override
  public CacheReadings read() throws IOException {
    return use(JmxCacheReader::read);
  }

  @Override
  public CacheReadings readFigures() throws IOException {
    return use(JmxCacheReader::readFigures);
  }

  @Override
  public CacheReadings read(Selection wanted) throws IOException {
    return use(reader -> reader.read(wanted));
  }

  private CacheReadings use(Use use) throws IOException {
    Connected known = current();
    if (known != null) {
      try {
        return use.with(known.reader);
      } catch (IOException lost) {
        // The JVM may have been started anew since the last reading, so it is tried once more.
        logger.debug("The connection to {} is lost", url, lost);
        forget(known);
      }
    }
    Connected fresh = connect();
    try {
      return use.with(fresh.reader);
    } catch (IOException e) {
      forget(fresh);
      throw e;
    }
  }

  /** A connection, and what reads over it and knows the names of its beans. */
  private record Connected(JMXConnector connector, JmxCacheReader reader) {}

  JMXServiceURL url() {
    return url;
  }

  synchronized boolean isConnected() {
    return connected != null;
  }

  private synchronized @Nullable Connected current() {
    return connected;
  }

  private Connected connect() throws IOException {
    failIfTooSoon();
    JMXConnector connector = null;
    Connected fresh;
    try {
      connector = open();
      fresh = new Connected(connector, new JmxCacheReader(connector.getMBeanServerConnection()));
    } catch (IOException | RuntimeException e) {
      if (connector != null) {
        closeQuietly(connector);
      }
      throw failed(e);
    }
    if (!isKept(fresh)) {
      closeQuietly(connector);
      throw new IOException("The connection to " + url + " has been closed");
    }
    return fresh;
  }

  /** Connects; where the registry does not speak plain RMI, once more by TLS. */
  private JMXConnector open() throws IOException {
    try {
      return open(environment);
    } catch (IOException | RuntimeException e) {
      if (environment.containsKey(REGISTRY_SOCKETS) || !ConnectFailure.isNoPlainRmi(e)) {
        throw e;
      }
      Map<String, Object> withTls = new HashMap<>(environment);
      withTls.put(REGISTRY_SOCKETS, new SslRMIClientSocketFactory());
      try {
        return open(withTls);
      } catch (IOException | RuntimeException failedToo) {
        if (ConnectFailure.isNoTls(failedToo)) {
          throw e;
        }
        throw failedToo;
      }
    }
  }

  // Who runs the bridge names the JVM and trusts it; JMX has no other way to connect.
  @SuppressWarnings("BanJNDI")
  private JMXConnector open(Map<String, ?> attributes) throws IOException {
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
    failure = new IOException(ConnectFailure.explain(url, cause), cause);
    return failure;
  }

  private synchronized boolean isKept(Connected fresh) {
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

  /** Leaves the connection to whoever still waits for an answer on it. */
  synchronized void abandon() {
    connected = null;
  }

  /** Disconnects in the background, since the peer may not answer; may be called twice. */
  @Override
  public void close() {
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
