package io.yokedcache.jcache;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.testing.RedisServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.cache.configuration.CacheEntryListenerConfiguration;
import javax.cache.integration.CompletionListenerFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What begins while a cache or its manager closes either is closed as well, or is refused. */
@Timeout(120)
final class ClosingRacesIT {

  private static final int ROUNDS = Integer.getInteger("closing.rounds", 40);

  private static RedisServer redis;
  private static TestManagers managers;
  private static ExecutorService threads;

  @BeforeAll
  static void start() {
    redis = RedisServer.start();
    managers = new TestManagers();
    threads = Executors.newCachedThreadPool();
  }

  @AfterAll
  static void stop() {
    threads.shutdownNow();
    managers.close();
    redis.close();
  }

  @Test
  void register_whileTheCacheCloses() throws Exception {
    CacheManager manager = managers.open(redis.uri(), "yokedcache.events.announce", "1ms");
    for (int i = 0; i < ROUNDS; i++) {
      Cache<String, String> cache =
          manager.createCache(TestManagers.uniqueName("register"), TestManagers.strings());
      CacheEntryListenerConfiguration<String, String> listener =
          new RecordingListener<String, String>().configuration(false, true);

      List<@Nullable Throwable> thrown =
          atOnce(() -> cache.registerCacheEntryListener(listener), cache::close);

      assertNothingOr(IllegalStateException.class, thrown);
      Leftovers.assertNothingLeftOf(cache.getName(), redis.uri());
    }
  }

  @Test
  void register_twiceAtOnce() throws Exception {
    CacheManager manager = managers.open(redis.uri(), "yokedcache.events.announce", "1ms");
    for (int i = 0; i < ROUNDS; i++) {
      Cache<String, String> cache =
          manager.createCache(TestManagers.uniqueName("twice"), TestManagers.strings());
      RecordingListener<String, String> listener = new RecordingListener<>();
      CacheEntryListenerConfiguration<String, String> configuration =
          listener.configuration(false, true);
      Runnable register = () -> cache.registerCacheEntryListener(configuration);

      List<@Nullable Throwable> thrown = atOnce(register, register);

      assertThat(thrown).containsOnlyOnce((Throwable) null);
      assertNothingOr(IllegalArgumentException.class, thrown);
      cache.put("a", "1");
      assertThat(listener.heard()).hasSize(1);
      cache.close();
    }
  }

  @Test
  void enable_whileTheCacheCloses() throws Exception {
    CacheManager manager = managers.open(redis.uri());
    for (int i = 0; i < ROUNDS; i++) {
      Cache<String, String> cache =
          manager.createCache(TestManagers.uniqueName("enable"), TestManagers.strings());
      String name = cache.getName();

      List<@Nullable Throwable> thrown =
          atOnce(
              () -> manager.enableStatistics(name, true),
              () -> manager.enableManagement(name, true),
              cache::close);

      for (Throwable one : thrown) {
        if (one != null && !(one instanceof CacheException)) { // there is no such cache any more
          assertThat(one).isInstanceOf(IllegalStateException.class);
        }
      }
      Leftovers.assertNothingLeftOf(name, redis.uri());
    }
  }

  @Test
  void loadAll_whileTheCacheCloses() throws Exception {
    CacheManager manager = managers.open(redis.uri());
    for (int i = 0; i < ROUNDS; i++) {
      RecordingLoader loader = new RecordingLoader(Loaded::new);
      Cache<String, Loaded> cache =
          manager.createCache(TestManagers.uniqueName("load"), loader.configuration());

      assertLoadsAreToldOf(cache, cache::close);
    }
  }

  @Test
  void loadAll_whileTheManagerCloses() throws Exception {
    for (int i = 0; i < ROUNDS / 4; i++) {
      CacheManager manager = managers.open(redis.uri());
      RecordingLoader loader = new RecordingLoader(Loaded::new);
      Cache<String, Loaded> cache =
          manager.createCache(TestManagers.uniqueName("load"), loader.configuration());

      assertLoadsAreToldOf(cache, manager::close);
    }
  }

  private static void assertLoadsAreToldOf(Cache<String, Loaded> cache, Runnable close)
      throws Exception {
    List<CompletionListenerFuture> told = new ArrayList<>();
    List<Runnable> works = new ArrayList<>();
    works.add(close);
    for (int i = 0; i < 3; i++) {
      CompletionListenerFuture listener = new CompletionListenerFuture();
      told.add(listener);
      works.add(() -> cache.loadAll(Set.of("a", "b"), true, listener));
    }

    List<@Nullable Throwable> thrown = atOnce(works.toArray(Runnable[]::new));

    assertNothingOr(IllegalStateException.class, thrown);
    for (int i = 0; i < told.size(); i++) {
      if (thrown.get(i + 1) == null) {
        assertThat(isDone(told.get(i))).as("load %d", i).isTrue();
      }
    }
  }

  private static boolean isDone(CompletionListenerFuture told) throws Exception {
    try {
      told.get(20, TimeUnit.SECONDS);
      return true;
    } catch (ExecutionException failed) {
      return true;
    } catch (TimeoutException e) {
      return false;
    }
  }

  @Test
  void manager_closesWhileCachesComeAndGo() throws Exception {
    for (int i = 0; i < ROUNDS / 4; i++) {
      CacheManager manager = managers.open(redis.uri());
      String old = TestManagers.uniqueName("old");
      String young = TestManagers.uniqueName("young");
      manager.createCache(old, TestManagers.strings().setStatisticsEnabled(true));

      List<@Nullable Throwable> thrown =
          atOnce(
              manager::close,
              () ->
                  manager
                      .createCache(young, TestManagers.strings().setStatisticsEnabled(true))
                      .registerCacheEntryListener(
                          new RecordingListener<String, String>().configuration(false, true)),
              () -> manager.getCache(old),
              () -> manager.destroyCache(old));

      assertNothingOr(IllegalStateException.class, thrown);
      assertThat(manager.isClosed()).isTrue();
      Leftovers.assertNothingLeftOf(old, redis.uri());
      Leftovers.assertNothingLeftOf(young, redis.uri());
    }
  }

  private static void assertNothingOr(
      Class<? extends Throwable> allowed, List<@Nullable Throwable> thrown) {
    for (Throwable one : thrown) {
      if (one != null) {
        assertThat(one).isInstanceOf(allowed);
      }
    }
  }

  /** Runs them at the same time, each in a thread, and returns what each threw, or null. */
  private static List<@Nullable Throwable> atOnce(Runnable... works) throws Exception {
    CyclicBarrier start = new CyclicBarrier(works.length);
    List<Future<@Nullable Throwable>> futures = new ArrayList<>();
    for (Runnable work : works) {
      Callable<@Nullable Throwable> task =
          () -> {
            start.await(20, TimeUnit.SECONDS);
            try {
              work.run();
              return null;
            } catch (Throwable e) {
              return e;
            }
          };
      futures.add(threads.submit(task));
    }
    List<@Nullable Throwable> thrown = new ArrayList<>();
    for (Future<@Nullable Throwable> future : futures) {
      thrown.add(future.get(40, TimeUnit.SECONDS));
    }
    return thrown;
  }
}
