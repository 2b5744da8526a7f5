package io.yokedcache.metrics.bridge;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where the figures go: the commonest settings as options, and all others by {@code --set}. */
final class OutputOptions {

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

  /** The settings that the options stand for, by path. */
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
