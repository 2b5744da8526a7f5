package io.yokedcache.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.testing.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.integration.CacheLoaderException;
import javax.cache.integration.CompletionListenerFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Loads in the background end, and whoever waits for one hears how, whatever the loader does. */
@Timeout(120)
final class LoadAllIT {

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
  void loadAll_keepsExisting() throws Exception {
    RecordingLoader loader =
        new RecordingLoader(key -> key.equals("none") ? null : new Loaded("loaded " + key));
    Cache<String, Loaded> cache = create(loader);
    cache.put("a", new Loaded("put"));

    loadAll(cache, Set.of("a", "b", "none"), /* replace= */ false);

    assertThat(cache.getAll(Set.of("a", "b", "none")))
        .isEqualTo(Map.of("a", new Loaded("put"), "b", new Loaded("loaded b")));
    assertThat(loader.asked()).containsExactlyInAnyOrder("b", "none");
  }

  @Test
  void loadAll_replacesExisting() throws Exception {
    RecordingLoader loader = new RecordingLoader(key -> new Loaded("loaded " + key));
    Cache<String, Loaded> cache = create(loader);
    cache.put("a", new Loaded("put"));

    loadAll(cache, Set.of("a", "b"), /* replace= */ true);

    assertThat(cache.getAll(Set.of("a", "b")))
        .isEqualTo(Map.of("a", new Loaded("loaded a"), "b", new Loaded("loaded b")));
  }

  @Test
  void loadAll_withoutLoader() throws Exception {
    Cache<String, String> cache =
        manager.createCache(TestManagers.uniqueName("unloaded"), TestManagers.strings());
    CompletionListenerFuture done = new CompletionListenerFuture();

    cache.loadAll(Set.of("a"), true, done);

    done.get(30, TimeUnit.SECONDS);
    assertThat(cache.containsKey("a")).isFalse();
  }

  @Test
  void loadAll_fails() {
    Cache<String, Loaded> cache =
        create(
            new RecordingLoader(
                key -> {
                  throw new IllegalStateException("no database");
                }));

    assertThatThrownBy(() -> loadAll(cache, Set.of("a"), true))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(CacheLoaderException.class);
  }

  /** An application that waits for its load must hear of an error too. */
  @Test
  void loadAll_endsWithAnError() {
    Cache<String, Loaded> cache =
        create(
            new RecordingLoader(
                key -> {
                  throw new NoClassDefFoundError("as it should");
                }));

    assertThatThrownBy(() -> loadAll(cache, Set.of("a"), true))
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOf(CacheLoaderException.class)
        .hasCauseInstanceOf(NoClassDefFoundError.class);
  }

  @Test
  void loadAll_manyAtOnce_returnsBeforeTheLoaderDoes() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    Cache<String, Loaded> cache =
        create(
            new RecordingLoader(
                key -> {
                  awaitUnchecked(gate);
                  return new Loaded(key);
                }));
    List<CompletionListenerFuture> all = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      all.add(new CompletionListenerFuture());
      cache.loadAll(Set.of("k" + i), true, all.get(i));
    }
    gate.countDown();

    for (CompletionListenerFuture one : all) {
      one.get(30, TimeUnit.SECONDS);
    }
    for (int i = 0; i < 20; i++) {
      assertThat(cache.containsKey("k" + i)).isTrue();
    }
  }

  /** Loaders that wait for loads must not occupy all threads of loads for ever. */
  @Test
  void loadAll_loadersLoadAll_end() throws Exception {
    Cache<String, Loaded> inner = create(new RecordingLoader(Loaded::new));
    Cache<String, Loaded> outer =
        create(
            new RecordingLoader(
                key -> {
                  try {
                    loadAll(inner, Set.of(key), /* replace= */ true);
                  } catch (Exception e) {
                    throw new IllegalStateException(e);
                  }
                  return inner.get(key);
                }));
    List<CompletionListenerFuture> all = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      all.add(new CompletionListenerFuture());
      outer.loadAll(Set.of("k" + i), true, all.get(i));
    }
    for (CompletionListenerFuture one : all) {
      one.get(60, TimeUnit.SECONDS);
    }
    assertThat(outer.get("k19")).isEqualTo(new Loaded("k19"));
  }

  @Test
  void close_waitsForLoadAll() throws Exception {
    CountDownLatch loading = new CountDownLatch(1);
    CountDownLatch gate = new CountDownLatch(1);
    RecordingLoader loader =
        new RecordingLoader(
            key -> {
              loading.countDown();
              awaitUnchecked(gate);
              return new Loaded(key);
            });
    Cache<String, Loaded> cache = create(loader);
    CompletionListenerFuture done = new CompletionListenerFuture();
    cache.loadAll(Set.of("a"), true, done);
    awaitUnchecked(loading);
    ExecutorService closer = Executors.newSingleThreadExecutor();
    try {
      Future<?> closing = closer.submit(cache::close);
      Awaitility.await().atMost(Duration.ofSeconds(30)).until(cache::isClosed);
      assertThat(closing.isDone()).isFalse();
      gate.countDown();

      closing.get(30, TimeUnit.SECONDS);
      assertThat(done.isDone()).isTrue();
      done.get();
    } finally {
      closer.shutdownNow();
    }
  }

  private static Cache<String, Loaded> create(RecordingLoader loader) {
    return manager.createCache(TestManagers.uniqueName("loaded"), loader.configuration());
  }

  private static void loadAll(Cache<String, Loaded> cache, Set<String> keys, boolean replace)
      throws Exception {
    CompletionListenerFuture done = new CompletionListenerFuture();
    cache.loadAll(keys, replace, done);
    done.get(30, TimeUnit.SECONDS);
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
