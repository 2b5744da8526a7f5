package io.yokedcache.jcache;

import io.yokedcache.jcache.internal.metrics.CacheStatistics;
import io.yokedcache.jcache.internal.metrics.Operation;
import io.yokedcache.jcache.internal.metrics.PhaseMeter;
import io.yokedcache.jcache.internal.metrics.StatisticsRecorder;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;

/**
 * What statistics and timers cost: the difference between an operation that does nothing else with
 * statistics on, and off. In this package because the meter of operations is not public.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class RecorderBenchmark {

  private final CacheStatistics enabled = new CacheStatistics();
  private final OperationMeter off =
      new OperationMeter(StatisticsRecorder::disabled, phases(/* recorded= */ false));
  private final OperationMeter on = new OperationMeter(() -> enabled, phases(/* recorded= */ true));

  /** Made by JMH. */
  public RecorderBenchmark() {}

  private PhaseMeter phases(boolean recorded) {
    PhaseMeter phases = new PhaseMeter(PhaseMeter.codecTimes());
    phases.recordTo(recorded ? enabled : null);
    return phases;
  }

  /** An operation that counts itself, with statistics off, one thread. */
  @Benchmark
  @Threads(1)
  public int off1() {
    return get(off);
  }

  /** The same with statistics on. */
  @Benchmark
  @Threads(1)
  public int on1() {
    return get(on);
  }

  /** Statistics off, two threads on the same cache. */
  @Benchmark
  @Threads(2)
  public int off2() {
    return get(off);
  }

  /** Statistics on, two threads on the same cache. */
  @Benchmark
  @Threads(2)
  public int on2() {
    return get(on);
  }

  /** The clock alone, which is read twice for each operation that is timed. */
  @Benchmark
  @Threads(1)
  public long clock() {
    return System.nanoTime();
  }

  private static int get(OperationMeter meter) {
    return meter.run(
        Operation.GET,
        (recorder, start) -> {
          recorder.record(Operation.GET, 1, 0, 0, 0, start);
          return 1;
        });
  }
}
