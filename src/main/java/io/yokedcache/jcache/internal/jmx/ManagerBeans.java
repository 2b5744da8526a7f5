package io.yokedcache.jcache.internal.jmx;

import io.yokedcache.jcache.internal.jmx.CacheSnapshot.OperationSnapshot;
import io.yokedcache.jcache.internal.jmx.MBeanRegistrar.Kind;
import io.yokedcache.jcache.internal.jmx.OpenData.Composite;
import io.yokedcache.jcache.internal.jmx.OpenData.Item;
import io.yokedcache.jcache.internal.metrics.ConnectionStatistics;
import io.yokedcache.jcache.internal.metrics.ConnectionStatistics.Node;
import io.yokedcache.jcache.internal.metrics.TimerCells;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import javax.management.openmbean.SimpleType;
import javax.management.openmbean.TabularType;

/**
 * The {@code Snapshot} and {@code Connection} MBeans of one manager, from creation until close.
 * Reading them reads memory, never Redis.
 */
public final class ManagerBeans implements AutoCloseable {

  /** Stands for a counter that is not measured. */
  static final long NO_COUNT = Long.MIN_VALUE;

  /** The tables of the beans, made when a client first reads one of them. */
  private static final class Tables {

    static final Composite<List<CacheDescription>> CONFIGURATIONS =
        new Composite<>(
            "io.yokedcache.CacheConfigurations",
            List.of(
                texts("caches", CacheDescription::cache),
                texts("keyTypes", CacheDescription::keyType),
                texts("valueTypes", CacheDescription::valueType),
                texts("codecs", CacheDescription::codec),
                flags("storeByValue", CacheDescription::storeByValue),
                flags("readThrough", CacheDescription::readThrough),
                flags("writeThrough", CacheDescription::writeThrough),
                flags("statisticsEnabled", CacheDescription::statisticsEnabled)));

    /** The rows that the MBean and the snapshot of the connection have in common. */
    static final List<Item<Connection>> CONNECTION_COUNTS =
        List.of(
            Item.ofInt(
                "PoolActive",
                "Connections in use, without those for subscriptions",
                now -> now.read.counts().active()),
            Item.ofInt("PoolIdle", "Idle connections", now -> now.read.counts().idle()),
            Item.ofInt(
                "PoolWaiting",
                "Threads that wait for a connection",
                now -> now.read.counts().waiting()),
            Item.ofInt(
                "PoolSize",
                "The largest number of connections (connection.pool.size)",
                now -> now.read.counts().size()),
            Item.ofLong(
                "Reconnects",
                "Connections that replaced one that failed in use, since the manager opened",
                now -> now.read.counts().reconnects()),
            Item.ofLong(
                "FailOvers",
                "Masters of a cluster or of sentinels that were replaced by a replica, since the"
                    + " manager opened",
                now -> now.read.failOvers().failOvers()),
            Item.ofLong(
                "FailOverRemovals",
                "Entries that this JVM had changed and removed again after a fail-over, since the"
                    + " manager opened",
                now -> now.read.failOvers().removals()),
            Item.ofLong(
                "FailOverClears",
                "Buckets that this JVM cleared after a fail-over, since the manager opened",
                now -> now.read.failOvers().clears()),
            Item.ofLong(
                "UnacknowledgedClears",
                "Clears that fewer replicas than fail-over.wait-replicas acknowledged in time,"
                    + " since the manager opened",
                now -> now.read.unacknowledgedClears()),
            Item.ofInt(
                "CircuitBreakersOpen",
                "Servers whose circuit breaker is open: requests to them fail at once",
                now -> now.read.openBreakers()),
            Item.ofLong(
                "CircuitBreakerOpenings",
                "How often circuit breakers of servers opened, since the manager opened",
                now -> now.read.breakerOpenings()),
            Item.ofLong(
                "BackgroundErrors",
                "Errors that the manager's background threads survived, since the manager opened",
                Connection::backgroundErrors));

    static final Composite<Node> NODE =
        new Composite<>(
            "io.yokedcache.Node",
            List.of(
                Item.of("address", SimpleType.STRING, Node::address),
                Item.of("role", SimpleType.STRING, node -> node.isMaster() ? "master" : "replica"),
                Item.of("slots", SimpleType.INTEGER, Node::slots),
                Item.of("pingMillis", SimpleType.DOUBLE, ManagerBeans::pingMillis),
                Item.of("healthy", SimpleType.BOOLEAN, node -> node.ping().isAnswered()),
                Item.of(
                    "circuitBreaker",
                    SimpleType.STRING,
                    node -> node.breaker().isOpen() ? "open" : "closed"),
                Item.of(
                    "circuitBreakerOpenings", SimpleType.LONG, node -> node.breaker().openings()),
                Item.of(
                    "circuitBreakerOpenSeconds", SimpleType.DOUBLE, ManagerBeans::openSeconds)));

    static final TabularType NODES = NODE.tableType("io.yokedcache.Nodes", "address");

    static final Item<Connection> NODES_ITEM =
        Item.of(
            "Nodes",
            NODES,
            "The servers by address: role, slots, duration of the last PING of a master (-1 before"
                + " it, and of replicas), whether it was answered, the state of the circuit"
                + " breaker, how often it opened, and the seconds since it failed first (0 while it"
                + " is closed)",
            now -> NODE.table(NODES, now.read.nodes()));

    static final Composite<Connection> CONNECTION_DATA =
        new Composite<>(
            "io.yokedcache.Connection",
            Stream.concat(
                    Stream.<Item<Connection>>of(
                        Item.of("healthy", SimpleType.BOOLEAN, now -> now.read.healthy()),
                        Item.of("pingNanos", SimpleType.LONG, now -> now.read.pingNanos())),
                    Stream.concat(
                        CONNECTION_COUNTS.stream().map(Item::asComposite),
                        Stream.<Item<Connection>>of(
                            Item.of(
                                "nodes",
                                OpenData.arrayOf(NODE.type()),
                                now -> NODE.data(now.read.nodes())))))
                .toList());

    static final BeanType<ManagerBeans> SNAPSHOT =
        new BeanType<>(
            "All statistics of a manager's caches in one read, for bridges to metric systems",
            List.of(
                Item.of(
                    "BoundsNanos",
                    OpenData.LONGS,
                    "Inclusive upper bounds of the cells in nanoseconds; one more cell has no"
                        + " bound",
                    bean -> TimerCells.bounds()),
                Item.of(
                    "Operations",
                    Operations.DATA.type(),
                    "Durations and errors of the operations of the same caches, in columns",
                    bean -> Operations.DATA.data(Operations.of(bean.operations.get()))),
                Item.of(
                    "Figures",
                    Figures.DATA.type(),
                    "Counters and gauges of the open caches whose statistics are enabled, in"
                        + " columns, cheap to read",
                    bean -> Figures.DATA.data(Figures.of(bean.figures.get(), name -> true))),
                Item.of(
                    "Configurations",
                    CONFIGURATIONS.type(),
                    "Configurations of the open caches, in columns; caches without statistics"
                        + " included",
                    bean -> CONFIGURATIONS.data(bean.configurations.get())),
                Item.of(
                    "Connection",
                    CONNECTION_DATA.type(),
                    "The connection of the manager to Redis, as its Connection MBean shows it",
                    bean -> CONNECTION_DATA.data(bean.connection()))),
            // A client that reads all listed attributes can rarely use histograms, the dearest.
            attribute -> !attribute.equals("Operations"),
            List.of(
                new BeanType.Action<>(
                    "figures",
                    "The counters and gauges of the same caches that have the given names",
                    List.of("names"),
                    Figures.DATA.type().getClassName(),
                    (bean, arguments) ->
                        Figures.DATA.data(
                            Figures.of(
                                bean.figures.get(),
                                Set.copyOf(List.of((String[]) arguments[0]))::contains)))));

    static final BeanType<ManagerBeans> CONNECTION =
        new BeanType<>(
            "The connection of a cache manager to Redis; reading it sends no command",
            Stream.concat(
                    Stream.<Item<Connection>>of(
                        Item.ofInt(
                            "Healthy",
                            "1 if Redis answered the last check, or was not checked yet, else 0",
                            now -> now.read.healthy() ? 1 : 0),
                        Item.ofDouble(
                            "PingMicros",
                            "Duration of the last answered PING in microseconds; -1 before it",
                            Connection::pingMicros)),
                    Stream.concat(CONNECTION_COUNTS.stream(), Stream.of(NODES_ITEM)))
                .map(row -> row.from(ManagerBeans::connection))
                .toList(),
            attribute -> true,
            List.of(),
            new ConnectionNotifications().notifications().getNotificationInfo());

    private Tables() {}
  }

  private final MBeanRegistrar registrar;
  private final Supplier<Stream<CacheSnapshot>> operations;
  private final Supplier<List<CacheSnapshot>> figures;
  private final Supplier<List<CacheDescription>> configurations;
  private final Supplier<ConnectionStatistics> connection;
  private final LongSupplier backgroundErrors;

  private ManagerBeans(
      URI managerUri,
      Supplier<Stream<CacheSnapshot>> operations,
      Supplier<List<CacheSnapshot>> figures,
      Supplier<List<CacheDescription>> configurations,
      Supplier<ConnectionStatistics> connection,
      LongSupplier backgroundErrors) {
    this.registrar = MBeanRegistrar.ofManager(managerUri);
    this.operations = operations;
    this.figures = figures;
    this.configurations = configurations;
    this.connection = connection;
    this.backgroundErrors = backgroundErrors;
  }

  /** Makes the JVM's MBean server, if there is none yet. */
  public static void prepare() {
    ManagementFactory.getPlatformMBeanServer();
  }

  /**
   * Registers the beans. The suppliers are called by any thread.
   *
   * @param operations reads the operations of the caches whose statistics are enabled
   * @param figures reads the counters and gauges of the same caches
   * @param configurations reads the configurations of all open caches
   * @param connection reads the connection of the manager
   * @param backgroundErrors counts the errors that background threads survived
   * @throws javax.cache.CacheException if that is not possible; none is registered then
   */
  public static ManagerBeans register(
      URI managerUri,
      Supplier<Stream<CacheSnapshot>> operations,
      Supplier<List<CacheSnapshot>> figures,
      Supplier<List<CacheDescription>> configurations,
      Supplier<ConnectionStatistics> connection,
      LongSupplier backgroundErrors,
      ConnectionNotifications notifications) {
    ManagerBeans beans =
        new ManagerBeans(
            managerUri, operations, figures, configurations, connection, backgroundErrors);
    try {
      beans.registrar.register(Kind.SNAPSHOT, BeanType.bean(() -> Tables.SNAPSHOT, beans));
      beans.registrar.register(
          Kind.CONNECTION,
          BeanType.emitter(() -> Tables.CONNECTION, beans, notifications.notifications()));
    } catch (Throwable e) {
      beans.close();
      throw e;
    }
    return beans;
  }

  /** The name of the manager in the names of all its beans. */
  public String managerName() {
    return registrar.managerName();
  }

  @Override
  public void close() {
    registrar.close();
  }

  private Connection connection() {
    return new Connection(connection.get(), backgroundErrors.getAsLong());
  }

  private record Connection(ConnectionStatistics read, long backgroundErrors) {

    double pingMicros() {
      return read.pingNanos() < 0 ? -1 : read.pingNanos() / 1_000.0;
    }
  }

  private static double pingMillis(Node node) {
    return node.ping().nanos() < 0 ? -1 : node.ping().nanos() / 1e6;
  }

  private static double openSeconds(Node node) {
    return node.breaker().isOpen() ? node.breaker().openNanos() / 1e9 : 0;
  }

  private static Item<List<CacheDescription>> texts(
      String name, Function<CacheDescription, String> column) {
    return Item.of(
        name, OpenData.STRINGS, rows -> rows.stream().map(column).toArray(String[]::new));
  }

  private static Item<List<CacheDescription>> flags(
      String name, Predicate<CacheDescription> column) {
    return Item.of(
        name,
        OpenData.BOOLEANS,
        rows -> {
          boolean[] flags = new boolean[rows.size()];
          for (int i = 0; i < flags.length; i++) {
            flags[i] = column.test(rows.get(i));
          }
          return flags;
        });
  }

  /**
   * The configuration of one cache at one moment.
   *
   * @param codec the setting of the codec of values
   */
  public record CacheDescription(
      String cache,
      String keyType,
      String valueType,
      String codec,
      boolean storeByValue,
      boolean readThrough,
      boolean writeThrough,
      boolean statisticsEnabled) {}

  /**
   * The counters and gauges of several caches at one moment, as columns: a table of a thousand
   * caches becomes five arrays and not thousands of objects.
   */
  private record Figures(
      List<CacheSnapshot> rows, List<String> counterNames, List<String> gaugeNames) {

    static final Composite<Figures> DATA =
        new Composite<>(
            "io.yokedcache.CacheFigures",
            List.of(
                Item.of(
                    "caches",
                    OpenData.STRINGS,
                    table -> table.rows.stream().map(CacheSnapshot::cache).toArray(String[]::new)),
                Item.of(
                    "counterNames",
                    OpenData.STRINGS,
                    table -> table.counterNames.toArray(String[]::new)),
                Item.of("counters", OpenData.LONGS, Figures::counters),
                Item.of(
                    "gaugeNames",
                    OpenData.STRINGS,
                    table -> table.gaugeNames.toArray(String[]::new)),
                Item.of("gauges", OpenData.DOUBLES, Figures::gauges)));

    static Figures of(List<CacheSnapshot> rows, Predicate<String> wanted) {
      return new Figures(
          rows,
          names(rows.stream().map(CacheSnapshot::counters).map(Map::keySet).toList(), wanted),
          names(rows.stream().map(CacheSnapshot::gauges).map(Map::keySet).toList(), wanted));
    }

    private static List<String> names(List<Set<String>> rows, Predicate<String> wanted) {
      Set<String> names = new HashSet<>(); // sorted once, and not for each cache
      rows.forEach(names::addAll);
      return names.stream().filter(wanted).sorted().toList();
    }

    private long[] counters() {
      long[] counters = new long[rows.size() * counterNames.size()];
      int i = 0;
      for (CacheSnapshot row : rows) {
        for (String name : counterNames) {
          counters[i++] = row.counters().getOrDefault(name, NO_COUNT);
        }
      }
      return counters;
    }

    private double[] gauges() {
      double[] gauges = new double[rows.size() * gaugeNames.size()];
      int i = 0;
      for (CacheSnapshot row : rows) {
        for (String name : gaugeNames) {
          gauges[i++] = row.gauges().getOrDefault(name, Double.NaN);
        }
      }
      return gauges;
    }
  }

  /**
   * The operations of several caches at one moment, as columns with a row for each operation that a
   * cache has used. Each row has its cells from the first to the last that counts a duration, one
   * row behind the other: most of the 194 cells of a timer count nothing.
   */
  private static final class Operations {

    static final Composite<Operations> DATA =
        new Composite<>(
            "io.yokedcache.CacheOperations",
            List.of(
                texts("caches", rows -> rows.caches),
                texts("operations", rows -> rows.operations),
                numbers("sumsNanos", rows -> rows.sumsNanos),
                numbers("maximaNanos", rows -> rows.maximaNanos),
                numbers("firstCells", rows -> rows.firstCells),
                numbers("cellCounts", rows -> rows.cellCounts),
                numbers("cells", rows -> rows.cells),
                numbers("errorRows", rows -> rows.errorRows),
                texts("errorTypes", rows -> rows.errorTypes),
                numbers("errorCounts", rows -> rows.errorCounts)));

    private final List<String> caches = new ArrayList<>();
    private final List<String> operations = new ArrayList<>();
    private final LongStream.Builder sumsNanos = LongStream.builder();
    private final LongStream.Builder maximaNanos = LongStream.builder();
    private final LongStream.Builder firstCells = LongStream.builder();
    private final LongStream.Builder cellCounts = LongStream.builder();
    private final LongStream.Builder cells = LongStream.builder();
    private final LongStream.Builder errorRows = LongStream.builder();
    private final List<String> errorTypes = new ArrayList<>();
    private final LongStream.Builder errorCounts = LongStream.builder();

    /** Takes one cache after the other, so that the timers of all are never in memory together. */
    static Operations of(Stream<CacheSnapshot> caches) {
      Operations rows = new Operations();
      caches.forEach(cache -> cache.operations().forEach(each -> rows.add(cache.cache(), each)));
      return rows;
    }

    private void add(String cache, OperationSnapshot operation) {
      int row = caches.size();
      caches.add(cache);
      operations.add(operation.operation());
      sumsNanos.add(operation.durations().sumNanos());
      maximaNanos.add(operation.durations().maxNanos());
      addCells(operation.durations().cells());
      operation
          .errors()
          .forEach(
              (type, count) -> {
                errorRows.add(row);
                errorTypes.add(type);
                errorCounts.add(count);
              });
    }

    private void addCells(long[] all) {
      int first = 0;
      int end = all.length;
      while (end > 0 && all[end - 1] == 0) {
        end--;
      }
      while (first < end && all[first] == 0) {
        first++;
      }
      firstCells.add(first);
      cellCounts.add(end - first);
      for (int cell = first; cell < end; cell++) {
        cells.add(all[cell]);
      }
    }

    private static Item<Operations> texts(String name, Function<Operations, List<String>> column) {
      return Item.of(name, OpenData.STRINGS, rows -> column.apply(rows).toArray(String[]::new));
    }

    private static Item<Operations> numbers(
        String name, Function<Operations, LongStream.Builder> column) {
      return Item.of(name, OpenData.LONGS, rows -> column.apply(rows).build().toArray());
    }
  }
}
