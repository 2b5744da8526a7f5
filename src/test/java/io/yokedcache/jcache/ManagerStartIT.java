package io.yokedcache.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.testing.RedisServer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.ref.WeakReference;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicInteger;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a manager says of itself when it starts, and what is left of one that does not. */
final class ManagerStartIT {

  private static RedisServer server;

  @TempDir private Path directory;

  @BeforeAll
  static void startServer() {
    server = RedisServer.start("--requirepass", "hunter2");
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @Test
  void start_oneLine() throws Exception {
    Path file = directory.resolve("shop.conf");
    Files.writeString(
        file,
        "yokedcache { uri = \"redis://:hunter2@127.0.0.1:%s\", namespace = shop }"
            .formatted(String.valueOf(server.port())));

    String log =
        logged(
            () -> {
              try (YokedCachingProvider provider = new YokedCachingProvider();
                  CacheManager manager = provider.getCacheManager(file.toUri(), null)) {
                assertThat(manager.isClosed()).isFalse();
              }
            });

    assertThat(log.lines().filter(line -> line.contains("INFO")).toList())
        .singleElement()
        .asString()
        .contains("YokedCache ", "redis://127.0.0.1:" + server.port(), "namespace shop")
        .contains("pipelined connections", file.toUri().toString());
    assertThat(log).doesNotContain("hunter2");
  }

  /** Neither with the URI nor without one, and with any properties. */
  @Test
  void getCacheManager_existing_readsNoFile() throws Exception {
    Files.writeString(
        directory.resolve("yokedcache.conf"),
        "yokedcache.uri = \"redis://:hunter2@127.0.0.1:%s\"".formatted(server.port()));
    Properties properties = new Properties();
    properties.setProperty("yokedcache.namespace", "other");
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (CountingLoader files = new CountingLoader(directory.toUri().toURL());
        YokedCachingProvider provider = new YokedCachingProvider()) {
      thread.setContextClassLoader(files);
      CacheManager manager = provider.getCacheManager();
      CacheManager ofProperties = provider.getCacheManager(manager.getURI(), files, properties);
      int lookedUp = files.lookedUp.get();
      assertThat(lookedUp).isPositive();

      assertThat(provider.getCacheManager()).isSameAs(manager);
      assertThat(provider.getCacheManager(null, null, properties)).isSameAs(manager);
      assertThat(provider.getCacheManager(manager.getURI(), null)).isSameAs(manager);
      assertThat(provider.getCacheManager(manager.getURI(), files, properties))
          .isSameAs(ofProperties);
      assertThat(files.lookedUp).hasValue(lookedUp);

      manager.close();
      assertThat(provider.getCacheManager()).isNotSameAs(manager);
      assertThat(files.lookedUp).hasValueGreaterThan(lookedUp);
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  /** Counts the files of the configuration that are looked up. */
  private static final class CountingLoader extends URLClassLoader {

    private final AtomicInteger lookedUp = new AtomicInteger();

    CountingLoader(URL folder) {
      super(new URL[] {folder}, ManagerStartIT.class.getClassLoader());
    }

    @Override
    public @Nullable URL getResource(String name) {
      if (name.endsWith(".conf")) {
        lookedUp.incrementAndGet();
      }
      return super.getResource(name);
    }
  }

  @Test
  void start_passwordInClear() {
    URI elsewhere = URI.create("redis://:hunter2@redis.invalid:6379");

    String log =
        logged(
            () -> {
              try (YokedCachingProvider provider = new YokedCachingProvider()) {
                assertThat(provider.getCacheManager(elsewhere, null).isClosed()).isFalse();
              }
            });

    assertThat(log).contains("redis://redis.invalid:6379", "in clear text", "rediss://");
    assertThat(log).doesNotContain("hunter2");
  }

  @Test
  void getCacheManager_otherProperties() {
    Properties first = properties("yokedcache.namespace", "a", "yokedcache.buckets", "1");
    Properties same = properties("yokedcache.namespace", "a", "yokedcache.buckets", "1", "x", "y");
    Properties other =
        properties("yokedcache.namespace", "hunter2", "yokedcache.connection.pool.size", "3");

    String log =
        logged(
            () -> {
              try (YokedCachingProvider provider = new YokedCachingProvider()) {
                CacheManager manager = provider.getCacheManager(server.uri(), null, first);
                assertThat(provider.getCacheManager(server.uri(), null, same)).isSameAs(manager);
                assertThat(provider.getCacheManager(server.uri(), null)).isSameAs(manager);
                assertThat(provider.getCacheManager(server.uri(), null, null)).isSameAs(manager);
                assertThat(provider.getCacheManager(server.uri(), null, other)).isSameAs(manager);
              }
            });

    assertThat(log.lines().filter(line -> line.contains("exists already")).toList())
        .singleElement()
        .asString()
        .contains(
            "[yokedcache.buckets, yokedcache.connection.pool.size, yokedcache.namespace]",
            "no effect")
        .doesNotContain("hunter2");
  }

  /** A class loader whose manager could not be created must not be held by the provider. */
  @Test
  void getCacheManager_failed_leavesNoClassLoader() {
    try (YokedCachingProvider provider = new YokedCachingProvider()) {
      WeakReference<ClassLoader> loader = failWithLoader(provider);

      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(
              () -> {
                System.gc();
                assertThat(loader.get()).isNull();
              });
    }
  }

  private static WeakReference<ClassLoader> failWithLoader(YokedCachingProvider provider) {
    ClassLoader loader = new URLClassLoader(new URL[0], null);
    Properties wrong = properties("yokedcache.buckets", "none");
    assertThatThrownBy(() -> provider.getCacheManager(server.uri(), loader, wrong))
        .isInstanceOf(CacheException.class)
        .hasMessageContaining("yokedcache.buckets");
    return new WeakReference<>(loader);
  }

  private static Properties properties(String... keysAndValues) {
    Properties properties = new Properties();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      properties.setProperty(keysAndValues[i], keysAndValues[i + 1]);
    }
    return properties;
  }

  /** What is logged meanwhile; the logger of the tests writes to {@code System.err}. */
  private static String logged(Runnable run) {
    PrintStream before = System.err;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    System.setErr(new PrintStream(bytes, /* autoFlush= */ true, StandardCharsets.UTF_8));
    try {
      run.run();
    } finally {
      System.setErr(before);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
