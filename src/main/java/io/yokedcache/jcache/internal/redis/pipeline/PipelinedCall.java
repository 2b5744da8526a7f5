package io.yokedcache.jcache.internal.redis.pipeline;

import io.yokedcache.jcache.internal.concurrent.AsyncQueue;
import io.yokedcache.jcache.internal.concurrent.VirtualThreads;
import io.yokedcache.jcache.internal.metrics.RoundTripTimer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;

/**
 * The commands of one thread or of one asynchronous operation in a {@link PipelinedConnection}, and
 * their replies.
 *
 * <p>No locks. The replies and their number belong to the thread that reads the connection, until
 * the waiting thread has seen {@link #isDone}. Time, batch and bytes are written by the thread that
 * writes the connection before it puts the call into the queue of sent calls, from which other
 * threads get it. Each volatile mark changes from false to true once, except for the request to
 * read, which the waiting thread takes back.
 */
final class PipelinedCall {

  private static final int QUEUED = 0;
  private static final int SENT = 1;
  private static final int WITHDRAWN = 2;
  private static final AtomicIntegerFieldUpdater<PipelinedCall> STATE =
      AtomicIntegerFieldUpdater.newUpdater(PipelinedCall.class, "state");

  private final List<CommandArguments> commands;
  private final RoundTripTimer timer;
  private final long startNanos;
  private final long timeoutNanos;

  /** The thread that waits, or the {@link Continuation}. One field: calls are many. */
  private final Object owner;

  private final boolean attended;
  private final @Nullable Object[] replies;
  private int received;
  private long writeNanos;
  private long batch;
  private long writtenBytes;
  private volatile int state = QUEUED;
  private volatile boolean done;
  private volatile boolean askedToRead;
  private volatile boolean givenUp;

  /**
   * A call of the current thread, which is going to wait for its replies.
   *
   * @param startNanos the time now
   * @param timeoutNanos for how long the server may be silent after it was sent
   */
  PipelinedCall(
      List<CommandArguments> commands, RoundTripTimer timer, long startNanos, long timeoutNanos) {
    this(commands, timer, startNanos, timeoutNanos, Thread.currentThread());
  }

  /** A call of an owner, which is a thread or a continuation. */
  PipelinedCall(
      List<CommandArguments> commands,
      RoundTripTimer timer,
      long startNanos,
      long timeoutNanos,
      Object owner) {
    this.commands = commands;
    this.timer = timer;
    this.startNanos = startNanos;
    this.timeoutNanos = timeoutNanos;
    this.owner = owner;
    this.attended = !(owner instanceof Thread thread) || VirtualThreads.isVirtual(thread);
    this.replies = new Object[commands.size()];
  }

  /**
   * Goes on with an asynchronous operation, once: true when that has begun. The reader that has
   * received the replies and the thread that fails the connection may both try it.
   */
  static final class Continuation extends AtomicBoolean {

    private static final long serialVersionUID = 1;

    private final transient AsyncQueue queue;
    private final transient Runnable rest;

    Continuation(AsyncQueue queue, Runnable rest) {
      this.queue = queue;
      this.rest = rest;
    }

    /** Has the queue run it after its next wake; false if that was done before. */
    boolean begin() {
      boolean isFirst = compareAndSet(false, true);
      if (isFirst) {
        queue.add(rest);
      }
      return isFirst;
    }

    AsyncQueue queue() {
      return queue;
    }
  }

  List<CommandArguments> commands() {
    return commands;
  }

  /** The thread that waits, or {@code null} if none does. */
  @Nullable Thread waiter() {
    return owner instanceof Thread thread ? thread : null;
  }

  /** Goes on if no thread waits, else {@code null}. */
  @Nullable Continuation continuation() {
    return owner instanceof Continuation continuation ? continuation : null;
  }

  /**
   * Notes that from now on the server may have the commands; called again if writing failed.
   *
   * @param inBatch the number of the batch that it travels with
   * @param nowNanos the time now
   * @param bytesBefore how many bytes were written to the connection before its batch
   * @return whether it is still wanted
   */
  boolean markSent(long inBatch, long nowNanos, long bytesBefore) {
    batch = inBatch;
    writeNanos = nowNanos;
    writtenBytes = bytesBefore;
    return STATE.compareAndSet(this, QUEUED, SENT) || state == SENT;
  }

  /** The number of the batch that it travels with, once it is sent. */
  long batch() {
    return batch;
  }

  /** When it was sent. */
  long writeNanos() {
    return writeNanos;
  }

  /** When the reply to it is late, once it is sent. */
  long deadlineNanos() {
    return writeNanos + timeoutNanos;
  }

  /** For how long the server may be silent after it was sent. */
  long timeoutNanos() {
    return timeoutNanos;
  }

  /** How many bytes were written to the connection before its batch. */
  long bytesBefore() {
    return writtenBytes;
  }

  /** Whether a virtual thread waits for it, or none, so that the attendant must read. */
  boolean isAttended() {
    return attended;
  }

  /**
   * Withdraws the call; returns false if it is too late, since the server may have the commands.
   */
  boolean withdraw() {
    return STATE.compareAndSet(this, QUEUED, WITHDRAWN) || state == WITHDRAWN;
  }

  /**
   * Takes the next reply.
   *
   * @param arrivalNanos when it came
   * @return whether it was the last one
   */
  boolean receive(@Nullable Object reply, long arrivalNanos) {
    replies[received++] = reply;
    if (received < replies.length) {
      return false;
    }
    timer.answered(startNanos, writeNanos, arrivalNanos);
    done = true;
    return true;
  }

  /** Whether all replies are there. */
  boolean isDone() {
    return done;
  }

  /** The replies, once the call is done. */
  List<@Nullable Object> replies() {
    return Arrays.asList(replies);
  }

  /** Asks the waiting thread to read the connection from now on. */
  void askToRead() {
    askedToRead = true;
  }

  /**
   * Whether the waiting thread, which calls this, was asked to read the connection since its last
   * call.
   */
  boolean takeRequestToRead() {
    if (!askedToRead) {
      return false;
    }
    askedToRead = false; // if another thread reads already, the next offer sets it again
    return true;
  }

  /** Notes that no thread waits for it any more; its replies are read and dropped. */
  void giveUp() {
    givenUp = true;
  }

  boolean isGivenUp() {
    return givenUp;
  }
}
