package io.yokedcache.jcache;

import static java.util.Objects.requireNonNull;

import io.yokedcache.jcache.internal.codec.Codecs;
import io.yokedcache.jcache.internal.concurrent.BoundedWait;
import io.yokedcache.jcache.internal.concurrent.DaemonThreads;
import io.yokedcache.jcache.internal.embedded.EmbeddedServers;
import io.yokedcache.jcache.internal.jmx.ConnectionNotifications;
import io.yokedcache.jcache.internal.jmx.ManagerBeans;
import io.yokedcache.jcache.internal.jmx.OperationBeanLimit;
import io.yokedcache.jcache.internal.redis.breaker.NodeBreaker;
import io.yokedcache.jcache.internal.redis.health.HealthCheck;
import io.yokedcache.jcache.internal.settings.EffectiveConfiguration;
import io.yokedcache.jcache.internal.settings.Settings;
import io.yokedcache.jcache.internal.settings.SettingsLoader;
import io.yokedcache.jcache.spi.OperationObserver;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.cache.configuration.CompleteConfiguration;
import javax.cache.configuration.Configuration;
import javax.cache.spi.CachingProvider;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The caches that one application has on one Redis. Safe for use by several threads; caches are
 * created and closed one at a time.
 */
final class YokedCacheManager implements CacheManager {

  private static final Logger logger = LoggerFactory.getLogger(YokedCacheManager.class);

  /**
   * Makes the JVM's MBean server and the tables of codecs in a thread, while the first manager of
   * the JVM reads its configuration and makes its connections. Its end is awaited before any of
   * them is used, so that no two threads initialise these classes. A table that could not be made
   * is made by its user.
   */
  private static final class WarmUp {

    /** A bound for a wait that takes some tenths of a second. */
    private static final long MAX_WAIT_MILLIS = 10_000;

    private static final CountDownLatch MADE = new CountDownLatch(1);

    static {
      try {
        DaemonThreads.create("yokedcache-start", WarmUp::make).start();
      } catch (OutOfMemoryError noThread) {
        MADE.countDown();
      }
    }

    private WarmUp() {}

    private static void make() {
      try {
        ManagerBeans.prepare();
        Codecs.prepare();
      } catch (RuntimeException | Error e) {
        logger.debug("The MBean server and the tables of codecs could not be made in advance", e);
      } finally {
        MADE.countDown();
      }
    }

    /** Begins to make them, if that was not begun, by the initialisation of this class. */
    static void begin() {}

    static void await() {
      boolean unused = BoundedWait.await(MADE, MAX_WAIT_MILLIS);
    }
  }

  private final YokedCachingProvider provider;
  private final Identity identity;
  private final URI uri;
  private final Settings settings;
  private final OperationBeanLimit operationBeanLimit;
  private final ManagerResources resources;
  private final CacheFactory factory;
  private final ManagerBeans beans;
  private final Extensions extensions;

  /** Open caches by name; guarded by itself. */
  private final Map<String, RedisCache<?, ?>> caches = new HashMap<>();

  /** Serialises creation and destruction, which talk to Redis, without blocking lookups. */
  private final Object creation = new Object();

  private volatile boolean closed;

  YokedCacheManager(
      YokedCachingProvider provider,
      Identity identity,
      Settings settings,
      EmbeddedServers embeddedServers) {
    this.provider = provider;
    this.identity = identity;
    this.uri = SettingsLoader.publicUri(identity.uri());
    this.settings = settings;
    this.operationBeanLimit = new OperationBeanLimit(settings.maxOperationBeans());
    ConnectionNotifications notifications = new ConnectionNotifications();
    this.resources =
        new ManagerResources(
            settings, identity.classLoader(), embeddedServers, listener(notifications));
    try {
      WarmUp.await();
      this.factory = new CacheFactory(settings, resources.backend(), identity.classLoader());
      this.beans =
          ManagerBeans.register(
              uri,
              () -> read(CacheLifecycle::operations),
              () -> read(CacheLifecycle::figures).toList(),
              () -> read(CacheLifecycle::description).toList(),
              resources.backend()::connection,
              resources::backgroundErrors,
              notifications);
    } catch (RuntimeException | Error e) {
      Closing.closeAfter(e, List.of(resources));
      throw e;
    }
    this.extensions = Extensions.start(uri, beans.managerName(), settings, identity.classLoader());
    tellOfStart();
  }

  /** Begins to make what all managers share, if that was not begun. */
  static void prepare() {
    WarmUp.begin();
  }

  /**
   * Maven's file has it also on the module path, where a package has no version, and in an
   * application's jar, where a package has that of the application.
   */
  private static String version() {
    Properties properties = new Properties();
    try (InputStream file =
        YokedCacheManager.class.getResourceAsStream(
            "/META-INF/maven/io.yokedcache/yokedcache-jcache/pom.properties")) {
      if (file != null) {
        properties.load(file);
      }
    } catch (IOException e) {
      logger.debug("The version of YokedCache is not known", e);
    }
    return properties.getProperty("version", "(no version, not from its jar)");
  }

  /** One line that says which server, names and files are used, and no credentials. */
  private void tellOfStart() {
    logger.info(
        "YokedCache {} on {}, namespace {}, {} connections, {}",
        version(),
        resources.backend().address(),
        settings.namespace(),
        settings.connection().executor().name().toLowerCase(Locale.ROOT),
        settings.files().isEmpty()
            ? "no configuration file"
            : "configuration from " + String.join(" and ", settings.files()));
    if (settings.embedded() == null && settings.connection().sendsPasswordInClear()) {
      logger.warn(
          "The password for {} crosses the network in clear text. Use rediss://, rediss-cluster://"
              + " or rediss-sentinel:// and servers with TLS.",
          resources.backend().address());
    }
  }

  private static HealthCheck.Listener listener(ConnectionNotifications notifications) {
    return new HealthCheck.Listener() {

      @Override
      public void lost(String reason) {
        notifications.lost(reason);
      }

      @Override
      public void restored() {
        notifications.restored();
      }

      @Override
      public void changed(NodeBreaker.Change change) {
        String reason = change.reason();
        if (reason != null) {
          notifications.opened(change.node(), reason);
        } else {
          notifications.closed(change.node());
        }
      }
    };
  }

  /** Reads the figures of the open caches; never talks to Redis. */
  private <T> Stream<T> read(Function<CacheLifecycle<?, ?>, @Nullable T> reading) {
    List<RedisCache<?, ?>> open;
    synchronized (caches) {
      open = List.copyOf(caches.values());
    }
    return open.stream()
        .<@Nullable T>map(cache -> reading.apply(cache.lifecycle()))
        .filter(Objects::nonNull);
  }

  /** The observers of a cache's operations. */
  List<OperationObserver> observers(String cacheName) {
    return extensions.observers(cacheName);
  }

  Settings settings() {
    return settings;
  }

  ManagerResources resources() {
    return resources;
  }

  /** Has entries counted from now on, while any cache here has statistics. */
  void startKeyStatistics() {
    resources.backend().keyStatistics().start(this::writesByCache);
  }

  /** The caches with statistics, and how many entries they have been given here so far. */
  private Map<String, Long> writesByCache() {
    Map<String, Long> writes = new HashMap<>();
    synchronized (caches) {
      caches.forEach(
          (name, cache) -> {
            if (cache.lifecycle().isStatisticsEnabled()) {
              writes.put(name, cache.lifecycle().writes());
            }
          });
    }
    return writes;
  }

  /** The number of MBeans of operations that all caches together may have. */
  OperationBeanLimit operationBeanLimit() {
    return operationBeanLimit;
  }

  @Override
  public CachingProvider getCachingProvider() {
    return provider;
  }

  /** The URI without credentials and options, as it stands in MBean names and messages. */
  @Override
  public URI getURI() {
    return uri;
  }

  @Override
  public ClassLoader getClassLoader() {
    return identity.classLoader();
  }

  @Override
  public Properties getProperties() {
    return identity.properties();
  }

  @Override
  public <K, V, C extends Configuration<K, V>> Cache<K, V> createCache(
      String cacheName, C configuration) {
    ensureOpen();
    requireNonNull(cacheName, "cacheName");
    requireNonNull(configuration, "configuration");
    synchronized (creation) {
      ensureOpen();
      if (find(cacheName) != null) {
        throw new CacheException(
            "Cache %s exists already in %s; get it by getCache. Spring contexts in one JVM share this manager: define their caches in yokedcache.conf and not by spring.cache.cache-names"
                .formatted(cacheName, uri));
      }
      return open(() -> factory.definition(cacheName, configuration));
    }
  }

  private <K, V> RedisCache<K, V> open(Supplier<CacheDefinition<K, V>> definition) {
    try {
      return open(definition.get());
    } catch (RuntimeException e) {
      if (closed) { // by a factory of the application, which finds out in its own way
        throw new IllegalStateException("Cache manager " + uri + " is closed", e);
      }
      throw e;
    }
  }

  private <K, V> RedisCache<K, V> open(CacheDefinition<K, V> definition) {
    RedisCache<K, V> cache;
    try {
      cache = new RedisCache<>(this, definition);
    } catch (Throwable e) {
      Closing.closeAfter(e, List.of(definition::close));
      throw e;
    }
    try {
      factory.prepare(definition);
      cache.lifecycle().start();
      ensureOpen(); // a factory of the application may have closed the manager
      synchronized (caches) {
        caches.put(definition.name(), cache);
      }
    } catch (Throwable e) {
      Closing.closeAfter(e, List.of(cache));
      throw e;
    }
    return cache;
  }

  @Override
  public <K, V> @Nullable Cache<K, V> getCache(
      String cacheName, Class<K> keyType, Class<V> valueType) {
    ensureOpen();
    requireNonNull(keyType, "keyType");
    requireNonNull(valueType, "valueType");
    Cache<K, V> cache = getCache(cacheName);
    if (cache != null) {
      Configuration<?, ?> configuration = cache.getConfiguration(completeConfiguration());
      check(cacheName, "keys", configuration.getKeyType(), keyType);
      check(cacheName, "values", configuration.getValueType(), valueType);
    }
    return cache;
  }

  @SuppressWarnings("unchecked") // a class literal has no type arguments
  private static <K, V> Class<CompleteConfiguration<K, V>> completeConfiguration() {
    return (Class<CompleteConfiguration<K, V>>) (Class<?>) CompleteConfiguration.class;
  }

  private static void check(String cacheName, String what, Class<?> declared, Class<?> asked) {
    if (!declared.equals(EffectiveConfiguration.boxed(asked))) {
      throw new ClassCastException(
          "Cache %s is declared for %s of %s, not of %s"
              .formatted(cacheName, what, declared.getName(), asked.getName()));
    }
  }

  /** {@inheritDoc} A cache that the configuration file defines by its full name is created. */
  @Override
  @SuppressWarnings("unchecked") // the JSR gives up type safety here
  public <K, V> @Nullable Cache<K, V> getCache(String cacheName) {
    ensureOpen();
    requireNonNull(cacheName, "cacheName");
    RedisCache<?, ?> cache = find(cacheName);
    if (cache == null && settings.definedCaches().contains(cacheName)) {
      synchronized (creation) {
        ensureOpen();
        cache = find(cacheName);
        if (cache == null) {
          cache = open(() -> factory.definitionFromFile(cacheName));
        }
      }
    }
    if (cache == null) {
      ensureOpen(); // it may be gone because the manager is
    }
    return (Cache<K, V>) cache;
  }

  private @Nullable RedisCache<?, ?> find(String cacheName) {
    synchronized (caches) {
      return caches.get(cacheName);
    }
  }

  /** The names of the open caches and of the caches that the configuration file defines. */
  @Override
  public Iterable<String> getCacheNames() {
    ensureOpen();
    Set<String> names = new TreeSet<>(settings.definedCaches());
    synchronized (caches) {
      names.addAll(caches.keySet());
    }
    return Set.copyOf(names);
  }

  /** {@inheritDoc} Its entries are dropped for every JVM, even if it is not open here. */
  @Override
  public void destroyCache(String cacheName) {
    ensureOpen();
    requireNonNull(cacheName, "cacheName");
    synchronized (creation) {
      ensureOpen();
      RedisCache<?, ?> cache = find(cacheName);
      AutoCloseable entries = () -> factory.drop(cacheName);
      Closing.closeAll(cache == null ? List.of(entries) : List.of(cache, entries));
    }
  }

  /** Forgets a cache that closes. */
  void forget(String cacheName, CacheLifecycle<?, ?> lifecycle) {
    synchronized (caches) {
      RedisCache<?, ?> known = caches.get(cacheName);
      if (known != null && known.lifecycle() == lifecycle) {
        caches.remove(cacheName);
      }
    }
  }

  @Override
  public void enableManagement(String cacheName, boolean enabled) {
    existing(cacheName).lifecycle().enableManagement(enabled);
  }

  @Override
  public void enableStatistics(String cacheName, boolean enabled) {
    existing(cacheName).lifecycle().enableStatistics(enabled);
  }

  private RedisCache<?, ?> existing(String cacheName) {
    ensureOpen();
    RedisCache<?, ?> cache = find(requireNonNull(cacheName, "cacheName"));
    if (cache == null) {
      throw new CacheException("There is no cache %s in %s".formatted(cacheName, uri));
    }
    return cache;
  }

  private void ensureOpen() {
    if (closed) {
      throw new IllegalStateException("Cache manager " + uri + " is closed");
    }
  }

  /** Closes all caches, and then the connections. The entries stay in Redis. */
  @Override
  public void close() {
    List<AutoCloseable> all = new ArrayList<>();
    synchronized (creation) {
      if (closed) {
        return;
      }
      closed = true;
      all.add(extensions); // first, so that they see the caches a last time
      synchronized (caches) {
        caches.values().forEach(cache -> all.add(() -> Closing.closeQuietly(cache)));
      }
    }
    all.add(0, () -> provider.forget(this));
    all.add(beans);
    all.add(resources);
    Closing.closeAll(all);
  }

  @Override
  public boolean isClosed() {
    return closed;
  }

  @Override
  public <T> T unwrap(Class<T> type) {
    if (type.isInstance(this)) {
      return type.cast(this);
    }
    throw new IllegalArgumentException(
        "Cache manager %s cannot be unwrapped to %s".formatted(uri, type));
  }

  @Override
  public String toString() {
    return "Cache manager " + uri;
  }

  /**
   * The arguments by which a manager was requested; they identify it within its provider.
   *
   * @param uri the URI as given, which may hold credentials
   * @param classLoader where classes of keys and values are found
   * @param properties settings as given
   */
  record Identity(URI uri, ClassLoader classLoader, Properties properties) {

    /** Without the URI's credentials. */
    @Override
    public String toString() {
      return "ManagerIdentity[" + classLoader + "]";
    }
  }
}
