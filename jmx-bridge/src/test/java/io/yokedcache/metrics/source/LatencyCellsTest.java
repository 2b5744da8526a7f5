package io.yokedcache.metrics.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class LatencyCellsTest {

  @Test
  void plus_sameBounds() {
    LatencyBounds bounds = LatencyBounds.of(10, 20);
    LatencyCells sum = LatencyCells.of(bounds, 1, 2, 3).plus(LatencyCells.of(bounds, 10, 20, 30));
    assertThat(sum.bounds()).isEqualTo(bounds);
    assertThat(new long[] {sum.count(0), sum.count(1), sum.count(2)}).containsExactly(11, 22, 33);
  }

  @Test
  void plus_otherBounds_exactAtTheCommonOnes() {
    LatencyCells fine = LatencyCells.of(LatencyBounds.of(10, 15, 20, 30), 1, 2, 3, 4, 5);
    LatencyCells other = LatencyCells.of(LatencyBounds.of(5, 10, 30), 10, 20, 30, 40);
    LatencyCells sum = fine.plus(other);
    assertThat(sum.bounds()).isEqualTo(LatencyBounds.of(10, 30));
    assertThat(new long[] {sum.count(0), sum.count(1), sum.count(2)}).containsExactly(31, 39, 45);
  }

  @Test
  void plus_nothingInCommon() {
    LatencyCells sum =
        LatencyCells.of(LatencyBounds.of(1), 1, 2).plus(LatencyCells.of(LatencyBounds.of(2), 3, 4));
    assertThat(sum.size()).isEqualTo(1);
    assertThat(sum.count(0)).isEqualTo(10);
  }

  @Test
  void of_wrongNumberOfCells() {
    assertThatThrownBy(() -> LatencyCells.of(LatencyBounds.of(1, 2), 1, 2))
        .hasMessage("2 bounds need one cell more, not 2");
  }

  @Test
  void of_boundsThatDoNotAscend() {
    assertThatThrownBy(() -> LatencyBounds.of(2, 2))
        .hasMessage("Bounds must ascend, but 2 ns follows 2 ns");
  }
}
