package io.yokedcache.metrics.source;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.IntStream;
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
  void cellsOutsideOfTheRange_countNothing() {
    LatencyBounds bounds = LatencyBounds.of(10, 20, 30);
    LatencyCells part = LatencyCells.ofRange(bounds, 1, new long[] {9, 2, 3, 9}, 1, 2);
    assertThat(all(part)).containsExactly(0, 2, 3, 0);
    assertThat(all(part.plus(LatencyCells.of(bounds, 1, 1, 1, 1)))).containsExactly(1, 3, 4, 1);
  }

  @Test
  void since_rangesThatDiffer() {
    LatencyBounds bounds = LatencyBounds.of(10, 20, 30);
    LatencyCells before = LatencyCells.ofRange(bounds, 1, new long[] {2}, 0, 1);
    LatencyCells now = LatencyCells.of(bounds, 4, 5, 0, 6);
    assertThat(all(requireNonNull(now.since(before)))).containsExactly(4, 3, 0, 6);
    assertThat(all(requireNonNull(before.since(LatencyCells.of(bounds, 0, 2, 0, 0)))))
        .containsExactly(0, 0, 0, 0);
    assertThat(before.since(now)).as("cells outside of its range have shrunk").isNull();
  }

  private static long[] all(LatencyCells cells) {
    return IntStream.range(0, cells.size()).mapToLong(cells::count).toArray();
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
