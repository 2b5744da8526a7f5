package io.yokedcache.jcache.internal.concurrent;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serial;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.concurrent.TimeUnit;

/**
 * A socket that bounds how long all reads of a reply wait together. The time-out of a socket bounds
 * each read alone: a server that sends one byte, and then another one, would keep a thread for as
 * long as it does so. Here at least {@value #MIN_BYTES} bytes must come in each twice of the
 * patience, or the reply be over: a large value may take as long as it arrives steadily.
 *
 * <p>Bytes are counted as they come from the network, also below TLS, whose records are read whole.
 * A single read counts as one patience at most, since the whole JVM may have been stopped during
 * it.
 *
 * <p>For one reading thread at a time, which also calls {@link #expect} and {@link #begin}.
 */
public final class SteadySocket extends Socket {

  /** How many bytes must come in twice the patience. */
  public static final int MIN_BYTES = 16 << 10;

  private long patienceNanos = TimeUnit.DAYS.toNanos(1);

  /** How long reads have waited since the reply began, or since enough bytes had come. */
  private long waitedNanos;

  private int arrivedBytes;

  /** The bytes of a reply came too slowly. The connection is of no use any more. */
  public static final class TooSlowException extends SocketTimeoutException {

    @Serial private static final long serialVersionUID = 1L;

    TooSlowException(long millis) {
      super("fewer than " + MIN_BYTES + " bytes came in " + millis + " ms");
    }
  }

  /** Sets the patience, which is the longest wait of one read, and begins with a reply. */
  public void expect(int millis) {
    patienceNanos = TimeUnit.MILLISECONDS.toNanos(millis);
    begin();
  }

  /** Notes that the bytes from now on belong to another reply, or to the replies of a request. */
  public void begin() {
    waitedNanos = 0;
    arrivedBytes = 0;
  }

  @Override
  public InputStream getInputStream() throws IOException {
    return new Steady(super.getInputStream());
  }

  private void ensureSteady() throws TooSlowException {
    if (waitedNanos > 2 * patienceNanos) {
      throw new TooSlowException(TimeUnit.NANOSECONDS.toMillis(2 * patienceNanos));
    }
  }

  private void arrived(int bytes, long nanos) {
    waitedNanos += Math.min(nanos, patienceNanos);
    arrivedBytes += Math.max(0, bytes);
    if (arrivedBytes >= MIN_BYTES) {
      begin();
    }
  }

  private final class Steady extends FilterInputStream {

    Steady(InputStream source) {
      super(source);
    }

    @Override
    public int read() throws IOException {
      byte[] single = new byte[1];
      return read(single, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(single[0]);
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      ensureSteady();
      long startNanos = System.nanoTime();
      int count = 0;
      try {
        count = in.read(target, offset, length);
      } finally {
        arrived(count, System.nanoTime() - startNanos);
      }
      return count;
    }
  }
}
