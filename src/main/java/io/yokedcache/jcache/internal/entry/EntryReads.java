package io.yokedcache.jcache.internal.entry;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.internal.codec.value.ImmutableValues;
import io.yokedcache.jcache.internal.concurrent.AsyncQueue;
import io.yokedcache.jcache.internal.expiry.EntryExpiry;
import io.yokedcache.jcache.internal.expiry.RefreshAge;
import io.yokedcache.jcache.internal.near.NearCache;
import io.yokedcache.jcache.internal.near.NearEntry;
import io.yokedcache.jcache.internal.near.Ticket;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.store.EntryStore;
import io.yokedcache.jcache.internal.store.EntryStore.StoredValue;
import io.yokedcache.jcache.internal.store.EntryStore.Use;
import io.yokedcache.jcache.internal.store.Ttl;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads entries from the near cache if there is one, else from Redis, and leaves a near entry of
 * each entry that it reads from Redis. Readers share a value that nobody can change; each reader
 * decodes its copy of any other value. Safe for use by several threads.
 */
public final class EntryReads<K, V> {

  private final EntryStore store;
  private final EntryCodec<K, V> codec;
  private final EntryExpiry expiry;
  private final @Nullable NearCache<V> near;

  /** {@code null} if entries are not loaded anew. */
  private final @Nullable RefreshAge age;

  /**
   * Creates the reads of a cache.
   *
   * @param near its near cache, or {@code null}; only for an expiry policy that leaves the time to
   *     live alone when an entry is read
   * @param age the age from which entries are old, or {@code null} if none becomes old; only for
   *     the same policies
   */
  public EntryReads(
      EntryStore store,
      EntryCodec<K, V> codec,
      EntryExpiry expiry,
      @Nullable NearCache<V> near,
      @Nullable RefreshAge age) {
    this.store = store;
    this.codec = codec;
    this.expiry = expiry;
    this.near = near;
    this.age = age;
  }

  /**
   * The value of the near entry, or {@code null} if there is none that may be used.
   *
   * @param old gets the key if the near entry is old; {@code null} if none becomes old
   */
  public @Nullable V findNear(K key, @Nullable Consumer<K> old) {
    if (near == null) {
      return null;
    }
    NearEntry<V> entry = near.get(codec.name(key));
    if (entry == null) {
      return null;
    }
    if (old != null && entry.isOld(System.nanoTime())) {
      old.accept(key);
    }
    V value = entry.value();
    return value != null ? own(value) : codec.decodeUnwrapped(entry.bytes());
  }

  /**
   * The value of the near entry if finding it needs neither encoding nor decoding. {@code null}
   * does not say that there is no near entry.
   *
   * @param nowNanos the time if it is known, else 0
   * @param old gets the key if the near entry is old; {@code null} if none becomes old
   */
  public @Nullable V findNearUnencoded(K key, long nowNanos, @Nullable Consumer<K> old) {
    if (near == null || !codec.isPlain(key)) {
      return null;
    }
    long now = nowNanos == 0 ? System.nanoTime() : nowNanos;
    NearEntry<V> entry = near.find(key, now);
    if (entry == null) {
      return null;
    }
    V value = entry.value();
    if (value == null) {
      return null;
    }
    near.used();
    if (old != null && entry.isOld(now)) {
      old.accept(key);
    }
    return own(value);
  }

  /** Reads an entry from Redis. */
  public Read<V> read(Bytes key) {
    if (near != null || age != null) {
      return readAll(List.of(key)).get(0);
    }
    Bytes bytes =
        store.readsReplicas()
            ? store.getFromReplica(key)
            : store.get(key, ttlAskedAhead(), Use.ANSWER);
    return new Read<>(bytes, codec.decode(key, bytes), /* isOld= */ false);
  }

  /** Reads entries from Redis, in the order of the keys. */
  public List<Read<V>> readAll(List<Bytes> keys) {
    if (near == null && store.readsReplicas()) {
      return decoded(keys, store.getAllFromReplicas(keys));
    }
    return readAllFromMaster(keys);
  }

  /** Reads entries from Redis, with their stale near entries if Redis is not reached. */
  public List<Read<V>> readAllOrStale(List<Bytes> keys) {
    if (near == null || !near.isFailSafe()) {
      return readAll(keys);
    }
    long startNanos = System.nanoTime();
    try {
      return readWithTtl(keys, Use.DECISION);
    } catch (RedisUnavailableException e) {
      return stale(near, keys, startNanos, e);
    }
  }

  /** Whether there are near entries. */
  public boolean isNear() {
    return near != null;
  }

  /** Whether near entries may answer while Redis is away. */
  public boolean isFailSafe() {
    return near != null && near.isFailSafe();
  }

  /**
   * Stale near entries in place of a failure. They stand for the entries if the cache does not
   * degrade. If it does, a loader may have something better.
   *
   * @throws RedisUnavailableException the failure, if there is no near entry for each key and the
   *     cache does not degrade
   */
  private List<Read<V>> stale(
      NearCache<V> nearCache,
      List<Bytes> keys,
      long startNanos,
      RedisUnavailableException failure) {
    List<@Nullable V> values = new ArrayList<>(keys.size());
    for (Bytes key : keys) {
      values.add(isAway(failure) ? stale(nearCache, key, startNanos) : null);
    }
    if (values.contains(null)) {
      store.degradation().missOrThrow(failure);
    }
    List<Read<V>> reads = new ArrayList<>(keys.size());
    for (V value : values) {
      if (store.degradation().degrades()) {
        reads.add(new Read<>(null, null, /* isOld= */ false, value));
      } else {
        nearCache.usedStale();
        reads.add(new Read<>(null, value, /* isOld= */ false));
      }
    }
    return reads;
  }

  private @Nullable V stale(NearCache<V> nearCache, Bytes key, long startNanos) {
    NearEntry<V> entry = nearCache.stale(key, startNanos);
    if (entry == null || store.isOwed(key)) {
      return null;
    }
    V value = entry.value();
    return value != null ? own(value) : codec.decodeUnwrapped(entry.bytes());
  }

  /** Whether the server was not reached, or did not answer, unlike one that refuses a request. */
  private static boolean isAway(RedisUnavailableException failure) {
    return switch (failure.kind()) {
      case UNREACHABLE, NO_ANSWER, CONNECTION_LOST -> true;
      case NOT_ASKED, REFUSED, ACCESS_DENIED -> false;
    };
  }

  /** Counts the use of {@link Read#stale}. */
  public void usedStale() {
    if (near != null) {
      near.usedStale();
    }
  }

  /**
   * Begins to read entries from Redis.
   *
   * @param arrived is called once in a thread of the queue, with what returns the entries in the
   *     order of the keys
   */
  public void begin(List<Bytes> keys, AsyncQueue queue, Consumer<Supplier<List<Read<V>>>> arrived) {
    if (isFailSafe()) {
      queue.run(() -> arrived.accept(() -> readAllOrStale(keys)));
    } else if (near != null || age != null) {
      List<Ticket> tickets = tickets(keys);
      store.beginGetAllWithTtl(
          keys, queue, found -> arrived.accept(() -> keep(keys, tickets, found.get())));
    } else if (store.readsReplicas()) {
      queue.run(() -> arrived.accept(() -> readAll(keys)));
    } else {
      store.beginGetAll(
          keys, ttlAskedAhead(), queue, found -> arrived.accept(() -> decoded(keys, found.get())));
    }
  }

  /** Reads entries from Redis with all changes that were acknowledged before. */
  public List<Read<V>> readAllFromMaster(List<Bytes> keys) {
    if (near != null || age != null) {
      return readWithTtl(keys, Use.ANSWER);
    }
    return decoded(keys, store.getAll(keys, ttlAskedAhead(), Use.ANSWER));
  }

  private List<Read<V>> decoded(List<Bytes> keys, List<@Nullable Bytes> stored) {
    List<@Nullable V> values = codec.decodeAll(keys, stored);
    List<Read<V>> reads = new ArrayList<>(stored.size());
    for (int i = 0; i < stored.size(); i++) {
      reads.add(new Read<>(stored.get(i), values.get(i), /* isOld= */ false));
    }
    return reads;
  }

  private List<Read<V>> readWithTtl(List<Bytes> keys, Use use) {
    if (keys.isEmpty()) {
      return List.of();
    }
    List<Ticket> tickets = tickets(keys);
    return keep(keys, tickets, store.getAllWithTtl(keys, use));
  }

  private List<Ticket> tickets(List<Bytes> keys) {
    return near == null ? List.of() : keys.stream().map(near::ticket).toList();
  }

  private List<Read<V>> keep(
      List<Bytes> keys, List<Ticket> tickets, List<@Nullable StoredValue> found) {
    List<@Nullable Bytes> stored = new ArrayList<>(keys.size());
    found.forEach(entry -> stored.add(entry == null ? null : entry.value()));
    List<@Nullable Bytes> unwrapped = codec.unwrapAll(keys, stored);
    List<@Nullable V> values = codec.decodeAllUnwrapped(unwrapped);
    List<Read<V>> reads = new ArrayList<>(keys.size());
    for (int i = 0; i < keys.size(); i++) {
      V value = values.get(i);
      StoredValue entry = found.get(i);
      Bytes bytes = unwrapped.get(i);
      if (near != null && entry != null && bytes != null && value != null) {
        near.keep(
            tickets.get(i),
            codec.wraps() ? entry.withValue(bytes) : entry,
            shareable(value),
            age == null ? NearCache.ALWAYS_YOUNG : age.youngMillis(entry.ttlMillis()));
      }
      boolean isOld = age != null && entry != null && age.isOld(entry.ttlMillis());
      reads.add(new Read<>(stored.get(i), value, isOld));
    }
    return reads;
  }

  /** A policy of constants renews the time to live in the read's own round trip. */
  private Ttl ttlAskedAhead() {
    return expiry.isFixed() ? expiry.onAccess() : Ttl.UNCHANGED;
  }

  /** The value if all readers can be served from it: immutable, or an array, which is cloned. */
  private static <V> @Nullable V shareable(V value) {
    if (value instanceof byte[]) {
      return own(value); // the first reader gets the original
    }
    return ImmutableValues.isImmutable(value) ? value : null;
  }

  /** The value for one reader (JSR-107 1.1.1, store-by-value). */
  @SuppressWarnings("unchecked") // the clone of a byte array is a byte array
  private static <V> V own(V value) {
    return value instanceof byte[] array ? (V) array.clone() : value;
  }

  /**
   * An entry as it was read from Redis.
   *
   * @param bytes its encoded value, or {@code null} if there is no entry
   * @param value its value, or {@code null} if there is none that could be decoded
   * @param isOld whether it is to be loaded anew
   * @param stale the value of a stale near entry if Redis was not reached, or {@code null}
   */
  public record Read<V>(
      @Nullable Bytes bytes, @Nullable V value, boolean isOld, @Nullable V stale) {

    private Read(@Nullable Bytes bytes, @Nullable V value, boolean isOld) {
      this(bytes, value, isOld, /* stale= */ null);
    }
  }
}
