package io.yokedcache.jcache.internal.store;

import io.yokedcache.jcache.configuration.Settings;
import java.util.concurrent.ScheduledExecutorService;

/**
 * The connection of one cache manager to Redis, and the stores of its caches. Safe for use by
 * several threads. {@link #close} ends every operation under way; nothing is connected before the
 * first one.
 */
public final class RedisStores implements AutoCloseable {

  private final Settings settings;
  private final RedisExecutor executor;
  private final ChangeSubscriber subscriber;
  private final Sweeper sweeper;
  private final Census census;

  /**
   * Creates the stores of a manager.
   *
   * @param background runs what is done now and then: leases, pings, sweeping
   * @param counting runs the census, which must not delay the above
   */
  public RedisStores(
      Settings settings, ScheduledExecutorService background, ScheduledExecutorService counting) {
    this.settings = settings;
    this.executor = new PooledExecutor(settings.connection(), background);
    this.subscriber =
        new ChangeSubscriber(
            settings.connection(), settings.events(), settings.namespace(), background);
    this.sweeper = new Sweeper(executor, settings.namespace(), settings.sweep(), background);
    this.census = new Census(executor, settings.namespace(), settings.census(), counting);
  }

  /** The store of one cache. Nothing is sent before its first operation. */
  public CacheStore open(CacheIdentity identity, int batchSize) {
    KeySpace names = new KeySpace(settings.namespace(), identity.cacheName(), settings.buckets());
    Generations generations =
        new Generations(executor, names, identity, settings.events().announce());
    ChangePublisher publisher = new ChangePublisher(executor, names, identity.cacheName());
    RedisEntryStore entries =
        new RedisEntryStore(
            executor, names, identity.cacheName(), generations, publisher, batchSize);
    return new CacheStore(entries, names, generations, publisher, subscriber, sweeper);
  }

  /** How many entries the caches have in Redis. */
  public Census census() {
    return census;
  }

  /** What messages call the server: scheme, host and port, without credentials. */
  public String address() {
    return executor.address();
  }

  @Override
  public void close() {
    census.close();
    subscriber.close();
    executor.close();
  }
}
