package io.yokedcache.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.testing.RedisServer;
import java.io.Closeable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.cache.configuration.Factory;
import javax.cache.configuration.MutableCacheEntryListenerConfiguration;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.event.CacheEntryCreatedListener;
import javax.cache.event.CacheEntryEvent;
import javax.cache.event.CacheEntryEventFilter;
import javax.cache.expiry.Duration;
import javax.cache.expiry.ExpiryPolicy;
import javax.cache.integration.CacheLoader;
import javax.cache.integration.CacheWriter;
import javax.cache.integration.CompletionListener;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.Jedis;

/** No failure of application code cuts creating or closing short: nothing is left behind. */
@Timeout(60)
final class ClosingFailureIT {

  private static RedisServer redis;

  private final List<String> closed = new ArrayList<>();
  private final TestManagers managers = new TestManagers();

  @BeforeAll
  static void start() {
    redis = RedisServer.start();
  }

  @AfterAll
  static void stop() {
    redis.close();
  }

  @AfterEach
  void close() {
    Thread.interrupted();
    managers.close();
  }

  private CacheManager manager() {
    return managers.open(redis.uri(), "yokedcache.defaults.load-timeout", "60s");
  }

  @ParameterizedTest
  @EnumSource
  void managerClose_ignoresWhatFails(Raised raised) throws Exception {
    CacheManager manager = manager();
    String name = TestManagers.uniqueName("close");
    manager.createCache(name, everything(raised::raise, null)).put("a", "1");
    Cache<String, String> other =
        manager.createCache(TestManagers.uniqueName("other"), TestManagers.strings());

    manager.close();

    assertThat(closed)
        .containsExactlyInAnyOrder("listener", "filter", "loader", "writer", "policy");
    assertThat(other.isClosed()).isTrue();
    assertThat(Thread.interrupted()).isEqualTo(raised == Raised.UNDECLARED_INTERRUPTION);
    Leftovers.assertNothingLeftOf(name, redis.uri());
    Leftovers.assertNoManagerLeft(redis.uri());
  }

  @ParameterizedTest
  @EnumSource
  void cacheClose_throwsOnlyErrors(Raised raised) throws Exception {
    CacheManager manager = manager();
    Cache<String, String> cache =
        manager.createCache(TestManagers.uniqueName("close"), everything(raised::raise, null));

    Throwable thrown = catchThrowable(cache::close);

    if (raised == Raised.ERROR) {
      assertThat(thrown).isExactlyInstanceOf(raised.type());
    } else {
      assertThat(thrown).isNull();
    }
    assertThat(closed)
        .containsExactlyInAnyOrder("listener", "filter", "loader", "writer", "policy");
    Leftovers.assertNothingLeftOf(cache.getName(), redis.uri());
  }

  @ParameterizedTest
  @EnumSource
  void createCache_factoryFails(Raised raised) throws Exception {
    CacheManager manager = managers.open(redis.uri(), "yokedcache.defaults.near.enabled", "true");
    for (String failing : List.of("policy", "loader", "writer", "listener", "filter")) {
      closed.clear();
      String name = TestManagers.uniqueName("create");

      Throwable thrown =
          catchThrowable(() -> manager.createCache(name, everything(null, raised::raise, failing)));

      if (raised == Raised.ERROR) {
        assertThat(thrown).isExactlyInstanceOf(raised.type());
      } else {
        assertThat(thrown)
            .as(failing)
            .isExactlyInstanceOf(CacheException.class)
            .hasCauseInstanceOf(raised.type())
            .hasMessageContaining("factory");
      }
      assertThat(closed).as("closed, without %s", failing).isEqualTo(createdBefore(failing));
      assertThat(Thread.interrupted()).isEqualTo(raised == Raised.UNDECLARED_INTERRUPTION);
      Leftovers.assertNothingLeftOf(name, redis.uri());
      assertThat(manager.getCacheNames()).doesNotContain(name);
      // Two equal prefixes would make Redis refuse to track anything for this manager.
      Cache<String, String> cache = manager.createCache(name, TestManagers.strings());
      cache.put("a", "1");
      await().untilAsserted(() -> assertThat(hasCopy(cache)).isTrue());
    }
  }

  private static List<String> createdBefore(String failing) {
    return switch (failing) {
      case "policy" -> List.of();
      case "loader" -> List.of("policy");
      case "writer" -> List.of("policy", "loader");
      case "listener" -> List.of("loader", "writer", "policy");
      default -> List.of("listener", "loader", "writer", "policy");
    };
  }

  /** Whether reads of the cache are answered by a copy in this JVM. */
  private static boolean hasCopy(Cache<String, String> cache) {
    try (Jedis observer = new Jedis(redis.uri())) {
      cache.get("a");
      long before = reads(observer);
      cache.get("a");
      return reads(observer) == before;
    }
  }

  private static long reads(Jedis observer) {
    return observer
        .info("commandstats")
        .lines()
        .filter(line -> line.startsWith("cmdstat_mget:") || line.startsWith("cmdstat_get:"))
        .mapToLong(line -> Long.parseLong(line.replaceFirst("^[^:]*:calls=(\\d+),.*", "$1")))
        .sum();
  }

  @Test
  void createCache_factoryInterruptsAndCreatesAnother() throws Exception {
    CacheManager manager = manager();
    String name = TestManagers.uniqueName("outer");
    String inner = TestManagers.uniqueName("inner");

    Cache<String, String> cache =
        manager.createCache(
            name,
            everything(
                null,
                () -> {
                  manager.createCache(inner, TestManagers.strings()).put("a", "1");
                  Thread.currentThread().interrupt();
                },
                "writer"));

    assertThat(Thread.interrupted()).isTrue();
    cache.put("a", "2");
    assertThat(manager.<String, String>getCache(inner).get("a")).isEqualTo("1");
  }

  @Test
  void createCache_slowFactoryHoldsUpNobody() throws Exception {
    CacheManager manager = manager();
    Cache<String, String> other =
        manager.createCache(TestManagers.uniqueName("other"), TestManagers.strings());
    CountDownLatch creating = new CountDownLatch(1);
    CountDownLatch gate = new CountDownLatch(1);
    Runnable slow =
        () -> {
          creating.countDown();
          awaitUnchecked(gate);
        };
    CompletableFuture<Cache<String, String>> created =
        CompletableFuture.supplyAsync(
            () ->
                manager.createCache(
                    TestManagers.uniqueName("slow"), everything(null, slow, "loader")));
    awaitUnchecked(creating);

    assertThat(manager.<String, String>getCache(other.getName())).isSameAs(other);
    other.put("a", "1");
    manager.enableStatistics(other.getName(), true);
    other.close();
    gate.countDown();

    assertThat(created.get(30, TimeUnit.SECONDS).isClosed()).isFalse();
  }

  @Test
  void close_slowCodeHoldsUpNobody() throws Exception {
    CacheManager manager = manager();
    Cache<String, String> other =
        manager.createCache(TestManagers.uniqueName("other"), TestManagers.strings());
    CountDownLatch closing = new CountDownLatch(1);
    CountDownLatch gate = new CountDownLatch(1);
    Cache<String, String> slow =
        manager.createCache(
            TestManagers.uniqueName("slow"),
            everything(
                () -> {
                  closing.countDown();
                  awaitUnchecked(gate);
                },
                null));
    CompletableFuture<Void> closed = CompletableFuture.runAsync(slow::close);
    awaitUnchecked(closing);

    other.put("a", "1");
    assertThat(manager.<String, String>getCache(slow.getName())).isNull();
    manager.createCache(slow.getName(), TestManagers.strings()).close();
    other.close();
    gate.countDown();

    closed.get(30, TimeUnit.SECONDS);
  }

  @Test
  void close_interruptsAndClosesAgain() throws Exception {
    CacheManager manager = manager();
    String name = TestManagers.uniqueName("again");
    Cache<String, String> cache =
        manager.createCache(
            name,
            everything(
                () -> {
                  Thread.currentThread().interrupt();
                  manager.close();
                },
                null));

    cache.close();

    assertThat(Thread.interrupted()).isTrue();
    assertThat(closed)
        .containsExactlyInAnyOrder("listener", "filter", "loader", "writer", "policy");
    assertThat(manager.isClosed()).isTrue();
    Leftovers.assertNothingLeftOf(name, redis.uri());
    Leftovers.assertNoManagerLeft(redis.uri());
  }

  @Test
  void createCache_factoryClosesTheManager() throws Exception {
    CacheManager manager = manager();
    String name = TestManagers.uniqueName("create");

    assertThatThrownBy(
            () ->
                manager.createCache(
                    name, everything(null, manager::close, "listener").setReadThrough(false)))
        .isInstanceOf(IllegalStateException.class);

    Leftovers.assertNothingLeftOf(name, redis.uri());
    Leftovers.assertNoManagerLeft(redis.uri());
  }

  @ParameterizedTest
  @EnumSource
  void deregister_closeFails(Raised raised) throws Exception {
    CacheManager manager = manager();
    Cache<String, String> cache =
        manager.createCache(TestManagers.uniqueName("deregister"), TestManagers.strings());
    MutableCacheEntryListenerConfiguration<String, String> listener =
        listener(new Listener(raised::raise), new Filter(raised::raise));
    cache.registerCacheEntryListener(listener);

    Throwable thrown = catchThrowable(() -> cache.deregisterCacheEntryListener(listener));

    assertThat(thrown == null).isEqualTo(raised != Raised.ERROR);
    assertThat(closed).containsExactly("listener", "filter");
    cache.registerCacheEntryListener(listener);
    cache.put("a", "1");
  }

  @ParameterizedTest
  @EnumSource
  void register_factoryFails(Raised raised) throws Exception {
    CacheManager manager = manager();
    Cache<String, String> cache =
        manager.createCache(TestManagers.uniqueName("register"), TestManagers.strings());
    MutableCacheEntryListenerConfiguration<String, String> listener =
        new MutableCacheEntryListenerConfiguration<>(
            () -> new Listener(null),
            factory("filter", new Filter(null), raised::raise, "filter"),
            false,
            true);

    for (int i = 0; i < 2; i++) { // the second time it is not known, either
      assertThat(catchThrowable(() -> cache.registerCacheEntryListener(listener)))
          .isExactlyInstanceOf(raised == Raised.ERROR ? raised.type() : CacheException.class);
    }
    assertThat(closed).containsExactly("listener", "listener");
    cache.close();
    Leftovers.assertNothingLeftOf(cache.getName(), redis.uri());
  }

  @Test
  void onCompletion_closesItsManager() throws Exception {
    CacheManager manager = manager();
    Cache<String, String> cache =
        manager.createCache(TestManagers.uniqueName("loading"), everything(null, null));
    CompletableFuture<Boolean> isClosed = new CompletableFuture<>();

    cache.loadAll(
        Set.of("a"),
        /* replaceExistingValues= */ true,
        new CompletionListener() {

          @Override
          public void onCompletion() {
            manager.close();
            isClosed.complete(cache.isClosed());
          }

          @Override
          public void onException(Exception e) {
            isClosed.completeExceptionally(e);
          }
        });

    assertThat(isClosed.get(30, TimeUnit.SECONDS)).as("not after load-timeout").isTrue();
  }

  /** What a load that ends while its cache closes has to tell, its listeners hear. */
  @Test
  void close_deliversEventsOfRunningLoads() throws Exception {
    CacheManager manager = manager();
    CountDownLatch loading = new CountDownLatch(1);
    CountDownLatch gate = new CountDownLatch(1);
    RecordingLoader loader =
        new RecordingLoader(
            key -> {
              loading.countDown();
              awaitUnchecked(gate);
              return new Loaded(key);
            });
    Cache<String, Loaded> cache =
        manager.createCache(TestManagers.uniqueName("ending"), loader.configuration());
    RecordingListener<String, Loaded> listener = new RecordingListener<>();
    cache.registerCacheEntryListener(listener.configuration(false, /* isSynchronous= */ false));
    cache.loadAll(Set.of("a"), true, null);
    awaitUnchecked(loading);

    CompletableFuture<Void> closing = CompletableFuture.runAsync(cache::close);
    await().until(cache::isClosed);
    gate.countDown();
    closing.get(30, TimeUnit.SECONDS);

    assertThat(listener.heard()).hasSize(1);
  }

  private static void awaitUnchecked(CountDownLatch latch) {
    try {
      assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private MutableConfiguration<String, String> everything(
      @Nullable Runnable onClose, @Nullable Runnable onCreate, String... failing) {
    MutableCacheEntryListenerConfiguration<String, String> listener =
        new MutableCacheEntryListenerConfiguration<>(
            factory("listener", new Listener(onClose), onCreate, failing),
            factory("filter", new Filter(onClose), onCreate, failing),
            /* isOldValueRequired= */ false,
            /* isSynchronous= */ true);
    Factory<Loader> loader = factory("loader", new Loader(onClose), onCreate, failing);
    Factory<Writer> writer = factory("writer", new Writer(onClose), onCreate, failing);
    return TestManagers.strings()
        .setReadThrough(true)
        .setWriteThrough(true)
        .setStatisticsEnabled(true)
        .setManagementEnabled(true)
        .setExpiryPolicyFactory(factory("policy", new Policy(onClose), onCreate, failing))
        .setCacheLoaderFactory(loader)
        .setCacheWriterFactory(writer)
        .addCacheEntryListenerConfiguration(listener);
  }

  private static <T> Factory<T> factory(
      String name, T object, @Nullable Runnable onCreate, String... failing) {
    return () -> {
      if (onCreate != null && List.of(failing).contains(name)) {
        onCreate.run();
      }
      return object;
    };
  }

  private static MutableCacheEntryListenerConfiguration<String, String> listener(
      Listener listener, Filter filter) {
    return new MutableCacheEntryListenerConfiguration<>(
        () -> listener, () -> filter, /* isOldValueRequired= */ false, /* isSynchronous= */ true);
  }

  /** Notes that it is closed, and then fails. */
  private abstract class Part implements Closeable {

    private final String name;
    private final @Nullable Runnable onClose;

    Part(String name, @Nullable Runnable onClose) {
      this.name = name;
      this.onClose = onClose;
    }

    @Override
    public void close() {
      closed.add(name);
      if (onClose != null) {
        onClose.run();
      }
    }
  }

  private final class Listener extends Part implements CacheEntryCreatedListener<String, String> {

    Listener(@Nullable Runnable onClose) {
      super("listener", onClose);
    }

    @Override
    public void onCreated(Iterable<CacheEntryEvent<? extends String, ? extends String>> events) {}
  }

  private final class Filter extends Part implements CacheEntryEventFilter<String, String> {

    Filter(@Nullable Runnable onClose) {
      super("filter", onClose);
    }

    @Override
    public boolean evaluate(CacheEntryEvent<? extends String, ? extends String> event) {
      return true;
    }
  }

  private final class Policy extends Part implements ExpiryPolicy {

    Policy(@Nullable Runnable onClose) {
      super("policy", onClose);
    }

    @Override
    public Duration getExpiryForCreation() {
      return Duration.ETERNAL;
    }

    @Override
    public @Nullable Duration getExpiryForAccess() {
      return null;
    }

    @Override
    public @Nullable Duration getExpiryForUpdate() {
      return null;
    }
  }

  private final class Loader extends Part implements CacheLoader<String, String> {

    Loader(@Nullable Runnable onClose) {
      super("loader", onClose);
    }

    @Override
    public String load(String key) {
      return "loaded";
    }

    @Override
    public Map<String, String> loadAll(Iterable<? extends String> keys) {
      return Map.of();
    }
  }

  private final class Writer extends Part implements CacheWriter<String, String> {

    Writer(@Nullable Runnable onClose) {
      super("writer", onClose);
    }

    @Override
    public void write(Cache.Entry<? extends String, ? extends String> entry) {}

    @Override
    public void writeAll(Collection<Cache.Entry<? extends String, ? extends String>> entries) {}

    @Override
    public void delete(Object key) {}

    @Override
    public void deleteAll(Collection<?> keys) {}
  }
}
