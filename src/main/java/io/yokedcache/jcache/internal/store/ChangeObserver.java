package io.yokedcache.jcache.internal.store;

import io.yokedcache.jcache.internal.redis.Bytes;
import java.util.List;

/**
 * Observes the changes that this JVM makes. Safe for use by several threads; never throws.
 *
 * <p>{@link #afterChange} follows each {@code before} of an entry, whether or not the change
 * succeeds, except if a read makes the entry expire: caches whose accesses change times to live
 * have no near entries and no reads from replicas. It also comes alone, after an access that gave
 * an entry a positive time to live, and if an entry turns out to be owed.
 */
public interface ChangeObserver {

  /**
   * A change of an entry is about to go to Redis, except for changes by {@link
   * EntryChanges.PinnedEntries}.
   */
  default void beforeChange(Bytes key) {}

  /**
   * An entry is about to be stored by {@link EntryChanges.PinnedEntries}, or to expire by an
   * access. Observers that track loads do not count this as a change.
   */
  default void beforeUntrackedChange(Bytes key) {}

  /** A change of an entry or of its time to live may have reached Redis. */
  default void afterChange(Bytes key) {}

  /** The cache is about to be emptied. {@link #afterClear} follows in any case. */
  default void beforeClear() {}

  /** The cache may have been emptied. */
  default void afterClear() {}

  /** Entries that have some tags are about to end. {@link #afterTagInvalidation} follows. */
  default void beforeTagInvalidation() {}

  /** Entries that have some tags may have ended. */
  default void afterTagInvalidation(List<Bytes> tags) {}
}
