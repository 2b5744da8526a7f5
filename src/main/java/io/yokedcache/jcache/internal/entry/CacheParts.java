package io.yokedcache.jcache.internal.entry;

import io.yokedcache.jcache.internal.expiry.EntryExpiry;
import io.yokedcache.jcache.internal.integration.EntryLoader;
import io.yokedcache.jcache.internal.integration.EntryWriter;
import io.yokedcache.jcache.internal.store.EntryStore;
import java.time.Duration;

/**
 * What the operations of one cache are made of.
 *
 * @param store where the entries are
 * @param reads the same for who only reads, perhaps from copies in this JVM
 * @param codec how keys and values are written
 * @param expiry how long entries live
 * @param loader where a missing value comes from
 * @param writer where a change goes first
 * @param demand what listeners want to know
 * @param contentionTimeout how long an atomic operation tries again
 */
public record CacheParts<K, V>(
    EntryStore store,
    EntryReads<K, V> reads,
    EntryCodec<K, V> codec,
    EntryExpiry expiry,
    EntryLoader<K, V> loader,
    EntryWriter<K, V> writer,
    EventDemand demand,
    Duration contentionTimeout) {

  CacheParts<K, V> withoutWriter() {
    return new CacheParts<>(
        store, reads, codec, expiry, loader, EntryWriter.none(), demand, contentionTimeout);
  }
}
