package io.yokedcache.jcache.internal.store;

/** The effect of a {@link Mutation}. */
public enum Change {
  /** No change: the condition did not hold, or there was no entry to remove. */
  NONE,
  /** The entry was created. */
  CREATED,
  /** The value of the entry was replaced. */
  UPDATED,
  /** The entry was created or updated; the mutation did not ask which. */
  WRITTEN,
  /** The entry was removed. */
  REMOVED,
  /** The entry was not created, since its time to live was zero. */
  EXPIRED;

  /** Whether the entry has the new value. */
  public boolean isWrite() {
    return this == CREATED || this == UPDATED || this == WRITTEN;
  }
}
