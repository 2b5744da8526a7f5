package io.yokedcache.jcache.internal.entry;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import javax.cache.CacheException;
import org.junit.jupiter.api.Test;

/** Attempts end when their time is up, and say what to do about it. */
final class ContentionBackoffTest {

  @Test
  void spoilt_timeLeft() {
    ContentionBackoff contention = new ContentionBackoff(Duration.ofMinutes(10));

    assertThatCode(
            () -> {
              for (int i = 0; i < 50; i++) {
                contention.spoilt("replace", "key");
              }
            })
        .doesNotThrowAnyException();
  }

  @Test
  void spoilt_timeIsUp() {
    ContentionBackoff contention = new ContentionBackoff(Duration.ofMillis(30));

    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 1_000_000; i++) {
                contention.spoilt("replace", "secret key");
              }
            })
        .isInstanceOf(CacheException.class)
        .hasMessageContaining("replace of a key of class java.lang.String gave up after")
        .hasMessageContaining("Raise contention-timeout (30 ms)")
        .hasMessageNotContaining("secret");
  }
}
