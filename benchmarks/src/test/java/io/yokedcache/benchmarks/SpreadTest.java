package io.yokedcache.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class SpreadTest {

  @Test
  void of_odd() {
    assertThat(Spread.of(new double[] {3, 1, 2})).isEqualTo(new Spread(2, 1, 3, 1, 3));
  }

  @Test
  void of_even() {
    assertThat(Spread.of(new double[] {4, 1, 2, 3}).median()).isEqualTo(2.5);
  }

  @Test
  void of_one() {
    assertThat(Spread.of(new double[] {7})).isEqualTo(new Spread(7, 7, 7, 7, 7));
  }

  /** The ranks of the 95 % interval of a median of 100, as tables of the sign test have them. */
  @Test
  void of_hundred() {
    Spread spread = Spread.of(IntStream.rangeClosed(1, 100).asDoubleStream().toArray());

    assertThat(spread.low()).isEqualTo(41);
    assertThat(spread.high()).isEqualTo(61);
  }
}
