package io.yokedcache.metrics.bridge;

import io.yokedcache.metrics.source.CacheSource;
import io.yokedcache.metrics.source.OperationNames;
import io.yokedcache.metrics.source.PerTarget;
import io.yokedcache.metrics.statsd.StatsDCollector;
import io.yokedcache.metrics.statsd.StatsDFlavour;
import io.yokedcache.metrics.statsd.StatsDMode;
import io.yokedcache.metrics.statsd.StatsDReporter;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The group {@code statsd}: its settings, how they are read, and the parts they describe.
 *
 * @param interval the time between reports
 * @param sampleRate the share of operations that {@link StatsDMode#REALTIME} sends
 * @param limits what bounds the sending
 */
public record StatsDOutput(
    boolean enabled,
    Daemon daemon,
    StatsDMode mode,
    Duration interval,
    double sampleRate,
    Limits limits)
    implements MetricsBridge.Output {

  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Pattern ANYTHING = Pattern.compile(".+", Pattern.DOTALL);
  private static final Pattern TAG = Pattern.compile("[^|,:#@\\s]+");
  private static final Pattern PREFIX = Pattern.compile("[^|:#@\\s]*");

  private static final Pattern UDP_URL =
      Pattern.compile("udp://(?<host>\\[[^\\]]+]|[^:/\\[\\]]+)(:(?<port>\\d+))?");
  private static final Pattern UNIX_URL = Pattern.compile("unix(gram)?://(?<path>/.+)");
  private static final Pattern PORT = Pattern.compile("\\d{1,5}");
  private static final int MAX_PORT = 65_535;

  /** The variables of Datadog's unified service tagging and origin detection, by tag. */
  private static final Map<String, String> TAG_VARIABLES =
      Map.of(
          "dd.internal.entity_id",
          "DD_ENTITY_ID",
          "env",
          "DD_ENV",
          "service",
          "DD_SERVICE",
          "version",
          "DD_VERSION");

  /**
   * The daemon, and how it names things.
   *
   * @param flavour its dialect
   * @param prefix what all names begin with
   * @param names what operations are called
   * @param tags of every metric
   * @param cacheTags whether series have the tags of caches; otherwise the caches add up
   */
  public record Daemon(
      String host,
      int port,
      StatsDFlavour flavour,
      String prefix,
      OperationNames names,
      Map<String, String> tags,
      boolean cacheTags) {

    private static Daemon read(Group group) {
      StatsDFlavour flavour = group.choice("flavour", StatsDFlavour.class);
      Map<String, String> tags =
          group.texts("tags", TAG, "a tag's: it has spaces or one of | , : # @");
      if (!flavour.hasTags() && !tags.isEmpty()) {
        group.complain(
            "tags", "need flavour = dogstatsd; with plain put their values into the prefix");
      }
      Daemon written =
          new Daemon(
              group.text("host", ANYTHING, "a host name or an address"),
              group.integer("port", 1, MAX_PORT),
              flavour,
              group.text("prefix", PREFIX, "a text without spaces and | : # @"),
              group.choice("names", OperationNames.class),
              tags,
              group.flag("cache-tags"));
      return flavour == StatsDFlavour.DOGSTATSD && group.flag("enabled")
          ? written.withVariables(group)
          : written;
    }

    /** Takes the variables that Datadog's clients read for settings that nobody wrote. */
    private Daemon withVariables(Group group) {
      String toHost = group.isWritten("host") ? host : text(group, "DD_AGENT_HOST", host);
      String toPort = text(group, "DD_DOGSTATSD_PORT", "");
      String url = text(group, "DD_DOGSTATSD_URL", "");
      if (!url.isEmpty() && !group.isWritten("host")) {
        Matcher udp = UDP_URL.matcher(url);
        Matcher unix = UNIX_URL.matcher(url);
        if (udp.matches()) {
          toHost = udp.group("host");
          toPort = udp.group("port") == null ? toPort : udp.group("port");
        } else if (unix.matches()) {
          toHost = "unix://" + unix.group("path");
        } else {
          group.complain(
              "host",
              "is not set, and the variable DD_DOGSTATSD_URL is neither udp://host:port nor"
                  + " unix:///path: correct the variable or set host");
        }
      }
      int number = PORT.matcher(toPort).matches() ? Integer.parseInt(toPort) : 0;
      boolean takesPort = !toPort.isEmpty() && !group.isWritten("port");
      group.complainIf(
          takesPort && (number < 1 || number > MAX_PORT),
          "port",
          "is not set, and the variables DD_DOGSTATSD_URL and DD_DOGSTATSD_PORT have no port from 1"
              + " to 65535: correct the variable or set port");
      return new Daemon(
          toHost,
          takesPort ? number : port,
          flavour,
          prefix,
          names,
          tagsWithVariables(group),
          cacheTags);
    }

    private Map<String, String> tagsWithVariables(Group group) {
      Map<String, String> all = new TreeMap<>();
      TAG_VARIABLES.forEach(
          (tag, variable) -> {
            String value = text(group, variable, "");
            if (!value.isEmpty()) {
              all.put(tag, value);
            }
          });
      all.putAll(tags);
      return Map.copyOf(all);
    }

    private static String text(Group group, String variable, String otherwise) {
      Secret value = group.variable(variable);
      return value == null ? otherwise : value.value().strip();
    }
  }

  /**
   * What bounds the sending.
   *
   * @param timeout how long closing may take
   * @param maxPacketBytes the largest datagram
   * @param queueCapacity how many measurements may wait
   */
  public record Limits(Duration timeout, int maxPacketBytes, int queueCapacity) {}

  @Override
  public MetricsBridge.Part part(MetricsBridge bridge) {
    return new Part(bridge, this);
  }

  static StatsDOutput read(Group group) {
    StatsDMode mode = group.choice("mode", StatsDMode.class);
    double sampleRate = group.share("sample-rate");
    if (mode == StatsDMode.PERIODIC && sampleRate < 1) {
      group.warn("sample-rate", "has no effect with mode = periodic, whose counts are exact");
    }
    return new StatsDOutput(
        group.flag("enabled"),
        Daemon.read(group),
        mode,
        group.duration("interval", SECOND, HOUR),
        sampleRate,
        new Limits(
            group.duration("timeout", Duration.ofMillis(1), HOUR),
            group.integer("max-packet-bytes", 64, 65_507),
            group.integer("queue-capacity", 1, 10_000_000)));
  }

  /** Sends to the daemon, with a reporter for each JVM. */
  static final class Part implements MetricsBridge.Part {

    private static final Logger logger = LoggerFactory.getLogger(StatsDOutput.class);

    private final MetricsBridge bridge;
    private final StatsDOutput output;
    private final StatsDCollector collector;
    private final PerTarget<StatsDReporter> reporters = new PerTarget<>(this::reporter);

    Part(MetricsBridge bridge, StatsDOutput output) {
      this.bridge = bridge;
      this.output = output;
      this.collector =
          StatsDCollector.builder()
              .host(output.daemon.host())
              .port(output.daemon.port())
              .flavour(output.daemon.flavour())
              .prefix(output.daemon.prefix())
              .operationNames(output.daemon.names())
              .constantTags(output.daemon.tags())
              .sampleRate(output.sampleRate)
              .timeout(output.limits.timeout())
              .maxPacketBytes(output.limits.maxPacketBytes())
              .queueCapacity(output.limits.queueCapacity())
              .build();
    }

    private StatsDReporter reporter(String name, CacheSource source) {
      Duration ownInterval = bridge.interval(name);
      return StatsDReporter.builder(source, collector)
          .target(name)
          .mode(output.mode)
          .series(bridge.settings().series())
          .cacheTags(output.daemon.cacheTags())
          .interval(ownInterval == null ? output.interval : ownInterval)
          .sendHistory(bridge.sendsHistory())
          .start();
    }

    boolean isRealtime() {
      return output.mode == StatsDMode.REALTIME;
    }

    @Override
    public StatsDCollector collector() {
      return collector;
    }

    @Override
    public void start() {
      targets();
    }

    @Override
    public void targets() {
      reporters.follow(bridge.sources());
    }

    @Override
    public void report() {
      for (StatsDReporter reporter : reporters.parts()) {
        try {
          reporter.report();
        } catch (IOException e) {
          logger.debug("Cannot report to StatsD", e);
        }
      }
    }

    @Override
    public void close() {
      reporters.close();
      collector.close();
    }
  }
}
