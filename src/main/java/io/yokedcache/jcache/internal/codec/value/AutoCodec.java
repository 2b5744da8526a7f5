package io.yokedcache.jcache.internal.codec.value;

import io.yokedcache.jcache.codec.Codec;
import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.codec.SerializationSettings;
import io.yokedcache.jcache.internal.codec.serial.JavaCodec;
import io.yokedcache.jcache.internal.codec.serial.LimitedOutput;
import io.yokedcache.jcache.internal.codec.serial.TypeLearner;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Encodes values of frequent classes in a few bytes and all other values by Java serialisation, as
 * {@link JavaCodec} does. The first byte tells the format, so this codec also reads the bytes of
 * the codec {@code java}.
 *
 * <p>The compact form is used for objects of exactly these classes: {@code String}, the boxed
 * types, {@code BigInteger}, {@code BigDecimal}, {@code UUID}, the times and periods of {@code
 * java.time}, and arrays of primitive types but {@code boolean} ({@link PlainForm}). Equal values
 * of these classes have equal bytes. Frequent collections of the JDK, {@code String[]}, and records
 * are written by their elements and components if all of them are such values, enums, records or
 * collections ({@link CompactForm}). Inside other objects they are serialised with them.
 *
 * <p>The limits and the refusals of {@code JavaCodec} apply. Do not use it for keys: serialised
 * objects are not canonical. Safe for use by several threads.
 *
 * @param <T> the type of the objects
 */
public final class AutoCodec<T> implements Codec<T>, TypeLearner {

  private final Class<T> type;
  private final SerializationSettings settings;
  private final JavaCodec<T> java;
  private final @Nullable PlainForm<T> declared;

  /** Made when the first record or container is encoded or decoded. */
  private volatile @Nullable CompactForm compact;

  /**
   * Creates the codec.
   *
   * @param type the declared type; the type and its package are allowed, except for types of the
   *     JDK
   * @param loader the loader that is asked first; the context loader of the thread is asked next,
   *     then the loader of the type
   * @param settings the allowed classes and the limits
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
    this.declared = PlainForm.of(type);
  }

  @Override
  public String id() {
    return "auto";
  }

  @Override
  public byte[] encode(T value) {
    PlainForm<T> form = value.getClass() == type ? declared : formOf(value);
    if (form != null) {
      return form.encoder().apply(value, settings);
    }
    byte[] bytes = settings.java() && CompactWriter.begins(value) ? compact().encode(value) : null;
    return bytes == null ? java.encode(value) : bytes;
  }

  private CompactForm compact() {
    CompactForm made = compact;
    return made != null ? made : makeCompact();
  }

  private synchronized CompactForm makeCompact() {
    CompactForm made = compact;
    if (made == null) {
      made = new CompactForm(java.streams());
      compact = made;
    }
    return made;
  }

  @SuppressWarnings("unchecked") // A form is found by the exact class of the object.
  private @Nullable PlainForm<T> formOf(T value) {
    return (PlainForm<T>) PlainForm.of(value.getClass());
  }

  @Override
  public T decode(byte[] bytes) {
    PlainForm<?> form = bytes.length == 0 ? null : PlainForm.ofTag(bytes[0]);
    if (form == null) {
      return bytes.length > 0 && CompactReader.begins(bytes[0]) && settings.java()
          ? type.cast(compact().decode(bytes, type))
          : java.decode(bytes);
    }
    if (bytes.length > settings.maxBytes()) {
      throw LimitedOutput.tooLong(bytes.length, settings.maxBytes());
    }
    if (declared != null && form.type() != type) {
      throw JavaCodec.wrongType(form.type(), type);
    }
    try {
      return JavaCodec.checked(form.decoder().apply(bytes, settings), type);
    } catch (CodecException e) {
      throw e;
    } catch (RuntimeException e) {
      throw PlainForm.damaged(bytes, e.toString(), e);
    }
  }

  @Override
  public List<String> learnedTypes() {
    return java.learnedTypes();
  }
}
