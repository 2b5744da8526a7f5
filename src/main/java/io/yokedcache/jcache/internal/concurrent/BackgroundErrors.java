package io.yokedcache.jcache.internal.concurrent;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The errors that the long-lived threads of a manager have survived: no memory, no stack, classes
 * that cannot be loaded, bugs. They are counted, and logged once for each kind. Safe for use by
 * several threads; never throws, even if there is no memory for the log.
 */
public final class BackgroundErrors {

  private static final Logger logger = LoggerFactory.getLogger(BackgroundErrors.class);
  private static final int MAX_KINDS = 100;

  private final LongAdder count = new LongAdder();
  private final Set<String> told = ConcurrentHashMap.newKeySet();

  /**
   * Notes that a thread goes on in spite of something.
   *
   * @param where the name of the thread or task in the log
   */
  @SuppressWarnings("EmptyCatch") // there is nothing that could be done without memory
  public void survived(String where, Throwable error) {
    count.increment();
    try {
      if (told.size() < MAX_KINDS && told.add(where + " " + error.getClass().getName())) {
        logger.warn("{} goes on after an error", where, error);
      } else {
        logger.debug("{} goes on after an error", where, error);
      }
    } catch (Throwable notEvenThat) {
      // It is counted.
    }
  }

  /** Counts an error that was logged already. */
  public void count(Throwable logged) {
    count.increment();
    logger.debug("A background thread goes on", logged);
  }

  /** How many there were. */
  public long count() {
    return count.sum();
  }
}
