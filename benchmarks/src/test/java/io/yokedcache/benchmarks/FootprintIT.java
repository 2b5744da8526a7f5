package io.yokedcache.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.benchmarks.Footprint.Row;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Creates 1,000 caches of each provider; memory is asserted of ours, time of none. */
final class FootprintIT {

  private static final double MAX_KIB = 4;
  private static final double MAX_KIB_WITH_STATISTICS = 16;

  @Test
  void run_thousandCaches_oursAreSmall() throws Exception {
    List<Row> rows = Footprint.run(1_000);

    assertThat(rows)
        .extracting(Row::provider)
        .containsExactly(
            "YokedCache", "Redisson", "Caffeine", "YokedCache", "Redisson", "Caffeine");
    assertThat(rows).allSatisfy(row -> assertThat(row.kibEach()).isPositive());
    assertThat(rows.get(0).kibEach()).isLessThanOrEqualTo(MAX_KIB);
    assertThat(rows.get(3).kibEach()).isLessThanOrEqualTo(MAX_KIB_WITH_STATISTICS);
  }
}
