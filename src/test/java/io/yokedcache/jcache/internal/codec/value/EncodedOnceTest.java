package io.yokedcache.jcache.internal.codec.value;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.codec.Codec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import org.junit.jupiter.api.Test;

/** Values that remember their encoded form. */
final class EncodedOnceTest {

  private static final byte[] BYTES = {1, 2, 3};

  /** A value. */
  private static final class Name extends EncodedOnce implements Serializable {

    private static final long serialVersionUID = 1L;

    @SuppressWarnings("unused") // Serialised.
    private final String text = "text";
  }

  @Test
  void form_isThatOfTheSameCodec() {
    Codec<?> codec = StringCodec.INSTANCE;
    Name name = new Name();
    assertThat(name.form(codec)).isNull();

    name.remember(codec, BYTES);

    assertThat(name.form(codec)).isSameAs(BYTES);
    assertThat(name.form(BytesCodec.INSTANCE)).isNull();
  }

  @Test
  void remember_isNotPartOfTheValue() throws IOException {
    Name name = new Name();
    byte[] before = serialized(name);

    name.remember(StringCodec.INSTANCE, BYTES);

    assertThat(serialized(name)).isEqualTo(before);
  }

  private static byte[] serialized(Object object) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(object);
    }
    return bytes.toByteArray();
  }
}
