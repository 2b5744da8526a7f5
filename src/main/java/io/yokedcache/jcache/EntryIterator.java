package io.yokedcache.jcache;

import io.yokedcache.jcache.internal.entry.EntryCodec;
import io.yokedcache.jcache.internal.integration.SimpleEntry;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.store.EntryStore;
import io.yokedcache.jcache.internal.store.EntryStore.Use;
import io.yokedcache.jcache.internal.store.Ttl;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import javax.cache.Cache;
import org.jspecify.annotations.Nullable;

/**
 * Iterates over the entries of a cache page by page. Weakly consistent: a concurrent change may be
 * seen or not. It remembers the returned keys, since Redis may return a key twice. Used by one
 * thread.
 */
final class EntryIterator<K, V> implements Iterator<Cache.Entry<K, V>> {

  private final RedisCache<K, V> cache;
  private final EntryStore store;
  private final EntryCodec<K, V> codec;
  private final OperationMeter meter;
  private final Iterator<List<Bytes>> pages;
  private final Set<Bytes> seen = new HashSet<>();
  private final Deque<SimpleEntry<K, V>> fetched = new ArrayDeque<>();
  private @Nullable K last;

  EntryIterator(
      RedisCache<K, V> cache, EntryStore store, EntryCodec<K, V> codec, OperationMeter meter) {
    this.cache = cache;
    this.store = store;
    this.codec = codec;
    this.meter = meter;
    this.pages = store.scan(Use.ANSWER, /* beginnings= */ List.of());
  }

  @Override
  public boolean hasNext() {
    cache.ensureOpen();
    while (fetched.isEmpty() && pages.hasNext()) {
      List<Bytes> page = pages.next();
      meter.runAhead(() -> fetch(page));
    }
    return !fetched.isEmpty();
  }

  private void fetch(List<Bytes> page) {
    List<Bytes> keys = new ArrayList<>(page.size());
    for (Bytes key : page) {
      if (seen.add(key)) {
        keys.add(key);
      }
    }
    if (keys.isEmpty()) {
      return;
    }
    List<@Nullable Bytes> values = store.getAll(keys, Ttl.UNCHANGED, Use.ANSWER);
    List<@Nullable K> decodedKeys = codec.decodeKeys(keys);
    List<@Nullable V> decodedValues = codec.decodeAll(keys, values);
    for (int i = 0; i < keys.size(); i++) {
      V value = decodedValues.get(i);
      K key = decodedKeys.get(i);
      if (key != null && value != null) {
        fetched.add(new SimpleEntry<>(key, value));
      }
    }
  }

  @Override
  public Cache.Entry<K, V> next() {
    if (!hasNext()) {
      throw new NoSuchElementException("Cache " + cache.getName() + " has no more entries");
    }
    SimpleEntry<K, V> entry = fetched.remove();
    last = entry.key();
    cache.noteIterated(entry.key(), entry.value());
    return entry;
  }

  @Override
  public void remove() {
    if (last == null) {
      throw new IllegalStateException("Call next() before remove()");
    }
    cache.remove(last);
    last = null;
  }
}
