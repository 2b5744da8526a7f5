package io.yokedcache.jcache.robustness;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.Tags;
import io.yokedcache.jcache.YokedCache;
import io.yokedcache.jcache.testing.RedisCluster;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.cache.processor.EntryProcessor;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The replicas stop to hear of changes, a JVM changes entries, and then a master dies: its replica
 * takes over with the entries as they were before.
 *
 * <p>{@code -Dgap.rounds} and {@code -Dgap.control-rounds} set the number of fail-overs with the
 * repair and without it.
 */
final class FailOverGapIT {

  private static final int ROUNDS = Integer.getInteger("gap.rounds", 2);
  private static final int CONTROL_ROUNDS = Integer.getInteger("gap.control-rounds", 1);
  private static final int KEYS = 12;
  private static final String TAGS = "invalidateTags";
  private static final EntryProcessor<String, String, Void> SET =
      (entry, arguments) -> {
        entry.setValue((String) arguments[0]);
        return null;
      };

  private static final EntryProcessor<String, String, Void> REMOVE =
      (entry, arguments) -> {
        entry.remove();
        return null;
      };

  /** Changes of a cache's entries, whose values are {@code old}, to {@code new} or to none. */
  private static final Map<String, BiConsumer<Cache<String, String>, Set<String>>> CHANGES =
      changes();

  private static Map<String, BiConsumer<Cache<String, String>, Set<String>>> changes() {
    Map<String, BiConsumer<Cache<String, String>, Set<String>>> all = new LinkedHashMap<>();
    all.put("put", (cache, keys) -> keys.forEach(key -> cache.put(key, "new")));
    all.put("getAndPut", (cache, keys) -> keys.forEach(key -> cache.getAndPut(key, "new")));
    all.put("replace", (cache, keys) -> keys.forEach(key -> cache.replace(key, "new")));
    all.put("replaceOld", (cache, keys) -> keys.forEach(key -> cache.replace(key, "old", "new")));
    all.put("remove", (cache, keys) -> keys.forEach(cache::remove));
    all.put("removeOld", (cache, keys) -> keys.forEach(key -> cache.remove(key, "old")));
    all.put("getAndRemove", (cache, keys) -> keys.forEach(cache::getAndRemove));
    all.put("invokeSet", (cache, keys) -> keys.forEach(key -> cache.invoke(key, SET, "new")));
    all.put("invokeRemove", (cache, keys) -> keys.forEach(key -> cache.invoke(key, REMOVE)));
    all.put("invokeAll", (cache, keys) -> cache.invokeAll(keys, SET, "new"));
    all.put("putAll", (cache, keys) -> cache.putAll(all(keys, "new")));
    all.put("removeKeys", Cache::removeAll);
    all.put("removeAll", (cache, keys) -> cache.removeAll());
    all.put("clear", (cache, keys) -> cache.clear());
    all.put(TAGS, (cache, keys) -> yoked(cache).invalidateTags("tag"));
    return all;
  }

  /** Gives all entries of a cache their first value, and tags if the cache has some. */
  private static void fill(Cache<String, String> cache) {
    if (cache.getName().endsWith(TAGS)) {
      keys(cache).forEach(key -> yoked(cache).put(key, "old", Tags.of(key, "tag")));
    } else {
      cache.putAll(all(keys(cache), "old"));
    }
  }

  @SuppressWarnings("unchecked")
  private static YokedCache<String, String> yoked(Cache<String, String> cache) {
    return cache.unwrap(YokedCache.class);
  }

  private static Map<String, String> all(Set<String> keys, String value) {
    return keys.stream().collect(Collectors.toMap(key -> key, key -> value));
  }

  @ParameterizedTest
  @EnumSource
  void changes_lostByFailOver_areNotUndone(ReplicatedServers.Deployment deployment)
      throws Exception {
    try (ReplicatedServers servers = deployment.start()) {
      assertThat(staleRounds(servers, ROUNDS, /* recentChanges= */ 10_000)).isEmpty();
    }
  }

  /** The number of old values without the repair: the test above would notice them. */
  @ParameterizedTest
  @EnumSource
  void changes_lostByFailOver_moreThanAreKept_areNotUndone_butWithoutRepairAre(
      ReplicatedServers.Deployment deployment) throws Exception {
    try (ReplicatedServers servers = deployment.start()) {
      assertThat(staleRounds(servers, CONTROL_ROUNDS, /* recentChanges= */ 10)).isEmpty();
      assertThat(staleRounds(servers, CONTROL_ROUNDS, /* recentChanges= */ 0))
          .hasSize(CONTROL_ROUNDS)
          .allMatch(round -> round.contains(TAGS));
    }
  }

  /** The rounds in which an old value was served, with the changes whose keys had it. */
  private static List<String> staleRounds(ReplicatedServers servers, int rounds, int recentChanges)
      throws Exception {
    List<String> stale = new ArrayList<>();
    String recent = "fail-over.recent-changes=" + recentChanges;
    try (CacheManager manager = open(servers.uri(), recent);
        CacheManager other = open(servers.otherUri(), recent)) {
      List<Cache<String, String>> caches = caches(manager);
      List<Cache<String, String>> otherCaches = caches(other);
      for (int round = 0; round < rounds; round++) {
        caches.forEach(FailOverGapIT::fill);
        servers.cutReplication();
        // Near caches keep the values that the change must make invalid.
        assertThat(olds(caches)).hasSize(caches.size());
        caches.forEach(
            cache ->
                requireNonNull(CHANGES.get(cache.getName().split("-", 2)[1]))
                    .accept(cache, keys(cache)));

        servers.killMaster(round);
        List<String> olds = olds(caches);
        // The other JVM reads what this one has left.
        olds.addAll(olds(otherCaches));

        if (!olds.isEmpty()) {
          stale.add("round " + round + ": " + olds);
        }
        servers.heal();
      }
      long failOvers = ConnectionBean.of(manager, "FailOvers").longValue();
      long removals = ConnectionBean.of(manager, "FailOverRemovals").longValue();
      long clears = ConnectionBean.of(manager, "FailOverClears").longValue();
      if (recentChanges == 0) {
        assertThat(failOvers + removals + clears).isZero();
      } else {
        assertThat(failOvers).isBetween((long) rounds, 2L * rounds);
        assertThat(clears).isPositive();
        assertThat(removals > 0).isEqualTo(recentChanges > 1_000);
      }
    }
    return stale;
  }

  private static CacheManager open(URI uri, String recentChanges) {
    return Managers.open(
        uri,
        "buckets=16",
        "connection.command-timeout=1s",
        "caches.\"near-*\".near.enabled=true",
        "caches.\"*-" + TAGS + "\".tags=true",
        recentChanges);
  }

  /** Two caches for each change, of which one has a near cache. */
  private static List<Cache<String, String>> caches(CacheManager manager) {
    return Stream.of("plain-", "near-")
        .flatMap(kind -> CHANGES.keySet().stream().map(change -> kind + change))
        .map(name -> Managers.texts(manager, name))
        .toList();
  }

  private static Set<String> keys(Cache<String, String> cache) {
    return IntStream.range(0, KEYS)
        .mapToObj(i -> cache.getName() + "-" + i)
        .collect(Collectors.toSet());
  }

  /** The names of the caches that still serve an old value. */
  private static List<String> olds(List<Cache<String, String>> caches) {
    List<String> olds = new ArrayList<>();
    for (Cache<String, String> cache : caches) {
      if (keys(cache).stream().anyMatch(key -> "old".equals(get(cache, key)))) {
        olds.add(cache.getName());
      }
    }
    return olds;
  }

  /** Reads until a server answers. */
  private static @Nullable String get(Cache<String, String> cache, String key) {
    List<@Nullable String> values = new ArrayList<>();
    Awaitility.await()
        .atMost(RedisCluster.BOUND)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(20))
        .ignoreExceptionsInstanceOf(CacheException.class)
        .until(() -> values.add(cache.get(key)));
    return values.get(0);
  }
}
