package io.yokedcache.metrics.bridge;

import io.yokedcache.metrics.MetricsCollector;
import io.yokedcache.metrics.NoOpCollector;
import io.yokedcache.metrics.otlp.OtlpReporter;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The group {@code otlp}: its settings, how they are read, and the part they describe. All but
 * {@code enabled} may be absent, for OpenTelemetry's own variables to count.
 *
 * @param protocol {@code grpc} or {@code http/protobuf}
 * @param certificate those that are trusted, as PEM
 * @param temporality {@code cumulative} or {@code delta}
 * @param histogram {@code explicit} or {@code exponential}
 * @param resource attributes of the process that is measured
 * @param compression {@code gzip} or {@code none}
 */
public record OtlpOutput(
    boolean enabled,
    @Nullable String endpoint,
    @Nullable String protocol,
    Map<String, Secret> headers,
    @Nullable Path certificate,
    @Nullable Duration interval,
    @Nullable Duration timeout,
    @Nullable String temporality,
    @Nullable String histogram,
    Map<String, String> resource,
    @Nullable String compression)
    implements MetricsBridge.Output {

  private static final Logger logger = LoggerFactory.getLogger(OtlpOutput.class);

  private static final String GRPC = "grpc";
  private static final String HTTP = "http/protobuf";
  private static final Pattern HEADER = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
  private static final Pattern ATTRIBUTE = Pattern.compile("[!-~]+");
  private static final Map<String, String> HISTOGRAMS =
      Map.of(
          "explicit", "explicit_bucket_histogram",
          "exponential", "base2_exponential_bucket_histogram");

  @Override
  public MetricsBridge.Part part(MetricsBridge bridge) {
    return new Part(bridge, this);
  }

  static OtlpOutput read(Group group) {
    String protocol = group.optionalChoice("protocol", List.of(GRPC, HTTP));
    String endpoint = group.optionalText("endpoint");
    if (endpoint != null) {
      complainOf(endpoint, protocol, group);
    }
    return new OtlpOutput(
        group.flag("enabled"),
        endpoint,
        protocol,
        group.texts("headers", HEADER, "that of an HTTP header").entrySet().stream()
            .collect(
                Collectors.toUnmodifiableMap(
                    Map.Entry::getKey, header -> new Secret(header.getValue()))),
        group.readableFile("certificate"),
        group.optionalDuration("interval", Duration.ofSeconds(1), Duration.ofHours(1)),
        group.optionalDuration("timeout", Duration.ofMillis(1), Duration.ofHours(1)),
        group.optionalChoice("temporality", List.of("cumulative", "delta")),
        group.optionalChoice("histogram", List.of("explicit", "exponential")),
        group.texts("resource", ATTRIBUTE, "a text without spaces"),
        group.optionalChoice("compression", List.of("gzip", "none")));
  }

  private static void complainOf(String endpoint, @Nullable String protocol, Group group) {
    URI url;
    try {
      url = new URI(endpoint);
    } catch (URISyntaxException e) {
      url = URI.create("");
    }
    String path = url.getPath() == null ? "" : url.getPath();
    if (!("http".equals(url.getScheme()) || "https".equals(url.getScheme()))
        || url.getHost() == null) {
      group.complain("endpoint", "must be a URL such as http://collector:4317");
    } else if (url.getQuery() != null || url.getFragment() != null || url.getUserInfo() != null) {
      group.complain("endpoint", "must have no user, ? and #; headers are for secrets");
    } else if (GRPC.equals(protocol) && path.length() > 1) {
      group.complain("endpoint", "must have no path with protocol = grpc");
    }
  }

  /** Sends to a collector, unless OpenTelemetry's variables turn it off. */
  static final class Part implements MetricsBridge.Part {

    private final MetricsBridge bridge;
    private final OtlpOutput output;
    private final MetricsCollector collector = new NoOpCollector();
    private volatile @Nullable OtlpReporter reporter;

    Part(MetricsBridge bridge, OtlpOutput output) {
      this.bridge = bridge;
      this.output = output;
    }

    /** Applications have OpenTelemetry itself for their own metrics. */
    @Override
    public MetricsCollector collector() {
      return collector;
    }

    @Override
    public void start() {
      String group = MetricsFile.GROUP + ".otlp";
      try {
        reporter =
            OtlpReporter.start(
                output.properties(),
                output.resource,
                bridge.sources(),
                bridge.settings().prometheus().bucketsSeconds(),
                bridge.settings().series());
      } catch (IllegalArgumentException e) {
        throw new MetricsConfigurationException(group + ": " + e.getMessage(), e);
      } catch (LinkageError e) {
        logger.error(
            "{}.enabled = true has no effect, and all other outputs go on: OpenTelemetry is not on"
                + " the class path ({}). Add io.opentelemetry:opentelemetry-exporter-otlp and"
                + " io.opentelemetry:opentelemetry-sdk-extension-autoconfigure-spi (1.68 or newer),"
                + " or set {}.enabled = false",
            group,
            e.toString(),
            group);
      }
    }

    // No method references to the reporter: without OpenTelemetry its class cannot be linked.

    @Override
    public void targets() {
      OtlpReporter started = reporter;
      if (started != null) {
        started.targets(bridge.sources());
      }
    }

    @Override
    public void report() {
      OtlpReporter started = reporter;
      if (started != null) {
        started.report();
      }
    }

    @Override
    public void close() {
      OtlpReporter started = reporter;
      if (started != null) {
        started.close();
      }
    }
  }

  /** OpenTelemetry's properties for metrics, which precede the properties for all signals. */
  private Map<String, String> properties() {
    Map<String, String> properties = new HashMap<>();
    put(properties, "endpoint", endpoint);
    put(properties, "protocol", protocol);
    put(properties, "certificate", certificate == null ? null : certificate.toString());
    put(properties, "timeout", millis(timeout));
    put(properties, "compression", compression);
    put(properties, "temporality.preference", temporality);
    put(
        properties,
        "default.histogram.aggregation",
        histogram == null ? null : HISTOGRAMS.get(histogram));
    if (!headers.isEmpty()) {
      Map<String, String> values = new TreeMap<>();
      headers.forEach((name, value) -> values.put(name, value.value()));
      put(properties, "headers", OtlpReporter.encoded(values));
    }
    String millis = millis(interval);
    if (millis != null) {
      properties.put("otel.metric.export.interval", millis);
    }
    return properties;
  }

  private static void put(Map<String, String> properties, String key, @Nullable String value) {
    if (value != null) {
      properties.put("otel.exporter.otlp.metrics." + key, value);
    }
  }

  private static @Nullable String millis(@Nullable Duration duration) {
    return duration == null ? null : Long.toString(duration.toMillis());
  }
}
