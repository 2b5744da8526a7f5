package io.yokedcache.benchmarks.contender;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import javax.cache.CacheManager;
import javax.cache.Caching;

/**
 * What takes part in a comparison: a kind, and options behind a colon, such as {@code
 * yokedcache:statistics=true;connection.pool.size=8}. {@code statistics} is known for every JCache
 * provider; all other options are settings of our provider, without their {@code yokedcache.}.
 *
 * @param kind which product
 * @param options by name
 */
public record ContenderSpec(Kind kind, Map<String, String> options) {

  private static final String STATISTICS = "statistics";
  private static final String JAR = "jar";

  /** Copies the options. */
  public ContenderSpec {
    options = Map.copyOf(options);
  }

  /** The products that can be measured. */
  public enum Kind {
    /** Our provider. */
    YOKEDCACHE,
    /** Redisson's JCache. */
    REDISSON,
    /** Hazelcast's JCache, the client of one member in another JVM. */
    HAZELCAST,
    /** Jedis' pooled client, on a cluster with one pool a node. */
    JEDIS_POOL,
    /** Lettuce's shared connection, on a cluster one a node. */
    LETTUCE,
    /** Caffeine's JCache, in the heap, by value. */
    CAFFEINE,
    /** The program that comes with Redis. */
    REDIS_BENCHMARK;

    /** The name on the command line. */
    String label() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /**
   * Reads the text form.
   *
   * @throws IllegalArgumentException if there is no such contender; the message lists what there is
   */
  public static ContenderSpec parse(String text) {
    int colon = text.indexOf(':');
    String name = colon < 0 ? text : text.substring(0, colon);
    Map<String, String> options = new LinkedHashMap<>();
    if (colon >= 0) {
      for (String option : List.of(text.substring(colon + 1).split(";", -1))) {
        int equals = option.indexOf('=');
        if (equals < 1) {
          throw new IllegalArgumentException(
              "Option \"" + option + "\" of " + name + " must be name=value");
        }
        options.put(option.substring(0, equals), option.substring(equals + 1));
      }
    }
    Kind kind =
        Arrays.stream(Kind.values())
            .filter(known -> known.label().equals(name))
            .findFirst()
            .orElseThrow(() -> new IllegalArgumentException(unknown(name)));
    return new ContenderSpec(kind, options);
  }

  private static String unknown(String name) {
    String known = Arrays.stream(Kind.values()).map(Kind::label).collect(Collectors.joining(", "));
    return "There is no contender \"" + name + "\"; known are " + known;
  }

  /**
   * The class path to run it with.
   *
   * @param own the class path of this build
   * @throws IllegalArgumentException if the other build is no readable file or folder
   */
  public String classPath(String own) {
    String jar = options.get(JAR);
    if (jar == null) {
      return own;
    }
    if (kind != Kind.YOKEDCACHE) {
      throw new IllegalArgumentException(
          "Option jar of " + kind.label() + ": only yokedcache can be measured in another build");
    }
    if (!Files.isReadable(Path.of(jar))) {
      throw new IllegalArgumentException("Option jar of yokedcache: " + jar + " cannot be read");
    }
    return jar + File.pathSeparator + own;
  }

  /** Whether it is another build of our provider, which needs a JVM of its own. */
  public boolean isOtherBuild() {
    return options.containsKey(JAR);
  }

  /** The text form, which is also what tables call it. */
  public String label() {
    return options.isEmpty()
        ? kind.label()
        : kind.label()
            + options.entrySet().stream()
                .map(option -> option.getKey() + "=" + option.getValue())
                .sorted()
                .collect(Collectors.joining(";", ":", ""));
  }

  /**
   * Opens it in this JVM.
   *
   * @param name keeps its entries apart from those of others on the same server
   * @param servers where Redis is
   */
  public Target open(String name, Servers servers) {
    boolean statistics = Boolean.parseBoolean(options.get(STATISTICS));
    return switch (kind) {
      case YOKEDCACHE -> jcache("io.yokedcache.jcache.YokedCachingProvider", name, servers);
      case CAFFEINE ->
          jcache("com.github.benmanes.caffeine.jcache.spi.CaffeineCachingProvider", name, servers);
      case REDISSON -> RedissonTarget.open(name, servers, statistics);
      case HAZELCAST -> HazelcastTarget.open(name, statistics);
      case JEDIS_POOL -> new JedisTarget(name, servers);
      case LETTUCE -> new LettuceTarget(name, servers);
      case REDIS_BENCHMARK ->
          throw new UnsupportedOperationException("redis-benchmark is a program of its own");
    };
  }

  private Target jcache(String provider, String name, Servers servers) {
    Properties settings = new Properties();
    options.forEach(
        (key, value) -> {
          if (!key.equals(STATISTICS) && !key.equals(JAR)) {
            settings.setProperty("yokedcache." + key, value);
          }
        });
    // A manager is found by URI and class loader: two contenders of one provider need two. Some
    // providers hold the loader weakly, so that it must be held until the end.
    URLClassLoader loader = new URLClassLoader(new URL[0], ContenderSpec.class.getClassLoader());
    URI uri = URI.create(servers.uri());
    CacheManager manager =
        Caching.getCachingProvider(provider).getCacheManager(uri, loader, settings);
    boolean statistics = Boolean.parseBoolean(options.get(STATISTICS));
    return new JCaches(manager, statistics, plain -> plain, () -> close(loader)).open(name);
  }

  private static void close(URLClassLoader loader) {
    try {
      loader.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
