package io.yokedcache.jcache.internal.event;

import java.util.List;
import javax.cache.Cache;
import javax.cache.event.CacheEntryEvent;
import javax.cache.event.EventType;
import org.jspecify.annotations.Nullable;

/** A change of an entry, as a listener sees it. */
final class EntryEvent<K, V> extends CacheEntryEvent<K, V> {

  private static final long serialVersionUID = 1L;

  /** The assumed size of an object of unknown type, and of an event itself. */
  private static final long TYPICAL_BYTES = 128;

  private final transient K key;
  private final transient @Nullable V value;
  private final transient @Nullable V oldValue;
  private final boolean oldValueAvailable;

  EntryEvent(
      Cache<K, V> cache,
      EventType type,
      K key,
      @Nullable V value,
      @Nullable V oldValue,
      boolean oldValueAvailable) {
    super(cache, type);
    this.key = key;
    this.value = value;
    this.oldValue = oldValue;
    this.oldValueAvailable = oldValueAvailable;
  }

  /**
   * The event for a listener that does not want old values. Events of removal and expiry have then
   * no value either (JSR-107 1.1.1, {@code CacheEntryEvent.getValue}).
   */
  EntryEvent<K, V> withoutOldValue(Cache<K, V> cache) {
    boolean gone = getEventType() == EventType.REMOVED || getEventType() == EventType.EXPIRED;
    return new EntryEvent<>(
        cache, getEventType(), key, gone ? null : value, null, /* oldValueAvailable= */ false);
  }

  /**
   * The approximate memory that events retain. It is accurate for byte arrays and strings, which
   * can be large; the size of other objects would need their encoding.
   */
  static long sizeBytes(List<? extends EntryEvent<?, ?>> events) {
    long size = 0;
    for (EntryEvent<?, ?> event : events) {
      size += TYPICAL_BYTES + sizeBytes(event.key) + sizeBytes(event.value);
      size += event.oldValue == event.value ? 0 : sizeBytes(event.oldValue);
    }
    return size;
  }

  private static long sizeBytes(@Nullable Object object) {
    if (object == null) {
      return 0;
    }
    if (object instanceof byte[] bytes) {
      return bytes.length;
    }
    return object instanceof CharSequence text
        ? (long) Character.BYTES * text.length()
        : TYPICAL_BYTES;
  }

  @Override
  public K getKey() {
    return key;
  }

  @Override
  public @Nullable V getValue() {
    return value;
  }

  @Override
  public @Nullable V getOldValue() {
    return oldValue;
  }

  @Override
  public boolean isOldValueAvailable() {
    return oldValueAvailable;
  }

  @Override
  public <T> T unwrap(Class<T> type) {
    if (type.isInstance(this)) {
      return type.cast(this);
    }
    throw new IllegalArgumentException("An event cannot be unwrapped to " + type);
  }
}
