package io.yokedcache.jcache.hibernate;

import io.yokedcache.jcache.hibernate.RegionEntry.Vacant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.hibernate.cache.spi.CacheTransactionSynchronization;
import org.hibernate.cache.spi.support.SimpleTimestamper;
import org.hibernate.engine.spi.SharedSessionContractImplementor;
import org.jspecify.annotations.Nullable;

/**
 * Notes of a session about the entries that its transaction read and changed. Used by the one
 * thread of the session.
 */
final class TransactionContext implements CacheTransactionSynchronization {

  /** Tickets are taken for at most this many missing entries; later loads fill no entries. */
  private static final int MAX_TICKETS = 10_000;

  /** The other entries are read again when they are locked. */
  private static final int MAX_SEEN = 1_000;

  /**
   * An entry of a region.
   *
   * @param access to the region, compared by identity
   */
  private record Place(RegionAccess access, Object key) {}

  private long start = SimpleTimestamper.next();

  /** What was found at the last look before a load, or at an insert. */
  private final Map<Place, Vacant> tickets = new HashMap<>();

  /** What entries were when this transaction saw or wrote them last. */
  private final Map<Place, RegionEntry> seen = new HashMap<>();

  /** Changed and not yet committed: what this transaction loads of them is no state for others. */
  private final Set<Place> changed = new HashSet<>();

  /** Accesses with all entries changed. */
  private final Set<RegionAccess> changedRegions = new HashSet<>();

  /** The context that the region factory gave the session. */
  static TransactionContext of(SharedSessionContractImplementor session) {
    return (TransactionContext) session.getCacheTransactionSynchronization();
  }

  /** Remembers the ticket of a load or insert, or that there is none. */
  void keepTicket(RegionAccess access, Object key, @Nullable Vacant ticket) {
    Place place = new Place(access, key);
    if (ticket == null) {
      tickets.remove(place);
    } else if (tickets.size() < MAX_TICKETS) {
      tickets.put(place, ticket);
    }
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
    changed.add(new Place(access, key));
  }

  void changeAll(RegionAccess access) {
    changedRegions.add(access);
  }

  boolean hasChanged(RegionAccess access, Object key) {
    return changedRegions.contains(access)
        || (!changed.isEmpty() && changed.contains(new Place(access, key)));
  }

  @Override
  public long getCachingTimestamp() {
    return start;
  }

  @Override
  public void transactionJoined() {
    start = SimpleTimestamper.next();
  }

  @Override
  public void transactionCompleting() {}

  @Override
  public void transactionCompleted(boolean successful) {
    tickets.clear();
    seen.clear();
    changed.clear();
    changedRegions.clear();
  }
}
