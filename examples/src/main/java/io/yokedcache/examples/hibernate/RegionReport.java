package io.yokedcache.examples.hibernate;

import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.hibernate.stat.CacheRegionStatistics;
import org.hibernate.stat.Statistics;
import org.jspecify.annotations.Nullable;

/** Prints what Hibernate and what the JSR-107 MBeans have counted, region by region. */
final class RegionReport {

  private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();
  private final Statistics hibernate;
  private final PrintStream out;

  RegionReport(Statistics hibernate, PrintStream out) {
    this.hibernate = hibernate;
    this.out = out;
  }

  /** Makes both statistics begin at zero, so that they are about the same time. */
  void reset() throws JMException {
    hibernate.clear();
    for (ObjectName bean : beans(Shop.REGION_PREFIX + ".*")) {
      server.invoke(bean, "clear", new Object[0], new String[0]);
    }
  }

  void print() throws JMException {
    out.printf("%-36s %s%n", "", "Hibernate's statistics               MBean CacheStatistics");
    out.printf(
        "%-36s %9s %7s %7s %6s   %9s %7s %7s %6s%n",
        "region", "hits", "misses", "puts", "hits %", "hits", "misses", "puts", "hits %");
    String[] regions = hibernate.getSecondLevelCacheRegionNames();
    Arrays.sort(regions);
    for (String region : regions) {
      CacheRegionStatistics counts = hibernate.getCacheRegionStatistics(region);
      printRow(
          region,
          counts == null
              ? "(not counted)"
              : columns(counts.getHitCount(), counts.getMissCount(), counts.getPutCount()));
    }
    printRow(
        "default-update-timestamps-region",
        columns(
            hibernate.getUpdateTimestampsCacheHitCount(),
            hibernate.getUpdateTimestampsCacheMissCount(),
            hibernate.getUpdateTimestampsCachePutCount()));
    out.println(
        """
        Hibernate counts what its sessions asked for. The MBeans count what the cache was asked for:
        also that a region looks at an entry before it stores or locks it. So theirs may be higher.\
        """);
  }

  private void printRow(String region, String ofHibernate) throws JMException {
    String shown = region.replace(getClass().getPackageName() + ".", "");
    ObjectName bean = beans(Shop.REGION_PREFIX + "." + region).stream().findFirst().orElse(null);
    out.printf("%-36s %-32s   %s%n", shown, ofHibernate, ofMBean(bean));
  }

  /** Says how to look at the same figures from outside. */
  void printWhereToLook() throws JMException {
    long pid = ProcessHandle.current().pid();
    out.println("Look at the MBeans with: jconsole " + pid + "   (tab MBeans, javax.cache)");
    for (ObjectName bean : beans(Shop.REGION_PREFIX + ".*")) {
      out.println("  " + bean);
    }
  }

  private String ofMBean(@Nullable ObjectName bean) throws JMException {
    return bean == null
        ? "(no MBean)"
        : columns(count(bean, "CacheHits"), count(bean, "CacheMisses"), count(bean, "CachePuts"));
  }

  private long count(ObjectName bean, String attribute) throws JMException {
    return ((Number) server.getAttribute(bean, attribute)).longValue();
  }

  private Set<ObjectName> beans(String cachePattern) throws JMException {
    ObjectName pattern =
        new ObjectName("javax.cache:type=CacheStatistics,Cache=" + cachePattern + ",*");
    return server.queryNames(pattern, null);
  }

  private static String columns(long hits, long misses, long puts) {
    double percent = hits + misses == 0 ? 0 : 100.0 * hits / (hits + misses);
    return String.format(Locale.ROOT, "%9d %7d %7d %6.1f", hits, misses, puts, percent);
  }
}
