package io.yokedcache.jcache.internal.expiry;

import io.yokedcache.jcache.internal.store.Ttl;
import java.util.Set;
import javax.cache.expiry.AccessedExpiryPolicy;
import javax.cache.expiry.CreatedExpiryPolicy;
import javax.cache.expiry.Duration;
import javax.cache.expiry.EternalExpiryPolicy;
import javax.cache.expiry.ExpiryPolicy;
import javax.cache.expiry.ModifiedExpiryPolicy;
import javax.cache.expiry.TouchedExpiryPolicy;
import org.jspecify.annotations.Nullable;

/**
 * The expiry of one of the five policies of JSR-107: constants, read once.
 *
 * @param onCreation time to live of a new entry
 * @param onUpdate time to live of an entry that gets another value
 * @param onAccess time to live of an entry that is read
 */
public record FixedExpiry(Ttl onCreation, Ttl onUpdate, Ttl onAccess) implements EntryExpiry {

  private static final Set<Class<? extends ExpiryPolicy>> FIXED =
      Set.of(
          AccessedExpiryPolicy.class,
          CreatedExpiryPolicy.class,
          EternalExpiryPolicy.class,
          ModifiedExpiryPolicy.class,
          TouchedExpiryPolicy.class);

  static boolean isFixed(ExpiryPolicy policy) {
    return FIXED.contains(policy.getClass());
  }

  static FixedExpiry of(ExpiryPolicy policy) {
    Ttl onCreation = EntryExpiry.ttl(policy.getExpiryForCreation());
    Ttl onUpdate = orUnchanged(policy.getExpiryForUpdate());
    if (onCreation.isEternal() && onUpdate.isUnchanged()) {
      onUpdate = Ttl.ETERNAL; // the same, and Redis has a plain command for it
    }
    return new FixedExpiry(onCreation, onUpdate, orUnchanged(policy.getExpiryForAccess()));
  }

  private static Ttl orUnchanged(@Nullable Duration duration) {
    return duration == null ? Ttl.UNCHANGED : EntryExpiry.ttl(duration);
  }

  @Override
  public boolean isFixed() {
    return true;
  }
}
