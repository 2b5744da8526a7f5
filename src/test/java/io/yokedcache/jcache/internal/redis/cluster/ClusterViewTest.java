package io.yokedcache.jcache.internal.redis.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.internal.settings.Settings.Address;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which nodes redirects name. */
final class ClusterViewTest {

  @ParameterizedTest
  @CsvSource({
    "MOVED 3999 10.0.0.1:6380, 10.0.0.1:6380",
    "ASK 3999 ::1:6380, [::1]:6380",
    "MOVED 3999 :6380, asked:6380",
    "MOVED 3999 ?:6380, asked:6380",
    "MOVED 3999 :0,",
    "ASK 3999 10.0.0.1:0,"
  })
  void redirect_target(String reply, @Nullable String expected) {
    Address target = ClusterView.redirect(reply, new Address("asked", 6379));
    assertThat(target == null ? null : target.toString()).isEqualTo(expected);
  }
}
