package io.yokedcache.jcache.robustness;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.YokedCachingProvider;
import io.yokedcache.jcache.testing.RedisServer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.InputStream;
import java.io.Serializable;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.configuration.MutableConfiguration;
import org.apache.felix.framework.FrameworkFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleReference;
import org.osgi.framework.Constants;
import org.osgi.framework.launch.Framework;

/** The provider and its libraries as bundles of an OSGi framework, as the manual says. */
final class OsgiIT {

  private static final List<String> LIBRARIES =
      List.of(
          "cache-api-",
          "jedis-",
          "redis-authx-core-",
          "commons-pool2-",
          "gson-",
          "json-",
          "caffeine-",
          "config-",
          "resilience4j-");

  /** The bundle of an application, whose class of values no other bundle can load. */
  public static final class Application {

    record Order(String id, long total) implements Serializable {}

    private Application() {}

    /** Called by reflection, since this class is another one in the bundle. */
    public static String run(URI uri) {
      ClassLoader own = Application.class.getClassLoader();
      try (CacheManager manager =
          Caching.getCachingProvider("io.yokedcache.jcache.YokedCachingProvider", own)
              .getCacheManager(uri, own)) {
        Cache<String, Order> cache =
            manager.createCache(
                "orders",
                new MutableConfiguration<String, Order>().setTypes(String.class, Order.class));
        cache.put("key", new Order("o", 7));
        BundleReference loader = (BundleReference) cache.getClass().getClassLoader();
        return cache.get("key") + " in bundle " + loader.getBundle().getBundleId();
      }
    }
  }

  @Test
  void application_storesAnObjectOfItsOwnClass(@TempDir Path storage) throws Exception {
    Framework framework =
        new FrameworkFactory()
            .newFramework(
                Map.of(
                    Constants.FRAMEWORK_STORAGE,
                    storage.toString(),
                    // The log is that of the build.
                    Constants.FRAMEWORK_SYSTEMPACKAGES_EXTRA,
                    "org.slf4j;version=1.7.36"));
    framework.start();
    try (RedisServer server = RedisServer.start()) {
      BundleContext context = framework.getBundleContext();
      for (String path : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
        String file = Path.of(path).getFileName().toString();
        if (LIBRARIES.stream().anyMatch(file::startsWith)) {
          context.installBundle(Path.of(path).toUri().toString());
        }
      }
      URI provider =
          YokedCachingProvider.class.getProtectionDomain().getCodeSource().getLocation().toURI();
      Bundle own = context.installBundle("reference:" + provider);
      own.start();
      Bundle application = context.installBundle("application", application());
      assertThat(
              application
                  .loadClass(Application.class.getName())
                  .getMethod("run", URI.class)
                  .invoke(null, server.uri()))
          .asString()
          .isEqualTo("Order[id=o, total=7] in bundle " + own.getBundleId());
    } finally {
      framework.stop();
      framework.waitForStop(0);
    }
  }

  private static InputStream application() throws Exception {
    Manifest manifest = new Manifest();
    Attributes headers = manifest.getMainAttributes();
    headers.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    headers.putValue(Constants.BUNDLE_MANIFESTVERSION, "2");
    headers.putValue(Constants.BUNDLE_SYMBOLICNAME, "application");
    headers.putValue(
        Constants.IMPORT_PACKAGE,
        "io.yokedcache.jcache,javax.cache,javax.cache.configuration,javax.cache.spi,"
            + "org.osgi.framework");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (JarOutputStream jar = new JarOutputStream(out, manifest)) {
      for (Class<?> type : List.of(Application.class, Application.Order.class)) {
        String name = type.getName().replace('.', '/') + ".class";
        try (InputStream content = type.getClassLoader().getResourceAsStream(name)) {
          jar.putNextEntry(new JarEntry(name));
          content.transferTo(jar);
        }
      }
    }
    return new ByteArrayInputStream(out.toByteArray());
  }
}
