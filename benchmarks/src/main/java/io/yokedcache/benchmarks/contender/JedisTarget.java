package io.yokedcache.benchmarks.contender;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.commons.pool2.impl.GenericObjectPoolConfig;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.AbstractPipeline;
import redis.clients.jedis.Connection;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisClusterClient;
import redis.clients.jedis.Response;
import redis.clients.jedis.UnifiedJedis;
import redis.clients.jedis.params.SetParams;

/**
 * Jedis' own pooled client and nothing around it; the pool is as large as the load wants. On a
 * cluster there is one pool a node, and several keys go by one pipeline a node, since {@code MGET}
 * and {@code MSET} take the keys of one slot only.
 */
final class JedisTarget implements PlainClient {

  private static final int POOL_SIZE = 512;

  private final UnifiedJedis client;
  private final boolean cluster;
  private final String prefix;

  JedisTarget(String name, Servers servers) {
    GenericObjectPoolConfig<Connection> pool = new GenericObjectPoolConfig<>();
    pool.setMaxTotal(POOL_SIZE);
    pool.setMaxIdle(POOL_SIZE);
    pool.setJmxEnabled(false);
    HostAndPort first = new HostAndPort("127.0.0.1", servers.firstPort());
    this.client =
        servers.cluster()
            ? RedisClusterClient.builder().nodes(Set.of(first)).poolConfig(pool).build()
            : RedisClient.builder().hostAndPort(first).poolConfig(pool).build();
    this.cluster = servers.cluster();
    this.prefix = name + ":";
  }

  private byte[] bytes(String key) {
    return (prefix + key).getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public byte @Nullable [] get(String key) {
    return client.get(bytes(key));
  }

  @Override
  public void put(String key, byte[] value) {
    client.set(bytes(key), value);
  }

  @Override
  public void putExpiring(String key, byte[] value) {
    client.set(bytes(key), value, SetParams.setParams().ex(TTL_SECONDS));
  }

  @Override
  public Map<String, byte[]> getAll(Set<String> keys) {
    List<String> names = List.copyOf(keys);
    List<byte[]> values = cluster ? getEach(names) : client.mget(bytes(names));
    Map<String, byte[]> found = new HashMap<>();
    for (int i = 0; i < names.size(); i++) {
      byte @Nullable [] value = values.get(i);
      if (value != null) {
        found.put(names.get(i), value);
      }
    }
    return found;
  }

  private byte[][] bytes(List<String> names) {
    return names.stream().map(this::bytes).toArray(byte[][]::new);
  }

  private List<byte[]> getEach(List<String> names) {
    List<Response<byte[]>> responses = new ArrayList<>(names.size());
    try (AbstractPipeline pipeline = client.pipelined()) {
      names.forEach(name -> responses.add(pipeline.get(bytes(name))));
      pipeline.sync();
    }
    List<byte[]> values = new ArrayList<>(names.size());
    responses.forEach(response -> values.add(response.get()));
    return values;
  }

  @Override
  public void putAll(Map<String, byte[]> entries) {
    if (cluster) {
      try (AbstractPipeline pipeline = client.pipelined()) {
        entries.forEach((key, value) -> pipeline.set(bytes(key), value));
        pipeline.sync();
      }
      return;
    }
    byte[][] keysAndValues = new byte[2 * entries.size()][];
    int i = 0;
    for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
      keysAndValues[i++] = bytes(entry.getKey());
      keysAndValues[i++] = entry.getValue();
    }
    client.mset(keysAndValues);
  }

  @Override
  public boolean putIfAbsent(String key, byte[] value) {
    return client.set(bytes(key), value, SetParams.setParams().nx()) != null;
  }

  @Override
  public boolean replace(String key, byte[] value) {
    return client.set(bytes(key), value, SetParams.setParams().xx()) != null;
  }

  @Override
  public boolean remove(String key) {
    return client.del(bytes(key)) == 1;
  }

  @Override
  public void close() {
    client.close();
  }
}
