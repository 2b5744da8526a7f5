package io.yokedcache.jcache.internal.entry;

import io.yokedcache.jcache.internal.expiry.EntryExpiry;
import io.yokedcache.jcache.internal.integration.EntryLoader;
import io.yokedcache.jcache.internal.integration.EntryWriter;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.store.EntryStore;
import java.time.Duration;
import java.util.Collection;

/**
 * What the operations of one cache are made of.
 *
 * @param name the cache's name
 * @param store where the entries are; changes overtake loads
 * @param reads the same for who only reads, perhaps from copies in this JVM
 * @param codec how keys and values are written
 * @param expiry how long entries live
 * @param loader where a missing value comes from
 * @param writer where a change goes first
 * @param demand what listeners want to know
 * @param contentionTimeout how long an atomic operation tries again
 * @param locks the turns that threads take with a key
 * @param loads which loads are under way
 */
public record CacheContext<K, V>(
    String name,
    EntryStore store,
    EntryReads<K, V> reads,
    EntryCodec<K, V> codec,
    EntryExpiry expiry,
    EntryLoader<K, V> loader,
    EntryWriter<K, V> writer,
    EventDemand demand,
    Duration contentionTimeout,
    KeyLocks locks,
    LoadTracker loads) {

  /** Of caches without a loader, which never begin a load, so that nothing is ever noted here. */
  private static final LoadTracker NOTHING_LOADS = new LoadTracker(Duration.ZERO);

  /**
   * Puts the context together.
   *
   * @param loads whether anything can be loaded, by reads or by {@code loadAll}
   */
  public static <K, V> CacheContext<K, V> of(
      String name,
      EntryStore entries,
      EntryReads<K, V> reads,
      EntryCodec<K, V> codec,
      EntryExpiry expiry,
      EntryLoader<K, V> loader,
      EntryWriter<K, V> writer,
      EventDemand demand,
      Duration contentionTimeout,
      KeyLocks locks,
      boolean loads) {
    LoadTracker stamps = loads ? new LoadTracker(contentionTimeout) : NOTHING_LOADS;
    return new CacheContext<>(
        name,
        loads ? new LoadInvalidatingStore(entries, stamps) : entries,
        reads,
        codec,
        expiry,
        loader,
        writer,
        demand,
        contentionTimeout,
        locks,
        stamps);
  }

  CacheContext<K, V> withoutWriter() {
    if (!writer.exists()) {
      return this;
    }
    return new CacheContext<>(
        name,
        store,
        reads,
        codec,
        expiry,
        loader,
        EntryWriter.none(),
        demand,
        contentionTimeout,
        locks,
        loads);
  }

  /** Has no load that is under way stored. */
  public void overtakeLoads() {
    loads.overtakeAll();
  }

  /**
   * Turns with keys that an operation changes, if application code has a say or listens; else none.
   */
  public KeyLocks.Hold turns(Collection<Bytes> keys) {
    return writer.exists() || demand.wantsEvents() ? locks.holdAll(keys) : KeyLocks.none();
  }
}
