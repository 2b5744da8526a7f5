package io.yokedcache.jcache;

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
import io.yokedcache.jcache.internal.integration.ApplicationCode;
import io.yokedcache.jcache.internal.integration.DeclaredType;
import io.yokedcache.jcache.internal.integration.EntryLoader;
import io.yokedcache.jcache.internal.integration.EntryWriter;
import io.yokedcache.jcache.internal.metrics.PhaseMeter;
import io.yokedcache.jcache.internal.metrics.StatisticsRecorder;
import io.yokedcache.jcache.internal.near.NearCache;
import io.yokedcache.jcache.internal.settings.Settings;
import java.io.Closeable;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.cache.configuration.Factory;
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
 * @param backend its entries in Redis
 * @param near the near cache, or {@code null}
 * @param codec encodes and decodes keys and values
 * @param phases times the phases of its operations
 * @param application the objects of the application
 * @param refreshAge the age from which entries are loaded again, or {@code null}
 */
record CacheDefinition<K, V>(
    String name,
    YokedCacheConfiguration<K, V> configuration,
    Settings.Cache settings,
    CacheBackend backend,
    @Nullable NearCache<V> near,
    EntryCodec<K, V> codec,
    PhaseMeter phases,
    ApplicationObjects<K, V> application,
    @Nullable RefreshAge refreshAge) {

  /**
   * The objects that the application's factories have created for a cache.
   *
   * @param expiryPolicy how long entries live
   * @param loader loads missing values, or {@code null}
   * @param writer writes changes through, or {@code null}
   */
  record ApplicationObjects<K, V>(
      ExpiryPolicy expiryPolicy,
      @Nullable CacheLoader<K, V> loader,
      @Nullable CacheWriter<? super K, ? super V> writer) {

    /** Creates the objects. If a factory fails, the objects of the others are closed. */
    static <K, V> ApplicationObjects<K, V> create(YokedCacheConfiguration<K, V> configuration) {
      List<Object> created = new ArrayList<>();
      try {
        return new ApplicationObjects<>(
            create("expiry policy", configuration.getExpiryPolicyFactory(), created),
            createIfAny("cache loader", configuration.getCacheLoaderFactory(), created),
            createIfAny("cache writer", configuration.getCacheWriterFactory(), created));
      } catch (Throwable e) {
        created.forEach(object -> ApplicationCode.closeAfter(e, object));
        throw e;
      }
    }

    private static <T> T create(String what, Factory<T> factory, List<Object> created) {
      T object = ApplicationCode.create(what, factory);
      created.add(object);
      return object;
    }

    private static <T> @Nullable T createIfAny(
        String what, @Nullable Factory<T> factory, List<Object> created) {
      return factory == null ? null : create(what, factory, created);
    }

    /** The objects that must be closed with the cache. */
    List<Closeable> closeables() {
      return Stream.of(loader, writer, expiryPolicy)
          .filter(Closeable.class::isInstance)
          .map(Closeable.class::cast)
          .toList();
    }

    /** Closes the objects, since something else failed. */
    void closeAfter(Throwable failure) {
      closeables().forEach(object -> ApplicationCode.closeAfter(failure, object));
    }
  }

  /**
   * Puts the context of the cache together.
   *
   * @param recorder where calls of loader and writer are counted
   */
  CacheContext<K, V> context(
      EventDemand demand, Supplier<StatisticsRecorder> recorder, KeyLocks locks) {
    EntryExpiry expiry = EntryExpiry.of(application.expiryPolicy());
    CacheContext<K, V> context =
        new CacheContext<>(
            name,
            backend.entries(),
            new EntryReads<>(backend.entries(), codec, expiry, near, refreshAge),
            codec,
            valueType(),
            expiry,
            configuration.isReadThrough() ? entryLoader(recorder) : EntryLoader.none(),
            configuration.isWriteThrough()
                ? EntryWriter.of(application.writer(), recorder)
                : EntryWriter.none(),
            demand,
            settings,
            locks,
            new LoadTracker(settings.contentionTimeout()));
    if (application.loader() != null) {
      context.trackChanges();
    }
    return context;
  }

  DeclaredType<V> valueType() {
    return new DeclaredType<>(name, "Value", configuration.getValueType());
  }

  /** The locks of keys; a writer must see the changes in Redis' order. */
  KeyLocks locks() {
    boolean required = configuration.isWriteThrough() && application.writer() != null;
    return new KeyLocks(name, settings.contentionTimeout(), required);
  }

  /** The loader, even if there is no read-through. */
  EntryLoader<K, V> entryLoader(Supplier<StatisticsRecorder> recorder) {
    return EntryLoader.of(application.loader(), valueType(), recorder);
  }

  /** Closes the opened parts if the creation of the cache fails. */
  void close() {
    Closing.closeAll(
        List.of(
            backend::close,
            () -> Closing.closeApplication("cache " + name, application.closeables())));
  }
}
