package io.yokedcache.metrics.bridge;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A bridge that several managers of this JVM use, which ends with the last of them. Thread-safe.
 *
 * <p>One bridge shows all caches of the JVM, so a second one with the same settings would show them
 * twice. Managers know nothing of each other, hence the list that all share.
 */
final class SharedBridge {

  /** The running ones; also the monitor that guards everything here. */
  private static final List<SharedBridge> RUNNING = new ArrayList<>();

  private final MetricsSettings settings;
  private final MetricsBridge bridge;
  private final StatisticsAdvice advice;
  private int users = 1;

  private SharedBridge(MetricsSettings settings, MetricsBridge bridge) {
    this.settings = settings;
    this.bridge = bridge;
    this.advice = StatisticsAdvice.start();
  }

  /**
   * Starts a bridge, or takes the running one that has equal settings.
   *
   * @throws MetricsConfigurationException if another one has the same port or daemon, but not the
   *     same settings: that one goes on
   */
  static SharedBridge acquire(MetricsSettings settings) throws IOException {
    synchronized (RUNNING) {
      for (SharedBridge running : RUNNING) {
        if (running.settings.equals(settings)) {
          running.users++;
          return running;
        }
      }
      RUNNING.forEach(running -> requireNoClash(running.settings, settings));
      SharedBridge started = new SharedBridge(settings, MetricsBridge.ofThisJvm(settings));
      RUNNING.add(started);
      return started;
    }
  }

  private static void requireNoClash(MetricsSettings first, MetricsSettings second) {
    PrometheusOutput http = second.prometheus();
    if (first.prometheus().enabled()
        && http.enabled()
        && http.listener().port() != 0
        && http.listener().port() == first.prometheus().listener().port()
        && http.listener().host().equals(first.prometheus().listener().host())) {
      throw clash("prometheus", http.listener().host() + ":" + http.listener().port());
    }
    StatsDOutput statsd = second.statsd();
    if (first.statsd().enabled()
        && statsd.enabled()
        && statsd.daemon().equals(first.statsd().daemon())) {
      throw clash("statsd", statsd.daemon().host() + ":" + statsd.daemon().port());
    }
  }

  private static MetricsConfigurationException clash(String group, String address) {
    return new MetricsConfigurationException(
        "another cache manager of this JVM has yokedcache.metrics."
            + group
            + " with the same address "
            + address
            + " and other settings, which stay. Those metrics have the caches of all managers: use"
            + " the same settings everywhere, or another port");
  }

  MetricsBridge bridge() {
    return bridge;
  }

  /** Ends the bridge if nobody else uses it; else reports the caches that are about to go. */
  void release() {
    boolean isLast;
    synchronized (RUNNING) {
      users--;
      isLast = users == 0;
      if (isLast) {
        RUNNING.remove(this);
        // Under the monitor, so that the port is free when the next manager wants it.
        advice.close();
        bridge.close();
      }
    }
    if (!isLast) {
      bridge.report();
    }
  }

  /** The Prometheus port of each running bridge, for who chose port 0; -1 where there is none. */
  static List<Integer> ports() {
    synchronized (RUNNING) {
      return RUNNING.stream().map(running -> running.bridge.prometheusPort()).toList();
    }
  }
}
