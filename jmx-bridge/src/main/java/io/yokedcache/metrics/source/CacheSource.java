package io.yokedcache.metrics.source;

import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Where the figures of caches come from; implementations are thread-safe. */
@FunctionalInterface
public interface CacheSource {

  /**
   * Reads all caches, without configurations.
   *
   * @return the figures of this moment
   * @throws IOException if the source cannot be reached
   */
  CacheReadings read() throws IOException;

  /** Reads the wanted figures, and perhaps more; everything unless it is overridden. */
  default CacheReadings read(Selection wanted) throws IOException {
    return read();
  }

  /** A source that reads only the wanted figures. */
  interface Selective extends CacheSource {

    @Override
    CacheReadings read(Selection wanted) throws IOException;

    @Override
    default CacheReadings read() throws IOException {
      return read(Selection.ALL);
    }
  }

  /**
   * Which figures are wanted, so that a source need not read the rest.
   *
   * @param operations whether timers and errors by operation are wanted, which cost most
   * @param configurations whether the caches' configurations are wanted
   * @param figures the names of the counters and gauges that are wanted; absent for all
   */
  record Selection(boolean operations, boolean configurations, @Nullable Set<String> figures) {

    /** Everything but configurations. */
    public static final Selection ALL = new Selection(true, false, null);

    public static final Selection FIGURES = new Selection(false, false, null);

    public Selection {
      figures = figures == null ? null : Set.copyOf(figures);
    }

    /** Returns whether a reading of this has all that another selection wants. */
    boolean covers(Selection other) {
      return (operations || !other.operations)
          && (configurations || !other.configurations)
          && (figures == null || (other.figures != null && figures.containsAll(other.figures)));
    }
  }
}
