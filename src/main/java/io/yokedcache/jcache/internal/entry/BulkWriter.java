package io.yokedcache.jcache.internal.entry;

import io.yokedcache.jcache.internal.integration.EntryWriter.Written;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The writes of several entries: the writer is called once for all, and Redis in as few round trips
 * as there may be.
 *
 * @param <K> keys
 * @param <V> values
 */
public final class BulkWriter<K, V> {

  private final CacheParts<K, V> parts;
  private final EntryAccess<K, V> access;

  /** Of removals Redis decides everything, since no expiry policy is asked about them. */
  private final DirectAccess<K, V> removals;

  public BulkWriter(CacheParts<K, V> parts) {
    this.parts = parts;
    this.access = EntryAccess.of(parts.withoutWriter());
    this.removals = new DirectAccess<>(parts.withoutWriter());
  }

  /** Puts entries; those that the writer failed to write are left as they are. */
  public Written<K, V> putAll(Map<? extends K, ? extends V> entries) {
    var written = parts.writer().writeAll(entries);
    Map<K, V> puts = new LinkedHashMap<>();
    entries.forEach(
        (key, value) -> {
          if (written.keys().contains(key)) {
            puts.put(key, value);
          }
        });
    return new Written<>(store(EntryOperation.PUT, puts), written.failure());
  }

  /** Removes entries; those that the writer failed to delete are left as they are. */
  public Written<K, V> removeAll(Set<? extends K> keys) {
    var deleted = parts.writer().deleteAll(keys);
    List<K> removed = new ArrayList<>(deleted.keys());
    List<Result<V>> outcomes = removals.removeAll(new LinkedHashSet<>(removed));
    Map<K, Result<V>> results = new LinkedHashMap<>();
    for (int i = 0; i < removed.size(); i++) {
      results.put(removed.get(i), outcomes.get(i));
    }
    return new Written<>(results, deleted.failure());
  }

  /** Stores what was loaded: neither the writer nor the statistics of puts hear of it. */
  public Map<K, Result<V>> store(EntryOperation operation, Map<K, V> entries) {
    List<Result<V>> outcomes = access.writeAll(operation, entries);
    Map<K, Result<V>> results = new LinkedHashMap<>();
    int i = 0;
    for (Map.Entry<K, V> entry : entries.entrySet()) {
      results.put(entry.getKey(), withValue(outcomes.get(i++), entry.getValue()));
    }
    return results;
  }

  /** Those of some keys that have no entry. */
  public Set<K> absent(Set<? extends K> keys) {
    List<K> asked = new ArrayList<>(keys);
    List<Boolean> present = parts.store().containsAll(parts.codec().keys(asked));
    Set<K> absent = new LinkedHashSet<>();
    for (int i = 0; i < asked.size(); i++) {
      if (!present.get(i)) {
        absent.add(asked.get(i));
      }
    }
    return absent;
  }

  /** A loaded value is the answer also where another one was stored meanwhile. */
  private static <V> Result<V> withValue(Result<V> result, V value) {
    return new Result<>(result.change(), result.found(), value, result.prior(), result.expired());
  }

  /**
   * What came of a bulk write.
   *
   * @param results the outcome for each key that the writer accepted
   * @param failure why the writer did not accept all, a {@code CacheWriterException} or an {@code
   *     Error}; or {@code null}
   */
  public record Written<K, V>(Map<K, Result<V>> results, @Nullable Throwable failure) {}
}
