package io.yokedcache.examples.hibernate;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.hibernate.engine.spi.SessionFactoryImplementor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The MBeans of caches that Hibernate creates by itself come and go with its session factory. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class RegionBeansIT {

  private static final int OPERATIONS = 25;

  private final MBeanServer jmx = ManagementFactory.getPlatformMBeanServer();
  private Servers servers;

  @BeforeEach
  void start(@TempDir Path folder) throws Exception {
    servers = Servers.start(folder);
  }

  @AfterEach
  void stop() throws Exception {
    servers.close();
  }

  /** The beans of the manager that a file configures. */
  private Set<ObjectName> beans(String cacheFile, String pattern) throws Exception {
    String file = cacheFile.substring(cacheFile.lastIndexOf('/'));
    return jmx.queryNames(new ObjectName(pattern), null).stream()
        .filter(name -> String.valueOf(name.getKeyProperty("CacheManager")).endsWith(file))
        .collect(Collectors.toSet());
  }

  private static Set<String> caches(Set<ObjectName> beans) {
    return beans.stream()
        .map(bean -> bean.getKeyProperty("Cache"))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void regions_haveBeansWithStatisticsByTheFile() throws Exception {
    String cacheFile = servers.cacheFile("management.operations = all\ndefaults.statistics = true");
    Application application = servers.open(cacheFile, "seen");
    application.ask(Job.INSERT, 1);
    application.ask(Job.ARTICLE, 1);
    application.ask(Job.ARTICLE, 1);
    application.ask(Job.ARTICLES_BY_QUERY, 1);

    Set<String> regions =
        new TreeSet<>(
            application
                .sessions()
                .unwrap(SessionFactoryImplementor.class)
                .getCache()
                .getCacheRegionNames());
    assertThat(regions).hasSizeGreaterThan(3);
    Set<String> prefixed = regions.stream().map(name -> "seen." + name).collect(Collectors.toSet());
    Set<ObjectName> operations = beans(cacheFile, "io.yokedcache:type=CacheOperation,*");
    assertThat(caches(operations)).containsAll(prefixed);
    assertThat(operations).hasSize(OPERATIONS * caches(operations).size());
    for (String type : Set.of("io.yokedcache:type=CacheExtendedStatistics,*", "javax.cache:*")) {
      assertThat(caches(beans(cacheFile, type))).isEqualTo(caches(operations));
    }
    assertThat(beans(cacheFile, "io.yokedcache:type=Snapshot,*")).hasSize(1);
    assertThat(
            operations.stream()
                .filter(bean -> bean.getKeyProperty("Cache").endsWith(".Article"))
                .filter(bean -> bean.getKeyProperty("operation").equals("get"))
                .toList())
        .hasSize(1)
        .allSatisfy(bean -> assertThat((Long) jmx.getAttribute(bean, "Count")).isPositive());

    application.close();
    assertThat(beans(cacheFile, "*:*")).isEmpty();
  }

  @Test
  void regions_withoutStatistics() throws Exception {
    String cacheFile = servers.cacheFile("defaults { statistics = false, management = false }");
    Application application = servers.open(cacheFile, "unseen");

    assertThat(beans(cacheFile, "io.yokedcache:type=CacheExtendedStatistics,*")).isNotEmpty();
    assertThat(beans(cacheFile, "io.yokedcache:type=CacheOperation,*")).isEmpty();
    assertThat(beans(cacheFile, "javax.cache:*")).isEmpty();

    application.close();
    assertThat(beans(cacheFile, "*:*")).isEmpty();
  }
}
