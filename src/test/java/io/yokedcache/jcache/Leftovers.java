package io.yokedcache.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.lang.management.ManagementFactory;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import javax.management.MalformedObjectNameException;
import javax.management.ObjectName;
import redis.clients.jedis.Jedis;

/** Tells whether a cache or a manager left anything behind when it was closed. */
public final class Leftovers {

  private static final Duration SOON = Duration.ofSeconds(20);

  private Leftovers() {}

  /** Asserts that a cache has neither MBeans nor a subscription, whatever its manager does. */
  static void assertNothingLeftOf(String cacheName, URI redis) throws MalformedObjectNameException {
    ObjectName ofCache = new ObjectName("*:Cache=" + cacheName + ",*");
    await() // the beans of another manager's cache of that name appear for a moment
        .pollDelay(Duration.ZERO)
        .atMost(SOON)
        .untilAsserted(() -> assertThat(beans(ofCache)).isEmpty());
    try (Jedis jedis = new Jedis(redis)) {
      await()
          .pollDelay(Duration.ZERO)
          .atMost(SOON)
          .untilAsserted(() -> assertThat(jedis.pubsubChannels("*{" + cacheName + "}*")).isEmpty());
    }
    await()
        .pollDelay(Duration.ZERO)
        .atMost(SOON)
        .untilAsserted(() -> assertThat(threads("yokedcache-listeners-" + cacheName)).isEmpty());
  }

  /** Asserts that the only manager of a server has neither MBeans nor connections to it. */
  static void assertNoManagerLeft(URI redis) throws MalformedObjectNameException {
    String name = redis.toString().replace(':', '.');
    assertThat(beans(new ObjectName("*:CacheManager=" + name + ",*"))).isEmpty();
    try (Jedis jedis = new Jedis(redis)) {
      await()
          .pollDelay(Duration.ZERO)
          .atMost(SOON)
          .untilAsserted(() -> assertThat(jedis.clientList().trim().lines()).hasSize(1));
    }
  }

  private static Set<ObjectName> beans(ObjectName pattern) {
    return ManagementFactory.getPlatformMBeanServer().queryNames(pattern, null);
  }

  private static List<String> threads(String prefix) {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith(prefix))
        .toList();
  }
}
