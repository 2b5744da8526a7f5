package io.yokedcache.jcache.internal.jmx;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The number of MBeans of operations that the caches of a manager may still register. It is limited
 * because clients that read all MBeans of a JVM pay for each. Safe for use by several threads.
 */
public final class OperationBeanLimit {

  private static final Logger logger = LoggerFactory.getLogger(OperationBeanLimit.class);

  private final int limit;
  private final AtomicInteger taken = new AtomicInteger();
  private final AtomicBoolean told = new AtomicBoolean();

  public OperationBeanLimit(int limit) {
    this.limit = limit;
  }

  /** Takes one; returns false if none is left. */
  boolean take() {
    if (taken.getAndUpdate(before -> Math.min(before + 1, limit)) < limit) {
      return true;
    }
    if (!told.getAndSet(true)) {
      logger.info(
          "{} MBeans of operations are registered, the limit of management.max-operation-beans."
              + " showOperations() of a cache's CacheExtendedStatistics registers its MBeans anyway",
          limit);
    }
    return false;
  }

  void giveBack(int count) {
    taken.addAndGet(-count);
  }
}
