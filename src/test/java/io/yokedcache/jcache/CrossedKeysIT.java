package io.yokedcache.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.testing.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.integration.CacheLoader;
import javax.cache.integration.CacheLoaderException;
import javax.cache.integration.CacheWriter;
import javax.cache.processor.EntryProcessor;
import javax.cache.processor.MutableEntry;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Application code inside operations that uses other keys, and threads that wait for each other's
 * keys. All time-outs of the caches are an hour, so what ends does not end by one of them.
 */
@Timeout(120)
final class CrossedKeysIT {

  private static RedisServer redis;
  private static TestManagers managers;
  private static CacheManager manager;

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final ConcurrentMap<String, String> rows = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, AtomicInteger> loads = new ConcurrentHashMap<>();

  @BeforeAll
  static void start() {
    redis = RedisServer.start();
    managers = new TestManagers();
    manager =
        managers.open(
            redis.uri(),
            "yokedcache.defaults.load-timeout",
            "1h",
            "yokedcache.defaults.contention-timeout",
            "1h");
  }

  @AfterAll
  static void stop() {
    managers.close();
    redis.close();
  }

  @AfterEach
  void end() {
    threads.shutdownNow();
  }

  private static MutableConfiguration<String, String> loading(
      Function<String, @Nullable String> source) {
    return TestManagers.strings()
        .setReadThrough(true)
        .setCacheLoaderFactory(() -> new SourceLoader(source));
  }

  private static Cache<String, String> create(MutableConfiguration<String, String> configuration) {
    return manager.createCache(TestManagers.uniqueName("crossed"), configuration);
  }

  private static void meet(CountDownLatch latch) {
    latch.countDown();
    await(latch);
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    }
  }

  private void count(String key) {
    loads.computeIfAbsent(key, unused -> new AtomicInteger()).incrementAndGet();
  }

  private static <T> T end(Future<T> future) throws Exception {
    return future.get(60, TimeUnit.SECONDS);
  }

  @Test
  void get_loadersNeedEachOthersKeys() throws Exception {
    List<Cache<String, String>> caches = new ArrayList<>();
    CountDownLatch bothLoad = new CountDownLatch(2);
    Cache<String, String> cache =
        create(
            loading(
                key -> {
                  boolean first = loads.putIfAbsent(key, new AtomicInteger()) == null;
                  count(key);
                  if (!first) {
                    return key; // the second load needs nothing
                  }
                  meet(bothLoad);
                  return key + "+" + caches.get(0).get(key.equals("a") ? "b" : "a");
                }));
    caches.add(cache);

    Future<String> a = threads.submit(() -> cache.get("a"));
    Future<String> b = threads.submit(() -> cache.get("b"));

    assertThat(end(a)).startsWith("a+b");
    assertThat(end(b)).startsWith("b+a");
  }

  @Test
  void getAll_loadersNeedEachOthersKeys() throws Exception {
    List<Cache<String, String>> caches = new ArrayList<>();
    CountDownLatch bothLoad = new CountDownLatch(2);
    Cache<String, String> cache =
        create(
            loading(
                key -> {
                  boolean first = loads.putIfAbsent(key, new AtomicInteger()) == null;
                  count(key);
                  if (first) {
                    meet(bothLoad);
                    caches.get(0).getAll(Set.of("a", "b"));
                  }
                  return key;
                }));
    caches.add(cache);

    Future<Map<String, String>> a = threads.submit(() -> cache.getAll(Set.of("a")));
    Future<Map<String, String>> b = threads.submit(() -> cache.getAll(Set.of("b")));

    assertThat(end(a)).isEqualTo(Map.of("a", "a"));
    assertThat(end(b)).isEqualTo(Map.of("b", "b"));
  }

  @Test
  void invoke_processorsNeedEachOthersKeys() throws Exception {
    Cache<String, String> cache = create(TestManagers.strings());
    CountDownLatch bothRun = new CountDownLatch(2);
    EntryProcessor<String, String, String> add = new Adding(() -> {});
    EntryProcessor<String, String, String> addToOther =
        (entry, arguments) -> {
          if (loads.putIfAbsent(entry.getKey(), new AtomicInteger()) == null) {
            meet(bothRun);
            cache.invoke(entry.getKey().equals("a") ? "b" : "a", add);
          }
          return add.process(entry, arguments);
        };

    Future<String> a = threads.submit(() -> cache.invoke("a", addToOther));
    Future<String> b = threads.submit(() -> cache.invoke("b", addToOther));

    end(a);
    end(b);
    assertThat(cache.getAll(Set.of("a", "b"))).isEqualTo(Map.of("a", "++", "b", "++"));
  }

  /** A processor of one key loads the other, whose loader has a processor run on the first. */
  @Test
  void invokeAndGet_needEachOthersKeys() throws Exception {
    List<Cache<String, String>> caches = new ArrayList<>();
    CountDownLatch bothRun = new CountDownLatch(2);
    EntryProcessor<String, String, String> add = new Adding(() -> {});
    Cache<String, String> cache =
        create(
            loading(
                key -> {
                  if (key.equals("loaded")) {
                    meet(bothRun);
                    caches.get(0).invoke("invoked", add);
                    return "row";
                  }
                  return null;
                }));
    caches.add(cache);
    EntryProcessor<String, String, String> read =
        (entry, arguments) -> {
          if (bothRun.getCount() > 0) {
            meet(bothRun);
          }
          return add.process(entry, arguments) + cache.get("loaded");
        };

    Future<String> invoked = threads.submit(() -> cache.invoke("invoked", read));
    Future<String> loaded = threads.submit(() -> cache.get("loaded"));

    assertThat(end(loaded)).isEqualTo("row");
    assertThat(end(invoked)).endsWith("row");
    // Once by each processor, and once more if the load was made twice.
    assertThat(cache.get("invoked")).isIn("++", "+++");
  }

  @Test
  void put_writersNeedEachOthersKeys() throws Exception {
    List<Cache<String, String>> caches = new ArrayList<>();
    CountDownLatch bothWrite = new CountDownLatch(2);
    Cache<String, String> cache =
        create(
            TestManagers.strings()
                .setWriteThrough(true)
                .setCacheWriterFactory(
                    () ->
                        new CallingWriter(
                            key -> {
                              if (loads.putIfAbsent(key, new AtomicInteger()) == null) {
                                meet(bothWrite);
                                caches.get(0).put(key.equals("a") ? "b" : "a", "inner");
                              }
                            },
                            rows)));
    caches.add(cache);

    Future<?> a = threads.submit(() -> cache.put("a", "outer"));
    Future<?> b = threads.submit(() -> cache.put("b", "outer"));

    end(a);
    end(b);
    assertThat(cache.getAll(Set.of("a", "b"))).hasSize(2).isEqualTo(rows);
  }

  /** Bulk operations over the same keys, named in opposite orders. */
  @Test
  void putAllAndRemoveAll_oppositeOrders() throws Exception {
    Cache<String, String> cache =
        create(
            TestManagers.strings()
                .setWriteThrough(true)
                .setCacheWriterFactory(() -> new CallingWriter(key -> {}, rows)));
    Map<String, String> entries = new HashMap<>();
    for (int i = 0; i < 50; i++) {
      entries.put("key" + i, "value");
    }
    Set<String> reversed = new TreeSet<>(Comparator.reverseOrder());
    reversed.addAll(entries.keySet());
    Future<?> puts =
        threads.submit(
            () -> {
              for (int i = 0; i < 100; i++) {
                cache.putAll(entries);
              }
            });
    Future<?> removals =
        threads.submit(
            () -> {
              for (int i = 0; i < 100; i++) {
                cache.removeAll(reversed);
              }
            });

    end(puts);
    end(removals);
    assertThat(cache.getAll(entries.keySet())).isEqualTo(rows);
  }

  /** A slow processor holds up its own key and no other. */
  @Test
  void invoke_otherKeysDoNotWait() throws Exception {
    Cache<String, String> cache = create(TestManagers.strings());
    CountDownLatch runs = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    Future<String> slow =
        threads.submit(
            () ->
                cache.invoke(
                    "slow",
                    (entry, arguments) -> {
                      runs.countDown();
                      await(go);
                      return "ended";
                    }));
    await(runs);

    for (int i = 0; i < 1_000; i++) {
      cache.invoke("key" + i, new Adding(() -> {}));
    }

    assertThat(slow).isNotDone();
    go.countDown();
    assertThat(end(slow)).isEqualTo("ended");
  }

  /** Changes do not wait for a loader, whose value is then not stored. */
  @Test
  void put_doesNotWaitForALoader() throws Exception {
    CountDownLatch loading = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    Cache<String, String> cache =
        create(
            loading(
                key -> {
                  loading.countDown();
                  await(go);
                  return "loaded";
                }));
    Future<String> get = threads.submit(() -> cache.get("k"));
    await(loading);

    cache.put("k", "put");
    cache.remove("k");
    go.countDown();

    assertThat(end(get)).isEqualTo("loaded");
    assertThat(cache.containsKey("k")).isFalse();
  }

  /** Another JVM's clear makes a load void as well. */
  @Test
  void get_otherManagerClears() throws Exception {
    CountDownLatch loading = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    Cache<String, String> cache =
        create(
            loading(
                key -> {
                  loading.countDown();
                  await(go);
                  return "loaded";
                }));
    Cache<String, String> other =
        managers.open(redis.uri()).createCache(cache.getName(), TestManagers.strings());
    Future<String> get = threads.submit(() -> cache.get("k"));
    await(loading);

    other.clear();
    go.countDown();

    assertThat(end(get)).isEqualTo("loaded");
    assertThat(other.containsKey("k")).isFalse();
    assertThat(cache.containsKey("k")).isFalse();
  }

  /** A loader that puts the key which it loads has changed it. */
  @Test
  void get_loaderPutsItsOwnKey() {
    List<Cache<String, String>> caches = new ArrayList<>();
    Cache<String, String> cache =
        create(
            loading(
                key -> {
                  caches.get(0).put(key, "put");
                  caches.get(0).remove(key);
                  return "loaded";
                }));
    caches.add(cache);

    assertThat(cache.get("k")).isEqualTo("loaded");
    assertThat(cache.containsKey("k")).isFalse();
  }

  @Test
  void getAll_eightThreadsLoadOnce() throws Exception {
    Cache<String, String> cache =
        create(
            loading(
                key -> {
                  count(key);
                  return key;
                }));
    Set<String> keys = Set.of("a", "b", "c", "d", "e");
    for (int round = 0; round < 50; round++) {
      cache.clear();
      loads.clear();
      CountDownLatch together = new CountDownLatch(8);
      List<Future<Map<String, String>>> answers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        boolean single = i % 4 == 3;
        answers.add(
            threads.submit(
                () -> {
                  meet(together);
                  return single ? Map.of("a", cache.get("a")) : cache.getAll(keys);
                }));
      }
      for (Future<Map<String, String>> answer : answers) {
        assertThat(end(answer)).containsEntry("a", "a");
      }
      assertThat(loads.values()).as("round %s", round).allMatch(count -> count.get() == 1);
    }
  }

  /** A loader that fails is asked once, and each of those who wait gets an exception of its own. */
  @Test
  void getAll_loaderFailsForEightThreads() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    Cache<String, String> cache =
        create(
            loading(
                key -> {
                  count(key);
                  await(go);
                  throw new IllegalStateException("no database");
                }));
    List<Thread> waiting = new ArrayList<>();
    List<Future<?>> answers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      CountDownLatch started = new CountDownLatch(1);
      answers.add(
          threads.submit(
              () -> {
                waiting.add(Thread.currentThread());
                started.countDown();
                return cache.getAll(Set.of("k"));
              }));
      await(started);
    }
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> waiting.stream().allMatch(CrossedKeysIT::isWaiting));
    go.countDown();

    Set<Throwable> failures = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Future<?> answer : answers) {
      assertThatThrownBy(() -> end(answer))
          .isInstanceOf(ExecutionException.class)
          .cause()
          .isInstanceOf(CacheLoaderException.class)
          .hasMessageContaining("no database")
          .satisfies(failures::add);
    }
    assertThat(failures).hasSize(8);
    assertThat(loads.get("k")).hasValue(1);
  }

  private static boolean isWaiting(Thread thread) {
    return thread.getState() == Thread.State.WAITING
        || thread.getState() == Thread.State.TIMED_WAITING;
  }

  /** A thread whose interrupt flag is set takes its turn like others, and keeps the flag. */
  @Test
  void put_interruptedWaitsItsTurn() throws Exception {
    CountDownLatch writing = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    List<String> order = Collections.synchronizedList(new ArrayList<>());
    Cache<String, String> cache =
        create(
            TestManagers.strings()
                .setWriteThrough(true)
                .setCacheWriterFactory(
                    () ->
                        new CallingWriter(
                            key -> {
                              order.add(Thread.currentThread().getName());
                              if (writing.getCount() > 0) {
                                writing.countDown();
                                await(go);
                              }
                            },
                            rows)));
    Future<?> first = threads.submit(() -> cache.put("k", "first"));
    await(writing);
    List<Thread> second = new ArrayList<>();
    CountDownLatch begun = new CountDownLatch(1);
    Future<Boolean> interrupted =
        threads.submit(
            () -> {
              second.add(Thread.currentThread());
              Thread.currentThread().interrupt();
              begun.countDown();
              cache.put("k", "second");
              return Thread.interrupted();
            });
    await(begun);
    Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> isWaiting(second.get(0)));
    assertThat(order).hasSize(1);
    go.countDown();

    end(first);
    assertThat(end(interrupted)).isTrue();
    assertThat(cache.get("k")).isEqualTo("second");
  }

  /** Adds a plus sign to the value. */
  private record Adding(Runnable before) implements EntryProcessor<String, String, String> {

    @Override
    public String process(MutableEntry<String, String> entry, Object... arguments) {
      before.run();
      String value = entry.exists() ? entry.getValue() + "+" : "+";
      entry.setValue(value);
      return value;
    }
  }

  private record SourceLoader(Function<String, @Nullable String> source)
      implements CacheLoader<String, String> {

    @Override
    public @Nullable String load(String key) {
      return source.apply(key);
    }

    @Override
    public Map<String, String> loadAll(Iterable<? extends String> keys) {
      Map<String, String> found = new HashMap<>();
      for (String key : keys) {
        String value = load(key);
        if (value != null) {
          found.put(key, value);
        }
      }
      return found;
    }
  }

  /** Calls application code for each key before it writes its row. */
  private record CallingWriter(Consumer<String> code, Map<String, String> rows)
      implements CacheWriter<String, String> {

    @Override
    public void write(Cache.Entry<? extends String, ? extends String> entry) {
      code.accept(entry.getKey());
      rows.put(entry.getKey(), entry.getValue());
    }

    @Override
    public void writeAll(Collection<Cache.Entry<? extends String, ? extends String>> entries) {
      entries.forEach(this::write);
    }

    @Override
    public void delete(Object key) {
      code.accept(String.valueOf(key));
      rows.remove(key);
    }

    @Override
    public void deleteAll(Collection<?> keys) {
      keys.forEach(this::delete);
    }
  }
}
