package io.yokedcache.jcache.stress;

import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.YokedCachingProvider;
import java.io.Serial;
import java.io.Serializable;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.configuration.FactoryBuilder;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.integration.CacheLoader;
import redis.clients.jedis.Jedis;

/** A JVM whose threads read one key, which a loader loads as soon as the test lets it. */
final class SharedLoadsWorker {

  static final int THREADS = 4;

  private static final int GATE_SECONDS = 60;

  private SharedLoadsWorker() {}

  /** Arguments: port of the server, name of the cache, settings as {@code name=value}. */
  public static void main(String[] args) throws Exception {
    int port = Integer.parseInt(args[0]);
    try (CacheManager manager = open(port, List.of(args).subList(2, args.length))) {
      Cache<String, String> cache = create(manager, args[1], port);
      System.out.print(readByAllThreads(cache, "k"));
      // The value was read before it is loaded again, and the end of the manager ends the refresh.
      await()
          .atMost(Duration.ofSeconds(GATE_SECONDS))
          .until(() -> cache.get("k").equals("value of k"));
    }
  }

  static CacheManager open(int port, List<String> settings) {
    Properties properties = new Properties();
    for (String setting : settings) {
      String[] parts = setting.split("=", 2);
      properties.setProperty("yokedcache." + parts[0], parts[1]);
    }
    return new YokedCachingProvider()
        .getCacheManager(URI.create("redis://127.0.0.1:" + port), null, properties);
  }

  static Cache<String, String> create(CacheManager manager, String name, int port) {
    return manager.createCache(
        name,
        new MutableConfiguration<String, String>()
            .setTypes(String.class, String.class)
            .setStatisticsEnabled(true)
            .setReadThrough(true)
            .setCacheLoaderFactory(new FactoryBuilder.SingletonFactory<>(new Loader(name, port))));
  }

  /** Reads a key by several threads at once, and returns what they read, once each. */
  static List<String> readByAllThreads(Cache<String, String> cache, String key) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<String>> reads = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        reads.add(threads.submit(() -> cache.get(key)));
      }
      List<String> values = new ArrayList<>();
      for (Future<String> read : reads) {
        values.add(read.get(GATE_SECONDS, TimeUnit.SECONDS));
      }
      return values.stream().distinct().toList();
    } finally {
      threads.shutdownNow();
    }
  }

  /** Counts the loads of all JVMs in Redis, and waits in each until the test lets it go on. */
  static final class Loader implements CacheLoader<String, String>, Serializable {

    @Serial private static final long serialVersionUID = 1L;

    private final String name;
    private final int port;

    Loader(String name, int port) {
      this.name = name;
      this.port = port;
    }

    @Override
    public String load(String key) {
      try (Jedis jedis = new Jedis("127.0.0.1", port, (GATE_SECONDS + 10) * 1_000)) {
        jedis.incr("loads:" + name + ":" + key);
        List<String> unused = jedis.blpop(GATE_SECONDS, "gate:" + name);
        return "value of " + key;
      }
    }

    @Override
    public Map<String, String> loadAll(Iterable<? extends String> keys) {
      Map<String, String> all = new HashMap<>();
      keys.forEach(key -> all.put(key, load(key)));
      return all;
    }
  }
}
