package io.yokedcache.jcache;

import static java.util.Objects.requireNonNullElse;
import static java.util.Objects.requireNonNullElseGet;

import io.yokedcache.jcache.internal.embedded.EmbeddedServers;
import io.yokedcache.jcache.internal.settings.Settings;
import io.yokedcache.jcache.internal.settings.SettingsLoader;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.WeakHashMap;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.cache.configuration.OptionalFeature;
import javax.cache.spi.CachingProvider;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The JCache provider on Redis, found by {@code Caching.getCachingProvider()}.
 *
 * <p>A manager's URI says where Redis is, as {@code redis://host:6379}, or which file does; {@link
 * #getDefaultURI} says which one is used if none is given. Managers are told apart by URI and class
 * loader; each has its own connections. Redis need not run when a manager is created.
 *
 * <p>Safe for use by several threads. After {@link #close()} the provider makes new managers.
 */
public final class YokedCachingProvider implements CachingProvider {

  private static final Logger logger = LoggerFactory.getLogger(YokedCachingProvider.class);

  private final ClassLoader defaultClassLoader =
      new ContextClassLoader(YokedCachingProvider.class.getClassLoader());
  private final EmbeddedServers embeddedServers = new EmbeddedServers();

  /**
   * The open managers, by class loader and URI as given; guarded by this object's monitor. Not
   * weak: an open manager has connections and threads, so it is to be closed and not to be
   * forgotten.
   */
  private final Map<ClassLoader, Map<URI, YokedCacheManager>> managers = new HashMap<>();

  /**
   * The default URIs of open managers, by context class loader, which finds the file that may name
   * it; guarded by this object's monitor.
   */
  private final Map<@Nullable ClassLoader, DefaultUri> defaultUris = new WeakHashMap<>();

  /**
   * A default URI.
   *
   * @param given the URI that this JVM was started with; empty if it is from a file
   */
  private record DefaultUri(String given, URI uri) {}

  /** Creates the provider, as {@link java.util.ServiceLoader} does. */
  public YokedCachingProvider() {}

  /**
   * The manager of a URI and class loader, which is created if there is none.
   *
   * @param uri where Redis or the configuration file is, or {@code null} for {@link #getDefaultURI}
   * @param classLoader where classes of keys and values are found, or {@code null} for {@link
   *     #getDefaultClassLoader}
   * @param properties settings that begin with {@code yokedcache.}, or {@code null}; of no effect
   *     if the manager exists, with a warning if they differ from the manager's
   * @return the manager
   * @throws CacheException if the URI or a setting is wrong; the message says which and where
   */
  @Override
  public synchronized CacheManager getCacheManager(
      @Nullable URI uri, @Nullable ClassLoader classLoader, @Nullable Properties properties) {
    ClassLoader loader = requireNonNullElse(classLoader, defaultClassLoader);
    URI asked = requireNonNullElseGet(uri, () -> defaultUri(loader));
    YokedCacheManager existing = managers.getOrDefault(loader, Map.of()).get(asked);
    if (existing != null) {
      warnOfOthers(existing, properties);
      return existing;
    }
    YokedCacheManager.prepare();
    // Without a URI the properties may say which server it is.
    Settings settings = load(uri, loader, properties);
    Properties known = requireNonNullElseGet(properties, Properties::new);
    YokedCacheManager manager =
        new YokedCacheManager(
            this, new YokedCacheManager.Identity(asked, loader, known), settings, embeddedServers);
    // Only now, so that a manager that cannot be created leaves no class loader behind here.
    managers.computeIfAbsent(loader, key -> new HashMap<>()).put(asked, manager);
    return manager;
  }

  /** The default URI, for which no file is read again while its manager is open. */
  private URI defaultUri(ClassLoader loader) {
    ClassLoader context = Thread.currentThread().getContextClassLoader();
    String given = SettingsLoader.givenUri();
    DefaultUri known = defaultUris.get(context);
    if (known == null
        || !known.given.equals(given)
        || !managers.getOrDefault(loader, Map.of()).containsKey(known.uri)) {
      known = new DefaultUri(given, getDefaultURI());
      defaultUris.put(context, known);
    }
    return known.uri;
  }

  /** Tells that a manager was asked for with settings that it does not have. */
  private static void warnOfOthers(YokedCacheManager existing, @Nullable Properties properties) {
    Set<String> differing = SettingsLoader.differing(existing.getProperties(), properties);
    if (!differing.isEmpty()) {
      logger.warn(
          "{} exists already and keeps the settings that it was created with: the Properties given"
              + " now differ in {}, which has no effect. Close the manager first, or use another"
              + " URI or class loader.",
          existing,
          differing);
    }
  }

  private static Settings load(
      @Nullable URI uri, ClassLoader loader, @Nullable Properties properties) {
    try {
      return SettingsLoader.load(uri, loader, properties);
    } catch (CacheException e) {
      // Hibernate swallows it and says later only that the provider was not started.
      logger.error("No cache manager: {}", e.getMessage());
      throw e;
    }
  }

  @Override
  public CacheManager getCacheManager(@Nullable URI uri, @Nullable ClassLoader classLoader) {
    return getCacheManager(uri, classLoader, getDefaultProperties());
  }

  @Override
  public CacheManager getCacheManager() {
    return getCacheManager(null, null, null);
  }

  /**
   * The loader of this class, and behind it the context class loader of the thread that asks.
   *
   * @return always the same object
   */
  @Override
  public ClassLoader getDefaultClassLoader() {
    return defaultClassLoader;
  }

  /**
   * The URI of managers for which none is given: system property {@code yokedcache.uri}, else
   * environment variable {@code YOKEDCACHE_URI}, else {@code yokedcache.uri} of the class path's
   * {@code yokedcache.conf}, else {@code redis://localhost:6379}.
   *
   * @return the URI without credentials and options, which are looked up again when it is used
   */
  @Override
  public URI getDefaultURI() {
    return SettingsLoader.defaultUri();
  }

  @Override
  public Properties getDefaultProperties() {
    return new Properties();
  }

  @Override
  public void close() {
    List<YokedCacheManager> open = new ArrayList<>();
    synchronized (this) {
      managers.values().forEach(byUri -> open.addAll(byUri.values()));
      managers.clear();
    }
    Closing.closeAll(open);
  }

  @Override
  public void close(@Nullable ClassLoader classLoader) {
    List<YokedCacheManager> open = new ArrayList<>();
    synchronized (this) {
      Map<URI, YokedCacheManager> byUri =
          managers.remove(requireNonNullElse(classLoader, defaultClassLoader));
      if (byUri != null) {
        open.addAll(byUri.values());
      }
    }
    Closing.closeAll(open);
  }

  @Override
  public void close(@Nullable URI uri, @Nullable ClassLoader classLoader) {
    YokedCacheManager manager;
    synchronized (this) {
      Map<URI, YokedCacheManager> byUri =
          managers.get(requireNonNullElse(classLoader, defaultClassLoader));
      manager =
          byUri == null ? null : byUri.remove(requireNonNullElseGet(uri, this::getDefaultURI));
    }
    if (manager != null) {
      manager.close();
    }
  }

  /** Forgets a manager that closes. */
  synchronized void forget(YokedCacheManager manager) {
    managers.values().forEach(byUri -> byUri.values().remove(manager));
    managers.values().removeIf(Map::isEmpty);
  }

  @Override
  public boolean isSupported(OptionalFeature feature) {
    return switch (feature) {
      case STORE_BY_REFERENCE -> false; // the entries are in another process
    };
  }
}
