package io.yokedcache.metrics.testing;

import io.yokedcache.jcache.internal.embedded.EmbeddedRedis;
import io.yokedcache.jcache.spi.ManagerContext;
import io.yokedcache.jcache.spi.ManagerExtension;
import io.yokedcache.jcache.spi.OperationObserver;
import io.yokedcache.jcache.spi.StartedExtension;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicReference;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.spi.CachingProvider;
import org.jspecify.annotations.Nullable;

/** A manager of our provider on a Redis of its own, each of whose caches is observed. */
public final class ObservedManager implements AutoCloseable {

  /** Makes the observer of a cache, by the names of its manager and itself. */
  public interface Observers {

    /** Returns it. */
    OperationObserver of(String manager, String cache);
  }

  /** Who observes, for the extension that the provider makes. One test at a time. */
  private static final AtomicReference<@Nullable Observers> observers = new AtomicReference<>();

  private final EmbeddedRedis redis;
  private final URLClassLoader classLoader;
  private final CachingProvider provider;
  private final CacheManager manager;

  private ObservedManager(EmbeddedRedis redis, URLClassLoader classLoader, Properties settings) {
    this.redis = redis;
    this.classLoader = classLoader;
    this.provider =
        Caching.getCachingProvider("io.yokedcache.jcache.YokedCachingProvider", classLoader);
    this.manager =
        provider.getCacheManager(
            URI.create("redis://127.0.0.1:" + redis.port()), classLoader, settings);
  }

  /**
   * Starts it.
   *
   * @param folder an empty one
   * @param made makes the observers
   */
  public static ObservedManager start(Path folder, Observers made) throws IOException {
    return start(folder, made, new Properties());
  }

  /**
   * Starts it with settings.
   *
   * @param folder an empty one
   * @param made makes the observers
   * @param settings what a configuration file could say
   */
  public static ObservedManager start(Path folder, Observers made, Properties settings)
      throws IOException {
    observers.set(made);
    Path services = Files.createDirectories(folder.resolve("META-INF/services"));
    Files.writeString(
        services.resolve(ManagerExtension.class.getName()), Extension.class.getName());
    URL[] urls = {folder.toUri().toURL()};
    return new ObservedManager(
        EmbeddedRedis.start(),
        new URLClassLoader(urls, ObservedManager.class.getClassLoader()),
        settings);
  }

  /** The manager's name in MBeans and tags. */
  public String name() {
    return "redis.//127.0.0.1." + redis.port();
  }

  /** Creates a cache of texts, with statistics. */
  public Cache<String, String> cache(String name) {
    return cache(name, strings());
  }

  /** Creates a cache. */
  public Cache<String, String> cache(
      String name, MutableConfiguration<String, String> configuration) {
    return manager.createCache(name, configuration);
  }

  /** Creates a cache of such values by texts, with statistics. */
  public <V> Cache<String, V> cacheOf(String name, Class<V> values) {
    return manager.createCache(
        name,
        new MutableConfiguration<String, V>()
            .setTypes(String.class, values)
            .setStatisticsEnabled(true));
  }

  /** Texts, with statistics. */
  public static MutableConfiguration<String, String> strings() {
    return new MutableConfiguration<String, String>()
        .setTypes(String.class, String.class)
        .setStatisticsEnabled(true);
  }

  @Override
  public void close() throws IOException {
    provider.close(classLoader);
    redis.close();
    classLoader.close();
  }

  /** What a bridge does that starts with a manager. */
  public static final class Extension implements ManagerExtension {

    /** For the provider. */
    public Extension() {}

    @Override
    public StartedExtension start(ManagerContext context) {
      Observers made = observers.get();
      if (made == null) {
        throw new IllegalStateException("No test is running");
      }
      String manager = context.managerName();
      return new StartedExtension() {
        @Override
        public OperationObserver observer(String cacheName) {
          return made.of(manager, cacheName);
        }

        @Override
        public void close() {}
      };
    }
  }
}
