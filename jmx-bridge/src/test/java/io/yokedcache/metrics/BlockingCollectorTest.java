package io.yokedcache.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** Collectors that wait for something, as those do that send over a network. */
final class BlockingCollectorTest {

  /** Waits for a gate before each call. */
  private static class GatedCollector implements MetricsCollector {
    final CountDownLatch gate = new CountDownLatch(1);
    final List<String> calls = new CopyOnWriteArrayList<>();

    @Override
    public void increment(String metric, double value, Map<String, String> tags) {
      try {
        gate.await();
        calls.add(metric);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void gauge(String metric, double value, Map<String, String> tags) {}

    @Override
    public void histogram(String metric, double value, Map<String, String> tags) {}

    @Override
    public void timing(String metric, double seconds, Map<String, String> tags) {}
  }

  private final RecordingCollector neighbour = new RecordingCollector();

  @Test
  void increment_collectorHangs_callerAndNeighbourGoOn() {
    GatedCollector hanging = new GatedCollector();
    CacheMetrics metrics = new CacheMetrics(hanging, neighbour);
    int calls = CacheMetrics.QUEUE_CAPACITY + 500;
    for (int i = 0; i < calls; i++) {
      metrics.increment("a");
    }
    assertThat(neighbour.calls).hasSize(calls);
    // One call is with the collector or still in the queue; the rest of the 500 had no room.
    assertThat(metrics.collectorDrops()).isBetween(499L, 500L);
    long startNanos = System.nanoTime();
    metrics.close();
    assertThat(Duration.ofNanos(System.nanoTime() - startNanos))
        .isLessThan(Duration.ofSeconds(CacheMetrics.CLOSE_SECONDS + 5));
    assertThat(neighbour.closed).isEqualTo(1);
  }

  @Test
  void close_sendsWhatWaits() {
    GatedCollector slow = new GatedCollector();
    CacheMetrics metrics = new CacheMetrics(slow);
    for (int i = 0; i < 100; i++) {
      metrics.increment("a" + i);
    }
    slow.gate.countDown();
    metrics.close();
    assertThat(slow.calls).hasSize(100).startsWith("a0").endsWith("a99");
    metrics.increment("late");
    assertThat(metrics.collectorDrops()).isEqualTo(1);
    metrics.close();
  }

  @Test
  void close_collectorThatFailsToClose() {
    GatedCollector broken =
        new GatedCollector() {
          @Override
          public void close() {
            throw new IllegalStateException("disk full");
          }
        };
    CacheMetrics metrics = new CacheMetrics(broken);
    assertThatThrownBy(metrics::close).hasMessage("disk full");
  }
}
