package io.yokedcache.jcache.internal.expiry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.cache.CacheException;
import javax.cache.expiry.AccessedExpiryPolicy;
import javax.cache.expiry.CreatedExpiryPolicy;
import javax.cache.expiry.Duration;
import javax.cache.expiry.EternalExpiryPolicy;
import javax.cache.expiry.ExpiryPolicy;
import javax.cache.expiry.ModifiedExpiryPolicy;
import org.junit.jupiter.api.Test;

/** The age of entries by the time to live that they have left. */
final class RefreshAgeTest {

  private static final java.time.Duration FIVE_SECONDS = java.time.Duration.ofSeconds(5);

  private static Duration seconds(long seconds) {
    return new Duration(TimeUnit.SECONDS, seconds);
  }

  @Test
  void isOld_fromThatAgeOn() {
    for (ExpiryPolicy policy :
        List.of(new CreatedExpiryPolicy(seconds(30)), new ModifiedExpiryPolicy(seconds(30)))) {
      RefreshAge age = RefreshAge.of("orders", FIVE_SECONDS, policy);

      assertThat(age.isOld(30_000)).isFalse();
      assertThat(age.isOld(25_001)).isFalse();
      assertThat(age.isOld(25_000)).isTrue();
      assertThat(age.isOld(0)).isTrue();
      assertThat(age.youngMillis(30_000)).isEqualTo(5_000);
      assertThat(age.youngMillis(25_000)).isZero();
      assertThat(age.youngMillis(1)).isZero();
    }
  }

  @Test
  void isOld_withoutTimeToLive_never() {
    RefreshAge age = RefreshAge.of("orders", FIVE_SECONDS, new CreatedExpiryPolicy(seconds(30)));

    assertThat(age.isOld(-1)).isFalse();
    assertThat(age.youngMillis(-1)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void of_ageIsNotKnown_namesTheCure() {
    for (ExpiryPolicy policy :
        List.of(
            new EternalExpiryPolicy(),
            new AccessedExpiryPolicy(seconds(30)),
            new CreatedExpiryPolicy(seconds(5)),
            new Halving())) {
      assertThatThrownBy(() -> RefreshAge.of("orders", FIVE_SECONDS, policy))
          .isInstanceOf(CacheException.class)
          .hasMessageContaining("Cache orders")
          .hasMessageContaining("5000 ms (refresh-after)")
          .hasMessageContaining(policy.getClass().getName())
          .hasMessageContaining("Set time-to-live");
    }
  }

  /** A policy of an application. */
  private static final class Halving implements ExpiryPolicy {

    @Override
    public Duration getExpiryForCreation() {
      return seconds(30);
    }

    @Override
    public Duration getExpiryForAccess() {
      return seconds(15);
    }

    @Override
    public Duration getExpiryForUpdate() {
      return seconds(15);
    }
  }
}
