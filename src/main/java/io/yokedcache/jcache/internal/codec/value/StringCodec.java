package io.yokedcache.jcache.internal.codec.value;

import io.yokedcache.jcache.codec.Codec;
import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.internal.codec.serial.Utf8;
import java.nio.charset.StandardCharsets;

/**
 * Encodes text as strict UTF-8, which {@code redis-cli} and clients in other languages can read.
 * The form is canonical, so the codec serves for keys and values. Safe for use by several threads.
 */
public final class StringCodec implements Codec<String> {

  /** The single instance; it has no state. */
  public static final StringCodec INSTANCE = new StringCodec();

  private StringCodec() {}

  @Override
  public String id() {
    return "string";
  }

  @Override
  public byte[] encode(String value) {
    if (!Utf8.isWellFormed(value)) {
      throw new CodecException(
          "A String of "
              + value.length()
              + " chars has a surrogate without its partner and therefore no UTF-8 form; mend the"
              + " text or use the codec auto",
          null);
    }
    return value.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public String decode(byte[] bytes) {
    return Utf8.decode(bytes, 0, bytes.length);
  }
}
