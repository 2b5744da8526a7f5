package io.yokedcache.jcache.internal.entry;

import io.yokedcache.jcache.internal.expiry.EntryExpiry;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.store.EntryStore;
import io.yokedcache.jcache.internal.store.Ttl;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads all from Redis. */
final class FarReads<K, V> implements EntryReads<K, V> {

  private final EntryStore store;
  private final EntryCodec<K, V> codec;
  private final EntryExpiry expiry;

  FarReads(EntryStore store, EntryCodec<K, V> codec, EntryExpiry expiry) {
    this.store = store;
    this.codec = codec;
    this.expiry = expiry;
  }

  @Override
  public @Nullable V copy(K key) {
    return null;
  }

  @Override
  public @Nullable V copyAtHand(K key, long nowNanos) {
    return null;
  }

  @Override
  public Read<V> read(Bytes key) {
    Bytes bytes = store.get(key, ttlAskedAhead());
    return new Read<>(bytes, codec.decode(bytes));
  }

  @Override
  public List<Read<V>> readAll(List<Bytes> keys) {
    List<@Nullable Bytes> stored = store.getAll(keys, ttlAskedAhead());
    List<@Nullable V> values = codec.decodeAll(stored);
    List<Read<V>> reads = new ArrayList<>(keys.size());
    for (int i = 0; i < keys.size(); i++) {
      reads.add(new Read<>(stored.get(i), values.get(i)));
    }
    return reads;
  }

  /** A policy of constants renews the time to live in the read's own round trip. */
  private Ttl ttlAskedAhead() {
    return expiry.isFixed() ? expiry.onAccess() : Ttl.UNCHANGED;
  }
}
