package io.yokedcache.jcache.internal.store;

/**
 * What two JVMs must agree on before they share a cache.
 *
 * @param cacheName name of the cache
 * @param description its codecs, types and buckets, in words that a message can quote
 */
public record CacheIdentity(String cacheName, String description) {

  String fingerprint() {
    // The same for all caches of the same types.
    return Generation.fingerprint(description).intern();
  }
}
