package io.yokedcache.jcache.internal.store;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.Endpoint;
import io.yokedcache.jcache.internal.redis.PooledExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.store.EntryStore.StoredValue;
import io.yokedcache.jcache.internal.store.EntryStore.Use;
import io.yokedcache.jcache.internal.store.Mutation.Condition;
import io.yokedcache.jcache.internal.store.generation.Generations.CacheIdentity;
import io.yokedcache.jcache.internal.store.keys.KeySpace;
import io.yokedcache.jcache.internal.store.owed.OwedInvalidations;
import io.yokedcache.jcache.testing.ConnectionSettings;
import io.yokedcache.jcache.testing.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Large values of a cache with tags, which a plain command reads and a script checks, while entries
 * change between the two.
 */
final class LargeTaggedReadsIT {

  private static final Bytes KEY = Bytes.utf8("key");
  private static final Bytes TAG = Bytes.utf8("cart");
  private static final Bytes OLD = Bytes.utf8("old ".repeat(4_000));
  private static final Bytes NEW = Bytes.utf8("new ".repeat(4_000));

  private final KeySpace names = new KeySpace("yc", "orders", 1);
  private RedisServer server;
  private PooledExecutor pool;
  private Apart apart;
  private EntryStore store;

  @BeforeEach
  void start() {
    server = RedisServer.start();
    pool =
        new PooledExecutor(new Endpoint(ConnectionSettings.local(server.port()).build(), 1 << 20));
    apart = new Apart(pool);
    StoredCache cache =
        new StoredCache(
            apart,
            names,
            new CacheIdentity("orders", "texts", /* hasTags= */ true),
            Duration.ofSeconds(1),
            /* batchSize= */ 100);
    store =
        new EntryStore(
            cache,
            new RemoteEventPublisher(cache, RemoteEventMessage.origin(7, 1)),
            new Announcement(apart, "yc", Duration.ofMillis(100), Runnable::run),
            /* degrades= */ false,
            new OwedInvalidations(100, Duration.ofMillis(100), Duration.ofSeconds(20))
                .of(names.toString(), /* owes= */ true),
            /* replicas= */ null);
    put(OLD);
    assertThat(get()).isEqualTo(OLD); // the size of the next value is known now
  }

  @AfterEach
  void stop() {
    pool.close();
    server.close();
  }

  private void put(Bytes value) {
    Mutation put =
        new Mutation(
            KEY, Condition.ANY, null, value, Ttl.ETERNAL, Ttl.ETERNAL, false, false, List.of(TAG));
    assertThat(store.changes().apply(put, /* owes= */ true).change()).isNotEqualTo(Change.NONE);
  }

  private @Nullable Bytes get() {
    return store.get(KEY, Ttl.UNCHANGED, Use.ANSWER);
  }

  @Test
  void get_readsTheValueByAPlainCommand() {
    apart.trips.clear();

    assertThat(get()).isEqualTo(OLD);

    assertThat(apart.trips).containsExactly(2);
  }

  @Test
  void get_invalidatedAndPutBeforeTheScript_findsTheNewValue() {
    apart.between =
        () -> {
          store.invalidateTags(List.of(TAG));
          put(NEW);
        };

    assertThat(get()).isEqualTo(NEW);
  }

  @Test
  void get_invalidatedBeforeTheScript_findsNothing() {
    apart.between = () -> store.invalidateTags(List.of(TAG));

    assertThat(get()).isNull();
  }

  @Test
  void getWithTtl_invalidatedAndPutBeforeTheScript_findsTheNewValue() {
    apart.between =
        () -> {
          store.invalidateTags(List.of(TAG));
          put(NEW);
        };

    StoredValue found =
        requireNonNull(store.getAllWithTtl(List.of(KEY), Use.ANSWER).get(0), "found");

    assertThat(found.value()).isEqualTo(NEW);
    assertThat(found.tags()).containsExactly(TAG);
    assertThat(found.ttlMillis()).isEqualTo(Ttl.ETERNAL.millis());
  }

  /** The script returns a value that it deletes, since nobody could read it again. */
  @Test
  void get_endsTheEntry_findsTheValue() {
    assertThat(store.get(KEY, Ttl.ofMillis(0), Use.ANSWER)).isEqualTo(OLD);
    assertThat(get()).isNull();
  }

  /** Sends the commands of a request in two parts, once with something in between. */
  private static final class Apart extends OverPool {

    private final PooledExecutor pool;

    /** The number of commands of each request so far. */
    private final List<Integer> trips = new ArrayList<>();

    private @Nullable Runnable between;

    Apart(PooledExecutor pool) {
      super(pool);
      this.pool = pool;
    }

    @Override
    public List<@Nullable Object> execute(RedisExecutor.Request request) {
      int count = request.commands().size();
      trips.add(count);
      Runnable now = between;
      if (count < 2 || now == null) {
        return pool.execute(request);
      }
      between = null;
      List<@Nullable Object> replies = new ArrayList<>(pool.execute(part(request, 0, 1)));
      now.run();
      replies.addAll(pool.execute(part(request, 1, count)));
      return replies;
    }

    private static Request part(Request request, int from, int to) {
      return new Request(
          request.operation(),
          request.route(),
          request.idempotent(),
          request.commands().subList(from, to));
    }
  }
}
