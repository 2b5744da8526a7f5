package io.yokedcache.jcache.internal.entry;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How the single-entry writes of a cache are made, chosen once when the cache is built. Safe for
 * use by several threads.
 *
 * @param <K> keys
 * @param <V> values
 */
public sealed interface EntryAccess<K, V> permits DirectAccess, OptimisticAccess {

  /**
   * The access for a cache: {@link DirectAccess} where Redis can decide everything by itself, else
   * {@link OptimisticAccess}.
   */
  static <K, V> EntryAccess<K, V> of(CacheParts<K, V> parts) {
    return parts.expiry().isFixed() && !parts.writer().exists()
        ? new DirectAccess<>(parts)
        : new OptimisticAccess<>(parts);
  }

  /** Whether application code has a say, so that threads should take turns with a key. */
  boolean wantsTurns();

  /**
   * Makes one write.
   *
   * @param value the new value, or {@code null} for removals
   * @param expected the value that the entry must have, for the operations that compare
   */
  Result<V> write(EntryOperation operation, K key, @Nullable V value, @Nullable V expected);

  /**
   * Puts several entries, or those that are absent, in as few round trips as there may be. The
   * writer is not called.
   *
   * @return what came of each, in the order of the entries
   */
  List<Result<V>> writeAll(EntryOperation operation, Map<? extends K, ? extends V> entries);
}
