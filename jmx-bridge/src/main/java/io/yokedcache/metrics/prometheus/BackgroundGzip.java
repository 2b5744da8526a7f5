package io.yokedcache.metrics.prometheus;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Compresses in a thread of its own while its user makes more text, which of a large scrape takes
 * as long. What fits into one block is compressed by the user's thread. Only a few blocks are in
 * memory. Not thread-safe.
 */
final class BackgroundGzip extends OutputStream {

  /**
   * As thorough as it can be without being slower than the thread that makes the text; a large
   * scrape is an eighth smaller than at the fastest level.
   */
  private static final int LEVEL = 5;

  private static final int BLOCK_BYTES = 128 * 1024;
  private static final int MAX_BLOCKS = 8;

  private static final byte[] END = {};

  private final OutputStream target;
  private final BlockingQueue<byte[]> blocks = new ArrayBlockingQueue<>(MAX_BLOCKS);
  private byte[] block = new byte[BLOCK_BYTES];
  private int used;
  private @Nullable Thread worker;
  private volatile @Nullable IOException failure;
  private boolean isClosed;

  BackgroundGzip(OutputStream target) {
    this.target = target;
  }

  /** The JDK's, at another level than its own. */
  private static final class LevelledGzip extends GZIPOutputStream {
    LevelledGzip(OutputStream target) throws IOException {
      super(target, 32 * 1024);
      def.setLevel(LEVEL);
      def.setStrategy(Deflater.FILTERED); // few matches of the numbers are worth their search
    }
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
        pass(block);
        block = new byte[BLOCK_BYTES];
        used = 0;
      }
      int part = Math.min(end - position, block.length - used);
      System.arraycopy(bytes, position, block, used, part);
      used += part;
      position += part;
    }
  }

  private void pass(byte[] full) throws IOException {
    Thread running = worker;
    if (running == null) {
      running = new Thread(this::compressBlocks, "yokedcache-metrics-gzip");
      running.setDaemon(true);
      worker = running;
      running.start();
    }
    try {
      // The worker ends only with a failure: the server closes connections that take too long.
      while (!blocks.offer(full, 1, TimeUnit.SECONDS)) {
        failIfBroken();
      }
    } catch (InterruptedException e) {
      running.interrupt();
      throw interrupted();
    }
    failIfBroken();
  }

  private void failIfBroken() throws IOException {
    if (failure != null) {
      throw new IOException("Cannot send the compressed metrics", failure);
    }
  }

  private static IOException interrupted() {
    Thread.currentThread().interrupt();
    return new InterruptedIOException("Compressing was interrupted");
  }

  private void compressBlocks() {
    try (OutputStream gzip = new LevelledGzip(target)) {
      for (byte[] next = blocks.take(); next != END; next = blocks.take()) {
        gzip.write(next);
      }
    } catch (IOException e) {
      failure = e;
    } catch (InterruptedException e) {
      failure = interrupted();
    }
    if (failure != null) {
      blocks.clear(); // so that who waits for a place sees the failure at once
    }
  }

  /** Compresses the rest and closes the target. */
  @Override
  public void close() throws IOException {
    if (isClosed) {
      return;
    }
    isClosed = true;
    Thread running = worker;
    if (running == null) {
      try (OutputStream gzip = new LevelledGzip(target)) {
        gzip.write(block, 0, used);
      }
      return;
    }
    pass(Arrays.copyOf(block, used));
    pass(END);
    try {
      running.join();
    } catch (InterruptedException e) {
      running.interrupt();
      throw interrupted();
    }
    failIfBroken();
  }
}
