package io.yokedcache.jcache.internal.codec.key;

import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.codec.CodecException.Reason;
import io.yokedcache.jcache.codec.SerializationSettings;
import io.yokedcache.jcache.internal.codec.serial.JdkTypes;
import io.yokedcache.jcache.internal.codec.serial.ScanLimits;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * Counts the work for one key: its parts, and the comparisons that fill its sets and maps when hash
 * codes collide. The limits are the same for writing and for reading. Not safe for use by several
 * threads.
 */
final class KeyWork {

  /** The number of bytes of two keys that are compared in the time of one part. */
  private static final int BYTES_PER_PART = 16;

  private final long maxParts;
  private final long maxComparisons;
  private long parts;
  private long comparisons;

  KeyWork(SerializationSettings settings) {
    this.maxParts = settings.maxReferences();
    this.maxComparisons = ScanLimits.of(settings).comparisons();
  }

  void addPart() {
    if (++parts > maxParts) {
      throw refused("it has more parts than the limit");
    }
  }

  /** Counts a set, or the keys of a map. */
  void addTable(Collection<? extends @Nullable Object> keys, long sizeBytes) {
    if (isOrdered(keys)) {
      return;
    }
    long size = keys.size();
    comparisons += size * (size + sizeBytes / BYTES_PER_PART);
    if (comparisons < 0 || comparisons > maxComparisons) {
      throw refused(
          "its sets and maps, whose keys hash tables cannot order, may take "
              + comparisons
              + " comparisons, above "
              + ScanLimits.COMPARISONS_PER_REFERENCE
              + " times the limit");
    }
  }

  private static boolean isOrdered(Collection<? extends @Nullable Object> keys) {
    Class<?> type = null;
    for (Object key : keys) {
      if (key == null || key instanceof Enum<?>) {
        continue;
      }
      if (type == null && !JdkTypes.isHashOrdered(key.getClass())) {
        return false;
      }
      if (type != null && type != key.getClass()) {
        return false;
      }
      type = key.getClass();
    }
    return true;
  }

  private CodecException refused(String what) {
    return new CodecException(
        Reason.LIMIT,
        "The key is refused: " + what + " yokedcache.serialization.max-references = " + maxParts,
        null);
  }
}
