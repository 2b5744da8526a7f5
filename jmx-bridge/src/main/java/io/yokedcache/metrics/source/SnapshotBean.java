package io.yokedcache.metrics.source;

import io.yokedcache.metrics.source.CacheSource.Selection;
import io.yokedcache.metrics.source.ConnectionReading.Node;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import org.jspecify.annotations.Nullable;

/**
 * The attributes of one {@code io.yokedcache:type=Snapshot} bean, which has all caches of a
 * manager. Figures are columns: a few arrays instead of some objects for each figure.
 */
final class SnapshotBean {

  private static final String FIGURES = "Figures";
  private static final String OPERATIONS = "Operations";
  private static final String CONFIGURATIONS = "Configurations";

  /** The provider's mark for a counter that it does not measure. */
  private static final long NOT_MEASURED = Long.MIN_VALUE;

  private static final String PING = "pingNanos";

  private final ObjectName name;
  private final String manager;
  private final Map<String, Object> attributes;
  private final FigureCheck check;

  SnapshotBean(ObjectName name, Map<String, Object> attributes, FigureCheck check) {
    this.name = name;
    this.manager = BeanNames.manager(name);
    this.attributes = attributes;
    this.check = check;
  }

  static List<String> attributes(Selection wanted) {
    List<String> names = new ArrayList<>(List.of("Connection"));
    if (wanted.operations()) {
      names.addAll(List.of("BoundsNanos", OPERATIONS));
    }
    if (wanted.operations() || wanted.figures() == null) {
      names.add(FIGURES);
    }
    if (wanted.configurations()) {
      names.add(CONFIGURATIONS);
    }
    return names;
  }

  void setFigures(CompositeData figures) {
    attributes.put(FIGURES, figures);
  }

  List<CacheReading> caches() {
    if (!(attributes.get(FIGURES) instanceof CompositeData data)) {
      return List.of();
    }
    Map<String, List<OperationReading>> operations = operations();
    String[] caches = texts(data, "caches");
    long[] counts = numbers(data, "counters");
    Object gauges = FigureCheck.value(data, "gauges");
    double[] levels = gauges instanceof double[] numbers ? numbers : new double[0];
    String[] counterNames = names(data, "counterNames", caches.length, counts.length);
    String[] gaugeNames = names(data, "gaugeNames", caches.length, levels.length);
    List<CacheReading> readings = new ArrayList<>(caches.length);
    for (int row = 0; row < caches.length; row++) {
      if (caches[row] != null) {
        readings.add(
            new CacheReading(
                manager,
                caches[row],
                null,
                operations.getOrDefault(caches[row], List.of()),
                counters(counterNames, counts, row),
                gauges(gaugeNames, levels, row)));
      }
    }
    return readings;
  }

  private static CompositeData[] elements(@Nullable Object value) {
    return value instanceof CompositeData[] elements ? elements : new CompositeData[0];
  }

  /** The names of columns; none if they are not as many as the figures make rows, or unclear. */
  private String[] names(CompositeData data, String key, int rows, int figures) {
    String[] names = texts(data, key);
    Set<String> distinct = new HashSet<>();
    for (String each : names) {
      if (each == null || !distinct.add(each)) {
        check.refuse(name, key, "it has a name twice, or none");
        return new String[0];
      }
    }
    if ((long) rows * names.length != figures) {
      check.refuse(name, key, names.length + " names do not fit " + figures + " figures");
      return new String[0];
    }
    return names;
  }

  private static long[] numbers(CompositeData data, String key) {
    return FigureCheck.value(data, key) instanceof long[] numbers ? numbers : new long[0];
  }

  private static String[] texts(CompositeData data, String key) {
    return FigureCheck.value(data, key) instanceof String[] texts ? texts : new String[0];
  }

  private Map<String, Long> counters(String[] names, long[] counts, int row) {
    return row(
        names,
        column -> {
          long count = counts[row * names.length + column];
          if (count < 0 && count != NOT_MEASURED) {
            check.refuse(name, names[column], "it is " + count + ", which is not a count");
          }
          return count < 0 ? null : (Long) count;
        });
  }

  private Map<String, Double> gauges(String[] names, double[] levels, int row) {
    return row(
        names, column -> check.level(name, names[column], levels[row * names.length + column]));
  }

  /** Made once, and not copied again by the record that keeps it. */
  @SuppressWarnings({"unchecked", "rawtypes"}) // arrays know no type arguments
  private static <V> Map<String, V> row(String[] names, IntFunction<@Nullable V> figure) {
    Map.Entry[] entries = new Map.Entry[names.length];
    int length = 0;
    for (int column = 0; column < names.length; column++) {
      V value = figure.apply(column);
      if (value != null) {
        entries[length++] = Map.entry(names[column], value);
      }
    }
    return Map.ofEntries(length == names.length ? entries : Arrays.copyOf(entries, length));
  }

  List<ConfigurationReading> configurations() {
    if (!(attributes.get(CONFIGURATIONS) instanceof CompositeData data)) {
      return List.of();
    }
    String[] caches = texts(data, "caches");
    List<ConfigurationReading> readings = new ArrayList<>(caches.length);
    for (int row = 0; row < caches.length; row++) {
      if (caches[row] != null) {
        readings.add(
            new ConfigurationReading(
                manager,
                caches[row],
                text(data, "keyTypes", row),
                text(data, "valueTypes", row),
                text(data, "codecs", row),
                flag(data, "storeByValue", row),
                flag(data, "readThrough", row),
                flag(data, "writeThrough", row),
                flag(data, "statisticsEnabled", row)));
      }
    }
    return readings;
  }

  private static @Nullable String text(CompositeData data, String column, int row) {
    return FigureCheck.value(data, column) instanceof String[] texts && row < texts.length
        ? texts[row]
        : null;
  }

  private static @Nullable Boolean flag(CompositeData data, String column, int row) {
    return (FigureCheck.value(data, column) instanceof boolean[] flags && row < flags.length)
        ? (Boolean) flags[row]
        : null;
  }

  @Nullable ConnectionReading connection() {
    if (!(attributes.get("Connection") instanceof CompositeData data)) {
      return null;
    }
    return new ConnectionReading(
        manager,
        FigureCheck.value(data, "healthy") instanceof Boolean healthy ? healthy : null,
        ping(data),
        connectionCount(data, "reconnects"),
        connectionCount(data, "poolActive"),
        connectionCount(data, "poolIdle"),
        connectionCount(data, "poolWaiting"),
        connectionCounters(data),
        nodes(data));
  }

  private Map<String, Long> connectionCounters(CompositeData data) {
    Map<String, Long> counters = new HashMap<>();
    for (String key : data.getCompositeType().keySet()) {
      boolean isCounter = FigureCheck.value(data, key) instanceof Long && !key.equals(PING);
      Long count = isCounter ? connectionCount(data, key) : null;
      if (count != null) {
        counters.put(key, count);
      }
    }
    return counters;
  }

  private static List<Node> nodes(CompositeData connection) {
    CompositeData[] rows = elements(FigureCheck.value(connection, "nodes"));
    // Without a cluster no server has slots.
    boolean isCluster = Arrays.stream(rows).anyMatch(row -> row != null && slots(row) > 0);
    List<Node> nodes = new ArrayList<>();
    for (CompositeData row : rows) {
      if (row != null && FigureCheck.value(row, "address") instanceof String address) {
        nodes.add(node(row, address, isCluster));
      }
    }
    nodes.sort(Comparator.comparing(Node::address));
    return nodes;
  }

  private static Node node(CompositeData row, String address, boolean isCluster) {
    String role = FigureCheck.value(row, "role") instanceof String text ? text : null;
    boolean isReplica = Node.REPLICA.equals(role);
    Double ping =
        FigureCheck.value(row, "pingMillis") instanceof Double millis && millis >= 0
            ? (Double) (millis / 1e3)
            : null;
    // The provider says that a replica is healthy as long as it does not ask it.
    boolean wasAsked = !isReplica || ping != null;
    return new Node(
        address,
        role,
        isCluster && !isReplica ? (Long) slots(row) : null,
        (wasAsked && FigureCheck.value(row, "healthy") instanceof Boolean healthy) ? healthy : null,
        ping,
        FigureCheck.value(row, "circuitBreaker") instanceof String state
            ? (Boolean) state.equals("open")
            : null);
  }

  private static long slots(CompositeData row) {
    return FigureCheck.value(row, "slots") instanceof Number slots
        ? Math.max(0, slots.longValue())
        : 0;
  }

  private @Nullable Long connectionCount(CompositeData data, String key) {
    return check.count(name, key, FigureCheck.value(data, key));
  }

  /** The provider says -1 before the first answer. */
  private @Nullable Long ping(CompositeData data) {
    return (FigureCheck.value(data, PING) instanceof Long nanos && nanos < 0)
        ? null
        : connectionCount(data, PING);
  }

  private @Nullable LatencyBounds bounds() {
    if (!(attributes.get("BoundsNanos") instanceof long[] nanos)) {
      return null;
    }
    try {
      return LatencyBounds.of(nanos);
    } catch (IllegalArgumentException otherProvidersBounds) {
      return null; // without bounds the cells say nothing; counters and gauges still do
    }
  }

  /** The operations by cache; none if the columns are not equally long. */
  private Map<String, List<OperationReading>> operations() {
    if (!(attributes.get(OPERATIONS) instanceof CompositeData data)) {
      return Map.of();
    }
    LatencyBounds bounds = bounds();
    String[] caches = texts(data, "caches");
    String[] names = texts(data, "operations");
    long[] sums = numbers(data, "sumsNanos");
    long[] maxima = numbers(data, "maximaNanos");
    long[] first = numbers(data, "firstCells");
    long[] lengths = numbers(data, "cellCounts");
    long[] cells = numbers(data, "cells");
    boolean areEquallyLong =
        IntStream.of(names.length, sums.length, maxima.length, first.length, lengths.length)
            .allMatch(length -> length == caches.length);
    if (!areEquallyLong) {
      check.refuse(name, OPERATIONS, "its columns are not equally long");
      return Map.of();
    }
    Map<Integer, Map<String, Long>> errors = errors(data, names);
    Map<String, List<OperationReading>> operations = new HashMap<>();
    int from = 0;
    for (int row = 0; row < caches.length; row++) {
      if (first[row] < 0 || lengths[row] < 0 || lengths[row] > cells.length - from) {
        check.refuse(name, OPERATIONS, "it has too few cells");
        return Map.of();
      }
      int end = from + (int) lengths[row];
      if (caches[row] != null && names[row] != null) {
        boolean areCounts = areCounts(names[row], cells, from, end);
        operations
            .computeIfAbsent(caches[row], key -> new ArrayList<>())
            .add(
                new OperationReading(
                    names[row],
                    areCounts ? Arrays.stream(cells, from, end).sum() : 0,
                    notNegative(names[row] + ".sumNanos", sums[row]),
                    notNegative(names[row] + ".maxNanos", maxima[row]),
                    bounds != null && areCounts && first[row] <= bounds.size() + 1 - lengths[row]
                        ? LatencyCells.ofRange(
                            bounds, (int) first[row], cells, from, (int) lengths[row])
                        : null,
                    errors.getOrDefault(row, Map.of())));
      }
      from = end;
    }
    return operations;
  }

  private boolean areCounts(String operation, long[] cells, int from, int end) {
    for (int cell = from; cell < end; cell++) {
      if (cells[cell] < 0) {
        check.refuse(
            name, operation + ".cells", "it has " + cells[cell] + ", which is not a count");
        return false;
      }
    }
    return true;
  }

  private long notNegative(String figure, long value) {
    Long count = check.count(name, figure, value);
    return count == null ? 0 : count;
  }

  /** The errors of the rows that have any. */
  private Map<Integer, Map<String, Long>> errors(CompositeData data, String[] operations) {
    long[] rows = numbers(data, "errorRows");
    String[] types = texts(data, "errorTypes");
    long[] counts = numbers(data, "errorCounts");
    Map<Integer, Map<String, Long>> errors = new HashMap<>();
    for (int i = 0; i < rows.length && i < types.length && i < counts.length; i++) {
      if (types[i] != null && rows[i] >= 0 && rows[i] < operations.length) {
        int row = (int) rows[i];
        Long count = check.count(name, operations[row] + ".errors." + types[i], counts[i]);
        if (count != null) {
          errors.computeIfAbsent(row, key -> new HashMap<>()).put(types[i], count);
        }
      }
    }
    return errors;
  }
}
