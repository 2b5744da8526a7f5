package io.yokedcache.jcache.robustness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.testing.LastRecord;
import io.yokedcache.jcache.testing.RedisServer;
import java.io.File;
import java.lang.ref.WeakReference;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An application that was redeployed leaves nothing in the JVM, as under DevTools or a server. */
final class ClassLoaderReleaseIT {

  @ParameterizedTest
  @ValueSource(strings = {"pipelined", "pooled"})
  void closedApplication_isCollected(String executor) throws Throwable {
    // The server's threads outlive applications, and keep what those leave in them.
    ExecutorService threads = Executors.newSingleThreadExecutor();
    try (RedisServer server = RedisServer.start()) {
      System.setProperty("short-application.uri", server.uri().toString());
      System.setProperty("short-application.executor", executor);
      WeakReference<ClassLoader> loader =
          threads.submit(ClassLoaderReleaseIT::runOnce).get(60, TimeUnit.SECONDS);
      LastRecord.link();
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(
              () -> {
                System.gc();
                assertThat(loader.get()).isNull();
              });
    } finally {
      System.clearProperty("short-application.uri");
      System.clearProperty("short-application.executor");
      threads.shutdown();
    }
  }

  private static WeakReference<ClassLoader> runOnce() throws Exception {
    List<URL> urls = new ArrayList<>();
    Pattern separator = Pattern.compile(File.pathSeparator, Pattern.LITERAL);
    for (String path : separator.splitAsStream(System.getProperty("java.class.path")).toList()) {
      urls.add(Path.of(path).toUri().toURL());
    }
    ClassLoader before = Thread.currentThread().getContextClassLoader();
    try (URLClassLoader loader =
        new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
      Thread.currentThread().setContextClassLoader(loader);
      Callable<?> application =
          (Callable<?>)
              loader.loadClass(ShortApplication.class.getName()).getConstructor().newInstance();
      assertThat(application.getClass()).isNotEqualTo(ShortApplication.class);
      assertThat(application.call()).isEqualTo(14);
      return new WeakReference<>(loader);
    } finally {
      Thread.currentThread().setContextClassLoader(before);
    }
  }
}
