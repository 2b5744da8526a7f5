package io.yokedcache.examples.trace;

import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import javax.cache.Cache;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Replays the accesses of its share of the keys, in their order. A key belongs to one worker, so no
 * two threads miss the same key at once, and the number of hits is exact.
 */
final class ReplayWorker implements Callable<ReplayResult> {

  /** An empty batch ends the work. */
  private static final int[] END = {};

  private static final int QUEUED_BATCHES = 16;
  private static final long IDLE_LIMIT_SECONDS = 60;

  private final Cache<Integer, byte[]> cache;
  private final int valueSizeBytes;
  private final LongAdder accessesSoFar;
  private final LongAdder hitsSoFar;
  private final BlockingQueue<int[]> batches = new ArrayBlockingQueue<>(QUEUED_BATCHES);
  private final Histogram getNanos = ReplayResult.newHistogram();
  private final Set<Integer> keys = new HashSet<>();

  /**
   * Makes a worker.
   *
   * @param accessesSoFar counts for the progress line, a batch at a time
   * @param hitsSoFar likewise
   */
  ReplayWorker(
      Cache<Integer, byte[]> cache,
      int valueSizeBytes,
      LongAdder accessesSoFar,
      LongAdder hitsSoFar) {
    this.cache = cache;
    this.valueSizeBytes = valueSizeBytes;
    this.accessesSoFar = accessesSoFar;
    this.hitsSoFar = hitsSoFar;
  }

  /** Hands over accesses; returns {@code false} if the queue stayed full for a second. */
  boolean offer(int[] batch) throws InterruptedException {
    return batches.offer(batch, 1, TimeUnit.SECONDS);
  }

  /** Says that no more accesses will come; returns {@code false} if the queue stayed full. */
  boolean offerEnd() throws InterruptedException {
    return offer(END);
  }

  @Override
  public ReplayResult call() throws InterruptedException {
    long accesses = 0;
    long hits = 0;
    long wrongValues = 0;
    for (int[] batch = take(); batch.length > 0; batch = take()) {
      int hitsOfBatch = 0;
      for (int key : batch) {
        keys.add(key);
        byte[] value = timedGet(key);
        if (value == null) {
          cache.put(key, load(key));
        } else {
          hitsOfBatch++;
          wrongValues += isValueOf(key, value) ? 0 : 1;
        }
      }
      accesses += batch.length;
      hits += hitsOfBatch;
      accessesSoFar.add(batch.length);
      hitsSoFar.add(hitsOfBatch);
    }
    return new ReplayResult(accesses, keys.size(), hits, wrongValues, getNanos);
  }

  private int[] take() throws InterruptedException {
    int[] batch = batches.poll(IDLE_LIMIT_SECONDS, TimeUnit.SECONDS);
    if (batch == null) {
      throw new IllegalStateException("No accesses were read for " + IDLE_LIMIT_SECONDS + " s");
    }
    return batch;
  }

  private byte @Nullable [] timedGet(Integer key) {
    long startNanos = System.nanoTime();
    byte[] value = cache.get(key);
    getNanos.recordValue(System.nanoTime() - startNanos);
    return value;
  }

  /** Stands for the slow source behind a real cache: the value begins with its key. */
  private byte[] load(int key) {
    return ByteBuffer.allocate(valueSizeBytes).putInt(key).array();
  }

  private boolean isValueOf(int key, byte[] value) {
    return value.length == valueSizeBytes && ByteBuffer.wrap(value).getInt() == key;
  }
}
