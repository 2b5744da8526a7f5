package io.yokedcache.jcache.internal.redis;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts connections that were made in place of ones that failed while they were used. A connection
 * that is made is taken for the replacement as long as fewer were made than failed, even if growing
 * load would have needed it anyway. Safe for use by several threads.
 */
public final class ReconnectCount {

  private final AtomicLong missing = new AtomicLong();
  private final LongAdder reconnects = new LongAdder();

  /** A connection failed while it was used. */
  public void failed() {
    missing.incrementAndGet();
  }

  /** A connection was made. */
  public void made() {
    if (missing.get() > 0 && missing.getAndUpdate(count -> Math.max(0, count - 1)) > 0) {
      reconnects.increment();
    }
  }

  public long sum() {
    return reconnects.sum();
  }
}
