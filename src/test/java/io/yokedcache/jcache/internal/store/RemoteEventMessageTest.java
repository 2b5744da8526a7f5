package io.yokedcache.jcache.internal.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.internal.redis.Bytes;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Changes arrive as they were sent, and what is no change is ignored. */
final class RemoteEventMessageTest {

  private static final Bytes ORIGIN = Bytes.of(new byte[] {1, 2, 3, 4, 5, 6, 7, (byte) 0xff});

  static Stream<RemoteEventMessage> messages() {
    return Stream.of(
        message(Change.CREATED, "key", null, "new"),
        message(Change.CREATED, "", null, ""),
        message(Change.UPDATED, "key", null, "new"),
        message(Change.UPDATED, "key", "old", "new"),
        message(Change.UPDATED, "key", "", ""),
        message(Change.REMOVED, "key", null, null),
        message(Change.REMOVED, "key", "old", null),
        message(Change.REMOVED, "key", "", null),
        message(Change.EXPIRED, "key", "old", null));
  }

  @ParameterizedTest
  @MethodSource("messages")
  void decode_encoded(RemoteEventMessage message) {
    assertThat(RemoteEventMessage.decode(message.encode())).isEqualTo(message);
  }

  @Test
  void encode_writtenIsAnUpdate() {
    RemoteEventMessage decoded =
        RemoteEventMessage.decode(message(Change.WRITTEN, "key", null, "new").encode());

    assertThat(decoded).isEqualTo(message(Change.UPDATED, "key", null, "new"));
  }

  @Test
  void encode_nothing() {
    RemoteEventMessage nothing = message(Change.NONE, "key", null, null);

    assertThatThrownBy(nothing::encode).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @MethodSource("messages")
  void decode_cutShort(RemoteEventMessage message) {
    byte[] whole = message.encode();
    int head = 2 + ORIGIN.length() + 4 + message.key().length() + 4;
    for (int length = 0; length < head; length++) {
      assertThat(RemoteEventMessage.decode(Arrays.copyOf(whole, length))).as("%d", length).isNull();
    }
  }

  @Test
  void decode_otherVersionOrChange() {
    byte[] message = message(Change.CREATED, "key", null, "new").encode();
    byte[] otherVersion = message.clone();
    otherVersion[0] = 2;
    byte[] otherChange = message.clone();
    otherChange[1] = 9;

    assertThat(RemoteEventMessage.decode(otherVersion)).isNull();
    assertThat(RemoteEventMessage.decode(otherChange)).isNull();
  }

  @Test
  void decode_garbage() {
    Random random = new Random(107);
    for (int i = 0; i < 20_000; i++) {
      byte[] garbage = new byte[random.nextInt(64)];
      random.nextBytes(garbage);
      if (garbage.length > 1) {
        garbage[0] = 1;
        garbage[1] = (byte) random.nextInt(6);
      }
      assertThatCode(() -> RemoteEventMessage.decode(garbage)).doesNotThrowAnyException();
    }
  }

  private static RemoteEventMessage message(
      Change change, String key, @Nullable String prior, @Nullable String value) {
    return new RemoteEventMessage(
        change,
        ORIGIN,
        Bytes.utf8(key),
        prior == null ? null : Bytes.utf8(prior),
        value == null ? null : Bytes.utf8(value));
  }
}
