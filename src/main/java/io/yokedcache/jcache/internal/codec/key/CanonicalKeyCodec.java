package io.yokedcache.jcache.internal.codec.key;

import io.yokedcache.jcache.codec.Codec;
import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.codec.SerializationSettings;
import io.yokedcache.jcache.internal.codec.serial.AllowedClasses;
import io.yokedcache.jcache.internal.codec.serial.ClassResolver;
import io.yokedcache.jcache.internal.codec.serial.ClosedTypes;
import io.yokedcache.jcache.internal.codec.serial.JavaCodec;
import io.yokedcache.jcache.internal.codec.serial.JavaStreams;
import io.yokedcache.jcache.internal.codec.serial.LimitedOutput;
import io.yokedcache.jcache.internal.codec.serial.TypeLearner;
import io.yokedcache.jcache.internal.codec.serial.Utf8;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Encodes keys as canonical bytes: equal keys have the same bytes in every JVM, and unequal keys
 * have different bytes. Strings are written as UTF-8. Other types are written as readable text
 * where possible, such as {@code #L42} or {@code #TLocalDate:2024-02-29}.
 *
 * <p>These types are canonical:
 *
 * <ul>
 *   <li>{@code String}, the boxed types, {@code BigInteger} and {@code BigDecimal} (2.0 and 2.00
 *       are different keys, as in Java), {@code UUID}, {@code Currency}, {@code Locale}, {@code
 *       URI}, the types of {@code java.time}, {@code java.util.Date} and {@code java.sql.Date},
 *       {@code Time} and {@code Timestamp} (four distinct types);
 *   <li>enum constants, by name;
 *   <li>arrays, by content;
 *   <li>lists, sets, maps and map entries, by content, as in their {@code equals}; they are read
 *       back as {@code ArrayList}, {@code LinkedHashSet}, {@code LinkedHashMap} and an immutable
 *       entry, or as the class that a field or the declared type requires;
 *   <li>records, component by component;
 *   <li>Serializable classes without {@code writeObject} and {@code writeReplace}, field by field,
 *       transient fields left out. A class whose {@code equals} does not compare exactly these
 *       fields (for example, it ignores case, or it stores a hash code in a field that is not
 *       transient) needs a custom codec;
 *   <li>the key classes of Hibernate, of the reference implementation of the cache annotations, and
 *       of Micronaut, without the hash code that they store.
 * </ul>
 *
 * <p>All other classes are written by Java serialisation, and the codec logs one warning per class:
 * equal keys of these classes can have different bytes. When the fields of a class change, its keys
 * change too.
 *
 * <p>Classes are instantiated only if {@link JavaCodec} allows them or this codec has encoded them.
 * Keys of other classes can be written and looked up, but iterators and events cannot read them
 * back. The limits {@code maxDepth} and {@code maxBytes} apply in both directions. Safe for use by
 * several threads.
 *
 * @param <K> the type of the keys
 */
public final class CanonicalKeyCodec<K> implements Codec<K>, TypeLearner {

  private final Class<K> type;
  private final SerializationSettings settings;
  private final JavaStreams streams;
  private final KeyForms forms;
  private final @Nullable String form;

  /**
   * Creates the codec.
   *
   * @param type the declared type of the keys; the type and its package are allowed, except for
   *     types of the JDK
   * @param loader the loader that is asked first; the context loader of the thread is asked next,
   *     then the loader of the type
   * @param settings the allowed classes and the limits
   * @param otherDeclaredTypes further types that are allowed with their packages
   * @throws javax.cache.CacheException if a pattern or a preset of the settings is malformed
   */
  public CanonicalKeyCodec(
      Class<K> type,
      ClassLoader loader,
      SerializationSettings settings,
      Class<?>... otherDeclaredTypes) {
    this.type = type;
    this.form = formOf(type, ClosedTypes.classesOf(type) != null);
    this.settings = settings;
    this.streams =
        new JavaStreams(
            new AllowedClasses(settings, type, otherDeclaredTypes),
            new ClassResolver(loader, type.getClassLoader()),
            settings);
    this.forms = new KeyForms(streams.allowed().isClosed(), new ObjectForms(streams));
  }

  @Override
  public String id() {
    return "canonical";
  }

  @Override
  public byte[] encode(K key) {
    byte[] bytes = frequentForm(key);
    if (bytes != null && bytes.length <= settings.maxBytes()) {
      return bytes;
    }
    try {
      KeyWriter out = new KeyWriter(forms, settings);
      forms.write(key, out);
      return out.toBytes();
    } catch (CodecException e) {
      throw e;
    } catch (RuntimeException | StackOverflowError e) {
      throw new CodecException(
          "A key of " + key.getClass().getName() + " could not be encoded: " + e, e);
    }
  }

  /** The fast path for the most frequent types. It writes the same bytes. */
  private static byte @Nullable [] frequentForm(Object key) {
    if (key instanceof String text) {
      boolean plain =
          (text.isEmpty() || text.charAt(0) != KeyForms.MARK) && Utf8.isWellFormed(text);
      return plain ? text.getBytes(StandardCharsets.UTF_8) : null;
    }
    if (key instanceof Long number) {
      return TextForms.encode('L', number);
    }
    if (key instanceof Integer number) {
      return TextForms.encode('I', number);
    }
    return key instanceof UUID id ? ("#U" + id).getBytes(StandardCharsets.ISO_8859_1) : null;
  }

  @Override
  public K decode(byte[] bytes) {
    if (bytes.length > settings.maxBytes()) {
      throw LimitedOutput.tooLong(bytes.length, settings.maxBytes());
    }
    Object key;
    if (!mayBeOfType(bytes)) {
      throw new CodecException(
          CodecException.Reason.WRONG_TYPE,
          "The bytes hold a key of another type, expected a key of " + type.getName(),
          null);
    }
    try {
      key = Containers.become(forms.read(new KeyReader(forms, settings, bytes)), type);
    } catch (CodecException e) {
      throw e;
    } catch (RuntimeException | LinkageError | StackOverflowError e) {
      throw new CodecException("These " + bytes.length + " bytes are not a canonical key: " + e, e);
    }
    if (!type.isInstance(key)) {
      String found = key == null ? "a null" : "a " + key.getClass().getName();
      throw new CodecException(
          CodecException.Reason.WRONG_TYPE,
          "The bytes hold " + found + ", expected a key of " + type.getName(),
          null);
    }
    return type.cast(key);
  }

  /**
   * Returns whether the bytes begin with the prefix of the declared type, if the type is final and
   * plain.
   */
  private boolean mayBeOfType(byte[] bytes) {
    if (form == null) {
      return true;
    }
    if (bytes.length == 0 || bytes[0] != KeyForms.MARK) {
      return type == String.class;
    }
    if (type == String.class) {
      return bytes.length > 1 && (bytes[1] == KeyForms.MARK || bytes[1] == 'X');
    }
    for (int i = 0; i < form.length(); i++) {
      if (i >= bytes.length || bytes[i] != form.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** The prefix of keys of a plain type, or {@code null} if the type does not determine it. */
  private static @Nullable String formOf(Class<?> type, boolean isClosed) {
    if (!isClosed) {
      return null;
    }
    if (type == String.class) {
      return "";
    }
    String text = TextForms.prefixOf(type);
    if (text != null) {
      return text;
    }
    if (type.isEnum()) {
      return "#E";
    }
    if (type.isArray()) {
      return type == byte[].class ? "#b" : "#A";
    }
    return type.isRecord() ? "#R" : null;
  }

  @Override
  public List<String> learnedTypes() {
    return streams.allowed().learned().names();
  }
}
