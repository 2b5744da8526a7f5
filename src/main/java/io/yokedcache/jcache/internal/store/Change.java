package io.yokedcache.jcache.internal.store;

/** What a {@link Mutation} did. */
public enum Change {
  /** Nothing: its condition did not hold, or there was nothing to remove. */
  NONE,
  /** There was no entry and now there is. */
  CREATED,
  /** There was an entry and it has another value. */
  UPDATED,
  /** The entry has the value, and nobody asked whether there was one before. */
  WRITTEN,
  /** There was an entry and it is gone. */
  REMOVED,
  /** The entry would have been created, but its time to live was zero. */
  EXPIRED;

  /** Whether the entry was given its new value. */
  public boolean isWrite() {
    return this == CREATED || this == UPDATED || this == WRITTEN;
  }
}
