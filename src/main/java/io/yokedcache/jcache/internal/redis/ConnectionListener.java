package io.yokedcache.jcache.internal.redis;

/**
 * Hears when Redis stops and begins to answer, in turn. Called by one thread at a time, and never
 * by one that works for the application; while it is called, health is not checked.
 */
public interface ConnectionListener {

  /**
   * Redis does not answer any more.
   *
   * @param reason the operation that failed, and why; without credentials
   */
  void lost(String reason);

  /** Redis answers again. */
  void restored();
}
