package io.yokedcache.jcache;

import io.yokedcache.jcache.internal.entry.EntryCodec;
import io.yokedcache.jcache.internal.entry.KeyLocks;
import io.yokedcache.jcache.internal.event.EventDispatcher;
import io.yokedcache.jcache.internal.event.EventDispatcher.Changes;
import io.yokedcache.jcache.internal.integration.ApplicationCode;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.store.Change;
import io.yokedcache.jcache.internal.store.EntryStore;
import io.yokedcache.jcache.internal.store.EntryStore.Use;
import io.yokedcache.jcache.internal.store.RemoteEventMessage;
import io.yokedcache.jcache.internal.store.Ttl;
import java.time.Duration;
import java.util.Objects;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Delivers the changes of other cache objects to listeners, in one order with the changes of this
 * one. Local changes are delivered before their operation returns, remote ones when the message
 * from Redis arrives, which may be later than the reply to a local change that Redis made
 * afterwards.
 *
 * <p>So a message is delivered under the lock of its key, when no local change of the key is being
 * made or delivered. Messages of local changes arrive on the same way: until the message of a local
 * change arrives, a message of another cache object is older. It is not delivered if the entry has
 * another value by now, since the event of that value has been or will be delivered. So the last
 * value that a listener sees is the value in the cache.
 */
final class RemoteEvents<K, V> {

  private static final Logger logger = LoggerFactory.getLogger(RemoteEvents.class);

  /** How long a message is delayed while local changes of its key are being made. */
  private static final Duration MAX_DELAY = Duration.ofSeconds(1);

  /** How long the messages of the cache wait for the lock of one key at a time. */
  private static final Duration PAUSE = Duration.ofMillis(5);

  private final EntryStore entries;
  private final EntryCodec<K, V> codec;
  private final KeyLocks locks;
  private final EventDispatcher<K, V> events;
  private final boolean ordersExpirations;

  /**
   * Creates the events of a cache.
   *
   * @param ordersExpirations whether the expiry of an entry arrives in one order with its changes
   */
  RemoteEvents(
      EntryStore entries,
      EntryCodec<K, V> codec,
      KeyLocks locks,
      EventDispatcher<K, V> events,
      boolean ordersExpirations) {
    this.entries = entries;
    this.codec = codec;
    this.locks = locks;
    this.events = events;
    this.ordersExpirations = ordersExpirations;
  }

  /** Queues the event of another cache object's change. Never waits. */
  void accept(RemoteEventMessage message) {
    // In this order: a local change that begins and ends in between is later than this time.
    long nanos = System.nanoTime();
    boolean isLate = message.change() == Change.EXPIRED && !ordersExpirations;
    boolean isOlder = isLate || locks.awaitsMessage(message.key());
    queue(new Arrival(message, nanos, isOlder, /* isSettled= */ false));
  }

  private void queue(Arrival arrival) {
    events.queueRemote(() -> deliver(arrival), arrival.message.sizeBytes());
  }

  /**
   * A message to be delivered.
   *
   * @param nanos when the message arrived
   * @param isOlder whether another change may have been made after it and before the message
   *     arrived
   * @param isSettled whether all local changes from before the message are delivered, or queued
   *     before it
   */
  private record Arrival(
      RemoteEventMessage message, long nanos, boolean isOlder, boolean isSettled) {

    private Arrival settled() {
      return new Arrival(message, nanos, isOlder, /* isSettled= */ true);
    }
  }

  /** Delivers a change, in the delivery thread. */
  private void deliver(Arrival arrival) {
    Bytes key = arrival.message.key();
    KeyLocks.Hold held = locks.tryHold(key, Duration.ZERO);
    if (held == null && System.nanoTime() - arrival.nanos < MAX_DELAY.toNanos()) {
      KeyLocks.Hold waited = locks.tryHold(key, PAUSE);
      if (waited != null) {
        waited.close();
      }
      queue(waited == null ? arrival : arrival.settled());
      return;
    }
    boolean changedSince = held == null || locks.wasHeldSince(key, arrival.nanos);
    if (held != null && changedSince && !arrival.isSettled) {
      // Events of local changes may be queued behind it for asynchronous listeners.
      held.close();
      queue(arrival.settled());
      return;
    }
    boolean doubtful = arrival.isOlder || changedSince;
    Throwable failure = null;
    Changes<K, V> changes;
    try {
      if (doubtful && !isCurrent(key, arrival.message.value())) {
        logger.debug("An event is not delivered: the entry was changed since");
        return;
      }
      changes = changes(arrival.message);
      try {
        events.deliverRemote(changes, /* synchronous= */ true);
      } catch (Throwable e) { // the asynchronous listeners must not suffer
        failure = e;
      }
    } finally {
      if (held != null) {
        held.close();
      }
    }
    // Without the lock: local operations do not wait for asynchronous listeners.
    try {
      events.deliverRemote(changes, /* synchronous= */ false);
    } catch (Throwable e) {
      failure = ApplicationCode.first(failure, e);
    }
    ApplicationCode.rethrow(failure);
  }

  private boolean isCurrent(Bytes key, @Nullable Bytes value) {
    try {
      Bytes stored = entries.get(key, Ttl.UNCHANGED, Use.DECISION);
      return Objects.equals(stored, value);
    } catch (CacheException e) {
      logger.debug("It is not known whether an event is of the last change; it is delivered", e);
      return true;
    }
  }

  private Changes<K, V> changes(RemoteEventMessage message) {
    Changes<K, V> changes = events.changes();
    K key = codec.decodeKey(message.key());
    V value = codec.decode(message.key(), message.value());
    // A listener must not take a value that cannot be decoded for none; the codec counts it.
    boolean undecodable = key == null || (value == null && message.value() != null);
    return key == null || undecodable
        ? changes
        : changes.add(message.change(), key, value, codec.decode(message.key(), message.prior()));
  }
}
