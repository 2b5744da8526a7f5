package io.yokedcache.jcache.internal.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;

/**
 * What a lane costs besides network and server: a call that is answered at once. With several
 * threads it is what they cost each other: queues, waiting and waking.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class LaneBenchmark {

  private static final List<CommandArguments> PING = List.of(new CommandArguments(Command.PING));
  private static final long TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long MAX_VALUE_BYTES = 1 << 20;

  private final Lane lane = open();

  /** Made by JMH. */
  public LaneBenchmark() {}

  private static Lane open() {
    try {
      return new Lane(
          new LaneConnection(new AnsweringSocket(), MAX_VALUE_BYTES), System.nanoTime());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends the lane. */
  @TearDown
  public void close() {
    lane.close();
  }

  /** One thread. */
  @Benchmark
  @Threads(1)
  public @Nullable Object call1() throws LostCallException {
    return call();
  }

  /** Sixteen threads on one lane. */
  @Benchmark
  @Threads(16)
  public @Nullable Object call16() throws LostCallException {
    return call();
  }

  private @Nullable Object call() throws LostCallException {
    return lane.call(PING, WireTimer.none(), TIMEOUT_NANOS).get(0);
  }
}
