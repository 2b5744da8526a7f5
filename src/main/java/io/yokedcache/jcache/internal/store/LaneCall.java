package io.yokedcache.jcache.internal.store;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;

/**
 * Commands of one thread on their way through a {@link Lane}, and what becomes of them. The fields
 * without protection are written by the thread that reads the lane, and read by the waiting thread
 * after it has seen that the call is done.
 */
final class LaneCall {

  private final List<CommandArguments> commands;
  private final WireTimer timer;
  private final long startNanos;
  private final Thread waiter = Thread.currentThread();
  private final @Nullable Object[] replies;
  private int received;
  private long writeNanos;
  private long batch;
  private volatile boolean sent;
  private volatile boolean done;
  private volatile boolean leading;

  /**
   * A call of the current thread, which is going to wait for its replies.
   *
   * @param startNanos the time now
   */
  LaneCall(List<CommandArguments> commands, WireTimer timer, long startNanos) {
    this.commands = commands;
    this.timer = timer;
    this.startNanos = startNanos;
    this.replies = new Object[commands.size()];
  }

  List<CommandArguments> commands() {
    return commands;
  }

  Thread waiter() {
    return waiter;
  }

  /**
   * Notes that from now on the server may have got it.
   *
   * @param inBatch the number of the batch that it travels with
   * @param nowNanos the time now
   */
  void markSent(long inBatch, long nowNanos) {
    batch = inBatch;
    writeNanos = nowNanos;
    sent = true;
  }

  /** The number of the batch that it travels with, once it is sent. */
  long batch() {
    return batch;
  }

  /** When it was sent. */
  long writeNanos() {
    return writeNanos;
  }

  /** Whether the server may have got it. */
  boolean isSent() {
    return sent;
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

  /** Asks the waiting thread to read the lane from now on. */
  void lead() {
    leading = true;
  }

  /** Whether the waiting thread, which asks this, was asked to read the lane. */
  boolean takeLead() {
    if (!leading) {
      return false;
    }
    leading = false; // only the reader of a lane sets it, and now that is the caller
    return true;
  }
}
