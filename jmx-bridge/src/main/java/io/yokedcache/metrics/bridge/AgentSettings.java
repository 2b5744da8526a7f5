package io.yokedcache.metrics.bridge;

import com.typesafe.config.Config;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What stands behind {@code -javaagent:...jar=}.
 *
 * @param settings what the bridge is to do
 * @param delay how long it waits before it begins
 */
record AgentSettings(MetricsSettings settings, Duration delay) {

  private static final String SHOWN = "the arguments of the agent";
  private static final String CONFIG = "config";
  private static final String DELAY = "delay";

  /**
   * Reads the path of a file, or settings: {@code prometheus.port=9404,statsd.host=localhost}.
   *
   * @param text what the JVM passes on; empty for Prometheus with its defaults
   * @param usualDelay the delay if the arguments have none
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
      // Told below.
    }
    throw new MetricsConfigurationException(
        SHOWN + ": delay is \"" + text + "\", but must be 0 to 3600 seconds, such as delay=10s");
  }
}
