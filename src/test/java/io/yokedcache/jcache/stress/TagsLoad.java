package io.yokedcache.jcache.stress;

import io.yokedcache.jcache.Tags;
import io.yokedcache.jcache.YokedCache;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import javax.cache.CacheException;

/**
 * Puts, reads and invalidates entries with tags in one cache, and records it. Each value begins
 * with a number that is put once among all JVMs. Safe for use by several threads.
 */
final class TagsLoad {

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  /** So that near hits leave the processors to the other JVMs. */
  private static final int READS_PER_PAUSE = 200;

  /** Between two invalidations of a JVM. */
  private static final long MAX_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  /** How long the threads go on at most after the end. */
  private static final long END_SECONDS = 60;

  /** The numbers of the entries and of the tags of a cache, and the length of its values. */
  record Size(int entries, int tags, int valueBytes) {}

  private final YokedCache<Integer, byte[]> cache;
  private final TagsHistory.Recorder recorder;
  private final Size size;
  private final long firstNumber;
  private final LongAdder reads = new LongAdder();
  private final LongAdder found = new LongAdder();
  private final LongAdder lost = new LongAdder();

  /** Used by the thread that starts and stops the load. */
  private final List<Future<?>> running = new ArrayList<>();

  private volatile boolean stopping;

  /**
   * Creates the load of a cache.
   *
   * @param jvm the number of this JVM, which no other JVM of the run has or had
   */
  TagsLoad(YokedCache<Integer, byte[]> cache, int jvm, TagsHistory.Recorder recorder, Size size) {
    this.cache = cache;
    this.recorder = recorder;
    this.size = size;
    this.firstNumber = (long) jvm << 40;
  }

  /** Starts the threads of the load, which run until {@link #stop}. */
  void start(ExecutorService threads) {
    running.add(threads.submit(this::put));
    running.add(threads.submit(this::read));
    running.add(threads.submit(this::read));
    running.add(threads.submit(this::invalidate));
  }

  /**
   * Ends the load.
   *
   * @return the numbers of reads, of values found and of failures
   * @throws ExecutionException if a thread failed by another exception than the provider's
   */
  long[] stop() throws InterruptedException, ExecutionException, TimeoutException {
    stopping = true;
    for (Future<?> each : running) {
      each.get(END_SECONDS, TimeUnit.SECONDS);
    }
    return new long[] {reads.sum(), found.sum(), lost.sum()};
  }

  private static String name(int tag) {
    return "tag-" + tag;
  }

  private byte[] value(long number) {
    return ByteBuffer.allocate(size.valueBytes).putLong(number).array();
  }

  private void put() {
    SplittableRandom random = new SplittableRandom();
    int start = random.nextInt(size.entries);
    for (long n = 0; !stopping; n++) {
      // Each entry once, and then any.
      int key = n < size.entries ? (int) (start + n) % size.entries : random.nextInt(size.entries);
      int[] tags = TagsHistory.tagsOf(key, size.tags);
      try {
        cache.put(key, value(firstNumber + n), Tags.of(name(tags[0]), name(tags[1])));
        recorder.putEnded(firstNumber + n);
      } catch (CacheException unknown) {
        lost.increment();
      }
    }
  }

  private void read() {
    SplittableRandom random = new SplittableRandom();
    for (int n = 1; !stopping; n++) {
      int key = random.nextInt(size.entries);
      long beganNanos = System.nanoTime();
      try {
        byte[] value = cache.get(key);
        reads.increment();
        if (value != null) {
          found.increment();
          recorder.read(ByteBuffer.wrap(value).getLong(), key, beganNanos);
        }
      } catch (CacheException away) {
        lost.increment();
      }
      if (n % READS_PER_PAUSE == 0) {
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
  }

  private void invalidate() {
    SplittableRandom random = new SplittableRandom();
    while (!stopping) {
      boolean unused = invalidateOne(random);
      LockSupport.parkNanos(random.nextLong(MAX_PAUSE_NANOS));
    }
  }

  /** Invalidates any tag, and returns whether it succeeded. */
  boolean invalidateOne(SplittableRandom random) {
    int tag = random.nextInt(size.tags);
    long beganNanos = System.nanoTime();
    try {
      cache.invalidateTags(name(tag));
      recorder.invalidated(tag, beganNanos);
      return true;
    } catch (CacheException unknown) {
      lost.increment();
      return false;
    }
  }
}
