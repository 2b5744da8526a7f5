package io.yokedcache.metrics.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.metrics.testing.HostileBean;
import io.yokedcache.metrics.testing.PeerProcess;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import javax.management.remote.JMXServiceURL;
import org.junit.jupiter.api.Test;

/** A stand-alone bridge reads a hostile JVM, in processes of their own. */
final class TargetFilterTest {

  private static Set<Object> hashBomb() {
    Set<Object> outer = new HashSet<>();
    Set<Object> left = outer;
    Set<Object> right = new HashSet<>();
    for (int i = 0; i < 31; i++) {
      Set<Object> innerLeft = new HashSet<>(Set.of("left"));
      Set<Object> innerRight = new HashSet<>();
      left.add(innerLeft);
      left.add(innerRight);
      right.add(innerLeft);
      right.add(innerRight);
      left = innerLeft;
      right = innerRight;
    }
    return outer;
  }

  private static Object deepMap() {
    Map<Object, Object> map = new HashMap<>();
    for (int i = 0; i < 40; i++) {
      map = new HashMap<>(Map.of("next", map));
    }
    return map;
  }

  /** The hostile JVM. */
  public static final class HostileJvm {

    private HostileJvm() {}

    public static void main(String[] arguments) throws Exception {
      Set<Object> bomb = hashBomb();
      Object deep = deepMap();
      PriorityQueue<Integer> queue = new PriorityQueue<>(List.of(1, 2));
      new HostileBean()
          .with("CacheHits", () -> bomb)
          .with("CacheMisses", () -> deep)
          .with("CachePuts", () -> 7L)
          .with("CacheRemovals", () -> queue)
          .register(ManagementFactory.getPlatformMBeanServer(), "m", "hostile");
      CacheJvm.main(arguments);
    }
  }

  /** The bridge: prints what each cache was asked for, and how many values were refused. */
  public static final class Reader {

    private Reader() {}

    public static void main(String[] arguments) throws IOException {
      TargetFilter.install();
      try (RemoteJvm remote =
          RemoteJvm.at(new JMXServiceURL(arguments[0]), Map.of(), Duration.ofSeconds(20))) {
        CacheReadings readings = remote.read();
        readings
            .caches()
            .forEach(
                cache ->
                    System.out.println(cache.cache() + ' ' + cache.hits() + ' ' + cache.puts()));
        System.out.println("refused " + readings.refused());
      }
    }
  }

  @Test
  void read_hostileJvm() throws Exception {
    try (CacheJvm jvm = CacheJvm.start(HostileJvm.class, PeerProcess.freePort())) {
      Process reader =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xmx64m",
                  "-cp",
                  System.getProperty("java.class.path"),
                  Reader.class.getName(),
                  jvm.url().toString())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      boolean ended = reader.waitFor(60, TimeUnit.SECONDS);
      if (!ended) {
        reader.destroyForcibly();
      }
      assertThat(ended).as("ended").isTrue();
      assertThat(reader.inputReader().lines())
          .containsExactly("hostile null 7", "remote 2 1", "refused 3");
    }
  }
}
