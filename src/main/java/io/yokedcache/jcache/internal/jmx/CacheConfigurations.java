package io.yokedcache.jcache.internal.jmx;

import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * How several caches are configured at one moment, as columns: one element for each cache in each
 * of them. Immutable.
 */
public final class CacheConfigurations {

  private final List<CacheDescription> rows;

  CacheConfigurations(List<CacheDescription> rows) {
    this.rows = List.copyOf(rows);
  }

  private String[] texts(Function<CacheDescription, String> column) {
    return rows.stream().map(column).toArray(String[]::new);
  }

  private boolean[] flags(Predicate<CacheDescription> column) {
    boolean[] flags = new boolean[rows.size()];
    for (int i = 0; i < flags.length; i++) {
      flags[i] = column.test(rows.get(i));
    }
    return flags;
  }

  /** The names of the caches. */
  public String[] getCaches() {
    return texts(CacheDescription::cache);
  }

  /** The declared classes of their keys. */
  public String[] getKeyTypes() {
    return texts(CacheDescription::keyType);
  }

  /** The declared classes of their values. */
  public String[] getValueTypes() {
    return texts(CacheDescription::valueType);
  }

  /** The settings that say how values are written. */
  public String[] getCodecs() {
    return texts(CacheDescription::codec);
  }

  /** Whether they keep copies. */
  public boolean[] getStoreByValue() {
    return flags(CacheDescription::storeByValue);
  }

  /** Whether they load missing values. */
  public boolean[] getReadThrough() {
    return flags(CacheDescription::readThrough);
  }

  /** Whether they write changes through. */
  public boolean[] getWriteThrough() {
    return flags(CacheDescription::writeThrough);
  }

  /** Whether anything of them is counted. */
  public boolean[] getStatisticsEnabled() {
    return flags(CacheDescription::statisticsEnabled);
  }
}
