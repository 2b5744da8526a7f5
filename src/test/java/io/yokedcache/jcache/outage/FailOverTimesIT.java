package io.yokedcache.jcache.outage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.testing.RedisSentinel;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** A fail-over counts once, though each sentinel tells of it, and has a bounded gap. */
final class FailOverTimesIT {

  @Test
  void failOver() {
    try (RedisSentinel servers = RedisSentinel.start(1);
        FailOverTimes times = FailOverTimes.of(servers)) {
      long before = System.nanoTime();
      assertThat(times.count()).isZero();
      assertThat(times.splitFor(before)).isEmpty();

      servers.failOver().isAlive();

      await("a fail-over that is heard").atMost(RedisSentinel.BOUND).until(() -> times.count() > 0);
      long after = System.nanoTime();
      await("sentinels that have told all")
          .atMost(RedisSentinel.BOUND)
          .until(
              () -> servers.sentinelPorts().stream().noneMatch(port -> isUnderWay(servers, port)));
      assertThat(times.count()).isEqualTo(1);
      assertThat(times.splitFor(before - Duration.ofSeconds(1).toNanos())).isEmpty();
      assertThat(times.splitFor(after + FailOverTimes.BOUND.toNanos())).isEmpty();
    }
  }

  private static boolean isUnderWay(RedisSentinel servers, int sentinel) {
    try (Jedis jedis = servers.openSentinel(sentinel)) {
      return String.valueOf(jedis.sentinelMaster(RedisSentinel.MASTER_NAME).get("flags"))
          .contains("failover_in_progress");
    }
  }
}
