package io.yokedcache.jcache.internal.metrics;

import java.util.Collection;
import java.util.function.Supplier;
import javax.cache.Cache;
import javax.cache.integration.CacheWriter;
import org.jspecify.annotations.Nullable;

/**
 * The application's cache writer, with its calls counted and timed. Safe for use by several threads
 * if that one is.
 *
 * @param <K> keys
 * @param <V> values
 */
public final class TimedWriter<K, V> implements CacheWriter<K, V> {

  private final CacheWriter<K, V> writer;
  private final Supplier<StatisticsRecorder> recorder;

  private TimedWriter(CacheWriter<K, V> writer, Supplier<StatisticsRecorder> recorder) {
    this.writer = writer;
    this.recorder = recorder;
  }

  /**
   * Times a writer.
   *
   * @param writer the application's, or {@code null} for none
   * @param recorder where calls are counted, asked at each call
   */
  public static <K, V> @Nullable CacheWriter<K, V> of(
      @Nullable CacheWriter<K, V> writer, Supplier<StatisticsRecorder> recorder) {
    return writer == null ? null : new TimedWriter<>(writer, recorder);
  }

  @Override
  public void write(Cache.Entry<? extends K, ? extends V> entry) {
    timed(() -> writer.write(entry));
  }

  @Override
  public void writeAll(Collection<Cache.Entry<? extends K, ? extends V>> entries) {
    timed(() -> writer.writeAll(entries));
  }

  @Override
  public void delete(Object key) {
    timed(() -> writer.delete(key));
  }

  @Override
  public void deleteAll(Collection<?> keys) {
    timed(() -> writer.deleteAll(keys));
  }

  private void timed(Runnable call) {
    StatisticsRecorder current = recorder.get();
    long start = current.start();
    try {
      call.run();
      current.record(Operation.WRITE, 0, 0, 0, 0, start);
    } catch (Throwable e) { // also a checked one, thrown undeclared
      current.failed(Operation.WRITE, ErrorType.WRITER);
      throw e;
    }
  }

  /** Names the application's writer, as error messages do. */
  @Override
  public String toString() {
    return writer.toString();
  }
}
