package io.yokedcache.jcache.robustness;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.cache.Cache;
import javax.cache.configuration.MutableCacheEntryListenerConfiguration;
import javax.cache.event.CacheEntryCreatedListener;
import javax.cache.event.CacheEntryEvent;
import javax.cache.event.CacheEntryExpiredListener;
import javax.cache.event.CacheEntryUpdatedListener;

/** Listens to a cache, with old values, and keeps what it hears as texts. */
final class HeardChanges
    implements CacheEntryCreatedListener<String, String>,
        CacheEntryUpdatedListener<String, String>,
        CacheEntryExpiredListener<String, String> {

  private final List<String> heard = new CopyOnWriteArrayList<>();

  private HeardChanges() {}

  static HeardChanges of(Cache<String, String> cache) {
    HeardChanges changes = new HeardChanges();
    cache.registerCacheEntryListener(
        new MutableCacheEntryListenerConfiguration<>(
            () -> changes, null, /* isOldValueRequired= */ true, /* isSynchronous= */ false));
    return changes;
  }

  List<String> heard() {
    return List.copyOf(heard);
  }

  private void note(Iterable<CacheEntryEvent<? extends String, ? extends String>> events) {
    events.forEach(
        e ->
            heard.add(
                e.getEventType() + " " + e.getKey() + "=" + e.getValue() + "/" + e.getOldValue()));
  }

  @Override
  public void onCreated(Iterable<CacheEntryEvent<? extends String, ? extends String>> events) {
    note(events);
  }

  @Override
  public void onUpdated(Iterable<CacheEntryEvent<? extends String, ? extends String>> events) {
    note(events);
  }

  @Override
  public void onExpired(Iterable<CacheEntryEvent<? extends String, ? extends String>> events) {
    note(events);
  }
}
