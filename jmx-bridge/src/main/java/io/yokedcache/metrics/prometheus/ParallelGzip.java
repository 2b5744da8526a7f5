package io.yokedcache.metrics.prometheus;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/**
 * Compresses blocks of a large text in several threads while its user makes more text: thorough
 * compression takes six times as long as the text. Each block knows the end of the one before it,
 * so that cutting costs hardly anything, and ends at a byte, so that the blocks of all threads form
 * one stream (RFC 1951 and 1952). A text of one block is compressed by its user, fast and less
 * thoroughly, as it is not worth a hand-over. A few blocks are in memory. Not thread-safe.
 */
final class ParallelGzip extends OutputStream {

  /** A large scrape is 6 % smaller than at level 5, and a fifth smaller than at the fastest. */
  private static final int THOROUGH = 6;

  /** How much is compressed at once; below half of the smallest region of the JVM's heap. */
  private static final int BLOCK_BYTES = 384 * 1024;

  /** How far back DEFLATE looks. */
  private static final int WINDOW_BYTES = 32 * 1024;

  private static final int MAX_PENDING = 4;
  private static final long PATIENCE_SECONDS = 60;
  private static final byte[] HEADER = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, (byte) 255};

  private final OutputStream target;
  private final Executor helpers;
  private final Deque<FutureTask<ByteArrayOutputStream>> pending = new ArrayDeque<>();
  private final CRC32 checksum = new CRC32();
  private byte[] dictionary = {};
  private byte[] block = new byte[BLOCK_BYTES];
  private int used;
  private int totalBytes; // modulo 2^32, as the format has it
  private boolean isBegun;
  private boolean isClosed;

  /**
   * Creates a stream.
   *
   * @param target where the compressed bytes go, by the thread that writes
   * @param helpers runs what compresses a block; it waits for nothing
   */
  ParallelGzip(OutputStream target, Executor helpers) {
    this.target = target;
    this.helpers = helpers;
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    int position = offset;
    int end = offset + length;
    while (position < end) {
      if (used == block.length) {
        handOver();
      }
      int part = Math.min(end - position, block.length - used);
      System.arraycopy(bytes, position, block, used, part);
      used += part;
      position += part;
    }
  }

  private void handOver() throws IOException {
    if (pending.size() == MAX_PENDING) {
      sendOldest();
    }
    byte[] full = block;
    byte[] before = dictionary;
    checksum.update(full);
    totalBytes += full.length;
    FutureTask<ByteArrayOutputStream> task =
        new FutureTask<>(() -> deflate(full, full.length, before, THOROUGH, /* isLast= */ false));
    helpers.execute(task);
    pending.add(task);
    dictionary = full;
    block = new byte[BLOCK_BYTES];
    used = 0;
  }

  private static ByteArrayOutputStream deflate(
      byte[] bytes, int length, byte[] before, int level, boolean isLast) {
    Deflater deflater = new Deflater(level, /* nowrap= */ true);
    try {
      deflater.setStrategy(Deflater.FILTERED); // few matches of the numbers are worth their search
      int window = Math.min(WINDOW_BYTES, before.length);
      deflater.setDictionary(before, before.length - window, window);
      deflater.setInput(bytes, 0, length);
      if (isLast) {
        deflater.finish();
      }
      ByteArrayOutputStream deflated = new ByteArrayOutputStream(WINDOW_BYTES);
      byte[] part = new byte[WINDOW_BYTES / 2];
      int mode = isLast ? Deflater.NO_FLUSH : Deflater.SYNC_FLUSH;
      int partLength;
      do {
        partLength = deflater.deflate(part, 0, part.length, mode);
        deflated.write(part, 0, partLength);
      } while (isLast ? !deflater.finished() : partLength > 0 || !deflater.needsInput());
      return deflated;
    } finally {
      deflater.end();
    }
  }

  private void sendOldest() throws IOException {
    FutureTask<ByteArrayOutputStream> oldest = pending.remove();
    try {
      send(oldest.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("Compressing was interrupted");
    } catch (ExecutionException e) {
      throw new IOException("Cannot compress the metrics", e.getCause());
    } catch (TimeoutException | CancellationException e) {
      throw new IOException(
          "No thread compressed a block of metrics within " + PATIENCE_SECONDS + " s", e);
    }
  }

  private void send(ByteArrayOutputStream deflated) throws IOException {
    if (!isBegun) {
      isBegun = true;
      target.write(HEADER);
    }
    deflated.writeTo(target);
  }

  /** Compresses the rest and closes the target. */
  @Override
  public void close() throws IOException {
    if (isClosed) {
      return;
    }
    isClosed = true;
    try (target) {
      checksum.update(block, 0, used);
      totalBytes += used;
      int level = pending.isEmpty() ? Deflater.BEST_SPEED : THOROUGH;
      ByteArrayOutputStream last = deflate(block, used, dictionary, level, /* isLast= */ true);
      while (!pending.isEmpty()) {
        sendOldest();
      }
      send(last);
      target.write(
          ByteBuffer.allocate(2 * Integer.BYTES)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putInt((int) checksum.getValue())
              .putInt(totalBytes)
              .array());
    } finally {
      pending.forEach(task -> task.cancel(/* mayInterruptIfRunning= */ false));
      pending.clear();
    }
  }
}
