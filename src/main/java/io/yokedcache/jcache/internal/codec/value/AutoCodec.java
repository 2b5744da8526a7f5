package io.yokedcache.jcache.internal.codec.value;

import io.yokedcache.jcache.codec.Codec;
import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.codec.RefusedClassException;
import io.yokedcache.jcache.codec.SerializationSettings;
import io.yokedcache.jcache.internal.codec.serial.JavaCodec;
import io.yokedcache.jcache.internal.codec.serial.LimitedOutput;
import io.yokedcache.jcache.internal.codec.serial.TypeLearner;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Values of frequent classes in a few bytes, everything else by Java serialisation as {@link
 * JavaCodec} does it. The bytes say themselves which it is, so what {@code java} wrote can be read.
 *
 * <p>Not serialised are objects of exactly these classes: {@code String}, {@code byte[]}, the boxed
 * types, {@code BigInteger}, {@code BigDecimal}, {@code UUID}, {@code Instant}, {@code Duration},
 * {@code LocalDate} and {@code LocalDateTime}; equal ones are equal bytes. As parts of other
 * objects they are serialised with them.
 *
 * <p>The limits of {@code JavaCodec} apply, and what it refuses is refused. Not for keys: it is not
 * canonical for what it serialises. Safe for use by several threads.
 *
 * @param <T> what is encoded
 */
public final class AutoCodec<T> implements Codec<T>, TypeLearner {

  private final Class<T> type;
  private final SerializationSettings settings;
  private final JavaCodec<T> java;
  private final @Nullable PlainForm<T> declared;

  /**
   * Creates the codec.
   *
   * @param type the declared type; it and its package are allowed, unless it is one of the JDK
   * @param loader where classes are found first; after it comes the context loader of the thread
   * @param settings what else is allowed, and the limits
   * @param otherDeclaredTypes further types that are allowed with their packages
   * @throws javax.cache.CacheException if a pattern or a preset of the settings is malformed
   */
  public AutoCodec(
      Class<T> type,
      ClassLoader loader,
      SerializationSettings settings,
      Class<?>... otherDeclaredTypes) {
    this.type = type;
    this.settings = settings;
    this.java = new JavaCodec<>(type, loader, settings, otherDeclaredTypes);
    this.declared = PlainForms.of(type);
  }

  /**
   * The name of this codec.
   *
   * @return {@code auto}
   */
  @Override
  public String id() {
    return "auto";
  }

  /**
   * Encodes a value.
   *
   * @param value the value
   * @return its bytes
   * @throws CodecException if the value holds an object that is not Serializable, or exceeds a
   *     limit; the message names the class or the limit
   * @throws RefusedClassException if the value holds objects of classes that could not be read back
   */
  @Override
  public byte[] encode(T value) {
    PlainForm<T> form = value.getClass() == type ? declared : formOf(value);
    return form == null ? java.encode(value) : form.encode(value, settings);
  }

  @SuppressWarnings("unchecked") // A form takes objects of the very class that it is found by.
  private @Nullable PlainForm<T> formOf(T value) {
    return (PlainForm<T>) PlainForms.of(value.getClass());
  }

  /**
   * Decodes a value.
   *
   * @param bytes its bytes, written by this codec or by {@code java}
   * @return the value
   * @throws CodecException if the bytes are damaged, exceed a limit, or hold another type
   * @throws RefusedClassException if the bytes hold an object of a class that is not allowed
   */
  @Override
  public T decode(byte[] bytes) {
    PlainForm<?> form = bytes.length == 0 ? null : PlainForms.ofTag(bytes[0]);
    if (form == null) {
      return java.decode(bytes);
    }
    if (bytes.length > settings.maxBytes()) {
      throw LimitedOutput.tooLong(bytes.length, settings.maxBytes());
    }
    if (declared != null && form != declared) {
      throw JavaCodec.wrongType(form.type(), type);
    }
    try {
      return JavaCodec.checked(form.decode(bytes, settings), type);
    } catch (CodecException e) {
      throw e;
    } catch (RuntimeException e) {
      throw PlainForms.damaged(bytes, e.toString(), e);
    }
  }

  /**
   * Returns the classes that may be read back because they were encoded here.
   *
   * @return their binary names, sorted
   */
  @Override
  public List<String> learnedTypes() {
    return java.learnedTypes();
  }
}
