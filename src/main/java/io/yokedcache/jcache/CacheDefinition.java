package io.yokedcache.jcache;

import io.yokedcache.jcache.configuration.Settings;
import io.yokedcache.jcache.configuration.YokedCacheConfiguration;
import io.yokedcache.jcache.internal.backend.CacheBackend;
import io.yokedcache.jcache.internal.entry.CacheContext;
import io.yokedcache.jcache.internal.entry.EntryCodec;
import io.yokedcache.jcache.internal.entry.EntryReads;
import io.yokedcache.jcache.internal.entry.EventDemand;
import io.yokedcache.jcache.internal.entry.KeyLocks;
import io.yokedcache.jcache.internal.entry.LoadTracker;
import io.yokedcache.jcache.internal.expiry.EntryExpiry;
import io.yokedcache.jcache.internal.expiry.RefreshAge;
import io.yokedcache.jcache.internal.integration.EntryLoader;
import io.yokedcache.jcache.internal.integration.EntryWriter;
import io.yokedcache.jcache.internal.metrics.PhaseMeter;
import io.yokedcache.jcache.internal.metrics.StatisticsRecorder;
import io.yokedcache.jcache.internal.metrics.TimedLoader;
import io.yokedcache.jcache.internal.metrics.TimedWriter;
import io.yokedcache.jcache.internal.near.NearCache;
import java.io.Closeable;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.cache.expiry.ExpiryPolicy;
import javax.cache.integration.CacheLoader;
import javax.cache.integration.CacheWriter;
import org.jspecify.annotations.Nullable;

/**
 * The definition of a cache: its effective configuration, and the objects that are created from it.
 *
 * @param name its name
 * @param configuration the configuration in code, completed by the file
 * @param settings the settings that only the file has
 * @param store its entries in Redis
 * @param near the near cache, or {@code null}
 * @param codec encodes and decodes keys and values
 * @param phases times the phases of its operations
 * @param expiryPolicy how long entries live
 * @param refreshAge the age from which entries are loaded again, or {@code null}
 * @param loader loads missing values, or {@code null}
 * @param writer writes changes through, or {@code null}
 */
record CacheDefinition<K, V>(
    String name,
    YokedCacheConfiguration<K, V> configuration,
    Settings.Cache settings,
    CacheBackend store,
    @Nullable NearCache<V> near,
    EntryCodec<K, V> codec,
    PhaseMeter phases,
    ExpiryPolicy expiryPolicy,
    @Nullable RefreshAge refreshAge,
    @Nullable CacheLoader<K, V> loader,
    @Nullable CacheWriter<? super K, ? super V> writer) {

  /**
   * Puts the context of the cache together.
   *
   * @param recorder where calls of loader and writer are counted
   */
  CacheContext<K, V> context(
      EventDemand demand, Supplier<StatisticsRecorder> recorder, KeyLocks locks) {
    EntryExpiry expiry = EntryExpiry.of(expiryPolicy);
    CacheContext<K, V> context =
        new CacheContext<>(
            name,
            store.entries(),
            new EntryReads<>(store.entries(), codec, expiry, near, refreshAge),
            codec,
            expiry,
            configuration.isReadThrough() ? entryLoader(recorder) : EntryLoader.none(),
            configuration.isWriteThrough()
                ? EntryWriter.of(TimedWriter.of(writer, recorder))
                : EntryWriter.none(),
            demand,
            settings.contentionTimeout(),
            locks,
            new LoadTracker(settings.contentionTimeout()));
    if (loader != null) {
      context.trackChanges();
    }
    return context;
  }

  /** The locks of keys; a writer must see the changes in Redis' order. */
  KeyLocks locks() {
    boolean required = configuration.isWriteThrough() && writer != null;
    return new KeyLocks(name, settings.contentionTimeout(), required);
  }

  /** The loader, even if there is no read-through. */
  EntryLoader<K, V> entryLoader(Supplier<StatisticsRecorder> recorder) {
    return EntryLoader.of(TimedLoader.of(loader, recorder));
  }

  /** Closes the opened parts if the creation of the cache fails. */
  void close() {
    Closing.closeAll(
        List.of(store::close, () -> Closing.closeApplication("cache " + name, closeables())));
  }

  /** The application's objects that must be closed with the cache. */
  List<Closeable> closeables() {
    return Stream.of(loader, writer, expiryPolicy)
        .filter(Closeable.class::isInstance)
        .map(Closeable.class::cast)
        .toList();
  }
}
