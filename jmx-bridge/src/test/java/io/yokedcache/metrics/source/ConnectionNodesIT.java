package io.yokedcache.metrics.source;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.spi.CachingProvider;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The servers of a real manager, as its Snapshot bean shows them. */
final class ConnectionNodesIT {

  private static final Duration BOUND = Duration.ofSeconds(30);

  @Test
  void read_cluster_eachNode() {
    Properties settings = new Properties();
    settings.setProperty("yokedcache.health.interval", "100ms");
    JmxCacheReader reader = new JmxCacheReader(ManagementFactory.getPlatformMBeanServer());
    try (CachingProvider provider =
            Caching.getCachingProvider("io.yokedcache.jcache.YokedCachingProvider");
        CacheManager manager =
            provider.getCacheManager(
                URI.create("embedded:redis-cluster?masters=2&replicas=1"), null, settings)) {
      assertThat(manager.isClosed()).isFalse();

      Awaitility.await()
          .atMost(BOUND)
          .untilAsserted(
              () ->
                  assertThat(reader.read().connections())
                      .hasSize(1)
                      .allSatisfy(
                          connection ->
                              // Replicas are known when the slots have been read again.
                              assertThat(connection.nodes())
                                  .hasSize(4)
                                  .filteredOn(ConnectionReading.Node::isMaster)
                                  .hasSize(2)
                                  .allMatch(node -> Boolean.TRUE.equals(node.healthy()))
                                  .allMatch(node -> node.pingSeconds() != null)));

      ConnectionReading connection = read(reader);
      List<String> addresses =
          connection.nodes().stream().map(ConnectionReading.Node::address).toList();
      assertThat(addresses)
          .hasSize(4)
          .allMatch(address -> address.startsWith("127.0.0.1:"))
          .isSorted();
      assertThat(connection.masters().stream().mapToLong(node -> requireNonNull(node.slots())))
          .containsOnly(8192L);
      assertThat(connection.nodes())
          .filteredOn(node -> !node.isMaster())
          .hasSize(2)
          .allMatch(node -> "replica".equals(node.role()))
          .allMatch(node -> node.slots() == null && node.healthy() == null);
    }
  }

  private static ConnectionReading read(JmxCacheReader reader) {
    try {
      return reader.read().connections().get(0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
