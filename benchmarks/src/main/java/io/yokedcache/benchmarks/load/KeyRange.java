package io.yokedcache.benchmarks.load;

import java.util.Arrays;
import java.util.Random;

/**
 * The keys of the load and their values: a value begins with the number of its key, so that every
 * answer can be checked. Immutable.
 */
final class KeyRange {

  private static final double ZIPF_EXPONENT = 0.99;
  private static final int SKEWED_SAMPLES = 1 << 16;
  private static final long SEED = 42;

  private final String[] names;
  private final int valueBytes;
  private final int[] skewed;

  /**
   * Creates the keys.
   *
   * @param prefix of every key
   * @param count how many
   * @param valueBytes size of each value, at least 4
   */
  KeyRange(String prefix, int count, int valueBytes) {
    this.valueBytes = valueBytes;
    this.names = new String[count];
    Arrays.setAll(names, i -> prefix + String.format("%012d", i));
    this.skewed = zipf(count);
  }

  /** Numbers of keys of which few come often: rank r with a share of 1 / r^0.99. */
  private static int[] zipf(int count) {
    double[] upTo = new double[count];
    double sum = 0;
    for (int rank = 0; rank < count; rank++) {
      sum += 1 / Math.pow(rank + 1.0, ZIPF_EXPONENT);
      upTo[rank] = sum;
    }
    Random random = new Random(SEED);
    int[] samples = new int[SKEWED_SAMPLES];
    for (int i = 0; i < samples.length; i++) {
      int found = Arrays.binarySearch(upTo, random.nextDouble() * sum);
      samples[i] = Math.min(count - 1, found < 0 ? -found - 1 : found);
    }
    return samples;
  }

  int count() {
    return names.length;
  }

  String name(int key) {
    return names[key];
  }

  /** The key at some place in an endless sequence with a skew. */
  int skewed(long place) {
    return skewed[(int) (place & (SKEWED_SAMPLES - 1))];
  }

  /** A new value of a key. */
  byte[] value(int key) {
    byte[] value = new byte[valueBytes];
    value[0] = (byte) (key >>> 24);
    value[1] = (byte) (key >>> 16);
    value[2] = (byte) (key >>> 8);
    value[3] = (byte) key;
    return value;
  }

  /** Whether that is a value of that key. */
  boolean isValue(int key, byte[] value) {
    return value.length == valueBytes
        && value[0] == (byte) (key >>> 24)
        && value[1] == (byte) (key >>> 16)
        && value[2] == (byte) (key >>> 8)
        && value[3] == (byte) key;
  }
}
