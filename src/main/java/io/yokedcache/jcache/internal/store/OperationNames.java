package io.yokedcache.jcache.internal.store;

/**
 * What messages call the operations of one cache, made once since every operation passes one on.
 *
 * @param get what a single read is called; the others accordingly
 */
record OperationNames(
    String get,
    String getAll,
    String containsKey,
    String touch,
    String put,
    String remove,
    String putAll,
    String removeAll,
    String iterator,
    String verify) {

  OperationNames(String cacheName) {
    this(
        of("get", cacheName),
        of("getAll", cacheName),
        of("containsKey", cacheName),
        of("touch", cacheName),
        of("put", cacheName),
        of("remove", cacheName),
        of("putAll", cacheName),
        of("removeAll", cacheName),
        of("iterator", cacheName),
        of("verification of the generation", cacheName));
  }

  private static String of(String operation, String cacheName) {
    return operation + " on cache " + cacheName;
  }
}
