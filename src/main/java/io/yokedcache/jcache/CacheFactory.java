package io.yokedcache.jcache;

import static java.util.Objects.requireNonNullElseGet;

import io.yokedcache.jcache.CacheDefinition.ApplicationObjects;
import io.yokedcache.jcache.codec.Codec;
import io.yokedcache.jcache.configuration.YokedCacheConfiguration;
import io.yokedcache.jcache.internal.backend.CacheBackend;
import io.yokedcache.jcache.internal.backend.RedisBackend;
import io.yokedcache.jcache.internal.backend.RedisBackend.CacheOptions;
import io.yokedcache.jcache.internal.codec.Codecs;
import io.yokedcache.jcache.internal.codec.wrap.ValueWrapper;
import io.yokedcache.jcache.internal.codec.wrap.ValueWrappers;
import io.yokedcache.jcache.internal.entry.EntryCodec;
import io.yokedcache.jcache.internal.expiry.EntryExpiry;
import io.yokedcache.jcache.internal.expiry.RefreshAge;
import io.yokedcache.jcache.internal.metrics.PhaseMeter;
import io.yokedcache.jcache.internal.metrics.RoundTripTimer;
import io.yokedcache.jcache.internal.near.NearCache;
import io.yokedcache.jcache.internal.settings.EffectiveConfiguration;
import io.yokedcache.jcache.internal.settings.Settings;
import io.yokedcache.jcache.internal.store.generation.Generations.CacheIdentity;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.cache.configuration.Configuration;
import javax.cache.expiry.ExpiryPolicy;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Creates the definitions of caches from their configurations. */
final class CacheFactory {

  private static final Logger logger = LoggerFactory.getLogger(CacheFactory.class);

  /** The end of the name of that region of Hibernate's; a region prefix goes before it. */
  private static final String UPDATE_TIMESTAMPS = "default-update-timestamps-region";

  private static final String MISSING_OBJECT =
      "Cache {} has {} but no {}, so that nothing is {}: set its factory in the configuration";

  private final Settings settings;
  private final RedisBackend redis;
  private final Codecs codecs;
  private final ValueWrappers wrappers;
  private final ClassLoader classLoader;
  private final Map<String, String> descriptions = new ConcurrentHashMap<>();
  private final ThreadLocal<long[]> codecTimes = PhaseMeter.codecTimes();

  CacheFactory(Settings settings, RedisBackend redis, ClassLoader classLoader) {
    this.settings = settings;
    this.redis = redis;
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
    EffectiveConfiguration.requireTypes(name, cacheSettings, classLoader);
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
    PhaseMeter phases = new PhaseMeter(codecTimes);
    Codec<K> keyCodec = keyCodec(configuration, cacheSettings);
    Codec<V> valueCodec = valueCodec(configuration, cacheSettings);
    ValueWrapper wrapper = wrappers.of(name, cacheSettings.compress(), cacheSettings.encrypt());
    long maxBytes = settings.serialization().maxBytes();
    EntryCodec<K, V> codec =
        new EntryCodec<>(name, keyCodec, valueCodec, wrapper, phases, maxBytes);
    CacheIdentity identity =
        new CacheIdentity(
            name,
            description(configuration, cacheSettings, keyCodec, valueCodec, wrapper),
            cacheSettings.tags());
    ApplicationObjects<K, V> application = ApplicationObjects.create(configuration);
    if (configuration.isReadThrough() && application.loader() == null) {
      logger.warn(MISSING_OBJECT, name, "setReadThrough(true)", "CacheLoader", "loaded");
    }
    if (configuration.isWriteThrough() && application.writer() == null) {
      logger.warn(MISSING_OBJECT, name, "setWriteThrough(true)", "CacheWriter", "written");
    }
    try {
      RefreshAge refreshAge = refreshAge(configuration, cacheSettings, application, name);
      NearCache<V> near = near(name, cacheSettings.near(), application.expiryPolicy(), codec);
      CacheOptions options =
          new CacheOptions(
              cacheSettings.batchSize(),
              onFailure(name, cacheSettings),
              readsReplicas(name, cacheSettings, application.expiryPolicy(), refreshAge != null),
              /* removesDoubtful= */ !isOfUpdateTimestamps(name));
      // The last step, so that nothing tracks changes for a cache that is not created.
      CacheBackend backend = redis.open(identity, options, near, phases::wire);
      return new CacheDefinition<>(
          name,
          configuration,
          cacheSettings,
          backend,
          near,
          codec,
          phases,
          application,
          refreshAge);
    } catch (Throwable e) {
      application.closeAfter(e);
      throw e;
    }
  }

  private <K, V> Codec<K> keyCodec(
      YokedCacheConfiguration<K, V> configuration, Settings.Cache cacheSettings) {
    return requireNonNullElseGet(
        configuration.getKeyCodec(),
        () ->
            codecs.named(
                cacheSettings.keyCodec(),
                configuration.getKeyType(),
                configuration.getValueType()));
  }

  private <K, V> Codec<V> valueCodec(
      YokedCacheConfiguration<K, V> configuration, Settings.Cache cacheSettings) {
    return requireNonNullElseGet(
        configuration.getValueCodec(),
        () ->
            codecs.ofValues(
                cacheSettings.valueCodec(),
                configuration.getValueType(),
                cacheSettings.valueType(),
                configuration.getKeyType()));
  }

  /**
   * The properties that all JVMs that share a cache must have in common. Concatenated and not
   * formatted: all JVMs must build the same text, and the digits of a format depend on the locale.
   *
   * @return the same object for equal texts: caches of the same types are described alike
   */
  private String description(
      YokedCacheConfiguration<?, ?> configuration,
      Settings.Cache cacheSettings,
      Codec<?> keyCodec,
      Codec<?> valueCodec,
      ValueWrapper wrapper) {
    String description =
        "key codec "
            + keyCodec.id()
            + " of "
            + configuration.getKeyType().getName()
            + ", value codec "
            + valueCodec.id()
            + " of "
            + configuration.getValueType().getName()
            + ", "
            + settings.buckets()
            + " buckets"
            + wrapper.description()
            + (cacheSettings.tags() ? ", tags" : "");
    return descriptions.computeIfAbsent(description, same -> same);
  }

  private static @Nullable RefreshAge refreshAge(
      YokedCacheConfiguration<?, ?> configuration,
      Settings.Cache cacheSettings,
      ApplicationObjects<?, ?> application,
      String name) {
    Duration refreshAfter = cacheSettings.refreshAfter();
    return refreshAfter == null || application.loader() == null || !configuration.isReadThrough()
        ? null
        : RefreshAge.of(name, refreshAfter, application.expiryPolicy());
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

  private <V> @Nullable NearCache<V> near(
      String name, Settings.NearCache nearSettings, ExpiryPolicy expiry, EntryCodec<?, V> codec) {
    if (!nearSettings.enabled()) {
      return null;
    }
    if (!allowsNearEntries(expiry)) {
      logger.warn(
          "Cache {} has no near cache: its expiry policy {} lets entries live longer when they are"
              + " read, which every reader has to tell Redis",
          name,
          expiry.getClass().getName());
      return null;
    }
    return new NearCache<>(nearSettings, settings.buckets(), codec::name);
  }

  private boolean readsReplicas(
      String name, Settings.Cache cacheSettings, ExpiryPolicy expiry, boolean refreshes) {
    if (cacheSettings.readFrom() == Settings.ReadFrom.MASTER) {
      return false;
    }
    String reason = null;
    if (settings.connection().deployment().kind() == Settings.Deployment.Kind.STANDALONE) {
      reason = "the URI names one server; redis-cluster:// and redis-sentinel:// know replicas";
    } else if (cacheSettings.near().enabled()) {
      reason = "it has a near cache, whose entries must be those of the master";
    } else if (refreshes) {
      reason = "its reads ask for the age of entries (refresh-after), which the master knows";
    } else if (!allowsNearEntries(expiry)) {
      reason = "its reads change times to live, which only the master does";
    }
    if (reason != null) {
      logger.warn("Cache {} does not read from replicas: {}", name, reason);
    }
    return reason == null;
  }

  private static boolean allowsNearEntries(ExpiryPolicy policy) {
    EntryExpiry expiry = EntryExpiry.of(policy);
    return expiry.isFixed() && expiry.onAccess().isUnchanged();
  }

  /**
   * Verifies that all JVMs use the cache alike, and empties it if {@code clear-on-create} is set.
   * If Redis is away, the first operation verifies it; a cache that must start empty needs Redis.
   */
  void prepare(CacheDefinition<?, ?> definition) {
    CacheBackend backend = definition.backend();
    if (Boolean.TRUE.equals(definition.configuration().getClearOnCreate())) {
      backend.clear();
      return;
    }
    try {
      backend.open();
    } catch (RedisUnavailableException e) {
      if (e.kind() == RedisUnavailableException.Kind.ACCESS_DENIED) {
        throw e; // no outage: waiting mends nothing
      }
      logger.warn("Cache {} is created without Redis: {}", definition.name(), e.getMessage());
    }
  }

  /** Drops the entries of a cache, whatever its codecs and types are. */
  void drop(String name) {
    CacheOptions options =
        new CacheOptions(
            /* batchSize= */ 1,
            Settings.OnFailure.THROW,
            /* readsReplicas= */ false,
            /* removesDoubtful= */ true);
    CacheBackend backend =
        redis.open(
            new CacheIdentity(name, "to be dropped"),
            options,
            /* near= */ null,
            RoundTripTimer::none);
    Closing.closeAll(List.of(backend::destroy, backend::close));
  }
}
