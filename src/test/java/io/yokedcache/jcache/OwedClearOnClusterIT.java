package io.yokedcache.jcache;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.testing.BucketSlots;
import io.yokedcache.jcache.testing.RedisCluster;
import io.yokedcache.jcache.testing.RedisCluster.Node;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.cache.Cache;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A {@code clear} that a master of a cluster did not get: keys of the other masters are used as
 * soon as these have it, and no old entry is served by the one that was away.
 */
@Timeout(120)
final class OwedClearOnClusterIT {

  private static final int KEYS = 60;

  @Test
  void clear_masterAway_othersServeTheirKeys() {
    try (RedisCluster cluster = RedisCluster.start(3, 0, "--cluster-require-full-coverage", "no");
        TestManagers managers = new TestManagers()) {
      Cache<String, String> cache =
          managers
              .open(
                  cluster.uri(),
                  "yokedcache.connection.command-timeout",
                  "500ms",
                  "yokedcache.connection.connect-timeout",
                  "500ms")
              .createCache("orders", TestManagers.strings());
      Node away = cluster.masters().get(1);
      Map<Boolean, List<String>> keys =
          IntStream.range(0, KEYS)
              .mapToObj(key -> "k" + key)
              .collect(
                  Collectors.partitioningBy(
                      key -> cluster.masterOf(BucketSlots.ofKey("orders", key)) == away));
      List<String> lost = requireNonNull(keys.get(true));
      List<String> kept = requireNonNull(keys.get(false));
      assertThat(lost).isNotEmpty();
      keys.values().forEach(some -> some.forEach(key -> cache.put(key, "old")));

      away.pause();
      assertThatThrownBy(cache::clear).isInstanceOf(RedisUnavailableException.class);
      assertThat(kept).as("at the other masters, at once").allMatch(key -> cache.get(key) == null);
      for (String key : kept) {
        cache.put(key, "new");
        assertThatThrownBy(() -> cache.get(lost.get(0)))
            .isInstanceOf(RedisUnavailableException.class);
        assertThatThrownBy(() -> cache.put(lost.get(0), "never"))
            .isInstanceOf(RedisUnavailableException.class);
      }
      assertThat(kept).allMatch(key -> "new".equals(cache.get(key)));

      away.resume();
      cluster.awaitState();
      await()
          .alias("the master to be used again")
          .atMost(RedisCluster.BOUND)
          .ignoreExceptionsInstanceOf(RedisUnavailableException.class)
          .until(() -> lost.stream().allMatch(key -> cache.get(key) == null));
      assertThat(kept).allMatch(key -> "new".equals(cache.get(key)));
      cache.put(lost.get(0), "new");
      assertThat(cache.get(lost.get(0))).isEqualTo("new");
    }
  }
}
