package io.yokedcache.examples.hibernate;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.hibernate.Session;
import org.hibernate.SessionFactory;
import org.hibernate.stat.Statistics;

/**
 * Writers and readers of the same few articles at full speed. All JVMs share a file, in which each
 * writer notes the version of the row when its commit has returned. A read is stale if it finds an
 * older version than the file had before its transaction began. Safe for use by several threads.
 */
final class Race {

  static final int ARTICLES = 50;

  /** Names the shared file. */
  static final String MARKS = "race.marks";

  /** Names how many reads a second the readers of a JVM make; at full speed by default. */
  static final String READS = "race.reads-per-second";

  /** With a near cache, a read may be stale by that. */
  private static final long NEAR_BOUND_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Names the number of readers of a JVM. */
  static final String READERS = "race.readers";

  /** What each JVM must have made of commits, and of hits; a busy machine gets more time for it. */
  static final int ENOUGH = 50;

  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(120);

  private static final int WRITERS = 3;
  private static final int DEFAULT_READERS = 4;

  /** How many versions of a row the file has the times of. */
  private static final int TIMES = 8192;

  private static final VarHandle LONGS =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());

  private final SessionFactory sessions;
  private final ByteBuffer marks;
  private final long endNanos;
  private final long hitsBefore;
  private final AtomicLong reads = new AtomicLong();
  private final AtomicLong stale = new AtomicLong();
  private final AtomicLong overdue = new AtomicLong();
  private final AtomicLong commits = new AtomicLong();

  private Race(SessionFactory sessions, ByteBuffer marks, long seconds) {
    this.sessions = sessions;
    this.marks = marks;
    this.endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    this.hitsBefore = sessions.getStatistics().getSecondLevelCacheHitCount();
  }

  /**
   * The results of one JVM.
   *
   * @param overdue stale reads beyond the bound of a near cache
   * @param hits of the second-level cache, by Hibernate's figures
   */
  record Result(long reads, long stale, long overdue, long commits, long hits, long misses) {

    static Result of(String text) {
      String[] words = text.split(" ", -1);
      long[] numbers = new long[words.length];
      for (int i = 0; i < words.length; i++) {
        numbers[i] = Long.parseLong(words[i]);
      }
      return new Result(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]);
    }

    Result plus(Result other) {
      return new Result(
          reads + other.reads,
          stale + other.stale,
          overdue + other.overdue,
          commits + other.commits,
          hits + other.hits,
          misses + other.misses);
    }

    String text() {
      return reads + " " + stale + " " + overdue + " " + commits + " " + hits + " " + misses;
    }
  }

  /** Runs the writers and readers of this JVM. */
  static Result run(SessionFactory sessions, long seconds) {
    Path file = Path.of(System.getProperty(MARKS));
    long size = (long) ARTICLES * (TIMES + 1) * Long.BYTES;
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer marks = channel.map(FileChannel.MapMode.READ_WRITE, 0, size);
      return new Race(sessions, marks, seconds).run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Result run() {
    Statistics statistics = sessions.getStatistics();
    long misses = statistics.getSecondLevelCacheMissCount();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < WRITERS; i++) {
      threads.add(new Thread(() -> repeat(this::write, 0), "writer-" + i));
    }
    int readers = readers();
    int readsPerSecond = Integer.getInteger(READS, 0);
    long pauseNanos = readsPerSecond == 0 ? 0 : TimeUnit.SECONDS.toNanos(readers) / readsPerSecond;
    for (int i = 0; i < readers; i++) {
      threads.add(new Thread(() -> repeat(this::read, pauseNanos), "reader-" + i));
    }
    threads.forEach(Thread::start);
    try {
      for (Thread thread : threads) {
        thread.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return new Result(
        reads.get(),
        stale.get(),
        overdue.get(),
        commits.get(),
        hits(),
        statistics.getSecondLevelCacheMissCount() - misses);
  }

  static int readers() {
    return Integer.getInteger(READERS, DEFAULT_READERS);
  }

  private void repeat(Runnable transaction, long pauseNanos) {
    long next = System.nanoTime();
    for (long now = next; !isOver(now); now = System.nanoTime()) {
      if (now < next) {
        LockSupport.parkNanos(next - now);
      } else {
        transaction.run();
        next += pauseNanos;
      }
    }
  }

  private boolean isOver(long now) {
    return now - endNanos >= 0
        && ((commits.get() >= ENOUGH && hits() >= ENOUGH) || now - endNanos >= PATIENCE_NANOS);
  }

  private long hits() {
    return sessions.getStatistics().getSecondLevelCacheHitCount() - hitsBefore;
  }

  private void write() {
    long id = ThreadLocalRandom.current().nextInt(ARTICLES);
    Article article;
    try {
      article = sessions.fromTransaction(session -> raise(session, id));
    } catch (RuntimeException changedByAnother) {
      // A row that another has locked or changed: the transaction was rolled back.
      return;
    }
    commits.incrementAndGet();
    LONGS.setVolatile(marks, time(id, article.version), System.nanoTime());
    int place = (int) id * Long.BYTES;
    long before = (long) LONGS.getVolatile(marks, place);
    while (before < article.version
        && !LONGS.compareAndSet(marks, place, before, (long) article.version)) {
      before = (long) LONGS.getVolatile(marks, place);
    }
  }

  private static Article raise(Session session, long id) {
    Article article = session.find(Article.class, id);
    article.price++;
    return article;
  }

  private static int time(long id, long version) {
    return (int) (ARTICLES + id * TIMES + version % TIMES) * Long.BYTES;
  }

  private void read() {
    long id = ThreadLocalRandom.current().nextInt(ARTICLES);
    long committed = (long) LONGS.getVolatile(marks, (int) id * Long.BYTES);
    long begin = System.nanoTime();
    int found = sessions.fromTransaction(session -> session.find(Article.class, id).version);
    reads.incrementAndGet();
    if (found < committed) {
      stale.incrementAndGet();
      long replaced = (long) LONGS.getVolatile(marks, time(id, found + 1L));
      if (replaced != 0 && begin - replaced > NEAR_BOUND_NANOS) {
        overdue.incrementAndGet();
      }
    }
  }
}
