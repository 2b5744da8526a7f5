package io.yokedcache.jcache.internal.redis.pipeline;

import io.yokedcache.jcache.internal.concurrent.SteadySocket;
import io.yokedcache.jcache.internal.metrics.RoundTripTimer;
import io.yokedcache.jcache.internal.redis.JedisConnections;
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
 * The cost of a pipelined connection without network and server: each call is answered at once.
 * With several threads it is what they cost each other: queues, waiting and waking.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class PipelinedConnectionBenchmark {

  private static final List<CommandArguments> PING = List.of(new CommandArguments(Command.PING));
  private static final long TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long MAX_VALUE_BYTES = 1 << 20;

  private final PipelinedConnection connection = open();

  /** Made by JMH. */
  public PipelinedConnectionBenchmark() {}

  private static PipelinedConnection open() {
    try {
      return new PipelinedConnection(
          new SocketTransport(
              new JedisConnections.Greeted(
                  new AnsweringSocket(), new SteadySocket(), /* client= */ null),
              MAX_VALUE_BYTES),
          System.nanoTime());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends the connection. */
  @TearDown
  public void close() {
    connection.close();
  }

  /** One thread. */
  @Benchmark
  @Threads(1)
  public @Nullable Object call1() throws LostCallException {
    return call();
  }

  /** Sixteen threads on one connection. */
  @Benchmark
  @Threads(16)
  public @Nullable Object call16() throws LostCallException {
    return call();
  }

  private @Nullable Object call() throws LostCallException {
    return connection.call(PING, RoundTripTimer.none(), TIMEOUT_NANOS).get(0);
  }
}
