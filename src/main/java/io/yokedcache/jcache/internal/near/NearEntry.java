package io.yokedcache.jcache.internal.near;

import io.yokedcache.jcache.internal.near.TagEpochs.TagEpoch;
import io.yokedcache.jcache.internal.redis.Bytes;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An entry in the memory of this JVM.
 *
 * @param value the value that all readers share, or {@code null} if each must decode one
 * @param bytes the encoded value, or {@code null} if there is a shared value
 * @param sizeBytes the length of the key and the value in their encoded form
 * @param endNanos the time from which it is not used, or {@link #NEVER}
 * @param oldNanos the time from which it is old, or {@link #NEVER}
 * @param epoch the time during which it is used
 * @param tags the epochs of its tags, after any of which it is not used
 */
public record NearEntry<V>(
    @Nullable V value,
    @Nullable Bytes bytes,
    int sizeBytes,
    long endNanos,
    long oldNanos,
    Epoch epoch,
    List<TagEpoch> tags) {

  static final long NEVER = Long.MAX_VALUE;

  /** Whether its time to live is not over. */
  boolean isAlive(long nowNanos) {
    return endNanos == NEVER || endNanos - nowNanos > 0;
  }

  /** Whether it is not used any more, whatever its time to live. */
  boolean isOver() {
    return epoch.isOver() || hasInvalidatedTag();
  }

  boolean hasInvalidatedTag() {
    for (int i = 0; i < tags.size(); i++) {
      if (tags.get(i).isOver()) {
        return true;
      }
    }
    return false;
  }

  /** Whether the entry is to be loaded anew. */
  public boolean isOld(long nowNanos) {
    return oldNanos != NEVER && oldNanos - nowNanos <= 0;
  }
}
