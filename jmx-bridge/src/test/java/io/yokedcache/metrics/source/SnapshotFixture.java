package io.yokedcache.metrics.source;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/** A YokedCache manager's snapshot bean with known figures, registered until it is closed. */
public final class SnapshotFixture implements AutoCloseable {

  /** The contract between provider and bridge, as an interface; JMX makes open data of it. */
  public interface SnapshotMXBean {
    long[] getBoundsNanos();

    OperationsData getOperations();

    ConnectionData getConnection();

    FiguresData getFigures();

    FiguresData figures(String[] names);

    ConfigurationsData getConfigurations();
  }

  /** Counters and gauges of all caches, row by row. */
  public static final class FiguresData {
    private final List<CacheData> caches;
    private final List<String> counterNames;
    private final List<String> gaugeNames;

    private FiguresData(
        List<CacheData> caches, List<String> counterNames, List<String> gaugeNames) {
      this.caches = List.copyOf(caches);
      this.counterNames = counterNames;
      this.gaugeNames = gaugeNames;
    }

    public String[] getCaches() {
      return caches.stream().map(CacheData::getCache).toArray(String[]::new);
    }

    public String[] getCounterNames() {
      return counterNames.toArray(String[]::new);
    }

    public long[] getCounters() {
      long[] counters = new long[caches.size() * counterNames.size()];
      int i = 0;
      for (CacheData cache : caches) {
        for (String name : counterNames) {
          counters[i++] = cache.getCounters().getOrDefault(name, Long.MIN_VALUE);
        }
      }
      return counters;
    }

    public String[] getGaugeNames() {
      return gaugeNames.toArray(String[]::new);
    }

    public double[] getGauges() {
      double[] gauges = new double[caches.size() * gaugeNames.size()];
      int i = 0;
      for (CacheData cache : caches) {
        for (String name : gaugeNames) {
          gauges[i++] = cache.getGauges().getOrDefault(name, Double.NaN);
        }
      }
      return gauges;
    }
  }

  /** The operations of all caches, a row for each. */
  public static final class OperationsData {
    private final List<String> caches = new ArrayList<>();
    private final List<OperationData> rows = new ArrayList<>();
    private final List<Long> errorRows = new ArrayList<>();
    private final List<String> errorTypes = new ArrayList<>();
    private final List<Long> errorCounts = new ArrayList<>();
    private final Map<String, long[]> replaced;

    private OperationsData(List<CacheData> all, Map<String, long[]> replaced) {
      this.replaced = replaced;
      for (CacheData cache : all) {
        for (OperationData operation : cache.operations) {
          operation.errors.forEach(
              (type, count) -> {
                errorRows.add((long) rows.size());
                errorTypes.add(type);
                errorCounts.add(count);
              });
          caches.add(cache.cache);
          rows.add(operation);
        }
      }
    }

    private long[] column(String name, ToLongFunction<OperationData> figure) {
      long[] other = replaced.get(name);
      return other != null ? other : rows.stream().mapToLong(figure).toArray();
    }

    private static long[] array(List<Long> numbers) {
      return numbers.stream().mapToLong(Long::longValue).toArray();
    }

    public String[] getCaches() {
      return caches.toArray(String[]::new);
    }

    public String[] getOperations() {
      return rows.stream().map(row -> row.operation).toArray(String[]::new);
    }

    public long[] getSumsNanos() {
      return column("sumsNanos", row -> row.sumNanos);
    }

    public long[] getMaximaNanos() {
      return column("maximaNanos", row -> 42);
    }

    public long[] getFirstCells() {
      return column("firstCells", OperationData::first);
    }

    public long[] getCellCounts() {
      return column("cellCounts", row -> row.end() - row.first());
    }

    public long[] getCells() {
      return rows.stream()
          .flatMapToLong(row -> Arrays.stream(row.cells, row.first(), row.end()))
          .toArray();
    }

    public long[] getErrorRows() {
      return array(errorRows);
    }

    public String[] getErrorTypes() {
      return errorTypes.toArray(String[]::new);
    }

    public long[] getErrorCounts() {
      return array(errorCounts);
    }
  }

  /** Each cache's configuration: all alike, with statistics, and one more cache without. */
  public static final class ConfigurationsData {

    static final String UNCOUNTED = "uncounted";

    private final List<String> caches;

    private ConfigurationsData(List<String> caches) {
      this.caches = Stream.concat(caches.stream(), Stream.of(UNCOUNTED)).toList();
    }

    private String[] all(String text) {
      return caches.stream().map(cache -> text).toArray(String[]::new);
    }

    public String[] getCaches() {
      return caches.toArray(String[]::new);
    }

    public String[] getKeyTypes() {
      return all("java.lang.String");
    }

    public String[] getValueTypes() {
      return all("com.acme.User");
    }

    public String[] getCodecs() {
      return all("json");
    }

    public boolean[] getStoreByValue() {
      boolean[] flags = new boolean[caches.size()];
      Arrays.fill(flags, true);
      return flags;
    }

    public boolean[] getReadThrough() {
      return new boolean[caches.size()];
    }

    public boolean[] getWriteThrough() {
      return new boolean[caches.size()];
    }

    public boolean[] getStatisticsEnabled() {
      boolean[] flags = getStoreByValue();
      flags[caches.size() - 1] = false;
      return flags;
    }
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

    private int first() {
      int first = 0;
      while (first < end() && cells[first] == 0) {
        first++;
      }
      return first;
    }

    private int end() {
      int end = cells.length;
      while (end > 0 && cells[end - 1] == 0) {
        end--;
      }
      return end;
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

    public long getCircuitBreakerOpenings() {
      return 6;
    }

    public long getFailOvers() {
      return 1;
    }

    public long getUnacknowledgedClears() {
      return 4;
    }

    public List<NodeData> getNodes() {
      return List.of(
          new NodeData("h:1", "master", 16_384, 0.25), new NodeData("h:2", "replica", 0, -1));
    }
  }

  /** How one server of the manager is. */
  public static final class NodeData {
    private final String address;
    private final String role;
    private final int slots;
    private final double pingMillis;

    NodeData(String address, String role, int slots, double pingMillis) {
      this.address = address;
      this.role = role;
      this.slots = slots;
      this.pingMillis = pingMillis;
    }

    public String getCircuitBreaker() {
      return "open";
    }

    public int getSlots() {
      return slots;
    }

    public String getAddress() {
      return address;
    }

    public String getRole() {
      return role;
    }

    public double getPingMillis() {
      return pingMillis;
    }

    public boolean isHealthy() {
      return true;
    }
  }

  private static final AtomicInteger managers = new AtomicInteger();

  private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();
  private final String manager = "redis.//fixture" + managers.incrementAndGet();
  private final List<CacheData> caches = new CopyOnWriteArrayList<>();
  private final Set<String> counterNames = new ConcurrentSkipListSet<>();
  private final Set<String> gaugeNames = new ConcurrentSkipListSet<>();
  private final Queue<Set<String>> selections = new ConcurrentLinkedQueue<>();
  private final AtomicInteger bulkReads = new AtomicInteger();
  private final Map<String, long[]> replacedColumns = new ConcurrentHashMap<>();
  private final long[] boundsNanos;
  private final ObjectName name;

  /** A manager whose timers have these bounds. */
  public SnapshotFixture(long... boundsNanos) throws JMException {
    this.boundsNanos = boundsNanos;
    this.name = new ObjectName("io.yokedcache:type=Snapshot,CacheManager=" + manager);
    server.registerMBean(new Bean(), name);
  }

  /** What JMX calls. */
  private final class Bean implements SnapshotMXBean {
    @Override
    public long[] getBoundsNanos() {
      return boundsNanos.clone();
    }

    @Override
    public OperationsData getOperations() {
      bulkReads.incrementAndGet();
      return new OperationsData(caches, replacedColumns);
    }

    @Override
    public ConnectionData getConnection() {
      return new ConnectionData();
    }

    @Override
    public FiguresData getFigures() {
      return new FiguresData(caches, List.copyOf(counterNames), List.copyOf(gaugeNames));
    }

    @Override
    public FiguresData figures(String[] names) {
      Set<String> wanted = Set.of(names);
      selections.add(wanted);
      return new FiguresData(
          caches,
          counterNames.stream().filter(wanted::contains).toList(),
          gaugeNames.stream().filter(wanted::contains).toList());
    }

    @Override
    public ConfigurationsData getConfigurations() {
      return new ConfigurationsData(caches.stream().map(CacheData::getCache).toList());
    }
  }

  /** How often the attribute that has all operations was read. */
  public int bulkReads() {
    return bulkReads.get();
  }

  /** Which figures were asked for by name so far. */
  public List<Set<String>> selections() {
    return List.copyOf(selections);
  }

  /** The manager's name, other than that of any other fixture. */
  public String manager() {
    return manager;
  }

  public SnapshotFixture with(CacheData cache) {
    counterNames.addAll(cache.getCounters().keySet());
    gaugeNames.addAll(cache.getGauges().keySet());
    caches.add(cache);
    return this;
  }

  /** Shows other numbers in a column of the operations than those of the caches. */
  SnapshotFixture withColumn(String column, long... numbers) {
    replacedColumns.put(column, numbers);
    return this;
  }

  @Override
  public void close() throws JMException {
    server.unregisterMBean(name);
  }
}
