package io.yokedcache.jcache.internal.remote;

import io.yokedcache.jcache.internal.concurrent.BoundedWait;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.store.Change;
import io.yokedcache.jcache.internal.store.Generations;
import io.yokedcache.jcache.internal.store.KeySpace;
import io.yokedcache.jcache.internal.store.KeySpace.EntryName;
import io.yokedcache.jcache.internal.store.RemoteEventMessage;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One cache object's ear: what other cache objects of the same cache changed, as far as Redis tells
 * it. The consumer is called by the subscriber's thread and must not block.
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
  private volatile @Nullable String refusal;

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

  /** Tells all writers, for the time of a lease, that this feed exists. */
  void register(Duration lease) {
    generations.listenAll(oldValues, lease);
  }

  void confirmSubscribed() {
    refusal = null;
    answered.countDown();
  }

  void refuse(String words) {
    refusal = words;
    answered.countDown();
  }

  /** Waits until the server has answered the subscription. */
  boolean awaitAnswer(Duration timeout) {
    return BoundedWait.await(answered, timeout.toMillis());
  }

  /** What the server said when it refused the subscription, or {@code null} if it did not. */
  @Nullable String refusal() {
    return refusal;
  }

  /**
   * Passes a message of this feed's channel on; of one that this cache object sent, the key alone.
   *
   * @return whether the generation is new, so that nobody is registered in it
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
    } else if (change != null) {
      consumer.accept(change);
    }
    return false;
  }

  /** Passes on that Redis expired an entry, if it is a current one of this cache. */
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
