package io.yokedcache.jcache.internal.backend;

import io.yokedcache.jcache.internal.maintenance.StaleEntryCleaner;
import io.yokedcache.jcache.internal.maintenance.StaleEntryCleaner.RemovedEntries;
import io.yokedcache.jcache.internal.near.InvalidatingStore;
import io.yokedcache.jcache.internal.near.InvalidationListener;
import io.yokedcache.jcache.internal.near.TrackedCache;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.remote.RemoteEventFeed;
import io.yokedcache.jcache.internal.remote.RemoteEventSubscriber;
import io.yokedcache.jcache.internal.store.EntryStore;
import io.yokedcache.jcache.internal.store.Generations;
import io.yokedcache.jcache.internal.store.KeySpace;
import io.yokedcache.jcache.internal.store.RedisEntryStore;
import io.yokedcache.jcache.internal.store.RemoteEventMessage;
import io.yokedcache.jcache.internal.store.RemoteEventPublisher;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Everything that one cache object has in Redis: its entries, and the changes others make. */
public final class CacheBackend {

  private final EntryStore entries;
  private final @Nullable TrackedCache tracked;
  private final InvalidationListener tracker;
  private final KeySpace names;
  private final Generations generations;
  private final RemoteEventPublisher publisher;
  private final RemoteEventSubscriber subscriber;
  private final StaleEntryCleaner cleaner;

  /** The feed that is subscribed, or {@code null}; guarded by this object's monitor. */
  private @Nullable RemoteEventFeed feed;

  CacheBackend(
      RedisEntryStore far,
      @Nullable TrackedCache tracked,
      InvalidationListener tracker,
      KeySpace names,
      Generations generations,
      RemoteEventPublisher publisher,
      RemoteEventSubscriber subscriber,
      StaleEntryCleaner cleaner) {
    this.tracked = tracked;
    this.tracker = tracker;
    this.entries = tracked == null ? far : new InvalidatingStore(far, tracked.near());
    this.names = names;
    this.generations = generations;
    this.publisher = publisher;
    this.subscriber = subscriber;
    this.cleaner = cleaner;
  }

  /** The entries as they are in Redis. */
  public EntryStore entries() {
    return entries;
  }

  /**
   * Makes sure that the cache exists and is used alike by everybody.
   *
   * @throws javax.cache.CacheException if another application uses it with other codecs or types
   */
  public void open() {
    generations.openAll();
  }

  /** Whether some other cache object, here or in another JVM, may listen to changes. */
  public boolean isHeard() {
    return generations.isHeard();
  }

  /** Empties the cache for every JVM, and has the stale entries deleted. */
  public void clear() {
    var unused = entries.clear();
    cleaner.request();
  }

  /** Empties the cache for every JVM, and returns what had been in it, to be counted. */
  public RemovedEntries removeAll() {
    return cleaner.count("removeAll of " + names, names, entries::clear);
  }

  /** Empties the cache, forgets that it existed, and has the stale entries deleted. */
  public void destroy() {
    entries.destroy();
    cleaner.request();
  }

  /**
   * Listens to the changes made by other cache objects of the same cache, in this and other JVMs,
   * in place of what was listened to before.
   *
   * @param oldValues whether values before the change are wanted
   * @param expirations whether expired entries are wanted
   * @param consumer called by one thread, in the order in which Redis made the changes of a key
   * @param own called by the same thread, in the same order, with the keys of own changes
   */
  public synchronized void listen(
      boolean oldValues,
      boolean expirations,
      Consumer<RemoteEventMessage> consumer,
      Consumer<Bytes> own) {
    RemoteEventFeed before = feed;
    RemoteEventFeed after =
        new RemoteEventFeed(
            names, generations, publisher.origin(), oldValues, expirations, consumer, own);
    feed = after;
    subscriber.add(after, before);
  }

  /** Ends {@link #listen}. */
  public synchronized void unlisten() {
    if (feed != null) {
      subscriber.remove(feed);
      feed = null;
    }
  }

  /** Ends all that runs for this cache; the entries stay. */
  public void close() {
    unlisten();
    if (tracked != null) {
      tracker.remove(tracked);
    }
  }
}
