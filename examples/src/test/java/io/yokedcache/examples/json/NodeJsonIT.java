package io.yokedcache.examples.json;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.internal.embedded.EmbeddedRedis;
import io.yokedcache.metrics.testing.NeedsPeer;
import io.yokedcache.metrics.testing.Peer;
import java.io.InputStream;
import java.math.BigDecimal;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.configuration.MutableConfiguration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A program for Node.js reads and changes a value of a cache with the codec {@code json}. */
@NeedsPeer(Peer.NODE)
final class NodeJsonIT {

  record Item(String name, BigDecimal price) {}

  record Order(String customer, Instant placed, List<Item> items) {}

  private static final Order ORDER =
      new Order(
          "Zoë",
          Instant.parse("2026-11-28T12:00:00.5Z"),
          List.of(new Item("Apfel", new BigDecimal("1.10"))));

  @TempDir private Path folder;

  @Test
  void order_isReadAndChangedByNode() throws Exception {
    try (EmbeddedRedis redis = EmbeddedRedis.start();
        CacheManager manager =
            Caching.getCachingProvider().getCacheManager(settings(redis), null)) {
      Cache<String, Order> orders =
          manager.createCache(
              "orders",
              new MutableConfiguration<String, Order>().setTypes(String.class, Order.class));
      orders.put("first", ORDER);

      assertThat(run(redis.port())).isEqualTo("Zoë 2026 1");

      Order changed = orders.get("first");
      assertThat(changed.placed()).isEqualTo(ORDER.placed());
      // A number of JavaScript has no trailing zero.
      assertThat(changed.items())
          .containsExactly(
              new Item("Apfel", new BigDecimal("1.1")), new Item("Birne", new BigDecimal("2.5")));
    }
  }

  private URI settings(EmbeddedRedis redis) throws Exception {
    Path file = folder.resolve("orders.conf");
    Files.writeString(
        file,
        """
        yokedcache {
          uri = "redis://127.0.0.1:%d"
          caches.orders { key-codec = "string", value-codec = "json" }
        }
        """
            .formatted(redis.port()));
    return file.toUri();
  }

  private String run(int port) throws Exception {
    Path script = folder.resolve("add-item.js");
    try (InputStream in = NodeJsonIT.class.getResourceAsStream("add-item.js")) {
      Files.copy(Objects.requireNonNull(in), script);
    }
    Process node =
        new ProcessBuilder(Peer.NODE.get().toString(), script.toString(), Integer.toString(port))
            .redirectErrorStream(true)
            .start();
    String output =
        new String(node.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertThat(node.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(node.exitValue()).as(output).isZero();
    return output;
  }
}
