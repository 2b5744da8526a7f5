package io.yokedcache.jcache.internal.codec.value;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.UninterpretedOption;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.ListValue;
import com.google.protobuf.Message;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Struct;
import com.google.protobuf.Timestamp;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.Value;
import io.yokedcache.jcache.codec.Codec;
import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.codec.CodecException.Reason;
import io.yokedcache.jcache.internal.codec.TestSettings;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import javax.cache.CacheException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ProtobufCodecTest {

  private static final long SEED = 7;

  private static final int MAX_DEPTH = 9;

  private final Codec<Struct> structs = codec(Struct.class);
  private final Codec<Timestamp> timestamps = codec(Timestamp.class);

  private static <T> Codec<T> codec(Class<T> type) {
    return new ProtobufCodec<>(type, TestSettings.limits(MAX_DEPTH, 1_000, 1_000, 1_000_000));
  }

  private static Value text(String text) {
    return Value.newBuilder().setStringValue(text).build();
  }

  @Test
  void encode_andDecode() {
    Timestamp time = Timestamp.newBuilder().setSeconds(7).setNanos(9).build();
    Struct order =
        Struct.newBuilder()
            .putFields("name", text("\u00fc\uD83D\uDE00"))
            .putFields("count", Value.newBuilder().setNumberValue(1.5).build())
            .build();

    assertThat(timestamps.encode(time)).containsExactly(8, 7, 16, 9);
    assertThat(timestamps.decode(new byte[] {8, 7, 16, 9})).isEqualTo(time);
    assertThat(structs.decode(structs.encode(order))).isEqualTo(order);
    assertThat(structs.decode(new byte[0])).isEqualTo(Struct.getDefaultInstance());
    assertThat(structs.id()).isEqualTo("protobuf");
  }

  @Test
  void encode_sortsMaps() {
    Struct forth = Struct.newBuilder().putFields("a", text("1")).putFields("b", text("2")).build();
    Struct back = Struct.newBuilder().putFields("b", text("2")).putFields("a", text("1")).build();

    assertThat(structs.encode(forth)).isEqualTo(structs.encode(back));
  }

  /** An application with an older schema must not lose the fields of a newer one. */
  @Test
  void decode_keepsUnknownFields() {
    Timestamp newer =
        Timestamp.newBuilder()
            .setSeconds(7)
            .setUnknownFields(
                UnknownFieldSet.newBuilder()
                    .addField(99, UnknownFieldSet.Field.newBuilder().addVarint(5).build())
                    .build())
            .build();

    byte[] bytes = timestamps.encode(newer);

    assertThat(timestamps.encode(timestamps.decode(bytes))).isEqualTo(bytes).hasSize(5);
  }

  @Test
  void decode_nestedTooDeep() {
    assertThat(structs.decode(structs.encode(nested(1)))).isNotNull();

    assertThatExceptionOfType(CodecException.class)
        .isThrownBy(() -> structs.decode(structs.encode(nested(MAX_DEPTH))))
        .withMessageContaining("max-depth = " + MAX_DEPTH)
        .extracting(CodecException::reason)
        .isEqualTo(Reason.LIMIT);
  }

  private static Struct nested(int depth) {
    Value value = text("x");
    for (int i = 0; i < depth; i++) {
      value = Value.newBuilder().setListValue(ListValue.newBuilder().addValues(value)).build();
    }
    return Struct.newBuilder().putFields("a", value).build();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a field without a value: \b",
        "a text that is longer than the bytes: \n\u007f",
        "the end of a group: \f",
        "field 0: \0",
        "wire type 7: \u000f",
        "a negative length: \n\u00ff\u00ff\u00ff\u00ff\u000f"
      })
  void decode_damaged(String example) {
    byte[] bytes =
        ByteString.copyFrom(
                example.substring(example.indexOf(": ") + 2), StandardCharsets.ISO_8859_1)
            .toByteArray();

    assertThatExceptionOfType(CodecException.class)
        .isThrownBy(() -> structs.decode(bytes))
        .withMessageContaining(Struct.class.getName())
        .extracting(CodecException::reason)
        .isEqualTo(Reason.DAMAGED);
  }

  /** Whatever is in Redis, the codec returns a message or throws its exception. */
  @Test
  void decode_random() {
    Random random = new Random(SEED);
    byte[] valid = structs.encode(nested(3));
    int decoded = 0;
    for (int i = 0; i < 100_000; i++) {
      byte[] bytes = valid.clone();
      for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      try {
        assertThat(structs.decode(bytes)).isInstanceOf(Struct.class);
        decoded++;
      } catch (CodecException damaged) {
        assertThat(damaged.reason()).isIn(Reason.DAMAGED, Reason.LIMIT);
      }
    }
    assertThat(decoded).isBetween(1_000, 99_000);
  }

  @Test
  void encode_missingRequiredField() {
    Codec<UninterpretedOption.NamePart> codec = codec(UninterpretedOption.NamePart.class);

    assertThatExceptionOfType(CodecException.class)
        .isThrownBy(() -> codec.encode(UninterpretedOption.NamePart.newBuilder().buildPartial()))
        .withMessageContaining("required field");
    assertThatExceptionOfType(CodecException.class)
        .isThrownBy(() -> codec.decode(new byte[0]))
        .withMessageContaining(UninterpretedOption.NamePart.class.getName());
  }

  @Test
  @SuppressWarnings({"rawtypes", "unchecked"}) // as a caller without generics
  void encode_otherClass() {
    Codec raw = timestamps;

    assertThatExceptionOfType(CodecException.class)
        .isThrownBy(() -> raw.encode(Struct.getDefaultInstance()))
        .withMessageContaining(Struct.class.getName())
        .extracting(CodecException::reason)
        .isEqualTo(Reason.WRONG_TYPE);
  }

  @Test
  void create_noMessageClass() {
    for (Class<?> type :
        List.of(
            Object.class,
            String.class,
            Message.class,
            MessageLite.class,
            DynamicMessage.class,
            Timestamp.Builder.class)) {
      assertThatExceptionOfType(CacheException.class)
          .as("%s", type)
          .isThrownBy(() -> codec(type))
          .withMessageContaining(type.getTypeName())
          .withMessageContaining("value-type");
    }
  }
}
