package io.yokedcache.jcache.internal.expiry;

import io.yokedcache.jcache.internal.store.Ttl;
import java.util.concurrent.TimeUnit;
import javax.cache.expiry.Duration;
import javax.cache.expiry.ExpiryPolicy;

/**
 * The times to live that an expiry policy asks for. Safe for use by several threads as far as the
 * policy is.
 */
public sealed interface EntryExpiry permits FixedExpiry, PolicyExpiry {

  /** The expiry of a policy: {@link FixedExpiry} if its answers never change. */
  static EntryExpiry of(ExpiryPolicy policy) {
    return FixedExpiry.isFixed(policy) ? FixedExpiry.of(policy) : new PolicyExpiry(policy);
  }

  /** A time to live that the application gives an entry; reading the entry leaves it as it is. */
  static EntryExpiry own(Ttl ttl) {
    return new FixedExpiry(ttl, ttl, Ttl.UNCHANGED);
  }

  /** Whether the times are constants. */
  boolean isFixed();

  /** Time to live of a new entry, never {@link Ttl#UNCHANGED}. */
  Ttl onCreation();

  /** Time to live of an entry that gets another value. */
  Ttl onUpdate();

  /** Time to live of an entry that is read. */
  Ttl onAccess();

  /** A duration as time to live. */
  static Ttl ttl(Duration duration) {
    if (duration.isEternal()) {
      return Ttl.ETERNAL;
    }
    TimeUnit unit = duration.getTimeUnit();
    return Ttl.ofMillis(unit.toMillis(duration.getDurationAmount()));
  }
}
