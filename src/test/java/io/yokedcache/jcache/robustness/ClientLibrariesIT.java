package io.yokedcache.jcache.robustness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnitAccess;
import com.tngtech.archunit.core.domain.JavaFieldAccess;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.yokedcache.jcache.testing.RedisServer;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.cache.configuration.FactoryBuilder;
import javax.cache.configuration.MutableCacheEntryListenerConfiguration;
import javax.cache.event.CacheEntryCreatedListener;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import redis.clients.jedis.Connection;

/**
 * The provider on the libraries that an application brings. The build runs this class on its own
 * versions and again on each older set of them, see the executions of Failsafe.
 */
final class ClientLibrariesIT {

  /** The build says which files must be in use, so that it cannot test the same ones twice. */
  @Test
  void libraries_areThoseOfTheBuild() {
    String wanted = System.getProperty("libraries.expected", "jedis-,slf4j-api-");
    List<String> used = List.of(file(Connection.class), file(Logger.class));
    assertThat(wanted.split(","))
        .allSatisfy(name -> assertThat(used).anyMatch(file -> file.startsWith(name)));
    System.out.println("Client libraries: " + used);
  }

  /** Finds what would be a NoSuchMethodError on a path that no test takes. */
  @Test
  void references_exist() {
    JavaClasses production =
        new ClassFileImporter()
            .withImportOption(location -> !location.contains("/test-classes/"))
            .importPackages("io.yokedcache.jcache");
    Set<String> missing = new TreeSet<>();
    int checked = 0;
    for (JavaClass from : production) {
      from.getDirectDependenciesFromSelf().stream()
          .map(dependency -> dependency.getTargetClass().getBaseComponentType())
          .filter(ClientLibrariesIT::isOfLibrary)
          .filter(to -> load(to) == null)
          .forEach(to -> missing.add(from.getName() + " needs " + to.getName()));
      for (JavaAccess<?> access : from.getAccessesFromSelf()) {
        if (isOfLibrary(access.getTargetOwner())) {
          checked++;
          if (!exists(access)) {
            missing.add(access.getDescription());
          }
        }
      }
    }
    assertThat(checked).isGreaterThan(500);
    assertThat(missing).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"pipelined", "pooled"})
  void operations_work(String executor) throws Exception {
    try (RedisServer server = RedisServer.start("--requirepass", "secret");
        CacheManager manager = open(server, executor, "caches.near.near.enabled=true");
        CacheManager other = open(server, executor)) {
      Cache<String, String> cache = Managers.texts(manager, "plain");
      cache.put("a", "1");
      assertThat(cache.get("a")).isEqualTo("1");
      assertThat(cache.getAndPut("a", "2")).isEqualTo("1");
      assertThat(cache.replace("a", "2", "3")).isTrue();
      assertThat(cache.putIfAbsent("a", "4")).isFalse();
      String old =
          cache.invoke(
              "a",
              (entry, arguments) -> {
                String before = entry.getValue();
                entry.setValue("5");
                return before;
              });
      assertThat(old).isEqualTo("3");
      Map<String, String> many = new LinkedHashMap<>();
      for (int i = 0; i < 300; i++) {
        many.put("key" + i, "value" + i);
      }
      cache.putAll(many);
      assertThat(cache.getAll(many.keySet())).isEqualTo(many);
      List<String> keys = new ArrayList<>();
      cache.forEach(entry -> keys.add(entry.getKey()));
      assertThat(keys).hasSize(301);
      cache.removeAll(Set.of("key0", "key1"));
      assertThat(cache.containsKey("key0")).isFalse();
      String large = "x".repeat(1 << 20);
      cache.put("large", large);
      assertThat(cache.get("large")).isEqualTo(large);
      cache.clear();
      assertThat(cache.iterator()).isExhausted();

      hearsTheOther(Managers.texts(manager, "heard"), Managers.texts(other, "heard"));
      dropsCopies(Managers.texts(manager, "near"), Managers.texts(other, "near"));
    }
  }

  private static void hearsTheOther(Cache<String, String> cache, Cache<String, String> other)
      throws InterruptedException {
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    CacheEntryCreatedListener<String, String> listener =
        events -> events.forEach(event -> heard.add(event.getKey()));
    cache.registerCacheEntryListener(
        new MutableCacheEntryListenerConfiguration<>(
            new FactoryBuilder.SingletonFactory<>(listener), null, false, false));
    other.put("news", "1");
    assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo("news");
  }

  private static void dropsCopies(Cache<String, String> near, Cache<String, String> other) {
    near.put("k", "old");
    await().atMost(Duration.ofSeconds(10)).until(() -> "old".equals(near.get("k")));
    other.put("k", "new");
    await().atMost(Duration.ofSeconds(10)).until(() -> "new".equals(near.get("k")));
  }

  /** Ends by a connection that another thread closes. */
  @ParameterizedTest
  @ValueSource(strings = {"pipelined", "pooled"})
  void put_hungServer(String executor) {
    try (RedisServer server = RedisServer.start("--requirepass", "secret");
        CacheManager manager = open(server, executor, "connection.command-timeout=300ms")) {
      Cache<String, String> cache = Managers.texts(manager, "hung");
      cache.put("a", "1");
      server.pause();
      try {
        String large = "x".repeat(30 << 20);
        assertThatThrownBy(() -> cache.put("a", large)).isInstanceOf(CacheException.class);
      } finally {
        server.resume();
      }
      await()
          .atMost(Duration.ofSeconds(10))
          .ignoreExceptions()
          .untilAsserted(() -> assertThat(cache.get("a")).isNotNull());
    }
  }

  private static CacheManager open(RedisServer server, String executor, String... settings) {
    List<String> all = new ArrayList<>(List.of(settings));
    all.add("connection.executor=" + executor);
    all.add("connection.password=secret");
    return Managers.open(server.uri(), all.toArray(String[]::new));
  }

  private static String file(Class<?> type) {
    String location = type.getProtectionDomain().getCodeSource().getLocation().getPath();
    return location.substring(location.lastIndexOf('/') + 1);
  }

  /** Ours are, too: they inherit from Jedis. Not the JDK: methods of VarHandle have any types. */
  private static boolean isOfLibrary(JavaClass type) {
    return !type.isPrimitive() && !type.isArray() && !type.getName().startsWith("java.");
  }

  private static @Nullable Class<?> load(JavaClass type) {
    try {
      return Class.forName(
          type.getName(), /* initialize= */ false, ClientLibrariesIT.class.getClassLoader());
    } catch (ClassNotFoundException | LinkageError absent) {
      return null;
    }
  }

  private static boolean exists(JavaAccess<?> access) {
    Class<?> owner = load(access.getTargetOwner());
    if (owner == null) {
      return false;
    }
    if (access instanceof JavaFieldAccess field) {
      String type = field.getTarget().getRawType().getName();
      return types(owner).anyMatch(each -> hasField(each, access.getName(), type));
    }
    var target = ((JavaCodeUnitAccess<?>) access).getTarget();
    List<String> parameters =
        target.getRawParameterTypes().stream().map(JavaClass::getName).toList();
    String result = target.getRawReturnType().getName();
    if (target.getName().equals("<init>")) {
      return Arrays.stream(owner.getDeclaredConstructors())
          .map(Constructor::getParameterTypes)
          .anyMatch(each -> names(each).equals(parameters));
    }
    return types(owner).anyMatch(each -> hasMethod(each, target.getName(), parameters, result));
  }

  private static boolean hasField(Class<?> in, String name, String type) {
    return Arrays.stream(in.getDeclaredFields())
        .anyMatch(each -> each.getName().equals(name) && each.getType().getName().equals(type));
  }

  private static boolean hasMethod(
      Class<?> in, String name, List<String> parameters, String result) {
    return Arrays.stream(in.getDeclaredMethods())
        .filter(each -> each.getName().equals(name))
        .filter(each -> each.getReturnType().getName().equals(result))
        .map(Method::getParameterTypes)
        .anyMatch(each -> names(each).equals(parameters));
  }

  private static List<String> names(Class<?>... types) {
    return Arrays.stream(types).map(Class::getName).toList();
  }

  /** The type and all above it. */
  private static Stream<Class<?>> types(Class<?> type) {
    Stream<Class<?>> above =
        Stream.concat(Stream.ofNullable(type.getSuperclass()), Arrays.stream(type.getInterfaces()));
    Stream<Class<?>> object = type.isInterface() ? Stream.of(Object.class) : Stream.empty();
    return Stream.concat(
        Stream.of(type), Stream.concat(object, above.flatMap(ClientLibrariesIT::types)));
  }
}
