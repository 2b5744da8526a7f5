package io.yokedcache.jcache.internal.store.keys;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.yokedcache.jcache.internal.redis.Bytes;
import java.util.Arrays;

/**
 * The hash tags of the buckets of a cache. Their slots lie evenly over the slots of a cluster, so
 * that masters with equal ranges of slots have equal numbers of buckets: the slots are divided into
 * {@value #RANGES} equal ranges, and the buckets have ranges at equal distances. The first bucket
 * of each cache has another range, so that the masters with one bucket more are others for each
 * cache. {@code orders#7.42} is bucket 7, and 42 the first number that brings it into its range.
 */
final class HashTags {

  /** Separates the number of the bucket from the number that brings it into its range. */
  static final char POINT = '.';

  private static final int SLOTS = 16_384;
  private static final int RANGES = 64;

  /** The slots of the decimal numbers from 0. One bucket in ten million finds none. */
  private static final int[] NUMBERS = new int[1_000];

  static {
    Arrays.setAll(NUMBERS, number -> slot(Integer.toString(number), 0));
  }

  private HashTags() {}

  /**
   * The hash tag of a bucket.
   *
   * @param beginning what comes before the number of the bucket
   * @param bucket from 0
   * @param buckets how many the cache has; the tag of an only one has no second number
   */
  static String of(String beginning, int bucket, int buckets) {
    String tag = beginning + bucket;
    return buckets == 1
        ? tag
        : tag + POINT + number(tag + POINT, range(beginning, bucket, buckets));
  }

  private static int range(String beginning, int bucket, int buckets) {
    return (bucket * RANGES + slot(beginning, 0) % RANGES) / buckets;
  }

  private static int number(String head, int range) {
    int digits = 0;
    int ofHead = 0;
    for (int number = 0; number < NUMBERS.length; number++) {
      int needed = number < 10 ? 1 : number < 100 ? 2 : 3;
      if (needed != digits) {
        digits = needed;
        ofHead = slot(head, digits);
      }
      // A slot is a check sum: that of two texts together is that of the first with zeros in place
      // of the second, exclusive-or that of the second.
      int slot = ofHead ^ NUMBERS[number];
      if (slot * RANGES / SLOTS == range) {
        return number;
      }
    }
    return 0;
  }

  /** The slot of a text and some zero bytes. */
  private static int slot(String text, int zeros) {
    byte[] bytes = text.getBytes(US_ASCII);
    return Bytes.of(Arrays.copyOf(bytes, bytes.length + zeros)).slot();
  }
}
