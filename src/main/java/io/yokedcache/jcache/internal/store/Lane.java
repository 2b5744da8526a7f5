package io.yokedcache.jcache.internal.store;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.exceptions.JedisConnectionException;

/**
 * One connection that many threads share: the commands of those that come at the same time travel
 * together. It has no thread of its own. A thread queues its call, writes what is queued, and then
 * reads replies, for itself and others, until its own is there; if another one is reading already,
 * it waits for that one to bring the reply.
 *
 * <p>The reader comes across the replies of others in the order in which they were sent, since that
 * is the order in which the server answers. While it has replies to hand out it also sees to the
 * writing: the threads that it wakes queue their next calls, and those leave together before it
 * waits for the server again. While it waits, who queues a call writes it, unless enough
 * {@linkplain BatchLimit batches} are under way: then the reader does when the next reply comes.
 * When it has its own reply, and has handed out what came with it, the thread of the oldest open
 * call reads on.
 *
 * <p>The lane ends at the first failure, and all open calls with it: on a connection that lost or
 * made up a single reply, every later one would go to the wrong call. It ends, too, if a call was
 * not answered in time: whoever waits watches the clock, so neither a hung server nor a reader that
 * died can keep anybody longer.
 *
 * <p>All state is in atomics and concurrent queues; no lock is held while anybody waits, which
 * suits virtual threads. Two pairs of steps keep calls from being forgotten: a call is put into a
 * queue before {@link #reading}, {@link #sent} and {@link #failure} are read, and these are changed
 * before the queues are read; and it enters {@link #sent} before it leaves {@link #queued}.
 */
final class Lane implements AutoCloseable {

  /** Nobody reads. */
  private static final int FREE = 0;

  /** Somebody waits for the server, or is about to; who queues a call sees to the writing. */
  private static final int WAITING = 1;

  /** Somebody hands out replies, and will write what is queued before waiting for the server. */
  private static final int BUSY = 2;

  /** How many replies a thread hands out after it has its own. */
  private static final int MAX_FAVOURS = 256;

  private final LaneConnection connection;

  /** Calls to be written, and those that were, in order. */
  private final Queue<LaneCall> queued = new ConcurrentLinkedQueue<>();

  private final Queue<LaneCall> sent = new ConcurrentLinkedQueue<>();

  private final AtomicInteger reading = new AtomicInteger(FREE);
  private final AtomicBoolean writing = new AtomicBoolean();

  /** The number of the last batch; changed by the thread that is {@link #writing}. */
  private volatile long lastBatch;

  private final BatchLimit limit = new BatchLimit();
  private final AtomicInteger openCalls = new AtomicInteger();
  private final AtomicReference<@Nullable JedisConnectionException> failure =
      new AtomicReference<>();

  /** When something last came from the server; changed by the reader. */
  private volatile long lastArrivalNanos = System.nanoTime();

  private final long madeNanos;

  /** Whether no further calls are to come. */
  private volatile boolean retired;

  /**
   * Makes a lane of a connection that nobody else uses.
   *
   * @param madeNanos when the connection began to be made
   */
  Lane(LaneConnection connection, long madeNanos) {
    this.connection = connection;
    this.madeNanos = madeNanos;
    connection.onWaiting(this::beforeWaiting, this::afterWaiting);
  }

  /** How many threads have calls on this lane now. */
  int openCalls() {
    return openCalls.get();
  }

  boolean isOpen() {
    return failure.get() == null;
  }

  /** When the connection began to be made. */
  long madeNanos() {
    return madeNanos;
  }

  /**
   * Closes the lane as soon as its open calls are answered. A call that comes all the same may find
   * it closed; then it was not sent.
   */
  void retire() {
    retired = true;
    closeIfDone();
  }

  private void closeIfDone() {
    if (retired && openCalls.get() == 0) {
      close();
    }
  }

  /** Whether the server has answered, or the connection was made, after a moment. */
  boolean wasAliveAfter(long nanos) {
    return lastArrivalNanos - nanos > 0;
  }

  /**
   * Sends commands and waits for their replies.
   *
   * @return the raw replies, in order
   * @throws LostCallException if the lane failed before all of them came
   */
  List<@Nullable Object> call(List<CommandArguments> commands, WireTimer timer, long timeoutNanos)
      throws LostCallException {
    // JSR-107's operations cannot be interrupted, and their waits are bounded anyway. A virtual
    // thread that is interrupted would close the socket that it reads.
    boolean interrupted = Thread.interrupted();
    long startNanos = System.nanoTime();
    LaneCall call = new LaneCall(commands, timer, startNanos);
    openCalls.incrementAndGet();
    try {
      queued.add(call);
      if (reading.get() != BUSY && mayWrite()) {
        write();
      }
      interrupted |= await(call, startNanos + timeoutNanos);
      return call.replies();
    } catch (JedisConnectionException e) {
      throw new LostCallException(call.isSent(), e);
    } finally {
      openCalls.decrementAndGet();
      if (!call.isDone()) {
        // Its replies may still come, and nobody is there to take them.
        fail(new JedisConnectionException("A call was given up"));
      }
      closeIfDone();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Waits until a call is done and returns whether the thread was interrupted meanwhile. */
  private boolean await(LaneCall call, long deadlineNanos) {
    boolean interrupted = false;
    while (!call.isDone()) {
      throwIfFailed(call);
      if (call.takeLead() || reading.compareAndSet(FREE, BUSY)) {
        read(call, deadlineNanos);
      } else {
        LockSupport.parkNanos(this, remainingNanos(deadlineNanos));
        interrupted |= Thread.interrupted();
      }
    }
    return interrupted;
  }

  /** How long may still be waited; fails the lane if that is over. */
  private long remainingNanos(long deadlineNanos) {
    long remaining = deadlineNanos - System.nanoTime();
    if (remaining <= 0) {
      fail(new JedisConnectionException(new SocketTimeoutException("No reply in time")));
    }
    return Math.max(1, remaining);
  }

  private void throwIfFailed(LaneCall call) {
    JedisConnectionException cause = failure.get();
    if (cause != null && !call.isDone()) {
      throw cause;
    }
  }

  /**
   * Whether a call is better written now than when the next reply comes. If there is one to come,
   * somebody waits for it who will look at the queue.
   */
  private boolean mayWrite() {
    LaneCall oldest = sent.peek();
    return oldest == null || limit.admits(lastBatch - oldest.batch() + 1);
  }

  /** Writes what is queued, unless another thread does: that one then also takes what is here. */
  private void write() {
    while (!queued.isEmpty() && isOpen() && writing.compareAndSet(false, true)) {
      boolean isWhole = false;
      try {
        long batch = lastBatch + 1;
        lastBatch = batch;
        long nowNanos = System.nanoTime();
        for (LaneCall call = queued.peek(); call != null; call = queued.peek()) {
          call.markSent(batch, nowNanos);
          sent.add(call);
          queued.remove();
          connection.send(call.commands());
        }
        connection.flush();
        isWhole = true;
      } catch (IOException | RuntimeException e) {
        fail(asConnectionException(e));
      } finally {
        if (!isWhole) {
          fail(new JedisConnectionException("Writing ended in the middle"));
        }
        writing.set(false);
      }
    }
  }

  /** Reads until the thread's own call is done, hands out what came with it, and hands over. */
  private void read(LaneCall own, long deadlineNanos) {
    reading.set(BUSY);
    boolean isWhole = false;
    try {
      int favours = 0;
      while (!own.isDone() || (connection.hasBuffered() && favours++ < MAX_FAVOURS)) {
        if (!own.isDone() && !connection.hasBuffered()) {
          remainingNanos(deadlineNanos);
          throwIfFailed(own);
        }
        handOut(connection.read(), own);
      }
      isWhole = true;
    } catch (RuntimeException e) {
      fail(asConnectionException(e));
    } finally {
      if (!isWhole) {
        fail(new JedisConnectionException("Reading ended in the middle"));
      }
    }
    if (isWhole) {
      handOver();
    }
  }

  private void handOut(@Nullable Object reply, LaneCall own) {
    LaneCall oldest = sent.peek();
    if (oldest == null) {
      throw new JedisConnectionException("The server sent a reply that nobody asked for");
    }
    long arrivalNanos = lastArrivalNanos;
    if (oldest.receive(reply, arrivalNanos)) {
      sent.remove();
      limit.answered(arrivalNanos - oldest.writeNanos());
      if (oldest != own) {
        LockSupport.unpark(oldest.waiter());
      }
    }
  }

  /** What the reader does when it has handed out all that came: it writes, and then waits. */
  private void beforeWaiting() {
    reading.set(WAITING);
    write();
  }

  private void afterWaiting() {
    lastArrivalNanos = System.nanoTime();
    reading.set(BUSY);
  }

  /**
   * Passes the reading on, or leaves it to whoever comes. A call that comes in between may rely on
   * this thread, which then takes the reading back if nobody else has; and looks again who needs
   * it, for it may have been others who read and went meanwhile, and the call with them.
   */
  private void handOver() {
    do {
      LaneCall next = oldest();
      if (next != null) {
        reading.set(WAITING);
        write();
        next.lead();
        LockSupport.unpark(next.waiter());
        return;
      }
      reading.set(FREE);
    } while (oldest() != null && reading.compareAndSet(FREE, BUSY));
  }

  private @Nullable LaneCall oldest() {
    LaneCall oldest = sent.peek();
    return oldest != null ? oldest : queued.peek();
  }

  private void fail(JedisConnectionException cause) {
    if (failure.compareAndSet(null, cause)) {
      connection.close();
      queued.forEach(call -> LockSupport.unpark(call.waiter()));
      sent.forEach(call -> LockSupport.unpark(call.waiter()));
    }
  }

  private static JedisConnectionException asConnectionException(Exception e) {
    return e instanceof JedisConnectionException already
        ? already
        : new JedisConnectionException(e);
  }

  /** Fails all open calls. */
  @Override
  public void close() {
    fail(new JedisConnectionException("The connection was closed"));
  }
}
