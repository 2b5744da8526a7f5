package io.yokedcache.jcache.internal.jmx;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many MBeans of operations the caches of a manager may still have: readers of all MBeans of a
 * JVM pay for each at every reading. Safe for use by several threads.
 */
public final class OperationBeanLimit {

  private static final Logger logger = LoggerFactory.getLogger(OperationBeanLimit.class);

  private final int limit;
  private final AtomicInteger taken = new AtomicInteger();
  private final AtomicBoolean told = new AtomicBoolean();

  public OperationBeanLimit(int limit) {
    this.limit = limit;
  }

  /** Returns whether there may be one more, which then counts. */
  boolean take() {
    if (taken.getAndUpdate(before -> Math.min(before + 1, limit)) < limit) {
      return true;
    }
    if (!told.getAndSet(true)) {
      logger.info(
          "{} MBeans of operations are registered, and no more are, by management.max-operation-beans;"
              + " showOperations() of a cache's CacheExtendedStatistics registers those of the cache",
          limit);
    }
    return false;
  }

  void giveBack(int count) {
    taken.addAndGet(-count);
  }
}
