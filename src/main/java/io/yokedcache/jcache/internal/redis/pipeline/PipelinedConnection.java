package io.yokedcache.jcache.internal.redis.pipeline;

import io.yokedcache.jcache.internal.concurrent.AsyncQueue;
import io.yokedcache.jcache.internal.concurrent.DaemonThreads;
import io.yokedcache.jcache.internal.concurrent.StackCheck;
import io.yokedcache.jcache.internal.metrics.RoundTripTimer;
import io.yokedcache.jcache.internal.redis.fence.LostConnections;
import io.yokedcache.jcache.internal.redis.pipeline.PipelinedCall.Continuation;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.exceptions.JedisConnectionException;

/**
 * One connection that many threads share: the commands of calls that come at the same time travel
 * together. A thread queues its call, writes the queued calls, and then reads replies, for itself
 * and others, until it has its own. If another thread reads already, it waits until that one has
 * handed out the reply.
 *
 * <p>The reader gets the replies in the order in which the calls were sent, since that is the order
 * in which the server answers. While it has replies to hand out it also does the writing: the
 * threads that it wakes queue their next calls, and the reader writes these together before it
 * waits for the server again. While it waits, a thread that queues a call writes it, unless enough
 * {@linkplain BatchLimit batches} are in flight: then the reader writes it when the next reply
 * comes. When the reader has its own reply, and has handed out the replies that came with it, the
 * thread of the oldest open call becomes the reader. If that thread does not begin soon, another
 * waiting thread reads in its place.
 *
 * <p>Virtual threads never wait for the socket: an interrupt would close it, and a virtual thread
 * that gets no carrier would delay all others. A thread of the connection reads for them, the
 * {@linkplain #attend attendant}. It runs while virtual threads use the connection. They write only
 * as much as the system surely takes at once. The attendant also serves calls of asynchronous
 * operations, for which no thread waits: such a call has a {@linkplain Continuation continuation},
 * which begins when its replies were handed out or the connection has failed.
 *
 * <p>The connection fails at the first error, and all open calls with it: after a single lost or
 * additional reply every later one would go to the wrong call. It also fails if a call was not
 * answered in time, or if its replies come {@linkplain
 * io.yokedcache.jcache.internal.concurrent.SteadySocket too slowly}. Only the reader decides that,
 * after it has looked at the socket: after a pause of the whole JVM all deadlines are over, and the
 * replies are there. The other threads count the time in slices, of which a pause takes one. If the
 * reader has not decided within twice the time-out, they fail the connection.
 *
 * <p>A thread makes sure of its {@linkplain StackCheck stack} before it takes part. If an {@code
 * Error} is thrown all the same, the connection fails if bytes may be lost. If only the call is
 * lost, the connection continues, and the replies of the call are dropped when they come.
 *
 * <p>The states of the reading:
 *
 * <pre>
 *                 who reads                      who writes a call         next state
 * FREE            nobody: no call is open        its thread                READER_WRITES
 * OFFERED         a thread was asked to, and     its thread, unless enough READER_WRITES
 *                 has not begun                  batches are in flight
 * CALLERS_WRITE   the reader waits for the       as above                  READER_WRITES, or OFFERED
 *                 server, or passes reading on                             when it has passed it on
 * READER_WRITES   the reader hands out replies   the reader, before it     CALLERS_WRITE, or FREE
 *                                                waits or passes it on     if no call is open
 * </pre>
 *
 * <p>All state is in atomics and concurrent queues; no lock is held while a thread waits, which
 * suits virtual threads. Two pairs of steps keep calls from being forgotten: a call is put into a
 * queue before {@link #reading}, {@link #sent} and {@link #failure} are read, and these are changed
 * before the queues are read; and it enters {@link #sent} before it leaves {@link #queued}. A call
 * that was forgotten in spite of that is found at the end of a slice.
 */
final class PipelinedConnection implements AutoCloseable {

  /** The states of {@link #reading}, as in the table above. Nobody reads before the third one. */
  private static final int FREE = 0;

  private static final int OFFERED = 1;
  private static final int CALLERS_WRITE = 2;
  private static final int READER_WRITES = 3;

  /** Instead of the number of open calls, if no further one may come. */
  private static final int ENDED = Integer.MIN_VALUE / 2;

  /** How many replies a thread hands out after it has its own. */
  private static final int MAX_FURTHER_REPLIES = 256;

  /** How many slices a time-out has, as far as they are not too short or too long. */
  private static final int SLICES = 16;

  private static final long MIN_SLICE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long MAX_SLICE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  /** How many unanswered bytes of requests the buffers of both systems surely take. */
  private static final long SURELY_TAKEN_BYTES = 16 << 10;

  /** After how long without work the attendant ends. */
  private static final long ATTENDANT_IDLE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Transport transport;
  private final LongConsumer parking;

  /** Made beforehand: there may be no memory when it is needed. */
  private final JedisConnectionException endedInTheMiddle =
      new JedisConnectionException("A thread ended in the middle of writing or reading");

  /** The calls to be written, and the calls that were written and not answered, in order. */
  private final Queue<PipelinedCall> queued = new ConcurrentLinkedQueue<>();

  private final Queue<PipelinedCall> sent = new ConcurrentLinkedQueue<>();

  private final AtomicInteger reading = new AtomicInteger(FREE);
  private final AtomicBoolean writing = new AtomicBoolean();

  /** The number of the last batch; changed by the thread that is {@link #writing}. */
  private volatile long lastBatch;

  /** The last batch that left as a whole, and when; changed by the thread that is writing. */
  private volatile long lastWrittenBatch;

  private volatile long lastWriteNanos;

  /** How many bytes were written; changed by the thread that is {@link #writing}. */
  private volatile long writtenBytes;

  private final BatchLimit batchLimit = new BatchLimit();
  private final AtomicInteger openCalls = new AtomicInteger();
  private final AtomicReference<@Nullable JedisConnectionException> failure =
      new AtomicReference<>();

  /** Reads for virtual threads and asynchronous operations; absent while there are none. */
  private final AtomicReference<@Nullable Thread> attendant = new AtomicReference<>();

  /**
   * When the reader began to wait; read and changed by the reader, whom {@link #reading} orders.
   */
  private long waitStartNanos;

  /**
   * The queue that got continuations and was not woken yet; used by the reader, whom {@link
   * #reading} orders.
   */
  private @Nullable AsyncQueue unwoken;

  /** When something last came from the server; changed by the reader. */
  private volatile long lastArrivalNanos = System.nanoTime();

  private final long madeNanos;

  /** Whether no further calls are to come. */
  private volatile boolean retired;

  /**
   * Shares a connection that nothing else uses.
   *
   * @param madeNanos when the connection began to be made
   */
  PipelinedConnection(Transport transport, long madeNanos) {
    this(transport, madeNanos, LockSupport::parkNanos);
  }

  /**
   * Shares a connection that nothing else uses.
   *
   * @param parking how a thread waits for its reply: for so many nanoseconds, or until it is
   *     unparked
   */
  PipelinedConnection(Transport transport, long madeNanos, LongConsumer parking) {
    this.transport = transport;
    this.parking = parking;
    this.madeNanos = madeNanos;
    transport.onWaiting(this::beforeWaiting, this::whenLate, this::afterWaiting);
  }

  /** How many calls are under way on this connection now. */
  int openCalls() {
    return Math.max(0, openCalls.get());
  }

  boolean isOpen() {
    return failure.get() == null;
  }

  /** The connection as the server knows it; {@code null} if the server has not told it. */
  LostConnections.@Nullable Client client() {
    return transport.client();
  }

  /** When the connection began to be made. */
  long madeNanos() {
    return madeNanos;
  }

  /**
   * Closes the connection as soon as its open calls are answered. A call that comes after that may
   * find it closed; then it was not sent.
   */
  void retire() {
    retired = true;
    closeIfDone();
  }

  private void closeIfDone() {
    if (retired && openCalls.compareAndSet(0, ENDED)) {
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
   * @param timeoutNanos for how long the server may be silent after it was sent
   * @return the raw replies, in order
   * @throws LostCallException if the connection failed before all of them came
   */
  List<@Nullable Object> call(
      List<CommandArguments> commands, RoundTripTimer timer, long timeoutNanos)
      throws LostCallException {
    StackCheck.ensure();
    // JSR-107's operations cannot be interrupted, and their waits are bounded anyway.
    boolean interrupted = Thread.interrupted();
    PipelinedCall call = new PipelinedCall(commands, timer, System.nanoTime(), timeoutNanos);
    countOpen();
    try {
      queued.add(call);
      if (mayWrite(call)) {
        write();
      }
      wakeAttendantFor(call);
      interrupted |= await(call, timeoutNanos);
      return call.replies();
    } catch (JedisConnectionException e) {
      throw new LostCallException(!call.withdraw(), e);
    } finally {
      openCalls.decrementAndGet();
      if (!call.isDone()) {
        giveUp(call);
      }
      closeIfDone();
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /**
   * Sends commands for which no thread waits.
   *
   * @param call has a continuation, which begins in any other case; then {@link #finish} has the
   *     outcome
   * @throws LostCallException if the connection has ended; the continuation does not begin
   */
  void begin(PipelinedCall call) throws LostCallException {
    countOpen();
    boolean isWhole = false;
    try {
      queued.add(call);
      if (mayWrite(call)) {
        write();
      }
      wakeAttendantFor(call);
      isWhole = true;
    } finally {
      if (!isWhole) {
        call.giveUp();
        boolean unused = call.withdraw();
      }
      if (!isWhole || !isOpen()) { // the thread that failed it may have looked before
        continueAtOnce(call);
      }
    }
  }

  /**
   * The outcome of a call whose continuation has begun.
   *
   * @return the raw replies, in order
   * @throws LostCallException if the connection failed before all of them came
   */
  List<@Nullable Object> finish(PipelinedCall call) throws LostCallException {
    if (call.isDone()) {
      return call.replies();
    }
    JedisConnectionException cause = failure.get(); // none if an Error in begin() ended the call
    throw new LostCallException(!call.withdraw(), cause == null ? endedInTheMiddle : cause);
  }

  /** Has the continuation of a call begin after the next wake, if it has one. */
  private boolean beginContinuation(PipelinedCall call) {
    Continuation continuation = call.continuation();
    if (continuation == null || !continuation.begin()) {
      return false;
    }
    openCalls.decrementAndGet();
    closeIfDone();
    return true;
  }

  private void continueAtOnce(PipelinedCall call) {
    Continuation continuation = call.continuation();
    if (continuation != null && beginContinuation(call)) {
      continuation.queue().wake();
    }
  }

  private void wakeQueue() {
    AsyncQueue queue = unwoken;
    if (queue != null) {
      unwoken = null;
      queue.wake();
    }
  }

  /** Gives a call up. If its thread was asked to read, another one is asked. */
  private void giveUp(PipelinedCall call) {
    call.giveUp();
    boolean unused = call.withdraw();
    if (call.takeRequestToRead() && reading.compareAndSet(OFFERED, READER_WRITES)) {
      handOver();
    }
  }

  private void countOpen() throws LostCallException {
    if (openCalls.incrementAndGet() < 0) {
      throw new LostCallException(
          /* sent= */ false, new JedisConnectionException("The connection was replaced"));
    }
  }

  private void wakeAttendantFor(PipelinedCall call) {
    if (call.isAttended() && reading.get() < CALLERS_WRITE) {
      wakeAttendant();
    }
  }

  /** Waits until a call is done and returns whether the thread was interrupted. */
  private boolean await(PipelinedCall call, long timeoutNanos) {
    boolean interrupted = false;
    long sliceNanos = sliceNanos(timeoutNanos);
    long slicesLeft = 2 * (timeoutNanos / sliceNanos) + 2;
    boolean isImpatient = false;
    while (!call.isDone()) {
      throwIfFailed(call);
      if (!call.isAttended() && becomeReader(call, isImpatient)) {
        read(call);
        continue;
      }
      long startNanos = System.nanoTime();
      parking.accept(sliceNanos);
      interrupted |= Thread.interrupted();
      isImpatient = System.nanoTime() - startNanos >= sliceNanos;
      if (isImpatient && !call.isDone()) {
        slicesLeft--;
        if (slicesLeft <= 0) {
          fail(new JedisConnectionException(new SocketTimeoutException("No reply in time")));
        } else {
          if (mayWrite(call)) {
            write();
          }
          wakeAttendantFor(call);
        }
      }
    }
    return interrupted;
  }

  private static long sliceNanos(long timeoutNanos) {
    return Math.max(MIN_SLICE_NANOS, Math.min(timeoutNanos / SLICES, MAX_SLICE_NANOS));
  }

  /** Whether the thread of a call is the reader from now on. */
  private boolean becomeReader(PipelinedCall call, boolean isImpatient) {
    return (call.takeRequestToRead() || isImpatient)
        ? takeReading()
        : reading.compareAndSet(FREE, READER_WRITES);
  }

  private void throwIfFailed(PipelinedCall call) {
    JedisConnectionException cause = failure.get();
    if (cause != null && !call.isDone()) {
      throw cause;
    }
  }

  /**
   * Whether a call is better written now than when the next reply comes. The reader that waits for
   * a reply looks at the queue after it.
   */
  private boolean mayWrite(PipelinedCall call) {
    if (reading.get() == READER_WRITES) {
      return false; // the reader writes before it waits
    }
    PipelinedCall oldest = sent.peek();
    return oldest == null
        || (batchLimit.admits(lastBatch - oldest.batch() + 1)
            && (!call.isAttended() || writtenBytes - oldest.bytesBefore() < SURELY_TAKEN_BYTES));
  }

  /** Writes the queued calls, unless another thread does: that one then also writes these. */
  private void write() {
    while (!queued.isEmpty() && isOpen() && writing.compareAndSet(false, true)) {
      // Not while a call is encoded and not in its new queue alone, or the buffer is being written:
      // an Error then leaves a connection that cannot be used.
      boolean isWhole = true;
      try {
        long batch = lastBatch + 1;
        lastBatch = batch;
        long bytesBefore = transport.encodedBytes();
        long nowNanos = System.nanoTime();
        for (PipelinedCall call = queued.peek(); call != null; call = queued.peek()) {
          boolean isWanted = call.markSent(batch, nowNanos, bytesBefore);
          if (isWanted) {
            transport.encode(call.commands()); // after an Error the next writer does it again
          }
          isWhole = false;
          if (isWanted) {
            sent.add(call);
          }
          queued.remove();
          isWhole = true;
        }
        isWhole = false;
        writtenBytes = transport.encodedBytes();
        transport.flush();
        lastWriteNanos = System.nanoTime();
        lastWrittenBatch = batch;
        isWhole = true;
      } catch (IOException | RuntimeException e) {
        fail(asConnectionException(e));
      } finally {
        if (!isWhole) {
          fail(endedInTheMiddle);
        }
        writing.set(false);
      }
    }
  }

  /**
   * Reads and hands out replies, and passes the reading on.
   *
   * @param own the thread's call: it reads until that is done, and the replies that came with it;
   *     {@code null} for the attendant, which reads until nothing is under way
   */
  private void read(@Nullable PipelinedCall own) {
    boolean isWhole = false;
    try {
      int further = 0;
      while (own == null
          ? oldest() != null
          : !own.isDone() || (transport.hasBuffered() && further++ < MAX_FURTHER_REPLIES)) {
        handOut(transport.read(), own);
      }
      wakeQueue();
      handOver();
      isWhole = true;
    } catch (RuntimeException e) {
      fail(asConnectionException(e));
    } finally {
      if (!isWhole) {
        fail(endedInTheMiddle);
        wakeQueue();
      }
    }
  }

  private void handOut(@Nullable Object reply, @Nullable PipelinedCall own) {
    PipelinedCall oldest = sent.peek();
    if (oldest == null) {
      throw new JedisConnectionException("The server sent a reply that nobody asked for");
    }
    long arrivalNanos = lastArrivalNanos;
    if (oldest.receive(reply, arrivalNanos)) {
      transport.answered();
      sent.remove();
      batchLimit.answered(arrivalNanos - oldest.writeNanos());
      Continuation continuation = oldest == own ? null : oldest.continuation();
      if (continuation != null) {
        unwoken = continuation.queue();
        boolean unused = beginContinuation(oldest);
      } else if (oldest != own) {
        LockSupport.unpark(oldest.waiter());
      }
    }
  }

  /**
   * Called by the reader when it has handed out all replies that came: it writes, and then waits.
   *
   * @return for how many nanoseconds the server may be silent from now on
   */
  private long beforeWaiting() {
    letCallersWrite();
    wakeQueue();
    PipelinedCall oldest = sent.peek();
    waitStartNanos = System.nanoTime();
    return oldest == null
        ? MAX_SLICE_NANOS // another thread is about to write
        : Math.max(oldest.timeoutNanos() / 2, oldest.deadlineNanos() - waitStartNanos);
  }

  /**
   * Called by the reader if nothing came in time. It fails if the oldest call is late, and if both
   * the wait for the server and the writing of the call began half a time-out ago: the threads of
   * both may have been stopped after they looked at the clock.
   *
   * @return for how many nanoseconds more the server may be silent; 0 if the connection fails
   */
  private long whenLate() {
    PipelinedCall oldest = sent.peek();
    long writtenBatch = lastWrittenBatch;
    if (oldest == null || oldest.batch() > writtenBatch) {
      return MAX_SLICE_NANOS; // another thread is writing; the waiting threads bound that
    }
    long nowNanos = System.nanoTime();
    long leftNanos = oldest.deadlineNanos() - nowNanos;
    long halfNanos = oldest.timeoutNanos() / 2;
    leftNanos = Math.max(leftNanos, waitStartNanos + halfNanos - nowNanos);
    if (oldest.batch() == writtenBatch) {
      leftNanos = Math.max(leftNanos, lastWriteNanos + halfNanos - nowNanos);
    }
    return Math.max(0, leftNanos);
  }

  /** Writes the calls that were left to the reader. Later calls are written by their threads. */
  private void letCallersWrite() {
    reading.set(CALLERS_WRITE);
    write();
  }

  private void afterWaiting() {
    lastArrivalNanos = System.nanoTime();
    reading.set(READER_WRITES);
  }

  /**
   * Passes the reading on, or leaves it to the next call. A call that comes in between may rely on
   * this thread, which then takes the reading back if no other thread has. It looks for the oldest
   * call again each time, since other threads may have read and left in between.
   */
  private void handOver() {
    do {
      PipelinedCall next = oldest();
      if (next != null) {
        letCallersWrite();
        reading.set(OFFERED);
        if (offer(next)) {
          return;
        }
      } else {
        reading.set(FREE);
        next = oldest();
        if (next == null) {
          return;
        }
      }
    } while (takeReading());
  }

  /** Whether this thread is the reader from now on, since no other thread has begun to read. */
  private boolean takeReading() {
    return reading.compareAndSet(OFFERED, READER_WRITES)
        || reading.compareAndSet(FREE, READER_WRITES);
  }

  /** Asks the thread of a call to read; returns whether there is one. */
  private boolean offer(PipelinedCall next) {
    if (next.isAttended()) {
      wakeAttendant();
      return true;
    }
    next.askToRead();
    LockSupport.unpark(next.waiter());
    return !next.isGivenUp();
  }

  /** The oldest call that somebody waits for. */
  private @Nullable PipelinedCall oldest() {
    PipelinedCall oldest = sent.peek();
    if (oldest == null) {
      oldest = queued.peek();
    }
    return oldest == null || !oldest.isGivenUp() ? oldest : oldestNotGivenUp();
  }

  private @Nullable PipelinedCall oldestNotGivenUp() {
    for (PipelinedCall call : sent) {
      if (!call.isGivenUp()) {
        return call;
      }
    }
    for (PipelinedCall call : queued) {
      if (!call.isGivenUp()) {
        return call;
      }
    }
    return null;
  }

  private void wakeAttendant() {
    Thread current = attendant.get();
    if (current == null) {
      current = startAttendant();
    }
    LockSupport.unpark(current);
  }

  private @Nullable Thread startAttendant() {
    Thread created = DaemonThreads.detached("yokedcache-pipeline", this::attend);
    if (!attendant.compareAndSet(null, created)) {
      return attendant.get();
    }
    boolean isStarted = false;
    try {
      created.start();
      isStarted = true;
    } finally {
      if (!isStarted) {
        attendant.set(null);
      }
    }
    return created;
  }

  /**
   * Reads for virtual threads and asynchronous operations, as long as there are calls of theirs or
   * may soon be. Each of its waits is bounded: for the server as everybody's, for another reader by
   * a slice, for work by {@link #ATTENDANT_IDLE_NANOS}.
   */
  private void attend() {
    boolean isWhole = false;
    try {
      attendUntilIdle();
      isWhole = true;
    } finally {
      if (!isWhole) {
        fail(endedInTheMiddle); // no thread would notice that calls without one are late
      }
    }
  }

  private void attendUntilIdle() {
    boolean wasIdle = false;
    while (isOpen()) {
      PipelinedCall oldest = oldest();
      if (oldest == null) {
        if (wasIdle && retireAttendant()) {
          return;
        }
        long startNanos = System.nanoTime();
        LockSupport.parkNanos(this, ATTENDANT_IDLE_NANOS);
        wasIdle = System.nanoTime() - startNanos >= ATTENDANT_IDLE_NANOS;
      } else if (oldest.isAttended() && takeReading()) {
        wasIdle = false;
        read(/* own= */ null);
      } else {
        wasIdle = false;
        LockSupport.parkNanos(this, MAX_SLICE_NANOS);
      }
    }
    attendant.set(null);
  }

  /** Whether the attendant may end: calls that come from now on start another one. */
  private boolean retireAttendant() {
    attendant.set(null);
    boolean goesOn = oldest() != null && attendant.compareAndSet(null, Thread.currentThread());
    return !goesOn;
  }

  private void fail(JedisConnectionException cause) {
    if (failure.compareAndSet(null, cause)) {
      transport.close();
      queued.forEach(this::tellOfFailure);
      sent.forEach(this::tellOfFailure);
      LockSupport.unpark(attendant.get());
    }
  }

  private void tellOfFailure(PipelinedCall call) {
    LockSupport.unpark(call.waiter());
    continueAtOnce(call);
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
