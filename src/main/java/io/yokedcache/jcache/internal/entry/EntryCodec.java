package io.yokedcache.jcache.internal.entry;

import io.yokedcache.jcache.codec.Codec;
import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.internal.codec.key.PlainKeys;
import io.yokedcache.jcache.internal.codec.serial.TypeLearner;
import io.yokedcache.jcache.internal.integration.ApplicationCode;
import io.yokedcache.jcache.internal.metrics.CodecTimer;
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
  private final CodecTimer timer;
  private final long maxBytes;

  /**
   * Counters of undecodable values by reason, for the reasons that happened. The map is replaced as
   * a whole and never modified.
   */
  private volatile Map<CodecException.Reason, AtomicLong> undecodable = Map.of();

  /**
   * Creates the codec of a cache.
   *
   * @param timer times every encoding and decoding
   * @param maxBytes the longest key or value; longer ones are neither written nor read
   */
  public EntryCodec(
      String cacheName, Codec<K> keys, Codec<V> values, CodecTimer timer, long maxBytes) {
    this.cacheName = cacheName;
    this.keys = keys;
    this.values = values;
    this.plainKeys = PlainKeys.of(keys);
    this.timer = timer;
    this.maxBytes = maxBytes;
  }

  public Bytes key(K key) {
    return encode(keys, key);
  }

  public Bytes value(V value) {
    return encode(values, value);
  }

  private <T> Bytes encode(Codec<T> codec, T object) {
    long start = timer.start();
    Bytes encoded = encoded(codec, object);
    timer.spent(start);
    return encoded;
  }

  /** Encodes by code that may be the application's and may throw anything. */
  private <T> Bytes encoded(Codec<T> codec, T object) {
    try {
      byte[] bytes = codec.encode(object);
      if (bytes.length > maxBytes) {
        throw tooLong(codec, bytes.length);
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

  /** Compares values by the application's {@code equals}, which may throw anything. */
  static boolean isEqual(Object value, @Nullable Object other) {
    try {
      return value.equals(other);
    } catch (Exception e) {
      throw ApplicationCode.OTHER.failure("equals of " + value.getClass(), e);
    }
  }

  /** Encodes several keys, and reads the clock once for all. */
  public List<Bytes> keys(Collection<? extends K> several) {
    return encodeAll(keys, several);
  }

  /** Encodes several values, as {@link #keys} does. */
  public List<Bytes> values(Collection<? extends V> several) {
    return encodeAll(values, several);
  }

  private <T> List<Bytes> encodeAll(Codec<T> codec, Collection<? extends T> objects) {
    long start = timer.start();
    List<Bytes> encoded = new ArrayList<>(objects.size());
    for (T object : objects) {
      encoded.add(encoded(codec, object));
    }
    timer.spent(start);
    return encoded;
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

  /** Decodes a value; {@code null} for no bytes, and for bytes that cannot be decoded. */
  public @Nullable V decode(@Nullable Bytes bytes) {
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

  /** Decodes several values, each as {@link #decode} does. */
  public List<@Nullable V> decodeAll(List<? extends @Nullable Bytes> several) {
    return decodeAll(values, several, "value");
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
    if (bytes.length() > maxBytes || bytes.isTooLong()) {
      CodecException tooLong =
          new CodecException(
              CodecException.Reason.LIMIT,
              "it is longer than yokedcache.serialization.max-bytes = " + maxBytes,
              /* cause= */ null);
      count(tooLong.reason(), String.valueOf(tooLong.getMessage()), what, tooLong);
      return null;
    }
    try {
      return codec.decode(bytes.array());
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

  /** The number of keys and values that could not be decoded. */
  public long undecodableCount() {
    long sum = 0;
    for (AtomicLong count : undecodable.values()) {
      sum += count.get();
    }
    return sum;
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
