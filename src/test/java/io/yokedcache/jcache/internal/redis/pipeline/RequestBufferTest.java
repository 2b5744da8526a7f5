package io.yokedcache.jcache.internal.redis.pipeline;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.args.Rawable;

/** Commands as Redis reads them. */
final class RequestBufferTest {

  private final ByteArrayOutputStream written = new ByteArrayOutputStream();
  private final RequestBuffer buffer = new RequestBuffer(written);

  @Test
  void flush_commands_inTheProtocol() throws IOException {
    buffer.encode(
        List.of(
            new CommandArguments(Command.SET).add("k").add("x".repeat(12)),
            new CommandArguments(Command.PING)));
    assertThat(written.size()).isZero();
    buffer.flush();

    assertThat(written.toString(UTF_8))
        .isEqualTo("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$12\r\nxxxxxxxxxxxx\r\n*1\r\n$4\r\nPING\r\n");
    assertThat(buffer.encodedBytes()).isEqualTo(written.size());
  }

  @Test
  void encode_moreThanFits_inOrder() throws IOException {
    StringBuilder expected = new StringBuilder();
    for (int i = 0; i < 200; i++) {
      String text = i + "y".repeat(500 * (i % 20));
      buffer.encode(List.of(new CommandArguments(Command.ECHO).add(text)));
      expected.append("*2\r\n$4\r\nECHO\r\n$").append(text.length()).append("\r\n");
      expected.append(text).append("\r\n");
    }
    buffer.encode(List.of(new CommandArguments(Command.ECHO).add("z".repeat(100_000))));
    expected.append("*2\r\n$4\r\nECHO\r\n$100000\r\n").append("z".repeat(100_000)).append("\r\n");
    buffer.flush();

    assertThat(written.toString(UTF_8)).isEqualTo(expected.toString());
  }

  @Test
  void encode_endedByAnError_leavesNothingBehind() throws IOException {
    buffer.encode(List.of(new CommandArguments(Command.PING)));
    int[] asked = new int[1];
    Rawable failing =
        () -> {
          if (asked[0]++ > 0) {
            throw new StackOverflowError();
          }
          return new byte[] {1};
        };
    assertThatThrownBy(
            () ->
                buffer.encode(
                    List.of(new CommandArguments(Command.ECHO).add("before").add(failing))))
        .isInstanceOf(StackOverflowError.class);
    buffer.encode(List.of(new CommandArguments(Command.PING)));
    buffer.flush();

    assertThat(written.toString(UTF_8)).isEqualTo("*1\r\n$4\r\nPING\r\n".repeat(2));
  }

  @Test
  void flush_endedInTheMiddle_neverWritesAgain() {
    RequestBuffer broken =
        new RequestBuffer(
            new OutputStream() {
              @Override
              public void write(int each) {
                throw new StackOverflowError();
              }
            });
    assertThatThrownBy(
            () -> {
              broken.encode(List.of(new CommandArguments(Command.PING)));
              broken.flush();
            })
        .isInstanceOf(StackOverflowError.class);
    assertThatThrownBy(broken::flush).isInstanceOf(IOException.class);
  }
}
