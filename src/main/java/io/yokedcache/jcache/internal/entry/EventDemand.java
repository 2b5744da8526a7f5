package io.yokedcache.jcache.internal.entry;

/** The needs of the listeners in this JVM. */
public interface EventDemand {

  /** Whether there is a listener. */
  boolean wantsEvents();

  /** Whether a listener wants the values before changes. */
  boolean wantsOldValues();
}
