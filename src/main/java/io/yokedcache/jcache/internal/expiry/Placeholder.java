package io.yokedcache.jcache.internal.expiry;

import io.yokedcache.jcache.internal.store.Ttl;

/**
 * A value that stands for no entry, such as a lock. An entry processor that sets one gives it this
 * time to live; a value that replaces one gets the time to live of a new entry. So the expiry
 * policy of the cache applies to its real values only. Implementations are immutable.
 */
public interface Placeholder {

  /** How long the placeholder lives, never {@link Ttl#UNCHANGED}. */
  Ttl timeToLive();
}
