package io.yokedcache.jcache.outage;

import io.yokedcache.jcache.testing.RedisSentinel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisPubSub;
import redis.clients.jedis.exceptions.JedisException;

/**
 * When a sentinel first named each new master. From then on one JVM may use the new master, and
 * another one a former master that runs and has not been told. Safe for use by several threads.
 */
final class FailOverTimes implements AutoCloseable {

  /**
   * How long JVMs may use different masters. Sentinels tell each other of a new master at once, and
   * again every two seconds, if a connection was lost.
   */
  static final Duration BOUND = Duration.ofSeconds(2);

  /** How late the first word may be heard here, on a busy machine. */
  private static final long LATE_NANOS = Duration.ofMillis(500).toNanos();

  /**
   * The sentinels' words of one fail-over come within this time. For another one between the same
   * masters a fail-over back is needed, after the former master has been made a replica, which
   * sentinels do after eight seconds.
   */
  private static final long SAME_NANOS = Duration.ofSeconds(10).toNanos();

  private static final String PROMOTED = "+promoted-slave";
  private static final String SWITCHED = "+switch-master";

  private final List<Long> times = new ArrayList<>(); // guarded by this
  private final Map<String, Long> lastOfMasters = new HashMap<>(); // guarded by this
  private final ConcurrentLinkedQueue<JedisException> ends = new ConcurrentLinkedQueue<>();
  private final List<Jedis> connections = new ArrayList<>();

  /** Returns when it hears all sentinels. */
  static FailOverTimes of(RedisSentinel servers) {
    FailOverTimes times = new FailOverTimes();
    CountDownLatch subscribed = new CountDownLatch(2 * servers.sentinelPorts().size());
    for (int port : servers.sentinelPorts()) {
      times.listen(new Jedis("127.0.0.1", port, /* timeout= */ 0), subscribed);
    }
    try {
      subscribed.await();
    } catch (InterruptedException e) {
      times.close();
      throw new IllegalStateException("interrupted", e);
    }
    return times;
  }

  private void listen(Jedis jedis, CountDownLatch subscribed) {
    connections.add(jedis);
    JedisPubSub hearer =
        new JedisPubSub() {
          @Override
          public void onSubscribe(String channel, int channels) {
            subscribed.countDown();
          }

          @Override
          public void onMessage(String channel, String message) {
            heard(channel, message.split(" ", -1), System.nanoTime());
          }
        };
    Thread thread =
        new Thread(
            () -> {
              try {
                jedis.subscribe(hearer, PROMOTED, SWITCHED);
              } catch (JedisException e) {
                ends.add(e);
              }
            },
            "fail-over-times");
    thread.setDaemon(true);
    thread.start();
  }

  private synchronized void heard(String channel, String[] words, long nanos) {
    // "slave", name, address of the new master, "@", name and address of the former one; or
    // the name of the master, its former address and its new one
    String masters =
        channel.equals(PROMOTED)
            ? words[6] + ":" + words[7] + " " + words[2] + ":" + words[3]
            : words[1] + ":" + words[2] + " " + words[3] + ":" + words[4];
    Long last = lastOfMasters.put(masters, nanos);
    if (last == null || nanos - last > SAME_NANOS) {
      times.add(nanos);
    }
  }

  /** Returns how many there were. */
  synchronized int count() {
    checkHears();
    return times.size();
  }

  /**
   * Returns for how many nanoseconds at that time a new master was known, if JVMs may have used
   * different ones.
   */
  synchronized OptionalLong splitFor(long atNanos) {
    checkHears();
    return times.stream()
        .mapToLong(time -> atNanos - time)
        .filter(since -> since >= -LATE_NANOS && since <= BOUND.toNanos())
        .map(since -> Math.max(0, since))
        .min();
  }

  private void checkHears() {
    if (!ends.isEmpty()) {
      throw new IllegalStateException("A sentinel is not heard any more", ends.peek());
    }
  }

  @Override
  public void close() {
    connections.forEach(Jedis::close);
  }
}
