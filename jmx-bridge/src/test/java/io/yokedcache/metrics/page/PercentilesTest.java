package io.yokedcache.metrics.page;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.metrics.source.LatencyBounds;
import io.yokedcache.metrics.source.LatencyCells;
import io.yokedcache.metrics.source.OperationReading;
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
  void nanos_interpolatesWithinTheCell() {
    OperationReading operation = operation(300, cells(4, 4, 2, 0));
    assertThat(Percentiles.nanos(operation, 0.25)).isEqualTo(75);
    assertThat(Percentiles.nanos(operation, 0.4)).isEqualTo(100);
    assertThat(Percentiles.nanos(operation, 0.5)).isEqualTo(125);
    assertThat(Percentiles.nanos(operation, 0.8)).isEqualTo(200);
    assertThat(Percentiles.nanos(operation, 1)).as("not above the greatest").isEqualTo(300);
  }

  @Test
  void nanos_lastCell_endsAtTheGreatest() {
    assertThat(Percentiles.nanos(operation(1000, cells(0, 0, 0, 2)), 1)).isEqualTo(1000);
    assertThat(Percentiles.nanos(operation(1000, cells(0, 0, 0, 2)), 0.5)).isEqualTo(700);
    assertThat(Percentiles.nanos(operation(0, cells(0, 0, 0, 2)), 0.5)).isEqualTo(400);
  }

  @Test
  void nanos_nothingMeasured() {
    assertThat(Percentiles.nanos(operation(5, null), 0.5)).isNull();
    assertThat(Percentiles.nanos(operation(5, cells(0, 0, 0, 0)), 0.5)).isNull();
  }
}
