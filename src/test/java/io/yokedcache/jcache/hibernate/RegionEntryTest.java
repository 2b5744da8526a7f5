package io.yokedcache.jcache.hibernate;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.hibernate.RegionEntry.Item;
import io.yokedcache.jcache.hibernate.RegionEntry.Lock;
import io.yokedcache.jcache.hibernate.RegionEntry.Vacant;
import java.util.Comparator;
import java.util.function.Function;
import org.hibernate.cache.spi.support.SimpleTimestamper;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The decisions of {@link RegionEntry}. */
final class RegionEntryTest {

  private static final Comparator<Object> VERSIONS =
      (one, two) -> Integer.compare((Integer) one, (Integer) two);
  private static final long START = SimpleTimestamper.next();
  private static final long MARGIN = RegionEntry.CLOCK_MARGIN.toMillis() * SimpleTimestamper.ONE_MS;
  private static final long OTHER_JVM = RegionEntry.THIS_JVM + 1;
  private static final long LAYOUT = 7;

  private static Item item(@Nullable Integer version) {
    return item(version, RegionEntry.THIS_JVM, START);
  }

  private static Item item(@Nullable Integer version, long origin, long placed) {
    return item("state " + version, version, origin, placed);
  }

  private static Item item(Object state, @Nullable Integer version, long origin, long placed) {
    return new Item(state, LAYOUT, version, origin, placed);
  }

  /** An entry with a state that is not the loaded one. */
  private static Item changed(@Nullable Integer version, long origin, long placed) {
    return item("changed " + version, version, origin, placed);
  }

  private static @Nullable RegionEntry load(
      @Nullable Object entry, @Nullable Vacant ticket, @Nullable Integer version) {
    return load(entry, ticket, version, false);
  }

  private static @Nullable RegionEntry refresh(@Nullable Object entry, @Nullable Integer version) {
    return load(entry, null, version, true);
  }

  private static @Nullable RegionEntry load(
      @Nullable Object entry,
      @Nullable Vacant ticket,
      @Nullable Integer version,
      boolean isRefresh) {
    return RegionEntry.load(
            ticket, START, item(version), version == null ? null : VERSIONS, isRefresh)
        .apply(entry);
  }

  @SafeVarargs
  private static @Nullable RegionEntry all(
      @Nullable Object entry, Function<@Nullable Object, ? extends @Nullable RegionEntry>... next) {
    Object current = entry;
    for (Function<@Nullable Object, ? extends @Nullable RegionEntry> decision : next) {
      RegionEntry decided = decision.apply(current);
      current = decided == null ? current : decided;
    }
    return (RegionEntry) current;
  }

  @Test
  void load_noEntry_leavesATicket() {
    assertThat(load(null, null, 1)).isInstanceOf(Vacant.class);
    assertThat(load(null, Vacant.now(), 1)).isInstanceOf(Vacant.class);
  }

  @Test
  void load_entryOfAnotherRegionFactory_leavesATicket() {
    assertThat(load("other", null, 1)).isInstanceOf(Vacant.class);
  }

  @Test
  void load_ticketIsStillThere_putsTheState() {
    long placed = SimpleTimestamper.next();

    assertThat(load(new Vacant(OTHER_JVM, placed), new Vacant(OTHER_JVM, placed), 1))
        .isEqualTo(item(1));
  }

  @Test
  void load_anotherTicketIsThere_putsNothing() {
    assertThat(load(Vacant.now(), Vacant.now(), 1)).isNull();
    assertThat(load(Vacant.now(), null, 1)).isNull();
  }

  @Test
  void load_ticketFromBeforeTheTransaction_putsTheState() {
    assertThat(load(new Vacant(RegionEntry.THIS_JVM, START - 1), null, 1)).isEqualTo(item(1));
    assertThat(load(new Vacant(RegionEntry.THIS_JVM, START), null, 1)).isNull();
  }

  /** The clock of the other JVM may be late by the margin. */
  @Test
  void load_ticketOfAnotherJvm_mustBeOlderByTheMargin() {
    assertThat(load(new Vacant(OTHER_JVM, START - MARGIN), null, 1)).isNull();
    assertThat(load(new Vacant(OTHER_JVM, START - MARGIN - 1), null, 1)).isEqualTo(item(1));
  }

  @Test
  void load_stateIsThere_isReplacedByANewerVersionOnly() {
    assertThat(load(item(2), null, 1)).isNull();
    assertThat(load(item(2), null, 2)).isNull();
    assertThat(load(item(2), null, 3)).isEqualTo(item(3));
    assertThat(load(item(null), null, null)).isNull();
    assertThat(load(item(null), null, 1)).isNull();
  }

  @Test
  void refresh_stateFromBeforeTheTransaction_isReplacedUnlessItIsNewer() {
    Item without = changed(null, RegionEntry.THIS_JVM, START - 1);
    Item second = changed(2, RegionEntry.THIS_JVM, START - 1);

    assertThat(refresh(without, null)).isEqualTo(item(null));
    assertThat(refresh(without, 1)).isEqualTo(item(1));
    assertThat(refresh(second, 1)).isNull();
    assertThat(refresh(second, 2)).isEqualTo(item(2));
    assertThat(refresh(second, 3)).isEqualTo(item(3));
  }

  /** The row may have changed after it was read, so neither state is known to be the last one. */
  @Test
  void refresh_stateFromAfterTheBeginOfTheTransaction_leavesATicket() {
    Item without = changed(null, RegionEntry.THIS_JVM, START);
    Item second = changed(2, RegionEntry.THIS_JVM, START);

    assertThat(refresh(without, null)).isInstanceOf(Vacant.class);
    assertThat(refresh(second, 2)).isInstanceOf(Vacant.class);
    assertThat(refresh(second, 1)).isNull();
    assertThat(refresh(second, 3)).isEqualTo(item(3));
  }

  @Test
  void refresh_stateOfAnotherJvm_mustBeOlderByTheMargin() {
    assertThat(refresh(changed(null, OTHER_JVM, START - MARGIN), null)).isInstanceOf(Vacant.class);
    assertThat(refresh(changed(null, OTHER_JVM, START - MARGIN - 1), null)).isEqualTo(item(null));
  }

  @Test
  void refresh_sameVersionAndState_stays() {
    for (long placed : new long[] {START - 1, START}) {
      assertThat(refresh(item(2, RegionEntry.THIS_JVM, placed), 2)).isNull();
      assertThat(refresh(item("state 2", 1, RegionEntry.THIS_JVM, placed), 2)).isEqualTo(item(2));
    }
  }

  /** Hibernate counts the put. */
  @Test
  void refresh_sameStateWithoutVersion_isReplaced() {
    assertThat(refresh(item(null, RegionEntry.THIS_JVM, START - 1), null)).isEqualTo(item(null));
    assertThat(refresh(item(null), null)).isInstanceOf(Vacant.class);
  }

  @Test
  void refresh_noState_isALoad() {
    assertThat(refresh(null, 1)).isInstanceOf(Vacant.class);
    assertThat(refresh(Vacant.now(), 1)).isNull();
    assertThat(refresh(new Vacant(RegionEntry.THIS_JVM, START - 1), 1)).isEqualTo(item(1));
    assertThat(refresh(RegionEntry.lock(1).apply(null), 1)).isNull();
  }

  /** Another version of the application has put it, which this one cannot read. */
  @Test
  void load_stateOfAnotherLayout_isReplacedAsByARefresh() {
    Item before = new Item("state 2", LAYOUT + 1, 2, RegionEntry.THIS_JVM, START - 1);
    Item after = new Item("state 2", LAYOUT + 1, 2, RegionEntry.THIS_JVM, START);

    assertThat(load(before, null, 2)).isEqualTo(item(2));
    assertThat(load(after, null, 2)).isInstanceOf(Vacant.class);
    assertThat(load(before, null, 1)).isNull();
    assertThat(load(after, null, 3)).isEqualTo(item(3));
  }

  @Test
  void load_versionOfAnotherType_isNotCompared() {
    Item before = new Item("state 2", LAYOUT + 1, 2L, RegionEntry.THIS_JVM, START - 1);

    assertThat(load(before, null, 1)).isEqualTo(item(1));
    assertThat(RegionEntry.unlock(1, item(2), VERSIONS).apply(before)).isInstanceOf(Vacant.class);
  }

  @Test
  void load_locked_putsNothing() {
    assertThat(load(RegionEntry.lock(1).apply(null), Vacant.now(), 1)).isNull();
  }

  @Test
  void load_holdersOfTheLockAreTooOld_leavesATicket() {
    Lock old = new Lock(new long[] {1}, new long[] {System.currentTimeMillis() - 1}, false);

    assertThat(load(old, null, 1)).isInstanceOf(Vacant.class);
  }

  @Test
  void unlock_committedAlone_putsTheState() {
    assertThat(all(item(1), RegionEntry.lock(1), RegionEntry.unlock(1, item(2), VERSIONS)))
        .isEqualTo(item(2));
  }

  @Test
  void unlock_rolledBack_leavesATicket() {
    assertThat(all(item(1), RegionEntry.lock(1), RegionEntry.unlock(1))).isInstanceOf(Vacant.class);
  }

  @Test
  void unlock_concurrentHolders_theLastLeavesATicket() {
    RegionEntry first =
        all(
            null,
            RegionEntry.lock(1),
            RegionEntry.lock(2),
            RegionEntry.unlock(1, item(2), VERSIONS));
    assertThat(first)
        .isInstanceOfSatisfying(Lock.class, lock -> assertThat(lock.isHeldBy(2)).isTrue());

    assertThat(all(first, RegionEntry.unlock(2, item(3), VERSIONS))).isInstanceOf(Vacant.class);
  }

  /** A decision may be made again after an answer of Redis was lost. */
  @Test
  void lockAndUnlock_twice_areTheSameAsOnce() {
    RegionEntry locked = all(null, RegionEntry.lock(1), RegionEntry.lock(1));

    assertThat(
            all(
                locked,
                RegionEntry.unlock(1, item(2), VERSIONS),
                RegionEntry.unlock(1, item(2), VERSIONS)))
        .isEqualTo(item(2));
  }

  @Test
  void lock_holderThatDied_countsUntilItsDeadline() {
    long past = System.currentTimeMillis() - 1;
    Lock dead = new Lock(new long[] {1}, new long[] {past}, false);

    assertThat(all(dead, RegionEntry.lock(2), RegionEntry.unlock(2, item(2), VERSIONS)))
        .isEqualTo(item(2));
    assertThat(all(dead, RegionEntry.unlock(1, item(2), VERSIONS))).isEqualTo(item(2));
  }

  @Test
  void unlock_lockIsLost_leavesNoOlderState() {
    Vacant ticket = Vacant.now();

    assertThat(RegionEntry.unlock(1, item(2), VERSIONS).apply(null)).isNull();
    assertThat(RegionEntry.unlock(1, item(2), VERSIONS).apply(item(2))).isNull();
    assertThat(RegionEntry.unlock(1, item(2), VERSIONS).apply(item(1))).isInstanceOf(Vacant.class);
    assertThat(RegionEntry.unlock(1, item(null), null).apply(item(null)))
        .isInstanceOf(Vacant.class);
    assertThat(RegionEntry.unlock(1).apply(item(2))).isInstanceOf(Vacant.class);
    assertThat(RegionEntry.unlock(1).apply(ticket)).isInstanceOf(Vacant.class).isNotEqualTo(ticket);
  }

  @Test
  void unlock_anotherHoldsTheLock_nobodyPutsAState() {
    assertThat(
            all(
                null,
                RegionEntry.lock(2),
                RegionEntry.unlock(1, item(3), VERSIONS),
                RegionEntry.unlock(2, item(2), VERSIONS)))
        .isInstanceOf(Vacant.class);
  }

  @Test
  void insert_ticketOfTheInsertOnly() {
    Vacant ticket = Vacant.now();

    assertThat(RegionEntry.insert(ticket, item(0)).apply(ticket)).isEqualTo(item(0));
    assertThat(RegionEntry.insert(ticket, item(0)).apply(Vacant.now())).isNull();
    assertThat(RegionEntry.insert(ticket, item(0)).apply(null)).isNull();
    assertThat(RegionEntry.insert(ticket, item(0)).apply(item(1))).isNull();
  }
}
