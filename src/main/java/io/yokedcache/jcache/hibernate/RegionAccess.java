package io.yokedcache.jcache.hibernate;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.YokedCache;
import io.yokedcache.jcache.hibernate.RegionEntry.Item;
import io.yokedcache.jcache.hibernate.RegionEntry.Vacant;
import io.yokedcache.jcache.hibernate.TransactionContext.Handle;
import io.yokedcache.jcache.internal.processor.GuessingProcessor;
import io.yokedcache.jcache.internal.processor.SharedTrip;
import java.util.Comparator;
import java.util.function.Function;
import java.util.function.Supplier;
import javax.cache.CacheException;
import javax.cache.processor.MutableEntry;
import org.hibernate.CacheMode;
import org.hibernate.cache.spi.CacheKeysFactory;
import org.hibernate.cache.spi.access.AccessType;
import org.hibernate.cache.spi.access.CollectionDataAccess;
import org.hibernate.cache.spi.access.EntityDataAccess;
import org.hibernate.cache.spi.access.NaturalIdDataAccess;
import org.hibernate.cache.spi.access.SoftLock;
import org.hibernate.cache.spi.support.AbstractCachedDomainDataAccess;
import org.hibernate.engine.spi.SessionFactoryImplementor;
import org.hibernate.engine.spi.SharedSessionContractImplementor;
import org.hibernate.metamodel.model.domain.NavigableRole;
import org.hibernate.persister.collection.CollectionPersister;
import org.hibernate.persister.entity.EntityPersister;
import org.hibernate.stat.spi.StatisticsImplementor;
import org.jspecify.annotations.Nullable;

/**
 * The access of a session factory to the entities, collections or natural ids of a region, with the
 * strategy {@code READ_WRITE} or {@code NONSTRICT_READ_WRITE}. Every decision about an entry is one
 * {@code invoke} on the region's cache, and so atomic for all JVMs; see {@link RegionEntry}. It
 * takes one round trip while the entry is what this transaction saw or wrote last. Safe for use by
 * several threads.
 */
abstract class RegionAccess extends AbstractCachedDomainDataAccess {

  private final YokedRegion region;
  private final CacheStorage storage;
  private final YokedCache<Object, Object> cache;

  /** The same cache, for decisions in a shared round trip. */
  private final SharedTrip.Member<Object, Object> member;

  private final boolean isLocking;
  private final boolean mayLoadOld;
  private final @Nullable Comparator<Object> versions;
  private final Layout layout;

  /**
   * Creates the access.
   *
   * @param layout the layout of the states; a state of another layout is not read
   * @param isLocking whether the strategy is {@code READ_WRITE}
   * @param mayLoadOld whether a load may return a state from before the look at the entry, as from
   *     a snapshot, so that the look gives no permission to put it
   * @param versions compares the versions of the entities, or {@code null} if they have none
   */
  private RegionAccess(
      YokedRegion region,
      Layout layout,
      boolean isLocking,
      boolean mayLoadOld,
      @Nullable Comparator<Object> versions) {
    super(region, region.storage());
    this.region = region;
    this.layout = layout;
    this.storage = region.storage();
    this.cache = storage.cache();
    this.member = region.member();
    this.isLocking = isLocking;
    this.mayLoadOld = mayLoadOld;
    this.versions = versions;
  }

  /** Makes the keys. Not known yet when the access is created. */
  final CacheKeysFactory keys() {
    return region.getEffectiveKeysFactory();
  }

  @Override
  public final AccessType getAccessType() {
    return isLocking ? AccessType.READ_WRITE : AccessType.NONSTRICT_READ_WRITE;
  }

  @Override
  public final @Nullable Object get(SharedSessionContractImplementor session, Object key) {
    if (session.getCacheMode() == CacheMode.REFRESH) {
      return null; // Hibernate looks for natural ids in this mode too, and would not replace them.
    }
    TransactionContext context = TransactionContext.of(session);
    if (context.hasUncommittedChange(this, key)) {
      return null; // The entry has the state that others see.
    }
    Object entry = cache.get(key);
    if (!(entry instanceof Item item && item.has(layout))) {
      context.keepTicket(this, key, ticketFor(session, key, entry));
      return null;
    }
    context.forgetTicket(this, key);
    if (isLocking) {
      context.see(this, key, item);
    }
    return !mayLoadOld || context.getCachingTimestamp() > item.placed() ? item.value() : null;
  }

  /** The ticket of the load that follows a look at the entry, or {@code null} if it gets none. */
  private @Nullable Vacant ticketFor(
      SharedSessionContractImplementor session, Object key, @Nullable Object entry) {
    if (entry == null) {
      return session.getCacheMode().isPutEnabled() ? newTicket(key) : null;
    }
    return entry instanceof Vacant vacant ? vacant : null;
  }

  private @Nullable Vacant newTicket(Object key) {
    Vacant ticket = Vacant.now();
    try {
      return cache.putIfAbsent(key, ticket, Vacant.TIME_TO_LIVE) ? ticket : null;
    } catch (RedisUnavailableException e) { // The load fills no entry.
      return null;
    }
  }

  @Override
  public final boolean contains(Object key) {
    return cache.get(key) instanceof Item item && item.has(layout);
  }

  @Override
  public final boolean putFromLoad(
      SharedSessionContractImplementor session,
      Object key,
      Object value,
      @Nullable Object version) {
    return putFromLoad(session, key, value, version, /* minimalPutOverride= */ false);
  }

  /**
   * Puts a state that was loaded, if it cannot be outdated. An entry that has a state already keeps
   * it, unless the version of the new one is newer or the session has a mode that refreshes the
   * cache. So the puts are minimal in the other modes, with and without {@code
   * hibernate.cache.use_minimal_puts}.
   */
  @Override
  public final boolean putFromLoad(
      SharedSessionContractImplementor session,
      Object key,
      Object value,
      @Nullable Object version,
      boolean minimalPutOverride) {
    TransactionContext context = TransactionContext.of(session);
    if (context.hasChanged(this, key)) {
      return false;
    }
    boolean isRefresh = !minimalPutOverride && session.getCacheMode() == CacheMode.REFRESH;
    Load load =
        new Load(
            context.takeTicket(this, key),
            context.getCachingTimestamp(),
            value,
            version,
            isRefresh);
    if (context.hasWritten()) {
      putIfCommitted(session, key, load);
      return false;
    }
    RegionEntry put =
        finishLoad(() -> cache.<@Nullable RegionEntry>invoke(key, decisionAbout(load)));
    if (isLocking) {
      context.see(this, key, put);
    }
    return put instanceof Item;
  }

  /**
   * A state that Hibernate has loaded.
   *
   * @param ticket the one that the transaction found before the load, or {@code null}
   * @param transactionStart when the transaction of the load began
   */
  private record Load(
      @Nullable Vacant ticket,
      long transactionStart,
      Object value,
      @Nullable Object version,
      boolean isRefresh) {}

  /** Made when the state is put, since the {@link Item} has that time. */
  private Decision decisionAbout(Load load) {
    Vacant proof = mayLoadOld ? null : load.ticket();
    return new Decision(
        load.ticket(),
        RegionEntry.load(
            proof,
            load.transactionStart(),
            Item.now(load.value(), layout, load.version()),
            versions,
            load.isRefresh()));
  }

  /**
   * Puts a state after the commit, for it may depend on rows that the transaction has changed. It
   * is not put if the transaction changes its row later.
   */
  private void putIfCommitted(SharedSessionContractImplementor session, Object key, Load load) {
    TransactionContext context = TransactionContext.of(session);
    StatisticsImplementor statistics = session.getFactory().getStatistics();
    context.ifCommitted(
        this,
        key,
        trip -> {
          if (context.hasChanged(this, key)) { // after it was loaded
            return () -> {};
          }
          Supplier<@Nullable RegionEntry> decided = begin(trip, key, decisionAbout(load));
          return () -> countIfPut(statistics, finishLoad(decided));
        });
  }

  /**
   * Finishes a decision about a state that was loaded. If the decision fails, the entry stays as it
   * is: nothing is lost if the state is not put.
   *
   * @return the new value of the entry, or {@code null} if it stays
   */
  private @Nullable RegionEntry finishLoad(Supplier<@Nullable RegionEntry> decided) {
    try {
      return decided.get();
    } catch (RedisUnavailableException nothingIsLostIfTheStateIsNotPut) {
      return null;
    } catch (CacheException e) {
      storage.warnOfMissing(e);
      return null;
    }
  }

  @Override
  public final @Nullable SoftLock lockItem(
      SharedSessionContractImplementor session, Object key, @Nullable Object version) {
    TransactionContext context = TransactionContext.of(session);
    context.change(this, key);
    if (!isLocking) {
      return null;
    }
    Handle held = context.lockAgain(this, key, session);
    if (held != null) {
      return held;
    }
    Handle handle = new Handle(session);
    context.keepLock(this, key, handle);
    context.beforeCommit(
        this,
        key,
        trip -> {
          Decision lock = new Decision(context.seen(this, key), RegionEntry.lock(handle.id()));
          Supplier<@Nullable RegionEntry> decided = begin(trip, key, lock);
          return () -> handle.set(finishChange(/* hasCommitted= */ false, key, decided));
        });
    return handle;
  }

  @Override
  public final void unlockItem(
      SharedSessionContractImplementor session, Object key, @Nullable SoftLock lock) {
    if (!isLocking) {
      cache.remove(key);
      return;
    }
    Handle handle = Handle.of(lock);
    if (!TransactionContext.of(session).giveUpLock(this, key, handle)) {
      unlock(session, key, handle, RegionEntry.unlock(handle.id()));
    }
  }

  private void unlock(
      SharedSessionContractImplementor session,
      Object key,
      Handle handle,
      Function<@Nullable Object, @Nullable RegionEntry> decision) {
    afterCommit(session, key, handle, handle::written, decision);
  }

  /** Decides after the commit, and counts a new state as put. */
  private void afterCommit(
      SharedSessionContractImplementor session,
      Object key,
      @Nullable Handle handle,
      Supplier<@Nullable RegionEntry> guess,
      Function<@Nullable Object, @Nullable RegionEntry> decision) {
    StatisticsImplementor statistics = session.getFactory().getStatistics();
    TransactionContext.of(session)
        .afterCommit(
            this,
            key,
            handle,
            trip -> {
              Supplier<@Nullable RegionEntry> decided =
                  begin(trip, key, new Decision(guess.get(), decision));
              return () ->
                  countIfPut(statistics, finishChange(/* hasCommitted= */ true, key, decided));
            });
  }

  private void countIfPut(StatisticsImplementor statistics, @Nullable RegionEntry decided) {
    if (decided instanceof Item && statistics.isStatisticsEnabled()) {
      countPut(statistics);
    }
  }

  /** Counts a put as Hibernate does, which would count it before it is made. */
  abstract void countPut(StatisticsImplementor statistics);

  @Override
  public final void remove(SharedSessionContractImplementor session, Object key) {
    TransactionContext context = TransactionContext.of(session);
    // An entry that this transaction has locked is replaced when the transaction is over.
    if (!isLocking || !context.hasChanged(this, key)) {
      context.change(this, key);
      cache.remove(key);
    }
  }

  @Override
  public final void removeAll(SharedSessionContractImplementor session) {
    TransactionContext.of(session).changeAll(this);
    if (!isLocking) { // else Hibernate empties the region by unlockRegion, after the commit
      cache.clear();
    }
  }

  // The methods of Hibernate for inserts and updates return whether the entry has a new state, for
  // the statistics. It gets one when the transaction is over, and countPut counts that.

  final void inserting(SharedSessionContractImplementor session, Object key) {
    TransactionContext context = TransactionContext.of(session);
    context.change(this, key);
    // No ticket is needed if the transaction has deleted a row with this id: it has locked the
    // entry, and the end of the lock leaves no state. There is one if Hibernate looked for the row.
    if (isLocking && context.lockOf(this, key) == null && !context.hasTicket(this, key)) {
      context.beforeCommit(
          this,
          key,
          trip -> {
            Vacant ticket = Vacant.now();
            Supplier<Boolean> isPut =
                member.beginPutIfAbsent(trip, key, ticket, Vacant.TIME_TO_LIVE);
            return () -> {
              Vacant found = isPut.get() ? ticket : ticketInPlaceOfEntry(key);
              context.keepTicket(this, key, found);
            };
          });
    }
  }

  private @Nullable Vacant ticketInPlaceOfEntry(Object key) {
    Object entry = cache.get(key);
    if (entry instanceof Item) {
      // The row did not exist, so this is a state from before it was deleted by other means.
      cache.remove(key);
      return newTicket(key);
    }
    return entry instanceof Vacant vacant ? vacant : null;
  }

  final void inserted(
      SharedSessionContractImplementor session,
      Object key,
      Object value,
      @Nullable Object version) {
    TransactionContext context = TransactionContext.of(session);
    Vacant ticket = context.takeTicket(this, key);
    if (ticket == null || context.lockOf(this, key) != null) {
      return;
    }
    Function<@Nullable Object, @Nullable RegionEntry> put =
        RegionEntry.insert(ticket, Item.now(value, layout, version));
    afterCommit(session, key, /* handle= */ null, () -> ticket, put);
  }

  final void updating(SharedSessionContractImplementor session, Object key) {
    if (!isLocking) {
      TransactionContext.of(session).change(this, key);
      cache.remove(key);
    }
  }

  final void updated(
      SharedSessionContractImplementor session,
      Object key,
      Object value,
      @Nullable Object version,
      @Nullable SoftLock lock) {
    if (!isLocking) {
      cache.remove(key);
      return;
    }
    Handle handle = Handle.of(lock);
    unlock(
        session,
        key,
        handle,
        handle.isShared()
            ? RegionEntry.unlock(handle.id())
            : RegionEntry.unlock(handle.id(), Item.now(value, layout, version), versions));
  }

  /**
   * Begins a decision about an entry.
   *
   * @return finishes it, and returns the new value of the entry, or {@code null} if it stays
   */
  private Supplier<@Nullable RegionEntry> begin(SharedTrip trip, Object key, Decision decision) {
    try {
      return member.<@Nullable RegionEntry>beginInvoke(trip, key, decision);
    } catch (CacheException e) {
      return () -> {
        throw e;
      };
    }
  }

  /**
   * Finishes a decision about an entry that must not stay as it is if the decision fails.
   *
   * @param hasCommitted whether the transaction is over, so that the decision fails only if the
   *     entry cannot be removed either
   * @return the new value of the entry, or {@code null} if it stays or was removed
   */
  private @Nullable RegionEntry finishChange(
      boolean hasCommitted, Object key, Supplier<@Nullable RegionEntry> decided) {
    try {
      return decided.get();
    } catch (RedisUnavailableException e) {
      // Fails as well, or is owed and made later, according to on-failure.
      cache.remove(key);
      return null;
    } catch (CacheException e) {
      try {
        cache.remove(key);
      } catch (CacheException suppressed) {
        e.addSuppressed(suppressed);
        throw e;
      }
      if (!hasCommitted) {
        throw e;
      }
      storage.warnOfMissing(e);
      return null;
    }
  }

  /**
   * A decision of {@link RegionEntry} as an entry processor. It returns the new value of the entry,
   * or {@code null} if the entry stays.
   *
   * @param guess what the entry probably is, or {@code null}
   */
  private record Decision(
      @Nullable RegionEntry guess, Function<@Nullable Object, ? extends @Nullable RegionEntry> next)
      implements GuessingProcessor<Object, Object, @Nullable RegionEntry> {

    @Override
    public @Nullable RegionEntry process(MutableEntry<Object, Object> entry, Object... arguments) {
      RegionEntry value = next.apply(entry.getValue());
      if (value != null) {
        entry.setValue(value);
      }
      return value;
    }
  }

  /** Access to entities. */
  static final class OfEntities extends RegionAccess implements EntityDataAccess {

    private final NavigableRole role;

    OfEntities(
        YokedRegion region,
        NavigableRole role,
        Layout layout,
        boolean isLocking,
        boolean mayLoadOld,
        @Nullable Comparator<Object> versions) {
      super(region, layout, isLocking, mayLoadOld, versions);
      this.role = role;
    }

    @Override
    void countPut(StatisticsImplementor statistics) {
      statistics.entityCachePut(role, getRegion().getName());
    }

    @Override
    public Object generateCacheKey(
        Object id,
        EntityPersister rootEntityDescriptor,
        SessionFactoryImplementor factory,
        String tenantIdentifier) {
      return keys().createEntityKey(id, rootEntityDescriptor, factory, tenantIdentifier);
    }

    @Override
    public Object getCacheKeyId(Object cacheKey) {
      return keys().getEntityId(cacheKey);
    }

    @Override
    public boolean insert(
        SharedSessionContractImplementor session, Object key, Object value, Object version) {
      inserting(session, key);
      return false;
    }

    @Override
    public boolean afterInsert(
        SharedSessionContractImplementor session, Object key, Object value, Object version) {
      inserted(session, key, value, version);
      return false;
    }

    @Override
    public boolean update(
        SharedSessionContractImplementor session,
        Object key,
        Object value,
        Object currentVersion,
        Object previousVersion) {
      updating(session, key);
      return false;
    }

    @Override
    public boolean afterUpdate(
        SharedSessionContractImplementor session,
        Object key,
        Object value,
        Object currentVersion,
        Object previousVersion,
        SoftLock lock) {
      updated(session, key, value, currentVersion, lock);
      return false;
    }
  }

  /** Access to collections. Their owner's version does not tell how new their elements are. */
  static final class OfCollections extends RegionAccess implements CollectionDataAccess {

    private final NavigableRole role;

    OfCollections(
        YokedRegion region,
        NavigableRole role,
        Layout layout,
        boolean isLocking,
        boolean mayLoadOld) {
      super(region, layout, isLocking, mayLoadOld, /* versions= */ null);
      this.role = role;
    }

    @Override
    void countPut(StatisticsImplementor statistics) {
      statistics.collectionCachePut(role, getRegion().getName());
    }

    @Override
    public Object generateCacheKey(
        Object id,
        CollectionPersister collectionDescriptor,
        SessionFactoryImplementor factory,
        String tenantIdentifier) {
      return keys().createCollectionKey(id, collectionDescriptor, factory, tenantIdentifier);
    }

    @Override
    public Object getCacheKeyId(Object cacheKey) {
      return keys().getCollectionId(cacheKey);
    }
  }

  /**
   * Access to natural ids. Hibernate looks for an entry also after it has loaded the row and before
   * it puts the entry, so a ticket says nothing about the time of the load.
   */
  static final class OfNaturalIds extends RegionAccess implements NaturalIdDataAccess {

    private final NavigableRole role;

    OfNaturalIds(YokedRegion region, NavigableRole role, Layout layout, boolean isLocking) {
      super(region, layout, isLocking, /* mayLoadOld= */ true, /* versions= */ null);
      this.role = role;
    }

    @Override
    void countPut(StatisticsImplementor statistics) {
      statistics.naturalIdCachePut(role, getRegion().getName());
    }

    @Override
    public Object generateCacheKey(
        Object naturalIdValues,
        EntityPersister rootEntityDescriptor,
        SharedSessionContractImplementor session) {
      return keys().createNaturalIdKey(naturalIdValues, rootEntityDescriptor, session);
    }

    @Override
    public Object getNaturalIdValues(Object cacheKey) {
      return keys().getNaturalIdValues(cacheKey);
    }

    @Override
    public boolean insert(SharedSessionContractImplementor session, Object key, Object value) {
      inserting(session, key);
      return false;
    }

    @Override
    public boolean afterInsert(SharedSessionContractImplementor session, Object key, Object value) {
      inserted(session, key, value, /* version= */ null);
      return false;
    }

    @Override
    public boolean update(SharedSessionContractImplementor session, Object key, Object value) {
      updating(session, key);
      return false;
    }

    @Override
    public boolean afterUpdate(
        SharedSessionContractImplementor session, Object key, Object value, SoftLock lock) {
      updated(session, key, value, /* version= */ null, lock);
      return false;
    }
  }
}
