package io.yokedcache.jcache.internal.store.owed;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.store.owed.OwedInvalidations.Late;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class OwedInvalidationsTest {

  private static final Bytes KEY = Bytes.utf8("key");
  private static final Bytes VALUE = Bytes.utf8("value");

  private final OwedInvalidations debts =
      new OwedInvalidations(100, Duration.ZERO, Duration.ofSeconds(20));

  private static void noSettlement() {}

  private static Map<Bytes, Late> late(OwedInvalidations.OfCache owed) {
    owed.owe(OwedInvalidationsTest::noSettlement, KEY, 0, VALUE);
    owed.endDebts(owed.debtsOf(List.of(KEY)), /* mayArriveLate= */ true);
    return owed.dueLate(10);
  }

  @Test
  void lateWrites_areForgottenWithTheirGeneration() {
    OwedInvalidations.OfCache owed = debts.of("cache", true);
    assertThat(late(owed)).containsOnlyKeys(KEY);

    owed.oweGeneration(OwedInvalidationsTest::noSettlement, false);

    assertThat(owed.dueLate(10)).isEmpty();
  }

  @Test
  void lateWrites_stayUntilTheyAreRemoved_andIfThereAreMore() {
    OwedInvalidations.OfCache owed = debts.of("cache", true);
    Map<Bytes, Late> first = late(owed);
    assertThat(owed.dueLate(10)).isEqualTo(first);
    Map<Bytes, Late> second = late(owed);

    owed.endLate(first);
    assertThat(owed.dueLate(10)).isEqualTo(second);
    owed.endLate(second);

    assertThat(owed.hasWork()).isFalse();
  }

  @Test
  void of_reopened_owesAsItsNewSettingSays() {
    OwedInvalidations.OfCache before = debts.of("cache", true);
    before.owe(OwedInvalidationsTest::noSettlement, KEY, 0, VALUE);
    before.close();

    OwedInvalidations.OfCache reopened = debts.of("cache", false);
    reopened.owe(OwedInvalidationsTest::noSettlement, Bytes.utf8("other"), 0, VALUE);

    assertThat(reopened.keys()).containsOnlyKeys(KEY);
  }
}
