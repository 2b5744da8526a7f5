package io.yokedcache.jcache.internal.entry;

import io.yokedcache.jcache.internal.redis.Bytes;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How the single-entry writes of a cache are made, chosen once when the cache is built. Safe for
 * use by several threads.
 *
 * @param <K> keys
 * @param <V> values
 */
public sealed interface EntryWrites<K, V> permits DirectWrites, OptimisticWrites {

  /**
   * The access for a cache: {@link DirectWrites} where Redis can decide everything by itself, else
   * {@link OptimisticWrites}.
   */
  static <K, V> EntryWrites<K, V> of(CacheContext<K, V> context) {
    return context.expiry().isFixed() && !context.writer().exists()
        ? new DirectWrites<>(context)
        : new OptimisticWrites<>(context);
  }

  /** Whether application code has a say, so that threads should take turns with a key. */
  boolean wantsTurns();

  /**
   * Makes one write. Whatever can fail in this JVM has been done when the writer is called.
   *
   * @param encodedKey the key's bytes
   * @param value the new value, or {@code null} for removals
   * @param expected the value that the entry must have, for the operations that compare
   */
  OperationResult<V> write(
      EntryOperation operation, K key, Bytes encodedKey, @Nullable V value, @Nullable V expected);

  /**
   * Prepares to put several entries in as few round trips as there may be: whatever can fail in
   * this JVM has been done when it returns. The writer is not called.
   */
  BulkPut<K, V> preparePuts(List<EncodedEntry<K, V>> entries);

  /** Entries that are ready to be put. */
  @FunctionalInterface
  interface BulkPut<K, V> {

    /** Puts those of the entries that have one of these keys, and returns what came of each. */
    Map<K, OperationResult<V>> apply(Set<K> accepted);
  }
}
