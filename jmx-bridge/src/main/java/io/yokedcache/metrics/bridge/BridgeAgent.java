package io.yokedcache.metrics.bridge;

import com.typesafe.config.Config;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts the bridge inside any JVM: {@code -javaagent:yokedcache-jmx-bridge.jar=metrics.conf}.
 * Errors are logged; the application starts in any case.
 */
public final class BridgeAgent {

  /**
   * An application chooses its log manager and MBean server in its first moments, and cannot any
   * more once somebody has used the JDK's.
   */
  private static final Duration START_DELAY = Duration.ofSeconds(2);

  private static final String NO_METRICS =
      "This JVM has no metrics; the application is not affected: ";

  /** One jar may be loaded as an agent twice, by hand or by two options; also guards itself. */
  private static final Set<MetricsSettings> RUNNING = new HashSet<>();

  private BridgeAgent() {}

  public static void premain(@Nullable String arguments) {
    startInBackground(arguments, START_DELAY);
  }

  /** Called by the JVM when the agent is loaded into a running application. */
  public static void agentmain(@Nullable String arguments) {
    startInBackground(arguments, Duration.ZERO);
  }

  /** An exception would keep the application from starting, an error at least its agents. */
  private static void startInBackground(@Nullable String arguments, Duration delay) {
    try {
      Thread thread =
          new Thread(() -> start(arguments == null ? "" : arguments, delay), "yokedcache-agent");
      thread.setDaemon(true);
      thread.start();
    } catch (Throwable e) {
      System.err.println(NO_METRICS + e);
    }
  }

  private static void start(String arguments, Duration usualDelay) {
    try {
      AgentSettings agent = AgentSettings.parse(arguments, usualDelay);
      Thread.sleep(agent.delay().toMillis());
      run(agent.settings());
    } catch (InterruptedException endOfJvm) {
      Thread.currentThread().interrupt();
    } catch (Throwable e) {
      boolean isClear = e instanceof IOException || e instanceof MetricsConfigurationException;
      logger().error("{}{}", NO_METRICS, isClear ? e.getMessage() : e.toString());
      logger().debug("Where it failed", e);
    }
  }

  private static void run(MetricsSettings settings) throws IOException {
    synchronized (RUNNING) {
      if (RUNNING.contains(settings)) {
        logger().info("These metrics are served already; loading the agent again has no effect");
        return;
      }
      if (!settings.targets().isEmpty()) {
        logger()
            .warn(
                "yokedcache.metrics.targets has no effect in an agent, which shows its own JVM: use"
                    + " the stand-alone process for other JVMs");
      }
      settings.requirePeriodic();
      CompletableFuture<Optional<MetricsBridge>> bridge = new CompletableFuture<>();
      Thread end = new Thread(() -> closeInTime(bridge, settings), "yokedcache-agent-end");
      // Before the outputs start: a JVM that ends right behind their start sends a last report too.
      Runtime.getRuntime().addShutdownHook(end);
      try {
        bridge.complete(Optional.of(MetricsBridge.ofThisJvm(settings)));
        RUNNING.add(settings);
      } finally {
        if (bridge.complete(Optional.empty())) {
          removeShutdownHook(end);
        }
      }
    }
  }

  private static void removeShutdownHook(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException endOfJvm) {
      // The hook runs, and has nothing to close.
    }
  }

  /** Sends the last reports, which must not hold up the end of the JVM. */
  private static void closeInTime(
      CompletableFuture<Optional<MetricsBridge>> bridge, MetricsSettings settings) {
    Thread closing =
        new Thread(() -> bridge.join().ifPresent(MetricsBridge::close), "yokedcache-agent-close");
    closing.setDaemon(true);
    closing.start();
    try {
      closing.join(
          1_000
              + (settings.statsd().enabled() ? settings.statsd().limits().timeout().toMillis() : 0)
              // The first report of a JVM loads the classes of gRPC and connects.
              + (settings.otlp().enabled() ? 3_000 : 0));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Not a constant: logging must not begin before the application. */
  private static Logger logger() {
    return LoggerFactory.getLogger(BridgeAgent.class);
  }

  /** The text behind {@code -javaagent:...jar=}; the agent waits for the delay before it begins. */
  record AgentSettings(MetricsSettings settings, Duration delay) {

    private static final String SHOWN = "the arguments of the agent";
    private static final String CONFIG = "config";
    private static final String DELAY = "delay";

    /**
     * Reads the path of a file, or settings: {@code prometheus.port=9404,statsd.host=localhost}.
     * Without either, Prometheus is enabled with its defaults.
     */
    static AgentSettings parse(String text, Duration usualDelay) {
      Map<String, String> values = new LinkedHashMap<>();
      if (!text.isBlank() && !text.contains("=")) {
        values.put(CONFIG, text.strip());
      } else if (!text.isBlank()) {
        for (String pair : text.split(",", /* limit= */ -1)) {
          String[] parts = pair.split("=", 2);
          if (parts.length < 2 || parts[0].isBlank()) {
            throw new MetricsConfigurationException(
                SHOWN
                    + ": \""
                    + parts[0]
                    + "\" is not key=value. Write -javaagent:...jar=metrics.conf or"
                    + " -javaagent:...jar=prometheus.port=9404,statsd.host=localhost; values that"
                    + " have a comma need a file");
          }
          values.put(parts[0].strip(), parts[1].strip());
        }
      }
      String delay = values.remove(DELAY);
      String file = values.remove(CONFIG);
      Config group = MetricsFile.of(values, SHOWN);
      if (file != null) {
        group = group.withFallback(MetricsFile.read(Path.of(file)));
      }
      return new AgentSettings(
          MetricsSettings.of(MetricsFile.withOutput(group)),
          delay == null ? usualDelay : seconds(delay));
    }

    private static Duration seconds(String text) {
      try {
        long seconds = Long.parseLong(text.replaceFirst("s$", ""));
        if (seconds >= 0 && seconds <= 3600) {
          return Duration.ofSeconds(seconds);
        }
      } catch (NumberFormatException e) {
        // Reported below.
      }
      throw new MetricsConfigurationException(
          SHOWN + ": delay is \"" + text + "\", but must be 0 to 3600 seconds, such as delay=10s");
    }
  }
}
