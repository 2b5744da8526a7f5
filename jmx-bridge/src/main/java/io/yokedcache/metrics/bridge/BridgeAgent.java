package io.yokedcache.metrics.bridge;

import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts the bridge inside any JVM: {@code -javaagent:yokedcache-jmx-bridge.jar=metrics.conf}.
 * Whatever is wrong is written to the log; the application starts and runs all the same.
 */
public final class BridgeAgent {

  /**
   * An application chooses its log manager and MBean server in its first moments, and cannot any
   * more once somebody has used the JDK's.
   */
  private static final Duration START_DELAY = Duration.ofSeconds(2);

  private BridgeAgent() {}

  /**
   * Called by the JVM before the application's main method.
   *
   * @param arguments a file, or settings; absent for Prometheus with its defaults
   */
  public static void premain(@Nullable String arguments) {
    startInBackground(arguments, START_DELAY);
  }

  /**
   * Called by the JVM when the agent is loaded into a running application.
   *
   * @param arguments a file, or settings; absent for Prometheus with its defaults
   */
  public static void agentmain(@Nullable String arguments) {
    startInBackground(arguments, Duration.ZERO);
  }

  private static void startInBackground(@Nullable String arguments, Duration delay) {
    Thread thread =
        new Thread(() -> start(arguments == null ? "" : arguments, delay), "yokedcache-agent");
    thread.setDaemon(true);
    thread.start();
  }

  private static void start(String arguments, Duration usualDelay) {
    try {
      AgentSettings agent = AgentSettings.parse(arguments, usualDelay);
      Thread.sleep(agent.delay().toMillis());
      run(agent.settings());
    } catch (IOException | MetricsConfigurationException e) {
      logger().error("No metrics of this JVM, which works as ever: {}", e.getMessage());
    } catch (InterruptedException endOfJvm) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | LinkageError e) {
      logger().error("No metrics of this JVM, which works as ever", e);
    }
  }

  private static void run(MetricsSettings settings) throws IOException {
    if (!settings.targets().isEmpty()) {
      logger()
          .warn(
              "yokedcache.metrics.targets is read by the stand-alone process only; the agent shows"
                  + " its own JVM");
    }
    settings.requirePeriodic();
    MetricsBridge bridge = MetricsBridge.ofThisJvm(settings);
    // A last report to StatsD.
    Runtime.getRuntime().addShutdownHook(new Thread(bridge::close, "yokedcache-agent-end"));
  }

  /** Not a constant: logging must not begin before the application. */
  private static Logger logger() {
    return LoggerFactory.getLogger(BridgeAgent.class);
  }
}
