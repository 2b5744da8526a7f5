package io.yokedcache.jcache.internal.redis.pipeline;

import static io.yokedcache.jcache.testing.Interleavings.check;
import static io.yokedcache.jcache.testing.Interleavings.join;
import static io.yokedcache.jcache.testing.Interleavings.start;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.internal.metrics.RoundTripTimer;
import io.yokedcache.jcache.internal.redis.fence.LostConnections;
import io.yokedcache.jcache.testing.Interleavings;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisConnectionException;

/**
 * How threads hand a connection over to each other, in many interleavings: no call is forgotten, no
 * reply goes to the wrong call, somebody reads as long as there is something to read, and a call
 * that counts as not sent never reaches the server.
 */
final class PipelinedConnectionTest {

  private static final int MEETING_THREADS = 2;
  private static final int MEETINGS = Integer.getInteger("meetings", 300_000);
  private static final int SPINS = 1_000;
  private static final long TIMEOUT_NANOS = TimeUnit.DAYS.toNanos(1);

  @Test
  void call_byTwoThreads_eachGetsItsReply() {
    Interleavings.some(
        () -> {
          PipelinedConnection connection = connection(new Echo(Integer.MAX_VALUE));
          Thread other = start(() -> echo(connection, "b"));
          echo(connection, "a");
          join(other);
          check(connection.openCalls() == 0, "no call is open");
          check(connection.isOpen(), "the connection is open");
        });
  }

  @Test
  void call_twiceByTwoThreads_eachGetsItsReply() {
    Interleavings.some(
        () -> {
          PipelinedConnection connection = connection(new Echo(Integer.MAX_VALUE));
          Thread other =
              start(
                  () -> {
                    echo(connection, "c");
                    echo(connection, "d");
                  });
          echo(connection, "a");
          echo(connection, "b");
          join(other);
          check(connection.isOpen(), "the connection is open");
        });
  }

  @Test
  void call_byThreeThreads_eachGetsItsReply() {
    Interleavings.some(
        () -> {
          PipelinedConnection connection = connection(new Echo(Integer.MAX_VALUE));
          Thread second = start(() -> echo(connection, "b"));
          Thread third = start(() -> echo(connection, "c"));
          echo(connection, "a");
          join(second, third);
          check(connection.isOpen(), "the connection is open");
        });
  }

  @Test
  void call_connectionLost_endsAll_andWhatWasNotSentDidNotArrive() {
    Interleavings.some(
        () -> {
          Echo wire = new Echo(1);
          PipelinedConnection connection = connection(wire);
          Thread other = start(() -> echoOrLost(connection, wire, "b"));
          echoOrLost(connection, wire, "a");
          join(other);
          check(connection.openCalls() == 0, "no call is open");
        });
  }

  @Test
  void close_duringCalls_endsAll() {
    Interleavings.some(
        () -> {
          Echo wire = new Echo(Integer.MAX_VALUE);
          PipelinedConnection connection = connection(wire);
          Thread other = start(() -> echoOrLost(connection, wire, "b"));
          Thread closing = start(connection::close);
          echoOrLost(connection, wire, "a");
          join(other, closing);
          check(!connection.isOpen(), "the connection is closed");
        });
  }

  /**
   * The same without a model: the places where a call can be forgotten are a few instructions wide,
   * and a checker that tries a few interleavings of a long scenario seldom stops there. The threads
   * meet before each call, since the next call would find one that was forgotten.
   */
  @Test
  void call_byMeetingThreads_noneIsForgotten() throws Exception {
    PipelinedConnection connection = connection(new Echo(Integer.MAX_VALUE));
    AtomicInteger begun = new AtomicInteger();
    AtomicInteger echoed = new AtomicInteger();
    AtomicBoolean ended = new AtomicBoolean();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < MEETING_THREADS; i++) {
      String text = "thread " + i;
      threads.add(
          new Thread(
              () -> {
                for (int meeting = 0; meeting < MEETINGS && !ended.get(); meeting++) {
                  for (int n = 1; echoed.get() < meeting * MEETING_THREADS && !ended.get(); n++) {
                    if (n % SPINS == 0) {
                      LockSupport.parkNanos(1); // the other thread may have no processor
                    } else {
                      Thread.onSpinWait();
                    }
                  }
                  begun.incrementAndGet();
                  echo(connection, text);
                  echoed.incrementAndGet();
                }
              }));
    }
    for (Thread thread : threads) {
      thread.setDaemon(true);
      thread.start();
    }
    // Fewer meetings on a busy machine, where a meeting may take the threads a time slice each.
    threads.get(0).join(TimeUnit.MINUTES.toMillis(1));
    ended.set(true);
    for (Thread thread : threads) {
      thread.join(TimeUnit.MINUTES.toMillis(1));
    }
    assertThat(echoed).as("answered calls").hasValue(begun.get());
    assertThat(connection.openCalls()).isZero();
  }

  /**
   * Threads wait without a bound, so that a call that is forgotten is found, and not found again.
   */
  private static PipelinedConnection connection(Transport wire) {
    return new PipelinedConnection(wire, /* madeNanos= */ 0, nanos -> LockSupport.park());
  }

  private static void echo(PipelinedConnection connection, String text) {
    try {
      assertEchoed(text, connection.call(command(text), RoundTripTimer.none(), TIMEOUT_NANOS));
    } catch (LostCallException e) {
      throw new AssertionError("lost " + text, e);
    }
  }

  private static void echoOrLost(PipelinedConnection connection, Echo wire, String text) {
    try {
      assertEchoed(text, connection.call(command(text), RoundTripTimer.none(), TIMEOUT_NANOS));
    } catch (LostCallException e) {
      check(e.isSent() || !wire.hasGot(text), "what arrived counts as sent");
    }
  }

  private static void assertEchoed(String text, List<@Nullable Object> replies) {
    check(replies.size() == 1 && text.equals(replies.get(0)), text + " is answered");
  }

  private static List<CommandArguments> command(String text) {
    return List.of(new CommandArguments(Command.ECHO).add(text.getBytes(UTF_8)));
  }

  /** Answers each command with its argument as soon as it is written, until it is lost. */
  private static final class Echo implements Transport {

    private final int mostReplies;
    private final Deque<String> encoded = new ArrayDeque<>(); // of the thread that writes
    private final Deque<String> arrived = new ArrayDeque<>();
    private final Deque<String> replies = new ArrayDeque<>();
    private LongSupplier before = () -> 0;
    private Runnable after = () -> {};
    private int answered;
    private int taken;
    private boolean closed;

    /** Loses the connection after so many replies. */
    Echo(int mostReplies) {
      this.mostReplies = mostReplies;
    }

    @Override
    public void onWaiting(
        LongSupplier beforeWaiting, LongSupplier whenLate, Runnable afterWaiting) {
      before = beforeWaiting;
      after = afterWaiting;
    }

    @Override
    public LostConnections.@Nullable Client client() {
      return null;
    }

    @Override
    public void encode(List<CommandArguments> commands) {
      for (CommandArguments command : commands) {
        encoded.add(new String(command.get(1).getRaw(), UTF_8));
      }
    }

    @Override
    public synchronized void flush() {
      if (closed) {
        throw new JedisConnectionException("closed");
      }
      arrived.addAll(encoded);
      for (String text : encoded) {
        if (answered < mostReplies) {
          answered++;
          replies.add(text);
        }
      }
      encoded.clear();
      notifyAll();
    }

    synchronized boolean hasGot(String text) {
      return arrived.contains(text);
    }

    @Override
    public long encodedBytes() {
      return 0;
    }

    @Override
    public Object read() {
      if (!hasBuffered()) {
        long unused = before.getAsLong();
        awaitReply();
        after.run();
      }
      return next();
    }

    @Override
    public void answered() {}

    private synchronized void awaitReply() {
      while (replies.isEmpty()) {
        if (closed || taken == mostReplies) {
          throw new JedisConnectionException("lost");
        }
        try {
          wait();
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
    }

    private synchronized String next() {
      taken++;
      return replies.remove();
    }

    @Override
    public synchronized boolean hasBuffered() {
      return !replies.isEmpty();
    }

    @Override
    public synchronized void close() {
      closed = true;
      notifyAll();
    }
  }
}
