package io.yokedcache.jcache.internal.integration;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import javax.cache.integration.CacheLoader;
import javax.cache.integration.CacheLoaderException;
import org.jspecify.annotations.Nullable;

/** A cache loader whose failures are all {@link CacheLoaderException}s, or none at all. */
public final class EntryLoader<K, V> {

  private static final EntryLoader<?, ?> NONE = new EntryLoader<>(null);

  private final @Nullable CacheLoader<K, V> loader;

  private EntryLoader(@Nullable CacheLoader<K, V> loader) {
    this.loader = loader;
  }

  /** The loader that finds nothing, because there is none. */
  @SuppressWarnings("unchecked") // It never sees a key or value.
  public static <K, V> EntryLoader<K, V> none() {
    return (EntryLoader<K, V>) NONE;
  }

  public static <K, V> EntryLoader<K, V> of(@Nullable CacheLoader<K, V> loader) {
    return loader == null ? none() : new EntryLoader<>(loader);
  }

  public boolean exists() {
    return loader != null;
  }

  /** Loads a value, or returns {@code null} if there is none. */
  public @Nullable V load(K key) {
    if (loader == null) {
      return null;
    }
    try {
      return loader.load(key);
    } catch (Exception e) {
      throw ApplicationCode.LOADER.failure(loader, e);
    }
  }

  /** Loads the values of the keys that have one. */
  public Map<K, V> loadAll(Set<? extends K> keys) {
    if (loader == null || keys.isEmpty()) {
      return Map.of();
    }
    try {
      Map<K, V> found = new HashMap<>();
      // The loader gets its own copy of the set, which it may modify.
      Map<K, V> loaded = loader.loadAll(new LinkedHashSet<>(keys));
      for (K key : keys) {
        V value = loaded.get(key);
        if (value != null) {
          found.put(key, value);
        }
      }
      return found;
    } catch (Exception e) {
      throw ApplicationCode.LOADER.failure(loader, e);
    }
  }
}
