package io.yokedcache.benchmarks.load;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class KeyRangeTest {

  private final KeyRange keys = new KeyRange("key:", 1000, 100);

  @Test
  void isValue_ofItsKeyOnly() {
    assertThat(keys.isValue(7, keys.value(7))).isTrue();
    assertThat(keys.isValue(8, keys.value(7))).isFalse();
    assertThat(keys.isValue(7, new byte[99])).isFalse();
  }

  @Test
  void skewed_lowestTenthMostOfTheTime() {
    int low = 0;
    for (int place = 0; place < 10_000; place++) {
      low += keys.skewed(place) < 100 ? 1 : 0;
    }

    assertThat(low).isBetween(6_000, 8_000);
  }
}
