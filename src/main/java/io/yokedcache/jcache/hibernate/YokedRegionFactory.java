package io.yokedcache.jcache.hibernate;

import static java.util.Objects.requireNonNull;

import io.yokedcache.jcache.YokedCache;
import io.yokedcache.jcache.YokedCachingProvider;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.spi.CachingProvider;
import org.hibernate.boot.registry.classloading.spi.ClassLoaderService;
import org.hibernate.boot.registry.selector.SimpleStrategyRegistrationImpl;
import org.hibernate.boot.registry.selector.StrategyRegistration;
import org.hibernate.boot.registry.selector.StrategyRegistrationProvider;
import org.hibernate.boot.spi.SessionFactoryOptions;
import org.hibernate.cache.CacheException;
import org.hibernate.cache.cfg.spi.DomainDataRegionBuildingContext;
import org.hibernate.cache.cfg.spi.DomainDataRegionConfig;
import org.hibernate.cache.internal.DefaultCacheKeysFactory;
import org.hibernate.cache.spi.CacheKeysFactory;
import org.hibernate.cache.spi.CacheTransactionSynchronization;
import org.hibernate.cache.spi.DomainDataRegion;
import org.hibernate.cache.spi.RegionFactory;
import org.hibernate.cache.spi.support.RegionFactoryTemplate;
import org.hibernate.cache.spi.support.RegionNameQualifier;
import org.hibernate.cache.spi.support.StorageAccess;
import org.hibernate.engine.jdbc.connections.spi.JdbcConnectionAccess;
import org.hibernate.engine.jdbc.spi.JdbcServices;
import org.hibernate.engine.spi.SessionFactoryImplementor;
import org.hibernate.engine.spi.SessionImplementor;
import org.hibernate.engine.spi.SharedSessionContractImplementor;
import org.hibernate.engine.transaction.jta.platform.spi.JtaPlatform;
import org.hibernate.resource.transaction.spi.TransactionCoordinatorBuilder;
import org.hibernate.service.ServiceRegistry;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The second-level cache of Hibernate 6.6 and 7 on this provider: {@code
 * hibernate.cache.region.factory_class = yokedcache}, or this class's name.
 *
 * <p>It takes the settings of {@code hibernate-jcache}, and its regions are the same caches:
 *
 * <ul>
 *   <li>{@code hibernate.javax.cache.uri}: a resource, the configuration file of the cache manager;
 *       without it, the provider's default URI
 *   <li>{@code hibernate.javax.cache.provider}: class name of the provider, by default {@link
 *       YokedCachingProvider}; it must be that class
 *   <li>{@code hibernate.javax.cache.missing_cache_strategy}: what happens if the configuration
 *       file does not name the cache of a region: {@code create} (the default, in contrast to
 *       {@code hibernate-jcache}: the file's defaults and patterns give it its settings), {@code
 *       create-warn} or {@code fail}
 *   <li>{@code hibernate.javax.cache.cache_manager}: a {@link CacheManager} of this provider, which
 *       is closed with the session factory
 *   <li>{@code hibernate.connection.isolation}: if it is {@code REPEATABLE_READ} or {@code
 *       SERIALIZABLE}, or not set and the first connection has that level, a load may return a
 *       state from before itself. An entry is then filled by the second load of its row.
 * </ul>
 *
 * <p>In contrast to {@code hibernate-jcache}, every decision about an entry (put from load, lock,
 * unlock, after insert, after update) is made atomically in Redis. So no JVM and no session factory
 * puts an outdated state with the strategies {@code READ_WRITE} and {@code NONSTRICT_READ_WRITE}.
 * All JVMs that share a region must use this class.
 *
 * <p>Used by Hibernate. Safe for use by several threads.
 */
public final class YokedRegionFactory extends RegionFactoryTemplate {

  private static final long serialVersionUID = 1L;

  private static final Logger logger = LoggerFactory.getLogger(YokedRegionFactory.class);

  private static final String SHORT_NAME = "yokedcache";
  private static final String ISOLATION = "hibernate.connection.isolation";
  private static final String SETTINGS = "hibernate.javax.cache.";
  private static final String MISSING_CACHES = SETTINGS + "missing_cache_strategy";

  /** How Hibernate's default regions are called, and how they were called before. */
  private static final Map<String, List<String>> LEGACY_NAMES =
      Map.of(
          DEFAULT_QUERY_RESULTS_REGION_UNQUALIFIED_NAME,
          LEGACY_QUERY_RESULTS_REGION_UNQUALIFIED_NAMES,
          DEFAULT_UPDATE_TIMESTAMPS_REGION_UNQUALIFIED_NAME,
          LEGACY_UPDATE_TIMESTAMPS_REGION_UNQUALIFIED_NAMES);

  private volatile @Nullable CacheManager manager;
  private volatile MissingCaches missingCaches = MissingCaches.CREATE;
  private volatile boolean readsSnapshots;
  private volatile @Nullable JtaPlatform jta;

  /** Used by Hibernate, which then calls {@link #start}. */
  public YokedRegionFactory() {}

  /** What happens if the cache of a region does not exist. */
  private enum MissingCaches {
    FAIL,
    CREATE_WARN,
    CREATE;

    static MissingCaches of(@Nullable Object setting) {
      if (setting == null || setting.toString().isEmpty()) {
        return CREATE;
      }
      for (MissingCaches value : values()) {
        if (value.text().equals(setting.toString().toLowerCase(Locale.ROOT))) {
          return value;
        }
      }
      throw new CacheException(
          MISSING_CACHES + " is " + setting + "; set fail, create-warn or create");
    }

    String text() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** Gives the factory its short name. Used by Hibernate. */
  public static final class ShortName implements StrategyRegistrationProvider {

    /** Used by {@code ServiceLoader}. */
    public ShortName() {}

    @Override
    public Iterable<StrategyRegistration<?>> getStrategyRegistrations() {
      return List.of(
          new SimpleStrategyRegistrationImpl<>(
              RegionFactory.class, YokedRegionFactory.class, SHORT_NAME));
    }
  }

  CacheKeysFactory keysFactory() {
    return getImplicitCacheKeysFactory();
  }

  /** Whether a load may return a state of the database from before the load. */
  boolean readsSnapshots() {
    return readsSnapshots;
  }

  @Override
  protected CacheKeysFactory getImplicitCacheKeysFactory() {
    return DefaultCacheKeysFactory.INSTANCE;
  }

  @Override
  public CacheTransactionSynchronization createTransactionContext(
      SharedSessionContractImplementor session) {
    return new TransactionContext(/* isToldOfEnd= */ session instanceof SessionImplementor, jta);
  }

  @Override
  public DomainDataRegion buildDomainDataRegion(
      DomainDataRegionConfig regionConfig, DomainDataRegionBuildingContext buildingContext) {
    verifyStarted();
    return new YokedRegion(
        regionConfig,
        this,
        new CacheStorage(cache(regionConfig.getRegionName(), buildingContext.getSessionFactory())),
        buildingContext);
  }

  @Override
  protected StorageAccess createQueryResultsRegionStorageAccess(
      String regionName, SessionFactoryImplementor sessionFactory) {
    return new QueryResultStorage(cache(existingName(regionName, sessionFactory), sessionFactory));
  }

  @Override
  protected StorageAccess createTimestampsRegionStorageAccess(
      String regionName, SessionFactoryImplementor sessionFactory) {
    return new TimestampStorage(cache(existingName(regionName, sessionFactory), sessionFactory));
  }

  /** The name of a default region, or its legacy name if only that cache is configured. */
  private String existingName(String regionName, SessionFactoryImplementor sessionFactory) {
    List<String> legacyNames = LEGACY_NAMES.getOrDefault(regionName, List.of());
    if (!legacyNames.isEmpty() && find(regionName, sessionFactory) == null) {
      for (String legacyName : legacyNames) {
        if (find(legacyName, sessionFactory) != null) {
          logger.warn(
              "Using the cache {} for the region {}, which is an old name. Rename it in the"
                  + " configuration file to end this warning.",
              legacyName,
              regionName);
          return legacyName;
        }
      }
    }
    return regionName;
  }

  private YokedCache<Object, Object> cache(
      String regionName, SessionFactoryImplementor sessionFactory) {
    Cache<Object, Object> cache = find(regionName, sessionFactory);
    if (cache == null) {
      cache = create(qualified(regionName, sessionFactory));
    }
    @SuppressWarnings("unchecked") // The cache itself.
    YokedCache<Object, Object> yoked = cache.unwrap(YokedCache.class);
    return yoked;
  }

  private static String qualified(String regionName, SessionFactoryImplementor sessionFactory) {
    return RegionNameQualifier.INSTANCE.qualify(
        regionName, sessionFactory.getSessionFactoryOptions());
  }

  private @Nullable Cache<Object, Object> find(
      String regionName, SessionFactoryImplementor sessionFactory) {
    return started().getCache(qualified(regionName, sessionFactory));
  }

  private Cache<Object, Object> create(String name) {
    switch (missingCaches) {
      case FAIL ->
          throw new CacheException(
              "There is no cache "
                  + name
                  + " for the region, and "
                  + MISSING_CACHES
                  + " is fail. Name it in the configuration file, or set create.");
      case CREATE_WARN ->
          logger.warn(
              "Creating the cache {} with the settings of the configuration file. Set {} = create"
                  + " to end this warning.",
              name,
              MISSING_CACHES);
      case CREATE -> {}
    }
    return started().createCache(name, new MutableConfiguration<>());
  }

  private CacheManager started() {
    verifyStarted();
    return requireNonNull(manager, "manager");
  }

  @Override
  protected void prepareForUse(SessionFactoryOptions settings, Map<String, Object> configValues) {
    missingCaches = MissingCaches.of(configValues.get(MISSING_CACHES));
    readsSnapshots = readsSnapshots(settings, configValues.get(ISOLATION));
    jta = jtaOf(settings.getServiceRegistry());
    manager = managerOf(settings, configValues);
  }

  private static @Nullable JtaPlatform jtaOf(ServiceRegistry services) {
    TransactionCoordinatorBuilder transactions =
        services.getService(TransactionCoordinatorBuilder.class);
    return transactions != null && transactions.isJta()
        ? services.getService(JtaPlatform.class)
        : null;
  }

  private static CacheManager managerOf(
      SessionFactoryOptions settings, Map<String, Object> values) {
    if (values.get(SETTINGS + "cache_manager") instanceof CacheManager given) {
      return given;
    }
    Object providerName = values.get(SETTINGS + "provider");
    CachingProvider provider =
        Caching.getCachingProvider(
            providerName == null ? YokedCachingProvider.class.getName() : providerName.toString());
    if (!(provider instanceof YokedCachingProvider)) {
      throw new CacheException(
          SETTINGS
              + "provider is "
              + providerName
              + "; with this region factory it must be "
              + YokedCachingProvider.class.getName()
              + ". Use the region factory jcache for other providers.");
    }
    Object resource = values.get(SETTINGS + "uri");
    return provider.getCacheManager(
        resource == null ? provider.getDefaultURI() : uri(settings, resource.toString()),
        provider.getDefaultClassLoader());
  }

  private static URI uri(SessionFactoryOptions settings, String resource) {
    URL url =
        requireNonNull(
                settings.getServiceRegistry().getService(ClassLoaderService.class), "class loaders")
            .locateResource(resource);
    if (url == null) {
      throw new CacheException(
          SETTINGS + "uri is " + resource + ", and there is no such file or class-path resource");
    }
    try {
      return url.toURI();
    } catch (URISyntaxException e) {
      throw new CacheException(SETTINGS + "uri is " + resource + ", which is not a URI", e);
    }
  }

  /** True also if the level is not known. */
  private static boolean readsSnapshots(SessionFactoryOptions settings, @Nullable Object level) {
    if (level != null && !level.toString().isEmpty()) {
      String name = level.toString().toUpperCase(Locale.ROOT).replace("TRANSACTION_", "");
      return !List.of("READ_COMMITTED", "READ_UNCOMMITTED", "1", "2").contains(name);
    }
    try {
      JdbcConnectionAccess access =
          requireNonNull(settings.getServiceRegistry().getService(JdbcServices.class), "JDBC")
              .getBootstrapJdbcConnectionAccess();
      Connection connection = access.obtainConnection();
      try {
        return connection.getTransactionIsolation() > Connection.TRANSACTION_READ_COMMITTED;
      } finally {
        access.releaseConnection(connection);
      }
    } catch (SQLException | RuntimeException e) {
      logger.info(
          "The isolation level of the database is not known ({}), so an entry is filled by the"
              + " second load of its row. Set {} if it is READ_COMMITTED.",
          e.toString(),
          ISOLATION);
      return true;
    }
  }

  @Override
  protected void releaseFromUse() {
    CacheManager started = manager;
    manager = null;
    if (started != null) {
      started.close();
    }
  }
}
