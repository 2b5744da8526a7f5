package io.yokedcache.metrics.bridge;

import java.lang.management.ManagementFactory;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import javax.management.MBeanServer;
import javax.management.MalformedObjectNameException;
import javax.management.ObjectName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says once of each of YokedCache's caches that it has no figures because its statistics are off,
 * as JSR-107 has them by default. Looks some seconds after the start and then each minute.
 */
final class StatisticsAdvice implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(StatisticsAdvice.class);

  private static final long FIRST_SECONDS = 5;
  private static final long INTERVAL_SECONDS = 60;

  /** How many caches are remembered, so that an application that makes ever new ones is safe. */
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
            "No metrics of {}: the statistics are off. Turn them on by"
                + " yokedcache.defaults.statistics = true, or for one cache by"
                + " yokedcache.caches.\"<name>\".statistics = true",
            String.join(", ", unmeasured));
      }
    } catch (RuntimeException e) {
      // Advice is not worth more than a line; an exception would end the schedule.
      logger.debug("Cannot tell whether statistics are off", e);
    }
  }

  /** The caches that have the bean of every cache, but not the one of those with statistics. */
  static Set<String> unmeasured(MBeanServer server) {
    Set<String> caches = names(server, "io.yokedcache:type=CacheExtendedStatistics,*");
    caches.removeAll(names(server, "javax.cache:type=CacheStatistics,*"));
    return caches;
  }

  private static Set<String> names(MBeanServer server, String pattern) {
    Set<String> names = new TreeSet<>();
    try {
      for (ObjectName bean : server.queryNames(new ObjectName(pattern), /* query= */ null)) {
        names.add(
            "cache " + bean.getKeyProperty("Cache") + " of " + bean.getKeyProperty("CacheManager"));
      }
    } catch (MalformedObjectNameException e) {
      throw new IllegalStateException(pattern, e);
    }
    return names;
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
