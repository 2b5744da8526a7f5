package io.yokedcache.jcache.internal.store;

import io.yokedcache.jcache.internal.redis.Bytes;

/**
 * Estimates the size of the next values of a cache by the last ones: a larger value counts at once,
 * smaller values little by little. The size of a reply is not known before it arrives, and then all
 * replies behind it have to wait.
 *
 * <p>Safe for use by several threads. If two threads note a size at the same time, one may be lost.
 */
final class ValueSizes {

  /** After some hundred small values a large one is forgotten. */
  private static final int SHARE = 64;

  private volatile int estimate;

  /** Returns the bytes of a value that was read, and notes its size. */
  Bytes read(byte[] value) {
    seen(value.length);
    return Bytes.of(value);
  }

  /** Notes that a value was read. */
  void seen(int length) {
    int known = estimate;
    if (length > known) {
      estimate = length;
    } else if (length < known) {
      estimate = known - (known - length + SHARE - 1) / SHARE;
    }
  }

  /** The estimated size of a number of values together. */
  int expected(int count) {
    return (int) Math.min(Integer.MAX_VALUE, (long) estimate * count);
  }
}
