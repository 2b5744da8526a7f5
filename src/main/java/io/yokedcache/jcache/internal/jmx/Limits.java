package io.yokedcache.jcache.internal.jmx;

import org.jspecify.annotations.Nullable;

/**
 * What a cache is watched for; a limit that is {@code null} is not watched.
 *
 * @param hitRateBelow the least share of lookups that shall find an entry, 0 to 1
 * @param getP99MicrosAbove what 99 % of all {@code get} shall not take longer than, in microseconds
 * @param sizeBytesAbove the most memory that the entries shall take in Redis
 */
public record Limits(
    @Nullable Double hitRateBelow,
    @Nullable Double getP99MicrosAbove,
    @Nullable Double sizeBytesAbove) {

  /** Whether there is anything to watch. */
  public boolean any() {
    return hitRateBelow != null || getP99MicrosAbove != null || sizeBytesAbove != null;
  }
}
