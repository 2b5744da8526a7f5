package io.yokedcache.jcache.internal.entry;

import io.yokedcache.jcache.internal.entry.EntryWrites.BulkPut;
import io.yokedcache.jcache.internal.redis.Bytes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes several entries: one call of the writer for all, and as few round trips to Redis as
 * possible. All keys and values are encoded before the writer is called, so that encoding cannot
 * fail after the writer has written an entry. What Redis has not confirmed is owed, as {@link
 * io.yokedcache.jcache.internal.store.EntryChanges} decides.
 */
public final class BulkWriter<K, V> {

  private final CacheContext<K, V> context;
  private final EntryWrites<K, V> writes;

  /** Of removals Redis decides everything, since no expiry policy is asked about them. */
  private final DirectWrites<K, V> removals;

  public BulkWriter(CacheContext<K, V> context) {
    this.context = context;
    CacheContext<K, V> unwritten = context.withoutWriter();
    this.writes = EntryWrites.of(unwritten);
    this.removals =
        writes instanceof DirectWrites<K, V> direct ? direct : new DirectWrites<>(unwritten);
  }

  /** Encodes entries that are to be put. */
  public Puts puts(Map<K, V> entries) {
    List<Bytes> keys = context.codec().keys(entries.keySet());
    List<Bytes> values = context.codec().values(keys, entries.values());
    List<EncodedEntry<K, V>> encoded = new ArrayList<>(entries.size());
    for (Map.Entry<K, V> entry : entries.entrySet()) {
      int i = encoded.size();
      encoded.add(new EncodedEntry<>(entry.getKey(), keys.get(i), entry.getValue(), values.get(i)));
    }
    return new Puts(entries, keys, encoded);
  }

  /** Encodes the keys of entries that are to be removed. */
  public Removals removals(Set<K> keys) {
    Map<K, Bytes> encoded = new LinkedHashMap<>();
    List<Bytes> bytes = context.codec().keys(keys);
    for (K key : keys) {
      encoded.put(key, bytes.get(encoded.size()));
    }
    return removals(encoded);
  }

  /** Entries that are to be removed, by keys and their bytes. */
  public Removals removals(Map<K, Bytes> keys) {
    return new Removals(keys);
  }

  /** Entries to be put, all of them encoded. For one use by one thread. */
  public final class Puts {

    private final Map<K, V> entries;
    private final List<Bytes> keys;
    private final List<EncodedEntry<K, V>> encoded;

    private Puts(Map<K, V> entries, List<Bytes> keys, List<EncodedEntry<K, V>> encoded) {
      this.entries = entries;
      this.keys = keys;
      this.encoded = encoded;
    }

    /** The bytes of the keys. */
    public List<Bytes> keys() {
      return keys;
    }

    /** Puts the entries that the writer accepted. */
    public Written<K, V> write() {
      BulkPut<K, V> put = writes.preparePuts(encoded);
      var written = context.writer().writeAll(entries);
      return new Written<>(put.apply(written.keys()), written.failure());
    }
  }

  /** Entries to be removed. For one use by one thread. */
  public final class Removals {

    private final Map<K, Bytes> keys;

    private Removals(Map<K, Bytes> keys) {
      this.keys = keys;
    }

    /** The bytes of the keys. */
    public List<Bytes> keys() {
      return List.copyOf(keys.values());
    }

    /** Removes the entries that the writer accepted. */
    public Written<K, V> write() {
      var deleted = context.writer().deleteAll(keys.keySet());
      Map<K, Bytes> removed = new LinkedHashMap<>(keys);
      removed.keySet().retainAll(deleted.keys());
      List<OperationResult<V>> outcomes = removals.removeAll(List.copyOf(removed.values()));
      Map<K, OperationResult<V>> results = new LinkedHashMap<>();
      for (K key : removed.keySet()) {
        results.put(key, outcomes.get(results.size()));
      }
      return new Written<>(results, deleted.failure());
    }
  }

  /**
   * The result of a bulk write.
   *
   * @param results the outcome for each key that the writer accepted
   * @param failure the writer's failure, a {@code CacheWriterException} or an {@code Error}, or
   *     {@code null}
   */
  public record Written<K, V>(Map<K, OperationResult<V>> results, @Nullable Throwable failure) {}
}
