package io.yokedcache.metrics.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class PercentilesTest {

  private static OperationReading operation(long maxNanos, @Nullable LatencyCells cells) {
    return new OperationReading("get", 10, 0, maxNanos, cells, Map.of());
  }

  private static LatencyCells cells(long... counts) {
    return LatencyCells.of(LatencyBounds.of(100, 200, 400), counts);
  }

  @Test
  void percentileNanos_interpolatesWithinTheCell() {
    OperationReading operation = operation(300, cells(4, 4, 2, 0));
    assertThat(operation.percentileNanos(0.25)).isEqualTo(75);
    assertThat(operation.percentileNanos(0.4)).isEqualTo(100);
    assertThat(operation.percentileNanos(0.5)).isEqualTo(125);
    assertThat(operation.percentileNanos(0.8)).isEqualTo(200);
    assertThat(operation.percentileNanos(1)).as("not above the greatest").isEqualTo(300);
  }

  @Test
  void percentileNanos_lastCell_endsAtTheGreatest() {
    assertThat(operation(1000, cells(0, 0, 0, 2)).percentileNanos(1)).isEqualTo(1000);
    assertThat(operation(1000, cells(0, 0, 0, 2)).percentileNanos(0.5)).isEqualTo(700);
    assertThat(operation(0, cells(0, 0, 0, 2)).percentileNanos(0.5)).isEqualTo(400);
  }

  @Test
  void percentileNanos_nothingMeasured() {
    assertThat(operation(5, null).percentileNanos(0.5)).isNull();
    assertThat(operation(5, cells(0, 0, 0, 0)).percentileNanos(0.5)).isNull();
  }
}
