package io.yokedcache.metrics.statsd;

import java.math.BigDecimal;

/**
 * Numbers as StatsD daemons read them: a point whatever the locale, and no exponent, because the
 * plain daemon reads {@code @1.0E-4} as 1.
 */
final class Decimals {

  /** Beyond this a {@code double} holds no odd numbers. */
  private static final double EXACT_INTEGERS = 1L << 53;

  private Decimals() {}

  /** Appends a finite number, multiplied by ten to the power of {@code shift}. */
  static void append(StringBuilder out, double number, int shift) {
    if (shift == 0 && number == Math.rint(number) && Math.abs(number) < EXACT_INTEGERS) {
      out.append((long) number);
    } else {
      // Shifted as a decimal: 0.0007 s times 1000 is 0.7000000000000001 as a double.
      BigDecimal decimal = BigDecimal.valueOf(number).movePointRight(shift);
      out.append(decimal.stripTrailingZeros().toPlainString());
    }
  }
}
