package io.yokedcache.jcache.internal.redis.pipeline;

import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.List;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.args.Rawable;

/**
 * Collects commands in Redis' protocol and writes them together. A request is in the buffer as a
 * whole or not at all, also if an error ends its encoding, so that the next one finds the buffer as
 * it should be.
 *
 * <p>For one thread at a time.
 */
class RequestBuffer {

  private static final int BUFFER_BYTES = 32 << 10;

  /** The most bytes of the head of a command or of an argument: kind, number, line end. */
  private static final int HEAD_BYTES = 16;

  private final OutputStream out;
  private byte[] buffer = new byte[BUFFER_BYTES];
  private int count;
  private long flushed;

  /** Whether writing ended in the middle, so that it is unknown which bytes the server has. */
  private boolean broken;

  RequestBuffer(OutputStream out) {
    this.out = out;
  }

  /** How many bytes were encoded so far, written or not. */
  public final long encodedBytes() {
    return flushed + count;
  }

  /** Adds the commands of a request; writes the content of the buffer if there is no room. */
  public final void encode(List<CommandArguments> commands) throws IOException {
    int size = 0;
    for (CommandArguments command : commands) {
      size += HEAD_BYTES;
      for (Rawable argument : command) {
        size = Math.addExact(size, HEAD_BYTES + argument.getRaw().length);
      }
    }
    if (size > buffer.length - count) {
      flush();
      if (size > buffer.length) {
        buffer = Arrays.copyOf(buffer, size);
      }
    }
    int at = count;
    for (CommandArguments command : commands) {
      at = head('*', command.size(), at);
      for (Rawable argument : command) {
        byte[] raw = argument.getRaw();
        at = head('$', raw.length, at);
        System.arraycopy(raw, 0, buffer, at, raw.length);
        at = lineEnd(at + raw.length);
      }
    }
    count = at; // not before all are there
  }

  private int head(char kind, int number, int at) {
    buffer[at] = (byte) kind;
    int digits = 1;
    for (int rest = number; rest >= 10; rest /= 10) {
      digits++;
    }
    int left = number;
    for (int i = at + digits; i > at; i--) {
      buffer[i] = (byte) ('0' + left % 10);
      left /= 10;
    }
    return lineEnd(at + 1 + digits);
  }

  private int lineEnd(int at) {
    buffer[at] = '\r';
    buffer[at + 1] = '\n';
    return at + 2;
  }

  /** Writes the content of the buffer. If that fails, the connection must not be used any more. */
  public final void flush() throws IOException {
    if (broken) {
      throw new IOException("Writing ended in the middle");
    }
    if (count > 0) {
      broken = true;
      out.write(buffer, 0, count);
      flushed += count;
      count = 0;
      broken = false;
    }
  }
}
