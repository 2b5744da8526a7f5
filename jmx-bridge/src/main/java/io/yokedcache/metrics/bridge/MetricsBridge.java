package io.yokedcache.metrics.bridge;

import io.yokedcache.metrics.CacheHealthMonitor;
import io.yokedcache.metrics.CacheMetrics;
import io.yokedcache.metrics.MetricsCollector;
import io.yokedcache.metrics.bridge.MetricsSettings.TargetSettings;
import io.yokedcache.metrics.source.CacheFilter;
import io.yokedcache.metrics.source.CacheReadings;
import io.yokedcache.metrics.source.CacheSource;
import io.yokedcache.metrics.source.JmxCacheReader;
import io.yokedcache.metrics.source.PerTarget;
import io.yokedcache.metrics.source.RemoteJvm;
import io.yokedcache.metrics.source.StatsDStatistics;
import io.yokedcache.metrics.source.Target;
import io.yokedcache.metrics.statsd.StatsDCollector;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The outputs and health checks that a group of settings enables.
 *
 * <pre>{@code
 * MetricsSettings settings = MetricsSettings.load(Path.of("metrics.conf"));
 * try (MetricsBridge bridge = MetricsBridge.ofThisJvm(settings)) {
 *   application.run();
 * }
 * }</pre>
 *
 * <p>Thread-safe. All its threads are daemons.
 */
public final class MetricsBridge implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(MetricsBridge.class);

  private final boolean sendsHistory;
  private final CacheMetrics metrics = new CacheMetrics();
  private final Slot statsd = new Slot("statsd", MetricsSettings::statsd);
  private final Slot prometheus = new Slot("prometheus", MetricsSettings::prometheus);
  private final Slot otlp = new Slot("otlp", MetricsSettings::otlp);

  /** In the order in which they start; they end in reverse order. */
  private final List<Slot> slots = List.of(statsd, prometheus, otlp);

  private final PerTarget<CacheHealthMonitor> monitors = new PerTarget<>(this::monitor);

  // Guarded by this.
  private MetricsSettings settings;
  private Map<String, CacheSource> sources = Map.of();
  private final Map<String, Shared> shared = new HashMap<>();
  private boolean isClosed;

  /** The counts of closed StatsD collectors; guarded by the slots. */
  private @Nullable StatsDStatistics ended;

  private MetricsBridge(MetricsSettings settings, boolean sendsHistory) {
    this.settings = settings;
    this.sendsHistory = sendsHistory;
  }

  /**
   * Starts a bridge from the caches of this JVM, which it reports from their first operation on.
   * With StatsD's mode realtime the caller has to send the {@link #operations} of YokedCache's
   * caches.
   *
   * @return the bridge; without any part if nothing is enabled
   * @throws IOException if the port is in use or the host is unknown; nothing is started then
   * @throws MetricsConfigurationException if the settings cannot be followed
   */
  public static MetricsBridge ofThisJvm(MetricsSettings settings) throws IOException {
    List<MetricsCollector> collectors = UserCollectors.of(settings.collectors());
    try {
      MetricsBridge bridge = start(settings, Map.of("", new OwnCaches()), /* sendsHistory= */ true);
      collectors.forEach(bridge.metrics::addCollector);
      bridge.metrics.observeCaches();
      return bridge;
    } catch (IOException | RuntimeException e) {
      collectors.forEach(MetricsBridge::end);
      throw e;
    }
  }

  /**
   * Starts a bridge from the caches of other JVMs. StatsD gets the counts from now on.
   *
   * @param sources what reads each JVM, by the name that the label {@code target} has; not closed
   *     with the bridge
   * @return as {@link #ofThisJvm} does
   * @throws IOException as there
   */
  public static MetricsBridge of(
      MetricsSettings settings, Map<String, ? extends CacheSource> sources) throws IOException {
    settings.requirePeriodic();
    return start(settings, sources, /* sendsHistory= */ false);
  }

  private static MetricsBridge start(
      MetricsSettings settings, Map<String, ? extends CacheSource> sources, boolean sendsHistory)
      throws IOException {
    MetricsBridge bridge = new MetricsBridge(settings, sendsHistory);
    try {
      bridge.follow(settings, sources);
      return bridge;
    } catch (IOException | RuntimeException e) {
      bridge.close();
      throw e;
    }
  }

  /**
   * Follows other settings and reads other JVMs. Outputs whose settings stay, and all that is known
   * of JVMs whose sources stay, go on. An output that cannot start as it should goes on as before.
   *
   * @return the changes of the outputs, in words
   */
  synchronized List<String> follow(
      MetricsSettings next, Map<String, ? extends CacheSource> nextSources) throws IOException {
    if (isClosed) {
      return List.of();
    }
    next.warnings().lines().forEach(logger::warn);
    boolean areAsBefore = settings.health().equals(next.health());
    settings = next;
    List<Shared> old = share(nextSources);
    List<String> changes = new ArrayList<>();
    List<Exception> failures = new ArrayList<>();
    for (Slot slot : slots) {
      try {
        slot.follow(changes);
      } catch (IOException | RuntimeException e) {
        failures.add(e);
      }
    }
    if (!areAsBefore) {
      monitors.close();
    }
    boolean areChecked = next.health().enabled() && (prometheus.isRunning() || statsd.isRunning());
    monitors.follow(areChecked ? sources : Map.of());
    old.forEach(Shared::close);
    for (Exception failure : failures) {
      if (failure instanceof IOException e) {
        throw e;
      }
      throw (RuntimeException) failure;
    }
    return changes;
  }

  /** A JVM that is read, and the target that all outputs share. */
  private record Shared(CacheSource source, CacheFilter filter, Target target) {

    void close() {
      if (target != source) {
        target.close();
      }
      if (source instanceof OwnCaches own) {
        own.close();
      }
    }
  }

  /** Reads these JVMs from now on, and returns the replaced ones, which the caller closes. */
  private List<Shared> share(Map<String, ? extends CacheSource> nextSources) {
    Map<String, Shared> old = new HashMap<>(shared);
    Map<String, CacheSource> next = new LinkedHashMap<>();
    shared.clear();
    nextSources.forEach(
        (name, source) -> {
          Shared known = old.get(name);
          CacheFilter filter = settings.caches();
          if (known != null && known.source() == source && known.filter().equals(filter)) {
            old.remove(name);
          } else {
            known = new Shared(source, filter, Target.of(name, filter.of(source), limit(source)));
          }
          shared.put(name, known);
          next.put(name, known.target());
        });
    sources = Collections.unmodifiableMap(next);
    return List.copyOf(old.values());
  }

  /**
   * One second longer than the JVM's own limit, because the message of that limit has the cause.
   */
  static Duration limit(CacheSource source) {
    Duration limit = source instanceof RemoteJvm jvm ? jvm.timeLimit() : Duration.ZERO;
    Duration longer = limit.plusSeconds(1);
    return longer.compareTo(Target.DEFAULT_LIMIT) > 0 ? longer : Target.DEFAULT_LIMIT;
  }

  private CacheHealthMonitor monitor(String name, CacheSource source) {
    Map<String, String> tags = name.isEmpty() ? Map.of() : Map.of("target", name);
    return CacheHealthMonitor.withoutGauges(metrics, settings.health().interval(), source, tags)
        .start();
  }

  Map<String, CacheSource> sources() {
    return sources;
  }

  MetricsSettings settings() {
    return settings;
  }

  boolean sendsHistory() {
    return sendsHistory;
  }

  /** {@return the way to the same outputs for an application's own metrics} */
  public CacheMetrics metrics() {
    return metrics;
  }

  /** {@return the port of the metrics, also if the setting is 0; -1 if none} */
  public int prometheusPort() {
    return prometheus.running instanceof PrometheusOutput.Part part ? part.collector().port() : -1;
  }

  /**
   * {@return where to send each operation; absent unless StatsD is enabled in the mode realtime}
   */
  public @Nullable StatsDCollector operations() {
    return statsd.running instanceof StatsDOutput.Part part && part.isRealtime()
        ? part.collector()
        : null;
  }

  /** Returns the counts of the present and all closed collectors; absent if there was none. */
  @Nullable StatsDStatistics statistics() {
    synchronized (slots) {
      return statsd.running instanceof StatsDOutput.Part part ? statistics(part) : ended;
    }
  }

  private StatsDStatistics statistics(StatsDOutput.Part part) {
    StatsDStatistics now = part.collector().statistics();
    return ended == null ? now : ended.then(now);
  }

  /** Reports now, before caches go that will not be there for the next report. */
  public void report() {
    for (Slot slot : slots) {
      Part part = slot.running;
      if (part != null) {
        part.report();
      }
    }
  }

  /** Sends last reports and ends all parts; may be called twice. */
  @Override
  public synchronized void close() {
    if (!isClosed) {
      isClosed = true;
      monitors.close();
      for (int i = slots.size() - 1; i >= 0; i--) {
        slots.get(i).close();
      }
      shared.values().forEach(Shared::close);
      metrics.close();
    }
  }

  /**
   * The place of one output, which is empty while the output is disabled. Guarded by the bridge.
   */
  private final class Slot {

    private final String name;
    private final Function<MetricsSettings, Output> group;
    private @Nullable Output followed;
    private volatile @Nullable Part running;

    Slot(String name, Function<MetricsSettings, Output> group) {
      this.name = name;
      this.group = group;
    }

    boolean isRunning() {
      return running != null;
    }

    void follow(List<String> changes) throws IOException {
      Output wanted = group.apply(settings);
      Output before = followed;
      Part old = running;
      if (old != null) {
        old.targets();
      }
      if (wanted.equals(before)) {
        return;
      }
      Part next = wanted.enabled() ? wanted.part(MetricsBridge.this) : null;
      // The old one ends first, since both may want the same port.
      close();
      try {
        start(next, wanted);
      } catch (IOException | RuntimeException e) {
        if (old != null && before != null) {
          try {
            start(before.part(MetricsBridge.this), before);
          } catch (IOException | RuntimeException lost) {
            e.addSuppressed(lost);
          }
        }
        throw e;
      }
      if (old != null || next != null) {
        changes.add(name + (next == null ? " ended" : old == null ? " started" : " restarted"));
      }
    }

    private void start(@Nullable Part next, Output wanted) throws IOException {
      if (next != null) {
        try {
          next.start();
        } catch (IOException | RuntimeException e) {
          end(next);
          throw e;
        }
        metrics.addCollector(next.collector());
      }
      running = next;
      followed = wanted;
    }

    void close() {
      Part old = running;
      if (old != null) {
        end(old);
        metrics.removeCollector(old.collector());
      }
      synchronized (slots) {
        if (old instanceof StatsDOutput.Part part) {
          ended = statistics(part);
        }
        running = null;
      }
      followed = null;
    }
  }

  private static void end(AutoCloseable part) {
    try {
      part.close();
    } catch (Exception e) {
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      logger.warn("{} failed to close", part.getClass().getSimpleName(), e);
    }
  }

  /** The settings of an output. Equal settings describe the same part. */
  interface Output {

    boolean enabled();

    /** Creates the part, which has no effect before it is started. */
    Part part(MetricsBridge bridge);
  }

  interface Part extends AutoCloseable {

    MetricsCollector collector();

    void start() throws IOException;

    /** Reads the bridge's JVMs from now on, after they have changed. */
    void targets();

    default void report() {}

    @Override
    void close();
  }

  /** Returns the target's own time between reports; absent if it has none. */
  @Nullable Duration interval(String target) {
    TargetSettings own = settings.targets().get(target);
    return own == null ? null : own.interval();
  }

  /**
   * The caches of this JVM. The platform's MBean server is requested by the first reading, because
   * a request creates it, and an application may choose another one while it starts.
   */
  private static final class OwnCaches implements CacheSource.Selective, AutoCloseable {

    private volatile @Nullable JmxCacheReader reader;

    @Override
    public CacheReadings read(Selection wanted) throws IOException {
      JmxCacheReader known = reader;
      if (known == null) {
        known = JmxCacheReader.ofThisJvm();
        reader = known;
      }
      return known.read(wanted);
    }

    @Override
    public void close() {
      JmxCacheReader known = reader;
      if (known != null) {
        known.close();
      }
    }
  }

  private static final class UserCollectors {

    private UserCollectors() {}

    /**
     * Creates one collector of each class, or none: after a failure the created ones are closed.
     *
     * @throws MetricsConfigurationException that says which class is wrong, and why
     */
    static List<MetricsCollector> of(List<String> classNames) {
      List<MetricsCollector> made = new ArrayList<>();
      try {
        for (String name : classNames) {
          made.add(create(name));
        }
        return made;
      } catch (MetricsConfigurationException e) {
        for (MetricsCollector collector : made) {
          try {
            collector.close();
          } catch (RuntimeException alsoBroken) {
            e.addSuppressed(alsoBroken);
          }
        }
        throw e;
      }
    }

    private static MetricsCollector create(String name) {
      try {
        return load(name).asSubclass(MetricsCollector.class).getConstructor().newInstance();
      } catch (ClassNotFoundException e) {
        throw bad(
            name, "is found neither by the class loader of the thread nor by the bridge's", e);
      } catch (ClassCastException e) {
        throw bad(name, "does not implement " + MetricsCollector.class.getName(), e);
      } catch (NoSuchMethodException | IllegalAccessException | InstantiationException e) {
        throw bad(name, "must be a public class with a public constructor without parameters", e);
      } catch (InvocationTargetException e) {
        throw bad(name, "cannot be made: its constructor threw " + e.getCause(), e);
      } catch (LinkageError e) {
        throw bad(name, "cannot be loaded: " + e, e);
      }
    }

    /** An application's classes are in the context class loader where the bridge is in a parent. */
    private static Class<?> load(String name) throws ClassNotFoundException {
      @Nullable ClassLoader context = Thread.currentThread().getContextClassLoader();
      if (context != null) {
        try {
          return Class.forName(name, /* initialize= */ true, context);
        } catch (ClassNotFoundException e) {
          // The next one may have it.
        }
      }
      return Class.forName(name, /* initialize= */ true, MetricsBridge.class.getClassLoader());
    }

    private static MetricsConfigurationException bad(String name, String what, Throwable cause) {
      return new MetricsConfigurationException(
          MetricsFile.GROUP + ".collectors: the class " + name + " " + what, cause);
    }
  }
}
