package io.yokedcache.metrics.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.yokedcache.metrics.CacheHealthMonitor;
import io.yokedcache.metrics.CacheMetrics;
import io.yokedcache.metrics.otlp.OtlpReceiver;
import io.yokedcache.metrics.prometheus.PrometheusCollector;
import java.io.File;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Servers for applications load each deployment in its own class loader, and drop it later. */
final class RedeploymentTest {

  private static final int DEPLOYMENTS = 3;

  /** The JDK's HTTP client ends its threads some seconds after the client is garbage. */
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);

  @TempDir private Path folder;

  /**
   * Runs deployments with the outputs of the first argument, as many as the second one says, and
   * writes how many of their class loaders are left after some time, or when it is no more than
   * one.
   */
  static final class Server {

    private Server() {}

    public static void main(String[] arguments) throws Exception {
      List<WeakReference<ClassLoader>> loaders = new ArrayList<>();
      for (int i = 0; i < Integer.parseInt(arguments[1]); i++) {
        loaders.add(deploy(arguments[0]));
      }
      long begun = System.nanoTime();
      while (left(loaders) > 1 && System.nanoTime() - begun < PATIENCE_NANOS) {
        System.gc();
      }
      System.out.println("left: " + left(loaders));
      Thread.getAllStackTraces().keySet().forEach(thread -> System.out.println(thread.getName()));
    }

    private static long left(List<WeakReference<ClassLoader>> loaders) {
      return loaders.stream().filter(loader -> loader.get() != null).count();
    }

    private static WeakReference<ClassLoader> deploy(String outputs) throws Exception {
      List<URL> path = new ArrayList<>();
      for (String part : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
        path.add(new File(part).toURI().toURL());
      }
      Thread thread = Thread.currentThread();
      ClassLoader own = thread.getContextClassLoader();
      try (URLClassLoader loader =
          new URLClassLoader(path.toArray(new URL[0]), ClassLoader.getPlatformClassLoader())) {
        thread.setContextClassLoader(loader);
        loader
            .loadClass(Deployment.class.getName())
            .getMethod("run", String.class)
            .invoke(null, outputs);
        return new WeakReference<>(loader);
      } finally {
        thread.setContextClassLoader(own);
      }
    }
  }

  /** What one deployment does. */
  public static final class Deployment {

    private Deployment() {}

    public static void run(String outputs) throws IOException {
      MetricsSettings settings =
          MetricsSettings.of(
              ConfigFactory.parseString("prometheus { enabled = true, port = 0 }, " + outputs));
      try (MetricsBridge bridge = MetricsBridge.ofThisJvm(settings)) {
        bridge.metrics().timing("request_processing", 0.005);
        URI address = URI.create("http://127.0.0.1:" + bridge.prometheusPort() + "/metrics");
        address.toURL().openStream().close();
      }
      CacheMetrics metrics = new CacheMetrics();
      new CacheHealthMonitor(metrics, Duration.ofDays(1)).start().close();
      PrometheusCollector.builder().registry(new PrometheusRegistry()).build().close();
    }
  }

  /** What a server writes. */
  private String run(String outputs, int deployments) throws Exception {
    List<String> arguments =
        List.of(
            "-cp",
            ChildJvm.classPath(path -> true),
            Server.class.getName(),
            outputs,
            String.valueOf(deployments));
    try (ChildJvm server = ChildJvm.start(folder, arguments)) {
      assertThat(server.awaitEnd()).isZero();
      return server.output();
    }
  }

  // The JDK itself keeps the class loader of the latest record.

  @Test
  void close_inADeployment_itsClassLoaderIsCollected() throws Exception {
    assertThat(run("statsd.enabled = true", DEPLOYMENTS)).containsAnyOf("left: 0", "left: 1");
  }

  @Test
  void close_inADeploymentWithOtlp_itsClassLoaderIsCollected() throws Exception {
    try (OtlpReceiver receiver = OtlpReceiver.http(0)) {
      String otlp = "{ enabled = true, protocol = http/protobuf, endpoint = \"%s\" }";
      assertThat(run("otlp " + otlp.formatted(receiver.url()), DEPLOYMENTS))
          .containsAnyOf("left: 0", "left: 1");
      // A busy machine takes longer than the five seconds after which a last report is given up.
      assertThat(receiver.taken()).hasSizeBetween(1, DEPLOYMENTS);
    }
  }

  /** A thread that goes on would need classes of a class loader that is closed. */
  @Test
  void close_inADeploymentWhoseReceiverNeverAnswers_noThreadGoesOn() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      String otlp = "{ enabled = true, timeout = 1m, endpoint = \"http://localhost:%d\" }";
      assertThat(run("otlp " + otlp.formatted(silent.getLocalPort()), 1))
          .contains("left: ")
          .doesNotContain("NoClassDefFoundError", "yokedcache-otlp", "PeriodicMetricReader");
    }
  }
}
