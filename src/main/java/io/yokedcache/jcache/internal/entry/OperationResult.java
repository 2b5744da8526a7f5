package io.yokedcache.jcache.internal.entry;

import io.yokedcache.jcache.internal.store.Change;
import org.jspecify.annotations.Nullable;

/**
 * What came of an operation on one entry.
 *
 * @param change what it did to the entry
 * @param found whether there was an entry before
 * @param value the value after, or the value read, if there is one
 * @param prior the value before, if somebody wanted it
 * @param expired whether the entry is gone because its new time to live was zero
 */
public record OperationResult<V>(
    Change change, boolean found, @Nullable V value, @Nullable V prior, boolean expired) {

  public static <V> OperationResult<V> none(boolean found) {
    return new OperationResult<>(Change.NONE, found, null, null, false);
  }

  /** A value that was in the cache. */
  public static <V> OperationResult<V> hit(V value, boolean expired) {
    return new OperationResult<>(Change.NONE, true, value, value, expired);
  }
}
