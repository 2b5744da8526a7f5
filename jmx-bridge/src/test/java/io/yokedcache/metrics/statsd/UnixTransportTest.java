package io.yokedcache.metrics.statsd;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.DatagramPacket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.newsclub.net.unix.AFUNIXDatagramSocket;
import org.newsclub.net.unix.AFUNIXSocketAddress;

/** DogStatsD on a Unix datagram socket that comes, goes, and does not read. */
final class UnixTransportTest {

  private static final Duration SOON = Duration.ofSeconds(20);

  @TempDir private Path folder;

  private Path path() {
    return folder.resolve("dsd.socket");
  }

  private AFUNIXDatagramSocket daemon() throws IOException {
    AFUNIXDatagramSocket socket = AFUNIXDatagramSocket.newInstance();
    socket.bind(AFUNIXSocketAddress.of(path()));
    socket.setSoTimeout((int) SOON.toMillis());
    return socket;
  }

  private static String receive(AFUNIXDatagramSocket daemon) throws IOException {
    DatagramPacket packet = new DatagramPacket(new byte[8192], 8192);
    daemon.receive(packet);
    return new String(packet.getData(), 0, packet.getLength(), UTF_8);
  }

  private StatsDCollector collector() {
    return StatsDCollector.builder()
        .host("unix://" + path())
        .useTags(true)
        .prefix("p")
        .timeout(SOON)
        .build();
  }

  @Test
  void increment_arrives() throws IOException {
    try (AFUNIXDatagramSocket daemon = daemon();
        StatsDCollector collector = collector()) {
      collector.increment("cache.gets.total", 1, Map.of("result", "hit"));
      assertThat(receive(daemon)).isEqualTo("p.gets:1|c|#result:hit");
      await().atMost(SOON).until(() -> collector.statistics().sentPackets() == 1);
    }
  }

  @Test
  void increment_daemonIsAwayAndComesBack() throws IOException {
    try (StatsDCollector collector = collector()) {
      collector.increment("lost", 1, Map.of());
      await().atMost(SOON).until(() -> collector.statistics().droppedEvents() == 1);
      try (AFUNIXDatagramSocket first = daemon()) {
        await()
            .atMost(SOON)
            .until(
                () -> {
                  collector.increment("m", 1, Map.of());
                  return collector.statistics().sentEvents() > 0;
                });
        assertThat(receive(first)).startsWith("p.m:1|c");
      }
      Files.delete(path());
      try (AFUNIXDatagramSocket again = daemon()) {
        collector.increment("again", 1, Map.of());
        String received = receive(again);
        while (!received.contains("p.again:1|c")) { // what had waited for its turn comes first
          received = receive(again);
        }
      }
    }
  }

  @Test
  void increment_daemonDoesNotRead_isDroppedAndCounted() throws IOException {
    try (AFUNIXDatagramSocket daemon = daemon()) {
      StatsDCollector collector = collector();
      await()
          .atMost(SOON)
          .until(
              () -> {
                for (int i = 0; i < 1_000; i++) {
                  collector.increment("m", 1, Map.of("i", String.valueOf(i)));
                }
                return collector.statistics().droppedPackets() > 0;
              });
      assertThat(daemon.isBound()).isTrue();
      collector.close();
    }
  }

  @Test
  void host_unixWithoutPath_isRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> StatsDCollector.builder().host("unix://"))
        .withMessageContaining("unix:///");
  }
}
