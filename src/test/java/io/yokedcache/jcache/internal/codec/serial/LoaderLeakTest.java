package io.yokedcache.jcache.internal.codec.serial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.internal.codec.CodecUser;
import io.yokedcache.jcache.testing.LastRecord;
import java.io.File;
import java.lang.ref.WeakReference;
import java.lang.reflect.Method;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the codecs remember of classes holds no class loader, neither theirs nor the classes'. */
final class LoaderLeakTest {

  private static final String SHARED =
      """
      package shared;
      public record Key(String text, java.util.List<String> parts) implements java.io.Serializable {}
      """;

  @TempDir private Path folder;

  @Test
  void codecs_ofAnApplicationThatEnded_areCollected() throws Exception {
    // The server's loader outlives the application, as the JDK's classes do.
    try (URLClassLoader server = GadgetLoader.compile(folder, "shared.Key", SHARED)) {
      try (URLClassLoader ofServer =
          new URLClassLoader(server.getURLs(), ClassLoader.getPlatformClassLoader())) {
        WeakReference<ClassLoader> application = useCodecs(ofServer);
        LastRecord.link();
        await()
            .atMost(Duration.ofSeconds(20))
            .untilAsserted(
                () -> {
                  System.gc();
                  assertThat(application.get()).isNull();
                });
        assertThat(ofServer.loadClass("shared.Key").isRecord()).isTrue();
      }
    }
  }

  /** Uses this library, as an application brings it, for classes that outlive the application. */
  private static WeakReference<ClassLoader> useCodecs(ClassLoader server) throws Exception {
    try (URLClassLoader application = new URLClassLoader(classPath(), server)) {
      Object key =
          server
              .loadClass("shared.Key")
              .getConstructor(String.class, List.class)
              .newInstance("a", List.of("b"));
      Class<?> codecs = application.loadClass(CodecUser.class.getName());
      assertThat(codecs.getClassLoader()).isSameAs(application);
      Method use = codecs.getMethod("use", Object.class);
      use.invoke(null, key);
      return new WeakReference<>(application);
    }
  }

  private static URL[] classPath() throws MalformedURLException {
    List<URL> urls = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      urls.add(Path.of(entry).toUri().toURL());
    }
    return urls.toArray(new URL[0]);
  }
}
