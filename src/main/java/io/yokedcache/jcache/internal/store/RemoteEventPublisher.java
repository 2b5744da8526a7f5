package io.yokedcache.jcache.internal.store;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.store.Mutation.Outcome;
import io.yokedcache.jcache.internal.store.StoredCache.Operation;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.cache.CacheException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;

/** Publishes the changes of one cache object to the listeners of other JVMs. */
public final class RemoteEventPublisher {

  private static final Logger logger = LoggerFactory.getLogger(RemoteEventPublisher.class);

  private final StoredCache cache;
  private final byte[] channel;
  private final byte[] origin;
  private final AtomicBoolean warned = new AtomicBoolean();

  /**
   * Creates a publisher; nothing is sent yet.
   *
   * @param origin the {@linkplain RemoteEventMessage#origin mark} of the changes of its cache
   *     object
   */
  public RemoteEventPublisher(StoredCache cache, byte[] origin) {
    this.cache = cache;
    this.channel = cache.names().channel();
    this.origin = origin;
  }

  /** The mark of the changes of this cache object; must not be modified. */
  public byte[] origin() {
    return origin;
  }

  /** The channel of changes; must not be modified. */
  byte[] channel() {
    return channel;
  }

  void publish(Mutation mutation, Outcome outcome) {
    RemoteEventMessage message =
        new RemoteEventMessage(
            outcome.change(),
            Bytes.of(origin),
            mutation.key(),
            outcome.prior(),
            outcome.change().isWrite() ? mutation.value() : null);
    try {
      cache
          .executor()
          .command(
              cache.nameOf(Operation.PUBLISH),
              Bytes.of(channel),
              /* idempotent= */ false,
              new CommandArguments(Command.PUBLISH).add(channel).add(message.encode()));
    } catch (RedisUnavailableException e) {
      throw e;
    } catch (CacheException refused) {
      // The change is made, and the writer had the permission when it opened the cache.
      if (warned.compareAndSet(false, true)) {
        logger.warn("Listeners of other JVMs missed a change: {}", refused.getMessage());
      }
    }
  }
}
