package io.yokedcache.benchmarks.contender;

import io.lettuce.core.KeyValue;
import io.lettuce.core.RedisClient;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Lettuce as it is meant to be used: one connection that all threads share. */
final class LettuceTarget implements PlainClient {

  private final RedisClient client;
  private final StatefulRedisConnection<String, byte[]> connection;
  private final RedisCommands<String, byte[]> commands;
  private final String prefix;

  LettuceTarget(String name, int port) {
    this.client = RedisClient.create("redis://127.0.0.1:" + port);
    this.connection = client.connect(RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE));
    this.commands = connection.sync();
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
