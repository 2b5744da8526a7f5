package io.yokedcache.metrics.statsd;

import static java.util.Objects.requireNonNull;

import io.yokedcache.metrics.source.OperationNames;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/** The settings of a {@link StatsDCollector}. Not thread-safe. */
public final class StatsDBuilder {

  private static final Duration LONGEST = Duration.ofDays(1);

  private static final String UNIX = "unix://";

  String host = "localhost";
  int port = 8125;
  String prefix = "yokedcache";
  double sampleRate = 1;
  Duration timeout = Duration.ofSeconds(5);
  StatsDFlavour flavour = StatsDFlavour.PLAIN;
  OperationNames operationNames = OperationNames.DEFAULT;
  Map<String, String> constantTags = Map.of();
  int maxPacketBytes = 1432;
  int queueCapacity = 65_536;
  Duration dnsRefresh = Duration.ofMinutes(1);

  StatsDBuilder() {}

  /**
   * Sets the daemon's host: a name or an address, {@code localhost} by default, or {@code
   * unix:///path} of a Unix datagram socket, for which junixsocket has to be on the class path. A
   * name is resolved in the background; one that does not exist is logged and tried again.
   */
  public StatsDBuilder host(String value) {
    boolean isSocket = value.startsWith(UNIX);
    require(
        isSocket ? value.startsWith(UNIX + "/") : !value.isBlank(),
        "host",
        value,
        "a name or an address, or unix:///path/of/a.socket");
    host = value;
    return this;
  }

  /** Sets the daemon's UDP port, 1 to 65535; 8125 by default. */
  public StatsDBuilder port(int value) {
    require(value >= 1 && value <= 65_535, "port", value, "1 to 65535");
    port = value;
    return this;
  }

  /**
   * Sets the beginning of every name, such as {@code myapp.cache}; may be empty; {@code yokedcache}
   * by default. It stands for the {@code cache} of {@code cache.gets.total}.
   */
  public StatsDBuilder prefix(String value) {
    prefix = requireNonNull(value, "prefix");
    return this;
  }

  /**
   * Sets the share of counts, values and durations that are sent, above 0 and at most 1; 1 by
   * default. The daemon multiplies them, so counters stay right on average: within 7 % (one
   * standard deviation) for 200 sent ones. Gauges are always sent.
   */
  public StatsDBuilder sampleRate(double value) {
    require(value > 0 && value <= 1, "sampleRate", value, "above 0, at most 1");
    sampleRate = value;
    return this;
  }

  /**
   * Sets how long {@link StatsDCollector#close()} may wait for the queue to be sent: at most a day;
   * 5 seconds by default. Nothing else ever waits: UDP has no answers.
   */
  public StatsDBuilder timeout(Duration value) {
    timeout = duration("timeout", value);
    return this;
  }

  /** Sets the daemon's dialect; {@link StatsDFlavour#PLAIN} by default. */
  public StatsDBuilder flavour(StatsDFlavour value) {
    flavour = requireNonNull(value, "flavour");
    return this;
  }

  /** Sets the names of the caches' operations; {@link OperationNames#DEFAULT} by default. */
  public StatsDBuilder operationNames(OperationNames value) {
    operationNames = requireNonNull(value, "operationNames");
    return this;
  }

  /** Sets the flavour {@link StatsDFlavour#DOGSTATSD} if true, else the plain one. */
  public StatsDBuilder useTags(boolean value) {
    return flavour(value ? StatsDFlavour.DOGSTATSD : StatsDFlavour.PLAIN);
  }

  /**
   * Sets tags for every metric, such as the environment; none by default. Only DogStatsD has tags
   * that do not become part of the name: with the plain flavour use the prefix.
   */
  public StatsDBuilder constantTags(Map<String, String> value) {
    constantTags = Map.copyOf(value);
    return this;
  }

  /**
   * Sets the largest datagram, 64 to 65507 bytes, so that none is split on its way; 1432 by
   * default, for Ethernet; 512 is safe on the Internet.
   */
  public StatsDBuilder maxPacketBytes(int value) {
    require(value >= 64 && value <= 65_507, "maxPacketBytes", value, "64 to 65507");
    maxPacketBytes = value;
    return this;
  }

  /** Sets how many measurements may wait, 1 to 10 million, of some 100 bytes; default 65,536. */
  public StatsDBuilder queueCapacity(int value) {
    require(value >= 1 && value <= 10_000_000, "queueCapacity", value, "1 to 10000000");
    queueCapacity = value;
    return this;
  }

  /** Sets how often the host is resolved again, at most a day; default 1 minute. */
  public StatsDBuilder dnsRefresh(Duration value) {
    dnsRefresh = duration("dnsRefresh", value);
    return this;
  }

  /**
   * Starts the collector. Returns at once, whether the daemon is there or not.
   *
   * @return the collector, to be closed
   * @throws IllegalArgumentException if there are constant tags with the plain flavour
   */
  public StatsDCollector build() {
    return build(host.startsWith(UNIX) ? unix() : udp(InetAddress::getAllByName));
  }

  private Transport.Factory unix() {
    try {
      return UnixTransport.to(Path.of(host.substring(UNIX.length())));
    } catch (NoClassDefFoundError e) {
      throw new IllegalArgumentException(
          "host is "
              + host
              + ", but Unix datagram sockets need com.kohlschutter.junixsocket:junixsocket-common"
              + " and junixsocket-native-common on the class path",
          e);
    }
  }

  StatsDCollector build(Transport.Factory transports) {
    if (!flavour.hasTags() && !constantTags.isEmpty()) {
      throw new IllegalArgumentException(
          "The plain flavour has no tags, but constantTags is "
              + constantTags
              + ": put the values into the prefix, or use DOGSTATSD");
    }
    return new StatsDCollector(this, transports);
  }

  /** Returns how to reach the host that these settings name. */
  Transport.Factory udp(HostAddress.Lookup lookup) {
    HostAddress address = new HostAddress(host, lookup, dnsRefresh);
    int udpPort = port;
    return (tally, deadline) -> new UdpTransport(address, udpPort, tally, deadline);
  }

  private static Duration duration(String name, Duration value) {
    boolean isPositive = !value.isNegative() && !value.isZero();
    require(isPositive && value.compareTo(LONGEST) <= 0, name, value, "above 0, at most a day");
    return value;
  }

  private static void require(boolean isValid, String name, Object value, String expected) {
    if (!isValid) {
      throw new IllegalArgumentException(name + " must be " + expected + ", but is " + value);
    }
  }
}
