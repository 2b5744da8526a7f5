package io.yokedcache.jcache.internal.store;

/**
 * The name of a cache, and the properties that all JVMs that share it must have in common.
 *
 * @param description its codecs, types and buckets, as a message quotes them
 */
public record CacheIdentity(String cacheName, String description) {

  String fingerprint() {
    // One string for all caches of the same types.
    return Generation.fingerprint(description).intern();
  }
}
