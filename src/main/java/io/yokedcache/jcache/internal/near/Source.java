package io.yokedcache.jcache.internal.near;

import java.util.function.LongSupplier;

/**
 * The origin of the invalidations of one bucket. Immutable.
 *
 * @param tracking the tracking of the server that holds the bucket
 * @param version returns the version of the way to the bucket, which grows before a request may go
 *     to another server
 * @param knownVersion the version at which that server held the bucket
 */
record Source(Tracking tracking, LongSupplier version, long knownVersion) {

  static final Source NONE = new Source(Tracking.NONE, () -> 0, 0);

  /** Whether all values that were read since came from the server that is tracked. */
  boolean isCurrent() {
    return version.getAsLong() == knownVersion;
  }

  boolean isSameAs(Source other) {
    return tracking == other.tracking && knownVersion == other.knownVersion;
  }
}
