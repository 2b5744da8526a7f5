package io.yokedcache.jcache.hibernate;

import io.yokedcache.jcache.YokedCache;
import org.hibernate.cache.spi.support.DomainDataStorageAccess;
import org.hibernate.engine.spi.SharedSessionContractImplementor;
import org.jspecify.annotations.Nullable;

/**
 * The cache of a region, as Hibernate's own regions and strategies use it: query results and {@code
 * READ_ONLY}; for update timestamps see {@link TimestampStorage}.
 */
class CacheStorage implements DomainDataStorageAccess {

  private final YokedCache<Object, Object> cache;

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

  @Override
  public void putIntoCache(Object key, Object value, SharedSessionContractImplementor session) {
    cache.put(key, value);
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
