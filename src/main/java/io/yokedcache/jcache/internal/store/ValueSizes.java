package io.yokedcache.jcache.internal.store;

/**
 * Estimates how large the values of a cache are that are going to be read, by those that were: a
 * larger one counts at once, smaller ones little by little. What a reply will weigh is not known
 * before it comes, and then all replies behind it have to wait.
 *
 * <p>Safe for use by several threads. Of two that note a size at the same time one may be lost,
 * which an estimate survives.
 */
final class ValueSizes {

  /** After some hundred small values a large one is forgotten. */
  private static final int SHARE = 64;

  private volatile int estimate;

  /** Notes that a value was read. */
  void seen(int length) {
    int known = estimate;
    if (length > known) {
      estimate = length;
    } else if (length < known) {
      estimate = known - (known - length + SHARE - 1) / SHARE;
    }
  }

  /** How many bytes so many values probably have, together. */
  int expected(int count) {
    return (int) Math.min(Integer.MAX_VALUE, (long) estimate * count);
  }
}
