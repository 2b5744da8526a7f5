package io.yokedcache.jcache.internal.redis.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class BatchLimitTest {

  private static final int ENOUGH = 256;

  private final BatchLimit limit = new BatchLimit();

  @Test
  void admits_nothingKnown_everything() {
    answered(ENOUGH - 1, 10);

    assertThat(limit.admits(1_000_000)).isTrue();
  }

  @Test
  void admits_serverNearby_oneBatch() {
    answered(ENOUGH, 30);

    assertThat(limit.admits(0)).isTrue();
    assertThat(limit.admits(1)).isFalse();
  }

  @Test
  void admits_serverFarAway_asManyAsFitIntoTheRoundTrip() {
    answered(ENOUGH, 1020);

    assertThat(limit.admits(20)).isTrue();
    assertThat(limit.admits(21)).isFalse();
  }

  @Test
  void admits_mostRoundTripsSlow_goesByTheFastest() {
    answered(ENOUGH - 1, 5000);
    answered(1, 30);

    assertThat(limit.admits(1)).isFalse();
  }

  @Test
  void admits_wayHasBecomeLonger_learnsIt() {
    answered(ENOUGH, 30);
    answered(ENOUGH, 520);

    assertThat(limit.admits(10)).isTrue();
    assertThat(limit.admits(11)).isFalse();
  }

  private void answered(int times, long micros) {
    for (int i = 0; i < times; i++) {
      limit.answered(TimeUnit.MICROSECONDS.toNanos(micros));
    }
  }
}
