package io.yokedcache.jcache.internal.entry;

import io.yokedcache.jcache.codec.Codec;
import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.internal.codec.key.KeyPattern;
import io.yokedcache.jcache.internal.codec.key.PlainKeys;
import io.yokedcache.jcache.internal.codec.serial.TypeLearner;
import io.yokedcache.jcache.internal.codec.value.EncodedOnce;
import io.yokedcache.jcache.internal.codec.wrap.ValueWrapper;
import io.yokedcache.jcache.internal.integration.ApplicationCode;
import io.yokedcache.jcache.internal.metrics.PhaseMeter;
import io.yokedcache.jcache.internal.redis.Bytes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Encodes and decodes the keys and values of a cache. A value that cannot be decoded counts as
 * absent: a value of another application version or of an attacker is a miss, counted by reason,
 * and logged once for each kind of reason.
 */
public final class EntryCodec<K, V> {

  private static final Logger logger = LoggerFactory.getLogger(EntryCodec.class);

  private final String cacheName;
  private final Codec<K> keys;
  private final Codec<V> values;
  private final PlainKeys<K> plainKeys;
  private final ValueWrapper wrapper;
  private final PhaseMeter timer;
  private final long maxBytes;

  /**
   * Counters of undecodable values by reason, for the reasons that happened. The map is replaced as
   * a whole and never modified.
   */
  private volatile Map<CodecException.Reason, AtomicLong> undecodable = Map.of();

  /**
   * Creates the codec of a cache.
   *
   * @param wrapper compresses and encrypts the encoded values
   * @param timer times every encoding and decoding
   * @param maxBytes the longest key or value; longer ones are neither written nor read
   */
  public EntryCodec(
      String cacheName,
      Codec<K> keys,
      Codec<V> values,
      ValueWrapper wrapper,
      PhaseMeter timer,
      long maxBytes) {
    this.cacheName = cacheName;
    this.keys = keys;
    this.values = values;
    this.plainKeys = PlainKeys.of(keys);
    this.wrapper = wrapper;
    this.timer = timer;
    this.maxBytes = maxBytes;
  }

  public Bytes key(K key) {
    long start = timer.start();
    Bytes encoded = encoded(keys, key);
    timer.spent(start);
    return encoded;
  }

  /** Returns the bytes to be stored of a value of a key. */
  public Bytes value(Bytes key, V value) {
    long start = timer.start();
    Bytes stored = wrapped(key, encoded(values, value));
    timer.spent(start);
    return stored;
  }

  /** Compresses and encrypts the encoded values. */
  public ValueWrapper wrapper() {
    return wrapper;
  }

  /** Whether stored values differ from encoded ones. */
  public boolean wraps() {
    return !wrapper.isNone();
  }

  private Bytes wrapped(Bytes key, Bytes value) {
    if (wrapper.isNone()) {
      return value;
    }
    byte[] stored = wrapper.wrap(key.array(), value.array());
    if (stored.length > maxBytes) {
      throw tooLong(values, stored.length);
    }
    return Bytes.of(stored);
  }

  /** Encodes by code that may be the application's and may throw anything. */
  private <T> Bytes encoded(Codec<T> codec, T object) {
    try {
      byte[] known = object instanceof EncodedOnce value ? value.form(codec) : null;
      byte[] bytes = known == null ? codec.encode(object) : known;
      if (bytes.length > maxBytes) {
        throw tooLong(codec, bytes.length);
      }
      if (known == null && object instanceof EncodedOnce value) {
        value.remember(codec, bytes);
      }
      return Bytes.of(bytes);
    } catch (CodecException e) {
      throw e;
    } catch (Exception e) {
      String reason = ApplicationCode.OTHER.failure("Codec " + codec.id(), e).getMessage();
      throw new CodecException(
          "An object of %s cannot be encoded. %s".formatted(object.getClass(), reason), e);
    }
  }

  private CodecException tooLong(Codec<?> codec, int sizeBytes) {
    return new CodecException(
        CodecException.Reason.LIMIT,
        "A key or value of cache "
            + cacheName
            + " is refused: by the codec "
            + codec.id()
            + " it takes "
            + sizeBytes
            + " bytes; the limit is yokedcache.serialization.max-bytes = "
            + maxBytes,
        /* cause= */ null);
  }

  /**
   * Whether a stored value equals an expected one: by {@code equals}, as JSR-107 requires, or by
   * their encoded bytes, for values without {@code equals}. Both forms of the stored value count: a
   * value that was read may be encoded in another form, since Java serialises the capacity of a
   * {@code HashMap}, which is at least 16 in a map that was read.
   *
   * @param value the stored value decoded
   */
  boolean isEqual(Bytes key, Bytes stored, V value, V expected) {
    if (isEqual(expected, value)) {
      return true;
    }
    Bytes form = encoded(values, expected);
    Bytes unwrapped = unwrap(key, stored);
    return (unwrapped != null && unwrapped.equals(form)) || form.equals(encoded(values, value));
  }

  /** Compares values by the application's {@code equals}, which may throw anything. */
  private static boolean isEqual(Object value, @Nullable Object other) {
    try {
      return value.equals(other);
    } catch (Exception e) {
      throw ApplicationCode.OTHER.failure("equals of " + value.getClass(), e);
    }
  }

  /** Encodes several keys, and reads the clock once for all. */
  public List<Bytes> keys(Collection<? extends K> several) {
    long start = timer.start();
    List<Bytes> encoded = new ArrayList<>(several.size());
    for (K key : several) {
      encoded.add(encoded(keys, key));
    }
    timer.spent(start);
    return encoded;
  }

  /** Encodes several values, each as {@link #value} does, in the order of their keys. */
  List<Bytes> values(List<Bytes> valueKeys, Collection<? extends V> several) {
    long start = timer.start();
    List<Bytes> stored = new ArrayList<>(several.size());
    for (V value : several) {
      stored.add(wrapped(valueKeys.get(stored.size()), encoded(values, value)));
    }
    timer.spent(start);
    return stored;
  }

  /**
   * The key of a near entry: the key itself if its equality is that of its bytes, else the bytes.
   */
  Object name(K key) {
    return isPlain(key) ? key : key(key);
  }

  /** Whether the equality of a key is that of its bytes. */
  boolean isPlain(K key) {
    return plainKeys.contains(key);
  }

  /** The key of a near entry, from the bytes of the key. */
  public Object name(Bytes key) {
    K plain = plainKeys.decode(key.array());
    return plain == null ? key : plain;
  }

  /**
   * Decodes the stored value of a key; {@code null} for no bytes, and for bytes that cannot be
   * decoded.
   */
  public @Nullable V decode(Bytes key, @Nullable Bytes stored) {
    if (stored == null) {
      return null;
    }
    long start = timer.start();
    Bytes unwrapped = unwrap(key, stored);
    V value = unwrapped == null ? null : decode(values, unwrapped, "value");
    timer.spent(start);
    return value;
  }

  /** Decodes a value from bytes that {@link #unwrapAll} returned, as {@link #decode} does. */
  @Nullable V decodeUnwrapped(@Nullable Bytes bytes) {
    return bytes == null ? null : timedDecode(values, bytes, "value");
  }

  /** Decodes a key; {@code null} for bytes that cannot be decoded. */
  public @Nullable K decodeKey(Bytes bytes) {
    return timedDecode(keys, bytes, "key");
  }

  private <T> @Nullable T timedDecode(Codec<T> codec, Bytes bytes, String what) {
    long start = timer.start();
    T object = decode(codec, bytes, what);
    timer.spent(start);
    return object;
  }

  /** Decodes several values, each as {@link #decode} does, in the order of their keys. */
  public List<@Nullable V> decodeAll(
      List<Bytes> valueKeys, List<? extends @Nullable Bytes> several) {
    return decodeAllUnwrapped(unwrapAll(valueKeys, several));
  }

  /** Decodes several values, each as {@link #decodeUnwrapped} does. */
  List<@Nullable V> decodeAllUnwrapped(List<? extends @Nullable Bytes> several) {
    return decodeAll(values, several, "value");
  }

  /**
   * Decrypts and decompresses stored values; {@code null} for no bytes, and for bytes for which
   * that fails.
   */
  @SuppressWarnings("unchecked") // a list that is only read
  List<@Nullable Bytes> unwrapAll(List<Bytes> valueKeys, List<? extends @Nullable Bytes> several) {
    if (wrapper.isNone()) {
      return (List<@Nullable Bytes>) several;
    }
    long start = timer.start();
    List<@Nullable Bytes> unwrapped = new ArrayList<>(several.size());
    for (Bytes stored : several) {
      unwrapped.add(stored == null ? null : unwrap(valueKeys.get(unwrapped.size()), stored));
    }
    timer.spent(start);
    return unwrapped;
  }

  private @Nullable Bytes unwrap(Bytes key, Bytes stored) {
    if (wrapper.isNone() || isTooLong(stored)) { // the decoding refuses the latter
      return stored;
    }
    try {
      return Bytes.of(wrapper.unwrap(key.array(), stored.array()));
    } catch (CodecException e) {
      count(e.reason(), String.valueOf(e.getMessage()), "value", e);
    } catch (RuntimeException e) { // of a library: the bytes may be anybody's
      count(CodecException.Reason.DAMAGED, e.toString(), "value", e);
    } catch (OutOfMemoryError | StackOverflowError e) {
      count(CodecException.Reason.RESOURCES, e.toString(), "value", e);
    }
    return null;
  }

  private boolean isTooLong(Bytes bytes) {
    return bytes.length() > maxBytes || bytes.isTooLong();
  }

  /**
   * Some keys.
   *
   * @param contains whether a key is one of them
   * @param beginnings the bytes with which their encoded forms begin, as alternatives; empty if
   *     unknown
   */
  public record Keys(Predicate<Object> contains, List<byte[]> beginnings) {}

  /**
   * The keys whose text matches a glob.
   *
   * @param keyType the declared type of the keys
   * @throws IllegalArgumentException if the glob is wrong
   * @throws UnsupportedOperationException if no key of the type has a text
   */
  public Keys matching(String glob, Class<?> keyType) {
    KeyPattern pattern = KeyPattern.of(glob, keyType, cacheName);
    return new Keys(pattern, pattern.beginnings(keys, keyType));
  }

  /** Decodes several keys, each as {@link #decodeKey} does. */
  public List<@Nullable K> decodeKeys(List<Bytes> several) {
    return decodeAll(keys, several, "key");
  }

  private <T> List<@Nullable T> decodeAll(
      Codec<T> codec, List<? extends @Nullable Bytes> several, String what) {
    long start = timer.start();
    List<@Nullable T> decoded = new ArrayList<>(several.size());
    for (Bytes bytes : several) {
      decoded.add(bytes == null ? null : decode(codec, bytes, what));
    }
    timer.spent(start);
    return decoded;
  }

  private <T> @Nullable T decode(Codec<T> codec, Bytes bytes, String what) {
    if (isTooLong(bytes)) {
      CodecException tooLong =
          new CodecException(
              CodecException.Reason.LIMIT,
              "it is longer than yokedcache.serialization.max-bytes = " + maxBytes,
              /* cause= */ null);
      count(tooLong.reason(), String.valueOf(tooLong.getMessage()), what, tooLong);
      return null;
    }
    try {
      T object = codec.decode(bytes.array());
      if (object instanceof EncodedOnce value) {
        value.remember(codec, bytes.array());
      }
      return object;
    } catch (Exception e) { // also of another kind: the bytes may be anybody's
      count(
          e instanceof CodecException known ? known.reason() : CodecException.Reason.DAMAGED,
          reason(codec, e),
          what,
          e);
      return null;
    } catch (OutOfMemoryError | StackOverflowError e) {
      // Other writers to Redis must not be able to fail the application's calls.
      count(CodecException.Reason.RESOURCES, e.toString(), what, e);
      return null;
    }
  }

  private void count(CodecException.Reason reason, String message, String what, Throwable cause) {
    // Logged once for each kind of reason: an attacker may choose parts of the message.
    if (counter(reason).getAndIncrement() == 0) {
      logger.warn(
          "A {} of cache {} cannot be decoded and counts as absent: {}. Further ones of this kind"
              + " ({}) are only counted",
          what,
          cacheName,
          message,
          reason.label());
    } else {
      logger.debug("A {} of cache {} cannot be decoded", what, cacheName, cause);
    }
  }

  private AtomicLong counter(CodecException.Reason reason) {
    AtomicLong counter = undecodable.get(reason);
    return counter != null ? counter : addCounter(reason);
  }

  /** Under the monitor, so that all threads count a reason in the same place. */
  private synchronized AtomicLong addCounter(CodecException.Reason reason) {
    Map<CodecException.Reason, AtomicLong> more = new EnumMap<>(CodecException.Reason.class);
    more.putAll(undecodable);
    AtomicLong counter = more.computeIfAbsent(reason, first -> new AtomicLong());
    undecodable = more;
    return counter;
  }

  private static String reason(Codec<?> codec, Exception e) {
    Exception told =
        e instanceof CodecException ? e : ApplicationCode.OTHER.failure("Codec " + codec.id(), e);
    return String.valueOf(told.getMessage());
  }

  /**
   * The number of keys and values that could not be decoded, by reason, for the reasons that
   * happened.
   */
  public Map<String, Long> undecodableByReason() {
    Map<String, Long> counts = new TreeMap<>();
    undecodable.forEach((reason, count) -> counts.put(reason.label(), count.get()));
    return counts;
  }

  /** The classes that may be decoded because this JVM encoded them, sorted. */
  public List<String> learnedTypes() {
    Set<String> types = new TreeSet<>();
    for (Codec<?> codec : List.of(keys, values)) {
      if (codec instanceof TypeLearner learner) {
        types.addAll(learner.learnedTypes());
      }
    }
    return List.copyOf(types);
  }
}
