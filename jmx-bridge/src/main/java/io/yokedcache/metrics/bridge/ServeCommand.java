package io.yokedcache.metrics.bridge;

import io.yokedcache.metrics.bridge.MetricsSettings.TargetSettings;
import io.yokedcache.metrics.source.CacheSource;
import io.yokedcache.metrics.source.CacheSource.Selection;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Serves the caches of other JVMs to Prometheus, and sends them to StatsD, until it is ended. */
@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    versionProvider = BridgeMain.Version.class,
    description = {
      "Serves the caches of other JVMs to Prometheus and sends them to StatsD, until Ctrl-C.",
      "A JVM that is down is tried again; its gauge bridge_jmx_target_up is 0 until it is back.",
      "Changes of the file of --config are followed without a restart."
    })
final class ServeCommand implements Callable<Integer> {

  private static final Logger logger = LoggerFactory.getLogger(ServeCommand.class);

  /**
   * The time between two looks at the file. It is read each time, and not watched, so that included
   * files, files of passwords and directories behind symbolic links count, too.
   */
  private static final Duration LOOK = Duration.ofSeconds(1);

  @Mixin private TargetOptions targetOptions = new TargetOptions();
  @Mixin private OutputOptions outputOptions = new OutputOptions();

  private record Wanted(MetricsSettings settings, Map<String, TargetSettings> jvms) {}

  @Override
  public Integer call() throws IOException, InterruptedException {
    Wanted first = wanted();
    Ending ending = Ending.onSignal();
    try (Targets targets = new Targets(targetOptions.timeLimit())) {
      targets.follow(first.jvms());
      try (MetricsBridge bridge = MetricsBridge.of(first.settings(), targets.sources())) {
        greet(targets.sources());
        new Follower(first, targets, bridge).run(ending);
        logger.info("Ending after a last report");
        bridge.report();
      }
    } finally {
      ending.finish();
    }
    return ExitCode.OK;
  }

  private Wanted wanted() {
    MetricsSettings settings =
        MetricsSettings.of(
            MetricsFile.withOutput(targetOptions.settings(outputOptions.settings())));
    settings.requirePeriodic();
    if (!settings.isEnabled()) {
      throw new MetricsConfigurationException(
          "No output is enabled: set prometheus.enabled, statsd.enabled or otlp.enabled = true");
    }
    return new Wanted(settings, targetOptions.targets(settings));
  }

  /** Follows the file until the process is to end. A file that is wrong changes nothing. */
  private final class Follower {

    private final Targets targets;
    private final MetricsBridge bridge;

    /**
     * The content that was applied or rejected last, and the content that was read last, which may
     * be incomplete.
     */
    private Object known;

    private Object seen;

    Follower(Wanted first, Targets targets, MetricsBridge bridge) {
      this.targets = targets;
      this.bridge = bridge;
      this.known = first;
      this.seen = first;
    }

    void run(Ending ending) throws InterruptedException {
      while (!ending.await(LOOK)) {
        if (targetOptions.config() != null) {
          lookSafely();
        }
      }
    }

    private void lookSafely() {
      try {
        look();
      } catch (Throwable e) {
        logger.error("Cannot follow changes of {}: {}", targetOptions.config(), String.valueOf(e));
        logger.debug("Where it failed", e);
      }
    }

    private void look() {
      Object now;
      try {
        now = wanted();
      } catch (MetricsConfigurationException e) {
        now = BridgeMain.line(e);
      }
      // A file that is being written is whole when it has been the same twice.
      boolean isSettled = now.equals(seen);
      seen = now;
      if (!isSettled || now.equals(known)) {
        return;
      }
      known = now;
      if (now instanceof Wanted next) {
        follow(next);
      } else {
        logger.error("The previous settings stay in force: {}", now);
      }
    }

    private void follow(Wanted next) {
      List<String> changes = new ArrayList<>(targets.follow(next.jvms()));
      boolean isComplete = true;
      try {
        changes.addAll(bridge.follow(next.settings(), targets.sources()));
      } catch (IOException | MetricsConfigurationException e) {
        isComplete = false;
        logger.error(
            "Some changes of {} have no effect: {}", targetOptions.config(), BridgeMain.line(e));
      } finally {
        targets.closeReplaced();
      }
      if (isComplete || !changes.isEmpty()) {
        logger.info(
            "{} has changed: {}",
            targetOptions.config(),
            changes.isEmpty() ? "the settings have the same effect" : String.join(", ", changes));
      }
    }
  }

  /** In the background, since JVMs that do not answer must not keep the process from ending. */
  private static void greet(Map<String, CacheSource> sources) {
    Thread greeter = new Thread(() -> sources.forEach(ServeCommand::greet), "yokedcache-greeting");
    greeter.setDaemon(true);
    greeter.start();
  }

  /** Says which JVMs can be read at the start. Failures of outputs are warnings of their target. */
  private static void greet(String name, CacheSource source) {
    try {
      int caches = source.read(Selection.FIGURES).caches().size();
      logger.info("{} has {} caches with statistics", name, caches);
    } catch (IOException | RuntimeException e) {
      logger.info("{} cannot be read yet; each reading tries again: {}", name, BridgeMain.line(e));
      logger.debug("Where reading {} failed", name, e);
    }
  }

  /** Where the figures go: the commonest settings as options, and all others by {@code --set}. */
  private static final class OutputOptions {

    @Option(
        names = "--prometheus-port",
        paramLabel = "PORT",
        description = {
          "Port to serve Prometheus on; 0 for any that is free.",
          "Default: 8000, unless only StatsD is asked for."
        })
    private @Nullable String prometheusPort;

    @Option(
        names = "--prometheus-host",
        paramLabel = "HOST",
        description = "Address to serve on. Default: 127.0.0.1; 0.0.0.0 for all.")
    private @Nullable String prometheusHost;

    @Option(names = "--prometheus-path", paramLabel = "PATH", description = "Default: /metrics.")
    private @Nullable String prometheusPath;

    @Option(
        names = "--statsd",
        paramLabel = "HOST[:PORT]",
        description = "StatsD daemon to send to. Default port: 8125.")
    private @Nullable String statsd;

    @Option(
        names = "--statsd-flavour",
        paramLabel = "NAME",
        description = "plain or dogstatsd. Default: plain.")
    private @Nullable String statsdFlavour;

    @Option(
        names = "--otlp",
        paramLabel = "URL",
        description = "OpenTelemetry collector to send to, such as http://localhost:4317.")
    private @Nullable String otlp;

    @Option(
        names = "--interval",
        paramLabel = "DURATION",
        description = "Time between reports to StatsD, such as 10s. Default: 10s.")
    private @Nullable String interval;

    @Option(
        names = "--set",
        paramLabel = "PATH=VALUE",
        description = {
          "Any setting of the group yokedcache.metrics, such as prometheus.jvm=true.",
          "May be repeated. Goes before --config."
        })
    private List<String> others = new ArrayList<>();

    Map<String, String> settings() {
      Map<String, String> settings = new LinkedHashMap<>();
      for (String other : others) {
        String[] parts = other.split("=", 2);
        if (parts.length < 2 || parts[0].isBlank()) {
          throw new MetricsConfigurationException(
              "--set " + parts[0] + " needs a value: --set prometheus.jvm=true");
        }
        settings.put(parts[0], parts[1]);
      }
      put(settings, "prometheus.port", prometheusPort);
      put(settings, "prometheus.host", prometheusHost);
      put(settings, "prometheus.path", prometheusPath);
      put(settings, "otlp.endpoint", otlp);
      put(settings, "statsd.flavour", statsdFlavour);
      put(settings, "statsd.interval", interval);
      if (statsd != null) {
        int colon = statsd.lastIndexOf(':');
        // More than one colon is an IPv6 address, which has a port only behind brackets.
        boolean hasPort =
            colon > 0 && (statsd.indexOf(':') == colon || statsd.charAt(colon - 1) == ']');
        put(settings, "statsd.host", hasPort ? statsd.substring(0, colon) : statsd);
        put(settings, "statsd.port", hasPort ? statsd.substring(colon + 1) : null);
      }
      return settings;
    }

    private static void put(Map<String, String> settings, String path, @Nullable String value) {
      if (value != null) {
        settings.put(path, value);
      }
    }
  }

  /** Lets the process end in order when it is told to, within some seconds. */
  private static final class Ending {

    private static final long PATIENCE_SECONDS = 15;

    private final CountDownLatch wanted = new CountDownLatch(1);
    private final CountDownLatch finished = new CountDownLatch(1);

    private Ending() {}

    static Ending onSignal() {
      Ending ending = new Ending();
      Runtime.getRuntime().addShutdownHook(new Thread(ending::askAndWait, "yokedcache-end"));
      return ending;
    }

    private void askAndWait() {
      wanted.countDown();
      try {
        boolean unused = finished.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    /** Returns when the process is to end, or whether it is to after a while. */
    boolean await(Duration patience) throws InterruptedException {
      return wanted.await(patience.toMillis(), TimeUnit.MILLISECONDS);
    }

    void finish() {
      finished.countDown();
    }
  }
}
