package io.yokedcache.jcache.spi;

import org.jspecify.annotations.Nullable;

/** A {@link ManagerExtension} started for one manager. Implementations are thread-safe. */
public interface StartedExtension extends AutoCloseable {

  /**
   * Returns an extension that does nothing.
   *
   * @return an extension without observers
   */
  static StartedExtension none() {
    return () -> {};
  }

  /**
   * Returns the observer of the operations of a cache. Called when the cache is created.
   *
   * @param cacheName the cache's name
   * @return {@code null} for none, which costs the cache nothing
   */
  default @Nullable OperationObserver observer(String cacheName) {
    return null;
  }

  /**
   * Stops the extension. Called once, before the manager closes its caches and MBeans, so that they
   * can be read a last time; the application waits for it. An exception is logged.
   */
  @Override
  void close();
}
