package io.yokedcache.jcache;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicInteger;
import javax.cache.CacheManager;
import javax.cache.configuration.MutableConfiguration;
import org.jspecify.annotations.Nullable;

/**
 * Managers of providers of their own, as different applications in one JVM have them; all are
 * closed together. For one thread.
 */
final class TestManagers implements AutoCloseable {

  private static final AtomicInteger NUMBERS = new AtomicInteger();

  private final List<YokedCachingProvider> providers = new ArrayList<>();

  /**
   * Opens a manager of a new provider.
   *
   * @param settings keys and values in turn
   */
  CacheManager open(URI uri, String... settings) {
    return openFor(null, uri, settings);
  }

  /** Opens a manager of a new provider for a class loader, or for the default one. */
  CacheManager openFor(@Nullable ClassLoader loader, URI uri, String... settings) {
    Properties properties = new Properties();
    for (int i = 0; i < settings.length; i += 2) {
      properties.setProperty(settings[i], settings[i + 1]);
    }
    YokedCachingProvider provider = new YokedCachingProvider();
    providers.add(provider);
    return provider.getCacheManager(uri, loader, properties);
  }

  /** Returns a name that no other cache of this JVM's tests has. */
  static String uniqueName(String purpose) {
    return purpose + "-" + NUMBERS.incrementAndGet();
  }

  /** Returns a configuration for texts. */
  static MutableConfiguration<String, String> strings() {
    return new MutableConfiguration<String, String>().setTypes(String.class, String.class);
  }

  @Override
  public void close() {
    providers.forEach(YokedCachingProvider::close);
    providers.clear();
  }
}
