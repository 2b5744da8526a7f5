package io.yokedcache.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import io.yokedcache.jcache.internal.embedded.EmbeddedRedis;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.configuration.MutableConfiguration;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;
import org.redisson.jcache.configuration.RedissonConfiguration;
import redis.clients.jedis.RedisClient;

/**
 * Prints how long a new JVM takes to its first {@code get}, by Jedis alone, by this provider and by
 * Redisson's: each in JVMs that start in turns, one at a time. Arguments: the number of JVMs each,
 * by default 10; classes or jars of other builds of this provider, by default none.
 */
public final class ColdStart {

  private static final double NANOS_PER_MILLI = 1e6;
  private static final long END_TIMEOUT_SECONDS = 60;

  /** The jars that every contender has; a JVM looks into all of them for some resources. */
  private static final String DEPENDENCIES =
      "yokedcache|cache-api|jedis|commons-pool2|json|gson|redis-authx|caffeine|error_prone|config"
          + "|slf4j|jspecify|resilience4j|embedded-redis";

  private static final String REDISSON =
      "|redisson|netty|reactor|reactive|rxjava|kryo|reflectasm|objenesis|minlog|snakeyaml|byte-buddy"
          + "|jodd|jackson|jboss";

  private final String label;
  private final String kind;
  private final String classPath;
  private final List<long[]> samples = new ArrayList<>();

  private ColdStart(String label, String kind, String classPath) {
    this.label = label;
    this.kind = kind;
    this.classPath = classPath;
  }

  /** Measures and prints. */
  public static void main(String[] args) throws IOException, InterruptedException {
    int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 10;
    String classPath = System.getProperty("java.class.path");
    String own = needed(classPath, "");
    List<ColdStart> contenders = new ArrayList<>();
    contenders.add(new ColdStart("Jedis alone", "jedis", own));
    for (int i = 1; i < args.length; i++) {
      String other = Path.of(args[i]).toAbsolutePath() + File.pathSeparator + own;
      contenders.add(new ColdStart("YokedCache of " + args[i], "yokedcache", other));
    }
    contenders.add(new ColdStart("YokedCache", "yokedcache", own));
    contenders.add(new ColdStart("Redisson", "redisson", needed(classPath, REDISSON)));
    try (EmbeddedRedis redis = EmbeddedRedis.start()) {
      for (int round = -1; round < rounds; round++) { // the first fills the caches of files
        for (int index : Comparison.order(contenders.size(), round + 1)) {
          contenders.get(index).run(redis.port(), round >= 0);
        }
      }
    }
    System.out.println(
        "| contender | main to first get, ms | JVM's start to end, ms | processor time, ms |"
            + " classes |");
    System.out.println("|---|--:|--:|--:|--:|");
    contenders.forEach(ColdStart::print);
  }

  /** The class path with the dependencies of the provider and of another contender alone. */
  private static String needed(String classPath, String more) {
    Pattern needed = Pattern.compile("/(" + DEPENDENCIES + more + ")[^/]*[.]jar$");
    return Arrays.stream(classPath.split(File.pathSeparator))
        .filter(
            entry ->
                !entry.endsWith(".jar")
                    || needed.matcher(entry.replace(File.separatorChar, '/')).find())
        .collect(Collectors.joining(File.pathSeparator));
  }

  private void run(int port, boolean isCounted) throws IOException, InterruptedException {
    long startNanos = System.nanoTime();
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                "-cp",
                classPath,
                Started.class.getName(),
                kind,
                Integer.toString(port))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String[] answer =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
            .strip()
            .split(" ");
    if (!process.waitFor(END_TIMEOUT_SECONDS, TimeUnit.SECONDS) || answer.length != 3) {
      process.destroyForcibly();
      throw new IOException(label + " answered " + String.join(" ", answer));
    }
    long tookNanos = System.nanoTime() - startNanos;
    if (isCounted) {
      samples.add(
          new long[] {
            Long.parseLong(answer[0]),
            tookNanos,
            Long.parseLong(answer[1]),
            Long.parseLong(answer[2])
          });
    }
  }

  private void print() {
    System.out.printf(
        Locale.ROOT,
        "| %s | %s | %s | %s | %d |%n",
        label,
        spread(0),
        spread(1),
        spread(2),
        sorted(3)[samples.size() / 2]);
  }

  /** The median, and the least and the greatest. */
  private String spread(int column) {
    long[] sorted = sorted(column);
    return String.format(
        Locale.ROOT,
        "%.0f (%.0f..%.0f)",
        sorted[sorted.length / 2] / NANOS_PER_MILLI,
        sorted[0] / NANOS_PER_MILLI,
        sorted[sorted.length - 1] / NANOS_PER_MILLI);
  }

  private long[] sorted(int column) {
    long[] values = samples.stream().mapToLong(sample -> sample[column]).toArray();
    Arrays.sort(values);
    return values;
  }

  /**
   * The JVM that is measured: prints the nanoseconds from main to the end of the first get, those
   * of processor time since the JVM began, and the number of classes.
   */
  static final class Started {

    private Started() {}

    public static void main(String[] args) {
      long startNanos = System.nanoTime();
      AutoCloseable opened =
          switch (args[0]) {
            case "jedis" -> jedis(args[1]);
            case "yokedcache" ->
                caches(
                    "io.yokedcache.jcache.YokedCachingProvider",
                    URI.create("redis://127.0.0.1:" + args[1]));
            case "redisson" -> redisson(args[1]);
            default -> throw new IllegalArgumentException(args[0]);
          };
      long tookNanos = System.nanoTime() - startNanos;
      long cpuNanos =
          ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
              .getProcessCpuTime();
      int classes = ManagementFactory.getClassLoadingMXBean().getLoadedClassCount();
      System.out.println(tookNanos + " " + cpuNanos + " " + classes);
      try {
        opened.close();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }

    private static AutoCloseable jedis(String port) {
      RedisClient client =
          RedisClient.builder().hostAndPort("127.0.0.1", Integer.parseInt(port)).build();
      verify(client.get("absent"));
      return client;
    }

    private static AutoCloseable caches(String provider, URI uri) {
      CacheManager manager = Caching.getCachingProvider(provider).getCacheManager(uri, null);
      Cache<String, String> cache = manager.createCache("cold", configuration());
      verify(cache.get("absent"));
      return manager;
    }

    private static AutoCloseable redisson(String port) {
      Config config = new Config();
      config.useSingleServer().setAddress("redis://127.0.0.1:" + port);
      RedissonClient client = Redisson.create(config);
      CacheManager manager =
          Caching.getCachingProvider("org.redisson.jcache.JCachingProvider").getCacheManager();
      Cache<String, String> cache =
          manager.createCache("cold", RedissonConfiguration.fromInstance(client, configuration()));
      verify(cache.get("absent"));
      return () -> {
        manager.close();
        client.shutdown();
      };
    }

    private static MutableConfiguration<String, String> configuration() {
      return new MutableConfiguration<String, String>().setTypes(String.class, String.class);
    }

    private static void verify(Object value) {
      if (value != null) {
        throw new IllegalStateException("The cache is not empty");
      }
    }
  }
}
