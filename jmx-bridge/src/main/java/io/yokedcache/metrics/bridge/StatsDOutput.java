package io.yokedcache.metrics.bridge;

import io.yokedcache.metrics.source.OperationNames;
import io.yokedcache.metrics.statsd.StatsDFlavour;
import io.yokedcache.metrics.statsd.StatsDMode;
import java.time.Duration;
import java.util.Map;

/**
 * The group {@code statsd}.
 *
 * @param enabled whether metrics are sent
 * @param daemon where they are sent
 * @param mode when they are sent
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
    Limits limits) {

  /**
   * The daemon, and how it names things.
   *
   * @param host its name or address
   * @param port its UDP port
   * @param flavour its dialect
   * @param prefix what all names begin with
   * @param names what operations are called
   * @param tags of every metric
   */
  public record Daemon(
      String host,
      int port,
      StatsDFlavour flavour,
      String prefix,
      OperationNames names,
      Map<String, String> tags) {}

  /**
   * What bounds the sending.
   *
   * @param timeout how long closing may take
   * @param maxPacketBytes the largest datagram
   * @param queueCapacity how many measurements may wait
   */
  public record Limits(Duration timeout, int maxPacketBytes, int queueCapacity) {}
}
