package io.yokedcache.jcache;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.testing.RedisServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.cache.Cache;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How many methods of the provider a {@code get} passes on its way to the socket. */
final class FrameDepthIT {

  private static final String OWN = "io.yokedcache.";

  @TempDir private Path directory;

  /** All frames of the provider count, from {@code RedisCache.get} to the one that writes. */
  @Test
  void get_hit_reachesTheSocketInNineFrames() throws IOException {
    assertThat(pathOfGet("pipelined"))
        .hasSizeLessThanOrEqualTo(9)
        .last()
        .isEqualTo(RedisCache.class.getName() + ".get");
  }

  /** Jedis writes for the pool: its frames are not the provider's. */
  @Test
  void get_hitOverThePool_reachesJedisInTenFrames() throws IOException {
    assertThat(pathOfGet("pooled"))
        .hasSizeLessThanOrEqualTo(10)
        .last()
        .isEqualTo(RedisCache.class.getName() + ".get");
  }

  private List<String> pathOfGet(String executor) throws IOException {
    Path file = directory.resolve("writes.jfr");
    try (RedisServer server = RedisServer.start();
        TestManagers managers = new TestManagers();
        Recording recording = new Recording()) {
      Cache<String, String> cache =
          managers
              .open(server.uri(), "yokedcache.connection.executor", executor)
              .createCache(TestManagers.uniqueName("depth"), TestManagers.strings());
      recording.enable("jdk.SocketWrite").withoutThreshold().withStackTrace();
      recording.start();
      cache.put("key", "value"); // right before, so that the connection needs no PING
      assertThat(cache.get("key")).isEqualTo("value");
      recording.stop();
      recording.dump(file);
    }
    List<List<String>> paths = new ArrayList<>();
    try (RecordingFile events = new RecordingFile(file)) {
      while (events.hasMoreEvents()) {
        List<String> path = ownFrames(events.readEvent());
        if (path.contains(RedisCache.class.getName() + ".get")) {
          paths.add(path);
        }
      }
    }
    assertThat(paths).hasSize(1);
    return paths.get(0);
  }

  /** The provider's frames, the innermost first, but for those of the test. */
  private static List<String> ownFrames(RecordedEvent write) {
    return write.getStackTrace().getFrames().stream()
        .filter(RecordedFrame::isJavaFrame)
        .map(RecordedFrame::getMethod)
        .map(method -> method.getType().getName() + "." + method.getName())
        .filter(name -> name.startsWith(OWN) && !name.startsWith(FrameDepthIT.class.getName()))
        .toList();
  }
}
