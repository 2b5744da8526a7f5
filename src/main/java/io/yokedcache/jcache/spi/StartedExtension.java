package io.yokedcache.jcache.spi;

import org.jspecify.annotations.Nullable;

/** A {@link ManagerExtension} at work for one manager. Implementations are thread-safe. */
public interface StartedExtension extends AutoCloseable {

  /**
   * Returns one that does nothing.
   *
   * @return always the same
   */
  static StartedExtension none() {
    return NoExtension.INSTANCE;
  }

  /**
   * Returns who wants to hear of each operation of a cache. Called when the cache is created.
   *
   * @param cacheName the cache's name
   * @return {@code null} for nobody, which costs the cache nothing
   */
  default @Nullable OperationObserver observer(String cacheName) {
    return null;
  }

  /**
   * Ends. Called once, while the manager's caches and MBeans are still there, so that they can be
   * read a last time; the application waits for it. What it throws is logged.
   */
  @Override
  void close();
}
