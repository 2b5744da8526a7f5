package io.yokedcache.jcache.internal.entry;

import io.yokedcache.jcache.internal.codec.value.ImmutableValues;
import io.yokedcache.jcache.internal.near.NearCache;
import io.yokedcache.jcache.internal.near.NearCache.Copy;
import io.yokedcache.jcache.internal.near.NearCache.Ticket;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.store.EntryStore;
import io.yokedcache.jcache.internal.store.StoredValue;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads from copies in this JVM, and leaves one of what it reads from Redis. Readers share a value
 * that nobody can change; of any other each decodes its own.
 */
final class NearReads<K, V> implements EntryReads<K, V> {

  private final EntryStore store;
  private final EntryCodec<K, V> codec;
  private final NearCache<V> near;

  NearReads(EntryStore store, EntryCodec<K, V> codec, NearCache<V> near) {
    this.store = store;
    this.codec = codec;
    this.near = near;
  }

  @Override
  public @Nullable V copy(K key) {
    Copy<V> copy = near.get(codec.name(key));
    if (copy == null) {
      return null;
    }
    V value = copy.value();
    return value != null ? own(value) : codec.decode(copy.bytes());
  }

  @Override
  public @Nullable V copyAtHand(K key, long nowNanos) {
    if (!codec.isPlain(key)) {
      return null;
    }
    Copy<V> copy = near.find(key, nowNanos == 0 ? System.nanoTime() : nowNanos);
    V value = copy == null ? null : copy.value();
    if (value == null) {
      return null;
    }
    near.used();
    return own(value);
  }

  /** What serves all readers: what nobody can change, and arrays, which are faster copied. */
  private static <V> @Nullable V kept(V value) {
    if (value instanceof byte[]) {
      return own(value); // the one at hand goes to the reader
    }
    return ImmutableValues.isImmutable(value) ? value : null;
  }

  /** A value for one reader: store-by-value is kept. */
  @SuppressWarnings("unchecked") // what is an array of bytes before is one afterwards
  private static <V> V own(V value) {
    return value instanceof byte[] array ? (V) array.clone() : value;
  }

  @Override
  public Read<V> read(Bytes key) {
    return readAll(List.of(key)).get(0);
  }

  @Override
  public List<Read<V>> readAll(List<Bytes> keys) {
    if (keys.isEmpty()) {
      return List.of();
    }
    List<Ticket> tickets = keys.stream().map(near::ticket).toList();
    List<@Nullable StoredValue> found = store.getAllWithTtl(keys);
    List<@Nullable Bytes> stored = new ArrayList<>(keys.size());
    found.forEach(entry -> stored.add(entry == null ? null : entry.value()));
    List<@Nullable V> values = codec.decodeAll(stored);
    List<Read<V>> reads = new ArrayList<>(keys.size());
    for (int i = 0; i < keys.size(); i++) {
      V value = values.get(i);
      StoredValue entry = found.get(i);
      if (entry != null && value != null) {
        near.keep(tickets.get(i), entry, kept(value));
      }
      reads.add(new Read<>(stored.get(i), value));
    }
    return reads;
  }
}
