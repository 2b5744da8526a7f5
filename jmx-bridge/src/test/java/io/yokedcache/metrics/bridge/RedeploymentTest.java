package io.yokedcache.metrics.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import java.io.File;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Servers for applications load each deployment in its own class loader, and drop it later. */
final class RedeploymentTest {

  private static final int DEPLOYMENTS = 3;
  private static final int COLLECTIONS = 20;

  @TempDir private Path folder;

  /** Runs several deployments, and writes how many of their class loaders are left. */
  static final class Server {

    private Server() {}

    public static void main(String[] arguments) throws Exception {
      List<WeakReference<ClassLoader>> loaders = new ArrayList<>();
      for (int i = 0; i < DEPLOYMENTS; i++) {
        loaders.add(deploy());
      }
      for (int i = 0; i < COLLECTIONS && left(loaders) > 1; i++) {
        System.gc();
      }
      System.out.println("left: " + left(loaders));
      Thread.getAllStackTraces().keySet().forEach(thread -> System.out.println(thread.getName()));
    }

    private static long left(List<WeakReference<ClassLoader>> loaders) {
      return loaders.stream().filter(loader -> loader.get() != null).count();
    }

    private static WeakReference<ClassLoader> deploy() throws Exception {
      List<URL> path = new ArrayList<>();
      for (String part : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
        path.add(new File(part).toURI().toURL());
      }
      Thread thread = Thread.currentThread();
      ClassLoader own = thread.getContextClassLoader();
      try (URLClassLoader loader =
          new URLClassLoader(path.toArray(new URL[0]), ClassLoader.getPlatformClassLoader())) {
        thread.setContextClassLoader(loader);
        loader.loadClass(Deployment.class.getName()).getMethod("run").invoke(null);
        return new WeakReference<>(loader);
      } finally {
        thread.setContextClassLoader(own);
      }
    }
  }

  /** What one deployment does. */
  public static final class Deployment {

    private Deployment() {}

    public static void run() throws IOException {
      MetricsSettings settings =
          MetricsSettings.of(
              ConfigFactory.parseString(
                  "prometheus { enabled = true, port = 0 }, statsd.enabled = true"));
      try (MetricsBridge bridge = MetricsBridge.ofThisJvm(settings)) {
        bridge.metrics().timing("request_processing", 0.005);
        URI address = URI.create("http://127.0.0.1:" + bridge.prometheusPort() + "/metrics");
        address.toURL().openStream().close();
      }
    }
  }

  @Test
  void close_inADeployment_itsClassLoaderIsCollected() throws Exception {
    List<String> arguments =
        List.of("-cp", ChildJvm.classPath(path -> true), Server.class.getName());
    try (ChildJvm server = ChildJvm.start(folder, arguments)) {
      assertThat(server.awaitEnd()).isZero();
      // The JDK itself keeps the class loader of the latest record.
      assertThat(server.output()).containsAnyOf("left: 0", "left: 1");
    }
  }
}
