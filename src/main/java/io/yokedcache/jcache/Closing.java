package io.yokedcache.jcache;

import io.yokedcache.jcache.internal.integration.ApplicationCode;
import java.io.Closeable;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes a list of objects completely: a failure does not keep the later ones open. An interrupt
 * flag is cleared until all are closed, then set again: each step waits for a bounded time, and
 * some libraries lose the flag.
 */
final class Closing {

  private static final Logger logger = LoggerFactory.getLogger(Closing.class);

  private Closing() {}

  /**
   * Closes all, in order, and throws the first failure with the others suppressed.
   *
   * @throws javax.cache.CacheException if something could not be closed
   */
  static void closeAll(List<? extends AutoCloseable> closeables) {
    ApplicationCode.rethrow(closeEach(closeables, /* failure= */ null));
  }

  /**
   * Closes the opened objects after a failure.
   *
   * @param failure gets the failures to close as suppressed exceptions
   */
  static void closeAfter(Throwable failure, List<? extends AutoCloseable> opened) {
    Throwable unused = closeEach(opened, failure);
  }

  /**
   * Closes objects of the application. Their exceptions are logged and ignored, as JSR-107 has it;
   * an error is thrown when all are closed.
   */
  static void closeApplication(String owner, List<Closeable> closeables) {
    Throwable error =
        closeEach(
            closeables.stream()
                .<AutoCloseable>map(closeable -> () -> closeOrLog(owner, closeable))
                .toList(),
            /* failure= */ null);
    ApplicationCode.rethrow(error);
  }

  private static void closeOrLog(String owner, Closeable closeable) {
    try {
      closeable.close();
    } catch (Exception e) {
      logger.warn("{} of {} failed to close", ApplicationCode.name(closeable), owner, e);
      ApplicationCode.keepInterrupt(e);
    }
  }

  /**
   * Closes a cache of a manager that closes; failures are logged and ignored (JSR-107,
   * CacheManager).
   */
  static void closeQuietly(AutoCloseable closeable) {
    try {
      closeable.close();
    } catch (Throwable e) { // an error would hide that the manager is closed
      logger.warn("{} failed to close", ApplicationCode.name(closeable), e);
      ApplicationCode.keepInterrupt(e);
    }
  }

  private static @Nullable Throwable closeEach(
      List<? extends AutoCloseable> closeables, @Nullable Throwable failure) {
    Throwable first = failure;
    boolean isInterrupted = Thread.interrupted();
    for (AutoCloseable closeable : closeables) {
      try {
        closeable.close();
      } catch (Error e) {
        first = ApplicationCode.first(first, e);
      } catch (Exception e) {
        String what = "Closing " + ApplicationCode.name(closeable);
        first = ApplicationCode.first(first, ApplicationCode.OTHER.failure(what, e));
      }
      isInterrupted |= Thread.interrupted();
    }
    if (isInterrupted) {
      Thread.currentThread().interrupt();
    }
    return first;
  }
}
