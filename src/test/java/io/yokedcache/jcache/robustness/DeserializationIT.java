package io.yokedcache.jcache.robustness;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.testing.RedisServer;
import java.io.Serializable;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.configuration.FactoryBuilder;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.integration.CacheLoader;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** Bytes in Redis that nobody should trust, or that another version of the application wrote. */
final class DeserializationIT {

  private static final String ALLOW = "serialization.allow=";

  private static RedisServer server;

  /** A value whose class is allowed because it is declared. */
  record Order(int number, List<String> lines) implements Serializable {}

  @BeforeAll
  static void startServer() {
    server = RedisServer.start();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @BeforeEach
  void forgetRuns() {
    Gadget.RUNS.set(0);
  }

  @Test
  void get_classNotAllowed() throws Exception {
    try (CapturedLog log = CapturedLog.start();
        CacheManager writing = Managers.open(server.uri(), ALLOW + packagePattern());
        CacheManager reading = Managers.open(URI.create("redis://localhost:" + server.port()))) {
      Cache<String, Object> writer = objects(writing, "gadgets");
      Cache<String, Object> reader = objects(reading, "gadgets");
      writer.put("1", new Gadget());
      writer.put("2", new Gadget());
      writer.put("3", new Gadget.Second());
      writer.put("fine", "text");
      long before = undecodable("gadgets", "localhost");

      assertThat(reader.get("1")).isNull();
      assertThat(reader.get("1")).isNull();
      assertThat(reader.get("2")).isNull();
      assertThat(reader.get("3")).isNull();
      assertThat(reader.getAll(Set.of("1", "2", "3", "fine")))
          .containsExactlyEntriesOf(Map.of("fine", "text"));
      assertThat(reader).extracting(Cache.Entry::getKey).containsExactly("fine");

      assertThat(Gadget.RUNS).as("code of the attacker").hasValue(0);
      assertThat(undecodable("gadgets", "localhost") - before).isEqualTo(10);
      assertThat(log.linesWith("WARN"))
          .singleElement()
          .asString()
          .contains("gadgets", "serialization.allow = [", Gadget.class.getName() + " ");
      // Now the application itself caches one of them, and may read it, but no other class.
      reader.put("4", new Gadget());
      assertThat(reader.get("4")).isInstanceOf(Gadget.class);
      assertThat(reader.get("1")).isInstanceOf(Gadget.class);
      assertThat(reader.get("3")).isNull();
    }
  }

  @Test
  void get_classAllowedBySettings() {
    try (CacheManager manager = Managers.open(server.uri(), ALLOW + Gadget.class.getName())) {
      Cache<String, Object> cache = objects(manager, "allowed");
      cache.put("key", new Gadget());
      assertThat(cache.get("key")).isInstanceOf(Gadget.class);
      assertThat(Gadget.RUNS).hasValue(1);
    }
  }

  @Test
  void get_classDeclared() {
    try (CacheManager manager = Managers.open(server.uri())) {
      Cache<Order, Order> cache =
          manager.createCache(
              "declared",
              new MutableConfiguration<Order, Order>().setTypes(Order.class, Order.class));
      Order order = new Order(7, List.of("a", "b"));
      cache.put(order, order);
      assertThat(cache.get(new Order(7, List.of("a", "b")))).isEqualTo(order);
      assertThat(cache).extracting(Cache.Entry::getKey).containsExactly(order);
    }
  }

  @Test
  void get_garbage() {
    try (CacheManager manager = Managers.open(server.uri());
        Jedis jedis = jedis()) {
      Cache<String, Order> cache =
          manager.createCache(
              "garbage",
              new MutableConfiguration<String, Order>().setTypes(String.class, Order.class));
      cache.put("key", new Order(7, List.of("a", "b")));
      byte[] name = entryName(jedis, "garbage", "key");
      byte[] valid = jedis.get(name);
      Random random = new Random(42);
      for (int i = 0; i < 2_000; i++) {
        byte[] bytes = garbage(valid, random, i);
        jedis.set(name, bytes);
        Order found = cache.get("key");
        // A changed byte may well be a changed number; what must not be is an exception.
        assertThat(found == null || found.lines() != null || found.number() != 0).isTrue();
      }
      jedis.set(name, new byte[0]);
      assertThat(cache.get("key")).isNull();
      jedis.set(name, valid);
      assertThat(cache.get("key")).isEqualTo(new Order(7, List.of("a", "b")));
      jedis.del(name);
      jedis.lpush(name, valid);
      // MGET takes a key of another type for none.
      assertThat(cache.get("key")).isNull();
    }
  }

  private static byte[] garbage(byte[] valid, Random random, int round) {
    byte[] bytes = valid.clone();
    switch (round % 4) {
      case 0 -> {
        bytes = new byte[random.nextInt(300)];
        random.nextBytes(bytes);
      }
      case 1 -> bytes = Arrays.copyOf(valid, random.nextInt(valid.length));
      case 2 -> bytes[random.nextInt(bytes.length)] ^= (byte) (1 + random.nextInt(255));
      default -> {
        for (int i = 0; i < 5; i++) {
          bytes[4 + random.nextInt(bytes.length - 4)] = (byte) random.nextInt(256);
        }
      }
    }
    return bytes;
  }

  @Test
  void write_entryUndecodable() {
    try (CacheManager manager = Managers.open(server.uri());
        Jedis jedis = jedis()) {
      Cache<String, String> cache = Managers.texts(manager, "undecodable");
      Runnable spoil = () -> spoil(jedis, cache);

      spoil.run();
      assertThat(cache.get("key")).isNull();
      assertThat(cache.iterator().hasNext()).isFalse();
      assertThat(cache.replace("key", "old", "new")).isFalse();
      assertThat(cache.remove("key", "old")).isFalse();
      assertThat(cache.getAndPut("key", "put")).isNull();
      assertThat(cache.get("key")).isEqualTo("put");

      spoil.run();
      cache.put("key", "put again");
      assertThat(cache.get("key")).isEqualTo("put again");

      spoil.run();
      assertThat(cache.<Boolean>invoke("key", (entry, none) -> entry.exists())).isFalse();
      String answer =
          cache.invoke(
              "key",
              (entry, none) -> {
                entry.setValue("invoked");
                return "done";
              });
      assertThat(answer).isEqualTo("done");
      assertThat(cache.get("key")).isEqualTo("invoked");

      spoil.run();
      assertThat(cache.getAndRemove("key")).isNull();
      assertThat(cache.containsKey("key")).isFalse();

      spoil.run();
      cache.remove("key");
      assertThat(cache.containsKey("key")).isFalse();
      assertThat(cache.putIfAbsent("key", "absent")).isTrue();

      spoil.run();
      cache.removeAll();
      assertThat(cache.containsKey("key")).isFalse();
    }
  }

  @Test
  void get_entryUndecodableAndReadThrough() {
    try (CacheManager manager = Managers.open(server.uri());
        Jedis jedis = jedis()) {
      Cache<String, String> cache =
          manager.createCache(
              "loaded",
              new MutableConfiguration<String, String>()
                  .setTypes(String.class, String.class)
                  .setReadThrough(true)
                  .setCacheLoaderFactory(FactoryBuilder.factoryOf(Loader.class)));
      spoil(jedis, cache);

      assertThat(cache.get("key")).isEqualTo("loaded key");

      assertThat(cache.iterator().next().getValue()).as("stored").isEqualTo("loaded key");
      spoil(jedis, cache);
      assertThat(cache.getAll(Set.of("key"))).containsEntry("key", "loaded key");
    }
  }

  /** Loads anything. */
  public static final class Loader implements CacheLoader<String, String>, Serializable {

    private static final long serialVersionUID = 1L;

    @Override
    public String load(String key) {
      return "loaded " + key;
    }

    @Override
    public Map<String, String> loadAll(Iterable<? extends String> keys) {
      Map<String, String> loaded = new HashMap<>();
      keys.forEach(key -> loaded.put(key, load(key)));
      return loaded;
    }
  }

  private static void spoil(Jedis jedis, Cache<String, String> cache) {
    cache.put("key", "fine");
    jedis.set(
        entryName(jedis, cache.getName(), "key"),
        "no Java object".getBytes(StandardCharsets.US_ASCII));
  }

  private static byte[] entryName(Jedis jedis, String cacheName, String key) {
    String generation = "yc:{" + cacheName + "#0}";
    String name = generation + ":" + jedis.get(generation).substring(0, 12) + ":" + key;
    byte[] found = name.getBytes(StandardCharsets.UTF_8);
    return jedis.exists(found)
        ? found
        : jedis
            .keys(generation + ":????????????:*")
            .iterator()
            .next()
            .getBytes(StandardCharsets.UTF_8);
  }

  private static long undecodable(String cacheName, String host) throws Exception {
    MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
    ObjectName pattern =
        new ObjectName("io.yokedcache:type=CacheExtendedStatistics,Cache=" + cacheName + ",*");
    ObjectName found =
        beans.queryNames(pattern, null).stream()
            .filter(name -> name.getKeyProperty("CacheManager").contains(host))
            .findAny()
            .orElseThrow();
    return (Long) beans.getAttribute(found, "UndecodableEntries");
  }

  private static String packagePattern() {
    return Gadget.class.getPackageName() + ".*";
  }

  private static Cache<String, Object> objects(CacheManager manager, String name) {
    return manager.createCache(
        name, new MutableConfiguration<String, Object>().setTypes(String.class, Object.class));
  }

  private static Jedis jedis() {
    return new Jedis("127.0.0.1", server.port());
  }
}
