package io.yokedcache.jcache.internal.event;

import io.yokedcache.jcache.internal.integration.ApplicationCode;
import java.io.Closeable;
import java.util.ArrayList;
import java.util.List;
import javax.cache.Cache;
import javax.cache.configuration.CacheEntryListenerConfiguration;
import javax.cache.configuration.Factory;
import javax.cache.event.CacheEntryCreatedListener;
import javax.cache.event.CacheEntryEvent;
import javax.cache.event.CacheEntryEventFilter;
import javax.cache.event.CacheEntryExpiredListener;
import javax.cache.event.CacheEntryListener;
import javax.cache.event.CacheEntryRemovedListener;
import javax.cache.event.CacheEntryUpdatedListener;
import javax.cache.event.EventType;
import org.jspecify.annotations.Nullable;

/** A registered listener with its filter and its configuration. */
public final class Registration<K, V> {

  private final CacheEntryListenerConfiguration<K, V> configuration;
  private final CacheEntryListener<? super K, ? super V> listener;
  private final @Nullable CacheEntryEventFilter<? super K, ? super V> filter;
  private final boolean synchronous;
  private final boolean oldValueRequired;

  /**
   * Creates listener and filter by their factories.
   *
   * @throws javax.cache.CacheException if one of them fails; nothing is left open then
   */
  public Registration(CacheEntryListenerConfiguration<K, V> configuration) {
    this.configuration = configuration;
    this.synchronous = configuration.isSynchronous();
    this.oldValueRequired = configuration.isOldValueRequired();
    this.listener =
        ApplicationCode.create(
            "cache entry listener", configuration.getCacheEntryListenerFactory());
    Factory<CacheEntryEventFilter<? super K, ? super V>> filterFactory =
        configuration.getCacheEntryEventFilterFactory();
    try {
      this.filter =
          filterFactory == null ? null : ApplicationCode.create("event filter", filterFactory);
    } catch (Throwable e) {
      ApplicationCode.closeAfter(e, listener);
      throw e;
    }
  }

  boolean isOf(CacheEntryListenerConfiguration<K, V> other) {
    return configuration.equals(other);
  }

  boolean isSynchronous() {
    return synchronous;
  }

  boolean isOldValueRequired() {
    return oldValueRequired;
  }

  boolean wantsExpirations() {
    return listener instanceof CacheEntryExpiredListener;
  }

  /**
   * Calls the listener with the events of one type that pass its filter. An event for which the
   * filter fails does not pass.
   *
   * @throws javax.cache.CacheException the first failure of the filter or the listener, after both
   *     had all events
   */
  void deliver(Cache<K, V> cache, EventType type, List<EntryEvent<K, V>> events) {
    if (!wants(type)) {
      return;
    }
    List<CacheEntryEvent<? extends K, ? extends V>> wanted = new ArrayList<>(events.size());
    Throwable failure = null;
    for (EntryEvent<K, V> event : events) {
      if (event.getEventType() == type) {
        EntryEvent<K, V> seen = oldValueRequired ? event : event.withoutOldValue(cache);
        try {
          if (filter == null || filter.evaluate(seen)) {
            wanted.add(seen);
          }
        } catch (Exception e) {
          failure = firstOf(failure, "Event filter", filter, cache, type, e);
        }
      }
    }
    try {
      if (!wanted.isEmpty()) {
        call(type, castEvents(wanted));
      }
    } catch (Exception e) {
      failure = firstOf(failure, "Listener", listener, cache, type, e);
    }
    ApplicationCode.rethrow(failure);
  }

  private static Throwable firstOf(
      @Nullable Throwable failure,
      String what,
      @Nullable Object code,
      Cache<?, ?> cache,
      EventType type,
      Exception thrown) {
    return ApplicationCode.first(
        failure,
        ApplicationCode.LISTENER.failure(
            "%s %s of cache %s for %s"
                .formatted(what, ApplicationCode.name(code), cache.getName(), type),
            thrown));
  }

  private boolean wants(EventType type) {
    return switch (type) {
      case CREATED -> listener instanceof CacheEntryCreatedListener;
      case UPDATED -> listener instanceof CacheEntryUpdatedListener;
      case REMOVED -> listener instanceof CacheEntryRemovedListener;
      case EXPIRED -> listener instanceof CacheEntryExpiredListener;
    };
  }

  /** A listener of {@code ? super} types takes events of the exact ones; Java cannot say so. */
  @SuppressWarnings("unchecked")
  private void call(EventType type, Iterable<CacheEntryEvent<? extends K, ? extends V>> events) {
    switch (type) {
      case CREATED -> ((CacheEntryCreatedListener<K, V>) listener).onCreated(events);
      case UPDATED -> ((CacheEntryUpdatedListener<K, V>) listener).onUpdated(events);
      case REMOVED -> ((CacheEntryRemovedListener<K, V>) listener).onRemoved(events);
      case EXPIRED -> ((CacheEntryExpiredListener<K, V>) listener).onExpired(events);
    }
  }

  private static <A, B> Iterable<CacheEntryEvent<? extends A, ? extends B>> castEvents(
      List<CacheEntryEvent<? extends A, ? extends B>> events) {
    return events;
  }

  /** The objects that {@code close} must close. */
  public List<Closeable> closeables() {
    List<Closeable> closeables = new ArrayList<>(2);
    if (listener instanceof Closeable closeable) {
      closeables.add(closeable);
    }
    if (filter instanceof Closeable closeable) {
      closeables.add(closeable);
    }
    return closeables;
  }
}
