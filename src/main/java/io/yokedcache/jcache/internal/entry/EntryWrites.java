package io.yokedcache.jcache.internal.entry;

import io.yokedcache.jcache.internal.expiry.EntryExpiry;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.RequestSender;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The single-entry writes of a cache, by one of two strategies. Safe for use by several threads.
 */
public sealed interface EntryWrites<K, V> permits DirectWrites, OptimisticWrites {

  /**
   * {@link DirectWrites} if Redis can decide everything by itself, else {@link OptimisticWrites}.
   */
  static <K, V> EntryWrites<K, V> of(CacheContext<K, V> context) {
    return context.expiry().isFixed() && !context.writer().exists()
        ? new DirectWrites<>(context)
        : new OptimisticWrites<>(context);
  }

  /** Whether application code takes part, so that keys must be locked. */
  boolean needsLocks();

  /**
   * Makes one write. All steps that can fail in this JVM precede the call of the writer.
   *
   * @param encodedKey the key's bytes
   * @param value the new value, or {@code null} for removals
   * @param expected the value that the entry must have, for the operations that compare
   * @param expiry the expiry of the entry: the cache's, or {@link EntryExpiry#own}
   * @param tags the tags of the entry; none in a cache without tags
   */
  OperationResult<V> write(
      EntryOperation operation,
      K key,
      Bytes encodedKey,
      @Nullable V value,
      @Nullable V expected,
      EntryExpiry expiry,
      List<Bytes> tags);

  /**
   * Begins an unconditional write that needs no locks. The value is encoded when this returns.
   *
   * @param value the new value, or {@code null} for removals
   * @param expiry the expiry of the entry: the cache's, or {@link EntryExpiry#own}
   * @param tags the tags of the entry; none in a cache without tags
   * @param arrived is called once by the sender, with what returns the result
   */
  void begin(
      EntryOperation operation,
      K key,
      Bytes encodedKey,
      @Nullable V value,
      EntryExpiry expiry,
      List<Bytes> tags,
      RequestSender sender,
      Consumer<Supplier<OperationResult<V>>> arrived);

  /**
   * Prepares to put several entries in as few round trips as possible. All steps that can fail in
   * this JVM are done when it returns. The writer is not called.
   */
  BulkPut<K, V> preparePuts(List<EncodedEntry<K, V>> entries);

  /** Prepared puts. */
  @FunctionalInterface
  interface BulkPut<K, V> {

    /** Puts the entries with these keys, and returns the result of each. */
    Map<K, OperationResult<V>> apply(Set<K> accepted);
  }
}
