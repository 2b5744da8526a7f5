package io.yokedcache.benchmarks.contender;

import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A cache or a client under load, with keys and values as applications have them. Safe for use by
 * several threads; every operation returns when its work is done.
 */
public interface Target extends AutoCloseable {

  /** Whether it has the operations beyond those of a plain Redis string: invoke and clear. */
  boolean isCache();

  /** Returns the value, or {@code null} if there is none. */
  byte @Nullable [] get(String key);

  /** Stores a value that does not expire. */
  void put(String key, byte[] value);

  /** Stores a value that expires in some minutes; read by nobody. */
  void putExpiring(String key, byte[] value);

  /** Returns the values of those keys that have one. */
  Map<String, byte[]> getAll(Set<String> keys);

  /** Stores all values. */
  void putAll(Map<String, byte[]> entries);

  /** Stores a value if there is none, and returns whether it did. */
  boolean putIfAbsent(String key, byte[] value);

  /** Stores a value if there is one, and returns whether it did. */
  boolean replace(String key, byte[] value);

  /** Removes a value, and returns whether there was one. */
  boolean remove(String key);

  /** Replaces the value by an entry processor that returns the one before; caches only. */
  byte @Nullable [] exchange(String key, byte[] value);

  /** Removes all values; caches only. */
  void clear();

  /** Opens another cache of the same provider; closed together with this one. Caches only. */
  Target another(String name);

  @Override
  void close();
}
