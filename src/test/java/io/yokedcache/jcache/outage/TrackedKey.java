package io.yokedcache.jcache.outage;

/**
 * A key with what is known about its value. One thread changes the key, with numbers that grow; any
 * thread reads it. A removal has a number too. Safe for use by several threads.
 */
final class TrackedKey {

  /** A read may be judged by the acknowledgements of so many changes before it. */
  private static final int REMEMBERED = 256;

  final String name;

  /** The JVM that changes the key. */
  final int owner;

  // All guarded by this.
  private long next = 1;
  private long floor;
  private boolean certain;
  private boolean present;
  private int acknowledgements;
  private final long[] numbers = new long[REMEMBERED];
  private final long[] nanos = new long[REMEMBERED];

  TrackedKey(String name, int owner) {
    this.name = name;
    this.owner = owner;
  }

  /** Returns the number for the next change. */
  synchronized long begin() {
    certain = false;
    return next++;
  }

  /** The change returned normally. */
  synchronized void acknowledged(long number, boolean isPresent, long nowNanos) {
    ended(number);
    certain = true;
    present = isPresent;
    numbers[acknowledgements % REMEMBERED] = number;
    nanos[acknowledgements % REMEMBERED] = nowNanos;
    acknowledgements++;
  }

  /** The change failed: from now on its JVM must not find an older value. */
  synchronized void ended(long number) {
    floor = number;
  }

  /** Returns the last change whose call has ended in whatever way. */
  synchronized long floor() {
    return floor;
  }

  /** Returns the last change that was acknowledged by then, or 0. */
  synchronized long acknowledgedBy(long atNanos) {
    int oldest = Math.max(0, acknowledgements - REMEMBERED);
    for (int i = acknowledgements - 1; i >= oldest; i--) {
      if (nanos[i % REMEMBERED] - atNanos <= 0) {
        return numbers[i % REMEMBERED];
      }
    }
    return 0;
  }

  /** Returns whether the last change was an acknowledged put: then there must be an entry. */
  synchronized boolean mustBePresent() {
    return certain && present;
  }
}
