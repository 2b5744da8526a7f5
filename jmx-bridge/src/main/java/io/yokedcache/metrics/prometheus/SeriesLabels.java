package io.yokedcache.metrics.prometheus;

import io.prometheus.metrics.model.snapshots.Labels;
import io.yokedcache.metrics.series.SeriesOwner;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The labels of the series of one target, kept from one scrape to the next: each label that is
 * added sorts and copies all of them, which costs more than the rest of a series. Thread-safe.
 */
final class SeriesLabels {

  /**
   * The number of series of one cache whose labels are kept; other labels are created for each
   * scrape.
   */
  private static final int MAX_PER_OWNER = 1000;

  private record Extra(List<String> names, List<String> values) {}

  private final Labels base;
  private final Map<SeriesOwner, OfOwner> owners = new ConcurrentHashMap<>();

  SeriesLabels(Labels base) {
    this.base = base;
  }

  static final class OfOwner {
    private final Labels own;
    private final Map<Extra, Labels> more = new ConcurrentHashMap<>();

    private OfOwner(Labels own) {
      this.own = own;
    }

    /** The labels of a series with further labels, one value for each name. */
    Labels with(List<String> names, List<String> values) {
      if (names.isEmpty()) {
        return own;
      }
      Extra extra = new Extra(names, values);
      Labels known = more.get(extra);
      if (known == null) {
        known = own.merge(Labels.of(names.toArray(String[]::new), values.toArray(String[]::new)));
        if (more.size() < MAX_PER_OWNER) {
          more.put(extra, known);
        }
      }
      return known;
    }
  }

  OfOwner of(SeriesOwner owner) {
    return owners.computeIfAbsent(owner, added -> new OfOwner(labels(added)));
  }

  private Labels labels(SeriesOwner owner) {
    if (owner.manager() == null) {
      return base;
    }
    return owner.cache() == null
        ? base.add(PrometheusNames.MANAGER, owner.manager())
        : base.merge(
            Labels.of(
                PrometheusNames.CACHE, owner.cache(), PrometheusNames.MANAGER, owner.manager()));
  }

  /** Forgets all if most of them are of caches that are no more. */
  void trim(int liveOwners) {
    if (owners.size() > 2 * liveOwners + 100) {
      owners.clear();
    }
  }

  int ownerCount() {
    return owners.size();
  }
}
