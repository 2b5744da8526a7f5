package io.yokedcache.metrics.statsd;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.yokedcache.metrics.source.CacheSource;
import io.yokedcache.metrics.source.JmxCacheReader;
import io.yokedcache.metrics.source.RemoteJvm;
import io.yokedcache.metrics.testing.HostileBean;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.MBeanServerFactory;
import javax.management.remote.JMXConnectorServer;
import javax.management.remote.JMXConnectorServerFactory;
import javax.management.remote.JMXServiceURL;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A wrong attribute of a foreign MBean costs its series at the daemon, and no other line. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
final class HostileBeansToStatsDTest {

  private static final Duration SOON = Duration.ofSeconds(20);

  private final MBeanServer server = MBeanServerFactory.newMBeanServer();
  private final Set<String> expected = new HashSet<>();

  /** Each hostile value is the hits of a cache, and the puts of another one. */
  @BeforeEach
  void register() throws JMException {
    expectCounters("good", "gets:5|c,result:hit", "gets:3|c,result:miss", "hits:5|c");
    expectCounters("good", "misses:3|c", "sets:2|c");
    expected.add("p.bridge.refused_values:" + 2 * HostileBean.values().size() + "|c");
    HostileBean.good().register(server, "m", "good");
    for (Map.Entry<String, Supplier<?>> hostile : HostileBean.values().entrySet()) {
      String name = hostile.getKey();
      HostileBean.good()
          .with("CacheHits", hostile.getValue())
          .register(server, "m", name + "-hits");
      expectCounters(name + "-hits", "gets:3|c,result:miss", "misses:3|c", "sets:2|c");
      HostileBean.good()
          .with("CachePuts", hostile.getValue())
          .throwingTogether()
          .register(server, "m", name + "-puts");
      expectCounters(name + "-puts", "gets:5|c,result:hit", "gets:3|c,result:miss");
      expectCounters(name + "-puts", "hits:5|c", "misses:3|c");
    }
  }

  private void expectCounters(String cache, String... counters) {
    Arrays.stream(counters)
        .map(line -> line.split(",", 2))
        .map(
            parts ->
                "p."
                    + parts[0]
                    + "|#cache:"
                    + cache
                    + ",cache_manager:m"
                    + (parts.length == 1 ? "" : "," + parts[1]))
        .forEach(expected::add);
  }

  @Test
  void report_ofThisJvm() throws IOException {
    assertCountersOf(new JmxCacheReader(server));
  }

  @Test
  void report_ofAnotherJvm_whoseClassesNobodyHereKnows() throws IOException {
    JMXConnectorServer connector =
        JMXConnectorServerFactory.newJMXConnectorServer(
            new JMXServiceURL("service:jmx:rmi://127.0.0.1"), Map.of(), server);
    connector.start();
    try (RemoteJvm remote = RemoteJvm.at(connector.getAddress(), Map.of(), SOON)) {
      assertCountersOf(remote);
    } finally {
      connector.stop();
    }
  }

  private void assertCountersOf(CacheSource source) throws IOException {
    try (UdpReceiver receiver = UdpReceiver.start()) {
      StatsDCollector collector =
          StatsDCollector.builder()
              .host("127.0.0.1")
              .port(receiver.port())
              .prefix("p")
              .useTags(true)
              .timeout(SOON)
              .build();
      StatsDReporter.builder(source, collector).start().close();
      collector.close();

      long sent = collector.statistics().sentEvents();
      await().atMost(SOON).until(() -> receiver.parsed().size() == sent);
      assertThat(receiver.lines())
          .contains("p.bridge.jmx_target_up:1|g")
          .contains("p.hit_rate:0.625|g|#cache:good,cache_manager:m")
          .noneMatch(line -> line.matches("p\\.hit_rate:.*-hits,.*"));
      assertThat(receiver.lines().stream().filter(line -> line.contains("|c")).collect(toSet()))
          .isEqualTo(expected);
      assertThat(collector.statistics().rejectedEvents()).isZero();
    }
  }
}
