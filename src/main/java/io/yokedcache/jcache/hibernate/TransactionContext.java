package io.yokedcache.jcache.hibernate;

import io.yokedcache.jcache.hibernate.RegionEntry.Vacant;
import io.yokedcache.jcache.internal.processor.SharedTrip;
import jakarta.transaction.SystemException;
import jakarta.transaction.Transaction;
import jakarta.transaction.TransactionManager;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import org.hibernate.cache.CacheException;
import org.hibernate.cache.spi.CacheTransactionSynchronization;
import org.hibernate.cache.spi.access.SoftLock;
import org.hibernate.cache.spi.support.SimpleTimestamper;
import org.hibernate.engine.spi.SharedSessionContractImplementor;
import org.hibernate.engine.transaction.jta.platform.spi.JtaPlatform;
import org.jspecify.annotations.Nullable;

/**
 * Notes about the entries that a transaction read and changed, and the changes of entries that wait
 * for its end. All sessions of the transaction have the same. Used by one thread at a time.
 *
 * <p>All changes that must precede the commit share a round trip, and so do all changes that follow
 * it. A change waits only if Hibernate surely tells of the end of the transaction: not outside of
 * transactions, and not in stateless sessions.
 */
final class TransactionContext implements CacheTransactionSynchronization {

  /** Tickets are taken for at most this many missing entries; later loads fill no entries. */
  private static final int MAX_TICKETS = 10_000;

  /** The other entries are read again when they are locked. */
  private static final int MAX_SEEN = 1_000;

  /** While so many changes wait for the commit, what is read fills no entries. */
  private static final int MAX_WAITING = 1_000;

  /** How many changes share a round trip. */
  private static final int MAX_TOGETHER = 100;

  /** How far the transaction is. */
  private enum Phase {
    /** There is none, or its end is not told. */
    NONE,
    ACTIVE,
    /** It is about to commit, or over: what must precede the commit cannot wait. */
    COMPLETING
  }

  /**
   * An entry.
   *
   * @param owner the access to its region or the storage, compared by {@code equals}
   */
  private record Place(Object owner, Object key) {}

  /** A change of one entry. */
  @FunctionalInterface
  interface Change {

    /** Begins it, and returns what finishes it after the trip. */
    Runnable begin(SharedTrip trip);
  }

  /**
   * The lock of the transaction on an entry. If the transaction locks the entry once more, it gets
   * the same one.
   */
  static final class Handle implements SoftLock {

    private final long id = ThreadLocalRandom.current().nextLong();
    private final @Nullable Object session;
    private int needs = 1;
    private boolean isShared;
    private boolean isSet;
    private @Nullable RegionEntry written;

    /** Creates the handle of a lock that a session sets; {@code null}: of one that none sets. */
    Handle(@Nullable Object session) {
      this.session = session;
    }

    /** The handle of Hibernate's lock, or one that no entry has. */
    static Handle of(@Nullable SoftLock lock) {
      return lock instanceof Handle handle ? handle : new Handle(/* session= */ null);
    }

    long id() {
      return id;
    }

    /**
     * Notes that the entry was locked.
     *
     * @param entry the lock, or {@code null} if the entry was removed instead
     */
    void set(@Nullable RegionEntry entry) {
      isSet = true;
      written = entry;
    }

    /** The entry when it was locked, or {@code null} if that is not known. */
    @Nullable RegionEntry written() {
      return written;
    }

    /**
     * Whether several sessions of the transaction change the row, of which the order of their
     * states is unknown.
     */
    boolean isShared() {
      return isShared;
    }
  }

  /**
   * A change that waits.
   *
   * @param precedesCommit whether it was for a commit; without one, it is left out
   * @param handle the lock that it ends, or {@code null}; if there is no commit and the lock was
   *     not set, it is left out
   */
  private record Waiting(Change change, boolean precedesCommit, @Nullable Handle handle) {}

  /** The contexts that joined a JTA transaction first, by {@link #jtaTransaction}. */
  private static final Map<Object, WeakReference<TransactionContext>> FIRST_OF_JTA =
      Collections.synchronizedMap(new WeakHashMap<>());

  private final boolean isToldOfEnd;
  private final @Nullable JtaPlatform jta;

  /** The context of another session that joined the same JTA transaction before. */
  private @Nullable TransactionContext first;

  /** Keeps the entry of {@link #FIRST_OF_JTA}. */
  private @Nullable Object jtaTransaction;

  private long start = SimpleTimestamper.next();
  private Phase phase = Phase.NONE;

  /** Whether the transaction has changed rows, so that it may read what is not committed. */
  private boolean hasWritten;

  /** What was found at the last look before a load, or at an insert. */
  private final Map<Place, Vacant> tickets = new HashMap<>();

  /** What entries were when this transaction saw or wrote them last. */
  private final Map<Place, RegionEntry> seen = new HashMap<>();

  /** Changed and not yet committed: what this transaction loads of them is no state for others. */
  private final Set<Place> changed = new HashSet<>();

  /** Accesses with all entries changed. */
  private final Set<RegionAccess> changedRegions = new HashSet<>();

  private final Map<Place, Handle> locks = new HashMap<>();

  /** The last change of each entry that waits. */
  private final Map<Place, Waiting> waiting = new LinkedHashMap<>();

  /**
   * Creates the context of a session.
   *
   * @param isToldOfEnd whether {@link #transactionCompleting} and {@link #transactionCompleted} are
   *     called for each transaction that {@linkplain #transactionJoined began}
   * @param jta tells of the current transaction; {@code null} without JTA
   */
  TransactionContext(boolean isToldOfEnd, @Nullable JtaPlatform jta) {
    this.isToldOfEnd = isToldOfEnd;
    this.jta = jta;
  }

  /**
   * The context of the transaction in which the session is: that which the region factory gave the
   * session that began it or, with JTA, joined it first. Other sessions do not find the entries
   * that the transaction changes.
   */
  static TransactionContext of(SharedSessionContractImplementor session) {
    TransactionContext owner =
        (TransactionContext)
            ((SharedSessionContractImplementor) session.getJdbcCoordinator().getJdbcSessionOwner())
                .getCacheTransactionSynchronization();
    TransactionContext first = owner.first;
    return first == null ? owner : first;
  }

  /** Remembers the ticket of a load or insert, or that there is none. */
  void keepTicket(RegionAccess access, Object key, @Nullable Vacant ticket) {
    if (ticket == null) {
      forgetTicket(access, key);
    } else if (tickets.size() < MAX_TICKETS) {
      tickets.put(new Place(access, key), ticket);
    }
  }

  void forgetTicket(RegionAccess access, Object key) {
    tickets.remove(new Place(access, key));
  }

  boolean hasTicket(RegionAccess access, Object key) {
    return !tickets.isEmpty() && tickets.containsKey(new Place(access, key));
  }

  /** Returns the ticket once. */
  @Nullable Vacant takeTicket(RegionAccess access, Object key) {
    return tickets.isEmpty() ? null : tickets.remove(new Place(access, key));
  }

  /** Remembers what an entry was, or that this is not known. */
  void see(RegionAccess access, Object key, @Nullable RegionEntry entry) {
    Place place = new Place(access, key);
    if (entry == null) {
      seen.remove(place);
    } else if (seen.size() < MAX_SEEN) {
      seen.put(place, entry);
    }
  }

  /** Returns what an entry was when it was seen last, which it may no longer be. */
  @Nullable RegionEntry seen(RegionAccess access, Object key) {
    return seen.isEmpty() ? null : seen.get(new Place(access, key));
  }

  void change(RegionAccess access, Object key) {
    hasWritten = true;
    changed.add(new Place(access, key));
  }

  void changeAll(RegionAccess access) {
    hasWritten = true;
    changedRegions.add(access);
  }

  boolean hasChanged(RegionAccess access, Object key) {
    return changedRegions.contains(access)
        || (!changed.isEmpty() && changed.contains(new Place(access, key)));
  }

  /**
   * Whether the transaction has changed rows. What it reads then, also of other rows and tables,
   * goes into the caches by {@link #ifCommitted} only.
   */
  boolean hasWritten() {
    return hasWritten;
  }

  /** Whether the transaction has changed an entry and has not committed. */
  boolean hasUncommittedChange(RegionAccess access, Object key) {
    return phase != Phase.NONE && hasChanged(access, key);
  }

  /** The lock that the transaction has on an entry, or is going to set. */
  @Nullable Handle lockOf(RegionAccess access, Object key) {
    return locks.isEmpty() ? null : locks.get(new Place(access, key));
  }

  /** Returns {@link #lockOf}, and notes that something else of the transaction needs it. */
  @Nullable Handle lockAgain(RegionAccess access, Object key, Object session) {
    Handle held = lockOf(access, key);
    if (held != null) {
      held.needs++;
      held.isShared |= held.session != session;
    }
    return held;
  }

  /** Notes a lock that the transaction sets, so that a further one is the same. */
  void keepLock(RegionAccess access, Object key, Handle handle) {
    if (phase != Phase.NONE) {
      locks.put(new Place(access, key), handle);
    }
  }

  /**
   * Gives up a need of a lock that is not set yet. Hibernate locks an entry while it locks the row,
   * which changes nothing. If nothing else needs the lock, it is not set at all.
   *
   * @return whether the lock need not be ended
   */
  boolean giveUpLock(RegionAccess access, Object key, Handle handle) {
    Place place = new Place(access, key);
    if (phase != Phase.ACTIVE || locks.get(place) != handle) {
      return false;
    }
    handle.needs--;
    if (handle.needs == 0) {
      locks.remove(place);
      waiting.remove(place);
    }
    return true;
  }

  /** Makes a change before the transaction commits. */
  void beforeCommit(Object owner, Object key, Change change) {
    hasWritten = true;
    if (phase == Phase.ACTIVE) {
      waiting.put(new Place(owner, key), new Waiting(change, /* precedesCommit= */ true, null));
    } else {
      make(List.of(change));
    }
  }

  /**
   * Makes a change at the end of the transaction. Of several changes of an entry the last one is
   * made.
   *
   * @param handle the lock that the change ends, or {@code null}
   */
  void afterCommit(Object owner, Object key, @Nullable Handle handle, Change change) {
    if (phase == Phase.NONE) {
      make(List.of(change));
    } else {
      waiting.put(new Place(owner, key), new Waiting(change, /* precedesCommit= */ false, handle));
    }
  }

  /**
   * Puts what the transaction has read after it has written, when it is committed. If its end is
   * not told, or too much waits for it, nothing is put.
   */
  void ifCommitted(Object owner, Object key, Change put) {
    if (phase != Phase.NONE && waiting.size() < MAX_WAITING) {
      Handle ofNoLock = Handle.of(null);
      waiting.put(new Place(owner, key), new Waiting(put, /* precedesCommit= */ false, ofNoLock));
    }
  }

  /** Whether a change of an entry waits for the commit. */
  boolean isWaiting(Object owner, Object key) {
    return !waiting.isEmpty() && waiting.containsKey(new Place(owner, key));
  }

  /**
   * Makes changes that wait.
   *
   * @param all whether to make the others, too, after some have failed
   */
  private void makeWaiting(Predicate<Waiting> filter, boolean all) {
    List<Change> changes = waiting.values().stream().filter(filter).map(Waiting::change).toList();
    waiting.values().removeIf(filter);
    RuntimeException failure = null;
    for (int from = 0; from < changes.size() && (all || failure == null); from += MAX_TOGETHER) {
      try {
        make(changes.subList(from, Math.min(from + MAX_TOGETHER, changes.size())));
      } catch (RuntimeException e) {
        failure = first(failure, e);
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** Makes changes in one round trip. One that fails affects no other. */
  private static void make(List<Change> changes) {
    SharedTrip trip = new SharedTrip();
    List<Runnable> begun = new ArrayList<>(changes.size());
    RuntimeException failure = null;
    for (Change change : changes) {
      try {
        begun.add(change.begin(trip));
      } catch (RuntimeException e) {
        failure = first(failure, e);
      }
    }
    trip.make();
    for (Runnable rest : begun) {
      try {
        rest.run();
      } catch (RuntimeException e) {
        failure = first(failure, e);
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private static RuntimeException first(@Nullable RuntimeException before, RuntimeException next) {
    if (before == null) {
      return next;
    }
    if (before != next) { // all changes of a trip may have the same failure
      before.addSuppressed(next);
    }
    return before;
  }

  @Override
  public long getCachingTimestamp() {
    return start;
  }

  @Override
  public void transactionJoined() {
    forget(); // a session that is not told of the end
    start = SimpleTimestamper.next();
    phase = isToldOfEnd ? Phase.ACTIVE : Phase.NONE;
    jtaTransaction = jtaTransaction();
    if (jtaTransaction != null) {
      WeakReference<TransactionContext> joined =
          FIRST_OF_JTA.putIfAbsent(jtaTransaction, new WeakReference<>(this));
      first = joined == null ? null : joined.get();
    }
  }

  /** What identifies the JTA transaction of this thread; {@code null} without JTA. */
  private @Nullable Object jtaTransaction() {
    TransactionManager manager = jta == null ? null : jta.retrieveTransactionManager();
    if (jta == null || manager == null) {
      return null;
    }
    try {
      Transaction transaction = manager.getTransaction();
      return transaction == null ? null : jta.getTransactionIdentifier(transaction);
    } catch (SystemException e) {
      throw new CacheException("The JTA transaction is not known", e);
    }
  }

  @Override
  public void transactionCompleting() {
    if (phase == Phase.ACTIVE) {
      phase = Phase.COMPLETING;
      makeWaiting(Waiting::precedesCommit, /* all= */ false);
    }
  }

  @Override
  public void transactionCompleted(boolean successful) {
    try {
      makeWaiting(
          one ->
              !one.precedesCommit() && (successful || one.handle() == null || one.handle().isSet),
          /* all= */ true);
    } finally {
      forget();
    }
  }

  private void forget() {
    phase = Phase.NONE;
    hasWritten = false;
    first = null;
    jtaTransaction = null;
    tickets.clear();
    seen.clear();
    changed.clear();
    changedRegions.clear();
    locks.clear();
    waiting.clear();
  }
}
