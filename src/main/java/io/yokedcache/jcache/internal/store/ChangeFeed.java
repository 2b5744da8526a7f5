package io.yokedcache.jcache.internal.store;

import io.yokedcache.jcache.internal.store.KeySpace.EntryName;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * One cache object's ear: what other cache objects of the same cache changed, as far as Redis tells
 * it. The consumer is called by the subscriber's thread and must not block.
 */
final class ChangeFeed {

  private final KeySpace names;
  private final Generations generations;
  private final Bytes origin;
  private final boolean oldValues;
  private final boolean expirations;
  private final Consumer<ChangeMessage> consumer;
  private final CountDownLatch subscribed = new CountDownLatch(1);

  ChangeFeed(
      KeySpace names,
      Generations generations,
      byte[] origin,
      boolean oldValues,
      boolean expirations,
      Consumer<ChangeMessage> consumer) {
    this.names = names;
    this.generations = generations;
    this.origin = Bytes.of(origin);
    this.oldValues = oldValues;
    this.expirations = expirations;
    this.consumer = consumer;
  }

  byte[] channel() {
    return names.channel();
  }

  boolean wantsExpirations() {
    return expirations;
  }

  /** Tells all writers, for the time of a lease, that this feed exists. */
  void register(Duration lease) {
    generations.listenAll(oldValues, lease);
  }

  void confirmSubscribed() {
    subscribed.countDown();
  }

  boolean awaitSubscribed(Duration timeout) {
    try {
      return subscribed.await(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Passes a message of this feed's channel on, unless this cache object sent it. */
  void onMessage(byte[] channel, byte[] message) {
    if (!Arrays.equals(channel, names.channel())) {
      return;
    }
    if (ChangeMessage.isClear(message)) {
      generations.forgetAll();
      return;
    }
    ChangeMessage change = ChangeMessage.decode(message);
    if (change != null && !change.origin().equals(origin)) {
      consumer.accept(change);
    }
  }

  /** Passes on that Redis expired an entry, if it is a current one of this cache. */
  void onExpired(byte[] name) {
    EntryName entry = names.parse(name);
    if (expirations
        && entry != null
        && entry.bucket() < names.buckets()
        && entry.token().equals(generations.current(entry.bucket()).tokenText())) {
      consumer.accept(new ChangeMessage(Change.EXPIRED, origin, entry.key(), null, null));
    }
  }
}
