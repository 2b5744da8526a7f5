package io.yokedcache.jcache.internal.entry;

/** What listeners in this JVM want to know of each change. */
public interface EventDemand {

  /** Whether there is any listener, so that a creation must be told from an update. */
  boolean wantsEvents();

  /** Whether some listener wants values before the change. */
  boolean wantsOldValues();
}
