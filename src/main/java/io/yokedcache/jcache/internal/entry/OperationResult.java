package io.yokedcache.jcache.internal.entry;

import io.yokedcache.jcache.internal.store.Change;
import org.jspecify.annotations.Nullable;

/**
 * The result of an operation on one entry.
 *
 * @param change how the entry changed
 * @param found whether there was an entry before
 * @param value the value after, or the value read, if there is one
 * @param prior the value before, if it was requested
 * @param expired whether the entry is gone because its new time to live was zero
 */
public record OperationResult<V>(
    Change change, boolean found, @Nullable V value, @Nullable V prior, boolean expired) {

  public static <V> OperationResult<V> none(boolean found) {
    return new OperationResult<>(Change.NONE, found, null, null, false);
  }

  /** A miss, whose value comes from elsewhere, such as the load of another thread. */
  public static <V> OperationResult<V> miss(@Nullable V value) {
    return new OperationResult<>(Change.NONE, false, value, null, false);
  }

  /** A hit. */
  public static <V> OperationResult<V> hit(V value, boolean expired) {
    return new OperationResult<>(Change.NONE, true, value, value, expired);
  }
}
