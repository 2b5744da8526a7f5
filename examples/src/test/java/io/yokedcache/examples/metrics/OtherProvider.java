package io.yokedcache.examples.metrics;

import java.lang.management.ManagementFactory;
import java.util.concurrent.atomic.AtomicLong;
import javax.cache.management.CacheStatisticsMXBean;
import javax.management.JMException;
import javax.management.ObjectName;
import javax.management.StandardMBean;

/**
 * The statistics that JSR-107 asks of any provider, of one that counts evictions: where Redis
 * evicts, nobody tells our provider.
 */
final class OtherProvider implements CacheStatisticsMXBean, AutoCloseable {

  private final ObjectName name;
  private final AtomicLong evictions = new AtomicLong();

  private OtherProvider() throws JMException {
    name = new ObjectName("javax.cache:type=CacheStatistics,CacheManager=other,Cache=bounded");
    ManagementFactory.getPlatformMBeanServer()
        .registerMBean(new StandardMBean(this, CacheStatisticsMXBean.class, true), name);
  }

  static OtherProvider register() throws JMException {
    return new OtherProvider();
  }

  void evict() {
    evictions.incrementAndGet();
  }

  @Override
  public void clear() {
    evictions.set(0);
  }

  @Override
  public long getCacheHits() {
    return 0;
  }

  @Override
  public float getCacheHitPercentage() {
    return 0;
  }

  @Override
  public long getCacheMisses() {
    return 0;
  }

  @Override
  public float getCacheMissPercentage() {
    return 0;
  }

  @Override
  public long getCacheGets() {
    return 0;
  }

  @Override
  public long getCachePuts() {
    return evictions.get();
  }

  @Override
  public long getCacheRemovals() {
    return 0;
  }

  @Override
  public long getCacheEvictions() {
    return evictions.get();
  }

  @Override
  public float getAverageGetTime() {
    return 0;
  }

  @Override
  public float getAveragePutTime() {
    return 0;
  }

  @Override
  public float getAverageRemoveTime() {
    return 0;
  }

  @Override
  public void close() throws JMException {
    ManagementFactory.getPlatformMBeanServer().unregisterMBean(name);
  }
}
