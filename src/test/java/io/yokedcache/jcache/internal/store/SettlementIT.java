package io.yokedcache.jcache.internal.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.RedisUnavailableException.Kind;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.PooledExecutor;
import io.yokedcache.jcache.internal.store.EntryStore.Use;
import io.yokedcache.jcache.internal.store.Mutation.Condition;
import io.yokedcache.jcache.internal.store.generation.Generations;
import io.yokedcache.jcache.internal.store.generation.Generations.CacheIdentity;
import io.yokedcache.jcache.internal.store.keys.KeySpace;
import io.yokedcache.jcache.internal.store.owed.OwedInvalidations;
import io.yokedcache.jcache.testing.ConnectionSettings;
import io.yokedcache.jcache.testing.RedisServer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import redis.clients.jedis.Jedis;

/**
 * Two threads make the same debt good. The request of the first one reaches the server late; it
 * must not remove what the second one has stored since.
 */
final class SettlementIT {

  private static final Duration BOUND = Duration.ofSeconds(20);
  private static final Bytes KEY = Bytes.of(new byte[] {'k'});
  private static final Bytes NEW = Bytes.of(new byte[] {'n', 'e', 'w'});

  private final KeySpace names = new KeySpace("yc", "orders", 1);
  private final OwedInvalidations debts = new OwedInvalidations(100);
  private RedisServer server;
  private PooledExecutor pool;
  private Late late;
  private EntryStore store;

  @BeforeEach
  void start() {
    server = RedisServer.start();
    pool = new PooledExecutor(ConnectionSettings.local(server.port()).build(), 1 << 20);
    late = new Late();
    store =
        new EntryStore(
            late,
            names,
            "orders",
            new Generations(
                late, names, new CacheIdentity("orders", "texts"), Duration.ofSeconds(1)),
            new RemoteEventPublisher(late, names, "orders"),
            new Announcement(late, "yc", Duration.ofMillis(100), Runnable::run),
            100,
            /* degrades= */ false,
            debts,
            /* owes= */ true,
            /* replicas= */ null);
    put();
  }

  @AfterEach
  void stop() {
    late.releaseAll();
    pool.close();
    server.close();
  }

  private void put() {
    Mutation put =
        new Mutation(KEY, Condition.ANY, null, NEW, Ttl.ETERNAL, Ttl.ETERNAL, false, false);
    assertThat(store.apply(put, /* owes= */ true).change()).isNotEqualTo(Change.NONE);
  }

  private void putAll() {
    Mutation put =
        new Mutation(KEY, Condition.ANY, null, NEW, Ttl.ETERNAL, Ttl.ETERNAL, false, false);
    assertThat(store.applyAll(List.of(put), /* owes= */ true)).hasSize(1);
  }

  /** Changes the rights of all connections. */
  private void allow(String rule) {
    try (Jedis jedis = new Jedis("localhost", server.port())) {
      assertThat(jedis.aclSetUser("default", rule)).isEqualTo("OK");
    }
  }

  /** Has a change fail, so that it is owed. */
  private void lose(Runnable change) {
    late.isAway = true;
    assertThatThrownBy(change::run).isInstanceOf(RedisUnavailableException.class);
    late.isAway = false;
  }

  /** Begins to make good what is owed, as a thread of the manager does, with a late request. */
  private FutureTask<Void> settleLate() throws InterruptedException {
    FutureTask<Void> settlement = new FutureTask<>(debts::settleAll, null);
    Hold settling = late.hold(new Thread(settlement, "settlement"));
    assertThat(settling.isHeld.await(BOUND.toMillis(), TimeUnit.MILLISECONDS)).isTrue();
    return settlement;
  }

  /** Changes the entry until it is done or waits for the other thread, then lets that one go on. */
  private void change(FutureTask<Void> settlement, Runnable change) throws Exception {
    FutureTask<Void> changed = new FutureTask<>(change, null);
    Thread thread = new Thread(changed, "change");
    thread.start();
    await()
        .atMost(BOUND)
        .until(() -> changed.isDone() || thread.getState() == Thread.State.TIMED_WAITING);
    late.releaseAll();
    changed.get(BOUND.toMillis(), TimeUnit.MILLISECONDS);
    settlement.get(BOUND.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Test
  void put_whileItsDebtIsSettled_stays() throws Exception {
    lose(this::put);
    FutureTask<Void> settlement = settleLate();

    change(settlement, this::put);

    assertThat(store.get(KEY, Ttl.UNCHANGED, Use.ANSWER)).isEqualTo(NEW);
    assertThat(store.outages().owedKeys()).isZero();
  }

  @Test
  void put_whileAnOwedClearIsMade_stays() throws Exception {
    lose(() -> store.clear(new HashMap<>()));
    FutureTask<Void> settlement = settleLate();

    change(settlement, this::put);

    assertThat(store.get(KEY, Ttl.UNCHANGED, Use.ANSWER)).isEqualTo(NEW);
    assertThat(store.outages().owesClear()).isFalse();
  }

  @Test
  void clear_whileAnOwedClearIsMade_entriesBehindItStay() throws Exception {
    lose(() -> store.clear(new HashMap<>()));
    FutureTask<Void> settlement = settleLate();

    change(
        settlement,
        () -> {
          var unused = store.clear(new HashMap<>());
          put();
        });

    assertThat(store.get(KEY, Ttl.UNCHANGED, Use.ANSWER)).isEqualTo(NEW);
    assertThat(store.outages().owesClear()).isFalse();
  }

  /**
   * The thread that waits gets the failure of the one that it waits for, and does not try again.
   */
  @Test
  void get_whileTheSettlementFails_fails() throws Exception {
    lose(this::put);
    FutureTask<Void> settlement = settleLate();
    FutureTask<@Nullable Bytes> read =
        new FutureTask<>(() -> store.get(KEY, Ttl.UNCHANGED, Use.ANSWER));
    Thread reader = new Thread(read, "reader");
    reader.start();
    await().atMost(BOUND).until(() -> reader.getState() == Thread.State.TIMED_WAITING);

    late.isAway = true;
    late.releaseAll();

    settlement.get(BOUND.toMillis(), TimeUnit.MILLISECONDS);
    assertThatThrownBy(() -> read.get(BOUND.toMillis(), TimeUnit.MILLISECONDS))
        .hasRootCauseMessage("away")
        .hasCauseInstanceOf(RedisUnavailableException.class);
    late.isAway = false;
    assertThat(store.get(KEY, Ttl.UNCHANGED, Use.ANSWER)).isNull();
  }

  static Stream<Consumer<SettlementIT>> puts() {
    return Stream.of(SettlementIT::put, SettlementIT::putAll);
  }

  /**
   * Redis refuses to remove the entry, later allows it, and accepts a new value in between. The
   * removal, which is tried again, comes after the new value.
   */
  @ParameterizedTest
  @MethodSource("puts")
  void put_whileARefusedDebtIsTriedAgain_stays(Consumer<SettlementIT> put) throws Exception {
    lose(this::put);
    allow("-unlink");
    debts.settleAll();
    FutureTask<Void> change = new FutureTask<>(() -> put.accept(this), null);
    Hold changing = late.hold(new Thread(change, "change"));
    assertThat(changing.isHeld.await(BOUND.toMillis(), TimeUnit.MILLISECONDS)).isTrue();
    allow("+unlink");
    await().atMost(BOUND).until(() -> store.outages().oldestNanos() > TimeUnit.SECONDS.toNanos(2));

    FutureTask<Void> settlement = new FutureTask<>(debts::settleAll, null);
    Hold settling = late.hold(new Thread(settlement, "settlement"));
    await().atMost(BOUND).until(() -> settlement.isDone() || settling.isHeld.getCount() == 0);
    changing.release.countDown();
    change.get(BOUND.toMillis(), TimeUnit.MILLISECONDS);
    settling.release.countDown();
    settlement.get(BOUND.toMillis(), TimeUnit.MILLISECONDS);

    assertThat(store.get(KEY, Ttl.UNCHANGED, Use.ANSWER)).isEqualTo(NEW);
    assertThat(store.outages().owedKeys()).isZero();
  }

  /** Redis refuses to remove the entry, which somebody else removes, and accepts a new one. */
  @Test
  void putIfAbsent_onARefusedDebt_endsIt() {
    lose(this::put);
    allow("-unlink");
    debts.settleAll();
    try (Jedis jedis = new Jedis("localhost", server.port())) {
      jedis.keys("*").stream()
          .filter(name -> "new".equals(jedis.get(name)))
          .forEach(name -> assertThat(jedis.del(name)).isOne());
    }

    Mutation put =
        new Mutation(KEY, Condition.ABSENT, null, NEW, Ttl.ETERNAL, Ttl.ETERNAL, false, false);
    assertThat(store.apply(put, /* owes= */ true).change()).isEqualTo(Change.CREATED);

    assertThat(store.outages().owedKeys()).isZero();
    assertThat(store.get(KEY, Ttl.UNCHANGED, Use.ANSWER)).isEqualTo(NEW);
  }

  /**
   * The requests of one thread.
   *
   * @param isHeld whether the first of them is held back
   * @param release lets them go on
   */
  private record Hold(CountDownLatch isHeld, CountDownLatch release) {}

  /** Holds the requests of threads back, and lets all requests fail while Redis is away. */
  private final class Late extends OverPool {

    private final Map<Thread, Hold> holds = new ConcurrentHashMap<>();
    private volatile boolean isAway;

    Late() {
      super(pool);
    }

    /** Starts a thread whose requests are held back until it is released. */
    private Hold hold(Thread thread) {
      Hold hold = new Hold(new CountDownLatch(1), new CountDownLatch(1));
      holds.put(thread, hold);
      thread.start();
      return hold;
    }

    private void releaseAll() {
      holds.values().forEach(hold -> hold.release.countDown());
    }

    private void pass() {
      Hold hold = holds.get(Thread.currentThread());
      if (hold != null) {
        hold.isHeld.countDown();
        try {
          assertThat(hold.release.await(BOUND.toMillis(), TimeUnit.MILLISECONDS)).isTrue();
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
      if (isAway) {
        throw new RedisUnavailableException(
            "away", new IllegalStateException("away"), Kind.NO_ANSWER, address());
      }
    }

    @Override
    public List<@Nullable Object> execute(Request request) {
      pass();
      return pool.execute(request);
    }

    @Override
    public List<List<@Nullable Object>> executeAll(List<Request> requests) {
      pass();
      return pool.executeAll(requests);
    }
  }
}
