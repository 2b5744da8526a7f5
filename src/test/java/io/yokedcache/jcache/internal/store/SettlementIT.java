package io.yokedcache.jcache.internal.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.RedisUnavailableException.Kind;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.Endpoint;
import io.yokedcache.jcache.internal.redis.PooledExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import io.yokedcache.jcache.internal.store.EntryStore.Use;
import io.yokedcache.jcache.internal.store.Mutation.Condition;
import io.yokedcache.jcache.internal.store.generation.Generations.CacheIdentity;
import io.yokedcache.jcache.internal.store.keys.KeySpace;
import io.yokedcache.jcache.internal.store.owed.OwedInvalidations;
import io.yokedcache.jcache.internal.store.owed.OwedInvalidations.SettlementAttempt;
import io.yokedcache.jcache.outage.FaultyLinks;
import io.yokedcache.jcache.outage.FaultyLinks.Mode;
import io.yokedcache.jcache.testing.ConnectionSettings;
import io.yokedcache.jcache.testing.RedisServer;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Protocol.Command;

/**
 * Debts that several threads settle, that Redis refuses, and whose writes come late: none of them
 * removes what was stored since.
 */
final class SettlementIT {

  private static final Duration BOUND = Duration.ofSeconds(20);
  private static final Duration LATENESS = Duration.ofMillis(100);
  private static final Bytes KEY = Bytes.utf8("key");
  private static final Bytes OTHER_KEY = Bytes.utf8("other");
  private static final Bytes NEW = Bytes.utf8("new");

  private final KeySpace names = new KeySpace("yc", "orders", 1);
  private final OwedInvalidations debts = new OwedInvalidations(100, LATENESS, BOUND);
  private RedisServer server;
  private PooledExecutor pool;
  private Late late;
  private EntryStore store;

  @BeforeEach
  void start() {
    server = RedisServer.start();
    pool =
        new PooledExecutor(new Endpoint(ConnectionSettings.local(server.port()).build(), 1 << 20));
    late = new Late(pool);
    store = store(debts, /* batchSize= */ 100);
    put();
  }

  private EntryStore store(OwedInvalidations owed, int batchSize) {
    return store(late, owed, batchSize);
  }

  private EntryStore store(RedisExecutor executor, OwedInvalidations owed, int batchSize) {
    StoredCache cache =
        new StoredCache(
            executor,
            names,
            new CacheIdentity("orders", "texts"),
            Duration.ofSeconds(1),
            batchSize);
    return new EntryStore(
        cache,
        new RemoteEventPublisher(cache, RemoteEventMessage.origin(7, 1)),
        new Announcement(executor, "yc", Duration.ofMillis(100), Runnable::run),
        /* degrades= */ false,
        owed.of(names.toString(), /* owes= */ true),
        /* replicas= */ null);
  }

  @AfterEach
  void stop() {
    late.releaseAll();
    pool.close();
    server.close();
  }

  private static Mutation put(Bytes key, Condition condition, Bytes value) {
    return new Mutation(key, condition, null, value, Ttl.ETERNAL, Ttl.ETERNAL, false, false);
  }

  private void put() {
    put(NEW);
  }

  private void put(Bytes value) {
    assertThat(store.changes().apply(put(KEY, Condition.ANY, value), /* owes= */ true).change())
        .isNotEqualTo(Change.NONE);
  }

  private void putAll() {
    assertThat(store.changes().applyAll(List.of(put(KEY, Condition.ANY, NEW)), /* owes= */ true))
        .hasSize(1);
  }

  private void putBoth(EntryStore into) {
    List<Mutation> puts = List.of(put(KEY, Condition.ANY, NEW), put(OTHER_KEY, Condition.ANY, NEW));
    assertThat(into.changes().applyAll(puts, /* owes= */ true)).hasSize(2);
  }

  private @Nullable Bytes get() {
    return store.get(KEY, Ttl.UNCHANGED, Use.ANSWER);
  }

  /** Changes the rights of all connections. */
  private void allow(String rule) {
    try (Jedis jedis = new Jedis("localhost", server.port())) {
      assertThat(jedis.aclSetUser("default", rule)).isEqualTo("OK");
    }
  }

  /** Has Redis refuse to remove what is owed. */
  private void refuseRemovals() {
    allow("-unlink");
    debts.settleAll();
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

    assertThat(get()).isEqualTo(NEW);
    assertThat(store.outages().owedKeys()).isZero();
  }

  @Test
  void put_whileAnOwedClearIsMade_stays() throws Exception {
    lose(() -> store.clear(new HashMap<>()));
    FutureTask<Void> settlement = settleLate();

    change(settlement, this::put);

    assertThat(get()).isEqualTo(NEW);
    assertThat(store.outages().owesGeneration()).isFalse();
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

    assertThat(get()).isEqualTo(NEW);
    assertThat(store.outages().owesGeneration()).isFalse();
  }

  /** Waits until another thread waits, and has Redis be away for the one that it waits for. */
  private void failWaitedFor(FutureTask<Void> waitedFor, FutureTask<?> waiting) {
    Thread waiter = new Thread(waiting, "waiter");
    waiter.start();
    await().atMost(BOUND).until(() -> waiter.getState() == Thread.State.TIMED_WAITING);

    late.isAway = true;
    late.releaseAll();

    await().atMost(BOUND).until(waitedFor::isDone);
    assertThatThrownBy(() -> waiting.get(BOUND.toMillis(), TimeUnit.MILLISECONDS))
        .hasRootCauseMessage("away")
        .hasCauseInstanceOf(RedisUnavailableException.class);
    assertThat(late.askers).as("the threads that tried it").doesNotContain(waiter);
    late.isAway = false;
  }

  /** The thread that waits gets the failure of the one that it waits for, and does not try it. */
  @Test
  void get_whileTheSettlementFails_fails() throws Exception {
    lose(this::put);
    FutureTask<Void> settlement = settleLate();

    failWaitedFor(settlement, new FutureTask<>(this::get));

    assertThat(get()).isNull();
  }

  @Test
  void put_whileAnotherOneOfARefusedDebtFails_fails() throws Exception {
    lose(this::put);
    refuseRemovals();
    FutureTask<Void> change = new FutureTask<>(this::put, null);
    Hold changing = late.hold(new Thread(change, "change"));
    assertThat(changing.isHeld.await(BOUND.toMillis(), TimeUnit.MILLISECONDS)).isTrue();

    failWaitedFor(change, new FutureTask<>(this::put, null));

    assertThat(store.outages().owedKeys()).isOne();
  }

  private static RedisUnavailableException away() {
    return new RedisUnavailableException(
        "away", new IllegalStateException("away"), Kind.NO_ANSWER, "redis");
  }

  private static boolean isWriteOf(Bytes key, Request request) {
    return request.commands().stream()
        .filter(command -> command.getCommand() != Command.UNLINK)
        .flatMap(command -> StreamSupport.stream(command.spliterator(), /* parallel= */ false))
        .anyMatch(
            argument ->
                new String(argument.getRaw(), UTF_8).endsWith(new String(key.array(), UTF_8)));
  }

  /** The first of two batches is stored, and Redis is away for the second one. */
  @Test
  void putAll_failsMidwayOnRefusedDebts_endsThoseOfTheStoredEntries() {
    EntryStore oneByOne = store(debts, /* batchSize= */ 1);
    putBoth(oneByOne);
    lose(() -> putBoth(oneByOne));
    refuseRemovals();
    late.before =
        request -> {
          if (isWriteOf(OTHER_KEY, request)) {
            throw away();
          }
        };

    assertThatThrownBy(() -> putBoth(oneByOne)).isInstanceOf(RedisUnavailableException.class);

    assertThat(oneByOne.isOwed(KEY)).isFalse();
    assertThat(get()).isEqualTo(NEW);
    assertThat(oneByOne.isOwed(OTHER_KEY)).isTrue();
  }

  /** Each wait of the change ends, but another thread always has one of its two entries. */
  @Test
  void putAll_waitsForOthersAgainAndAgain_fails() {
    OwedInvalidations brief = new OwedInvalidations(100, LATENESS, Duration.ofMillis(500));
    EntryStore impatient = store(brief, /* batchSize= */ 100);
    putBoth(impatient);
    lose(() -> putBoth(impatient));
    allow("-unlink");
    brief.settleAll();
    OwedInvalidations.OfCache owed = brief.of(names.toString(), /* owes= */ true);
    SettlementAttempt held = owed.beginAttempt(owed.debtsOf(List.of(KEY)));
    FutureTask<Void> change = new FutureTask<>(() -> putBoth(impatient), null);
    Thread thread = new Thread(change, "change");
    thread.start();

    Bytes next = OTHER_KEY;
    long endNanos = System.nanoTime() + BOUND.toNanos();
    while (!change.isDone() && System.nanoTime() - endNanos < 0) {
      if (thread.getState() == Thread.State.TIMED_WAITING) {
        SettlementAttempt other = owed.beginAttempt(owed.debtsOf(List.of(next)));
        if (!other.debts().isEmpty()) {
          owed.endAttempt(held, /* failure= */ null);
          held = other;
          next = next.equals(KEY) ? OTHER_KEY : KEY;
        }
      }
    }
    owed.endAttempt(held, /* failure= */ null);

    assertThatThrownBy(() -> change.get(0, TimeUnit.MILLISECONDS))
        .cause()
        .isInstanceOf(RedisUnavailableException.class)
        .extracting(failure -> ((RedisUnavailableException) failure).kind())
        .isEqualTo(Kind.NOT_ASKED);
  }

  static Stream<List<Bytes>> lateValues() {
    return Stream.of(
        List.of(Bytes.utf8("late")),
        List.of(Bytes.utf8("late".repeat(10_000))),
        IntStream.range(0, 10).mapToObj(i -> Bytes.utf8("late" + i)).toList());
  }

  /** Settles what is owed, and looks for late writes until none is expected any more. */
  private void settleLateWrites() {
    OwedInvalidations.OfCache owed = debts.of(names.toString(), /* owes= */ true);
    await()
        .atMost(BOUND)
        .until(
            () -> {
              debts.settleAll();
              return !owed.hasWork();
            });
  }

  @ParameterizedTest
  @MethodSource("lateValues")
  void put_behindLostWritesThatCannotBeEnded_stays(List<Bytes> lost) {
    late.endsConnections = false;
    lost.forEach(value -> lose(() -> put(value)));
    put();

    settleLateWrites();

    assertThat(get()).isEqualTo(NEW);
  }

  @ParameterizedTest
  @MethodSource("lateValues")
  void put_behindLostWritesOfARefusedDebt_stays(List<Bytes> lost) {
    late.endsConnections = false;
    lost.forEach(value -> lose(() -> put(value)));
    refuseRemovals();
    put();

    allow("+unlink");
    settleLateWrites();

    assertThat(get()).isEqualTo(NEW);
  }

  static Stream<List<Bytes>> lostValues() {
    // Of so many the values are not remembered.
    return Stream.concat(
        lateValues(),
        Stream.of(IntStream.range(0, 20).mapToObj(i -> Bytes.utf8("late" + i)).toList()));
  }

  @ParameterizedTest
  @MethodSource("lostValues")
  void lostWrite_executedAfterItsDebtWasSettled_isRemoved(List<Bytes> lost) {
    late.endsConnections = false;
    lost.forEach(value -> lose(() -> put(value)));
    assertThat(get()).isNull();

    put(lost.get(0)); // as Redis executes it late
    settleLateWrites();

    assertThat(get()).isNull();
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
    refuseRemovals();
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

    assertThat(get()).isEqualTo(NEW);
    assertThat(store.outages().owedKeys()).isZero();
  }

  /**
   * A connection is lost under the renewal of an owed clear, which is sent again. A proxy passes on
   * the first one after an entry was stored in the second generation.
   */
  @Test
  void owedClear_itsRenewalIsSentAgain_entriesBehindItStay() {
    try (FaultyLinks links = FaultyLinks.start(server.port(), 1);
        PooledExecutor linked =
            new PooledExecutor(
                new Endpoint(ConnectionSettings.local(links.port(0)).build(), 1 << 20))) {
      late = new Late(linked);
      store = store(debts, /* batchSize= */ 100);
      put();
      lose(() -> store.clear(new HashMap<>()));
      AtomicInteger renewals = new AtomicInteger();
      late.before =
          request -> {
            if (request.commands().get(0).getCommand() == Command.EVALSHA
                && renewals.incrementAndGet() == 1) {
              links.set(0, Mode.LOSE_PRESENT, 0);
            }
          };

      put();

      assertThat(renewals).hasValueGreaterThan(1);
      links.set(0, Mode.PASS, 0);
      try (Jedis jedis = new Jedis("localhost", server.port())) {
        // The server looks at its sockets in rounds, and has read the renewal in the second one.
        jedis.ping();
        jedis.ping();
      }
      assertThat(get()).isEqualTo(NEW);
      assertThat(store.outages().owesGeneration()).isFalse();
    }
  }

  /** Redis refuses to remove the entry, which somebody else removes, and accepts a new one. */
  @Test
  void putIfAbsent_onARefusedDebt_endsIt() {
    lose(this::put);
    refuseRemovals();
    try (Jedis jedis = new Jedis("localhost", server.port())) {
      jedis.keys("*").stream()
          .filter(name -> "new".equals(jedis.get(name)))
          .forEach(name -> assertThat(jedis.del(name)).isOne());
    }

    assertThat(store.changes().apply(put(KEY, Condition.ABSENT, NEW), /* owes= */ true).change())
        .isEqualTo(Change.CREATED);

    assertThat(store.outages().owedKeys()).isZero();
    assertThat(get()).isEqualTo(NEW);
  }

  /**
   * The requests of one thread.
   *
   * @param isHeld whether the first of them is held back
   * @param release lets them go on
   */
  private record Hold(CountDownLatch isHeld, CountDownLatch release) {}

  /** Holds the requests of threads back, and lets all requests fail while Redis is away. */
  private static final class Late extends OverPool {

    private final Map<Thread, Hold> holds = new ConcurrentHashMap<>();
    private final Set<Thread> askers = ConcurrentHashMap.newKeySet();
    private volatile boolean isAway;
    private volatile boolean endsConnections = true;

    /** Is told of each request before it is sent. */
    private volatile Consumer<Request> before = request -> {};

    private final PooledExecutor pool;

    Late(PooledExecutor pool) {
      super(pool);
      this.pool = pool;
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

    private void pass(List<Request> requests) {
      askers.add(Thread.currentThread());
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
        throw away();
      }
      requests.forEach(before);
    }

    @Override
    public boolean endLostConnections(String operation, Collection<Bytes> routes) {
      return endsConnections && super.endLostConnections(operation, routes);
    }

    @Override
    public List<@Nullable Object> execute(Request request) {
      pass(List.of(request));
      return pool.execute(request);
    }

    @Override
    public List<List<@Nullable Object>> executeAll(List<Request> requests) {
      pass(requests);
      return pool.executeAll(requests);
    }
  }
}
