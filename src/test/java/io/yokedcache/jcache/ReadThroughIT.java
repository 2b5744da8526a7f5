package io.yokedcache.jcache;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.testing.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.event.EventType;
import javax.cache.expiry.CreatedExpiryPolicy;
import javax.cache.integration.CacheLoaderException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import redis.clients.jedis.params.SetParams;

/** Missing values come from the loader: once for all threads, and never by waiting for ever. */
@Timeout(120)
final class ReadThroughIT {

  private static final int THREADS = 16;

  private static RedisServer redis;
  private static TestManagers managers;
  private static CacheManager manager;

  @BeforeAll
  static void start() {
    redis = RedisServer.start();
    managers = new TestManagers();
    manager = managers.open(redis.uri());
  }

  @AfterAll
  static void stop() {
    managers.close();
    redis.close();
  }

  @Test
  void get_sixteenThreadsMiss() throws Exception {
    CountDownLatch waiting = new CountDownLatch(1);
    RecordingLoader loader =
        new RecordingLoader(
            key -> {
              awaitUnchecked(waiting);
              return new Loaded(key);
            });
    Cache<String, Loaded> cache = create(loader);

    List<Future<Loaded>> answers =
        inThreads(
            () -> cache.get("k"),
            () -> {
              awaitWaiting("k-load", THREADS);
              waiting.countDown();
            });

    IdentityHashMap<Loaded, Boolean> objects = new IdentityHashMap<>();
    for (Future<Loaded> answer : answers) {
      assertThat(answer.get()).isEqualTo(new Loaded("k"));
      objects.put(answer.get(), true);
    }
    assertThat(objects).hasSize(THREADS);
    assertThat(loader.asked()).containsExactly("k");
    assertThat(cache.containsKey("k")).isTrue();
  }

  @Test
  void get_loaderFailsForSixteenThreads() throws Exception {
    CountDownLatch waiting = new CountDownLatch(1);
    RecordingLoader loader =
        new RecordingLoader(
            key -> {
              awaitUnchecked(waiting);
              throw new IllegalStateException("no database");
            });
    Cache<String, Loaded> cache = create(loader);

    List<Future<Loaded>> answers =
        inThreads(
            () -> cache.get("k"),
            () -> {
              awaitWaiting("k-load", THREADS);
              waiting.countDown();
            });

    for (Future<Loaded> answer : answers) {
      assertThatThrownBy(answer::get)
          .isInstanceOf(ExecutionException.class)
          .cause()
          .isInstanceOf(CacheLoaderException.class)
          .hasMessageContaining("no database")
          .hasCauseInstanceOf(IllegalStateException.class);
    }
    assertThat(cache.containsKey("k")).isFalse();
  }

  /** The source was changed before the entry was removed, and the running load is older. */
  @Test
  void get_afterAChange_doesNotJoinAnOlderLoad() throws Exception {
    for (Consumer<Cache<String, Loaded>> change :
        List.<Consumer<Cache<String, Loaded>>>of(
            cache -> cache.remove("k"), Cache::clear, Cache::removeAll)) {
      AtomicReference<String> source = new AtomicReference<>("old");
      CountDownLatch read = new CountDownLatch(1);
      CountDownLatch gate = new CountDownLatch(1);
      Cache<String, Loaded> cache =
          create(
              new RecordingLoader(
                  key -> {
                    String value = requireNonNull(source.get());
                    if (value.equals("old")) {
                      read.countDown();
                      awaitUnchecked(gate);
                    }
                    return new Loaded(value);
                  }));
      FutureTask<Loaded> older = new FutureTask<>(() -> cache.get("k"));
      new Thread(older).start();
      awaitUnchecked(read);

      source.set("new");
      change.accept(cache);
      FutureTask<Loaded> later = new FutureTask<>(() -> cache.get("k"));
      new Thread(later).start();

      assertThat(later.get(20, TimeUnit.SECONDS)).isEqualTo(new Loaded("new"));
      gate.countDown();
      assertThat(older.get(60, TimeUnit.SECONDS)).isEqualTo(new Loaded("old"));
      assertThat(cache.get("k")).isEqualTo(new Loaded("new"));
    }
  }

  @Test
  void get_loaderReadsItsOwnKey() {
    AtomicReference<Cache<String, Loaded>> own = new AtomicReference<>();
    List<String> depth = new ArrayList<>();
    RecordingLoader loader =
        new RecordingLoader(
            key -> {
              if (depth.size() < 3) {
                depth.add(key);
                Loaded inner = requireNonNull(own.get()).get(key);
                return new Loaded("around " + inner.text());
              }
              return new Loaded("core");
            });
    Cache<String, Loaded> cache = create(loader);
    own.set(cache);

    assertThat(cache.get("k").text()).endsWith("core");
    assertThat(cache.containsKey("k")).isTrue();
  }

  @Test
  void get_loaderHasNothing() {
    RecordingLoader loader = new RecordingLoader(key -> null);
    Cache<String, Loaded> cache = create(loader);

    assertThat(cache.get("k")).isNull();
    assertThat(cache.getAll(Set.of("k", "l"))).isEmpty();
    assertThat(cache.<Boolean>invoke("k", (entry, more) -> entry.getValue() == null)).isTrue();
    assertThat(cache.containsKey("k")).isFalse();
    assertThat(loader.asked()).containsExactlyInAnyOrder("k", "k", "l", "k");
  }

  @Test
  void get_othersDoNotLoad() {
    RecordingLoader loader = new RecordingLoader(Loaded::new);
    Cache<String, Loaded> cache = create(loader);
    Loaded value = new Loaded("v");

    assertThat(cache.containsKey("k")).isFalse();
    assertThat(cache.replace("k", value)).isFalse();
    assertThat(cache.replace("k", value, value)).isFalse();
    assertThat(cache.getAndReplace("k", value)).isNull();
    assertThat(cache.getAndRemove("k")).isNull();
    assertThat(cache.remove("k", value)).isFalse();
    assertThat(cache.getAndPut("k", value)).isNull();
    assertThat(cache.putIfAbsent("l", value)).isTrue();
    assertThat(cache.iterator()).toIterable().hasSize(2);
    assertThat(loader.asked()).isEmpty();
  }

  /** A value of another version of the application is replaced as if it had not been there. */
  @Test
  void get_undecodableValue() {
    RecordingListener<String, Loaded> listener = new RecordingListener<>();
    Cache<String, Loaded> cache =
        manager.createCache(
            TestManagers.uniqueName("undecodable"),
            new RecordingLoader(Loaded::new)
                .configuration()
                .setReadThrough(true)
                .setExpiryPolicyFactory(
                    CreatedExpiryPolicy.factoryOf(javax.cache.expiry.Duration.ONE_HOUR))
                .addCacheEntryListenerConfiguration(listener.configuration(false, true)));
    cache.put("key", new Loaded("put"));
    listener.forget();
    try (RawEntries raw = new RawEntries(redis)) {
      String name = raw.find(cache.getName(), "key").get(0);
      raw.jedis().set(name, "garbage", SetParams.setParams().px(1_000_000));

      assertThat(cache.get("key")).isEqualTo(new Loaded("key"));

      assertThat(raw.timeToLiveMillis(cache.getName(), "key")).isGreaterThan(3_000_000);
    }
    assertThat(listener.heard()).extracting(HeardEvent::type).containsExactly(EventType.CREATED);
    assertThat(cache.getAll(Set.of("key"))).containsEntry("key", new Loaded("key"));
  }

  @Test
  void getAll_loadsWhatIsMissing() {
    RecordingLoader loader = new RecordingLoader(Loaded::new);
    Cache<String, Loaded> cache = create(loader);
    cache.put("a", new Loaded("put"));

    assertThat(cache.getAll(Set.of("a", "b", "c")))
        .isEqualTo(Map.of("a", new Loaded("put"), "b", new Loaded("b"), "c", new Loaded("c")));

    assertThat(loader.asked()).containsExactlyInAnyOrder("b", "c");
    assertThat(cache.containsKey("b")).isTrue();
  }

  @Test
  void invoke_loadsWhatIsMissing() {
    RecordingLoader loader = new RecordingLoader(Loaded::new);
    Cache<String, Loaded> cache = create(loader);

    assertThat(cache.<String>invoke("k", (entry, more) -> entry.getValue().text())).isEqualTo("k");

    assertThat(cache.containsKey("k")).isTrue();
    assertThat(loader.asked()).containsExactly("k");
  }

  private static Cache<String, Loaded> create(RecordingLoader loader) {
    return manager.createCache(
        TestManagers.uniqueName("loaded"), loader.configuration().setReadThrough(true));
  }

  /** Runs a call in sixteen threads at once, and something else once they are under way. */
  private static List<Future<Loaded>> inThreads(Callable<Loaded> call, Runnable meanwhile)
      throws InterruptedException {
    ExecutorService threads =
        Executors.newFixedThreadPool(THREADS, task -> new Thread(task, "k-load"));
    try {
      List<Future<Loaded>> futures = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        futures.add(threads.submit(call));
      }
      meanwhile.run();
      threads.shutdown();
      assertThat(threads.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
      return futures;
    } finally {
      threads.shutdownNow();
    }
  }

  /** Waits until all threads of that name wait, which they do for the loader or its result only. */
  private static void awaitWaiting(String name, int count) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () ->
                Thread.getAllStackTraces().entrySet().stream()
                        .filter(thread -> thread.getKey().getName().equals(name))
                        .filter(
                            thread ->
                                List.of(thread.getValue()).stream()
                                    .anyMatch(
                                        frame ->
                                            frame.getMethodName().equals("await")
                                                || frame.getMethodName().equals("awaitUnchecked")))
                        .count()
                    == count);
  }

  private static void awaitUnchecked(CountDownLatch latch) {
    try {
      if (!latch.await(60, TimeUnit.SECONDS)) {
        throw new IllegalStateException("Nobody opened the gate");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
