package io.yokedcache.jcache;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.cache.configuration.CacheEntryListenerConfiguration;
import javax.cache.configuration.MutableCacheEntryListenerConfiguration;
import javax.cache.event.CacheEntryCreatedListener;
import javax.cache.event.CacheEntryEvent;
import javax.cache.event.CacheEntryExpiredListener;
import javax.cache.event.CacheEntryRemovedListener;
import javax.cache.event.CacheEntryUpdatedListener;

/** Notes all events, in the order of their arrival. Safe for use by several threads. */
final class RecordingListener<K, V>
    implements CacheEntryCreatedListener<K, V>,
        CacheEntryUpdatedListener<K, V>,
        CacheEntryRemovedListener<K, V>,
        CacheEntryExpiredListener<K, V> {

  private final List<HeardEvent> heard = new CopyOnWriteArrayList<>();

  /** Returns a configuration with this listener. */
  CacheEntryListenerConfiguration<K, V> configuration(
      boolean isOldValueRequired, boolean isSynchronous) {
    return new MutableCacheEntryListenerConfiguration<>(
        () -> this, null, isOldValueRequired, isSynchronous);
  }

  List<HeardEvent> heard() {
    return List.copyOf(heard);
  }

  /** Returns the events as texts, such as {@code UPDATED key=new/old}. */
  List<String> texts() {
    return heard.stream().map(HeardEvent::toString).toList();
  }

  void forget() {
    heard.clear();
  }

  private void note(Iterable<CacheEntryEvent<? extends K, ? extends V>> events) {
    events.forEach(event -> heard.add(HeardEvent.of(event)));
  }

  @Override
  public void onCreated(Iterable<CacheEntryEvent<? extends K, ? extends V>> events) {
    note(events);
  }

  @Override
  public void onUpdated(Iterable<CacheEntryEvent<? extends K, ? extends V>> events) {
    note(events);
  }

  @Override
  public void onRemoved(Iterable<CacheEntryEvent<? extends K, ? extends V>> events) {
    note(events);
  }

  @Override
  public void onExpired(Iterable<CacheEntryEvent<? extends K, ? extends V>> events) {
    note(events);
  }
}
