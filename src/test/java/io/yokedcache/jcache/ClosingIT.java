package io.yokedcache.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.testing.RedisServer;
import java.lang.management.ManagementFactory;
import java.lang.ref.WeakReference;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.configuration.CacheEntryListenerConfiguration;
import javax.cache.configuration.Configuration;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.integration.CompletionListener;
import javax.cache.processor.EntryProcessor;
import javax.management.MalformedObjectNameException;
import javax.management.ObjectName;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is closed says so, takes everything of its own along, and wrong arguments are named. */
final class ClosingIT {

  /** Those of JSR-107, the extended one, the operation that was used, and its three phases. */
  private static final int BEANS_WITH_STATISTICS = 7;

  private static final Set<String> ALLOWED_ON_CLOSED =
      Set.of(
          "getName",
          "getCacheManager",
          "getCachingProvider",
          "getConfiguration",
          "getURI",
          "getClassLoader",
          "getProperties",
          "close",
          "isClosed",
          "unwrap");

  private static RedisServer redis;

  private final YokedCachingProvider provider = new YokedCachingProvider();

  @BeforeAll
  static void start() {
    redis = RedisServer.start();
  }

  @AfterAll
  static void stop() {
    redis.close();
  }

  @AfterEach
  void closeProvider() {
    provider.close();
  }

  static Stream<Method> cacheMethods() {
    return methods(Cache.class);
  }

  static Stream<Method> managerMethods() {
    return methods(CacheManager.class);
  }

  private static Stream<Method> methods(Class<?> type) {
    return Arrays.stream(type.getMethods()).filter(each -> !Modifier.isStatic(each.getModifiers()));
  }

  @ParameterizedTest
  @MethodSource("cacheMethods")
  void closedCache(Method method) throws Exception {
    Cache<String, String> cache = create();
    cache.close();

    assertClosed(cache, method, "Cache " + cache.getName() + " is closed");
  }

  @ParameterizedTest
  @MethodSource("managerMethods")
  void closedManager(Method method) throws Exception {
    CacheManager manager = manager();
    manager.close();

    assertClosed(manager, method, "Cache manager " + redis.uri() + " is closed");
  }

  private static void assertClosed(Object closed, Method method, String message) throws Exception {
    Object[] arguments = arguments(method, -1, null);
    if (ALLOWED_ON_CLOSED.contains(method.getName())) {
      method.invoke(closed, arguments);
    } else {
      assertThatThrownBy(() -> method.invoke(closed, arguments))
          .isInstanceOf(InvocationTargetException.class)
          .cause()
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(message);
    }
  }

  @ParameterizedTest
  @MethodSource("cacheMethods")
  void nullArgument(Method method) {
    Cache<String, String> cache = create();
    for (int i = 0; i < method.getParameterCount(); i++) {
      Class<?> type = method.getParameterTypes()[i];
      boolean mayBeNull = type == CompletionListener.class || type == Object[].class;
      if (type.isPrimitive() || mayBeNull || method.isDefault()) {
        continue;
      }
      Object[] arguments = arguments(method, i, null);
      assertThatThrownBy(() -> method.invoke(cache, arguments))
          .as("argument %d", i)
          .cause()
          .isInstanceOf(NullPointerException.class)
          .message()
          .matches("[a-zA-Z]+");
    }
  }

  @ParameterizedTest
  @MethodSource("cacheMethods")
  void nullAmongSeveral(Method method) {
    Cache<String, String> cache = create();
    for (int i = 0; i < method.getParameterCount(); i++) {
      Class<?> type = method.getParameterTypes()[i];
      if (type == Set.class) {
        Object[] arguments = arguments(method, i, new HashSet<>(Arrays.asList("k", null)));
        assertThatThrownBy(() -> method.invoke(cache, arguments))
            .hasCause(new NullPointerException("key"));
      }
      if (type == Map.class) {
        Object[] arguments = arguments(method, i, Collections.singletonMap("k", null));
        assertThatThrownBy(() -> method.invoke(cache, arguments))
            .hasCause(new NullPointerException("value"));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cacheMethods")
  void wrongType(Method method) {
    Cache<String, String> cache = create();
    for (int i = 0; i < method.getParameterCount(); i++) {
      Object wrong = wrong(method.getGenericParameterTypes()[i]);
      if (wrong == null) {
        continue;
      }
      Object[] arguments = arguments(method, i, wrong);
      assertThatThrownBy(() -> method.invoke(cache, arguments))
          .as("argument %d", i)
          .cause()
          .isInstanceOf(ClassCastException.class)
          .hasMessageContaining("java.lang.Integer")
          .hasMessageContaining("java.lang.String")
          .hasMessageContaining(cache.getName());
    }
    assertThat(cache.iterator().hasNext()).isFalse();
  }

  /** A number in place of a text, or null where the parameter is no key or value. */
  private static @Nullable Object wrong(Type type) {
    return switch (type.getTypeName()) {
      case "K", "V" -> 1;
      case "java.util.Set<? extends K>" -> Set.of(1);
      case "java.util.Map<? extends K, ? extends V>" -> Map.of(1, "v");
      default -> null;
    };
  }

  /** Arguments that are right, but for one. */
  private static Object[] arguments(Method method, int index, @Nullable Object instead) {
    Class<?>[] types = method.getParameterTypes();
    @Nullable Object[] arguments = new Object[types.length];
    for (int i = 0; i < types.length; i++) {
      arguments[i] = i == index ? instead : argument(method, types[i]);
    }
    return arguments;
  }

  private static @Nullable Object argument(Method method, Class<?> type) {
    if (type == Object.class || type == String.class) {
      return "k";
    } else if (type == Set.class) {
      return Set.of("k");
    } else if (type == Map.class) {
      return Map.of("k", "v");
    } else if (type == boolean.class) {
      return true;
    } else if (type == Object[].class) {
      return new Object[0];
    } else if (type == EntryProcessor.class) {
      EntryProcessor<String, String, String> processor = (entry, more) -> entry.getKey();
      return processor;
    } else if (type == CacheEntryListenerConfiguration.class) {
      return new RecordingListener<String, String>().configuration(false, true);
    } else if (type == Configuration.class) {
      return TestManagers.strings();
    } else if (type == Consumer.class) {
      Consumer<Object> consumer = entry -> {};
      return consumer;
    } else if (type == Class.class) {
      return switch (method.getName()) {
        case "getConfiguration" -> Configuration.class;
        case "unwrap" -> Object.class;
        default -> String.class;
      };
    } else if (type == CompletionListener.class) {
      return null;
    }
    throw new IllegalArgumentException("No argument of " + type + " for " + method);
  }

  @Test
  void close_twice() {
    Cache<String, String> cache = create();
    CacheManager manager = cache.getCacheManager();

    assertThatCode(
            () -> {
              cache.close();
              cache.close();
              manager.close();
              manager.close();
              provider.close();
              provider.close();
            })
        .doesNotThrowAnyException();

    assertThat(cache.isClosed()).isTrue();
    assertThat(manager.isClosed()).isTrue();
  }

  @Test
  void close_cacheKeepsItsEntries() {
    Cache<String, String> cache = create();
    CacheManager manager = cache.getCacheManager();
    cache.put("k", "v");

    cache.close();

    assertThat(manager.<String, String>getCache(cache.getName())).isNull();
    Cache<String, String> again = manager.createCache(cache.getName(), TestManagers.strings());
    assertThat(again.get("k")).isEqualTo("v");
  }

  @Test
  void destroy_cacheLosesItsEntries() {
    Cache<String, String> cache = create();
    CacheManager manager = cache.getCacheManager();
    cache.put("k", "v");

    manager.destroyCache(cache.getName());

    assertThat(cache.isClosed()).isTrue();
    Cache<String, String> again = manager.createCache(cache.getName(), TestManagers.strings());
    assertThat(again.get("k")).isNull();
  }

  /**
   * An application may create and destroy caches of ever new names. The changes of a cache are kept
   * for a while, in case that a fail-over loses them.
   */
  @Test
  void destroy_cacheLeavesNothingInTheJvm() {
    Properties properties = new Properties();
    properties.setProperty("yokedcache.fail-over.within", "1s");
    CacheManager manager = provider.getCacheManager(redis.uri(), null, properties);
    WeakReference<String> name = createAndDestroy(manager, "forgotten", "7");
    WeakReference<String> refused = createRefused(manager, "refused", "7");

    await("the names of caches that are gone")
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () -> {
              WeakReference<String> unused = createAndDestroy(manager, "next", "8");
              System.gc();
              assertThat(name.get()).isNull();
              assertThat(refused.get()).isNull();
            });
  }

  private static WeakReference<String> createAndDestroy(CacheManager manager, String... name) {
    String joined = String.join("-", name);
    Cache<String, String> cache = manager.createCache(joined, TestManagers.strings());
    cache.put("k", "v");
    manager.destroyCache(joined);
    return new WeakReference<>(joined);
  }

  /** Another application uses the cache with other types. */
  private static WeakReference<String> createRefused(CacheManager manager, String... name) {
    try (YokedCachingProvider other = new YokedCachingProvider()) {
      other
          .getCacheManager(redis.uri(), null)
          .createCache(
              String.join("-", name),
              new MutableConfiguration<Long, Long>().setTypes(Long.class, Long.class));
    }
    String joined = String.join("-", name);
    assertThatThrownBy(() -> manager.createCache(joined, TestManagers.strings()))
        .hasMessageContaining("belongs to an application that uses it differently");
    return new WeakReference<>(joined);
  }

  @Test
  void provider_worksAgainAfterClose() {
    Cache<String, String> cache = create();
    cache.put("k", "v");

    provider.close();

    assertThat(cache.isClosed()).isTrue();
    assertThat(cache.getCacheManager().isClosed()).isTrue();
    CacheManager again = manager();
    assertThat(again).isNotSameAs(cache.getCacheManager());
    assertThat(again.createCache(cache.getName(), TestManagers.strings()).get("k")).isEqualTo("v");
  }

  @Test
  void provider_closeLeavesNoThread() {
    Set<Thread> before = threads();
    Cache<String, String> cache = create();
    cache.registerCacheEntryListener(
        new RecordingListener<String, String>().configuration(true, false));
    cache.put("k", "v");
    cache.loadAll(Set.of("k"), true, null);
    cache.clear();
    assertThat(since(before)).hasSizeGreaterThanOrEqualTo(2);

    provider.close();

    await().atMost(Duration.ofSeconds(20)).until(() -> since(before).isEmpty());
  }

  /** A web server warns of threads that live when it has stopped the application. */
  @Test
  void manager_closedThreadsHaveEnded() throws Exception {
    for (int round = 0; round < 20; round++) {
      Set<Thread> before = threads();
      Cache<String, String> cache = create();
      cache.getCacheManager().enableStatistics(cache.getName(), true);
      ((YokedCache<String, String>) cache).getAsync("k").get();

      cache.getCacheManager().close();

      assertThat(since(before))
          .noneMatch(name -> name.matches("yokedcache-(async|background|health|statistics).*"));
    }
  }

  private static List<String> since(Set<Thread> before) {
    Set<Thread> started = threads();
    started.removeAll(before);
    return started.stream().map(Thread::getName).toList();
  }

  private static Set<Thread> threads() {
    Set<Thread> threads = new HashSet<>(Thread.getAllStackTraces().keySet());
    threads.removeIf(thread -> !thread.getName().startsWith("yokedcache-"));
    return threads;
  }

  @Test
  void close_leavesNoMBean() throws Exception {
    Cache<String, String> closed = create();
    CacheManager manager = closed.getCacheManager();
    Cache<String, String> destroyed = create();
    Cache<String, String> leftOpen = create();
    for (Cache<String, String> cache : List.of(closed, destroyed, leftOpen)) {
      manager.enableManagement(cache.getName(), true);
      manager.enableStatistics(cache.getName(), true);
      assertThat(cache.containsKey("k")).isFalse();
      assertThat(beans(cache)).hasSize(BEANS_WITH_STATISTICS);
    }

    closed.close();
    manager.destroyCache(destroyed.getName());
    assertThat(beans(closed)).isEmpty();
    assertThat(beans(destroyed)).isEmpty();
    assertThat(beans(leftOpen)).hasSize(BEANS_WITH_STATISTICS);
    provider.close();

    assertThat(beans(leftOpen)).isEmpty();
  }

  private static Set<ObjectName> beans(Cache<?, ?> cache) throws MalformedObjectNameException {
    return ManagementFactory.getPlatformMBeanServer()
        .queryNames(new ObjectName("*:Cache=" + cache.getName() + ",*"), null);
  }

  private CacheManager manager() {
    return provider.getCacheManager(redis.uri(), null, null);
  }

  private Cache<String, String> create() {
    return manager().createCache(TestManagers.uniqueName("closing"), TestManagers.strings());
  }
}
