package io.yokedcache.metrics.bridge;

import com.typesafe.config.Config;
import io.yokedcache.metrics.bridge.MetricsSettings.TargetSettings;
import io.yokedcache.metrics.source.CacheSource;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;

/** Serves the caches of other JVMs to Prometheus, and sends them to StatsD, until it is ended. */
@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    versionProvider = BridgeCommand.Version.class,
    description = {
      "Serves the caches of other JVMs to Prometheus and sends them to StatsD, until Ctrl-C.",
      "A JVM that is down is tried again; its gauge bridge_jmx_target_up is 0 meanwhile."
    })
final class ServeCommand implements Callable<Integer> {

  private static final Logger logger = LoggerFactory.getLogger(ServeCommand.class);

  @Mixin private TargetOptions targetOptions = new TargetOptions();
  @Mixin private OutputOptions outputOptions = new OutputOptions();

  @Override
  public Integer call() throws IOException, InterruptedException {
    Config group = MetricsFile.withOutput(targetOptions.settings(outputOptions.settings()));
    MetricsSettings settings = MetricsSettings.of(group);
    if (!settings.isEnabled()) {
      throw new MetricsConfigurationException(
          "Neither prometheus nor statsd is enabled, so there is nothing to do");
    }
    Map<String, TargetSettings> jvms = targetOptions.targets(settings);
    Ending ending = Ending.onSignal();
    try (Targets targets = Targets.open(jvms, targetOptions.timeLimit());
        MetricsBridge bridge = MetricsBridge.of(settings, targets.sources())) {
      greet(targets);
      ending.await();
      logger.info("Ending, with a last report where one is due");
      bridge.report();
    } finally {
      ending.finish();
    }
    return ExitCode.OK;
  }

  /** In the background, since JVMs that do not answer must not keep the process from ending. */
  private static void greet(Targets targets) {
    Thread greeter =
        new Thread(() -> targets.sources().forEach(ServeCommand::greet), "yokedcache-greeting");
    greeter.setDaemon(true);
    greeter.start();
  }

  /** Says what is there from the beginning; what comes and goes later is a metric. */
  private static void greet(String name, CacheSource source) {
    try {
      int caches = source.readFigures().caches().size();
      logger.info("{} has {} caches with statistics", name, caches);
    } catch (IOException e) {
      logger.warn("{} is not there yet, and is tried again: {}", name, Failures.line(e));
    }
  }
}
