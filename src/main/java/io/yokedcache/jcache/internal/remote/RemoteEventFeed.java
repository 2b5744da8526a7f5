package io.yokedcache.jcache.internal.remote;

import io.yokedcache.jcache.internal.concurrent.BoundedWait;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.store.Change;
import io.yokedcache.jcache.internal.store.RemoteEventMessage;
import io.yokedcache.jcache.internal.store.generation.Generations;
import io.yokedcache.jcache.internal.store.keys.KeySpace;
import io.yokedcache.jcache.internal.store.keys.KeySpace.EntryName;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;

/**
 * The events of one cache object: the changes that other cache objects of the same cache make. The
 * consumer is called by the subscriber's threads and must not block.
 */
public final class RemoteEventFeed {

  private final KeySpace names;
  private final Generations generations;
  private final Bytes origin;
  private final boolean oldValues;
  private final boolean expirations;
  private final Consumer<RemoteEventMessage> consumer;
  private final Consumer<Bytes> own;
  private final CountDownLatch answered = new CountDownLatch(1);

  public RemoteEventFeed(
      KeySpace names,
      Generations generations,
      byte[] origin,
      boolean oldValues,
      boolean expirations,
      Consumer<RemoteEventMessage> consumer,
      Consumer<Bytes> own) {
    this.names = names;
    this.generations = generations;
    this.origin = Bytes.of(origin);
    this.oldValues = oldValues;
    this.expirations = expirations;
    this.consumer = consumer;
    this.own = own;
  }

  byte[] channel() {
    return names.channel();
  }

  boolean wantsExpirations() {
    return expirations;
  }

  /** Registers this feed with all writers, for the time of a lease. */
  void register(Duration lease) {
    generations.listenAll(oldValues, lease);
  }

  /** The server has confirmed or refused the subscription. */
  void onAnswer() {
    answered.countDown();
  }

  /** Waits until the server has answered the subscription. */
  boolean awaitAnswer(Duration timeout) {
    return BoundedWait.await(answered, timeout.toMillis());
  }

  /**
   * Handles a message of this feed's channel. Of a change by this cache object, the key is passed
   * on.
   *
   * @return whether a new generation began, in which no feed is registered
   */
  boolean onMessage(byte[] message) {
    if (RemoteEventMessage.isClear(message)) {
      generations.forgetAll();
      return false;
    }
    if (RemoteEventMessage.isBegin(message)) {
      generations.forgetAll();
      return true;
    }
    RemoteEventMessage change = RemoteEventMessage.decode(message);
    if (change != null && change.origin().equals(origin)) {
      own.accept(change.key());
    } else if (change != null && !change.isOfManagerOf(origin)) {
      consumer.accept(change);
    } // else an earlier cache object of this manager made it, which was closed before this one
    // began
    return false;
  }

  /** Handles the expiry of a key, if it is a current entry of this cache. */
  void onExpired(byte[] name) {
    EntryName entry = names.parse(name);
    if (expirations
        && entry != null
        && entry.bucket() < names.buckets()
        && entry.token().equals(generations.current(entry.bucket()).tokenText())) {
      consumer.accept(new RemoteEventMessage(Change.EXPIRED, origin, entry.key(), null, null));
    }
  }
}
