package io.yokedcache.jcache.internal.event;

import io.yokedcache.jcache.internal.entry.EventDemand;
import io.yokedcache.jcache.internal.entry.OperationResult;
import io.yokedcache.jcache.internal.integration.ApplicationCode;
import io.yokedcache.jcache.internal.store.Change;
import java.io.Closeable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import javax.cache.Cache;
import javax.cache.configuration.CacheEntryListenerConfiguration;
import javax.cache.event.EventType;
import org.jspecify.annotations.Nullable;

/**
 * Brings changes to a cache's listeners: to synchronous ones before the operation returns, to
 * others, and from other JVMs to all, on the cache's own delivery thread. Safe for use by several
 * threads.
 */
public final class EventDispatcher<K, V> implements EventDemand {

  /** An operation's own expiry, by a duration of zero, comes after the change that it ends. */
  private static final List<EventType> ORDER =
      List.of(EventType.CREATED, EventType.UPDATED, EventType.REMOVED, EventType.EXPIRED);

  /** How long an operation waits for a place in a full queue of asynchronous events. */
  private static final long MAX_WAIT_MILLIS = 1_000;

  private final Cache<K, V> cache;
  private final int queueCapacity;
  private final long queueBytes;

  /** Made when something is first queued: most caches have no listeners. Then it stays. */
  private volatile @Nullable DeliveryQueue queue;

  /** Guarded by this object's monitor. */
  private boolean closed;

  /** Replaced as a whole, under this object's monitor. */
  private volatile List<Registration<K, V>> registrations = List.of();

  /** Derived from the registrations at each change of them, since every operation asks. */
  private volatile boolean oldValues;

  /**
   * Creates it without listeners.
   *
   * @param queueCapacity the most events that wait for delivery
   * @param queueBytes the most bytes that they have together
   */
  public EventDispatcher(Cache<K, V> cache, int queueCapacity, long queueBytes) {
    this.cache = cache;
    this.queueCapacity = queueCapacity;
    this.queueBytes = queueBytes;
  }

  private DeliveryQueue queue() {
    DeliveryQueue made = queue;
    return made != null ? made : makeQueue();
  }

  /**
   * Under the monitor, so that all threads get the same queue, and {@link #close} either sees it or
   * has it closed from the start: its thread is never left behind.
   */
  private synchronized DeliveryQueue makeQueue() {
    DeliveryQueue made = queue;
    if (made == null) {
      made = new DeliveryQueue(cache.getName(), queueCapacity, queueBytes);
      if (closed) {
        made.close();
      }
      queue = made;
    }
    return made;
  }

  private synchronized @Nullable DeliveryQueue end() {
    closed = true;
    return queue;
  }

  @Override
  public boolean wantsEvents() {
    return !registrations.isEmpty();
  }

  @Override
  public boolean wantsOldValues() {
    return oldValues;
  }

  /** Whether some listener wants to hear of expired entries. */
  public boolean wantsExpirations() {
    return registrations.stream().anyMatch(Registration::wantsExpirations);
  }

  /** How many events were dropped because listeners were too slow. */
  public long droppedCount() {
    DeliveryQueue made = queue;
    return made == null ? 0 : made.droppedCount();
  }

  /** Adds a listener. */
  public synchronized void add(Registration<K, V> registration) {
    List<Registration<K, V>> all = new ArrayList<>(registrations);
    all.add(registration);
    register(all);
  }

  /** Removes a listener and returns the objects to close. */
  public synchronized List<Closeable> deregister(
      CacheEntryListenerConfiguration<K, V> configuration) {
    List<Closeable> closeables = new ArrayList<>();
    List<Registration<K, V>> others = new ArrayList<>();
    for (Registration<K, V> registration : registrations) {
      if (registration.isOf(configuration)) {
        closeables.addAll(registration.closeables());
      } else {
        others.add(registration);
      }
    }
    register(others);
    return closeables;
  }

  private synchronized void register(List<Registration<K, V>> all) {
    registrations = List.copyOf(all);
    oldValues = all.stream().anyMatch(Registration::isOldValueRequired);
  }

  /** Publishes the change that an operation made to one entry. */
  public void publish(K key, OperationResult<V> result) {
    if (wantsEvents()) {
      publish(changes().add(key, result));
    }
  }

  /** Publishes the changes that an operation made to several entries. */
  public void publish(Map<K, OperationResult<V>> results) {
    Changes<K, V> changes = changes();
    results.forEach(changes::add);
    publish(changes);
  }

  /** Publishes the changes that an operation made. */
  public void publish(Changes<K, V> changes) {
    List<EntryEvent<K, V>> events = changes.events;
    if (events.isEmpty()) {
      return;
    }
    if (registrations.stream().anyMatch(registration -> !registration.isSynchronous())) {
      queue()
          .add(
              () -> deliver(events, registration -> !registration.isSynchronous()),
              EntryEvent.sizeBytes(events),
              MAX_WAIT_MILLIS);
    }
    deliver(events, Registration::isSynchronous);
  }

  /**
   * Queues the delivery of a change made elsewhere. Never waits.
   *
   * @param delivery delivers it, on the delivery thread
   * @param sizeBytes its memory while it is queued
   */
  public void queueRemote(Runnable delivery, long sizeBytes) {
    queue().add(delivery, sizeBytes, /* waitMillis= */ 0);
  }

  /** Tells listeners of one kind of a change made elsewhere. */
  public void deliverRemote(Changes<K, V> changes, boolean synchronous) {
    deliver(changes.events, registration -> registration.isSynchronous() == synchronous);
  }

  /** Calls every listener that is meant, even if one fails, and throws the first failure. */
  private void deliver(List<EntryEvent<K, V>> events, Predicate<Registration<K, V>> isMeant) {
    Throwable failure = null;
    for (EventType type : ORDER) {
      for (Registration<K, V> registration : registrations) {
        try {
          if (isMeant.test(registration)) {
            registration.deliver(cache, type, events);
          }
        } catch (Throwable e) { // of an error, too, the other listeners must not suffer
          failure = ApplicationCode.first(failure, e);
        }
      }
    }
    ApplicationCode.rethrow(failure);
  }

  /** Starts to collect the changes of one operation. */
  public Changes<K, V> changes() {
    return new Changes<>(cache, wantsEvents());
  }

  /** Delivers the queued events for a bounded time, and returns the objects to close. */
  public List<Closeable> close() {
    DeliveryQueue made = end();
    if (made != null) {
      made.close();
    }
    List<Closeable> closeables = new ArrayList<>();
    synchronized (this) {
      registrations.forEach(registration -> closeables.addAll(registration.closeables()));
      register(List.of());
    }
    return closeables;
  }

  /** The changes that one operation made. Used by one thread. */
  public static final class Changes<K, V> {

    private final Cache<K, V> cache;
    private final boolean wanted;
    private final List<EntryEvent<K, V>> events = new ArrayList<>();

    private Changes(Cache<K, V> cache, boolean wanted) {
      this.cache = cache;
      this.wanted = wanted;
    }

    /** Adds the change of one entry, if it is an event. */
    public Changes<K, V> add(K key, OperationResult<V> result) {
      add(result.change(), key, result.value(), result.prior());
      if (result.expired() && result.change() != Change.EXPIRED) {
        add(Change.EXPIRED, key, result.value(), result.prior());
      }
      return this;
    }

    /** Adds a change of one entry. */
    public Changes<K, V> add(Change change, K key, @Nullable V value, @Nullable V prior) {
      switch (change) {
        case CREATED -> event(EventType.CREATED, key, value, null, false);
        case UPDATED, WRITTEN -> event(EventType.UPDATED, key, value, prior, prior != null);
        case REMOVED -> event(EventType.REMOVED, key, prior, prior, prior != null);
        case EXPIRED -> {
          V last = value != null ? value : prior;
          event(EventType.EXPIRED, key, last, last, last != null);
        }
        case NONE -> {}
      }
      return this;
    }

    private void event(
        EventType type, K key, @Nullable V value, @Nullable V oldValue, boolean available) {
      if (wanted) {
        events.add(new EntryEvent<>(cache, type, key, value, oldValue, available));
      }
    }
  }
}
