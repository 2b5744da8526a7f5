package io.yokedcache.jcache;

import java.lang.management.ManagementFactory;
import javax.cache.Cache;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/** The counts of a cache as its MBean shows them, or what was added to them. */
record StatisticsDelta(long hits, long misses, long puts, long removals) {

  static StatisticsDelta of(Cache<?, ?> cache) {
    MBeanServer server = ManagementFactory.getPlatformMBeanServer();
    try {
      ObjectName name =
          new ObjectName(
              "javax.cache:type=CacheStatistics,CacheManager=%s,Cache=%s"
                  .formatted(
                      cache.getCacheManager().getURI().toString().replace(':', '.'),
                      cache.getName()));
      return new StatisticsDelta(
          (Long) server.getAttribute(name, "CacheHits"),
          (Long) server.getAttribute(name, "CacheMisses"),
          (Long) server.getAttribute(name, "CachePuts"),
          (Long) server.getAttribute(name, "CacheRemovals"));
    } catch (JMException e) {
      throw new IllegalStateException("No statistics of " + cache, e);
    }
  }

  StatisticsDelta since(StatisticsDelta before) {
    return new StatisticsDelta(
        hits - before.hits, misses - before.misses, puts - before.puts, removals - before.removals);
  }
}
