package io.yokedcache.jcache.internal.expiry;

import io.yokedcache.jcache.internal.integration.ApplicationCode;
import io.yokedcache.jcache.internal.store.Ttl;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import javax.cache.expiry.Duration;
import javax.cache.expiry.ExpiryPolicy;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The expiry of an application's own policy, asked at each operation and for that operation only
 * (JSR-107 1.1.1, Expiry Policies). A policy that throws leaves the time to live as it is; a new
 * entry is then eternal.
 */
final class PolicyExpiry implements EntryExpiry {

  private static final Logger logger = LoggerFactory.getLogger(PolicyExpiry.class);

  private final ExpiryPolicy policy;
  private final AtomicBoolean warned = new AtomicBoolean();

  PolicyExpiry(ExpiryPolicy policy) {
    this.policy = policy;
  }

  @Override
  public boolean isFixed() {
    return false;
  }

  @Override
  public Ttl onCreation() {
    return ask(policy::getExpiryForCreation, Ttl.ETERNAL);
  }

  @Override
  public Ttl onUpdate() {
    return ask(policy::getExpiryForUpdate, Ttl.UNCHANGED);
  }

  @Override
  public Ttl onAccess() {
    return ask(policy::getExpiryForAccess, Ttl.UNCHANGED);
  }

  private Ttl ask(Supplier<@Nullable Duration> question, Ttl otherwise) {
    try {
      Duration duration = question.get();
      return duration == null ? otherwise : EntryExpiry.ttl(duration);
    } catch (Throwable e) { // an error, too, as the reference does
      ApplicationCode.keepInterrupt(e);
      if (warned.compareAndSet(false, true)) {
        logger.warn(
            "The expiry policy {} failed: a new entry does not expire, and an entry that is read or"
                + " updated keeps its time to live",
            policy.getClass().getName(),
            e);
      }
      return otherwise;
    }
  }
}
