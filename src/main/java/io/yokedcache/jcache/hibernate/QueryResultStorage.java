package io.yokedcache.jcache.hibernate;

import io.yokedcache.jcache.YokedCache;
import org.hibernate.engine.spi.SharedSessionContractImplementor;

/**
 * The cache of query results. Those of a transaction that has changed rows may have what is not
 * committed, so they are put after its commit. Until then its update timestamps wait, which make
 * such results invalid.
 */
final class QueryResultStorage extends CacheStorage {

  QueryResultStorage(YokedCache<Object, Object> cache) {
    super(cache);
  }

  @Override
  public void putIntoCache(Object key, Object value, SharedSessionContractImplementor session) {
    TransactionContext context = TransactionContext.of(session);
    if (!context.hasWritten()) {
      super.putIntoCache(key, value, session);
      return;
    }
    context.ifCommitted(this, key, trip -> () -> super.putIntoCache(key, value, session));
  }
}
