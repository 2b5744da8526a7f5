package io.yokedcache.metrics.statsd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.yokedcache.metrics.source.LatencyBounds;
import io.yokedcache.metrics.source.LatencyCells;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Distributions as weighed single durations. */
final class TimerSamplesTest {

  private static final LatencyBounds BOUNDS =
      LatencyBounds.of(1_000_000, 2_000_000, 4_000_000, 8_000_000);
  private static final Map<String, String> TAGS = Map.of("operation", "get");

  @Test
  void rateOf_isReadBackAsTheCount() {
    Random random = new Random(7);
    for (int i = 0; i < 200_000; i++) {
      long count = i < 100_000 ? i + 1 : 1 + random.nextInt(Integer.MAX_VALUE - 1);
      StringBuilder text = new StringBuilder();
      StatsDLineEncoder.append(text, TimerSamples.rateOf(count), 0);

      assertThat((long) (1 / Double.parseDouble(text.toString()))).isEqualTo(count);
    }
  }

  @Test
  void perCell_oneEventInTheMiddleOfEachCell() {
    List<Event> events = TimerSamples.perCell("m", TAGS, LatencyCells.of(BOUNDS, 3, 0, 1, 0, 2));

    assertThat(events).extracting(Event::value).containsExactly(0.0005, 0.003, 0.008);
    assertThat(events)
        .extracting(event -> Math.round(1 / event.rate()))
        .containsExactly(3L, 1L, 2L);
    assertThat(events).allSatisfy(event -> assertThat(event.tags()).isEqualTo(TAGS));
  }

  @Test
  void perRank_fewDurations_areAllSentWithoutARate() {
    List<Event> events =
        TimerSamples.perRank("m", TAGS, LatencyCells.of(BOUNDS, 2, 1, 0, 0, 1), 100);

    assertThat(events).extracting(Event::value).containsExactly(0.00025, 0.00075, 0.0015, 0.008);
    assertThat(events).extracting(Event::rate).containsOnly(1.0);
    assertThat(TimerSamples.perRank("m", TAGS, LatencyCells.of(BOUNDS, new long[5]), 100))
        .isEmpty();
  }

  @Test
  void perRank_manyDurations_keepCountMeanAndPercentiles() {
    // 20,000 log-normal values with a median of 100 us in cells of 9 %, as the provider has them.
    long[] bounds = new long[200];
    for (int i = 0; i < bounds.length; i++) {
      bounds[i] = Math.round(1000 * Math.pow(2, i / 8.0));
    }
    Random random = new Random(42);
    double[] values = new double[20_000];
    long[] counts = new long[bounds.length + 1];
    for (int i = 0; i < values.length; i++) {
      values[i] = 100_000 * Math.exp(0.6 * random.nextGaussian());
      int cell = Arrays.binarySearch(bounds, (long) values[i]);
      counts[cell < 0 ? -cell - 1 : cell]++;
    }
    Arrays.sort(values);
    List<Event> events =
        TimerSamples.perRank("m", TAGS, LatencyCells.of(LatencyBounds.of(bounds), counts), 100);
    double[] sent = events.stream().mapToDouble(event -> event.value() * 1e9).sorted().toArray();

    assertThat(sent).hasSize(100);
    assertThat(events.stream().mapToDouble(event -> 1 / event.rate()).sum())
        .isCloseTo(20_000, within(1e-6));
    assertThat(Arrays.stream(sent).average().orElseThrow())
        .isCloseTo(Arrays.stream(values).average().orElseThrow(), within(2_000.0));
    assertThat(sent[49]).isCloseTo(values[9_900], within(0.03 * values[9_900]));
    assertThat(sent[89]).isCloseTo(values[17_900], within(0.03 * values[17_900]));
    assertThat(sent[98]).isCloseTo(values[19_700], within(0.03 * values[19_700]));
  }
}
