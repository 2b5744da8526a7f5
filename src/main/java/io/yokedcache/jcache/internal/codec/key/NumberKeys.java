package io.yokedcache.jcache.internal.codec.key;

/**
 * The canonical form of the most frequent numbers, the same as that of {@link TextForms}, written
 * digit by digit: without a String between there is a third of the garbage.
 */
final class NumberKeys {

  private static final int RADIX = 10;

  /** A long has no more digits. */
  private static final int MAX_DIGITS = 19;

  private NumberKeys() {}

  /** A mark, a letter and the decimal digits, such as {@code #L-42}. */
  static byte[] encode(char letter, long number) {
    // Negative, since the least long has no positive counterpart.
    long rest = number < 0 ? number : -number;
    int start = number < 0 ? 3 : 2;
    byte[] bytes = new byte[start + digits(rest)];
    bytes[0] = KeyForms.MARK;
    bytes[1] = (byte) letter;
    bytes[2] = '-';
    for (int at = bytes.length - 1; at >= start; at--) {
      long tenth = rest / RADIX;
      bytes[at] = (byte) ('0' + (tenth * RADIX - rest));
      rest = tenth;
    }
    return bytes;
  }

  private static int digits(long negative) {
    int digits = 1;
    for (long power = -RADIX; digits < MAX_DIGITS && negative <= power; power *= RADIX) {
      digits++;
    }
    return digits;
  }
}
