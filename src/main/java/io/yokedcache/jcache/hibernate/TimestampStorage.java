package io.yokedcache.jcache.hibernate;

import io.yokedcache.jcache.YokedCache;
import io.yokedcache.jcache.internal.processor.SharedTrip;
import java.util.function.Supplier;
import org.hibernate.cache.spi.support.SimpleTimestamper;
import org.hibernate.engine.spi.SharedSessionContractImplementor;
import org.jspecify.annotations.Nullable;

/**
 * The cache of the update timestamps. A transaction puts two for each table that it changes: one in
 * the future before it commits, which makes results of queries invalid, and that of its end
 * afterwards. Both share the round trips of the {@link TransactionContext}.
 */
final class TimestampStorage extends CacheStorage {

  TimestampStorage(YokedCache<Object, Object> cache) {
    super(cache);
  }

  @Override
  public @Nullable Object getFromCache(Object key, SharedSessionContractImplementor session) {
    // A transaction finds no results of queries on tables that it has changed itself.
    return TransactionContext.of(session).isWaiting(this, key)
        ? Long.MAX_VALUE
        : super.getFromCache(key, session);
  }

  @Override
  public void putIntoCache(Object key, Object value, SharedSessionContractImplementor session) {
    TransactionContext context = TransactionContext.of(session);
    @SuppressWarnings("unchecked") // The cache itself.
    SharedTrip.Member<Object, Object> member = cache().unwrap(SharedTrip.Member.class);
    TransactionContext.Change put =
        trip -> {
          Supplier<Boolean> begun = member.beginPut(trip, key, value);
          return () -> {
            Boolean unused = begun.get();
          };
        };
    if (value instanceof Long timestamp && timestamp > SimpleTimestamper.next()) {
      context.beforeCommit(this, key, put);
    } else {
      context.afterCommit(this, key, /* handle= */ null, put);
    }
  }
}
