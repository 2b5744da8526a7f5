package io.yokedcache.jcache;

import javax.cache.event.CacheEntryEvent;
import javax.cache.event.EventType;
import org.jspecify.annotations.Nullable;

/** What a listener was told; it reads as {@code UPDATED key=new/old}. */
record HeardEvent(EventType type, Object key, @Nullable Object value, @Nullable Object oldValue) {

  static HeardEvent of(CacheEntryEvent<?, ?> event) {
    return new HeardEvent(
        event.getEventType(), event.getKey(), event.getValue(), event.getOldValue());
  }

  @Override
  public String toString() {
    return "%s %s=%s/%s".formatted(type, key, text(value), text(oldValue));
  }

  private static Object text(@Nullable Object value) {
    return value == null ? "-" : value;
  }
}
