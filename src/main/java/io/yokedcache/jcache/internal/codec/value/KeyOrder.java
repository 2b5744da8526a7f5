package io.yokedcache.jcache.internal.codec.value;

import io.yokedcache.jcache.internal.codec.serial.JdkTypes;
import org.jspecify.annotations.Nullable;

/**
 * Decides which keys a compact set or map can have: enum constants, or keys of one class that hash
 * tables can order. Other keys with equal hash codes are compared in pairs, so few bytes could take
 * much time. Not safe for use by several threads.
 */
final class KeyOrder {

  /** The number of bytes of two keys that are compared in the time of one object. */
  private static final int BYTES_PER_OBJECT = 64;

  private final CompactContainer container;
  private @Nullable Class<?> common;
  private long keys;

  KeyOrder(CompactContainer container) {
    this.container = container;
  }

  /** Returns whether the container can have this key beside those before; lists have no keys. */
  boolean accepts(@Nullable Object key) {
    if (!container.hashes()) {
      return true;
    }
    keys++;
    if (key instanceof Enum<?>) {
      return true;
    }
    if (key == null || (common != null && common != key.getClass())) {
      return false;
    }
    common = key.getClass();
    return JdkTypes.isHashOrdered(common);
  }

  /**
   * Returns the number of comparisons that filling the container can take.
   *
   * @param sizeBytes the length of its elements
   */
  long comparisons(int sizeBytes) {
    return container.probes() ? keys * (keys + sizeBytes / BYTES_PER_OBJECT) : 0;
  }
}
