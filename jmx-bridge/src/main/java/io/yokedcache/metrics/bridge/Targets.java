package io.yokedcache.metrics.bridge;

import io.yokedcache.metrics.bridge.MetricsSettings.TargetSettings;
import io.yokedcache.metrics.source.CacheSource;
import io.yokedcache.metrics.source.RemoteJvm;
import io.yokedcache.metrics.source.TimeLimitedSource;
import java.net.MalformedURLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXServiceURL;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The JVMs that are read. Each is connected with its first reading. */
final class Targets implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(Targets.class);

  private final Map<String, CacheSource> sources = new LinkedHashMap<>();
  private final List<AutoCloseable> opened = new ArrayList<>();

  private Targets() {}

  /** Names JVMs; none needs to be there yet. */
  static Targets open(Map<String, TargetSettings> settings, Duration timeLimit) {
    Targets targets = new Targets();
    settings.forEach((name, target) -> targets.add(name, target, timeLimit));
    return targets;
  }

  private void add(String name, TargetSettings target, Duration timeLimit) {
    String url = target.url();
    Long pid = target.pid();
    if (url != null) {
      RemoteJvm remote = RemoteJvm.at(parsed(name, url), credentials(target), timeLimit);
      opened.add(remote);
      sources.put(name, remote);
    } else if (pid != null) {
      AttachedJvm attached = new AttachedJvm(pid, timeLimit);
      TimeLimitedSource limited = TimeLimitedSource.of("process " + pid, attached, timeLimit);
      opened.add(limited);
      opened.add(attached);
      sources.put(name, limited);
    }
  }

  private static JMXServiceURL parsed(String name, String url) {
    try {
      return new JMXServiceURL(TargetNames.fullUrl(url));
    } catch (MalformedURLException e) {
      throw new MetricsConfigurationException(
          "The URL "
              + url
              + " of "
              + name
              + " is not right ("
              + e.getMessage()
              + "). Write HOST:PORT, or service:jmx:rmi:///jndi/rmi://HOST:PORT/jmxrmi",
          e);
    }
  }

  private static Map<String, Object> credentials(TargetSettings target) {
    String user = target.user();
    Secret password = target.password();
    return user == null || password == null
        ? Map.of()
        : Map.of(JMXConnector.CREDENTIALS, new String[] {user, password.value()});
  }

  /** What reads each JVM, by its name. */
  Map<String, CacheSource> sources() {
    return Collections.unmodifiableMap(sources);
  }

  @Override
  public void close() {
    for (AutoCloseable target : opened) {
      try {
        target.close();
      } catch (Exception e) {
        logger.debug("{} did not end in order", target, e);
      }
    }
  }
}
