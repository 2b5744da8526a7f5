package io.yokedcache.jcache.hibernate;

import io.yokedcache.jcache.internal.codec.value.EncodedOnce;
import io.yokedcache.jcache.internal.expiry.Placeholder;
import io.yokedcache.jcache.internal.store.Ttl;
import java.io.Serial;
import java.io.Serializable;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.hibernate.cache.spi.entry.CacheEntry;
import org.hibernate.cache.spi.support.SimpleTimestamper;
import org.jspecify.annotations.Nullable;

/**
 * The values of a region, and the decisions about them. Each decision is a function of the entry
 * that Redis has, so that it can be repeated when another JVM has changed the entry. The result is
 * the next value, or {@code null} if the entry stays as it is.
 *
 * <p>The rule that keeps outdated states out: a load may fill an entry only if the entry has been
 * the same {@link Vacant} since before the load read the database; a refresh, also if it has been
 * the same {@link Item}. Every change of the database replaces the entry before and after its
 * commit, and no {@code Vacant} or {@code Item} is written twice.
 */
sealed interface RegionEntry extends Serializable {

  /** How far the clocks of two JVMs may be apart. */
  Duration CLOCK_MARGIN = Duration.ofSeconds(1);

  /** The origin of the values that this JVM writes, a random number. */
  long THIS_JVM = ThreadLocalRandom.current().nextLong();

  /**
   * Whether a value was placed before a transaction of this JVM began, so that a state which the
   * transaction loaded is no older than the value, if the entry still has it.
   */
  private static boolean isBefore(long transactionStart, long origin, long placed) {
    long margin = origin == THIS_JVM ? 0 : CLOCK_MARGIN.toMillis() * SimpleTimestamper.ONE_MS;
    return placed + margin < transactionStart;
  }

  /** A state of the database. */
  final class Item extends EncodedOnce implements RegionEntry {

    @Serial private static final long serialVersionUID = 4L;

    private final Object value;
    private final long layout;
    private final @Nullable Object version;
    private final long origin;
    private final long placed;

    /**
     * Creates a state.
     *
     * @param value the state, in Hibernate's form
     * @param layout of the state, the number of a {@link Layout}
     * @param version of the row, or {@code null} if it has none
     * @param origin the JVM that writes it
     * @param placed when, by the clock of that JVM, after the state was read or committed
     */
    Item(Object value, long layout, @Nullable Object version, long origin, long placed) {
      this.value = value;
      this.layout = layout;
      this.version = version;
      this.origin = origin;
      this.placed = placed;
    }

    static Item now(Object value, Layout layout, @Nullable Object version) {
      return new Item(value, layout.id(), version, THIS_JVM, SimpleTimestamper.next());
    }

    /** Whether the state can be read with that mapping. */
    boolean has(Layout expected) {
      return layout == expected.id();
    }

    Object value() {
      return value;
    }

    long placed() {
      return placed;
    }

    /** Whether this state has a newer version than the other one; false if one has no version. */
    boolean isNewerThan(Item other, @Nullable Comparator<Object> versions) {
      return compareVersion(other, versions) > 0;
    }

    /** Whether this state has the other one's version or a newer one; false if one has none. */
    boolean isAsNewAs(Item other, @Nullable Comparator<Object> versions) {
      return compareVersion(other, versions) >= 0;
    }

    /** Compares the versions; negative if one has none, or one of another type. */
    private int compareVersion(Item other, @Nullable Comparator<Object> versions) {
      if (versions == null
          || version == null
          || other.version == null
          || version.getClass() != other.version.getClass()) {
        return -1;
      }
      return versions.compare(version, other.version);
    }

    /** Whether both have the same layout, version and state; false if one has no version. */
    boolean hasStateOf(Item other) {
      return layout == other.layout
          && version != null
          && version.equals(other.version)
          && isSame(value, other.value);
    }

    /** Hibernate's form of a row does not define {@code equals}. */
    private static boolean isSame(Object one, Object other) {
      if (one instanceof CacheEntry row && other instanceof CacheEntry otherRow) {
        return Objects.equals(row.getSubclass(), otherRow.getSubclass())
            && Arrays.deepEquals(row.getDisassembledState(), otherRow.getDisassembledState());
      }
      return one.equals(other);
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Item that
          && that.origin == origin
          && that.placed == placed
          && that.value.equals(value)
          && Objects.equals(that.version, version);
    }

    @Override
    public int hashCode() {
      return Objects.hash(value, version, origin, placed);
    }

    @Override
    public String toString() {
      return "Item[" + version + ", " + origin + ", " + placed + "]";
    }
  }

  /**
   * No state, and since when. A load that saw it may replace it by its state if it is still there,
   * so it is the ticket of such loads. It equals no other one ever written.
   */
  final class Vacant extends EncodedOnce implements RegionEntry, Placeholder {

    @Serial private static final long serialVersionUID = 2L;

    /**
     * Loads that take longer fill no entry. A load that has not looked at the entry, such as a
     * query, needs a ticket that an earlier load has left.
     */
    static final Duration TIME_TO_LIVE = Duration.ofMinutes(10);

    private final long origin;
    private final long placed;

    /**
     * Creates a ticket.
     *
     * @param origin the JVM that writes it
     * @param placed when, by the clock of that JVM, which gives each number once
     */
    Vacant(long origin, long placed) {
      this.origin = origin;
      this.placed = placed;
    }

    static Vacant now() {
      return new Vacant(THIS_JVM, SimpleTimestamper.next());
    }

    @Override
    public Ttl timeToLive() {
      return Ttl.of(TIME_TO_LIVE);
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Vacant that && that.origin == origin && that.placed == placed;
    }

    @Override
    public int hashCode() {
      return Long.hashCode(origin ^ placed);
    }

    @Override
    public String toString() {
      return "Vacant[" + origin + ", " + placed + "]";
    }
  }

  /**
   * The locks of transactions that change the row. A holder that does not unlock counts until its
   * deadline, by the clocks of the JVMs; the entry itself ends by the clock of Redis.
   */
  final class Lock extends EncodedOnce implements RegionEntry, Placeholder {

    @Serial private static final long serialVersionUID = 2L;

    /** As in Hibernate. */
    static final Duration TIMEOUT = Duration.ofSeconds(60);

    private static final Lock NONE = new Lock(new long[0], new long[0], false);

    private final long[] ids;
    private final long[] deadlines;
    private final boolean concurrent;

    /**
     * Creates the locks.
     *
     * @param ids of the holders
     * @param deadlines of the holders, in milliseconds since 1970
     * @param concurrent whether several transactions held it at a time, so that the order of their
     *     commits is unknown and no holder's state is put
     */
    Lock(long[] ids, long[] deadlines, boolean concurrent) {
      this.ids = ids;
      this.deadlines = deadlines;
      this.concurrent = concurrent;
    }

    boolean isHeldBy(long id) {
      return LongStream.of(ids).anyMatch(holder -> holder == id);
    }

    /** Whether there is a holder whose time is not over. */
    boolean isHeld() {
      long now = System.currentTimeMillis();
      return LongStream.of(deadlines).anyMatch(deadline -> deadline > now);
    }

    Lock with(long id) {
      Lock others = without(id);
      int count = others.ids.length;
      long[] moreIds = Arrays.copyOf(others.ids, count + 1);
      long[] moreDeadlines = Arrays.copyOf(others.deadlines, count + 1);
      moreIds[count] = id;
      moreDeadlines[count] = System.currentTimeMillis() + TIMEOUT.toMillis();
      return new Lock(moreIds, moreDeadlines, count > 0);
    }

    /** Without that holder, and those whose time is over. */
    Lock without(long id) {
      long now = System.currentTimeMillis();
      int[] left = new int[ids.length];
      int count = 0;
      for (int i = 0; i < ids.length; i++) {
        if (ids[i] != id && deadlines[i] > now) {
          left[count++] = i;
        }
      }
      long[] leftIds = new long[count];
      long[] leftDeadlines = new long[count];
      for (int i = 0; i < count; i++) {
        leftIds[i] = ids[left[i]];
        leftDeadlines[i] = deadlines[left[i]];
      }
      return new Lock(leftIds, leftDeadlines, concurrent);
    }

    private Lock asConcurrent() {
      return new Lock(ids, deadlines, true);
    }

    @Override
    public Ttl timeToLive() {
      return Ttl.of(TIMEOUT);
    }
  }

  /** A transaction is about to change the row. */
  static Function<@Nullable Object, RegionEntry> lock(long id) {
    return entry -> (entry instanceof Lock lock ? lock : Lock.NONE).with(id);
  }

  /** A transaction that may have changed the row is over, with nothing to put. */
  static Function<@Nullable Object, @Nullable RegionEntry> unlock(long id) {
    return entry -> unlocked(entry, id, null, null);
  }

  /** A transaction has committed this state. */
  static Function<@Nullable Object, @Nullable RegionEntry> unlock(
      long id, Item committed, @Nullable Comparator<Object> versions) {
    return entry -> unlocked(entry, id, committed, versions);
  }

  private static @Nullable RegionEntry unlocked(
      @Nullable Object entry,
      long id,
      @Nullable Item committed,
      @Nullable Comparator<Object> versions) {
    if (entry instanceof Lock lock) {
      Lock left = lock.without(id);
      if (left.isHeld()) {
        return left.asConcurrent();
      }
      boolean alone = lock.isHeldBy(id) && !lock.concurrent;
      return alone && committed != null ? committed : Vacant.now();
    }
    // The lock was evicted, cleared or too old.
    if (entry == null) {
      return null;
    }
    boolean keeps =
        committed != null && entry instanceof Item item && item.isAsNewAs(committed, versions);
    return keeps ? null : Vacant.now();
  }

  /** A transaction has committed a new row; the ticket was taken before the commit. */
  static Function<@Nullable Object, @Nullable RegionEntry> insert(Vacant ticket, Item inserted) {
    return entry -> ticket.equals(entry) ? inserted : null;
  }

  /**
   * A state was loaded.
   *
   * @param ticket the one that was seen before the database was read, or {@code null} if none was
   *     or if it does not count, because the state may be older than the read
   * @param transactionStart when the transaction of the load began
   * @param isRefresh whether the state may replace another one that is not older, as one of the
   *     same version. If the entry may have changed since the transaction began, it is left without
   *     a state. A state of another layout is replaced in the same way by every load.
   */
  static Function<@Nullable Object, @Nullable RegionEntry> load(
      @Nullable Vacant ticket,
      long transactionStart,
      Item loaded,
      @Nullable Comparator<Object> versions,
      boolean isRefresh) {
    return entry -> {
      if (entry instanceof Vacant vacant) {
        boolean fills =
            vacant.equals(ticket) || isBefore(transactionStart, vacant.origin, vacant.placed);
        return fills ? loaded : null;
      }
      if (entry instanceof Item item) {
        if (loaded.isNewerThan(item, versions)) {
          return loaded;
        }
        boolean isReadable = item.layout == loaded.layout;
        if ((isReadable && !isRefresh)
            || item.isNewerThan(loaded, versions)
            || item.hasStateOf(loaded)) {
          return null;
        }
        return isBefore(transactionStart, item.origin, item.placed) ? loaded : Vacant.now();
      }
      if (entry instanceof Lock lock && lock.isHeld()) {
        return null;
      }
      return Vacant.now();
    };
  }
}
