package io.yokedcache.jcache.internal.redis.pipeline;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.concurrent.TimeUnit;

/**
 * A socket without a network: every {@code PING} written to it is answered at once. One thread may
 * write while another one reads.
 */
final class AnsweringSocket extends Socket {

  private static final byte[] ANSWER = "+PONG\r\n".getBytes(US_ASCII);
  private static final int COMMAND_LENGTH = "*1\r\n$4\r\nPING\r\n".length();
  private static final long TIMEOUT_MILLIS = TimeUnit.SECONDS.toMillis(10);

  private final Object lock = new Object();

  /** How many bytes were written and are not answered; guarded by the lock. */
  private int written;

  /** How many bytes of answers were read, of all that were; guarded by the lock. */
  private int partOfAnswer;

  AnsweringSocket() {}

  @Override
  public OutputStream getOutputStream() {
    return new OutputStream() {

      @Override
      public void write(int single) {
        write(new byte[] {(byte) single}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int offset, int length) {
        synchronized (lock) {
          written += length;
          lock.notifyAll();
        }
      }
    };
  }

  @Override
  public InputStream getInputStream() {
    return new InputStream() {

      @Override
      public int read() throws IOException {
        byte[] single = new byte[1];
        int unused = read(single, 0, 1);
        return single[0];
      }

      @Override
      public int read(byte[] target, int offset, int length) throws IOException {
        synchronized (lock) {
          awaitCommand();
          int count = 0;
          while (count < length && written >= COMMAND_LENGTH) {
            target[offset + count++] = ANSWER[partOfAnswer++];
            if (partOfAnswer == ANSWER.length) {
              partOfAnswer = 0;
              written -= COMMAND_LENGTH;
            }
          }
          return count;
        }
      }
    };
  }

  private void awaitCommand() throws SocketTimeoutException {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(TIMEOUT_MILLIS);
    while (written < COMMAND_LENGTH) {
      if (System.nanoTime() - deadline > 0) {
        throw new SocketTimeoutException("Nothing was asked");
      }
      try {
        lock.wait(TIMEOUT_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new SocketTimeoutException("Interrupted");
      }
    }
  }
}
