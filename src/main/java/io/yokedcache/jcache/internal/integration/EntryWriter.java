package io.yokedcache.jcache.internal.integration;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import javax.cache.Cache;
import javax.cache.integration.CacheWriter;
import javax.cache.integration.CacheWriterException;
import org.jspecify.annotations.Nullable;

/** A cache writer whose failures are all {@link CacheWriterException}s, or none at all. */
public final class EntryWriter<K, V> {

  private static final EntryWriter<?, ?> NONE = new EntryWriter<>(null);

  private final @Nullable CacheWriter<? super K, ? super V> writer;

  private EntryWriter(@Nullable CacheWriter<? super K, ? super V> writer) {
    this.writer = writer;
  }

  /** The writer that does nothing, because there is none. */
  @SuppressWarnings("unchecked") // It never sees a key or value.
  public static <K, V> EntryWriter<K, V> none() {
    return (EntryWriter<K, V>) NONE;
  }

  public static <K, V> EntryWriter<K, V> of(@Nullable CacheWriter<? super K, ? super V> writer) {
    return writer == null ? none() : new EntryWriter<>(writer);
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
      if (value == null) {
        writer.delete(key);
      } else {
        writer.write(new SimpleEntry<>(key, value));
      }
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
      writer.writeAll(castEntries(left));
    } catch (
        Throwable e) { // also of errors: the cache must get the entries that were written before
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
      writer.deleteAll(left);
    } catch (
        Throwable e) { // also of errors: the cache must get the entries that were written before
      failure = documented(e);
    }
    Set<K> deleted = new LinkedHashSet<>(keys);
    if (failure != null) {
      deleted.removeAll(left);
    }
    return new Written<>(deleted, failure);
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
