package io.yokedcache.jcache.internal.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.RedisUnavailableException.Kind;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.Endpoint;
import io.yokedcache.jcache.internal.redis.PooledExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.store.EntryStore.Use;
import io.yokedcache.jcache.internal.store.Mutation.Condition;
import io.yokedcache.jcache.internal.store.generation.Generations.CacheIdentity;
import io.yokedcache.jcache.internal.store.keys.KeySpace;
import io.yokedcache.jcache.internal.store.owed.OwedInvalidations;
import io.yokedcache.jcache.testing.ConnectionSettings;
import io.yokedcache.jcache.testing.RedisServer;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** A server that evicts the generation key of a cache behind each request. */
final class EvictedGenerationIT {

  private static final Bytes KEY = Bytes.of(new byte[] {'k'});
  private static final Mutation PUT =
      new Mutation(KEY, Condition.ANY, null, KEY, Ttl.ETERNAL, Ttl.ETERNAL, false, false);

  private final KeySpace names = new KeySpace("yc", "orders", 1);
  private RedisServer server;
  private Jedis jedis;
  private PooledExecutor pool;

  @BeforeEach
  void start() {
    server = RedisServer.start();
    jedis = new Jedis("127.0.0.1", server.port());
    pool =
        new PooledExecutor(new Endpoint(ConnectionSettings.local(server.port()).build(), 1 << 20));
  }

  @AfterEach
  void stop() {
    pool.close();
    jedis.close();
    server.close();
  }

  private EntryStore store(boolean degrades) {
    RedisExecutor executor = new Evicting();
    StoredCache cache =
        new StoredCache(
            executor,
            names,
            new CacheIdentity("orders", "texts"),
            Duration.ofSeconds(1),
            /* batchSize= */ 100);
    return new EntryStore(
        cache,
        new RemoteEventPublisher(cache, RemoteEventMessage.origin(7, 1)),
        new Announcement(executor, "yc", Duration.ofMillis(100), Runnable::run),
        degrades,
        new OwedInvalidations(100).of(names.toString(), /* owes= */ true),
        /* replicas= */ null);
  }

  @Test
  void get_throws_namesTheCure() {
    EntryStore store = store(/* degrades= */ false);

    assertThatThrownBy(() -> store.get(KEY, Ttl.UNCHANGED, Use.ANSWER))
        .isInstanceOfSatisfying(
            RedisUnavailableException.class, e -> assertThat(e.kind()).isEqualTo(Kind.REFUSED))
        .hasMessageContaining("raise maxmemory");
  }

  @Test
  void get_degrades_findsNothing() {
    EntryStore store = store(/* degrades= */ true);

    assertThat(store.get(KEY, Ttl.UNCHANGED, Use.ANSWER)).isNull();
    assertThat(store.getAll(List.of(KEY, Bytes.of(new byte[] {'l'})), Ttl.UNCHANGED, Use.ANSWER))
        .containsExactly(null, null);
    assertThat(store.outages().degradedReads()).isEqualTo(2);
  }

  @Test
  void put_failsAndIsOwed() {
    EntryStore store = store(/* degrades= */ true);

    assertThatThrownBy(() -> store.changes().apply(PUT, true))
        .isInstanceOf(RedisUnavailableException.class);

    assertThat(store.outages().owedKeys()).isEqualTo(1);
  }

  private final class Evicting extends OverPool {

    Evicting() {
      super(pool);
    }

    @Override
    public List<@Nullable Object> execute(Request request) {
      List<@Nullable Object> replies = pool.execute(request);
      long unused = jedis.del(names.generationKey(0));
      return replies;
    }

    @Override
    public List<List<@Nullable Object>> executeAll(List<Request> requests) {
      List<List<@Nullable Object>> replies = pool.executeAll(requests);
      long unused = jedis.del(names.generationKey(0));
      return replies;
    }
  }
}
