package io.yokedcache.jcache.internal.codec.value;

import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.codec.SerializationSettings;
import io.yokedcache.jcache.internal.codec.serial.BigEndian;
import io.yokedcache.jcache.internal.codec.serial.JavaCodec;
import io.yokedcache.jcache.internal.codec.serial.JavaStreams;
import io.yokedcache.jcache.internal.codec.serial.LimitedOutput;
import io.yokedcache.jcache.internal.codec.serial.ScanLimits;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The form in which one codec {@code auto} writes records and collections. Safe for use by several
 * threads.
 *
 * <pre>
 * value       N for null, or a value of {@link PlainForm}, or one of
 *             R class, components     primitive types without tag, other components as values
 *             E class, name           an enum constant, its name as a String
 *             A T H K V h k v a       {@link CompactContainer}: length, elements or keys and values
 * class       its number in this value (1), then its header if the number is new
 * </pre>
 *
 * <p>{@link CompactClass} has the header, {@link PlainForm} the length.
 *
 * <p>Values of these parts have this form, and all others are serialised as a whole. So are values
 * in which a mutable object occurs twice, since both occurrences are one object afterwards, and
 * values beyond a limit. A component that was added to a class since is null, 0 or false, and one
 * that was removed is ignored; Java serialisation does the same with records.
 */
final class CompactForm {

  private static final int MAX_EXPECTED_SIZE = 4096;

  private final JavaStreams streams;
  private final SerializationSettings settings;
  private final ScanLimits limits;

  /** The names of classes that may be read. They stay allowed. */
  private final Set<String> readable = ConcurrentHashMap.newKeySet();

  /** Classes that the loader of the manager has found, by their headers. */
  private final Map<Header, Class<?>> known = new ConcurrentHashMap<>();

  /** The length of the last value. Threads may see different ones; it is a guess. */
  private int expectedSize = 128;

  CompactForm(JavaStreams streams) {
    this.streams = streams;
    this.settings = streams.settings();
    this.limits = streams.allowed().limits();
  }

  /** A part of an array that is a header. */
  private static final class Header {

    private final byte[] bytes;
    private final int from;
    private final int to;

    Header(byte[] bytes, int from, int to) {
      this.bytes = bytes;
      this.from = from;
      this.to = to;
    }

    @Override
    public int hashCode() {
      int length = to - from;
      return length < Long.BYTES
          ? length
          : 31 * length
              + Long.hashCode(BigEndian.longAt(bytes, from + (length - Long.BYTES) / 2))
              + Long.hashCode(BigEndian.longAt(bytes, to - Long.BYTES));
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Header that
          && Arrays.equals(bytes, from, to, that.bytes, that.from, that.to);
    }
  }

  /**
   * Encodes a value.
   *
   * @return its bytes, or {@code null} if it has no compact form
   * @throws CodecException if it could not be read back
   */
  byte @Nullable [] encode(Object value) {
    CompactWriter out = new CompactWriter(settings, limits.comparisons(), expectedSize);
    byte[] bytes;
    try {
      out.write(value, /* depth= */ 1);
      bytes = out.toBytes();
    } catch (CompactWriter.UnsuitedException | StackOverflowError | LinkageError e) {
      return null;
    }
    for (Class<?> type : out.classes()) {
      streams.allowed().checkJvmFilter(type);
      if (!readable.contains(type.getName())) {
        streams.learn(value, Set.of(out.classes()));
        readable.add(type.getName());
      }
    }
    expectedSize = Math.min(MAX_EXPECTED_SIZE, bytes.length);
    return bytes;
  }

  /**
   * Decodes a value.
   *
   * @param type the type that it must have
   * @throws CodecException if the bytes are damaged, exceed a limit, or name a class that is not
   *     allowed
   */
  Object decode(byte[] bytes, Class<?> type) {
    if (bytes.length > settings.maxBytes()) {
      throw LimitedOutput.tooLong(bytes.length, settings.maxBytes());
    }
    try {
      return new CompactReader(this, bytes).read(type);
    } catch (CodecException e) {
      throw e;
    } catch (StackOverflowError | OutOfMemoryError e) {
      throw new CodecException(
          CodecException.Reason.RESOURCES,
          "These " + bytes.length + " bytes cannot be read: " + e,
          e);
    } catch (RuntimeException | LinkageError | InternalError e) {
      throw PlainForm.damaged(bytes, e.toString(), e);
    }
  }

  SerializationSettings settings() {
    return settings;
  }

  ScanLimits limits() {
    return limits;
  }

  void checkType(Class<?> found, Class<?> declared) {
    if (!declared.isAssignableFrom(found)) {
      throw JavaCodec.wrongType(found, declared);
    }
  }

  /** Returns the class with this header if the codec knows it, and if the JVM allows it. */
  @Nullable Class<?> known(byte[] bytes, int from, int to) {
    Class<?> type = known.get(new Header(bytes, from, to));
    if (type != null) {
      streams.allowed().checkJvmFilter(type);
    }
    return type;
  }

  Class<?> find(String name) {
    return streams.find(name);
  }

  /**
   * Remembers a class that was found. Classes that only a context loader finds are not remembered,
   * because another thread may find another class.
   */
  void remember(Class<?> type, byte[] header) {
    if (streams.resolver().isFoundByManager(type)) {
      known.put(new Header(header, 0, header.length), type);
    }
  }
}
