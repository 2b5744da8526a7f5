package io.yokedcache.jcache.internal.store;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.store.EntryStore.Use;
import io.yokedcache.jcache.internal.store.StoredCache.Operation;
import io.yokedcache.jcache.internal.store.generation.Generations;
import io.yokedcache.jcache.internal.store.keys.KeySpace;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import javax.cache.CacheException;

/**
 * The keys of the current entries of a cache, page by page. If a server is away and the cache
 * degrades, the pages of a scan for {@link Use#ANSWER} end. A scan for {@link Use#DECISION}, which
 * removes all entries, owes a new generation if it fails. Used by one thread.
 */
final class EntryPages implements Iterator<List<Bytes>> {

  private final KeySpace names;
  private final Generations generations;
  private final Settlement settlement;
  private final Degradation degradation;
  private final Use use;
  private Iterator<List<byte[]>> scan = Collections.emptyIterator();
  private List<Bytes> page = List.of();

  /**
   * Begins a scan.
   *
   * @param beginnings as {@link KeySpace#scan} takes them
   */
  EntryPages(
      StoredCache cache,
      Settlement settlement,
      Degradation degradation,
      Use use,
      List<byte[]> beginnings) {
    this.names = cache.names();
    this.generations = cache.generations();
    this.settlement = settlement;
    this.degradation = degradation;
    this.use = use;
    try {
      // The known generations may be old, and a scan must not skip the current entries.
      generations.openAll();
      scan =
          names.scan(
              cache.executor(), cache.nameOf(Operation.ITERATOR), cache.batchSize(), beginnings);
    } catch (CacheException e) {
      endOrThrow(e);
    }
  }

  private void endOrThrow(CacheException failure) {
    if (use == Use.DECISION) {
      settlement.oweGeneration();
    }
    if (!(failure instanceof RedisUnavailableException away)) {
      throw failure;
    }
    degradation.missOrThrow(use, away);
  }

  @Override
  public boolean hasNext() {
    try {
      while (page.isEmpty() && scan.hasNext()) {
        page = currentKeys(scan.next());
      }
    } catch (CacheException e) {
      endOrThrow(e);
      scan = Collections.emptyIterator();
    }
    return !page.isEmpty();
  }

  @Override
  public List<Bytes> next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    List<Bytes> current = page;
    page = List.of();
    return current;
  }

  /** The keys of the entries among some names that belong to current generations. */
  private List<Bytes> currentKeys(List<byte[]> page) {
    List<Bytes> keys = new ArrayList<>();
    for (byte[] name : page) {
      KeySpace.EntryName entry = names.parse(name);
      if (entry != null
          && entry.bucket() < names.buckets()
          && entry.token().equals(generations.current(entry.bucket()).tokenText())) {
        keys.add(entry.key());
      }
    }
    return keys;
  }
}
