package io.yokedcache.metrics.bridge;

import io.yokedcache.metrics.source.CacheSource.Selection;
import io.yokedcache.metrics.source.JmxCacheReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import javax.management.MBeanServer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
    Map<String, Object> taken = addresses(first);
    addresses(second)
        .forEach(
            (group, address) -> {
              if (address.equals(taken.get(group))) {
                throw new MetricsConfigurationException(
                    "another cache manager of this JVM has yokedcache.metrics."
                        + group
                        + " with the same address "
                        + (address instanceof StatsDOutput.Daemon daemon
                            ? daemon.host() + ":" + daemon.port()
                            : address)
                        + " and other settings, which stay. Those metrics have the caches of all"
                        + " managers: use the same settings everywhere, or another port");
              }
            });
  }

  /** The addresses that two bridges cannot share, by the group of the output. */
  private static Map<String, Object> addresses(MetricsSettings settings) {
    Map<String, Object> addresses = new TreeMap<>();
    PrometheusOutput.Listener http = settings.prometheus().listener();
    if (settings.prometheus().enabled() && http.port() != 0) {
      addresses.put("prometheus", http.host() + ":" + http.port());
    }
    if (settings.statsd().enabled()) {
      addresses.put("statsd", settings.statsd().daemon());
    }
    if (settings.otlp().enabled()) {
      addresses.put("otlp", Objects.requireNonNullElse(settings.otlp().endpoint(), "by default"));
    }
    return addresses;
  }

  MetricsBridge bridge() {
    return bridge;
  }

  /** Ends the bridge if it has no other users; else reports the caches that are about to close. */
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

  /** The Prometheus port of each running bridge, or -1; for bridges with port 0. */
  static List<Integer> ports() {
    synchronized (RUNNING) {
      return RUNNING.stream().map(running -> running.bridge.prometheusPort()).toList();
    }
  }

  /**
   * Logs once for each cache of YokedCache that it has no figures because its statistics are off,
   * which is JSR-107's default. Checks 5 seconds after the start and then each minute.
   */
  static final class StatisticsAdvice implements AutoCloseable {

    private static final Logger logger = LoggerFactory.getLogger(StatisticsAdvice.class);

    private static final long FIRST_SECONDS = 5;
    private static final long INTERVAL_SECONDS = 60;

    /** The number of caches that are remembered: an application may create caches without end. */
    private static final int MAX_TOLD = 10_000;

    private final Set<String> told = new HashSet<>();
    private final ScheduledExecutorService thread =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread daemon = new Thread(task, "yokedcache-statistics-advice");
              daemon.setDaemon(true);
              return daemon;
            });

    private StatisticsAdvice() {}

    static StatisticsAdvice start() {
      StatisticsAdvice advice = new StatisticsAdvice();
      ScheduledFuture<?> unused =
          advice.thread.scheduleWithFixedDelay(
              advice::look, FIRST_SECONDS, INTERVAL_SECONDS, TimeUnit.SECONDS);
      return advice;
    }

    private void look() {
      try {
        Set<String> unmeasured = unmeasured(ManagementFactory.getPlatformMBeanServer());
        unmeasured.removeAll(told);
        if (!unmeasured.isEmpty() && told.size() + unmeasured.size() <= MAX_TOLD) {
          told.addAll(unmeasured);
          logger.info(
              "{} without metrics, because the statistics are off: set"
                  + " yokedcache.defaults.statistics = true, or for one cache"
                  + " yokedcache.caches.\"<name>\".statistics = true",
              String.join(", ", unmeasured));
        }
      } catch (Throwable e) {
        // An exception or error would end the schedule.
        logger.debug("Cannot tell whether statistics are off", e);
      }
    }

    /** The caches of YokedCache, which alone has codecs, whose statistics are off. */
    static Set<String> unmeasured(MBeanServer server) throws IOException {
      Selection configurations = new Selection(false, true, Set.of());
      try (JmxCacheReader reader = new JmxCacheReader(server)) {
        return reader.read(configurations).configurations().stream()
            .filter(each -> each.codec() != null && Boolean.FALSE.equals(each.statisticsEnabled()))
            .map(each -> String.format("cache %s of %s", each.cache(), each.manager()))
            .collect(Collectors.toCollection(TreeSet::new));
      }
    }

    @Override
    public void close() {
      thread.shutdownNow();
    }
  }
}
