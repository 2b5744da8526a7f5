package io.yokedcache.jcache.internal.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Durations fall into the right cells, none is lost, and percentiles come out of the cells. */
final class TimerTest {

  private static final long[] BOUNDS = TimerCells.bounds();
  private static final BigInteger NANOS_PER_SECOND = BigInteger.valueOf(1_000_000_000);

  @Test
  void bounds_areNativeAndDecimalOnes() {
    List<Long> decimal =
        List.of(
            100_000L,
            250_000L,
            500_000L,
            1_000_000L,
            2_500_000L,
            5_000_000L,
            10_000_000L,
            25_000_000L,
            50_000_000L,
            100_000_000L,
            250_000_000L,
            500_000_000L,
            1_000_000_000L,
            2_500_000_000L,
            5_000_000_000L,
            10_000_000_000L);
    List<Long> bounds = Arrays.stream(BOUNDS).boxed().toList();

    assertThat(bounds).isSorted().doesNotHaveDuplicates().containsAll(decimal).hasSize(205);
    assertThat(TimerCells.COUNT).isEqualTo(206);
    assertThat(bounds.get(0)).isBetween(1_000L, 1_091L);
    assertThat(bounds.get(204)).isEqualTo(16_000_000_000L);
    for (int step = -159; step <= 32; step++) {
      int exponent = step;
      assertThat(bounds).filteredOn(bound -> isPowerRoundedDown(bound, exponent)).hasSize(1);
    }
  }

  /** Whether bound <= 2^(step/8) s < bound + 1 ns, in whole numbers: both sides to the 8th. */
  private static boolean isPowerRoundedDown(long bound, int step) {
    BigInteger scale = BigInteger.TWO.pow(160);
    BigInteger exact = NANOS_PER_SECOND.pow(8).multiply(BigInteger.TWO.pow(160 + step));
    BigInteger low = BigInteger.valueOf(bound).pow(8).multiply(scale);
    BigInteger high = BigInteger.valueOf(bound + 1).pow(8).multiply(scale);
    return low.compareTo(exact) <= 0 && exact.compareTo(high) < 0;
  }

  @Test
  void indexOf_isTheFirstCellThatReaches() {
    List<Long> durations = new ArrayList<>(List.of(0L, 1L, 7L, 8L, 1_000L, Long.MAX_VALUE));
    for (long bound : BOUNDS) {
      durations.addAll(List.of(bound - 1, bound, bound + 1));
    }
    Random random = new Random(1);
    for (int i = 0; i < 200_000; i++) {
      durations.add(random.nextLong() >>> (1 + random.nextInt(62)));
    }
    for (long nanos : durations) {
      int cell = TimerCells.indexOf(nanos);
      int found = Arrays.binarySearch(BOUNDS, nanos);
      assertThat(cell).as("cell of %d", nanos).isEqualTo(found >= 0 ? found : -found - 1);
    }
  }

  @Test
  void record_fallsIntoExactlyOneCell() {
    for (long nanos : new long[] {-5, 0, 999, 100_000, 100_001, 16_000_000_001L}) {
      Timer timer = new Timer();
      timer.record(nanos);

      TimerReading reading = timer.read();
      assertThat(Arrays.stream(reading.cells()).sum()).isEqualTo(1);
      assertThat(reading.cells()[TimerCells.indexOf(nanos)]).isEqualTo(1);
      assertThat(reading.count()).isEqualTo(1);
      assertThat(reading.sumNanos()).isEqualTo(Math.max(0, nanos));
      assertThat(reading.maxNanos()).isEqualTo(Math.max(0, nanos));
    }
  }

  @Test
  void percentile_isOffByLessThanACell() {
    Timer timer = new Timer();
    Random random = new Random(2);
    long[] durations = new long[20_000];
    for (int i = 0; i < durations.length; i++) {
      durations[i] = (long) (100_000 * Math.exp(random.nextGaussian()));
      timer.record(durations[i]);
    }
    Arrays.sort(durations);
    TimerReading reading = timer.read();
    for (double share : new double[] {0.0, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0}) {
      long exact = durations[(int) Math.max(0, Math.ceil(share * durations.length) - 1)];
      int cell = TimerCells.indexOf(exact);
      assertThat(reading.percentileNanos(share))
          .as("share %s", share)
          .isBetween((double) TimerCells.lowerBound(cell), (double) TimerCells.upperBound(cell));
    }
    assertThat(reading.percentileNanos(1)).isEqualTo((double) durations[durations.length - 1]);
    assertThat(reading.meanNanos()).isEqualTo(Arrays.stream(durations).average().orElseThrow());
  }

  @Test
  void percentile_longerThanAllBounds() {
    Timer timer = new Timer();
    timer.record(TimeUnit.SECONDS.toNanos(60));

    assertThat(timer.read().percentileNanos(0.5)).isEqualTo(60e9);
    assertThat(TimerReading.NONE.percentileNanos(0.5)).isZero();
    assertThat(TimerReading.NONE.meanNanos()).isZero();
  }

  @Test
  void since_subtractsButDoesNotSetBack() {
    Timer timer = new Timer();
    timer.record(5_000_000);
    TimerReading before = timer.read();
    timer.record(1_000_000);

    TimerReading after = timer.read().since(before);
    assertThat(after.count()).isEqualTo(1);
    assertThat(after.sumNanos()).isEqualTo(1_000_000);
    assertThat(after.maxNanos()).isEqualTo(1_000_000);
    assertThat(timer.read().count()).isEqualTo(2);
    assertThat(timer.read().maxNanos()).isEqualTo(5_000_000);
    assertThat(timer.read().since(TimerReading.NONE).maxNanos()).isEqualTo(5_000_000);
  }

  @Test
  void record_byManyThreadsIsExact() throws Exception {
    Timer timer = new Timer();
    int threads = 8;
    int each = 50_000;
    CountDownLatch together = new CountDownLatch(1);
    List<Thread> all = new ArrayList<>();
    for (int t = 0; t < threads; t++) {
      Thread thread =
          new Thread(
              () -> {
                awaitQuietly(together);
                for (int i = 1; i <= each; i++) {
                  timer.record(i * 1_000L);
                }
              });
      thread.start();
      all.add(thread);
    }
    together.countDown();
    for (Thread thread : all) {
      thread.join(TimeUnit.SECONDS.toMillis(30));
      assertThat(thread.isAlive()).isFalse();
    }

    long[] expected = new long[TimerCells.COUNT];
    for (int i = 1; i <= each; i++) {
      expected[TimerCells.indexOf(i * 1_000L)] += threads;
    }
    TimerReading reading = timer.read();
    assertThat(reading.cells()).isEqualTo(expected);
    assertThat(reading.sumNanos()).isEqualTo(threads * 1_000L * each * (each + 1) / 2);
    assertThat(reading.maxNanos()).isEqualTo(each * 1_000L);
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
