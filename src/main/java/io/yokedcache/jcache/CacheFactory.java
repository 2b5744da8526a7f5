package io.yokedcache.jcache;

import static java.util.Objects.requireNonNullElseGet;

import io.yokedcache.jcache.codec.Codec;
import io.yokedcache.jcache.configuration.Settings;
import io.yokedcache.jcache.configuration.YokedCacheConfiguration;
import io.yokedcache.jcache.internal.backend.CacheBackend;
import io.yokedcache.jcache.internal.backend.RedisBackend;
import io.yokedcache.jcache.internal.codec.Codecs;
import io.yokedcache.jcache.internal.codec.wrap.ValueWrapper;
import io.yokedcache.jcache.internal.codec.wrap.ValueWrappers;
import io.yokedcache.jcache.internal.entry.EntryCodec;
import io.yokedcache.jcache.internal.expiry.EntryExpiry;
import io.yokedcache.jcache.internal.expiry.RefreshAge;
import io.yokedcache.jcache.internal.integration.ApplicationCode;
import io.yokedcache.jcache.internal.metrics.PhaseMeter;
import io.yokedcache.jcache.internal.metrics.RoundTripTimer;
import io.yokedcache.jcache.internal.near.NearCache;
import io.yokedcache.jcache.internal.settings.EffectiveConfiguration;
import io.yokedcache.jcache.internal.store.generation.Generations.CacheIdentity;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.cache.configuration.Configuration;
import javax.cache.configuration.Factory;
import javax.cache.expiry.ExpiryPolicy;
import javax.cache.integration.CacheLoader;
import javax.cache.integration.CacheWriter;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Creates the definitions of caches from their configurations. */
final class CacheFactory {

  private static final Logger logger = LoggerFactory.getLogger(CacheFactory.class);

  /** The end of the name of that region of Hibernate's; a region prefix goes before it. */
  private static final String UPDATE_TIMESTAMPS = "default-update-timestamps-region";

  private final Settings settings;
  private final RedisBackend stores;
  private final Codecs codecs;
  private final ValueWrappers wrappers;
  private final ClassLoader classLoader;
  private final Map<String, String> descriptions = new ConcurrentHashMap<>();
  private final ThreadLocal<long[]> codecTimes = PhaseMeter.codecTimes();

  CacheFactory(Settings settings, RedisBackend stores, ClassLoader classLoader) {
    this.settings = settings;
    this.stores = stores;
    // Threads that read later may have another context loader than the one that creates.
    this.classLoader =
        new ContextClassLoader(classLoader, Thread.currentThread().getContextClassLoader());
    this.codecs = new Codecs(this.classLoader, settings.serialization());
    this.wrappers = new ValueWrappers(settings.namespace(), settings.serialization().maxBytes());
  }

  /** The definition of a cache that the application configures. */
  <K, V> CacheDefinition<K, V> definition(String name, Configuration<K, V> configuration) {
    if (!configuration.isStoreByValue()) {
      throw new UnsupportedOperationException(
          "Cache " + name + " cannot store by reference: its entries are in Redis");
    }
    Settings.Cache cacheSettings = settings.caches().apply(name);
    return complete(name, EffectiveConfiguration.merge(configuration, cacheSettings));
  }

  /** The definition of a cache that only the configuration file defines. */
  CacheDefinition<?, ?> definitionFromFile(String name) {
    Settings.Cache cacheSettings = settings.caches().apply(name);
    return complete(name, EffectiveConfiguration.fromFile(name, cacheSettings, classLoader));
  }

  private <K, V> CacheDefinition<K, V> complete(
      String name, YokedCacheConfiguration<K, V> configuration) {
    Settings.Cache cacheSettings = settings.caches().apply(name);
    Class<K> keyType = configuration.getKeyType();
    Class<V> valueType = configuration.getValueType();
    Codec<K> keyCodec =
        requireNonNullElseGet(
            configuration.getKeyCodec(),
            () -> codecs.named(cacheSettings.keyCodec(), keyType, valueType));
    Codec<V> valueCodec =
        requireNonNullElseGet(
            configuration.getValueCodec(),
            () ->
                codecs.ofValues(
                    cacheSettings.valueCodec(), valueType, cacheSettings.valueType(), keyType));
    ValueWrapper wrapper = wrappers.of(name, cacheSettings.compress(), cacheSettings.encrypt());
    CacheIdentity identity =
        new CacheIdentity(
            name,
            // Concatenated and not formatted: all JVMs must build the same text, and the digits of
            // a format depend on the locale.
            shared(
                "key codec "
                    + keyCodec.id()
                    + " of "
                    + keyType.getName()
                    + ", value codec "
                    + valueCodec.id()
                    + " of "
                    + valueType.getName()
                    + ", "
                    + settings.buckets()
                    + " buckets"
                    + wrapper.description()
                    + (cacheSettings.tags() ? ", tags" : "")),
            cacheSettings.tags());
    PhaseMeter phases = new PhaseMeter(codecTimes);
    EntryCodec<K, V> codec =
        new EntryCodec<>(
            name, keyCodec, valueCodec, wrapper, phases, settings.serialization().maxBytes());
    List<Object> created = new ArrayList<>();
    try {
      ExpiryPolicy expiry =
          create("expiry policy", configuration.getExpiryPolicyFactory(), created);
      CacheLoader<K, V> loader =
          createIfAny("cache loader", configuration.getCacheLoaderFactory(), created);
      CacheWriter<? super K, ? super V> writer =
          createIfAny("cache writer", configuration.getCacheWriterFactory(), created);
      Duration refreshAfter = cacheSettings.refreshAfter();
      RefreshAge refreshAge =
          refreshAfter == null || loader == null || !configuration.isReadThrough()
              ? null
              : RefreshAge.of(name, refreshAfter, expiry);
      NearCache<V> near = near(name, cacheSettings.near(), settings.buckets(), expiry, codec);
      // The last step, so that nothing tracks changes for a cache that is not created.
      CacheBackend store =
          stores.open(
              identity,
              cacheSettings.batchSize(),
              onFailure(name, cacheSettings),
              near,
              readsReplicas(name, cacheSettings, expiry, refreshAge != null),
              /* removesDoubtful= */ !isOfUpdateTimestamps(name),
              phases::wire);
      return new CacheDefinition<>(
          name,
          configuration,
          cacheSettings,
          store,
          near,
          codec,
          phases,
          expiry,
          refreshAge,
          loader,
          writer);
    } catch (Throwable e) {
      created.forEach(object -> ApplicationCode.closeAfter(e, object));
      throw e;
    }
  }

  /**
   * Whether a cache has the times at which Hibernate changed tables. Hibernate takes a cached
   * result of a query for valid if such a time is missing: no failure may look like a missing
   * entry.
   */
  private boolean isOfUpdateTimestamps(String name) {
    return name.endsWith(UPDATE_TIMESTAMPS)
        && settings.serialization().presets().contains("hibernate");
  }

  private Settings.OnFailure onFailure(String name, Settings.Cache cacheSettings) {
    Settings.OnFailure onFailure = cacheSettings.onFailure();
    if (onFailure == Settings.OnFailure.DEGRADE && isOfUpdateTimestamps(name)) {
      logger.info(
          "Cache {} keeps on-failure = throw, so that no result of a query is stale: while Redis is"
              + " away, transactions that change entities fail. Without the query cache"
              + " (hibernate.cache.use_query_cache = false) they go on.",
          name);
      return Settings.OnFailure.THROW;
    }
    return onFailure;
  }

  /** The same object for equal texts: caches of the same types are described alike. */
  private String shared(String description) {
    return descriptions.computeIfAbsent(description, same -> same);
  }

  private static <V> @Nullable NearCache<V> near(
      String name,
      Settings.NearCache settings,
      int buckets,
      ExpiryPolicy expiry,
      EntryCodec<?, V> codec) {
    if (!settings.enabled()) {
      return null;
    }
    if (!allowsCopies(expiry)) {
      logger.warn(
          "Cache {} has no near cache: its expiry policy {} lets entries live longer when they are"
              + " read, which every reader has to tell Redis",
          name,
          expiry.getClass().getName());
      return null;
    }
    return new NearCache<>(settings, buckets, codec::name);
  }

  private boolean readsReplicas(
      String name, Settings.Cache settings, ExpiryPolicy expiry, boolean refreshes) {
    if (settings.readFrom() == Settings.ReadFrom.MASTER) {
      return false;
    }
    String reason = null;
    if (this.settings.connection().deployment().kind() == Settings.Deployment.Kind.STANDALONE) {
      reason = "the URI names one server; redis-cluster:// and redis-sentinel:// know replicas";
    } else if (settings.near().enabled()) {
      reason = "it has a near cache, whose entries must be those of the master";
    } else if (refreshes) {
      reason = "its reads ask for the age of entries (refresh-after), which the master knows";
    } else if (!allowsCopies(expiry)) {
      reason = "its reads change times to live, which only the master does";
    }
    if (reason != null) {
      logger.warn("Cache {} does not read from replicas: {}", name, reason);
    }
    return reason == null;
  }

  private static boolean allowsCopies(ExpiryPolicy policy) {
    EntryExpiry expiry = EntryExpiry.of(policy);
    return expiry.isFixed() && expiry.onAccess().isUnchanged();
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

  /**
   * Verifies that all JVMs use the cache alike, and empties it if {@code clear-on-create} is set.
   * If Redis is away, the first operation verifies it; a cache that must start empty needs Redis.
   */
  void prepare(CacheDefinition<?, ?> definition) {
    CacheBackend store = definition.store();
    if (Boolean.TRUE.equals(definition.configuration().getClearOnCreate())) {
      store.clear();
      return;
    }
    try {
      store.open();
    } catch (RedisUnavailableException e) {
      if (e.kind() == RedisUnavailableException.Kind.ACCESS_DENIED) {
        throw e; // no outage: waiting mends nothing
      }
      logger.warn("Cache {} is created without Redis: {}", definition.name(), e.getMessage());
    }
  }

  /** Drops the entries of a cache, whatever its codecs and types are. */
  void drop(String name) {
    stores
        .open(
            new CacheIdentity(name, "to be dropped"),
            /* batchSize= */ 1,
            Settings.OnFailure.THROW,
            /* near= */ null,
            /* readsReplicas= */ false,
            /* removesDoubtful= */ true,
            RoundTripTimer::none)
        .destroy();
  }
}
