package io.yokedcache.jcache.internal.expiry;

import java.time.Duration;
import javax.cache.CacheException;
import javax.cache.expiry.ExpiryPolicy;

/**
 * The age from which an entry is loaded again, told by the time to live that it has left.
 *
 * @param oldTtlMillis an entry is old if it has at most this time left
 */
public record RefreshAge(long oldTtlMillis) {

  /**
   * The age of the entries of a policy that gives all of them the same time to live.
   *
   * @throws CacheException if the policy does not, or if it lets entries expire before that age
   */
  public static RefreshAge of(String cacheName, Duration refreshAfter, ExpiryPolicy policy) {
    EntryExpiry expiry = EntryExpiry.of(policy);
    String reason = null;
    if (!expiry.isFixed()) {
      reason = "may give each entry another one";
    } else if (!expiry.onAccess().isUnchanged()) {
      reason = "renews it when an entry is read";
    } else if (expiry.onCreation().isEternal()) {
      reason = "gives none";
    } else if (expiry.onCreation().millis() <= refreshAfter.toMillis()) {
      reason = "ends it after " + expiry.onCreation().millis() + " ms already";
    }
    if (reason != null) {
      throw new CacheException(
          "Cache "
              + cacheName
              + " cannot load its entries again after "
              + refreshAfter.toMillis()
              + " ms (refresh-after): the age of an entry follows from the time to live that is"
              + " left, and "
              + policy.getClass().getName()
              + " "
              + reason
              + ". Set time-to-live to more than refresh-after, use CreatedExpiryPolicy or"
              + " ModifiedExpiryPolicy, or set refresh-after = null");
    }
    return new RefreshAge(expiry.onCreation().millis() - refreshAfter.toMillis());
  }

  /**
   * Whether an entry is old. An entry without time to live never is: the application has put it so,
   * or it was put under another policy.
   *
   * @param ttlMillis the time to live that is left; negative for none
   */
  public boolean isOld(long ttlMillis) {
    return ttlMillis >= 0 && ttlMillis <= oldTtlMillis;
  }

  /** How long an entry stays young, in milliseconds; 0 if it is old, the maximum if never. */
  public long youngMillis(long ttlMillis) {
    return ttlMillis < 0 ? Long.MAX_VALUE : Math.max(0, ttlMillis - oldTtlMillis);
  }
}
