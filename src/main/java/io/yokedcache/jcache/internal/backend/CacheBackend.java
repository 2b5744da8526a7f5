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

  /**
   * The parts of the manager that its caches share.
   *
   * @param invalidations tells near caches of changes
   * @param subscriber receives the events of other JVMs
   * @param cleaner deletes stale entries
   * @param clears clears caches, and waits for replicas
   */
  record Shared(
      InvalidationListener invalidations,
      RemoteEventSubscriber subscriber,
      StaleEntryCleaner cleaner,
      AcknowledgedClears clears) {}

  private final Shared shared;
  private final KeySpace names;
  private final Generations generations;
  private final EntryStore entries;
  private final RemoteEventPublisher publisher;
  private final @Nullable NearCache<?> near;
  private final RecentChanges.@Nullable OfCache recentChanges;

  /** The feed that is subscribed, or {@code null}; guarded by this object's monitor. */
  private @Nullable RemoteEventFeed feed;

  /**
   * Connects the parts of a cache.
   *
   * @param near its near cache, or {@code null}
   * @param recentChanges keeps its changes for a fail-over, or {@code null}
   */
  CacheBackend(
      Shared shared,
      KeySpace names,
      Generations generations,
      EntryStore entries,
      RemoteEventPublisher publisher,
      @Nullable NearCache<?> near,
      RecentChanges.@Nullable OfCache recentChanges) {
    this.shared = shared;
    this.names = names;
    this.generations = generations;
    this.entries = entries;
    this.publisher = publisher;
    this.near = near;
    this.recentChanges = recentChanges;
    if (recentChanges != null) {
      entries.observe(recentChanges);
    }
    if (near != null) {
      shared.invalidations.add(names, near);
      entries.observe(near);
    }
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

  /** Empties the cache for every JVM, and has the stale entries deleted. */
  public void clear() {
    try {
      var unused = clearEntries();
    } catch (NotAcknowledgedException e) {
      shared.cleaner.request();
      throw e;
    }
    shared.cleaner.request();
  }

  private Set<String> clearEntries() {
    return shared.clears.clear(entries, names, entries.degradation().degrades());
  }

  /** Empties the cache for every JVM, and returns the removed entries, to be counted. */
  public RemovedEntries removeAll() {
    return shared.cleaner.count("removeAll of " + names, names, this::clearEntries);
  }

  /** Empties the cache, forgets that it existed, and has the stale entries deleted. */
  public void destroy() {
    entries.destroy();
    shared.cleaner.request();
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
    feed =
        new RemoteEventFeed(
            names, generations, publisher.origin(), oldValues, expirations, consumer, own);
    shared.subscriber.add(feed);
  }

  public synchronized void unlisten() {
    if (feed != null) {
      shared.subscriber.remove(feed);
      feed = null;
    }
  }

  /** Whether the expiry of an entry is heard in one order with its changes. */
  public boolean ordersExpirations() {
    return shared.subscriber.ordersExpirations();
  }

  /** Ends the subscription and the near cache; the entries stay. */
  public void close() {
    unlisten();
    entries.close();
    if (near != null) {
      shared.invalidations.remove(near);
    }
    if (recentChanges != null) {
      recentChanges.close();
    }
  }
}
