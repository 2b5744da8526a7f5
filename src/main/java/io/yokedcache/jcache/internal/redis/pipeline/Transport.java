package io.yokedcache.jcache.internal.redis.pipeline;

import io.yokedcache.jcache.internal.redis.fence.LostConnections;
import java.io.IOException;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;

/**
 * The connection under a {@link PipelinedConnection}, on which one thread may write while another
 * one reads. Writing and reading are each for one thread at a time; {@link #close} is for any, and
 * wakes both.
 */
interface Transport extends AutoCloseable {

  /** The connection as the server knows it; {@code null} if the server has not told it. */
  LostConnections.@Nullable Client client();

  /**
   * Sets the callbacks that the reading thread calls before and after it waits for the server. To
   * be called before the first read.
   *
   * @param before returns for how many nanoseconds to wait at most
   * @param late called if nothing came in that time; returns for how many nanoseconds to wait on,
   *     and 0 if reading is to fail
   */
  void onWaiting(LongSupplier before, LongSupplier late, Runnable after);

  /**
   * Adds commands to the buffer; commands that were added before are written to the server if there
   * is no room for these. If it throws, none of these commands are in the buffer.
   *
   * @throws IOException if the connection is broken
   */
  void encode(List<CommandArguments> commands) throws IOException;

  /** Writes the content of the buffer to the server. */
  void flush() throws IOException;

  /** How many bytes were encoded so far. */
  long encodedBytes();

  /**
   * Waits for the next reply.
   *
   * @return the raw reply; a {@code JedisDataException} if it is an error
   * @throws redis.clients.jedis.exceptions.JedisConnectionException if nothing, or too little, came
   *     in time; caused by a {@link java.net.SocketTimeoutException}
   */
  @Nullable Object read();

  /** Notes that all replies of a call were read: each call has the time for its replies anew. */
  void answered();

  /** Whether there are bytes of replies that were not read yet. */
  boolean hasBuffered();

  @Override
  void close();
}
