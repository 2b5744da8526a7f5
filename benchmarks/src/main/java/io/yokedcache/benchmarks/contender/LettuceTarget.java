package io.yokedcache.benchmarks.contender;

import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.KeyValue;
import io.lettuce.core.RedisClient;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.sync.RedisClusterCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Lettuce as it is meant to be used: one connection that all threads share, on a cluster one a
 * node. There, {@code mget} and {@code mset} send one command for each slot of their keys.
 */
final class LettuceTarget implements PlainClient {

  private final AbstractRedisClient client;
  private final StatefulConnection<String, byte[]> connection;
  private final RedisClusterCommands<String, byte[]> commands;
  private final String prefix;

  LettuceTarget(String name, Servers servers) {
    RedisCodec<String, byte[]> codec = RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE);
    if (servers.cluster()) {
      RedisClusterClient ofCluster = RedisClusterClient.create(servers.firstUri());
      StatefulRedisClusterConnection<String, byte[]> connected = ofCluster.connect(codec);
      this.client = ofCluster;
      this.connection = connected;
      this.commands = connected.sync();
    } else {
      RedisClient ofOne = RedisClient.create(servers.firstUri());
      StatefulRedisConnection<String, byte[]> connected = ofOne.connect(codec);
      this.client = ofOne;
      this.connection = connected;
      this.commands = connected.sync();
    }
    this.prefix = name + ":";
  }

  @Override
  public byte @Nullable [] get(String key) {
    return commands.get(prefix + key);
  }

  @Override
  public void put(String key, byte[] value) {
    commands.set(prefix + key, value);
  }

  @Override
  public void putExpiring(String key, byte[] value) {
    commands.set(prefix + key, value, SetArgs.Builder.ex(TTL_SECONDS));
  }

  @Override
  public Map<String, byte[]> getAll(Set<String> keys) {
    String[] names = keys.stream().map(prefix::concat).toArray(String[]::new);
    Map<String, byte[]> found = new HashMap<>();
    for (KeyValue<String, byte[]> answer : commands.mget(names)) {
      if (answer.hasValue()) {
        found.put(answer.getKey().substring(prefix.length()), answer.getValue());
      }
    }
    return found;
  }

  @Override
  public void putAll(Map<String, byte[]> entries) {
    Map<String, byte[]> prefixed = new HashMap<>();
    entries.forEach((key, value) -> prefixed.put(prefix + key, value));
    commands.mset(prefixed);
  }

  @Override
  public boolean putIfAbsent(String key, byte[] value) {
    return commands.set(prefix + key, value, SetArgs.Builder.nx()) != null;
  }

  @Override
  public boolean replace(String key, byte[] value) {
    return commands.set(prefix + key, value, SetArgs.Builder.xx()) != null;
  }

  @Override
  public boolean remove(String key) {
    return commands.del(prefix + key) == 1;
  }

  @Override
  public void close() {
    connection.close();
    client.shutdown();
  }
}
