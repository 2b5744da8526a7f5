package io.yokedcache.jcache;

import io.yokedcache.jcache.internal.metrics.OutageStatistics;
import javax.cache.Cache;

/** The figures of a cache for tests in other packages. */
public final class OutageFigures {

  private OutageFigures() {}

  /** Returns the figures of a cache object of the provider. */
  public static OutageStatistics of(Cache<?, ?> cache) {
    RedisCache<?, ?> own = cache.unwrap(RedisCache.class);
    return own.lifecycle().outages();
  }

  /** Returns whether the JVM owes nothing of the cache. */
  public static boolean owesNothing(Cache<?, ?> cache) {
    OutageStatistics outages = of(cache);
    return outages.owedKeys() == 0 && !outages.owesGeneration();
  }
}
