package io.yokedcache.jcache.internal.store;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Times to live: the codes never collide with a number of milliseconds. */
final class TtlTest {

  @Test
  void ofMillis_ordinary() {
    Ttl second = Ttl.ofMillis(1_000);

    assertThat(second.millis()).isEqualTo(1_000);
    assertThat(second.isZero() || second.isEternal() || second.isUnchanged()).isFalse();
  }

  @Test
  void ofMillis_zeroOrLess() {
    assertThat(Ttl.ofMillis(0)).isEqualTo(Ttl.ZERO);
    assertThat(Ttl.ofMillis(-1)).isEqualTo(Ttl.ZERO);
    assertThat(Ttl.ofMillis(-2)).isEqualTo(Ttl.ZERO);
    assertThat(Ttl.ofMillis(Long.MIN_VALUE)).isEqualTo(Ttl.ZERO);
    assertThat(Ttl.ZERO.isZero()).isTrue();
  }

  @Test
  void ofMillis_tooLongForRedis() {
    long thousandYears = 1000L * 366 * 24 * 60 * 60 * 1000;

    assertThat(Ttl.ofMillis(Long.MAX_VALUE)).isEqualTo(Ttl.ETERNAL);
    assertThat(Ttl.ofMillis(thousandYears + 1).isEternal()).isTrue();
    assertThat(Ttl.ofMillis(thousandYears).isEternal()).isFalse();
  }

  @Test
  void constants_areDistinct() {
    assertThat(Ttl.ETERNAL).isNotEqualTo(Ttl.UNCHANGED).isNotEqualTo(Ttl.ZERO);
    assertThat(Ttl.UNCHANGED.isUnchanged()).isTrue();
    assertThat(Ttl.UNCHANGED.isEternal()).isFalse();
  }
}
