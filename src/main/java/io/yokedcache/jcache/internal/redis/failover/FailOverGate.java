package io.yokedcache.jcache.internal.redis.failover;

import io.yokedcache.jcache.internal.concurrent.BoundedWait;
import io.yokedcache.jcache.internal.redis.Endpoint;
import io.yokedcache.jcache.internal.redis.FailOverListener;
import io.yokedcache.jcache.internal.redis.NoMasterException;
import io.yokedcache.jcache.internal.redis.PooledExecutor;
import io.yokedcache.jcache.internal.settings.Settings;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import javax.cache.CacheException;

/**
 * Has the fail-over listener called once for each new master of a deployment with one master.
 * Requests that begin wait here for it, with nothing sent; so a change that the listener does not
 * see yet is sent to the new master. Safe for use by several threads.
 */
public final class FailOverGate {

  private final FailOverListener listener;
  private final long patienceNanos;

  /** Held while the listener is called; guards the field below. */
  private final ReentrantLock lock = new ReentrantLock();

  /** The number of the master for which the listener has returned. */
  private volatile int fitFor;

  /**
   * Creates it; the first master has the number 0 and needs no call.
   *
   * @param settings the time-outs, which bound the wait for another thread
   */
  public FailOverGate(Settings.Connection settings, FailOverListener listener) {
    this.listener = listener;
    this.patienceNanos =
        settings.connectTimeout().toNanos() + 2 * settings.commandTimeout().toNanos();
  }

  /**
   * Returns when the present master is fit. A caller that has read the address of a new master has
   * the number of that master or a later one.
   *
   * @param number the number of the present master
   * @param direct leads to the present master without this gate
   * @throws NoMasterException if the listener failed, or other threads take too long; the next call
   *     makes it try again
   */
  public void pass(IntSupplier number, Supplier<Endpoint> direct) {
    if (fitFor == number.getAsInt()) {
      return;
    }
    if (!BoundedWait.await(patienceNanos, nanos -> lock.tryLock(nanos, TimeUnit.NANOSECONDS))) {
      throw new NoMasterException(
          "changes that a fail-over may have lost are still being made again on the new master");
    }
    try {
      for (int next = number.getAsInt(); fitFor != next; next = number.getAsInt()) {
        if (isMadeFit(direct.get(), number, next)) {
          fitFor = next;
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Returns false if another master has taken the place of this one and the repair failed. */
  private boolean isMadeFit(Endpoint master, IntSupplier number, int expected) {
    try (PooledExecutor direct = new PooledExecutor(master)) {
      listener.replaced(direct, route -> true);
      return true;
    } catch (CacheException e) {
      if (number.getAsInt() != expected) {
        return false;
      }
      throw new NoMasterException(
          "changes that the fail-over to %s may have lost could not be made again: %s"
              .formatted(master.settings().address(), e.getMessage()));
    }
  }
}
