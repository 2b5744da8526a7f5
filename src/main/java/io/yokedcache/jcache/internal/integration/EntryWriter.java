package io.yokedcache.jcache.internal.integration;

import io.yokedcache.jcache.internal.metrics.ErrorType;
import io.yokedcache.jcache.internal.metrics.Operation;
import io.yokedcache.jcache.internal.metrics.StatisticsRecorder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import javax.cache.Cache;
import javax.cache.integration.CacheWriter;
import javax.cache.integration.CacheWriterException;
import org.jspecify.annotations.Nullable;

/**
 * The application's cache writer, or none. Its calls are counted and timed, and its failures are
 * {@link CacheWriterException}s. Safe for use by several threads if the writer is.
 */
public final class EntryWriter<K, V> {

  private static final EntryWriter<?, ?> NONE =
      new EntryWriter<>(null, StatisticsRecorder::disabled);

  private final @Nullable CacheWriter<? super K, ? super V> writer;
  private final Supplier<StatisticsRecorder> recorder;

  private EntryWriter(
      @Nullable CacheWriter<? super K, ? super V> writer, Supplier<StatisticsRecorder> recorder) {
    this.writer = writer;
    this.recorder = recorder;
  }

  /** The writer that does nothing, because there is none. */
  @SuppressWarnings("unchecked") // It never sees a key or value.
  public static <K, V> EntryWriter<K, V> none() {
    return (EntryWriter<K, V>) NONE;
  }

  /**
   * The writer of a cache.
   *
   * @param writer the application's, or {@code null} if there is none
   * @param recorder returns at each call where the call is counted
   */
  public static <K, V> EntryWriter<K, V> of(
      @Nullable CacheWriter<? super K, ? super V> writer, Supplier<StatisticsRecorder> recorder) {
    return writer == null ? none() : new EntryWriter<>(writer, recorder);
  }

  public boolean exists() {
    return writer != null;
  }

  /** Writes an entry, or deletes it if the value is {@code null}. */
  public void write(K key, @Nullable V value) {
    if (writer == null) {
      return;
    }
    try {
      timed(
          value == null
              ? () -> writer.delete(key)
              : () -> writer.write(new SimpleEntry<>(key, value)));
    } catch (Exception e) {
      throw ApplicationCode.WRITER.failure(writer, e);
    }
  }

  /** Writes entries, and says which were written even if some were not. */
  public Written<K> writeAll(Map<? extends K, ? extends V> entries) {
    if (writer == null || entries.isEmpty()) {
      return new Written<>(Set.copyOf(entries.keySet()), null);
    }
    Collection<Cache.Entry<? extends K, ? extends V>> left = new ArrayList<>(entries.size());
    entries.forEach((key, value) -> left.add(new SimpleEntry<>(key, value)));
    Throwable failure = null;
    try {
      timed(() -> writer.writeAll(castEntries(left)));
    } catch (Throwable e) {
      // After an error as well, the cache must get the entries that were written before.
      failure = documented(e);
    }
    Set<K> written = new HashSet<>(entries.keySet());
    if (failure != null) {
      left.forEach(entry -> written.remove(entry.getKey()));
    }
    return new Written<>(written, failure);
  }

  /** Deletes entries, and says which were deleted even if some were not. */
  public Written<K> deleteAll(Set<? extends K> keys) {
    if (writer == null || keys.isEmpty()) {
      return new Written<>(new LinkedHashSet<>(keys), null);
    }
    Set<K> left = new HashSet<>(keys);
    Throwable failure = null;
    try {
      timed(() -> writer.deleteAll(left));
    } catch (Throwable e) {
      // After an error as well, the cache must get the entries that were written before.
      failure = documented(e);
    }
    Set<K> deleted = new LinkedHashSet<>(keys);
    if (failure != null) {
      deleted.removeAll(left);
    }
    return new Written<>(deleted, failure);
  }

  private void timed(Runnable call) {
    Object unused =
        recorder
            .get()
            .<@Nullable Object>timed(
                Operation.WRITE,
                ErrorType.WRITER,
                () -> {
                  call.run();
                  return null;
                });
  }

  /**
   * A writer of {@code ? super} types takes entries of the exact ones; the JSR's signature cannot
   * say so, since its collection is also written to.
   */
  @SuppressWarnings({"unchecked", "rawtypes"})
  private static <A, B> Collection<Cache.Entry<? extends A, ? extends B>> castEntries(
      Collection<?> entries) {
    return (Collection) entries;
  }

  private Throwable documented(Throwable thrown) {
    return thrown instanceof Error ? thrown : ApplicationCode.WRITER.failure(writer, thrown);
  }

  /**
   * The result of a bulk write.
   *
   * @param keys the keys that were written or deleted
   * @param failure the writer's failure, a {@code CacheWriterException} or an {@code Error}, or
   *     {@code null}
   */
  public record Written<K>(Set<K> keys, @Nullable Throwable failure) {}
}
