package io.yokedcache.examples.metrics;

import io.yokedcache.examples.Arguments;
import io.yokedcache.examples.Progress;
import io.yokedcache.examples.UsageException;
import io.yokedcache.metrics.CacheHealthMonitor;
import io.yokedcache.metrics.CacheMetrics;
import io.yokedcache.metrics.page.StatusPage;
import io.yokedcache.metrics.prometheus.PrometheusCollector;
import io.yokedcache.metrics.source.JmxCacheReader;
import io.yokedcache.metrics.statsd.StatsDCollector;
import io.yokedcache.metrics.statsd.StatsDReporter;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.spi.CachingProvider;
import org.jspecify.annotations.Nullable;

/**
 * Caches under load, and everything that shows what they do: a status page, Prometheus, StatsD if
 * wanted, health checks, errors, the application's own metrics, and JMX. Runs until Ctrl-C.
 */
public final class MetricsDemo {

  private static final String USAGE =
      """
      Usage: MetricsDemo [URI] [--port N] [--seconds N] [--rate N] [--statsd HOST:PORT]
        URI        the server, default embedded:redis (a private one)
        --port     where page and metrics are served on 127.0.0.1, default 8000, 0 for any
        --seconds  how long to run, 1 to 86400; default until Ctrl-C
        --rate     requests per second at most, about six cache operations each; 100 to 10000,
                   default 500
        --statsd   also send to this StatsD daemon, every ten seconds\
      """;

  private static final Duration HEALTH_INTERVAL = Duration.ofSeconds(5);
  private static final long FOR_EVER_SECONDS = Long.MAX_VALUE;

  private final PrintStream out;
  private final CountDownLatch end;

  private MetricsDemo(PrintStream out, CountDownLatch end) {
    this.out = out;
    this.end = end;
  }

  /**
   * Runs the demo.
   *
   * @param args see the usage text, which is printed if they are wrong
   * @throws InterruptedException if this thread is interrupted
   */
  public static void main(String[] args) throws InterruptedException {
    CountDownLatch end = new CountDownLatch(1);
    CountDownLatch isDone = new CountDownLatch(1);
    Thread onCtrlC =
        new Thread(
            () -> {
              end.countDown();
              awaitBriefly(isDone);
            });
    Runtime.getRuntime().addShutdownHook(onCtrlC);
    int exitCode = run(args, System.out, System.err, end);
    isDone.countDown();
    if (exitCode != 0) {
      System.exit(exitCode);
    }
  }

  /** The JVM ends as soon as its hooks have: what is open shall be closed before. */
  private static void awaitBriefly(CountDownLatch latch) {
    try {
      latch.await(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  static int run(String[] args, PrintStream out, PrintStream err, CountDownLatch end)
      throws InterruptedException {
    try {
      Set<String> options = Set.of("--port", "--seconds", "--rate", "--statsd");
      new MetricsDemo(out, end).run(new Arguments(args, options, Set.of(), 1));
      return 0;
    } catch (UsageException e) {
      err.println(e.getMessage());
      err.println(USAGE);
      return 2;
    } catch (CacheException | IOException e) {
      err.println("The demo failed: " + e.getMessage());
      return 1;
    }
  }

  private void run(Arguments arguments) throws UsageException, IOException, InterruptedException {
    String uriText = arguments.positional(0);
    URI uri = Arguments.uri(uriText == null ? "embedded:redis" : uriText);
    int port = (int) arguments.number("--port", 8000, 0, 65_535);
    long seconds = arguments.number("--seconds", FOR_EVER_SECONDS, 1, 86_400);
    int rate = (int) arguments.number("--rate", 500, 100, 10_000);
    StatsDCollector statsd = StatsDTarget.collector(arguments.text("--statsd"));

    // Closed from the last to the first: the caches outlive the last report of their figures.
    try (CachingProvider provider = Caching.getCachingProvider();
        CacheManager manager = provider.getCacheManager(uri, null);
        PrometheusCollector prometheus =
            PrometheusCollector.builder()
                .port(port)
                .jvmMetrics(true)
                .handler("/", StatusPage.of(JmxCacheReader.ofThisJvm()))
                .build();
        CacheMetrics metrics = new CacheMetrics(prometheus);
        StatsDReporter reporter = reporter(statsd, metrics);
        DemoLoad load = new DemoLoad(DemoCaches.create(manager), metrics, rate);
        CacheHealthMonitor health = new CacheHealthMonitor(metrics, HEALTH_INTERVAL)) {
      prometheus.start();
      load.start();
      health.start();
      printWhereToLook(prometheus.port(), reporter != null);
      try (Progress progress = new Progress(out, load::progress)) {
        progress.start();
        end.await(seconds, TimeUnit.SECONDS);
      }
      out.println(load.progress());
    }
  }

  private static @Nullable StatsDReporter reporter(
      @Nullable StatsDCollector statsd, CacheMetrics metrics) {
    if (statsd == null) {
      return null;
    }
    metrics.addCollector(statsd);
    return StatsDReporter.builder(JmxCacheReader.ofThisJvm(), statsd).start();
  }

  private void printWhereToLook(int port, boolean hasStatsD) {
    String base = "http://127.0.0.1:" + port;
    out.println("Caches under load; Ctrl-C ends it. To look at them:");
    out.println("  a browser    " + base + "/");
    out.println("  Prometheus   " + base + "/metrics");
    out.println("  one metric   curl '" + base + "/metrics?name[]=yokedcache_cache_hit_rate'");
    out.println("  JConsole     jconsole " + ProcessHandle.current().pid());
    if (hasStatsD) {
      out.println("  StatsD       figures every 10 seconds, application metrics at once");
    }
  }
}
