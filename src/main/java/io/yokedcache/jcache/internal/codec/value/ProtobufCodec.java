package io.yokedcache.jcache.internal.codec.value;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.ExtensionRegistryLite;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.yokedcache.jcache.codec.Codec;
import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.codec.CodecException.Reason;
import io.yokedcache.jcache.codec.SerializationSettings;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Modifier;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;

/**
 * Encodes messages of Protocol Buffers in their binary form, which programs in other languages can
 * read and write. The declared type is the class that {@code protoc} generated: its parser reads
 * the values, and the data names no class. Unknown fields are kept, so that an application with an
 * older schema loses none.
 *
 * <p>The entries of maps are sorted, so that equal messages nearly always have equal bytes; the
 * format does not promise it, so this cannot encode keys. Safe for use by several threads.
 *
 * @param <T> the class of the messages
 */
public final class ProtobufCodec<T> implements Codec<T> {

  /** Part of the message of the library's exception, which has no other sign of this reason. */
  private static final String TOO_DEEP = "too many levels of nesting";

  private final Class<T> type;
  private final Parser<?> parser;
  private final int maxDepth;

  /**
   * Creates the codec.
   *
   * @param type the declared type of the values
   * @param settings has the greatest nesting of messages
   * @throws CacheException if the type is not a generated message class
   * @throws NoClassDefFoundError if Protocol Buffers are not on the class path
   */
  public ProtobufCodec(Class<T> type, SerializationSettings settings) {
    this.type = type;
    this.parser = parser(type);
    this.maxDepth = (int) Math.min(Integer.MAX_VALUE, settings.maxDepth());
  }

  private static Parser<?> parser(Class<?> type) {
    if (!MessageLite.class.isAssignableFrom(type)
        || type.isInterface()
        || Modifier.isAbstract(type.getModifiers())) {
      throw noMessage(type, /* cause= */ null);
    }
    try {
      if (type.getMethod("parser").invoke(null) instanceof Parser<?> parser) {
        return parser;
      }
      throw noMessage(type, /* cause= */ null);
    } catch (InvocationTargetException e) {
      throw noMessage(type, e.getCause());
    } catch (ReflectiveOperationException | NullPointerException e) {
      throw noMessage(type, e); // there is none, or it is not static
    }
  }

  private static CacheException noMessage(Class<?> type, @Nullable Throwable cause) {
    return new CacheException(
        "The codec protobuf takes messages of Protocol Buffers: the cache is declared for "
            + type.getTypeName()
            + ", which is not a message class that protoc has generated. Set value-type, or call"
            + " setTypes of the configuration of the cache, with such a class; or set another"
            + " value-codec",
        cause);
  }

  @Override
  public String id() {
    return "protobuf";
  }

  @Override
  public byte[] encode(T value) {
    if (!(value instanceof MessageLite message) || value.getClass() != type) {
      throw new CodecException(
          Reason.WRONG_TYPE,
          "The codec protobuf takes messages of the declared "
              + type
              + ", not an object of "
              + value.getClass(),
          /* cause= */ null);
    }
    if (!message.isInitialized()) {
      throw new CodecException(
          "A message of " + type + " lacks a required field; nobody could read it back", null);
    }
    try {
      byte[] bytes = new byte[message.getSerializedSize()];
      CodedOutputStream out = CodedOutputStream.newInstance(bytes);
      out.useDeterministicSerialization();
      message.writeTo(out);
      out.checkNoSpaceLeft();
      return bytes;
    } catch (IOException e) {
      throw new CodecException("A message of " + type + " cannot be written: " + e, e);
    }
  }

  @Override
  public T decode(byte[] bytes) {
    try {
      CodedInputStream in = CodedInputStream.newInstance(bytes);
      int unused = in.setRecursionLimit(maxDepth);
      Object message = parser.parseFrom(in, ExtensionRegistryLite.getEmptyRegistry());
      in.checkLastTagWas(0); // else the bytes end with the end of a group that did not begin
      return type.cast(message);
    } catch (InvalidProtocolBufferException e) {
      boolean isTooDeep = String.valueOf(e.getMessage()).contains(TOO_DEEP);
      throw new CodecException(
          isTooDeep ? Reason.LIMIT : Reason.DAMAGED,
          "No message of "
              + type
              + ": "
              + e.getMessage()
              + (isTooDeep ? " yokedcache.serialization.max-depth = " + maxDepth : ""),
          e);
    }
  }
}
