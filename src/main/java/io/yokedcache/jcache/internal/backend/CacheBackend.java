package io.yokedcache.jcache.internal.backend;

import io.yokedcache.jcache.internal.backend.AcknowledgedClears.NotAcknowledgedException;
import io.yokedcache.jcache.internal.maintenance.StaleEntryCleaner;
import io.yokedcache.jcache.internal.maintenance.StaleEntryCleaner.RemovedEntries;
import io.yokedcache.jcache.internal.near.InvalidationListener;
import io.yokedcache.jcache.internal.near.NearCache;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.remote.RemoteEventFeed;
import io.yokedcache.jcache.internal.remote.RemoteEventSubscriber;
import io.yokedcache.jcache.internal.store.EntryStore;
import io.yokedcache.jcache.internal.store.RecentChanges;
import io.yokedcache.jcache.internal.store.RemoteEventMessage;
import io.yokedcache.jcache.internal.store.RemoteEventPublisher;
import io.yokedcache.jcache.internal.store.generation.Generations;
import io.yokedcache.jcache.internal.store.keys.KeySpace;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The entries of one cache object in Redis, and its subscription to changes of other JVMs. */
public final class CacheBackend {

  private final EntryStore entries;
  private final @Nullable NearCache<?> near;
  private final InvalidationListener invalidations;
  private final KeySpace names;
  private final Generations generations;
  private final RemoteEventPublisher publisher;
  private final RemoteEventSubscriber subscriber;
  private final StaleEntryCleaner cleaner;
  private final AcknowledgedClears clears;

  /** Whether failures of Redis are hidden from the application. */
  private final boolean degrades;

  private final RecentChanges.@Nullable OfCache recentChanges;

  /** The feed that is subscribed, or {@code null}; guarded by this object's monitor. */
  private @Nullable RemoteEventFeed feed;

  CacheBackend(
      EntryStore entries,
      @Nullable NearCache<?> near,
      InvalidationListener invalidations,
      KeySpace names,
      Generations generations,
      RemoteEventPublisher publisher,
      RemoteEventSubscriber subscriber,
      StaleEntryCleaner cleaner,
      AcknowledgedClears clears,
      boolean degrades,
      RecentChanges.@Nullable OfCache recentChanges) {
    this.near = near;
    this.invalidations = invalidations;
    this.entries = entries;
    if (near != null) {
      entries.observe(near);
    }
    this.names = names;
    this.generations = generations;
    this.publisher = publisher;
    this.subscriber = subscriber;
    this.cleaner = cleaner;
    this.clears = clears;
    this.degrades = degrades;
    this.recentChanges = recentChanges;
  }

  public EntryStore entries() {
    return entries;
  }

  /**
   * Creates the cache in Redis, or checks that it is used alike by all applications.
   *
   * @throws javax.cache.CacheException if another application uses it with other codecs or types
   */
  public void open() {
    generations.openAll();
  }

  /** Whether another cache object, of this or another JVM, may listen to changes. */
  public boolean isHeard() {
    return entries.isHeard();
  }

  /** Empties the cache for every JVM, and has the stale entries deleted. */
  public void clear() {
    try {
      var unused = clearEntries();
    } catch (NotAcknowledgedException e) {
      cleaner.request();
      throw e;
    }
    cleaner.request();
  }

  private Set<String> clearEntries() {
    return clears.clear(entries, names, degrades);
  }

  /** Empties the cache for every JVM, and returns the removed entries, to be counted. */
  public RemovedEntries removeAll() {
    return cleaner.count("removeAll of " + names, names, this::clearEntries);
  }

  /** Empties the cache, forgets that it existed, and has the stale entries deleted. */
  public void destroy() {
    entries.destroy();
    cleaner.request();
  }

  /**
   * Listens to the changes made by other cache objects of the same cache, in this and other JVMs.
   * Replaces an earlier subscription.
   *
   * @param oldValues whether events carry the values before the change
   * @param consumer called in the order in which Redis made the changes of a key; see {@link
   *     #ordersExpirations}
   * @param own called in the same order, with the keys of own changes
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

  public synchronized void unlisten() {
    if (feed != null) {
      subscriber.remove(feed);
      feed = null;
    }
  }

  /** Whether the expiry of an entry is heard in one order with its changes. */
  public boolean ordersExpirations() {
    return subscriber.ordersExpirations();
  }

  /** Ends the subscription and the near cache; the entries stay. */
  public void close() {
    unlisten();
    entries.close();
    if (near != null) {
      invalidations.remove(near);
    }
    if (recentChanges != null) {
      recentChanges.close();
    }
  }
}
