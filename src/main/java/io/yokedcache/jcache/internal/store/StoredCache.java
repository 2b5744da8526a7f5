package io.yokedcache.jcache.internal.store;

import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.store.generation.GenerationGuard;
import io.yokedcache.jcache.internal.store.generation.Generations;
import io.yokedcache.jcache.internal.store.generation.Generations.CacheIdentity;
import io.yokedcache.jcache.internal.store.keys.KeySpace;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * One cache as this JVM reaches it in Redis: its servers, the names of its keys, its generations,
 * and the names of its operations in messages. The parts of its {@link EntryStore} share this
 * object. Nothing is sent before the first operation. Safe for use by several threads.
 */
public final class StoredCache {

  /** An operation on a cache in Redis. */
  enum Operation {
    GET("get"),
    GET_ALL("getAll"),
    CONTAINS_KEY("containsKey"),
    TTL("ttl"),
    TOUCH("touch"),
    EXPIRE("expire"),
    PUT("put"),
    PUT_ALL("putAll"),
    REMOVE("remove"),
    REMOVE_ALL("removeAll"),
    OWED_REMOVAL("owed removal"),
    INVALIDATE_TAGS("invalidateTags"),
    ITERATOR("iterator"),
    LOAD_LEASE("load lease"),
    REFRESH_LEASE("refresh lease"),
    PUBLISH("publish");

    private final String text;

    Operation(String text) {
      this.text = text;
    }
  }

  private final RedisExecutor executor;
  private final KeySpace names;
  private final String cacheName;
  private final Generations generations;
  private final GenerationGuard guard;
  private final int batchSize;

  /**
   * The names of the operations that were used: every operation needs one, and most caches use few.
   * Replaced as a whole under the monitor.
   */
  private volatile Map<Operation, String> operationNames = new EnumMap<>(Operation.class);

  /**
   * Describes a cache; nothing is sent.
   *
   * @param names the names of its keys
   * @param trust how long a generation that was read tells whether a JVM listens
   * @param batchSize the largest number of its keys in one round trip
   */
  public StoredCache(
      RedisExecutor executor,
      KeySpace names,
      CacheIdentity identity,
      Duration trust,
      int batchSize) {
    this.executor = executor;
    this.names = names;
    this.cacheName = identity.cacheName();
    this.generations = new Generations(executor, names, identity, trust);
    this.guard = new GenerationGuard(executor, names, generations, batchSize);
    this.batchSize = batchSize;
  }

  RedisExecutor executor() {
    return executor;
  }

  KeySpace names() {
    return names;
  }

  public Generations generations() {
    return generations;
  }

  GenerationGuard guard() {
    return guard;
  }

  int batchSize() {
    return batchSize;
  }

  /** The name of an operation of this cache in messages. Each is made once, at its first use. */
  String nameOf(Operation operation) {
    String name = operationNames.get(operation);
    return name != null ? name : makeNameOf(operation);
  }

  /** The name of a read of one key, or of several. */
  String nameOfGet(List<Bytes> keys) {
    return nameOf(keys.size() == 1 ? Operation.GET : Operation.GET_ALL);
  }

  private synchronized String makeNameOf(Operation operation) {
    Map<Operation, String> more = new EnumMap<>(operationNames);
    String name = more.computeIfAbsent(operation, made -> made.text + " on cache " + cacheName);
    operationNames = more;
    return name;
  }
}
