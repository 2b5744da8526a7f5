package io.yokedcache.jcache;

import java.util.List;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;

/** Closes everything, and throws the first failure with the others suppressed. */
final class Closing {

  private Closing() {}

  /**
   * Closes all, in order, whatever happens.
   *
   * @throws CacheException if something could not be closed
   */
  static void closeAll(List<? extends AutoCloseable> closeables) {
    CacheException failure = null;
    for (AutoCloseable closeable : closeables) {
      failure = close(closeable, failure);
    }
    if (failure != null) {
      throw failure;
    }
  }

  /**
   * Closes what a constructor had opened before it failed.
   *
   * @param failure takes what could not be closed as suppressed
   */
  static void closeAfter(Throwable failure, List<? extends AutoCloseable> opened) {
    try {
      closeAll(opened);
    } catch (CacheException e) {
      failure.addSuppressed(e);
    }
  }

  private static @Nullable CacheException close(
      AutoCloseable closeable, @Nullable CacheException before) {
    try {
      closeable.close();
      return before;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return note(closeable, before, e);
    } catch (Exception e) {
      return note(closeable, before, e);
    }
  }

  private static CacheException note(
      AutoCloseable closeable, @Nullable CacheException before, Exception e) {
    CacheException failure =
        e instanceof CacheException already
            ? already
            : new CacheException("Closing " + closeable + " failed: " + e.getMessage(), e);
    if (before == null) {
      return failure;
    }
    before.addSuppressed(failure);
    return before;
  }
}
