package io.yokedcache.jcache.internal.near;

import io.yokedcache.jcache.internal.store.KeySpace;
import java.util.Arrays;

/** Brings what Redis tells of the keys of one cache to its copies. For one thread. */
public final class TrackedCache {

  private final byte[] prefix;
  private final KeySpace names;
  private final NearCache<?> near;
  private final TrackingFreshness hearing;

  public TrackedCache(KeySpace names, NearCache<?> near) {
    this.prefix = names.trackedPrefix();
    this.names = names;
    this.near = near;
    this.hearing = near.hearing();
  }

  /** What all keys of the cache begin with, and no key of another one. */
  byte[] prefix() {
    return prefix;
  }

  public NearCache<?> near() {
    return near;
  }

  /** All changes before some moment have been heard, which is good enough until this one. */
  void goodUntil(long nanos) {
    hearing.goodUntil(nanos);
  }

  /** From now on changes may be missed, or were until now. */
  void flush() {
    near.flush();
  }

  /** From now on changes are missed. */
  void lose() {
    hearing.lose();
    near.flush();
  }

  /** A key of Redis was changed: an entry, or the generation of a bucket, or some other thing. */
  void onChange(byte[] key) {
    if (key.length < prefix.length
        || Arrays.mismatch(key, 0, prefix.length, prefix, 0, prefix.length) >= 0) {
      return;
    }
    KeySpace.EntryName entry = names.parse(key);
    if (entry != null) {
      near.hear(entry.bucket(), entry.token(), entry.key());
    } else if (!KeySpace.isAbout(key)) {
      near.doubt(); // a generation: the cache was cleared, or listeners registered
    }
  }
}
