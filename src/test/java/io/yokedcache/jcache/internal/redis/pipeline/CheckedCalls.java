package io.yokedcache.jcache.internal.redis.pipeline;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.commands.ProtocolCommand;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Calls of all kinds, with requests and replies from nothing to 1 MiB, whose replies fit no other
 * call. Small requests with large replies are among them: those take the shared connections.
 */
final class CheckedCalls {

  /** Around where requests change their way, buffers end, and values do. */
  private static final int[] EDGES = {
    0, 1, (8 << 10) - 1, 8 << 10, (32 << 10) - 1, 32 << 10, (32 << 10) + 1, 1 << 20
  };

  private static final int MAX_BYTES = 1 << 20;

  private final RedisExecutor executor;
  private final boolean isForgetful;

  /**
   * Makes calls.
   *
   * @param isForgetful whether the server may lose what was written, so that only echoes can be
   *     relied on
   */
  CheckedCalls(RedisExecutor executor, boolean isForgetful) {
    this.executor = executor;
    this.isForgetful = isForgetful;
  }

  /**
   * Makes a call of some kind, and fails if the reply is not the one to it.
   *
   * @param key which no other call has
   */
  void make(String key) {
    switch (ThreadLocalRandom.current().nextInt(6)) {
      case 0 -> assertEchoed(value(key), /* idempotent= */ true);
      case 1 -> assertStored(key.getBytes(UTF_8), value(key));
      case 2 -> assertThat(single(true, Command.GET, ("no:" + key).getBytes(UTF_8))).isNull();
      case 3 -> assertRefused(("text:" + key).getBytes(UTF_8));
      case 4 -> assertSeveral(key);
      default -> assertEchoed(("echo:" + key).getBytes(UTF_8), /* idempotent= */ false);
    }
  }

  /** A value of a random size that begins with the key. */
  private static byte[] value(String key) {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    byte[] start = (key + "=").getBytes(UTF_8);
    int size =
        switch (random.nextInt(100)) {
          case 0 -> random.nextInt(MAX_BYTES + 1);
          case 1 -> EDGES[random.nextInt(EDGES.length)];
          case 2, 3, 4 -> random.nextInt(20_000);
          default -> start.length + random.nextInt(200);
        };
    byte[] value = Arrays.copyOf(start, size);
    if (size > start.length) {
      Arrays.fill(value, start.length, size, (byte) random.nextInt(256));
    }
    return value;
  }

  private void assertEchoed(byte[] value, boolean idempotent) {
    assertThat(single(idempotent, Command.ECHO, value)).isEqualTo(value);
  }

  private void assertStored(byte[] key, byte[] value) {
    single(true, Command.SET, key, value);
    List<@Nullable Object> replies =
        executor.execute(
            request(
                true,
                List.of(
                    command(Command.ECHO, key),
                    command(Command.GET, key),
                    command(Command.STRLEN, key))));
    assertThat(replies.get(0)).isEqualTo(key);
    Object got = replies.get(1);
    if (got != null || !isForgetful) {
      assertThat(got).isEqualTo(value);
      assertThat(replies.get(2)).isEqualTo((long) value.length);
    }
    single(true, Command.UNLINK, key);
  }

  private void assertRefused(byte[] key) {
    single(true, Command.SET, key, "abc".getBytes(UTF_8));
    Object refused = single(false, Command.INCR, key);
    if (!isForgetful || !Long.valueOf(1).equals(refused)) {
      assertThat(refused)
          .isInstanceOfSatisfying(
              JedisDataException.class, e -> assertThat(e).hasMessageContaining("not an integer"));
    }
    single(true, Command.UNLINK, key);
  }

  private void assertSeveral(String key) {
    byte[] other = ("other:" + key).getBytes(UTF_8);
    byte[] value = value(key);
    List<@Nullable Object> replies =
        executor.execute(
            request(
                true,
                List.of(
                    command(Command.ECHO, other),
                    command(Command.MGET, ("no:" + key).getBytes(UTF_8), other),
                    command(Command.ECHO, value),
                    command(Command.STRLEN, other))));
    assertThat(replies.get(0)).isEqualTo(other);
    assertThat((List<?>) replies.get(1)).hasSize(2).containsOnlyNulls();
    assertThat(replies.get(2)).isEqualTo(value);
    assertThat(replies.get(3)).isEqualTo(0L);
  }

  private @Nullable Object single(
      boolean idempotent, ProtocolCommand command, byte[]... arguments) {
    return executor.execute(request(idempotent, List.of(command(command, arguments)))).get(0);
  }

  private static CommandArguments command(ProtocolCommand command, byte[]... arguments) {
    CommandArguments built = new CommandArguments(command);
    for (byte[] argument : arguments) {
      built.add(argument);
    }
    return built;
  }

  private static Request request(boolean idempotent, List<CommandArguments> commands) {
    return new Request("stress", Bytes.of(new byte[0]), idempotent, commands);
  }
}
