package io.yokedcache.metrics.jmx;

import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/** A YokedCache manager's snapshot bean with known figures, registered until it is closed. */
public final class SnapshotFixture implements AutoCloseable {

  /** The contract between provider and bridge, as an interface; JMX makes open data of it. */
  public interface SnapshotMXBean {
    long[] getBoundsNanos();

    List<CacheData> getCaches();

    ConnectionData getConnection();
  }

  /** One cache's figures. */
  public static final class CacheData {
    private final String cache;
    private final List<OperationData> operations;
    private final Map<String, Long> counters;
    private final Map<String, Double> gauges;

    public CacheData(
        String cache,
        List<OperationData> operations,
        Map<String, Long> counters,
        Map<String, Double> gauges) {
      this.cache = cache;
      this.operations = operations;
      this.counters = counters;
      this.gauges = gauges;
    }

    public String getCache() {
      return cache;
    }

    public List<OperationData> getOperations() {
      return operations;
    }

    public Map<String, Long> getCounters() {
      return counters;
    }

    public Map<String, Double> getGauges() {
      return gauges;
    }
  }

  /** One operation's timer. */
  public static final class OperationData {
    private final String operation;
    private final long sumNanos;
    private final long[] cells;
    private final Map<String, Long> errors;

    public OperationData(String operation, long sumNanos, Map<String, Long> errors, long... cells) {
      this.operation = operation;
      this.sumNanos = sumNanos;
      this.cells = cells;
      this.errors = errors;
    }

    public String getOperation() {
      return operation;
    }

    public long getCount() {
      long count = 0;
      for (long cell : cells) {
        count += cell;
      }
      return count;
    }

    public long getSumNanos() {
      return sumNanos;
    }

    public long getMaxNanos() {
      return 42;
    }

    public long[] getCells() {
      return cells.clone();
    }

    public Map<String, Long> getErrors() {
      return errors;
    }
  }

  /** How the manager's connection is. */
  public static final class ConnectionData {
    public boolean isHealthy() {
      return true;
    }

    public long getPingNanos() {
      return 250_000;
    }

    public long getReconnects() {
      return 3;
    }

    public int getPoolActive() {
      return 2;
    }

    public int getPoolIdle() {
      return 5;
    }

    public int getPoolWaiting() {
      return 0;
    }
  }

  private static final AtomicInteger managers = new AtomicInteger();

  private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();
  private final String manager = "redis.//fixture" + managers.incrementAndGet();
  private final List<CacheData> caches = new CopyOnWriteArrayList<>();
  private final long[] boundsNanos;
  private final ObjectName name;

  public SnapshotFixture(long... boundsNanos) throws JMException {
    this.boundsNanos = boundsNanos;
    this.name = new ObjectName("io.yokedcache:type=Snapshot,CacheManager=" + manager);
    server.registerMBean(
        new SnapshotMXBean() {
          @Override
          public long[] getBoundsNanos() {
            return SnapshotFixture.this.boundsNanos.clone();
          }

          @Override
          public List<CacheData> getCaches() {
            return caches;
          }

          @Override
          public ConnectionData getConnection() {
            return new ConnectionData();
          }
        },
        name);
  }

  /** The manager's name, other than that of any other fixture. */
  public String manager() {
    return manager;
  }

  public SnapshotFixture with(CacheData cache) {
    caches.add(cache);
    return this;
  }

  @Override
  public void close() throws JMException {
    server.unregisterMBean(name);
  }
}
