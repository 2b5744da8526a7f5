package io.yokedcache.jcache.internal.entry;

import io.yokedcache.jcache.internal.redis.Bytes;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The local changes of the last two seconds, and whether their messages have arrived from Redis.
 * Bounded: with too many keys it forgets all, and for two seconds answers for every key as if it
 * were being changed. Takes almost no memory unless it is enabled. Safe for use by several threads.
 */
final class RecentLocalChanges {

  /** How long the message of a local change may take; a later one counts as lost. */
  private static final long SPAN_NANOS = TimeUnit.SECONDS.toNanos(2);

  private static final int MAX_KEYS = 10_000;

  /** Created before {@code enabled} is first set; never removed. */
  private volatile @Nullable ConcurrentMap<Bytes, Mark> marks;

  private volatile boolean enabled;

  /** Until when nothing is known, after too many keys. */
  private volatile long unknownUntilNanos = System.nanoTime();

  /**
   * The recent changes of a key.
   *
   * @param awaited the number of changes whose message has not arrived
   * @param nanos when the last change began or ended
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

  /** Notes that a change begins. */
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

  /** Notes that a change ends. */
  void end(Bytes key) {
    ConcurrentMap<Bytes, Mark> known = marks;
    if (enabled && known != null) {
      long now = System.nanoTime();
      known.compute(key, (same, mark) -> new Mark(mark == null ? 0 : mark.awaited, now));
    }
  }

  /** Notes the message of a local change. */
  void heard(Bytes key) {
    ConcurrentMap<Bytes, Mark> known = marks;
    if (known != null) {
      known.computeIfPresent(
          key, (same, mark) -> new Mark(Math.max(0, mark.awaited - 1), mark.nanos));
    }
  }

  /** Whether a local change may have been made whose message has not arrived. */
  boolean isAwaited(Bytes key) {
    long now = System.nanoTime();
    Mark mark = mark(key);
    return isUnknown(now) || (mark != null && mark.awaited > 0 && !isOld(mark, now));
  }

  /** Whether a change may have begun or ended since a time. */
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
