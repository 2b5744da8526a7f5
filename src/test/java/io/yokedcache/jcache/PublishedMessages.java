package io.yokedcache.jcache;

import io.yokedcache.jcache.testing.RedisServer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisPubSub;

/** Watches the channels of all caches, as {@code redis-cli psubscribe} does. */
final class PublishedMessages implements AutoCloseable {

  private static final String FENCE = "yc:fence";
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final List<String> channels = new CopyOnWriteArrayList<>();
  private final Jedis connection;
  private final Jedis sender;
  private final Thread reader;
  private final JedisPubSub subscription =
      new JedisPubSub() {
        @Override
        public void onPMessage(String pattern, String channel, String message) {
          // Before Redis 7.0, a script asks for its right to publish by an empty message.
          if (channel.equals(FENCE) || !message.isEmpty()) {
            channels.add(channel);
          }
        }
      };

  PublishedMessages(RedisServer server) {
    connection = new Jedis("127.0.0.1", server.port(), /* timeout= */ 60_000);
    sender = new Jedis("127.0.0.1", server.port());
    reader = new Thread(() -> connection.psubscribe(subscription, "yc:*"), "published-messages");
    reader.start();
    Awaitility.await().atMost(PATIENCE).until(subscription::isSubscribed);
  }

  /** Returns how many messages about a cache were published up to now. */
  long count(String cacheName) {
    long fences = fences();
    sender.publish(FENCE, "");
    Awaitility.await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(2))
        .until(() -> fences() > fences);
    return channels.stream().filter(channel -> channel.contains("{" + cacheName + "}")).count();
  }

  private long fences() {
    return channels.stream().filter(FENCE::equals).count();
  }

  @Override
  public void close() {
    subscription.punsubscribe();
    try {
      reader.join(PATIENCE.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    connection.close();
    sender.close();
  }
}
