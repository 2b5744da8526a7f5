package io.yokedcache.metrics.source;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What somebody wants to know of caches, so that a source need not read the rest.
 *
 * @param operations whether timers and errors by operation are wanted, which cost most
 * @param configurations whether the caches' configurations are wanted
 * @param figures the names of the counters and gauges that are wanted; absent for all
 */
public record Selection(boolean operations, boolean configurations, @Nullable Set<String> figures) {

  /** Everything but configurations. */
  public static final Selection ALL = new Selection(true, false, null);

  /** All counters and gauges. */
  public static final Selection FIGURES = new Selection(false, false, null);

  /**
   * Copies the set.
   *
   * @param operations whether timers and errors by operation are wanted, which cost most
   * @param configurations whether the caches' configurations are wanted
   * @param figures the names of the counters and gauges that are wanted; absent for all
   */
  public Selection {
    figures = figures == null ? null : Set.copyOf(figures);
  }

  /** Returns whether a reading of this has all that somebody else wants. */
  boolean covers(Selection other) {
    return (operations || !other.operations)
        && (configurations || !other.configurations)
        && (figures == null || (other.figures != null && figures.containsAll(other.figures)));
  }
}
