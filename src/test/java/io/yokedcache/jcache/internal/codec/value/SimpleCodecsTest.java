package io.yokedcache.jcache.internal.codec.value;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.codec.CodecException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The codecs {@code string} and {@code bytes}. */
final class SimpleCodecsTest {

  @ParameterizedTest
  @ValueSource(strings = {"", "plain", "Grüße", "\uD83D\uDE00", "a\uFFFDb", "\u0000"})
  void string_wellFormed_roundTripsAsUtf8(String text) {
    byte[] bytes = StringCodec.INSTANCE.encode(text);
    assertThat(bytes).isEqualTo(text.getBytes(UTF_8));
    assertThat(StringCodec.INSTANCE.decode(bytes)).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void string_unpairedSurrogate_isRefused(int form) {
    String high = String.valueOf((char) 0xD800);
    String low = String.valueOf((char) 0xDC00);
    String text =
        switch (form) {
          case 0 -> high;
          case 1 -> low;
          case 2 -> high + "x";
          default -> "x" + low + high;
        };
    assertThatThrownBy(() -> StringCodec.INSTANCE.encode(text))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("surrogate");
  }

  @Test
  void string_malformedBytes_areRefused() {
    byte[][] malformed = {
      {(byte) 0xFF},
      {(byte) 0xC3},
      {(byte) 0xED, (byte) 0xA0, (byte) 0x80},
      {(byte) 0xC0, (byte) 0x80}
    };
    for (byte[] bytes : malformed) {
      assertThatThrownBy(() -> StringCodec.INSTANCE.decode(bytes))
          .isInstanceOf(CodecException.class)
          .hasMessageContaining("not UTF-8");
    }
  }

  @Test
  void bytes_copyBothWays() {
    byte[] value = {1, 2, 3};
    byte[] encoded = BytesCodec.INSTANCE.encode(value);
    byte[] decoded = BytesCodec.INSTANCE.decode(encoded);
    assertThat(encoded).isEqualTo(value).isNotSameAs(value);
    assertThat(decoded).isEqualTo(value).isNotSameAs(encoded);
  }

  @Test
  void ids_areTheNames() {
    assertThat(StringCodec.INSTANCE.id()).isEqualTo("string");
    assertThat(BytesCodec.INSTANCE.id()).isEqualTo("bytes");
  }
}
