package io.yokedcache.metrics.statsd;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.summingDouble;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.yokedcache.metrics.source.StatsDStatistics;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What arrives at a UDP port, and that everything that does not is counted. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
final class StatsDCollectorTest {

  private static final int THREADS = 8;
  private static final int EACH = 100_000;
  private static final long FLOOD = (long) THREADS * EACH;
  private static final Duration SOON = Duration.ofSeconds(20);

  @Test
  void increment_dogstatsd_sendsTheSeedsLines() throws IOException {
    try (UdpReceiver receiver = UdpReceiver.start()) {
      StatsDCollector collector = to(receiver).useTags(true).prefix("myapp.cache").build();
      collector.increment("cache.gets.total", 1, Map.of("result", "hit"));
      collector.gauge("cache.keys_count", 1500, Map.of());
      collector.timing("cache.operation_duration", 0.005, Map.of("operation", "set"));
      collector.histogram("upload.size", 17.5, Map.of());
      collector.close();

      await()
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThat(receiver.lines())
                      .containsExactly(
                          "myapp.cache.gets:1|c|#result:hit",
                          "myapp.cache.keys_count:1500|g",
                          "myapp.cache.operation_duration:0.005|h|#operation:set",
                          "myapp.cache.upload.size:17.5|h"));
    }
  }

  @Test
  void increment_plain_foldsTags() throws IOException {
    try (UdpReceiver receiver = UdpReceiver.start()) {
      StatsDCollector collector = to(receiver).prefix("myapp.cache").build();
      collector.increment("cache.gets.total", 1, Map.of("result", "miss"));
      collector.gauge("delta", -2.5, Map.of());
      collector.timing("cache.operation_duration", 0.005, Map.of("operation", "set"));
      collector.close();

      await()
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThat(receiver.packets())
                      .containsExactly(
                          """
                          myapp.cache.gets.miss:1|c
                          myapp.cache.delta:0|g
                          myapp.cache.delta:-2.5|g
                          myapp.cache.operation_duration.set:5|ms"""));
    }
  }

  @Test
  void increment_floodOfThreads_arrivesExactlyInFullPackets() throws Exception {
    try (UdpReceiver receiver = UdpReceiver.start()) {
      StatsDBuilder settings = to(receiver).prefix("p").queueCapacity(1_000_000);
      StatsDCollector collector =
          settings.timeout(SOON).build(PacedTransport.to(receiver, udp(settings)));
      flood(thread -> collector.increment("m" + thread, thread + 1, Map.of()));
      collector.close();

      StatsDStatistics statistics = collector.statistics();
      assertThat(statistics.sentEvents()).isEqualTo(FLOOD);
      assertThat(statistics.droppedEvents()).isZero();
      await().atMost(SOON).until(() -> receiver.packetCount() >= statistics.sentPackets());
      Map<String, Double> sums =
          receiver.parsed().stream()
              .collect(groupingBy(StatsLine::name, summingDouble(StatsLine::value)));
      assertThat(sums).hasSize(THREADS);
      for (int thread = 0; thread < THREADS; thread++) {
        assertThat(sums).containsEntry("p.m" + thread, (thread + 1.0) * EACH);
      }
      assertThat(receiver.largestPacket()).isBetween(1400, 1432);
      long fullPackets = FLOOD * "p.m0:1|c\n".length() / 1400;
      assertThat(statistics.sentPackets()).isLessThan(fullPackets * 11 / 10);
    }
  }

  @Test
  void increment_queueTooSmall_countsEveryDrop() throws Exception {
    try (UdpReceiver receiver = UdpReceiver.start()) {
      StatsDBuilder settings = to(receiver).queueCapacity(1024).timeout(SOON);
      StatsDCollector collector = settings.build(PacedTransport.to(receiver, udp(settings)));
      flood(thread -> collector.increment("m", 1, Map.of("thread", "t" + thread)));
      collector.close();

      StatsDStatistics statistics = collector.statistics();
      assertThat(statistics.droppedEvents()).isPositive();
      assertThat(statistics.queuedEvents()).isZero();
      await().atMost(SOON).until(() -> receiver.packetCount() >= statistics.sentPackets());
      assertThat(receiver.parsed().size() + statistics.droppedEvents()).isEqualTo(FLOOD);
    }
  }

  @Test
  void increment_resolverHangs_neverWaits() throws Exception {
    try (UdpReceiver receiver = UdpReceiver.start()) {
      HungLookup lookup = new HungLookup();
      StatsDBuilder settings = to(receiver).queueCapacity(1000);
      StatsDCollector collector = settings.build(settings.udp(lookup));
      flood(thread -> collector.increment("m", 1, Map.of()));
      // Ends only if nobody waited for the resolver, which is still hanging.
      assertThat(collector.statistics().droppedEvents()).isGreaterThan(FLOOD - 2000);

      lookup.release();
      await().atMost(SOON).until(() -> collector.statistics().sentEvents() >= 1000);
      collector.close();
      StatsDStatistics statistics = collector.statistics();
      assertThat(statistics.sentEvents() + statistics.droppedEvents()).isEqualTo(FLOOD);
      await().atMost(SOON).until(() -> receiver.lines().size() == statistics.sentEvents());
    }
  }

  @Test
  void close_resolverHangs_returnsAndCountsWhatWasLost() {
    StatsDBuilder settings = StatsDCollector.builder().timeout(Duration.ofMillis(50));
    StatsDCollector collector = settings.build(settings.udp(new HungLookup()));
    for (int i = 0; i < 100; i++) {
      collector.increment("m", 1, Map.of());
    }
    collector.close();
    collector.increment("late", 1, Map.of());
    collector.close();

    assertThat(collector.statistics().droppedEvents()).isEqualTo(101);
    assertThat(collector.statistics().sentEvents()).isZero();
    assertThat(collector.statistics().queuedEvents()).isZero();
  }

  @Test
  void close_sendsWhatIsQueued() throws IOException {
    try (UdpReceiver receiver = UdpReceiver.start()) {
      StatsDBuilder settings = to(receiver);
      StatsDCollector collector = settings.build(PacedTransport.to(receiver, udp(settings)));
      for (int i = 0; i < 10_000; i++) {
        collector.increment("m", 1, Map.of());
      }
      collector.close();

      assertThat(collector.statistics().sentEvents()).isEqualTo(10_000);
      await().atMost(SOON).until(() -> receiver.parsed().size() == 10_000);
    }
  }

  @Test
  void increment_unknownHost_isTriedAgain() throws IOException {
    try (UdpReceiver receiver = UdpReceiver.start()) {
      FlakyLookup lookup = new FlakyLookup(3);
      StatsDBuilder settings = to(receiver).dnsRefresh(Duration.ofMillis(20));
      try (StatsDCollector collector = settings.build(settings.udp(lookup))) {
        collector.increment("early", 1, Map.of());

        await().atMost(SOON).until(() -> receiver.lines().contains("yokedcache.early:1|c"));
        assertThat(lookup.calls()).isGreaterThanOrEqualTo(4);
      }
    }
  }

  @Test
  void increment_hostMoves_isFollowed() throws IOException {
    try (UdpReceiver before = UdpReceiver.start();
        UdpReceiver after = UdpReceiver.start("127.0.0.2", before.port())) {
      MovingLookup lookup = new MovingLookup("127.0.0.1");
      StatsDBuilder settings = to(before).dnsRefresh(Duration.ofMillis(20));
      try (StatsDCollector collector = settings.build(settings.udp(lookup))) {
        collector.increment("first", 1, Map.of());
        await().atMost(SOON).until(() -> before.lines().contains("yokedcache.first:1|c"));
        lookup.moveTo("127.0.0.2");

        await()
            .atMost(SOON)
            .until(
                () -> {
                  collector.increment("second", 1, Map.of());
                  return after.lines().contains("yokedcache.second:1|c");
                });
        assertThat(collector.statistics().droppedEvents()).isZero();
      }
    }
  }

  @Test
  void increment_addressThatCannotBeReached_isDroppedUntilItCan() throws IOException {
    try (UdpReceiver receiver = UdpReceiver.start()) {
      // Nobody may send to this one without asking for it.
      MovingLookup lookup = new MovingLookup("255.255.255.255");
      StatsDBuilder settings = to(receiver).dnsRefresh(Duration.ofMillis(20));
      try (StatsDCollector collector = settings.build(settings.udp(lookup))) {
        collector.increment("lost", 1, Map.of());
        await().atMost(SOON).until(() -> collector.statistics().droppedPackets() == 1);
        lookup.moveTo("127.0.0.1");

        await()
            .atMost(SOON)
            .until(
                () -> {
                  collector.increment("second", 1, Map.of());
                  return receiver.lines().contains("yokedcache.second:1|c");
                });
      }
    }
  }

  @Test
  void increment_daemonComesBack_isReceivedFromTheFirstPacketOn() throws IOException {
    UdpReceiver gone = UdpReceiver.start();
    int port = gone.port();
    gone.close();
    try (StatsDCollector collector = to(port).build()) {
      for (int i = 1; i <= 5; i++) {
        collector.increment("lost", 1, Map.of());
        long packets = i;
        await()
            .atMost(SOON)
            .until(
                () -> {
                  StatsDStatistics now = collector.statistics();
                  return now.sentPackets() + now.droppedPackets() == packets;
                });
      }
      try (UdpReceiver back = UdpReceiver.start("127.0.0.1", port)) {
        collector.increment("first", 1, Map.of());

        await().atMost(SOON).until(() -> back.lines().equals(List.of("yokedcache.first:1|c")));
      }
      // Of the last one nobody knows yet that it did not arrive.
      assertThat(collector.statistics().droppedEvents()).isBetween(1L, 5L);
    }
  }

  /** As {@code localhost} does, which may stand for an address that the daemon is not bound to. */
  @Test
  void increment_daemonHasAnotherOfTheAddresses_isReached() throws IOException {
    try (UdpReceiver receiver = UdpReceiver.start("127.0.0.2", 0)) {
      InetAddress notHere = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
      InetAddress here = InetAddress.getByAddress(new byte[] {127, 0, 0, 2});
      HostAddress.Lookup both = host -> new InetAddress[] {notHere, here};
      StatsDBuilder settings = to(receiver);
      try (StatsDCollector collector = settings.build(settings.udp(both))) {
        await()
            .atMost(SOON)
            .until(
                () -> {
                  collector.increment("m", 1, Map.of());
                  return receiver.lines().contains("yokedcache.m:1|c");
                });
        assertThat(collector.statistics().droppedPackets()).isPositive();
      }
    }
  }

  @Test
  void close_hostIsKnownNotToBeKnown_doesNotWait() {
    StatsDBuilder settings = to(8125).timeout(Duration.ofHours(1));
    AtomicInteger lookups = new AtomicInteger();
    StatsDCollector collector =
        settings.build(
            settings.udp(
                host -> {
                  lookups.incrementAndGet();
                  throw new UnknownHostException(host);
                }));
    collector.increment("m", 1, Map.of());
    await().atMost(SOON).until(() -> lookups.get() > 1); // the first one has failed

    assertTimeoutPreemptively(SOON, collector::close);

    assertThat(collector.statistics().droppedEvents()).isEqualTo(1);
  }

  @Test
  void increment_sendingFails_theNextIsSent() {
    AtomicInteger packets = new AtomicInteger();
    Transport failing =
        new Transport() {
          @Override
          public void send(Packet packet) {
            if (packets.incrementAndGet() == 1) {
              throw new LinkageError("once");
            }
          }

          @Override
          public void stop() {}
        };
    try (StatsDCollector collector = to(8125).build((tally, deadline) -> failing)) {
      await()
          .atMost(SOON)
          .until(
              () -> {
                collector.increment("m", 1, Map.of());
                return packets.get() > 1;
              });
    }
  }

  @Test
  void increment_nobodyListens_isCounted() throws IOException {
    UdpReceiver gone = UdpReceiver.start();
    int port = gone.port();
    gone.close();
    try (StatsDCollector collector = to(port).build()) {
      await()
          .atMost(SOON)
          .until(
              () -> {
                collector.increment("m", 1, Map.of());
                return collector.statistics().droppedPackets() > 3;
              });
    }
  }

  @Test
  void increment_nobodyListens_harmsNobody() throws Exception {
    UdpReceiver gone = UdpReceiver.start();
    int port = gone.port();
    gone.close();
    StatsDCollector collector = to(port).timeout(SOON).build();
    flood(thread -> collector.increment("m", 1, Map.of()));
    collector.close();

    StatsDStatistics statistics = collector.statistics();
    assertThat(statistics.sentEvents() + statistics.droppedEvents()).isEqualTo(FLOOD);
    assertThat(statistics.queuedEvents()).isZero();
  }

  @Test
  void increment_receiverDoesNotRead_goesOnAfterwards() throws Exception {
    try (UdpReceiver receiver = UdpReceiver.deaf("127.0.0.1", 0);
        StatsDCollector collector = to(receiver).build()) {
      flood(thread -> collector.increment("m", 1, Map.of()));
      await().atMost(SOON).until(() -> collector.statistics().queuedEvents() == 0);
      receiver.listen();

      await()
          .atMost(SOON)
          .until(
              () -> {
                collector.increment("after", 1, Map.of());
                return receiver.lines().contains("yokedcache.after:1|c");
              });
      // What the kernel kept is whole lines.
      assertThat(receiver.parsed()).isNotEmpty();
    }
  }

  @Test
  void increment_sampled_isWeighedByTheRate() throws IOException {
    try (UdpReceiver receiver = UdpReceiver.start()) {
      StatsDBuilder settings = to(receiver).sampleRate(0.1).queueCapacity(1_000_000);
      StatsDCollector collector = settings.build(PacedTransport.to(receiver, udp(settings)));
      for (int i = 0; i < EACH; i++) {
        collector.increment("m", 1, Map.of());
      }
      collector.gauge("g", 7, Map.of());
      collector.close();

      long sent = collector.statistics().sentEvents();
      await().atMost(SOON).until(() -> receiver.lines().size() == sent);
      List<StatsLine> lines = receiver.parsed();
      assertThat(lines)
          .filteredOn(line -> line.type().equals("c"))
          .allSatisfy(line -> assertThat(line.rate()).isEqualTo(0.1));
      double total =
          lines.stream()
              .filter(line -> line.type().equals("c"))
              .mapToDouble(StatsLine::weight)
              .sum();
      // Six standard deviations of a binomial distribution.
      assertThat(total).isBetween(EACH * 0.94, EACH * 1.06);
      assertThat(receiver.lines()).contains("yokedcache.g:7|g");
    }
  }

  @Test
  void gauge_thatCannotBeSent_isCountedAsRejected() throws IOException {
    try (UdpReceiver receiver = UdpReceiver.start()) {
      StatsDCollector collector = to(receiver).maxPacketBytes(64).build();
      collector.gauge("nan", Double.NaN, Map.of());
      collector.timing("negative", -1, Map.of());
      collector.increment("x".repeat(64), 1, Map.of());
      collector.increment("ok", 1, Map.of());
      collector.close();

      assertThat(collector.statistics().rejectedEvents()).isEqualTo(3);
      await().atMost(SOON).until(() -> receiver.lines().equals(List.of("yokedcache.ok:1|c")));
    }
  }

  @Test
  void increment_unicodeTags_countAsBytes() throws IOException {
    try (UdpReceiver receiver = UdpReceiver.start()) {
      StatsDCollector collector = to(receiver).useTags(true).maxPacketBytes(100).build();
      for (int i = 0; i < 50; i++) {
        collector.increment("m", 1, Map.of("t", "äß€😀" + i));
      }
      collector.close();

      await().atMost(SOON).until(() -> receiver.lines().size() == 50);
      assertThat(receiver.largestPacket()).isBetween(60, 100);
      assertThat(receiver.parsed().get(49).tags()).containsEntry("t", "äß€😀49");
    }
  }

  @Test
  void build_wrongSettings_areNamed() {
    StatsDBuilder builder = StatsDCollector.builder();

    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.sampleRate(1.5))
        .withMessage("sampleRate must be above 0, at most 1, but is 1.5");
    assertThatIllegalArgumentException().isThrownBy(() -> builder.sampleRate(Double.NaN));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.port(0));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.host(" "));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.timeout(Duration.ZERO));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.constantTags(Map.of("env", "prod")).build())
        .withMessageContaining("prefix");
  }

  private static StatsDBuilder to(UdpReceiver receiver) {
    return to(receiver.port());
  }

  private static StatsDBuilder to(int port) {
    return StatsDCollector.builder().host("127.0.0.1").port(port);
  }

  private static Transport.Factory udp(StatsDBuilder settings) {
    return settings.udp(InetAddress::getAllByName);
  }

  private static void flood(IntConsumer increment) throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < THREADS; t++) {
      int number = t;
      Thread thread =
          new Thread(
              () -> {
                for (int i = 0; i < EACH; i++) {
                  increment.accept(number);
                }
              });
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      thread.join();
    }
  }
}
