package io.yokedcache.jcache.internal.redis;

import io.yokedcache.jcache.testing.Interleavings;
import org.junit.jupiter.api.Test;

/** Connections that are lost and made by several threads at once. */
final class ReconnectCountTest {

  @Test
  void made_byTwoThreadsAfterOneFailure_countsOnce() {
    Interleavings.of(
        () -> {
          ReconnectCount count = new ReconnectCount();
          count.failed();
          Thread other = Interleavings.start(count::made);
          count.made();
          Interleavings.join(other);
          Interleavings.check(count.sum() == 1, "one reconnect");
        });
  }
}
