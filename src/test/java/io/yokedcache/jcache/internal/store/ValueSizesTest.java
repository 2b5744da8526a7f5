package io.yokedcache.jcache.internal.store;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class ValueSizesTest {

  private final ValueSizes sizes = new ValueSizes();

  @Test
  void expected_nothingSeen_none() {
    assertThat(sizes.expected(100)).isZero();
  }

  @Test
  void expected_oneLargeAmongSmall_isLargeAtOnce() {
    sizes.seen(100);
    sizes.seen(50_000);

    assertThat(sizes.expected(1)).isEqualTo(50_000);
  }

  @Test
  void expected_manySmallAfterLarge_becomesThatOfTheSmall() {
    sizes.seen(1 << 20);
    for (int i = 0; i < 1000; i++) {
      sizes.seen(100);
    }

    assertThat(sizes.expected(1)).isEqualTo(100);
  }

  @Test
  void expected_moreThanAnIntegerHolds_isTheGreatest() {
    sizes.seen(1 << 29);

    assertThat(sizes.expected(100)).isEqualTo(Integer.MAX_VALUE);
  }
}
