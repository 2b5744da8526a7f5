package io.yokedcache.jcache.internal.store;

import java.util.EnumMap;
import java.util.Map;

/**
 * The names of a cache's operations in messages. Each is made once, at its first use: every
 * operation needs one, and most caches use few. Safe for use by several threads.
 */
final class OperationNames {

  /** An operation on the entries of a cache. */
  enum Name {
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
    REFRESH_LEASE("refresh lease");

    private final String text;

    Name(String text) {
      this.text = text;
    }
  }

  private final String cacheName;

  /** Replaced as a whole under the monitor. */
  private volatile Map<Name, String> names = new EnumMap<>(Name.class);

  OperationNames(String cacheName) {
    this.cacheName = cacheName;
  }

  String of(Name operation) {
    String name = names.get(operation);
    return name != null ? name : make(operation);
  }

  private synchronized String make(Name operation) {
    Map<Name, String> more = new EnumMap<>(names);
    String name = more.computeIfAbsent(operation, made -> made.text + " on cache " + cacheName);
    names = more;
    return name;
  }
}
