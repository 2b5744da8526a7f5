package io.yokedcache.jcache.hibernate;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.YokedCache;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.cache.CacheException;
import org.hibernate.cache.spi.support.DomainDataStorageAccess;
import org.hibernate.engine.spi.SharedSessionContractImplementor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The cache of a region, as Hibernate's own regions and strategies use it: query results and {@code
 * READ_ONLY}; for update timestamps see {@link TimestampStorage}.
 */
class CacheStorage implements DomainDataStorageAccess {

  private static final Logger logger = LoggerFactory.getLogger(CacheStorage.class);

  private final YokedCache<Object, Object> cache;
  private final AtomicBoolean hasWarned = new AtomicBoolean();

  CacheStorage(YokedCache<Object, Object> cache) {
    this.cache = cache;
  }

  final YokedCache<Object, Object> cache() {
    return cache;
  }

  @Override
  public @Nullable Object getFromCache(Object key, SharedSessionContractImplementor session) {
    return cache.get(key);
  }

  /** Puts a value, or removes the entry if the value cannot be stored. */
  @Override
  public void putIntoCache(Object key, Object value, SharedSessionContractImplementor session) {
    try {
      cache.put(key, value);
    } catch (RedisUnavailableException nothingIsLostIfTheValueIsNotPut) {
      // The removal of an older value is owed by the put.
    } catch (CacheException e) {
      cache.remove(key);
      warnOfMissing(e);
    }
  }

  /**
   * Reports that a state or a result is not in the cache, since it cannot be stored. The
   * application has it from the database, so nothing has failed.
   */
  final void warnOfMissing(CacheException cause) {
    if (hasWarned.compareAndSet(false, true)) {
      logger.warn(
          "Values of region {} cannot be cached, and are read from the database each time: {}"
              + " (further ones are logged at debug level)",
          cache.getName(),
          cause.getMessage());
    } else {
      logger.debug("A value of region {} cannot be cached", cache.getName(), cause);
    }
  }

  @Override
  public boolean contains(Object key) {
    return cache.containsKey(key);
  }

  @Override
  public void evictData() {
    cache.clear();
  }

  @Override
  public void evictData(Object key) {
    cache.remove(key);
  }

  @Override
  public void release() {
    cache.close();
  }
}
