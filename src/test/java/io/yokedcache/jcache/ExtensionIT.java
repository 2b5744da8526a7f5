package io.yokedcache.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.spi.ManagerContext;
import io.yokedcache.jcache.spi.ManagerExtension;
import io.yokedcache.jcache.spi.OperationObserver;
import io.yokedcache.jcache.spi.StartedExtension;
import io.yokedcache.jcache.testing.RedisServer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Extensions live with their manager, hear of its operations, and can do it no harm. */
final class ExtensionIT {

  private static RedisServer redis;

  @TempDir private Path folder;
  private final TestManagers managers = new TestManagers();

  @BeforeAll
  static void startRedis() throws Exception {
    redis = RedisServer.start();
  }

  @AfterAll
  static void stopRedis() {
    redis.close();
  }

  @BeforeEach
  void forget() {
    Listening.STARTED.clear();
    Listening.CLOSED.clear();
    Listening.COUNTS.clear();
  }

  @AfterEach
  void closeAll() {
    managers.close();
  }

  @Test
  void operations_areTold_whileStatisticsAreOn() throws Exception {
    CacheManager manager = open(Listening.class);
    Cache<String, String> cache =
        manager.createCache("told", TestManagers.strings().setStatisticsEnabled(true));
    cache.put("a", "1");
    assertThat(cache.get("a")).isEqualTo("1");
    assertThat(cache.get("b")).isNull();
    cache.getAll(Set.of("a", "b", "c"));
    assertThat(cache.remove("a")).isTrue();
    cache.invoke(
        "i",
        (entry, arguments) -> {
          entry.setValue("2");
          return entry;
        });
    assertThatThrownBy(
            () ->
                cache.invoke(
                    "i",
                    (entry, arguments) -> {
                      throw new IllegalStateException("on purpose");
                    }))
        .isInstanceOf(CacheException.class);
    manager.enableStatistics("told", false);
    cache.put("not", "told");

    assertThat(Listening.COUNTS)
        .containsEntry("put", 1L)
        .containsEntry("get", 2L)
        .containsEntry("getAll", 1L)
        .containsEntry("remove", 1L)
        .containsEntry("invoke", 1L)
        .containsEntry("hits", 3L)
        .containsEntry("misses", 4L)
        .containsEntry("puts", 2L)
        .containsEntry("removals", 1L)
        .containsEntry("invoke processor", 1L);
    assertThat(Listening.COUNTS.get("nanos")).isPositive();
  }

  @Test
  void close_comesWhileTheCachesAreThere() throws Exception {
    CacheManager manager = open(Listening.class);
    Cache<String, String> cache =
        manager.createCache("last", TestManagers.strings().setStatisticsEnabled(true));
    cache.put("a", "1");
    manager.close();

    assertThat(Listening.STARTED).hasSize(1);
    assertThat(Listening.CLOSED).containsExactly("last puts=1");
  }

  @Test
  void extensionThatThrows_leavesManagerAndNeighboursAlone() throws Exception {
    CacheManager manager = open(Failing.class, Listening.class);
    Cache<String, String> cache =
        manager.createCache("safe", TestManagers.strings().setStatisticsEnabled(true));
    cache.put("a", "1");

    assertThat(cache.get("a")).isEqualTo("1");
    assertThat(Listening.COUNTS).containsEntry("put", 1L).containsEntry("get", 1L);
  }

  @Test
  void observerThatThrows_failsNoOperation() throws Exception {
    CacheManager manager = open(ThrowingObserver.class, Listening.class);
    Cache<String, String> cache =
        manager.createCache("brave", TestManagers.strings().setStatisticsEnabled(true));
    cache.put("a", "1");

    assertThat(cache.get("a")).isEqualTo("1");
    assertThat(Listening.COUNTS).containsEntry("get", 1L);
    manager.close();
  }

  @Test
  void classThatIsMissing_isLeftOut() throws Exception {
    CacheManager manager = open(List.of("com.acme.NotThere", Listening.class.getName()));
    assertThat(Listening.STARTED).containsExactly(manager.getURI().toString());
  }

  @Test
  void group_thatNoReferenceHas_saysSo() throws Exception {
    open(Listening.class);
    assertThat(Listening.missingGroup)
        .contains("No reference.conf on the class path has a group yokedcache.no-such-group");
  }

  private CacheManager open(Class<?>... extensions) throws IOException {
    return open(List.of(extensions).stream().map(Class::getName).toList());
  }

  private CacheManager open(List<String> extensions) throws IOException {
    Path services = Files.createDirectories(folder.resolve("META-INF/services"));
    Files.write(services.resolve(ManagerExtension.class.getName()), extensions);
    URLClassLoader loader =
        new URLClassLoader(new URL[] {folder.toUri().toURL()}, ExtensionIT.class.getClassLoader());
    return managers.openFor(loader, redis.uri());
  }

  /** Counts what it hears. */
  public static final class Listening implements ManagerExtension {

    static final List<String> STARTED = new CopyOnWriteArrayList<>();
    static final List<String> CLOSED = new CopyOnWriteArrayList<>();
    static final Map<String, Long> COUNTS = new ConcurrentHashMap<>();
    static volatile String missingGroup = "";

    @Override
    public StartedExtension start(ManagerContext manager) {
      STARTED.add(manager.uri().toString());
      try {
        manager.group("no-such-group");
      } catch (CacheException e) {
        missingGroup = String.valueOf(e.getMessage());
      }
      return new Started(manager.managerName());
    }

    private record Started(String managerName) implements StartedExtension {

      @Override
      public OperationObserver observer(String cacheName) {
        return new Counting();
      }

      @Override
      public void close() {
        try {
          MBeanServer server = ManagementFactory.getPlatformMBeanServer();
          ObjectName snapshot =
              new ObjectName("io.yokedcache:type=Snapshot,CacheManager=" + managerName);
          CompositeData figures = (CompositeData) server.getAttribute(snapshot, "Figures");
          String[] caches = (String[]) figures.get("caches");
          List<String> counters = List.of((String[]) figures.get("counterNames"));
          long[] counts = (long[]) figures.get("counters");
          for (int i = 0; i < caches.length; i++) {
            long puts = counts[i * counters.size() + counters.indexOf("puts")];
            CLOSED.add(caches[i] + " puts=" + puts);
          }
        } catch (JMException e) {
          throw new IllegalStateException(e);
        }
      }
    }
  }

  /** Adds up what one cache does. */
  private static final class Counting implements OperationObserver {

    @Override
    public void completed(
        String operation, int hits, int misses, int puts, int removals, long durationNanos) {
      add(operation, 1);
      add("nanos", durationNanos);
      counted(hits, misses, puts, removals);
    }

    @Override
    public void counted(int hits, int misses, int puts, int removals) {
      add("hits", hits);
      add("misses", misses);
      add("puts", puts);
      add("removals", removals);
    }

    @Override
    public void failed(String operation, String errorType) {
      add(operation + " " + errorType, 1);
    }

    private static void add(String name, long amount) {
      Listening.COUNTS.merge(name, amount, Long::sum);
    }
  }

  /** Does not start. */
  public static final class Failing implements ManagerExtension {

    @Override
    public StartedExtension start(ManagerContext manager) {
      throw new IllegalStateException("on purpose");
    }
  }

  /** Fails whenever it is called. */
  public static final class ThrowingObserver implements ManagerExtension {

    @Override
    public StartedExtension start(ManagerContext manager) {
      return new StartedExtension() {
        @Override
        public @Nullable OperationObserver observer(String cacheName) {
          return new Throwing();
        }

        @Override
        public void close() {
          Raised.UNDECLARED.raise();
        }
      };
    }
  }

  private static final class Throwing implements OperationObserver {

    @Override
    public void completed(
        String operation, int hits, int misses, int puts, int removals, long durationNanos) {
      Raised.ERROR.raise();
    }

    @Override
    public void counted(int hits, int misses, int puts, int removals) {
      Raised.UNDECLARED.raise();
    }

    @Override
    public void failed(String operation, String errorType) {
      throw new IllegalStateException("on purpose");
    }
  }
}
