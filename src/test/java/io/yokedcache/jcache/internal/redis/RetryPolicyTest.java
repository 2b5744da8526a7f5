package io.yokedcache.jcache.internal.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisDataException;

/** Which requests are sent again, and when connections are replaced. */
final class RetryPolicyTest {

  private final JedisDataException readOnly = new JedisDataException("READONLY You can't");

  private static Request request(boolean idempotent, Command... commands) {
    return new Request(
        "test",
        Bytes.of(new byte[] {'k'}),
        idempotent,
        Arrays.stream(commands).map(CommandArguments::new).toList());
  }

  @Test
  void mayRepeat_onlyIfNothingWasDoneThatHarmsTwice() {
    Request write = request(false, Command.GET, Command.SET, Command.SET);
    assertThat(write.mayRepeat(Arrays.asList(null, readOnly, readOnly))).isTrue();
    assertThat(write.mayRepeat(Arrays.asList(null, "OK", readOnly))).isFalse();
    assertThat(request(true, Command.DEL, Command.DEL).mayRepeat(List.of(1L, readOnly))).isTrue();
  }

  @Test
  void mayChange_readsAndScripts() {
    assertThat(request(true, Command.MGET).mayChange()).isFalse();
    assertThat(request(true, Command.GET, Command.GETEX).mayChange()).isFalse();
    assertThat(request(true, Command.EVALSHA).mayChange()).isFalse();
    assertThat(request(false, Command.EVALSHA).mayChange()).isTrue();
    assertThat(request(false, Command.GET, Command.SET).mayChange()).isTrue();
    assertThat(request(false, Command.GET, Command.GETDEL).mayChange()).isTrue();
  }

  @Test
  void decide_serverRefusesForEver() {
    RetryPolicy policy = new RetryPolicy(Duration.ZERO);
    long started = System.nanoTime();
    int fresh = 0;
    for (int i = 0; i < 10_000; i++) {
      long madeNanos = System.nanoTime();
      fresh += policy.decide(readOnly, true, madeNanos, System.nanoTime()) >= 0 ? 1 : 0;
    }
    long seconds = Duration.ofNanos(System.nanoTime() - started).toSeconds();
    assertThat(fresh).as("connections made again").isBetween(0, 10 + 3 * (int) seconds);
  }

  @Test
  void decide_oneThreadHasConnectionsReplaced() {
    RetryPolicy policy = new RetryPolicy(Duration.ofSeconds(60));
    long madeNanos = System.nanoTime();
    long startNanos = madeNanos;
    while (System.nanoTime() - madeNanos < Duration.ofMillis(10).toNanos()) {
      Thread.onSpinWait();
    }
    assertThat(policy.isCondemned(madeNanos)).isFalse();
    assertThat(policy.decide(readOnly, true, madeNanos, startNanos)).isZero();
    assertThat(policy.isCondemned(madeNanos)).isTrue();
    long again = System.nanoTime();
    assertThat(policy.isCondemned(again)).isFalse();
    assertThat(policy.decide(readOnly, true, again, startNanos)).isPositive();
    assertThat(policy.decide(readOnly, false, again, startNanos)).isEqualTo(-1);
    assertThat(policy.decide(new JedisDataException("OOM no"), true, again, startNanos))
        .isEqualTo(-1);
  }

  @Test
  void decide_serverIsBusyAgain_afterItHasServed() {
    RetryPolicy policy = new RetryPolicy(Duration.ofMillis(20));
    JedisDataException busy = new JedisDataException("BUSY a script");
    long first = System.nanoTime();
    assertThat(policy.decide(busy, true, first, first)).isPositive();
    long decided = System.nanoTime();
    while (System.nanoTime() - decided < Duration.ofMillis(20).toNanos()) {
      Thread.onSpinWait();
    }
    assertThat(policy.decide(busy, true, first, System.nanoTime())).isEqualTo(-1);

    policy.accepted();

    assertThat(policy.decide(busy, true, first, System.nanoTime())).isPositive();
  }
}
