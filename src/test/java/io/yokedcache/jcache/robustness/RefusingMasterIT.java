package io.yokedcache.jcache.robustness;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.RedisUnavailableException.Kind;
import io.yokedcache.jcache.robustness.ReplicatedServers.Deployment;
import io.yokedcache.jcache.testing.RedisCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import redis.clients.jedis.Jedis;

/** A replica takes over that serves reads, has missed changes, and refuses changes for a while. */
final class RefusingMasterIT {

  private static final int KEYS = 40;
  private static final String OLD = "old";

  /** Why the new master refuses changes. */
  private enum Refusal {
    NOREPLICAS {
      @Override
      void begin(Jedis replica) {
        replica.configSet("min-replicas-to-write", "1");
      }

      @Override
      void end(Jedis master) {
        master.configSet("min-replicas-to-write", "0");
      }
    },
    MISCONF {
      @Override
      void begin(Jedis replica) {
        Path folder = Path.of(replica.configGet("dir").get("dir"));
        Path file = folder.resolve(replica.configGet("dbfilename").get("dbfilename"));
        try {
          if (Files.isDirectory(folder)) {
            Files.deleteIfExists(file);
            Files.createDirectory(file); // so the file cannot be written
          }
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
        replica.configSet("save", "3600 1000000");
        Awaitility.await()
            .atMost(RedisCluster.BOUND)
            .ignoreExceptions() // another save runs
            .until(
                () -> {
                  if (replica.info("persistence").contains("rdb_last_bgsave_status:err")) {
                    return true;
                  }
                  replica.bgsave();
                  return false;
                });
      }

      @Override
      void end(Jedis master) {
        master.configSet("stop-writes-on-bgsave-error", "no");
      }
    },
    OOM {
      @Override
      void begin(Jedis replica) {
        replica.configSet("maxmemory-policy", "noeviction");
        replica.configSet("maxmemory", "1");
      }

      @Override
      void end(Jedis master) {
        master.configSet("maxmemory", "0");
      }
    };

    abstract void begin(Jedis replica);

    abstract void end(Jedis master);
  }

  /** A sentinel promotes no server that answers {@code PING} by {@code MISCONF}. */
  private static Stream<Arguments> cases() {
    return Stream.of(Deployment.values())
        .flatMap(
            deployment ->
                Stream.of(Refusal.values())
                    .filter(
                        refusal -> deployment != Deployment.SENTINEL || refusal != Refusal.MISCONF)
                    .map(refusal -> Arguments.of(deployment, refusal)));
  }

  private static Map<String, String> entries(String kind) {
    return IntStream.range(0, KEYS)
        .boxed()
        .collect(Collectors.toMap(number -> kind + number, number -> OLD));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void changes_lostByFailOver_newMasterRefusesChanges(Deployment deployment, Refusal refusal)
      throws Exception {
    Map<String, String> kept = entries("kept");
    Set<String> changed = entries("changed").keySet();
    try (ReplicatedServers servers = deployment.start();
        CacheManager manager = open(servers.uri());
        CacheManager other = open(servers.otherUri(), "fail-over.recent-changes=0")) {
      List<Cache<String, String>> caches =
          Stream.of("plain", "near", "cleared").map(name -> filled(manager, other, name)).toList();
      Cache<String, String> closed = filled(manager, other, "closed");
      servers.cutReplication();
      servers.tellReplicas(refusal::begin); // a replica that cannot save ends at the next change
      for (Cache<String, String> cache : caches.subList(0, 2)) {
        cache.putAll(changed.stream().collect(Collectors.toMap(key -> key, key -> "lost")));
        cache.remove("changed0");
      }
      caches.get(2).clear();
      closed.putAll(changed.stream().collect(Collectors.toMap(key -> key, key -> "lost")));
      closed.close();

      servers.killMaster(0);
      servers.awaitSuccessor();

      // The requests that waited for the new master fail.
      caches.forEach(cache -> kept.keySet().forEach(key -> awaitAnswer(() -> cache.get(key))));
      for (Cache<String, String> cache : caches) {
        assertNoneOld(cache, changed);
      }
      for (Cache<String, String> cache : caches.subList(0, 2)) {
        assertThat(cache.getAll(kept.keySet())).isEqualTo(kept);
        assertThat(kept.keySet()).allMatch(key -> OLD.equals(cache.get(key)));
      }
      assertNoneOld(caches.get(2), kept.keySet());
      for (String key : changed) {
        try {
          caches.get(0).put(key, "new");
        } catch (RedisUnavailableException e) {
          assertThat(e.kind()).isEqualTo(Kind.REFUSED);
          assertThat(caches.get(0).get(key)).isNull();
        }
      }

      servers.tellMasters(refusal::end);

      for (String name : List.of("plain", "near", "cleared", "closed")) {
        Cache<String, String> others = other.getCache(name);
        Awaitility.await("what is owed")
            .atMost(RedisCluster.BOUND)
            .ignoreExceptionsInstanceOf(CacheException.class) // it may not know the new master yet
            .until(() -> !others.getAll(changed).containsValue(OLD));
      }
      caches.forEach(cache -> awaitAnswer(() -> cache.put("changed0", "new")));
      Awaitility.await("health")
          .atMost(RedisCluster.BOUND)
          .until(() -> ConnectionBean.of(manager, "Healthy").intValue() == 1);
    }
  }

  private static CacheManager open(URI uri, String... more) {
    String[] settings = {
      "buckets=16", "connection.command-timeout=1s", "caches.near.near.enabled=true"
    };
    return Managers.open(
        uri, Stream.concat(Stream.of(settings), Stream.of(more)).toArray(String[]::new));
  }

  /** A cache with entries that it has not changed, and that its near cache has. */
  private static Cache<String, String> filled(CacheManager manager, CacheManager by, String name) {
    Cache<String, String> others = Managers.texts(by, name);
    others.putAll(entries("kept"));
    others.putAll(entries("changed"));
    Cache<String, String> cache = Managers.texts(manager, name);
    assertThat(cache.getAll(entries("changed").keySet())).hasSize(KEYS);
    return cache;
  }

  private static void assertNoneOld(Cache<String, String> cache, Set<String> keys) {
    assertThat(cache.getAll(keys)).doesNotContainValue(OLD);
    assertThat(keys)
        .noneMatch(key -> OLD.equals(cache.get(key)))
        .noneMatch(key -> OLD.equals(cache.invoke(key, (entry, none) -> entry.getValue())))
        .noneMatch(key -> cache.getName().equals("cleared") && cache.containsKey(key));
  }

  private static void awaitAnswer(Runnable read) {
    Awaitility.await()
        .atMost(RedisCluster.BOUND)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(10))
        .ignoreExceptionsInstanceOf(CacheException.class)
        .until(
            () -> {
              read.run();
              return true;
            });
  }
}
