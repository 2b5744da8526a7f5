package io.yokedcache.jcache.internal.entry;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Lets the threads of this JVM that contend on a key queue up here rather than in Redis, and
 * deliver their events in the order of their changes.
 *
 * <p>Nothing depends on it but order and speed, since every change is atomic in Redis: who does not
 * get the lock in time, or holds another one already, goes on without.
 */
public final class KeyLocks {

  private static final int STRIPES = 256;
  private static final Hold NONE = () -> {};

  /**
   * How many turns the current thread has, in whatever cache: a listener of one cache may write to
   * another, whose listener writes to the first.
   */
  private static final ThreadLocal<Integer> held = ThreadLocal.withInitial(() -> 0);

  private final ReentrantLock[] stripes = new ReentrantLock[STRIPES];
  private final long maxWaitNanos;

  public KeyLocks(Duration maxWait) {
    this.maxWaitNanos = maxWait.toNanos();
    for (int i = 0; i < STRIPES; i++) {
      stripes[i] = new ReentrantLock();
    }
  }

  /** Waits for its turn with a key. */
  public Hold hold(Object key) {
    int hash = key.hashCode() * 0x9E3779B9;
    ReentrantLock stripe = stripes[hash >>> 24];
    if (!acquire(stripe)) {
      return NONE;
    }
    held.set(held.get() + 1);
    return () -> {
      held.set(held.get() - 1);
      stripe.unlock();
    };
  }

  /** The turn that nobody waits for. */
  public static Hold none() {
    return NONE;
  }

  private boolean acquire(ReentrantLock stripe) {
    if (held.get() > 0) {
      // Called from a processor or listener: waiting for a second lock could be a deadlock.
      return stripe.tryLock();
    }
    try {
      return stripe.tryLock(maxWaitNanos, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** A turn with a key, until it is closed. */
  @FunctionalInterface
  public interface Hold extends AutoCloseable {

    @Override
    void close();
  }
}
