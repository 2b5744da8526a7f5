package io.yokedcache.metrics.bridge;

import static java.util.Objects.requireNonNull;

import io.yokedcache.metrics.bridge.MetricsSettings.TargetSettings;
import io.yokedcache.metrics.source.CacheSource;
import io.yokedcache.metrics.source.RemoteJvm;
import java.net.MalformedURLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXServiceURL;
import javax.rmi.ssl.SslRMIClientSocketFactory;
import org.jspecify.annotations.Nullable;

/** The JVMs that are read. Each is connected by its first reading. Not thread-safe. */
final class Targets implements AutoCloseable {

  private static final String SCHEME = "service:jmx:";
  private static final String REGISTRY_SOCKETS = "com.sun.jndi.rmi.factory.socket";
  private static final Pattern HOST_AND_PORT =
      Pattern.compile("(?:\\[[0-9a-fA-F:.%]+]|[^:/\\s]+):[0-9]{1,5}");

  private record Open(TargetSettings settings, RemoteJvm jvm) {}

  private final Duration timeLimit;
  private final List<Open> replaced = new ArrayList<>();
  private Map<String, Open> open = Map.of();

  Targets(Duration timeLimit) {
    this.timeLimit = timeLimit;
  }

  /**
   * Reads these JVMs, none of which needs to be there yet; those that are as before are not
   * touched. The others stay open until {@link #closeReplaced}.
   *
   * @return the changes, in words
   */
  List<String> follow(Map<String, TargetSettings> wanted) {
    List<String> changes = new ArrayList<>();
    Map<String, Open> next = new LinkedHashMap<>();
    wanted.forEach(
        (name, settings) -> {
          Open known = open.get(name);
          if (known != null && known.settings().equals(settings)) {
            next.put(name, known);
            return;
          }
          next.put(name, open(settings));
          changes.add("target " + name + (known == null ? " added" : " changed"));
        });
    open.forEach(
        (name, old) -> {
          Open now = next.get(name);
          if (now == null) {
            changes.add("target " + name + " removed");
          }
          if (now == null || !now.settings().equals(old.settings())) {
            replaced.add(old);
          }
        });
    open = next;
    return changes;
  }

  private Open open(TargetSettings target) {
    Duration limit = target.timeout() == null ? timeLimit : target.timeout();
    String url = target.url();
    if (url != null) {
      return new Open(target, RemoteJvm.at(parsed(url), environment(target), limit));
    }
    long pid = requireNonNull(target.pid(), "pid");
    return new Open(target, RemoteJvm.at("process " + pid, new AttachedJvm(pid), limit));
  }

  /** Returns why a text is not the URL of a JVM, as the end of a message; absent if it is one. */
  static @Nullable String objection(String url) {
    try {
      JMXServiceURL unused = new JMXServiceURL(fullUrl(url));
      return null;
    } catch (MalformedURLException e) {
      return "is not the URL of a JVM. Write HOST:PORT, or"
          + " service:jmx:rmi:///jndi/rmi://HOST:PORT/jmxrmi";
    }
  }

  /** A JMX service URL, also from a host and a port. */
  static String fullUrl(String url) {
    return HOST_AND_PORT.matcher(url).matches()
        ? SCHEME + "rmi:///jndi/rmi://" + url + "/jmxrmi"
        : url;
  }

  /** Throws with the objection if it is not the URL of a JVM. */
  static JMXServiceURL parsed(String url) {
    try {
      return new JMXServiceURL(fullUrl(url));
    } catch (MalformedURLException e) {
      throw new MetricsConfigurationException("\"" + url + "\" " + objection(url), e);
    }
  }

  private static Map<String, Object> environment(TargetSettings target) {
    Map<String, Object> environment = new HashMap<>();
    String user = target.user();
    Secret password = target.password();
    if (user != null && password != null) {
      environment.put(JMXConnector.CREDENTIALS, new String[] {user, password.value()});
    }
    if (target.sslRegistry()) {
      environment.put(REGISTRY_SOCKETS, new SslRMIClientSocketFactory());
    }
    return environment;
  }

  Map<String, CacheSource> sources() {
    Map<String, CacheSource> sources = new LinkedHashMap<>();
    open.forEach((name, target) -> sources.put(name, target.jvm()));
    return sources;
  }

  /** Closes the connections that are no longer used. */
  void closeReplaced() {
    replaced.forEach(target -> target.jvm().close());
    replaced.clear();
  }

  @Override
  public void close() {
    replaced.addAll(open.values());
    open = Map.of();
    closeReplaced();
  }
}
