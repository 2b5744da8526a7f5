package io.yokedcache.jcache.internal.store;

import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.store.Mutation.Outcome;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The entries of one cache, as bytes with a time to live. Every operation is atomic for its entry
 * across all JVMs, sees only the current generation, and waits no longer than the time-outs of the
 * connection. All methods throw {@link javax.cache.CacheException} if Redis cannot be reached or
 * refuses the command. Safe for use by several threads.
 */
public interface EntryStore {

  /**
   * Reads an entry.
   *
   * @param onAccess its time to live after this read
   * @return its bytes, or {@code null} if there is none
   */
  @Nullable Bytes get(Bytes key, Ttl onAccess);

  /**
   * Reads several entries.
   *
   * @return bytes or {@code null} for each key, in the order of the keys
   */
  List<@Nullable Bytes> getAll(List<Bytes> keys, Ttl onAccess);

  /**
   * Reads several entries with their times to live, which this read leaves as they are.
   *
   * @return an entry or {@code null} for each key, in the order of the keys
   */
  List<@Nullable StoredValue> getAllWithTtl(List<Bytes> keys);

  /** Whether there is an entry. */
  boolean contains(Bytes key);

  /** Whether there is an entry, for each key in their order. */
  List<Boolean> containsAll(List<Bytes> keys);

  /** Sets the time to live of an entry, if there is one. */
  void touch(Bytes key, Ttl ttl);

  /** Sets the times to live of the entries that exist, in one round trip for each batch. */
  void touchAll(Map<Bytes, Ttl> ttls);

  /** Changes an entry. */
  Outcome apply(Mutation mutation);

  /**
   * Changes several entries, each atomically, not all of them together.
   *
   * @return their outcomes in the order of the mutations
   */
  List<Outcome> applyAll(List<Mutation> mutations);

  /**
   * A view of some entries that ends with the next {@link #clear} of any JVM. Later changes through
   * the view do nothing. For values that are loaded before they are stored.
   *
   * @param wereRead whether the entries were just read, so that this JVM knows the current
   *     generation; if not, Redis is asked
   */
  Pinned pin(Collection<Bytes> keys, boolean wereRead);

  /** Entries of one generation. Safe for use by several threads. */
  interface Pinned {

    /**
     * Changes several of the entries, as {@link EntryStore#applyAll} does.
     *
     * @return their outcomes in the order of the mutations; {@link Change#NONE} also if the cache
     *     was cleared
     */
    List<Outcome> applyAll(List<Mutation> mutations);
  }

  /**
   * Empties the cache for every JVM at once, at a cost that does not depend on its size.
   *
   * @return the tokens of the generations that ended and may have had entries
   */
  Set<String> clear();

  /** Empties the cache and forgets that it existed. */
  void destroy();

  /**
   * The keys of the cache, page by page. Weakly consistent: a key that exists during the whole scan
   * is returned, a key that is added or removed during the scan may be. A key may come twice.
   */
  Iterator<List<Bytes>> scan();
}
