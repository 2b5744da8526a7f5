package io.yokedcache.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.internal.concurrent.AsyncQueue;
import io.yokedcache.jcache.testing.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import javax.cache.CacheManager;
import javax.cache.configuration.FactoryBuilder;
import javax.cache.configuration.MutableConfiguration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Connection;
import redis.clients.jedis.Protocol.Command;

/** The asynchronous operations of {@link YokedCache}, on a real server that also fails. */
final class AsyncOperationsIT {

  private static final Duration BOUND = Duration.ofSeconds(30);

  /** {@code -Dasync.operations=1000000} for the long form. */
  private static final int OPERATIONS = Integer.getInteger("async.operations", 100_000);

  private static final int THREADS = 2;
  private static final int IN_FLIGHT = 256;

  private final RedisServer redis = RedisServer.start();
  private final TestManagers managers = new TestManagers();

  @AfterEach
  void close() {
    managers.close();
    redis.close();
  }

  @Test
  void operations_doWhatTheSynchronousOnesDo() throws Exception {
    YokedCache<String, String> cache = create(open(), TestManagers.strings());

    assertThat(get(cache.getAsync("a"))).isNull();
    get(cache.putAsync("a", "1"));
    assertThat(cache.get("a")).isEqualTo("1");
    assertThat(get(cache.getAsync("a"))).isEqualTo("1");
    get(cache.putAllAsync(Map.of("b", "2", "c", "3")));
    assertThat(get(cache.getAllAsync(Set.of("a", "b", "c", "d"))))
        .isEqualTo(Map.of("a", "1", "b", "2", "c", "3"));
    assertThat(get(cache.getAllAsync(Set.of()))).isEmpty();
    assertThat(get(cache.removeAsync("a"))).isTrue();
    assertThat(get(cache.removeAsync("a"))).isFalse();
    String prior =
        get(
            cache.invokeAsync(
                "b",
                (entry, arguments) -> {
                  String old = entry.getValue();
                  entry.setValue(old + arguments[0]);
                  return old;
                },
                "+"));
    assertThat(prior).isEqualTo("2");
    assertThat(cache.get("b")).isEqualTo("2+");
    cache.clear(); // the next operation finds another generation, and is made again
    assertThat(get(cache.getAsync("b"))).isNull();
    get(cache.putAsync("b", "4"));
    assertThat(cache.get("b")).isEqualTo("4");
  }

  @Test
  @SuppressWarnings("NullAway") // null is what is tested
  void wrongArguments_andClosedCache_throwAtOnce() {
    YokedCache<String, String> cache = create(open(), TestManagers.strings());

    assertThatNullPointerException().isThrownBy(() -> cache.getAsync(null));
    assertThatNullPointerException().isThrownBy(() -> cache.putAsync("a", null));
    assertThatNullPointerException().isThrownBy(() -> cache.removeAsync(null));
    assertThatNullPointerException().isThrownBy(() -> cache.getAllAsync(null));
    cache.close();
    assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> cache.getAsync("a"));
  }

  @Test
  void value_isEncodedBeforeTheMethodReturns_alsoIfAListenerHearsOfIt() throws Exception {
    CacheManager manager = open();
    YokedCache<String, ArrayList<String>> quiet = create(manager, lists());
    MutableConfiguration<String, ArrayList<String>> heard = lists();
    heard.addCacheEntryListenerConfiguration(
        new RecordingListener<String, ArrayList<String>>().configuration(true, true));
    for (YokedCache<String, ArrayList<String>> cache : List.of(quiet, create(manager, heard))) {
      ArrayList<String> value = new ArrayList<>(List.of("before"));
      CompletableFuture<@Nullable Void> put = cache.putAsync("a", value);
      value.set(0, "after");
      get(put);
      assertThat(cache.get("a")).containsExactly("before");
    }
  }

  @SuppressWarnings({"unchecked", "rawtypes", "NonApiType"})
  private static MutableConfiguration<String, ArrayList<String>> lists() {
    return new MutableConfiguration<String, ArrayList<String>>()
        .setTypes(String.class, (Class) ArrayList.class);
  }

  @Test
  void callback_mayBeginTheNextOperation() throws Exception {
    YokedCache<String, String> cache = create(open(), TestManagers.strings());
    CompletableFuture<@Nullable String> chain = CompletableFuture.completedFuture("");
    for (int i = 0; i < 100; i++) {
      String value = "value " + i;
      chain =
          chain
              .thenCompose(before -> cache.putAsync("a", value))
              .thenCompose(done -> cache.getAsync("a"));
    }
    assertThat(get(chain)).isEqualTo("value 99");
  }

  @Test
  void serverThatHangs_callersWait_andNothingGrows() throws Exception {
    YokedCache<String, String> cache = create(open(), TestManagers.strings());
    get(cache.putAsync("a", "1"));
    Queue<CompletableFuture<@Nullable String>> begun = new ConcurrentLinkedQueue<>();
    AtomicInteger count = new AtomicInteger();
    int all = AsyncQueue.MAX_UNDER_WAY + 500;
    redis.pause();
    Thread caller =
        new Thread(
            () -> {
              for (int i = 0; i < all; i++) {
                begun.add(cache.getAsync("a"));
                count.incrementAndGet();
              }
            });
    caller.start();
    await()
        .atMost(BOUND)
        .until(
            () ->
                count.get() == AsyncQueue.MAX_UNDER_WAY
                    && caller.getState() == Thread.State.TIMED_WAITING);
    assertThat(begun).hasSize(AsyncQueue.MAX_UNDER_WAY);
    redis.resume();
    caller.join(BOUND.toMillis());
    for (CompletableFuture<@Nullable String> each : begun) {
      assertThat(get(each)).isEqualTo("1");
    }
    assertThat(begun).hasSize(all);
  }

  @Test
  void managerClosed_everyFutureFails() throws Exception {
    CacheManager manager = open();
    YokedCache<String, String> cache = create(manager, TestManagers.strings());
    get(cache.putAsync("a", "1"));
    redis.pause();
    List<CompletableFuture<?>> begun = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      begun.add(cache.getAsync("a"));
      begun.add(cache.putAsync("a", "2"));
    }
    manager.close();
    for (CompletableFuture<?> each : begun) {
      Throwable failure = catchThrowable(() -> each.get(30, TimeUnit.SECONDS));
      assertThat(failure).isInstanceOf(ExecutionException.class);
    }
    redis.resume();
  }

  @Test
  void redisAway_futureFails_orFindsNothing() throws Exception {
    CacheManager manager = open();
    YokedCache<String, String> cache = create(manager, TestManagers.strings());
    get(cache.putAsync("a", "1"));
    CacheManager degrading =
        managers.open(redis.uri(), "yokedcache.defaults.on-failure", "degrade");
    YokedCache<String, String> degraded = create(degrading, TestManagers.strings());
    get(degraded.putAsync("a", "1"));
    redis.stop();

    assertThat(catchThrowable(() -> get(cache.getAsync("a"))))
        .hasCauseInstanceOf(RedisUnavailableException.class);
    assertThat(catchThrowable(() -> get(cache.putAsync("a", "2"))))
        .hasCauseInstanceOf(RedisUnavailableException.class);
    assertThat(get(degraded.getAsync("a"))).isNull();
    get(degraded.putAsync("a", "2"));
    redis.restart();
    await().atMost(BOUND).until(() -> succeeds(cache.getAsync("a")));
  }

  private static boolean succeeds(CompletableFuture<?> future) throws Exception {
    return future.handle((answer, failure) -> failure == null).get(30, TimeUnit.SECONDS);
  }

  @Test
  void loader_isCalledOnce_forReadsOfOneKey() throws Exception {
    AtomicInteger loads = LOADS;
    loads.set(0);
    MutableConfiguration<String, String> configuration =
        TestManagers.strings()
            .setReadThrough(true)
            .setCacheLoaderFactory(FactoryBuilder.factoryOf(CountingLoader.class));
    YokedCache<String, String> cache = create(open(), configuration);

    List<CompletableFuture<@Nullable String>> reads = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      reads.add(cache.getAsync("a"));
    }
    for (CompletableFuture<@Nullable String> read : reads) {
      assertThat(get(read)).isEqualTo("loaded a");
    }
    assertThat(loads.get()).isEqualTo(1);
    assertThat(get(cache.getAllAsync(Set.of("a", "b"))))
        .isEqualTo(Map.of("a", "loaded a", "b", "loaded b"));
  }

  private static final AtomicInteger LOADS = new AtomicInteger();

  /** Counts its loads. */
  public static final class CountingLoader
      implements javax.cache.integration.CacheLoader<String, String> {

    @Override
    public String load(String key) {
      LOADS.incrementAndGet();
      return "loaded " + key;
    }

    @Override
    public Map<String, String> loadAll(Iterable<? extends String> keys) {
      Map<String, String> loaded = new HashMap<>();
      keys.forEach(key -> loaded.put(key, load(key)));
      return loaded;
    }
  }

  @Test
  void connectionsKilled_everyFutureCompletes_andEveryValueIsRight() throws Exception {
    YokedCache<String, String> cache = create(open(), TestManagers.strings());
    Storm storm = new Storm(cache);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      threads.add(new Thread(() -> storm.run(OPERATIONS / THREADS)));
    }
    threads.forEach(Thread::start);
    try (Connection killer = new Connection("127.0.0.1", redis.port())) {
      while (threads.stream().anyMatch(Thread::isAlive)) {
        // Each kill fails what is under way, so the operations between two kills are many more.
        int next =
            storm.completed.get()
                + ThreadLocalRandom.current().nextInt(4 * IN_FLIGHT, OPERATIONS / 20);
        await()
            .pollDelay(Duration.ZERO)
            .pollInterval(Duration.ofMillis(5))
            .atMost(BOUND.multipliedBy(4))
            .until(
                () -> storm.completed.get() >= next || threads.stream().noneMatch(Thread::isAlive));
        storm.mostThreads.accumulateAndGet(asyncThreads(), Math::max);
        killer.executeCommand(
            new CommandArguments(Command.CLIENT)
                .add("KILL")
                .add("TYPE")
                .add("NORMAL")
                .add("SKIPME")
                .add("YES"));
      }
    }
    await().atMost(BOUND).until(() -> storm.completed.get() == storm.begun.get());

    assertThat(storm.wrong).isEmpty();
    assertThat(storm.begun.get()).isEqualTo(OPERATIONS);
    assertThat(storm.failed.get()).isBetween(1, OPERATIONS / 2);
    assertThat(storm.mostThreads.get()).isBetween(1L, 8L);
  }

  private static long asyncThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("yokedcache-async"))
        .count();
  }

  /**
   * Operations on as many keys as are in flight: each key has one at a time, so the values are
   * known that a read may find.
   */
  private static final class Storm {

    final YokedCache<String, String> cache;
    final BlockingQueue<Slot> free = new ArrayBlockingQueue<>(IN_FLIGHT);
    final AtomicInteger begun = new AtomicInteger();
    final AtomicInteger completed = new AtomicInteger();
    final AtomicInteger failed = new AtomicInteger();
    final AtomicLong mostThreads = new AtomicLong();
    final Queue<String> wrong = new ConcurrentLinkedQueue<>();

    Storm(YokedCache<String, String> cache) {
      this.cache = cache;
      for (int i = 0; i < IN_FLIGHT; i++) {
        free.add(new Slot("key " + i));
      }
    }

    /** A key, and the values that it may have; used by one operation at a time. */
    static final class Slot {

      final String key;
      List<@Nullable String> possible = Collections.singletonList(null);

      Slot(String key) {
        this.key = key;
      }

      /** A change has failed, and may have been made. An entry in doubt is removed. */
      void maybe(@Nullable String value) {
        List<@Nullable String> more = new ArrayList<>(possible);
        more.add(value);
        more.add(null);
        possible = more;
      }
    }

    void run(int operations) {
      try {
        for (int i = 0; i < operations; i++) {
          Slot slot = free.take();
          begin(slot, begun.incrementAndGet());
        }
      } catch (InterruptedException | RuntimeException e) {
        wrong.add("A thread ended: " + e);
      }
    }

    private void begin(Slot slot, int number) {
      String value = slot.key + " = " + number;
      switch (number % 8) {
        case 0 -> abandon(slot, cache.putAsync("cancelled " + slot.key, value), number);
        case 1, 2, 3 -> end(slot, cache.putAsync(slot.key, value), value, answer -> List.of(value));
        case 4 ->
            end(slot, cache.removeAsync(slot.key), null, answer -> Collections.singletonList(null));
        default ->
            end(
                slot,
                cache.getAsync(slot.key),
                null,
                found -> {
                  if (!slot.possible.contains(found)) {
                    wrong.add(slot.key + " has " + found + " instead of " + slot.possible);
                  }
                  return slot.possible;
                });
      }
    }

    /** The application does not wait for the operation. */
    private void abandon(Slot slot, CompletableFuture<?> future, int number) {
      if (number % 16 == 0) {
        future.cancel(true);
      } else {
        CompletableFuture<?> unused = future.orTimeout(1, TimeUnit.MICROSECONDS);
      }
      var unused = future.whenComplete((answer, failure) -> free(slot));
    }

    private <T extends @Nullable Object> void end(
        Slot slot,
        CompletableFuture<T> future,
        @Nullable String value,
        java.util.function.Function<T, List<@Nullable String>> possible) {
      var unused =
          future.whenComplete(
              (answer, failure) -> {
                if (failure == null) {
                  slot.possible = possible.apply(answer);
                } else {
                  failed.incrementAndGet();
                  slot.maybe(value);
                  Throwable cause =
                      failure instanceof CompletionException ? failure.getCause() : failure;
                  if (!(cause instanceof RedisUnavailableException)) {
                    wrong.add(slot.key + " failed by " + failure);
                  }
                }
                free(slot);
              });
    }

    private void free(Slot slot) {
      completed.incrementAndGet();
      if (!free.offer(slot)) {
        wrong.add(slot.key + " completed twice");
      }
    }
  }

  private CacheManager open() {
    return managers.open(redis.uri(), "yokedcache.connection.command-timeout", "10s");
  }

  private static <K, V> YokedCache<K, V> create(
      CacheManager manager, MutableConfiguration<K, V> configuration) {
    return (YokedCache<K, V>) manager.createCache(TestManagers.uniqueName("async"), configuration);
  }

  private static <T extends @Nullable Object> T get(CompletableFuture<T> future) throws Exception {
    return future.get(30, TimeUnit.SECONDS);
  }
}
