package io.yokedcache.metrics.statsd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.yokedcache.metrics.source.JmxCacheReader;
import io.yokedcache.metrics.source.StatsDStatistics;
import io.yokedcache.metrics.testing.NeedsPeer;
import io.yokedcache.metrics.testing.ObservedManager;
import io.yokedcache.metrics.testing.Peer;
import io.yokedcache.metrics.testing.StatsDDaemon;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.cache.Cache;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Many operations of our provider on a real Redis, sent as they happen: none is lost unseen. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
final class RealtimeFloodIT {

  private static final Duration SOON = Duration.ofSeconds(20);
  private static final Pattern TIMED = Pattern.compile("operation_duration\\.(\\w+)': \\[([^]]*)]");
  private static final Pattern MORE = Pattern.compile("(\\d+) more item");
  private static final Pattern NUMBER = Pattern.compile("[0-9.]+");
  private static final int THREADS = 4;
  private static final int ROUNDS = 20;
  private static final int EACH = 25;

  @TempDir private Path folder;
  @TempDir private Path services;

  /** Each operation of each cache is sent to a collector. */
  private static ObservedManager.Observers to(StatsDCollector collector) {
    return (manager, cache) -> StatsDOperationObserver.of(collector, manager, cache);
  }

  @Test
  void sampled_operations_areWeighedTogether() throws Exception {
    int operations = 2_000;
    try (UdpReceiver receiver = UdpReceiver.start()) {
      StatsDCollector collector = collector(receiver.port()).sampleRate(0.5).build();
      try (ObservedManager manager = ObservedManager.start(services, to(collector))) {
        Cache<String, String> cache = manager.cache("users");
        for (int i = 0; i < operations; i++) {
          cache.get("a");
        }
      }
      collector.close();
      long sent = collector.statistics().sentEvents();
      await().atMost(SOON).until(() -> receiver.lines().size() == sent);

      List<StatsLine> counts = ofType(receiver, "c");
      assertThat(ofType(receiver, "ms")).hasSameSizeAs(counts);
      assertThat(counts).allSatisfy(line -> assertThat(line.rate()).isEqualTo(0.5));
      // Six standard deviations of a binomial distribution: 6 * sqrt(2000) = 268.
      assertThat(counts.stream().mapToDouble(StatsLine::weight).sum())
          .isBetween(operations - 268.0, operations + 268.0);
    }
  }

  @Test
  @NeedsPeer(Peer.STATSD)
  void daemon_sums_areTheOperationsMade() throws Exception {
    try (StatsDDaemon daemon = StatsDDaemon.start(folder);
        StatsDCollector collector = collector(daemon.port()).build();
        ObservedManager manager = ObservedManager.start(services, to(collector))) {
      Cache<String, String> cache = manager.cache("users");
      for (int round = 0; round < ROUNDS; round++) {
        inThreads(cache, round);
        // UDP forgets what a receiver is too slow for, so it is given time.
        awaitReceived(daemon, collector);
      }
      try (StatsDReporter reporter =
          StatsDReporter.builder(JmxCacheReader.ofThisJvm(), collector)
              .mode(StatsDMode.REALTIME)
              .start()) {
        reporter.report();
      }
      awaitReceived(daemon, collector);

      double made = (double) THREADS * ROUNDS * EACH;
      String name = "p." + manager.name().replaceAll("[^A-Za-z0-9_-]", "_") + ".users.";
      assertThat(daemon.counters())
          .containsEntry(name + "sets", made)
          .containsEntry(name + "gets.hit", 2 * made)
          .containsEntry(name + "gets.miss", made)
          .containsEntry(name + "deletes", made)
          // From the reporter, which must not repeat what is above.
          .containsEntry(name + "hits", 2 * made)
          .containsEntry(name + "misses", made)
          .containsEntry("statsd.bad_lines_seen", 0.0);
      assertThat(daemon.gauges().get(name + "hit_rate")).isBetween(0.6666, 0.6667);
      assertThat(timerCounts(daemon))
          .containsEntry("put", made)
          .containsEntry("get", 3 * made)
          .containsEntry("remove", made);
      assertThat(collector.statistics().droppedEvents()).isZero();
    }
  }

  /** Nobody takes anything out of the queue, which is soon full. */
  @Test
  void queueFull_operationsGoOn_andAllThatIsLostIsCounted() throws Exception {
    HungLookup lookup = new HungLookup();
    StatsDBuilder settings =
        StatsDCollector.builder().queueCapacity(100).timeout(Duration.ofMillis(50));
    StatsDCollector collector = settings.build(settings.udp(lookup));
    try (ObservedManager manager = ObservedManager.start(services, to(collector))) {
      Cache<String, String> cache = manager.cache("users");
      int rounds = 2_000;
      for (int i = 0; i < rounds; i++) {
        cache.put("a" + i, "1");
        assertThat(cache.get("a" + i)).isEqualTo("1");
      }
      // Two lines each; a packet full may be with the thread that waits for the address.
      assertThat(collector.statistics().queuedEvents()).isLessThanOrEqualTo(100);
      collector.close();
      assertThat(collector.statistics().droppedEvents()).isEqualTo(4L * rounds);
    } finally {
      lookup.release();
    }
  }

  private static void inThreads(Cache<String, String> cache, int round)
      throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < THREADS; t++) {
      int number = t;
      Thread thread =
          new Thread(
              () -> {
                for (int i = 0; i < EACH; i++) {
                  String key = number + ":" + round + ":" + i;
                  cache.put(key, "value");
                  cache.get(key);
                  cache.get(key);
                  cache.remove(key);
                  cache.get(key);
                }
              });
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      thread.join();
    }
  }

  private static void awaitReceived(StatsDDaemon daemon, StatsDCollector collector) {
    await()
        .atMost(SOON)
        .until(
            () -> {
              StatsDStatistics statistics = collector.statistics();
              Double received = daemon.counters().get("statsd.packets_received");
              return statistics.queuedEvents() == 0
                  && received != null
                  && received == statistics.sentPackets();
            });
  }

  /** How many durations of each operation there are: the daemon prints a hundred and a number. */
  private static Map<String, Double> timerCounts(StatsDDaemon daemon) throws IOException {
    Map<String, Double> counts = new HashMap<>();
    Matcher matcher = TIMED.matcher(daemon.timers());
    while (matcher.find()) {
      String values = matcher.group(2);
      Matcher more = MORE.matcher(values);
      double hidden = more.find() ? Double.parseDouble(more.group(1)) : 0;
      long shown = NUMBER.matcher(values.replaceAll("\\.\\.\\..*", "")).results().count();
      counts.merge(matcher.group(1), shown + hidden, Double::sum);
    }
    return counts;
  }

  private static StatsDBuilder collector(int port) {
    return StatsDCollector.builder().host("127.0.0.1").port(port).prefix("p").timeout(SOON);
  }

  private static List<StatsLine> ofType(UdpReceiver receiver, String type) {
    return receiver.parsed().stream().filter(line -> line.type().equals(type)).toList();
  }
}
