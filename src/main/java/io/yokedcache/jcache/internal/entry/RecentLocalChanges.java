package io.yokedcache.jcache.internal.entry;

import io.yokedcache.jcache.internal.redis.Bytes;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The turns with keys in the last two seconds, and whether the messages of the changes that were
 * made in them have come back from Redis. Bounded: when there are too many keys, it knows for two
 * seconds of none, and answers as for a key that has a turn. Takes next to no memory unless it is
 * enabled. Safe for use by several threads.
 */
final class RecentLocalChanges {

  /** How long the message of an own change may take; then it is taken for lost. */
  private static final long SPAN_NANOS = TimeUnit.SECONDS.toNanos(2);

  private static final int MAX_KEYS = 10_000;

  /** Made when it is first enabled, before {@code enabled} says so; then it stays. */
  private volatile @Nullable ConcurrentMap<Bytes, Mark> marks;

  private volatile boolean enabled;

  /** Until when nothing is known, since there were too many keys. */
  private volatile long unknownUntilNanos = System.nanoTime();

  /**
   * What is known of a key.
   *
   * @param awaited how many turns there were whose message has not come
   * @param nanos when the last turn began or ended
   */
  private record Mark(int awaited, long nanos) {}

  synchronized void enable(boolean wanted) {
    ConcurrentMap<Bytes, Mark> known = marks;
    if (wanted && known == null) {
      marks = new ConcurrentHashMap<>();
    }
    enabled = wanted;
    if (!wanted && known != null) {
      known.clear();
    }
  }

  private @Nullable Mark mark(Bytes key) {
    ConcurrentMap<Bytes, Mark> known = marks;
    return known == null ? null : known.get(key);
  }

  /** A turn begins. */
  void begin(Bytes key) {
    ConcurrentMap<Bytes, Mark> known = marks;
    if (enabled && known != null) {
      long now = System.nanoTime();
      if (known.size() >= MAX_KEYS) {
        forgetOld(known, now);
      }
      known.compute(
          key,
          (same, mark) -> new Mark(mark == null || isOld(mark, now) ? 1 : mark.awaited + 1, now));
    }
  }

  /** A turn ends. */
  void end(Bytes key) {
    ConcurrentMap<Bytes, Mark> known = marks;
    if (enabled && known != null) {
      long now = System.nanoTime();
      known.compute(key, (same, mark) -> new Mark(mark == null ? 0 : mark.awaited, now));
    }
  }

  /** The message of an own change came. */
  void heard(Bytes key) {
    ConcurrentMap<Bytes, Mark> known = marks;
    if (known != null) {
      known.computeIfPresent(
          key, (same, mark) -> new Mark(Math.max(0, mark.awaited - 1), mark.nanos));
    }
  }

  /** Whether an own change may have been made whose message has not come. */
  boolean isAwaited(Bytes key) {
    long now = System.nanoTime();
    Mark mark = mark(key);
    return isUnknown(now) || (mark != null && mark.awaited > 0 && !isOld(mark, now));
  }

  /** Whether a turn may have begun or ended since a time. */
  boolean changedSince(Bytes key, long nanos) {
    Mark mark = mark(key);
    return isUnknown(System.nanoTime()) || (mark != null && mark.nanos - nanos > 0);
  }

  private boolean isUnknown(long now) {
    return unknownUntilNanos - now > 0;
  }

  private static boolean isOld(Mark mark, long now) {
    return now - mark.nanos > SPAN_NANOS;
  }

  private void forgetOld(ConcurrentMap<Bytes, Mark> known, long now) {
    known.values().removeIf(mark -> isOld(mark, now));
    if (known.size() >= MAX_KEYS) {
      unknownUntilNanos = now + SPAN_NANOS;
      known.clear();
    }
  }
}
