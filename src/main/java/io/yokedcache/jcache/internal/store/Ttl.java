package io.yokedcache.jcache.internal.store;

import java.time.Duration;

/**
 * The time to live that an operation gives to an entry.
 *
 * @param millis milliseconds from now, or one of the codes of the constants
 */
public record Ttl(long millis) {

  /** The entry lives until it is removed. */
  public static final Ttl ETERNAL = new Ttl(-1);

  /** The time to live stays; on creation the same as {@link #ETERNAL}. */
  public static final Ttl UNCHANGED = new Ttl(-2);

  /** The entry expires at once. */
  public static final Ttl ZERO = new Ttl(0);

  /** About 1000 years: Redis adds the time to live to the clock and refuses an overflow. */
  private static final long MAX_MILLIS = 1000L * 366 * 24 * 60 * 60 * 1000;

  /** A positive duration, rounded up to milliseconds; {@link #ETERNAL} from about 1000 years on. */
  public static Ttl of(Duration duration) {
    return duration.compareTo(Duration.ofMillis(MAX_MILLIS)) >= 0
        ? ETERNAL
        : ofMillis(duration.plusNanos(999_999).toMillis());
  }

  /** The time to live of this many milliseconds; a negative number counts as none at all. */
  public static Ttl ofMillis(long millis) {
    if (millis <= 0) {
      return ZERO;
    }
    return millis > MAX_MILLIS ? ETERNAL : new Ttl(millis);
  }

  public boolean isZero() {
    return millis == 0;
  }

  public boolean isEternal() {
    return millis == ETERNAL.millis;
  }

  public boolean isUnchanged() {
    return millis == UNCHANGED.millis;
  }
}
