package io.yokedcache.jcache.internal.redis.pipeline;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.Endpoint;
import io.yokedcache.jcache.internal.redis.PooledExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import io.yokedcache.jcache.internal.redis.ReplyReader;
import io.yokedcache.jcache.internal.settings.Settings;
import io.yokedcache.jcache.testing.ConnectionSettings;
import io.yokedcache.jcache.testing.RedisServer;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;

/**
 * Which requests go over shared connections, and which over the pool so that nobody has to wait for
 * them.
 */
final class PipelinedExecutorIT {

  private static final int MUCH = 100_000;
  private static final int MAX_VALUE_BYTES = 1 << 20;

  private final RedisServer redis = RedisServer.start();
  private final Settings.Connection settings =
      ConnectionSettings.local(redis.port())
          .clientName("executor-test")
          .timeouts(Duration.ofSeconds(5))
          .pool(2, Duration.ofSeconds(5))
          .build();
  private final PooledExecutor pool = new PooledExecutor(new Endpoint(settings, MAX_VALUE_BYTES));
  private final PipelinedExecutor executor = new PipelinedExecutor(pool);

  @AfterEach
  void stop() {
    executor.close();
    redis.close();
  }

  @Test
  void execute_small_goesOverALane() {
    echo(request(1, 10, 0));

    assertThat(pool.connections().idle()).isZero();
    assertThat(executor.connections().idle()).isEqualTo(1);
  }

  @Test
  void execute_largeRequest_goesOverThePool() {
    echo(request(1, MUCH, 0));

    assertThat(pool.connections().idle()).isEqualTo(1);
    assertThat(executor.connections().idle()).isEqualTo(1);
  }

  @Test
  void execute_manyCommands_goesOverThePool() {
    echo(request(100, 10, 0));

    assertThat(pool.connections().idle()).isEqualTo(1);
  }

  @Test
  void execute_largeReplyExpected_goesOverThePool() {
    echo(request(1, 10, MUCH));

    assertThat(pool.connections().idle()).isEqualTo(1);
    assertThat(executor.connections().idle()).isEqualTo(1);
  }

  @Test
  void execute_valueAboveTheLimit_isNotRead_andTheNextRepliesFit() {
    byte[] huge = new byte[(int) ReplyReader.limit(MAX_VALUE_BYTES, 1) + 1];
    byte[] largest = new byte[MAX_VALUE_BYTES];
    List<@Nullable Object> replies =
        executor.execute(
            new Request(
                "store",
                Bytes.utf8("route"),
                /* idempotent= */ true,
                List.of(
                    new CommandArguments(Command.SET).add("huge").add(huge),
                    new CommandArguments(Command.SET).add("largest").add(largest))));
    assertThat(replies).hasSize(2);

    replies =
        executor.execute(
            new Request(
                "read",
                Bytes.utf8("route"),
                /* idempotent= */ true,
                List.of(
                    new CommandArguments(Command.GET).add("huge"),
                    new CommandArguments(Command.MGET).add("none").add("huge").add("largest"),
                    new CommandArguments(Command.STRLEN).add("huge"))));

    assertThat(replies.get(0)).isSameAs(Bytes.tooLong());
    List<?> several = (List<?>) replies.get(1);
    assertThat(several.get(0)).isNull();
    assertThat(several.get(1)).isSameAs(Bytes.tooLong());
    assertThat(several.get(2)).isEqualTo(largest);
    assertThat(replies.get(2)).isEqualTo(huge.length + 0L);
    assertThat(executor.connections().reconnects()).isZero();
  }

  private void echo(Request request) {
    List<CommandArguments> commands = request.commands();
    assertThat(executor.execute(request)).hasSameSizeAs(commands).doesNotContainNull();
  }

  private static Request request(int commands, int bytes, int replyBytes) {
    String text = "x".repeat(bytes);
    return new Request(
        "echo",
        Bytes.utf8("route"),
        /* idempotent= */ true,
        Collections.nCopies(commands, new CommandArguments(Command.ECHO).add(text.getBytes(UTF_8))),
        replyBytes);
  }
}
