package io.yokedcache.examples.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.Serializable;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.configuration.MutableCacheEntryListenerConfiguration;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.event.CacheEntryCreatedListener;
import javax.cache.event.CacheEntryExpiredListener;
import javax.cache.expiry.CreatedExpiryPolicy;
import javax.cache.expiry.Duration;
import javax.cache.integration.CacheLoader;
import javax.cache.integration.CacheWriter;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.params.ClientKillParams;

/**
 * A small load in which everything happens that has a metric: hits, misses, errors, loads that
 * fail, writes, invalidations, expirations, values that must not be decoded, a listener that is too
 * slow, connections that are cut, compressed values, refreshes, and the evictions of another
 * provider.
 */
final class BusyCaches implements AutoCloseable {

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final Cache<String, String> orders;
  private final Cache<String, String> products;
  private final Cache<String, String> sessions;
  private final Cache<String, Object> strangers;
  private final Cache<String, String> prices;
  private final OtherProvider other;
  private final int redisPort;
  private final List<Thread> threads =
      List.of(
          new Thread(this::run, "busy-caches"), new Thread(this::runStrangers, "busy-strangers"));
  private volatile boolean isClosed;

  private BusyCaches(RedisCaches caches, OtherProvider other) {
    this.other = other;
    redisPort = caches.port();
    orders = caches.manager().createCache("orders", strings());
    products =
        caches
            .manager()
            .createCache(
                "products",
                strings()
                    .setReadThrough(true)
                    .setWriteThrough(true)
                    .setCacheLoaderFactory(FailingLoader::new)
                    .setCacheWriterFactory(IdleWriter::new));
    sessions =
        caches
            .manager()
            .createCache(
                "sessions",
                strings()
                    .setExpiryPolicyFactory(
                        CreatedExpiryPolicy.factoryOf(new Duration(TimeUnit.MILLISECONDS, 50))));
    CacheEntryExpiredListener<String, String> listener = events -> {};
    sessions.registerCacheEntryListener(
        new MutableCacheEntryListenerConfiguration<>(
            () -> listener, /* filterFactory= */ null, false, false));
    prices =
        caches
            .manager()
            .createCache(
                "prices", strings().setReadThrough(true).setCacheLoaderFactory(FailingLoader::new));
    CacheEntryCreatedListener<String, Object> slow = events -> awaitClose();
    strangers =
        caches
            .manager()
            .createCache(
                "strangers",
                new MutableConfiguration<String, Object>().setTypes(String.class, Object.class));
    strangers.registerCacheEntryListener(
        new MutableCacheEntryListenerConfiguration<>(
            () -> slow, /* filterFactory= */ null, false, false));
    threads.forEach(thread -> thread.setDaemon(true));
  }

  /** Keeps a listener busy, so that events of its cache are dropped. */
  private void awaitClose() {
    while (!isClosed) {
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  /** Serialised, as most values of applications are. */
  private static final class Stranger implements Serializable {
    private static final long serialVersionUID = 1;
  }

  /** Begins to load the caches, until it is closed. */
  static BusyCaches start(RedisCaches caches, OtherProvider other) {
    BusyCaches busy = new BusyCaches(caches, other);
    busy.threads.forEach(Thread::start);
    return busy;
  }

  private static MutableConfiguration<String, String> strings() {
    return new MutableConfiguration<String, String>().setTypes(String.class, String.class);
  }

  private void run() {
    for (int i = 0; !isClosed; i++) {
      try {
        round(i);
      } catch (CacheException connectionKilled) {
        // The next round has a new one.
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  private void round(int i) {
    if (i % 100 == 99) {
      killConnections();
      sessions.put("late", "left out if its connection was cut");
    }
    String key = "key" + i % 50;
    orders.put(key, "value" + i);
    orders.get(key);
    orders.get("missing" + i);
    orders.getAll(Set.of(key, "missing"));
    if (i % 5 == 0) {
      orders.remove(key);
      fail(() -> orders.invoke(key, (entry, arguments) -> failing()));
      fail(() -> products.get("broken" + i));
    }
    if (i % 20 == 0) {
      products.clear();
      products.removeAll();
    }
    products.get("product" + i % 10);
    products.put(key, "written ".repeat(20));
    sessions.put(key, "soon over");
    prices.get("price");
    other.evict();
  }

  /** Each put waits for the listener a while, so these have a thread of their own. */
  private void runStrangers() {
    for (int i = 0; !isClosed; i++) {
      try {
        strangers.put("stranger" + i, new Stranger());
        spoil("stranger" + i);
        strangers.get("stranger" + i);
      } catch (CacheException | JedisConnectionException connectionKilled) {
        // The next round has a new one.
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  /** Cuts the value of an entry off behind the magic number of serialised objects. */
  private void spoil(String key) {
    try (Jedis redis = new Jedis("127.0.0.1", redisPort)) {
      for (String entry : redis.keys("*}:*:" + key)) {
        redis.set(entry.getBytes(UTF_8), new byte[] {(byte) 0xAC, (byte) 0xED});
      }
    }
  }

  /** Closes the clients' connections at the server, but for those that listen. */
  private void killConnections() {
    try (Jedis redis = new Jedis("127.0.0.1", redisPort)) {
      redis.clientKill(new ClientKillParams().type(ClientType.NORMAL));
    }
  }

  private static String failing() {
    throw new IllegalStateException("as the test wants it");
  }

  private static void fail(Runnable operation) {
    try {
      operation.run();
    } catch (CacheException asWanted) {
      return;
    }
    throw new IllegalStateException("The operation should have failed");
  }

  /** Loads any product but those that are broken. */
  private static final class FailingLoader implements CacheLoader<String, String> {

    @Override
    public @Nullable String load(String key) {
      return key.startsWith("broken") ? failing() : "loaded " + key;
    }

    @Override
    public Map<String, String> loadAll(Iterable<? extends String> keys) {
      Map<String, String> loaded = new TreeMap<>();
      keys.forEach(key -> loaded.put(key, "loaded " + key));
      return loaded;
    }
  }

  /** Writes to nowhere. */
  private static final class IdleWriter implements CacheWriter<String, String> {

    @Override
    public void write(Cache.Entry<? extends String, ? extends String> entry) {}

    @Override
    public void writeAll(Collection<Cache.Entry<? extends String, ? extends String>> e) {}

    @Override
    public void delete(Object key) {}

    @Override
    public void deleteAll(Collection<?> keys) {}
  }

  /** Ends the load; the caches stay open. */
  @Override
  public void close() {
    isClosed = true;
    try {
      for (Thread thread : threads) {
        thread.join(TimeUnit.SECONDS.toMillis(10));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
