package io.yokedcache.jcache.internal.entry;

import io.yokedcache.jcache.internal.expiry.EntryExpiry;
import io.yokedcache.jcache.internal.integration.DeclaredType;
import io.yokedcache.jcache.internal.integration.EntryLoader;
import io.yokedcache.jcache.internal.integration.EntryWriter;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.settings.Settings;
import io.yokedcache.jcache.internal.store.EntryStore;
import java.time.Duration;
import java.util.Collection;

/**
 * The parts that all operations of one cache share.
 *
 * @param name the cache's name
 * @param store the entries in Redis
 * @param reads reads entries, by the near cache if there is one
 * @param codec encodes and decodes keys and values
 * @param valueType the declared type of the values
 * @param expiry the expiry policy
 * @param loader loads missing values
 * @param writer writes changes through
 * @param demand whether listeners need events
 * @param settings the settings of the cache
 * @param locks locks for keys
 * @param loadTracker the running loads, which changes invalidate after {@link #trackChanges}
 */
public record CacheContext<K, V>(
    String name,
    EntryStore store,
    EntryReads<K, V> reads,
    EntryCodec<K, V> codec,
    DeclaredType<V> valueType,
    EntryExpiry expiry,
    EntryLoader<K, V> loader,
    EntryWriter<K, V> writer,
    EventDemand demand,
    Settings.Cache settings,
    KeyLocks locks,
    LoadTracker loadTracker) {

  /** How long an atomic operation retries. */
  public Duration contentionTimeout() {
    return settings.contentionTimeout();
  }

  /** The same parts, without the writer. */
  public CacheContext<K, V> withoutWriter() {
    if (!writer.exists()) {
      return this;
    }
    return new CacheContext<>(
        name,
        store,
        reads,
        codec,
        valueType,
        expiry,
        loader,
        EntryWriter.none(),
        demand,
        settings,
        locks,
        loadTracker);
  }

  /** Lets changes invalidate running loads; to be called before the first load begins. */
  public void trackChanges() {
    store.observe(loadTracker);
  }

  /** Invalidates all running loads. */
  public void overtakeLoads() {
    loadTracker.overtakeAll();
  }

  /** Locks the keys that an operation changes if application code takes part or listens. */
  public KeyLocks.Hold lockAll(Collection<Bytes> keys) {
    return writer.exists() || demand.wantsEvents() ? locks.holdAll(keys) : KeyLocks.none();
  }

  /** Locks the keys of loads, of which listeners get events in the order of the keys' changes. */
  public KeyLocks.Hold lockLoaded(Collection<Bytes> keys) {
    return demand.wantsEvents() ? locks.holdAll(keys) : KeyLocks.none();
  }
}
