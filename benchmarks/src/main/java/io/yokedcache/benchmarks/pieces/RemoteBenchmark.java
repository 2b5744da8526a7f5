package io.yokedcache.benchmarks.pieces;

import io.yokedcache.jcache.configuration.YokedCacheConfiguration;
import io.yokedcache.jcache.internal.codec.value.BytesCodec;
import io.yokedcache.jcache.internal.embedded.EmbeddedRedis;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.Caching;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import redis.clients.jedis.RedisClient;

/**
 * Whole operations on a private Redis beside those of the plain client: for the allocation that
 * {@code --profilers gc} shows, rather than for the time.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class RemoteBenchmark {

  private static final String PROVIDER = "io.yokedcache.jcache.YokedCachingProvider";
  private static final String KEY = "key:000000001234";
  private static final int VALUE_BYTES = 100;
  private static final int BULK = 100;

  private final EmbeddedRedis redis = EmbeddedRedis.start();
  private final RedisClient client =
      RedisClient.builder().hostAndPort("127.0.0.1", redis.port()).build();
  private final CacheManager manager =
      Caching.getCachingProvider(PROVIDER)
          .getCacheManager(URI.create("redis://127.0.0.1:" + redis.port()), null);
  private final Cache<String, byte[]> cache;
  private final Cache<String, byte[]> serialised;
  private final byte[] value = new byte[VALUE_BYTES];
  private final byte[] rawKey = KEY.getBytes(StandardCharsets.UTF_8);
  private final Map<String, byte[]> many = new HashMap<>();

  /** Made by JMH; starts the server. */
  public RemoteBenchmark() {
    YokedCacheConfiguration<String, byte[]> configuration =
        new YokedCacheConfiguration<String, byte[]>().setTypes(String.class, byte[].class);
    serialised = manager.createCache("serialised", configuration);
    cache = manager.createCache("plain", configuration.setValueCodec(BytesCodec.INSTANCE));
    client.set(rawKey, value);
    cache.put(KEY, value);
    serialised.put(KEY, value);
    for (int i = 0; i < BULK; i++) {
      many.put(KEY + i, value);
    }
    cache.putAll(many);
  }

  /** Ends the server. */
  @TearDown
  public void close() {
    manager.close();
    client.close();
    redis.close();
  }

  /** Jedis' own get. */
  @Benchmark
  public byte @Nullable [] getJedis() {
    return client.get(rawKey);
  }

  /** A hit, with the codec for bytes. */
  @Benchmark
  public byte @Nullable [] get() {
    return cache.get(KEY);
  }

  /** A hit, with the default codec. */
  @Benchmark
  public byte @Nullable [] getSerialised() {
    return serialised.get(KEY);
  }

  /** Jedis' own set. */
  @Benchmark
  public String putJedis() {
    return client.set(rawKey, value);
  }

  /** A write, with the codec for bytes. */
  @Benchmark
  public void put() {
    cache.put(KEY, value);
  }

  /** A write, with the default codec. */
  @Benchmark
  public void putSerialised() {
    serialised.put(KEY, value);
  }

  /** 100 hits at once. */
  @Benchmark
  public Map<String, byte[]> getAll() {
    return cache.getAll(many.keySet());
  }

  /** 100 writes at once. */
  @Benchmark
  public void putAll() {
    cache.putAll(many);
  }

  /** Reads and writes by an entry processor. */
  @Benchmark
  public boolean invoke() {
    return cache.invoke(
        KEY,
        (entry, arguments) -> {
          entry.setValue(entry.getValue());
          return true;
        });
  }
}
