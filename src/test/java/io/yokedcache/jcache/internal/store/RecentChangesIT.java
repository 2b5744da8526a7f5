package io.yokedcache.jcache.internal.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.internal.concurrent.AsyncQueue;
import io.yokedcache.jcache.internal.concurrent.BackgroundErrors;
import io.yokedcache.jcache.internal.metrics.FailOverStatistics;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.Endpoint;
import io.yokedcache.jcache.internal.redis.PooledExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.RequestSender;
import io.yokedcache.jcache.internal.settings.Settings;
import io.yokedcache.jcache.internal.store.EntryStore.Use;
import io.yokedcache.jcache.internal.store.Mutation.Condition;
import io.yokedcache.jcache.internal.store.Mutation.Outcome;
import io.yokedcache.jcache.internal.store.generation.Generations;
import io.yokedcache.jcache.internal.store.generation.Generations.CacheIdentity;
import io.yokedcache.jcache.internal.store.keys.KeySpace;
import io.yokedcache.jcache.internal.store.owed.OwedInvalidations;
import io.yokedcache.jcache.outage.FaultyLinks;
import io.yokedcache.jcache.testing.ConnectionSettings;
import io.yokedcache.jcache.testing.CuttingProxy;
import io.yokedcache.jcache.testing.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.cache.CacheException;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.params.ClientKillParams;

/**
 * A master with entries that its replica has, and changes that the replica never hears of before it
 * takes the master's place.
 */
final class RecentChangesIT {

  private static final int BUCKETS = 4;
  private static final int ENTRIES = 40;
  private static final Bytes KEY = key(0);
  private static final Bytes OLD = Bytes.utf8("old");
  private static final Bytes NEW = Bytes.utf8("new");

  /** Changes of the first entry, after each of which its old value is wrong. */
  private static final Map<String, Consumer<Jvm>> CHANGES =
      Map.of(
          "put", jvm -> jvm.store.changes().apply(put(KEY, NEW), true),
          "remove", jvm -> jvm.store.changes().apply(remove(KEY), true),
          "putAll",
              jvm -> jvm.store.changes().applyAll(List.of(put(KEY, NEW), put(key(1), NEW)), true),
          "removeAll",
              jvm -> jvm.store.changes().applyAll(List.of(remove(KEY), remove(key(1))), true),
          "expiry by an update", jvm -> jvm.store.changes().touch(KEY, Ttl.ZERO),
          "expiry by updates", jvm -> jvm.store.changes().touchAll(Map.of(KEY, Ttl.ZERO)),
          "expiry by a read", jvm -> jvm.store.get(KEY, Ttl.ZERO, Use.ANSWER),
          "load that replaces",
              jvm ->
                  jvm.store
                      .changes()
                      .pin(List.of(KEY), false, Use.ANSWER)
                      .applyAll(List.of(put(KEY, NEW))),
          "clear", jvm -> jvm.store.clear(new HashMap<>()),
          "destroy", Jvm::destroyAndOpen);

  private static RedisServer master;
  private static RedisServer replica;

  private CuttingProxy proxy;
  private RedisExecutor newMaster;

  @BeforeAll
  static void start() {
    master = RedisServer.start("--repl-diskless-sync-delay", "0");
    replica = RedisServer.start("--repl-diskless-load", "swapdb"); // it has no directory for a file
  }

  @AfterAll
  static void stop() {
    master.close();
    replica.close();
  }

  @BeforeEach
  void begin() {
    try (Jedis one = jedis(master);
        Jedis two = jedis(replica)) {
      one.flushAll();
      two.replicaof("127.0.0.1", master.port());
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .pollInterval(Duration.ofMillis(20))
          .until(() -> two.info("replication").contains("master_link_status:up"));
    }
    proxy = CuttingProxy.start(master.port(), Long.MAX_VALUE / 4);
    newMaster = new PooledExecutor(new Endpoint(connection(replica.port()), 1 << 20));
  }

  @AfterEach
  void end() {
    newMaster.close();
    proxy.close();
  }

  private static List<String> changes() {
    return CHANGES.keySet().stream().sorted().toList();
  }

  @ParameterizedTest
  @MethodSource("changes")
  void change_lostByFailOver_isMadeAgain(String change) {
    try (Jvm jvm = new Jvm(1_000, Duration.ofMinutes(1))) {
      lose(() -> requireNonNull(CHANGES.get(change)).accept(jvm));

      assertThat(jvm.onReplica(KEY)).as("before the repair").isEqualTo(OLD);
      assertThat(jvm.changes.replaced(newMaster, route -> true)).isTrue();

      assertThat(jvm.get(KEY)).isNull();
      FailOverStatistics done = jvm.changes.statistics();
      assertThat(done.failOvers()).isEqualTo(1);
      boolean all = change.equals("clear") || change.equals("destroy");
      assertThat(done.removals() > 0).isNotEqualTo(all);
      assertThat(done.clears()).isEqualTo(all ? BUCKETS : 0);
      if (!all) {
        assertThat(jvm.get(key(ENTRIES - 1))).as("an entry that was not changed").isEqualTo(OLD);
      }
    }
  }

  @Test
  void changes_moreThanAreKept_bringNewGenerations() {
    try (Jvm jvm = new Jvm(4, Duration.ofMinutes(1))) {
      lose(
          () ->
              IntStream.range(0, 20).forEach(i -> jvm.store.changes().apply(remove(key(i)), true)));

      assertThat(jvm.changes.replaced(newMaster, route -> true)).isTrue();

      assertThat(IntStream.range(0, 20).mapToObj(i -> jvm.get(key(i)))).containsOnlyNulls();
      assertThat(jvm.changes.statistics().clears()).isEqualTo(BUCKETS);
      assertThat(jvm.staleEntries).hasValue(1);
    }
  }

  @Test
  void changes_moreThanAreKept_butNotRecent_bringNothing() {
    try (Jvm jvm = new Jvm(4, Duration.ZERO)) {
      lose(
          () ->
              IntStream.range(0, 20)
                  .forEach(i -> jvm.store.changes().apply(put(key(i), NEW), true)));

      assertThat(jvm.changes.replaced(newMaster, route -> true)).isTrue();

      assertThat(jvm.get(KEY)).isEqualTo(OLD);
      assertThat(jvm.changes.statistics()).isEqualTo(new FailOverStatistics(1, 0, 0));
    }
  }

  @Test
  void clear_thatReachedTheNewMaster_bringsNoNewGeneration() {
    try (Jvm jvm = new Jvm(1_000, Duration.ofMinutes(1))) {
      jvm.store.clear(new HashMap<>());
      jvm.store.changes().apply(put(KEY, NEW), true);
      jvm.store.changes().apply(put(key(1), NEW), true);
      replicate();
      lose(() -> jvm.store.changes().apply(remove(KEY), true));

      assertThat(jvm.changes.replaced(newMaster, route -> true)).isTrue();

      assertThat(jvm.get(KEY)).isNull();
      assertThat(jvm.changes.statistics().clears()).isZero();
    }
  }

  /** As by the message of another JVM's clear, which arrives during the repair. */
  @Test
  void generations_forgottenDuringTheRepair() {
    try (Jvm jvm = new Jvm(1_000, Duration.ofMinutes(1))) {
      jvm.store.clear(new HashMap<>());
      jvm.store.changes().apply(put(KEY, OLD), true);
      lose(() -> jvm.store.changes().apply(remove(KEY), true));
      AtomicInteger requests = new AtomicInteger();

      boolean unused =
          jvm.changes.replaced(
              new OverPool((PooledExecutor) newMaster) {
                @Override
                public List<@Nullable Object> execute(Request request) {
                  return newMaster.execute(request);
                }

                @Override
                public List<List<@Nullable Object>> executeAll(List<Request> all) {
                  List<List<@Nullable Object>> replies = newMaster.executeAll(all);
                  if (requests.incrementAndGet() == 2) { // behind the tokens
                    requireNonNull(jvm.generations).forgetAll();
                  }
                  return replies;
                }
              },
              route -> true);

      assertThat(jvm.get(KEY)).isNull();
    }
  }

  @Test
  void change_ofAnotherMaster_isNotRepaired() {
    try (Jvm jvm = new Jvm(1_000, Duration.ofMinutes(1))) {
      List<Bytes> keys = IntStream.range(0, ENTRIES).mapToObj(RecentChangesIT::key).toList();
      lose(() -> keys.forEach(key -> jvm.store.changes().apply(put(key, NEW), true)));
      Bytes owned = jvm.names.route(1);

      assertThat(jvm.changes.replaced(newMaster, owned::equals)).isTrue();

      for (Bytes key : keys) {
        assertThat(jvm.get(key)).isEqualTo(jvm.names.bucketOf(key) == 1 ? null : OLD);
      }
    }
  }

  @Test
  void newMaster_refuses_repairFailsUntilItDoesNot() {
    try (Jvm jvm = new Jvm(1_000, Duration.ofMinutes(1))) {
      lose(() -> jvm.store.changes().apply(remove(KEY), true));
      try (Jedis two = jedis(replica)) {
        two.replicaof("127.0.0.1", RedisServer.freePort());

        assertThatThrownBy(() -> jvm.changes.replaced(newMaster, route -> true))
            .isInstanceOf(CacheException.class);
        assertThat(jvm.changes.statistics()).isEqualTo(FailOverStatistics.NONE);
        two.replicaofNoOne();
      }
      assertThat(jvm.changes.replaced(newMaster, route -> true)).isTrue();

      assertThat(jvm.get(KEY)).isNull();
      assertThat(jvm.changes.statistics()).isEqualTo(new FailOverStatistics(1, 1, 0));
    }
  }

  private static Map<String, Function<Jvm, @Nullable Object>> reads() {
    List<Bytes> keys = List.of(KEY, key(1));
    return Map.of(
        "get", jvm -> jvm.get(KEY),
        "getAll", jvm -> jvm.store.getAll(keys, Ttl.UNCHANGED, Use.ANSWER).get(0),
        "getAllWithTtl", jvm -> jvm.store.getAllWithTtl(keys, Use.ANSWER).get(0),
        "ttl", jvm -> jvm.store.ttl(KEY),
        "containsAll", jvm -> jvm.store.containsAll(keys, Use.ANSWER).get(0) ? "there" : null,
        "beginGetAll", RecentChangesIT::beginGet);
  }

  private static @Nullable Bytes beginGet(Jvm jvm) {
    List<@Nullable Bytes> found =
        awaited(
            (queue, arrived) -> jvm.store.beginGetAll(List.of(KEY), Ttl.UNCHANGED, queue, arrived));
    return found.get(0);
  }

  /** The result of an operation that does not wait for it. */
  private static <T> T awaited(BiConsumer<AsyncQueue, Consumer<Supplier<T>>> operation) {
    ScheduledExecutorService background = Executors.newSingleThreadScheduledExecutor();
    try (AsyncQueue queue =
        new AsyncQueue(Duration.ofSeconds(5), new BackgroundErrors(), background)) {
      CompletableFuture<Supplier<T>> arrived = new CompletableFuture<>();
      operation.accept(queue, arrived::complete);
      return arrived.get(20, TimeUnit.SECONDS).get();
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError(e);
    } finally {
      background.shutdownNow();
    }
  }

  private static List<Arguments> readsDuringRepairs() {
    return reads().keySet().stream()
        .sorted()
        .flatMap(read -> Stream.of(Arguments.of(read, false), Arguments.of(read, true)))
        .toList();
  }

  /**
   * A read looks at what is owed, a new master takes over and refuses the repair, and then the read
   * is sent to that one, which may accept the removals before the read goes on.
   */
  @ParameterizedTest
  @MethodSource("readsDuringRepairs")
  void newMaster_refusesChangesWhileARead_theEntryIsAbsent(String read, boolean acceptsThem) {
    try (Jvm jvm = new Jvm(1_000, Duration.ofMinutes(1));
        Jedis two = jedis(replica)) {
      lose(() -> jvm.store.changes().apply(remove(KEY), true));
      assertThat(jvm.get(key(ENTRIES - 1))).as("the generations are known").isEqualTo(OLD);
      two.configSet("min-replicas-to-write", "1");
      jvm.beforeNext(() -> assertThat(jvm.changes.replaced(newMaster, route -> true)).isFalse());
      if (acceptsThem) {
        jvm.afterNext(
            () -> {
              two.configSet("min-replicas-to-write", "0");
              jvm.debts.settleAll();
              assertThat(jvm.store.outages().owedKeys()).isZero();
            });
      }

      assertThat(requireNonNull(reads().get(read)).apply(jvm)).isNull();
    } finally {
      try (Jedis two = jedis(replica)) {
        two.configSet("min-replicas-to-write", "0");
      }
    }
  }

  /** The changes whose outcomes tell of the entry that they found. */
  private static final Map<String, Mutation> CONDITIONAL =
      Map.of(
          "putIfAbsent", change(Condition.ABSENT, null, NEW, false),
          "putIfAbsent by the script", change(Condition.ABSENT, null, NEW, true),
          "replace an equal entry", change(Condition.EQUAL, OLD, NEW, false),
          "replace an entry that is not equal", change(Condition.EQUAL, NEW, NEW, false),
          "remove an equal entry", change(Condition.EQUAL, OLD, null, false),
          "replace", change(Condition.PRESENT, null, NEW, false),
          "getAndReplace", change(Condition.PRESENT, null, NEW, true),
          "getAndPut", change(Condition.ANY, null, NEW, true),
          "getAndRemove", change(Condition.ANY, null, null, true),
          "remove", change(Condition.ANY, null, null, false));

  private static Mutation change(
      Condition condition, @Nullable Bytes expected, @Nullable Bytes value, boolean wantsPrior) {
    return new Mutation(
        KEY, condition, expected, value, Ttl.ETERNAL, Ttl.ETERNAL, wantsPrior, false);
  }

  /** What the new master does when it has refused the repair. */
  private enum Then {
    REFUSES,
    ACCEPTS,
    IS_REPAIRED
  }

  private enum Way {
    ALONE {
      @Override
      Outcome make(Jvm jvm, Mutation mutation) {
        return jvm.store.changes().apply(mutation, /* owes= */ false);
      }
    },
    TOGETHER {
      @Override
      Outcome make(Jvm jvm, Mutation mutation) {
        List<Mutation> both = List.of(put(key(ENTRIES), NEW), mutation);
        return jvm.store.changes().applyAll(both, /* owes= */ false).get(1);
      }
    },
    ASYNCHRONOUS {
      @Override
      Outcome make(Jvm jvm, Mutation mutation) {
        return awaited(
            (queue, arrived) ->
                jvm.store
                    .changes()
                    .beginApply(mutation, /* owes= */ false, RequestSender.atOnce(queue), arrived));
      }
    };

    abstract Outcome make(Jvm jvm, Mutation mutation);
  }

  private static List<Arguments> conditionalChanges(Then... cases) {
    List<Arguments> all = new ArrayList<>();
    for (String change : CONDITIONAL.keySet().stream().sorted().toList()) {
      for (Then then : cases) {
        Stream.of(Way.values()).forEach(way -> all.add(Arguments.of(change, then, way)));
      }
    }
    return all;
  }

  private static List<Arguments> changesDuringRepairs() {
    return conditionalChanges(Then.values());
  }

  private static List<Arguments> changesOfOldGenerations() {
    return conditionalChanges(Then.REFUSES, Then.ACCEPTS);
  }

  /** As with reads: the change has looked at what is owed before the new master refuses. */
  @ParameterizedTest
  @MethodSource("changesDuringRepairs")
  void newMaster_refusesChangesWhileAChange_itFindsNoOldEntry(String change, Then then, Way way) {
    try (Jvm jvm = new Jvm(1_000, Duration.ofMinutes(1));
        Jedis two = jedis(replica)) {
      lose(() -> jvm.store.changes().apply(remove(KEY), true));
      assertThat(jvm.get(key(ENTRIES - 1))).as("the generations are known").isEqualTo(OLD);
      two.configSet("min-replicas-to-write", "1");
      jvm.beforeNext(
          () -> {
            assertThat(jvm.changes.replaced(newMaster, route -> true)).isFalse();
            if (then != Then.REFUSES) {
              two.configSet("min-replicas-to-write", "0");
            }
            if (then == Then.IS_REPAIRED) {
              jvm.debts.settleAll();
              assertThat(jvm.store.outages().owedKeys()).isZero();
            }
          });

      assertFindsNothing(jvm, change, way);
    } finally {
      try (Jedis two = jedis(replica)) {
        two.configSet("min-replicas-to-write", "0");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("changesOfOldGenerations")
  void newMaster_refusesANewGeneration_changesFindNoOldEntry(String change, Then then, Way way) {
    try (Jvm jvm = new Jvm(1_000, Duration.ofMinutes(1));
        Jedis two = jedis(replica)) {
      lose(() -> jvm.store.clear(new HashMap<>()));
      two.configSet("min-replicas-to-write", "1");
      assertThat(jvm.changes.replaced(newMaster, route -> true)).isFalse();
      assertThat(jvm.get(KEY)).as("refused, and not tried again for a while").isNull();
      if (then != Then.REFUSES) {
        two.configSet("min-replicas-to-write", "0");
      }

      assertFindsNothing(jvm, change, way);
    } finally {
      try (Jedis two = jedis(replica)) {
        two.configSet("min-replicas-to-write", "0");
      }
    }
  }

  private static void assertFindsNothing(Jvm jvm, String change, Way way) {
    Mutation mutation = requireNonNull(CONDITIONAL.get(change));
    Outcome outcome;
    try {
      outcome = way.make(jvm, mutation);
    } catch (RedisUnavailableException e) {
      assertThat(jvm.get(KEY)).isNull();
      return;
    }
    assertThat(outcome.prior()).isNull();
    boolean creates =
        mutation.condition() == Condition.ABSENT
            || (mutation.condition() == Condition.ANY && mutation.value() != null);
    assertThat(outcome.change()).isEqualTo(creates ? Change.CREATED : Change.NONE);
  }

  @Test
  void newMaster_refusesChangesWhileATimeToLiveIsSet_thereIsNoEntry() {
    try (Jvm jvm = new Jvm(1_000, Duration.ofMinutes(1));
        Jedis two = jedis(replica)) {
      lose(() -> jvm.store.changes().apply(remove(KEY), true));
      assertThat(jvm.get(key(ENTRIES - 1))).as("the generations are known").isEqualTo(OLD);
      two.configSet("min-replicas-to-write", "1");
      jvm.beforeNext(
          () -> {
            assertThat(jvm.changes.replaced(newMaster, route -> true)).isFalse();
            two.configSet("min-replicas-to-write", "0");
          });

      assertThat(jvm.store.changes().expire(KEY, Ttl.ETERNAL)).isFalse();
    } finally {
      try (Jedis two = jedis(replica)) {
        two.configSet("min-replicas-to-write", "0");
      }
    }
  }

  private static final Map<String, Consumer<Jvm>> LAST_CHANGES =
      Map.of(
          "remove", jvm -> jvm.store.changes().apply(remove(KEY), true),
          "clear", jvm -> jvm.store.clear(new HashMap<>()),
          "destroy", Jvm::destroyByName);

  private static List<Arguments> lastChanges() {
    return LAST_CHANGES.keySet().stream()
        .sorted()
        .flatMap(change -> Stream.of(Arguments.of(change, false), Arguments.of(change, true)))
        .toList();
  }

  /** The cache is closed after its last change, and maybe opened again while it owes the repair. */
  @ParameterizedTest
  @MethodSource("lastChanges")
  void newMaster_refusesChangesOfAClosedCache_itOwesTheRepair(String change, boolean opensAgain) {
    try (Jvm jvm = new Jvm(1_000, Duration.ofMinutes(1));
        Jedis two = jedis(replica)) {
      lose(
          () -> {
            requireNonNull(LAST_CHANGES.get(change)).accept(jvm);
            jvm.closeStore();
          });
      jvm.openAnother();
      jvm.debts.settleAll();
      two.configSet("min-replicas-to-write", "1");

      assertThat(jvm.changes.replaced(newMaster, route -> true)).isFalse();
      if (opensAgain) {
        jvm.openStore();
        assertThat(jvm.get(KEY)).isNull();
      }

      two.configSet("min-replicas-to-write", "0");
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(
              () -> {
                jvm.debts.settleAll();
                return !Objects.equals(jvm.onReplica(KEY), OLD);
              });
    } finally {
      try (Jedis two = jedis(replica)) {
        two.configSet("min-replicas-to-write", "0");
      }
    }
  }

  @Test
  void repair_lostByAnotherFailOver_isMadeAgain() {
    try (Jvm jvm = new Jvm(1_000, Duration.ofMinutes(1))) {
      lose(
          () -> {
            jvm.store.changes().apply(remove(KEY), true);
            jvm.store.clear(new HashMap<>());
          });
      assertThat(jvm.changes.replaced(newMaster, route -> true)).isTrue();
      assertThat(jvm.get(KEY)).isNull();

      // The other server still has what it had before, under another generation.
      jvm.store.changes().apply(put(KEY, OLD), true);
      assertThat(jvm.changes.replaced(newMaster, route -> true)).isTrue();

      assertThat(jvm.get(KEY)).isNull();
    }
  }

  /**
   * A connection is lost under the repair, which is sent again. A proxy passes on the first removal
   * after the application has stored a new value.
   */
  @Test
  void repair_sentAgain_removesNoLaterEntry() {
    try (Jvm jvm = new Jvm(1_000, Duration.ofMinutes(1));
        FaultyLinks links = FaultyLinks.start(replica.port(), 1);
        PooledExecutor linked =
            new PooledExecutor(new Endpoint(connection(links.port(0)), 1 << 20))) {
      lose(() -> jvm.store.changes().apply(remove(KEY), true));
      AtomicInteger removals = new AtomicInteger();

      boolean unused =
          jvm.changes.replaced(
              new OverPool(linked) {
                @Override
                public List<@Nullable Object> execute(Request request) {
                  return linked.execute(request);
                }

                @Override
                public List<List<@Nullable Object>> executeAll(List<Request> requests) {
                  boolean removes =
                      requests.stream()
                          .flatMap(request -> request.commands().stream())
                          .anyMatch(command -> command.getCommand() == Command.UNLINK);
                  if (removes && removals.incrementAndGet() == 1) {
                    links.set(0, FaultyLinks.Mode.LOSE_PRESENT, 0);
                  }
                  return linked.executeAll(requests);
                }
              },
              route -> true);
      assertThat(jvm.get(KEY)).isNull();
      jvm.store.changes().apply(put(KEY, NEW), true);

      assertThat(removals).hasValue(1);
      links.set(0, FaultyLinks.Mode.PASS, 0);
      try (Jedis two = jedis(replica)) {
        // The server looks at its sockets in rounds, and has read the removal in the second one.
        two.ping();
        two.ping();
      }
      assertThat(jvm.get(KEY)).isEqualTo(NEW);
    }
  }

  @Test
  void replaced_nothingChanged_sendsNothing() {
    RecentChanges changes = new RecentChanges(10, Duration.ofMinutes(1), () -> {});
    newMaster.close();

    assertThat(changes.replaced(newMaster, route -> true)).isTrue();

    assertThat(changes.statistics()).isEqualTo(new FailOverStatistics(1, 0, 0));
  }

  /** Makes changes that the replica does not hear of, and puts it in the place of the master. */
  private void lose(Runnable changes) {
    replicate();
    try (Jedis one = jedis(master);
        Jedis two = jedis(replica)) {
      two.replicaofNoOne();
      changes.run();
      proxy.leadTo(replica.port());
      one.clientKill(
          new ClientKillParams().type(ClientType.NORMAL).skipMe(ClientKillParams.SkipMe.YES));
    }
  }

  private void replicate() {
    try (Jedis one = jedis(master)) {
      one.set("yc:replicated", "1");
      assertThat(one.waitReplicas(1, 10_000)).isEqualTo(1);
    }
  }

  private static Jedis jedis(RedisServer server) {
    return new Jedis("127.0.0.1", server.port());
  }

  private static Bytes key(int number) {
    return Bytes.utf8("key-" + number);
  }

  private static Mutation put(Bytes key, Bytes value) {
    return new Mutation(key, Condition.ANY, null, value, Ttl.ETERNAL, Ttl.ETERNAL, false, false);
  }

  private static Mutation remove(Bytes key) {
    return Mutation.remove(key, Condition.ANY, null);
  }

  private static Settings.Connection connection(int port) {
    return ConnectionSettings.local(port)
        .clientName("recent-changes-test")
        .timeouts(Duration.ofSeconds(5))
        .executor(Settings.Executor.POOLED)
        .pool(2, Duration.ofSeconds(5))
        .build();
  }

  /** One cache with entries in all buckets, and its recent changes. */
  private final class Jvm implements AutoCloseable {

    private final KeySpace names = new KeySpace("yc", "orders", BUCKETS);
    private final RedisExecutor pool =
        new PooledExecutor(new Endpoint(connection(proxy.port()), 1 << 20));
    private final OwedInvalidations debts = new OwedInvalidations(100);
    private @Nullable Runnable before;
    private @Nullable Runnable after;
    private final RedisExecutor executor =
        new OverPool(pool) {
          @Override
          public List<@Nullable Object> execute(Request request) {
            Runnable first = before;
            before = null;
            if (first != null) {
              first.run();
            }
            List<@Nullable Object> replies = pool.execute(request);
            Runnable last = after;
            after = null;
            if (last != null) {
              last.run();
            }
            return replies;
          }
        };
    private final AtomicInteger staleEntries = new AtomicInteger();
    private final RecentChanges changes;
    private EntryStore store;
    private @Nullable Generations generations;
    private RecentChanges.@Nullable OfCache opened;

    Jvm(int capacity, Duration within) {
      changes = new RecentChanges(capacity, within, staleEntries::incrementAndGet);
      store = store(new RecentChanges(1, Duration.ZERO, () -> {}));
      store
          .changes()
          .applyAll(IntStream.range(0, ENTRIES).mapToObj(i -> put(key(i), OLD)).toList(), true);
      store = store(changes);
    }

    private EntryStore store(RecentChanges noted) {
      return store(noted, names, "texts");
    }

    private EntryStore store(RecentChanges noted, KeySpace names, String types) {
      StoredCache cache =
          new StoredCache(
              executor,
              names,
              new CacheIdentity("orders", types),
              Duration.ofSeconds(1),
              /* batchSize= */ 100);
      generations = cache.generations();
      EntryStore made =
          new EntryStore(
              cache,
              new RemoteEventPublisher(cache, RemoteEventMessage.origin(7, 1)),
              new Announcement(executor, "yc", Duration.ofMillis(100), Runnable::run),
              /* degrades= */ false,
              debts.of(names.toString(), /* owes= */ true),
              /* replicas= */ null);
      RecentChanges.OfCache observer = noted.of(names, cache.generations(), made);
      made.observe(observer);
      opened = observer;
      return made;
    }

    void closeStore() {
      store.close();
      requireNonNull(opened).close();
    }

    void openStore() {
      store = store(changes);
    }

    void openAnother() {
      EntryStore unused = store(changes, new KeySpace("yc", "another", BUCKETS), "texts");
    }

    /** As a manager in which the cache is not open, which does not know its codecs. */
    void destroyByName() {
      closeStore();
      store = store(changes, names, "to be dropped");
      store.destroy();
    }

    /** As an application that makes the cache anew, by another cache object. */
    void destroyAndOpen() {
      store.destroy();
      store = store(changes);
      store.changes().apply(put(key(1), NEW), true);
    }

    /** Does something just before the next request is sent. */
    void beforeNext(Runnable action) {
      before = action;
    }

    /** Does something when the next request is answered. */
    void afterNext(Runnable action) {
      after = action;
    }

    @Nullable Bytes get(Bytes key) {
      return store.get(key, Ttl.UNCHANGED, Use.DECISION);
    }

    @Nullable Bytes onReplica(Bytes key) {
      int bucket = names.bucketOf(key);
      try (Jedis two = jedis(replica)) {
        byte[] generation = two.get(names.generationKey(bucket));
        if (generation == null) {
          return null;
        }
        byte[] prefix = names.entryPrefix(bucket, new String(generation, UTF_8).substring(0, 12));
        byte[] value = two.get(KeySpace.entryKey(prefix, key));
        return value == null ? null : Bytes.of(value);
      }
    }

    @Override
    public void close() {
      pool.close();
    }
  }
}
