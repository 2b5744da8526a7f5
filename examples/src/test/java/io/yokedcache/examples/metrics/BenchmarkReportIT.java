package io.yokedcache.examples.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.yokedcache.examples.Output;
import io.yokedcache.metrics.CacheMetrics;
import io.yokedcache.metrics.MetricsCollector;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The figures of {@link BenchmarkReport} fit together, and get to the collectors. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
final class BenchmarkReportIT {

  private static final int OPERATIONS = 2_000;
  private static final int THREADS = 3;

  private final Output out = new Output();
  private final Output err = new Output();
  private final Gauges gauges = new Gauges();

  @Test
  void run_figuresFitTogether() throws Exception {
    String[] args = {
      "--operations", "" + OPERATIONS, "--threads", "" + THREADS, "--value-bytes", "10"
    };
    assertThat(BenchmarkReport.run(args, out.stream, err.stream, new CacheMetrics(gauges)))
        .isZero();

    assertThat(err.toString()).isEmpty();
    assertThat(out.toString()).contains("2,000 operations of each kind, 3 threads");
    double seconds = 0;
    for (String kind : new String[] {"get", "set", "remove"}) {
      double[] row = row(kind);
      double wallSeconds = row[1];
      seconds += wallSeconds;
      assertThat(row[0]).as("count").isEqualTo(OPERATIONS);
      assertThat(row[2]).as("throughput").isCloseTo(OPERATIONS / wallSeconds, within(row[2] / 50));
      // Each thread is always in an operation: the mean is what the threads have, by the count.
      double meanMillis = wallSeconds * THREADS / OPERATIONS * 1000;
      assertThat(row[3]).as("mean").isLessThanOrEqualTo(meanMillis * 1.02);
      assertThat(row[4]).as("median").isPositive().isLessThanOrEqualTo(row[5]);
      assertThat(row[5]).as("p95").isLessThanOrEqualTo(row[6]);
      assertThat(row[6]).as("p99").isLessThanOrEqualTo(row[7]);

      String prefix = "benchmark." + kind;
      assertThat(gauges.of(prefix + ".avg_latency")).isCloseTo(row[3] / 1000, within(1e-7));
      assertThat(gauges.of(prefix + ".p50_latency")).isCloseTo(row[4] / 1000, within(1e-7));
      assertThat(gauges.of(prefix + ".p95_latency")).isCloseTo(row[5] / 1000, within(1e-7));
      assertThat(gauges.of(prefix + ".p99_latency")).isCloseTo(row[6] / 1000, within(1e-7));
      assertThat(gauges.of(prefix + ".throughput_ops_per_sec")).isCloseTo(row[2], within(1.0));
    }
    assertThat(gauges.of("benchmark.throughput_ops_per_sec"))
        .isCloseTo(3 * OPERATIONS / seconds, within(3 * OPERATIONS / seconds / 50));
  }

  @Test
  void run_wrongOptions_areNamed() throws Exception {
    String[] tooMuch = {"--operations", "10000000", "--value-bytes", "1000000"};
    assertThat(BenchmarkReport.run(tooMuch, out.stream, err.stream, new CacheMetrics()))
        .isEqualTo(2);
    String[] noAddress = {"--webhook", "nowhere"};
    assertThat(BenchmarkReport.run(noAddress, out.stream, err.stream, new CacheMetrics()))
        .isEqualTo(2);
    assertThat(err.toString())
        .contains("10000000000000, more than 2147483648", "--webhook must be an HTTP address");
  }

  /** The numbers of a line of the table. */
  private double[] row(String kind) {
    String line =
        out.toString()
            .lines()
            .filter(each -> each.startsWith(kind + " "))
            .findFirst()
            .orElseThrow();
    String[] words = line.replace(",", "").trim().split(" +", -1);
    double[] numbers = new double[words.length - 1];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = Double.parseDouble(words[i + 1]);
    }
    assertThat(numbers).hasSize(8);
    return numbers;
  }

  /** Keeps the last value of each gauge. */
  private static final class Gauges implements MetricsCollector {

    private final Map<String, Double> values = new ConcurrentHashMap<>();

    double of(String metric) {
      assertThat(values).containsKey(metric);
      return values.getOrDefault(metric, Double.NaN);
    }

    @Override
    public void increment(String metric, double value, Map<String, String> tags) {}

    @Override
    public void gauge(String metric, double value, Map<String, String> tags) {
      values.put(metric, value);
    }

    @Override
    public void histogram(String metric, double value, Map<String, String> tags) {}

    @Override
    public void timing(String metric, double seconds, Map<String, String> tags) {}
  }
}
