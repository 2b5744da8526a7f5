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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
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
import javax.tools.ToolProvider;
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
          "slf4j-",
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
    assertThat(
            run(
                "-Dyokedcache.defaults.near.enabled=true",
                "-p",
                modules(),
                "--add-modules",
                MODULES,
                "-cp",
                location(ModulePathIT.class).toString(),
                ModulePathIT.class.getName()))
        .contains("found in io.yokedcache.jcache")
        .containsPattern("YokedCache [0-9]+[.]");
  }

  /** A key is a record of a package that is exported, so that nobody may set or read its fields. */
  @Test
  void recordKey_ofAModuleThatOpensNothing() throws Exception {
    Path application =
        compile(
            Map.of(
                "module-info.java",
                "module acme { requires cache.api; exports acme; }",
                "acme/Main.java",
                """
                package acme;

                import java.net.URI;
                import javax.cache.Cache;
                import javax.cache.Caching;
                import javax.cache.configuration.MutableConfiguration;

                public class Main {
                  public record Id(String country, long number) {}

                  public static void main(String[] arguments) {
                    var manager =
                        Caching.getCachingProvider().getCacheManager(URI.create(arguments[0]), null);
                    try (manager) {
                      Cache<Id, String> cache =
                          manager.createCache(
                              "records",
                              new MutableConfiguration<Id, String>().setTypes(Id.class, String.class));
                      cache.put(new Id("de", 7), "found");
                      for (Cache.Entry<Id, String> entry : cache) {
                        System.out.println(entry.getKey() + " " + cache.get(new Id("de", 7)));
                      }
                    }
                  }
                }
                """));
    assertThat(
            run(
                "-p",
                modules() + File.pathSeparator + application,
                "--add-modules",
                MODULES,
                "-m",
                "acme/acme.Main"))
        .contains("Id[country=de, number=7] found");
  }

  /** Runs a program in another JVM with the URI of a server as its argument. */
  private static String run(String... arguments) throws Exception {
    try (RedisServer server = RedisServer.start()) {
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(List.of(arguments));
      command.add(server.uri().toString());
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
      return output;
    }
  }

  /** Returns the folder of the classes of a module. */
  private Path compile(Map<String, String> sources) throws Exception {
    Path classes = folder.resolve("application");
    List<String> arguments =
        new ArrayList<>(List.of("--release", "17", "-p", modules(), "-d", classes.toString()));
    for (Map.Entry<String, String> source : sources.entrySet()) {
      Path file = folder.resolve("sources").resolve(source.getKey());
      Files.createDirectories(file.getParent());
      Files.writeString(file, source.getValue());
      arguments.add(file.toString());
    }
    assertThat(
            ToolProvider.getSystemJavaCompiler()
                .run(null, null, null, arguments.toArray(String[]::new)))
        .isZero();
    return classes;
  }

  private String modules() throws Exception {
    return Stream.concat(Stream.of(providerJar()), libraries())
        .collect(Collectors.joining(File.pathSeparator));
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
    Path version = Files.writeString(folder.resolve("pom.properties"), "version=1.0");
    try (OutputStream out = Files.newOutputStream(jar);
        JarOutputStream entries = new JarOutputStream(out, manifest);
        Stream<Path> files = Files.walk(classes)) {
      add(entries, "META-INF/maven/io.yokedcache/yokedcache-jcache/pom.properties", version);
      for (Path file :
          files
              .filter(Files::isRegularFile)
              .filter(file -> !file.endsWith("MANIFEST.MF"))
              .toList()) {
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
