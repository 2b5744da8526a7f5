package io.yokedcache.jcache.stress;

import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.cache.Cache;
import org.awaitility.Awaitility;

/**
 * Where JVMs wait for each other, so that they contend from the first operation on.
 *
 * <p>It uses {@code put} and {@code getAll} only, none of the operations under test.
 */
final class JvmBarrier {

  private static final Duration TIMEOUT = Duration.ofSeconds(60);
  private static final Duration POLL_INTERVAL = Duration.ofMillis(2);

  private final Cache<String, Long> cache;
  private final String own;
  private final Set<String> all;
  private long round;

  JvmBarrier(Cache<String, Long> cache, int worker, int workers) {
    this.cache = cache;
    this.own = key(worker);
    this.all = IntStream.range(0, workers).mapToObj(JvmBarrier::key).collect(Collectors.toSet());
  }

  /** Returns when every JVM has called this as often as this one; one thread at a time. */
  void await() {
    round++;
    cache.put(own, round);
    Awaitility.await("all JVMs at round " + round)
        .atMost(TIMEOUT)
        .pollDelay(Duration.ZERO)
        .pollInterval(POLL_INTERVAL)
        .until(
            () ->
                cache.getAll(all).values().stream().filter(reached -> reached >= round).count()
                    == all.size());
  }

  private static String key(int worker) {
    return "worker-" + worker;
  }
}
