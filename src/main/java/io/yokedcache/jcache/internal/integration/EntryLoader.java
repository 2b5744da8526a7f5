package io.yokedcache.jcache.internal.integration;

import io.yokedcache.jcache.internal.metrics.ErrorType;
import io.yokedcache.jcache.internal.metrics.Operation;
import io.yokedcache.jcache.internal.metrics.StatisticsRecorder;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import javax.cache.integration.CacheLoader;
import javax.cache.integration.CacheLoaderException;
import org.jspecify.annotations.Nullable;

/**
 * The application's cache loader, or none. Its calls are counted and timed, and its failures are
 * {@link CacheLoaderException}s. Safe for use by several threads if the loader is.
 */
public final class EntryLoader<K, V> {

  private static final EntryLoader<?, ?> NONE =
      new EntryLoader<>(
          null, new DeclaredType<>("", "Value", Object.class), StatisticsRecorder::disabled);

  private final @Nullable CacheLoader<K, V> loader;
  private final DeclaredType<V> valueType;
  private final Supplier<StatisticsRecorder> recorder;

  private EntryLoader(
      @Nullable CacheLoader<K, V> loader,
      DeclaredType<V> valueType,
      Supplier<StatisticsRecorder> recorder) {
    this.loader = loader;
    this.valueType = valueType;
    this.recorder = recorder;
  }

  /** The loader that finds nothing, because there is none. */
  @SuppressWarnings("unchecked") // It never sees a key or value.
  public static <K, V> EntryLoader<K, V> none() {
    return (EntryLoader<K, V>) NONE;
  }

  /**
   * The loader of a cache.
   *
   * @param loader the application's, or {@code null} if there is none
   * @param valueType the type that loaded values must have
   * @param recorder returns at each call where the call is counted
   */
  public static <K, V> EntryLoader<K, V> of(
      @Nullable CacheLoader<K, V> loader,
      DeclaredType<V> valueType,
      Supplier<StatisticsRecorder> recorder) {
    return loader == null ? none() : new EntryLoader<>(loader, valueType, recorder);
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
      V value = timed(() -> loader.load(key));
      if (value != null) {
        valueType.check(value);
      }
      return value;
    } catch (Exception e) {
      throw ApplicationCode.LOADER.failure(loader, e);
    }
  }

  /** Loads the value of a key by itself; the map is empty if there is none. */
  public Map<K, V> loadOne(K key) {
    V value = load(key);
    return value == null ? Map.of() : Map.of(key, value);
  }

  /** Loads the values of the keys that have one. */
  public Map<K, V> loadAll(Set<? extends K> keys) {
    if (loader == null || keys.isEmpty()) {
      return Map.of();
    }
    try {
      Map<K, V> found = new HashMap<>();
      // The loader gets its own copy of the set, which it may modify.
      Map<K, V> loaded = timed(() -> loader.loadAll(new LinkedHashSet<>(keys)));
      if (loaded == null) {
        throw new NullPointerException(
            "loadAll returned null; it returns an empty map if there is no value");
      }
      for (K key : keys) {
        V value = loaded.get(key);
        if (value != null) {
          valueType.check(value);
          found.put(key, value);
        }
      }
      return found;
    } catch (Exception e) {
      throw ApplicationCode.LOADER.failure(loader, e);
    }
  }

  private <T extends @Nullable Object> T timed(Supplier<T> call) {
    return recorder.get().timed(Operation.LOAD, ErrorType.LOADER, call);
  }
}
