package io.yokedcache.jcache.internal.entry;

import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.store.ChangeObserver;
import io.yokedcache.jcache.internal.store.EntryChanges.PinnedEntries;
import io.yokedcache.jcache.internal.store.Mutation;
import io.yokedcache.jcache.internal.store.Mutation.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Tracks running loads, and invalidates them by changes of their keys. A load takes a ticket before
 * it calls the loader. Each change of the key in this JVM, after its writer was called and before
 * it goes to Redis, invalidates the tickets of the key, and waits for a load that is being stored.
 * So a loaded value that may be older than a change never reaches Redis after it.
 *
 * <p>A load that is being stored waits for nothing but Redis, so changes wait for about one round
 * trip. They do not wait for a loader. Safe for use by several threads.
 */
public final class LoadTracker implements ChangeObserver {

  private final long maxWaitNanos;

  /** Made with the first load, since most caches have none; set under the monitor. */
  private volatile @Nullable Running running;

  /** How many keys are being loaded, so that changes need no lock while there are none. */
  private volatile int loading;

  /**
   * Creates the tracker of a cache.
   *
   * @param maxWait the most that a change waits for a load that is being stored
   */
  public LoadTracker(Duration maxWait) {
    this.maxWaitNanos = maxWait.toNanos();
  }

  /** The loads of now. */
  private static final class Running {

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition stored = lock.newCondition();

    /** The keys that are being loaded; guarded by the lock. */
    private final Map<Bytes, Stamp> stamps = new HashMap<>();
  }

  private Running running() {
    Running made = running;
    if (made == null) {
      synchronized (this) {
        made = running;
        if (made == null) {
          made = new Running();
          running = made;
        }
      }
    }
    return made;
  }

  /** Takes the ticket of a load that begins. */
  public Ticket begin(Bytes key) {
    Running now = running();
    now.lock.lock();
    try {
      Stamp stamp = now.stamps.computeIfAbsent(key, Stamp::new);
      stamp.users++;
      loading = now.stamps.size();
      return new Ticket(stamp);
    } finally {
      now.lock.unlock();
    }
  }

  /** Takes the tickets of loads that begin, in the order of the keys. */
  public List<Ticket> beginAll(Collection<Bytes> keys) {
    List<Ticket> tickets = new ArrayList<>(keys.size());
    keys.forEach(key -> tickets.add(begin(key)));
    return tickets;
  }

  @Override
  public void beforeChange(Bytes key) {
    if (loading == 0) {
      return;
    }
    Running now = running();
    now.lock.lock();
    try {
      Stamp stamp = now.stamps.get(key);
      if (stamp != null) {
        stamp.version++;
        awaitStored(stamp);
      }
    } finally {
      now.lock.unlock();
    }
  }

  /** To be called before a change of all entries goes to Redis. */
  void overtakeAll() {
    if (loading == 0) {
      return;
    }
    Running now = running();
    now.lock.lock();
    try {
      List<Stamp> all = List.copyOf(now.stamps.values());
      all.forEach(stamp -> stamp.version++);
      all.forEach(this::awaitStored);
    } finally {
      now.lock.unlock();
    }
  }

  /** Waits until no load of a key is being stored; the lock must be held. */
  private void awaitStored(Stamp stamp) {
    long leftNanos = maxWaitNanos;
    boolean interrupted = false;
    while (stamp.storing > 0 && leftNanos > 0) {
      try {
        leftNanos = running().stored.awaitNanos(leftNanos);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** The running loads of one key; guarded by the lock. */
  private static final class Stamp {

    private final Bytes key;
    private int users;
    private int storing;
    private long version;

    private Stamp(Bytes key) {
      this.key = key;
    }
  }

  /** The right of one load to store its value. Used by one thread, except where it is said. */
  public final class Ticket implements AutoCloseable {

    private final Stamp stamp;
    private long version;
    private boolean storing;

    private Ticket(Stamp stamp) {
      this.stamp = stamp;
      this.version = stamp.version;
    }

    /**
     * Begins to store the loaded value, unless the key was changed since the load began. Until
     * {@link #endStore}, changes of the key wait.
     */
    public boolean beginStore() {
      return begin(/* overtakes= */ false);
    }

    /**
     * Begins to store a decision that depends on the loaded value; it invalidates other loads of
     * the key.
     */
    public boolean beginChange() {
      return begin(/* overtakes= */ true);
    }

    private boolean begin(boolean overtakes) {
      Running now = running();
      now.lock.lock();
      try {
        if (stamp.version != version) {
          return false;
        }
        if (overtakes) {
          version = ++stamp.version;
          awaitStored(stamp);
          if (stamp.version != version) {
            return false;
          }
        }
        storing = true;
        stamp.storing++;
        return true;
      } finally {
        now.lock.unlock();
      }
    }

    /** Whether the key was changed since the load began. Safe for use by several threads. */
    public boolean isOvertaken() {
      Running now = running();
      now.lock.lock();
      try {
        return stamp.version != version;
      } finally {
        now.lock.unlock();
      }
    }

    public void endStore() {
      Running now = running();
      now.lock.lock();
      try {
        if (storing) {
          storing = false;
          stamp.storing--;
          now.stored.signalAll();
        }
      } finally {
        now.lock.unlock();
      }
    }

    @Override
    public void close() {
      endStore();
      Running now = running();
      now.lock.lock();
      try {
        if (--stamp.users == 0) {
          now.stamps.remove(stamp.key);
          loading = now.stamps.size();
        }
      } finally {
        now.lock.unlock();
      }
    }
  }

  /** The number of keys that are being loaded. */
  int size() {
    return loading;
  }

  /**
   * Stores loaded values, except for those of keys that were changed since their loads began.
   *
   * @param tickets the tickets of the loads, in the order of the mutations
   * @return the outcomes in this order; {@link Outcome#NONE} also where nothing was stored
   */
  public static List<Outcome> storeAll(
      List<Ticket> tickets, List<Mutation> mutations, PinnedEntries pinned) {
    boolean[] isPermitted = new boolean[mutations.size()];
    List<Mutation> permitted = new ArrayList<>(mutations.size());
    Iterator<Outcome> stored;
    try {
      for (int i = 0; i < isPermitted.length; i++) {
        isPermitted[i] = tickets.get(i).beginStore();
        if (isPermitted[i]) {
          permitted.add(mutations.get(i));
        }
      }
      stored = pinned.applyAll(permitted).iterator();
    } finally {
      tickets.forEach(Ticket::endStore);
    }
    List<Outcome> outcomes = new ArrayList<>(isPermitted.length);
    for (boolean isStored : isPermitted) {
      outcomes.add(isStored ? stored.next() : Outcome.NONE);
    }
    return outcomes;
  }

  /** Ends tickets of which some may be missing. */
  public static void closeAll(Collection<? extends @Nullable Ticket> tickets) {
    for (Ticket ticket : tickets) {
      if (ticket != null) {
        ticket.close();
      }
    }
  }
}
