package io.yokedcache.benchmarks.contender;

import org.jspecify.annotations.Nullable;

/** A Redis client without a cache around it, which lacks what only caches have. */
interface PlainClient extends Target {

  /** How long what is put to expire lives. */
  int TTL_SECONDS = 600;

  @Override
  default boolean isCache() {
    return false;
  }

  @Override
  default byte @Nullable [] exchange(String key, byte[] value) {
    throw new UnsupportedOperationException("A plain client has no entry processors");
  }

  @Override
  default void clear() {
    throw new UnsupportedOperationException("A plain client has no caches to clear");
  }

  @Override
  default Target another(String name) {
    throw new UnsupportedOperationException("A plain client has no caches to open");
  }
}
