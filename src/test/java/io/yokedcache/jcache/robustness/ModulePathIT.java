package io.yokedcache.jcache.robustness;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.YokedCachingProvider;
import io.yokedcache.jcache.testing.RedisServer;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.configuration.MutableConfiguration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The provider and its libraries as modules, with what README says that this takes. */
final class ModulePathIT {

  private static final String MODULES =
      "io.yokedcache.jcache,org.slf4j,com.github.benmanes.caffeine";
  private static final List<String> LIBRARIES =
      List.of(
          "cache-api",
          "jedis",
          "gson",
          "caffeine",
          "config",
          "slf4j-api",
          "commons-pool2",
          "resilience4j");

  @TempDir private Path folder;

  /** What the other JVM runs. */
  public static void main(String[] arguments) {
    try (CacheManager manager =
        Caching.getCachingProvider().getCacheManager(URI.create(arguments[0]), null)) {
      Cache<String, String> cache =
          manager.createCache(
              "modules",
              new MutableConfiguration<String, String>()
                  .setTypes(String.class, String.class)
                  .setStatisticsEnabled(true));
      cache.put("key", "found");
      System.out.println(cache.get("key") + " in " + cache.getClass().getModule().getName());
    }
  }

  @Test
  void nearCache_onTheModulePath() throws Exception {
    try (RedisServer server = RedisServer.start()) {
      String modules =
          Stream.concat(Stream.of(providerJar()), libraries())
              .collect(Collectors.joining(File.pathSeparator));
      Process process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Dyokedcache.defaults.near.enabled=true",
                  "-p",
                  modules,
                  "--add-modules",
                  MODULES,
                  "-cp",
                  location(ModulePathIT.class).toString(),
                  ModulePathIT.class.getName(),
                  server.uri().toString())
              .redirectErrorStream(true)
              .start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(output).contains("found in io.yokedcache.jcache");
    }
  }

  private static Stream<String> libraries() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(
            path ->
                LIBRARIES.stream().anyMatch(Path.of(path).getFileName().toString()::startsWith));
  }

  /** The jar of the build, or one made of the classes where tests run without it. */
  private String providerJar() throws Exception {
    Path classes = location(YokedCachingProvider.class);
    if (Files.isRegularFile(classes)) {
      return classes.toString();
    }
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().putValue("Automatic-Module-Name", "io.yokedcache.jcache");
    Path jar = folder.resolve("provider.jar");
    try (OutputStream out = Files.newOutputStream(jar);
        JarOutputStream entries = new JarOutputStream(out, manifest);
        Stream<Path> files = Files.walk(classes)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        add(entries, classes.relativize(file).toString().replace(File.separatorChar, '/'), file);
      }
    }
    return jar.toString();
  }

  private static void add(JarOutputStream entries, String name, Path file) throws IOException {
    entries.putNextEntry(new JarEntry(name));
    Files.copy(file, entries);
    entries.closeEntry();
  }

  private static Path location(Class<?> type) throws Exception {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
  }
}
