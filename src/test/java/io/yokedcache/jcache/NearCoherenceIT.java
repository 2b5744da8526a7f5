package io.yokedcache.jcache;

import io.yokedcache.jcache.testing.RedisServer;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.params.ClientKillParams;

/** Near caches while entries change, caches are cleared and connections die. */
final class NearCoherenceIT {

  private final RedisServer redis = RedisServer.start();
  private final CoherenceLoad load = new CoherenceLoad();

  @AfterEach
  void close() {
    load.close();
    redis.close();
  }

  @Test
  void quiet() throws Exception {
    load.run(redis.uri(), () -> CoherenceLoad.pause(10));
  }

  @Test
  void clears() throws Exception {
    load.run(
        redis.uri(),
        () -> {
          load.anyCache().clear();
          CoherenceLoad.pause(20);
        });
  }

  @Test
  void trackingConnectionsKilled() throws Exception {
    try (Jedis killer = new Jedis("127.0.0.1", redis.port())) {
      load.run(
          redis.uri(),
          () -> {
            killer.clientKill(ClientKillParams.clientKillParams().type(ClientType.PUBSUB));
            CoherenceLoad.pause(ThreadLocalRandom.current().nextInt(1, 200));
          });
    }
  }

  @Test
  void serverThatHangs() throws Exception {
    load.run(
        redis.uri(),
        () -> {
          CoherenceLoad.pause(300);
          redis.pause();
          CoherenceLoad.pause(ThreadLocalRandom.current().nextInt(50, 400));
          redis.resume();
        });
  }
}
