package io.yokedcache.jcache.internal.near;

import io.yokedcache.jcache.internal.redis.Bytes;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The tags of the near entries of a cache. A near entry has the present epoch of each of its tags,
 * and is used until one of them is over. So the invalidation of a tag ends the use of the near
 * entries that have it, at a cost that does not depend on their number. Tags whose hashes end alike
 * share an epoch, so that the number of epochs is bounded, and are invalidated together.
 *
 * <p>Like the invalidation of an entry, that of a tag may arrive while an entry is read. So a read
 * leaves no near entry with tags if any tag was invalidated since its ticket. Safe for use by
 * several threads.
 */
final class TagEpochs {

  /** The time of a tag between two invalidations. */
  static final class TagEpoch {

    private volatile boolean isOver;

    boolean isOver() {
      return isOver;
    }
  }

  private static final int MAX_EPOCHS = 4096;

  /** The present epochs by the ends of the hashes of their tags. */
  private final ConcurrentMap<Integer, TagEpoch> present = new ConcurrentHashMap<>();

  private final AtomicInteger invalidations = new AtomicInteger();

  /** The number of epochs that ended since {@link #isSweepDue} last returned {@code true}. */
  private final AtomicInteger ended = new AtomicInteger();

  int invalidations() {
    return invalidations.get();
  }

  /** The present epoch of each tag. */
  List<TagEpoch> of(List<Bytes> tags) {
    if (tags.isEmpty()) {
      return List.of();
    }
    return tags.stream()
        .map(tag -> present.computeIfAbsent(endOfHash(tag), absent -> new TagEpoch()))
        .toList();
  }

  /** Ends the epoch of a tag. */
  void invalidate(Bytes tag) {
    invalidations.incrementAndGet(); // before the epoch ends: see NearCache.keep()
    TagEpoch epoch = present.remove(endOfHash(tag));
    if (epoch != null) {
      epoch.isOver = true;
      ended.incrementAndGet();
    }
  }

  /** Whether so many epochs ended that it is worth a pass over the near entries to free them. */
  boolean isSweepDue() {
    int count = ended.get();
    return count > 0 && (long) count * 4 >= present.size() && ended.compareAndSet(count, 0);
  }

  private static int endOfHash(Bytes tag) {
    int hash = tag.hashCode();
    return (hash ^ (hash >>> 16)) & (MAX_EPOCHS - 1);
  }
}
