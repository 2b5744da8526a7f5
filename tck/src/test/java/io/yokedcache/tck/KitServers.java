package io.yokedcache.tck;

import io.yokedcache.jcache.internal.embedded.EmbeddedServers;
import io.yokedcache.jcache.internal.settings.Settings;
import java.util.stream.Collectors;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.LauncherSessionListener;

/**
 * Runs the private servers of several machines once for all tests of the JVM: the kit opens and
 * closes more than a hundred managers, and a cluster takes two seconds to start. The servers end
 * with the JVM. Used by one thread.
 */
public final class KitServers implements LauncherSessionListener {

  private static final String URI = "yokedcache.uri";

  /** Made by the service loader. */
  public KitServers() {}

  @Override
  public void launcherSessionOpened(LauncherSession session) {
    String uri = System.getProperty(URI, "");
    if (uri.equals("embedded:redis-cluster")) {
      System.setProperty(URI, start(Settings.Deployment.Kind.CLUSTER, 3));
    } else if (uri.equals("embedded:redis-sentinel")) {
      System.setProperty(URI, start(Settings.Deployment.Kind.SENTINEL, 1));
    }
  }

  /** Returns the URI of the started servers: a second session finds it in place of the first. */
  @SuppressWarnings("resource") // the servers end with the JVM
  private static String start(Settings.Deployment.Kind kind, int masters) {
    EmbeddedServers.Lease servers =
        new EmbeddedServers().acquire(new Settings.Embedded(kind, masters, /* replicas= */ 1));
    Settings.Deployment deployment = servers.deployment();
    String password = servers.password();
    String nodes =
        deployment.nodes().stream()
            .map(Settings.Address::toString)
            .collect(Collectors.joining(",", ":" + password + "@", ""));
    return kind == Settings.Deployment.Kind.CLUSTER
        ? "redis-cluster://" + nodes
        : "redis-sentinel://"
            + nodes
            + "/"
            + deployment.masterName()
            + "?sentinel-password="
            + deployment.sentinelPassword();
  }
}
