package io.yokedcache.jcache.internal.metrics;

import java.util.Map;
import java.util.function.Supplier;
import javax.cache.integration.CacheLoader;
import org.jspecify.annotations.Nullable;

/**
 * The application's cache loader, with its calls counted and timed. Safe for use by several threads
 * if that one is.
 *
 * @param <K> keys
 * @param <V> values
 */
public final class TimedLoader<K, V> implements CacheLoader<K, V> {

  private final CacheLoader<K, V> loader;
  private final Supplier<StatisticsRecorder> recorder;

  private TimedLoader(CacheLoader<K, V> loader, Supplier<StatisticsRecorder> recorder) {
    this.loader = loader;
    this.recorder = recorder;
  }

  /**
   * Times a loader.
   *
   * @param loader the application's, or {@code null} for none
   * @param recorder where calls are counted, asked at each call
   */
  public static <K, V> @Nullable CacheLoader<K, V> of(
      @Nullable CacheLoader<K, V> loader, Supplier<StatisticsRecorder> recorder) {
    return loader == null ? null : new TimedLoader<>(loader, recorder);
  }

  @Override
  public V load(K key) {
    return timed(() -> loader.load(key));
  }

  @Override
  public Map<K, V> loadAll(Iterable<? extends K> keys) {
    return timed(() -> loader.loadAll(keys));
  }

  private <T> T timed(Supplier<T> call) {
    StatisticsRecorder current = recorder.get();
    long start = current.start();
    try {
      T loaded = call.get();
      current.record(Operation.LOAD, 0, 0, 0, 0, start);
      return loaded;
    } catch (Throwable e) { // also a checked one, thrown undeclared
      current.failed(Operation.LOAD, ErrorType.LOADER);
      throw e;
    }
  }

  /** Names the application's loader, as error messages do. */
  @Override
  public String toString() {
    return loader.toString();
  }
}
