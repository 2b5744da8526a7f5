package io.yokedcache.jcache.testing;

import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.store.keys.KeySpace;
import java.util.List;
import java.util.stream.IntStream;

/** The slots in which a cache with the default settings has its keys on a Redis Cluster. */
public final class BucketSlots {

  /** The number of buckets. */
  public static final int BUCKETS = 16;

  private BucketSlots() {}

  /** The slot of the bucket of a key. */
  public static int ofKey(String cacheName, String key) {
    KeySpace names = names(cacheName);
    return names.route(names.bucketOf(Bytes.utf8(key))).slot();
  }

  /** The slots of all buckets, by bucket. */
  public static List<Integer> ofCache(String cacheName) {
    KeySpace names = names(cacheName);
    return IntStream.range(0, BUCKETS).mapToObj(bucket -> names.route(bucket).slot()).toList();
  }

  private static KeySpace names(String cacheName) {
    return new KeySpace("yc", cacheName, BUCKETS);
  }
}
