package io.yokedcache.jcache.robustness;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.RedisUnavailableException.Kind;
import io.yokedcache.jcache.testing.RedisCluster;
import io.yokedcache.jcache.testing.RedisSentinel;
import io.yokedcache.jcache.testing.RedisServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.URI;
import java.util.Collections;
import java.util.List;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.util.JedisClusterCRC16;

/** Addresses at which there is no Redis, or none for us: the message says which mistake it is. */
final class WrongAddressIT {

  private static AbstractThrowableAssert<?, ? extends Throwable> assertFails(
      String uri, String executor, Kind kind) {
    try (CacheManager manager =
        Managers.open(
            URI.create(uri),
            "connection.executor=" + executor,
            "connection.connect-timeout=500ms",
            "connection.command-timeout=500ms")) {
      return assertThatThrownBy(() -> Managers.texts(manager, "wrong").get("key"))
          .asInstanceOf(InstanceOfAssertFactories.type(RedisUnavailableException.class))
          .returns(kind, RedisUnavailableException::kind)
          .returns(false, RedisUnavailableException::isOutcomeUnknown)
          .isInstanceOf(RedisUnavailableException.class)
          .asInstanceOf(InstanceOfAssertFactories.THROWABLE);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"pipelined", "pooled"})
  void get_unknownHost(String executor) {
    assertFails("redis://no-such-host.invalid:6379", executor, Kind.UNREACHABLE)
        .hasMessageContaining("no-such-host.invalid is not known");
  }

  @ParameterizedTest
  @ValueSource(strings = {"pipelined", "pooled"})
  void get_portOfWebServer(String executor) throws Exception {
    HttpServer web =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    web.start();
    try {
      assertFails("redis://127.0.0.1:" + web.getAddress().getPort(), executor, Kind.UNREACHABLE)
          .hasMessageContaining("not Redis");
    } finally {
      web.stop(0);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"pipelined", "pooled"})
  void get_nobodyListens(String executor) {
    assertFails("redis://127.0.0.1:" + RedisServer.freePort(), executor, Kind.UNREACHABLE)
        .hasMessageContaining("Connection refused");
  }

  @ParameterizedTest
  @ValueSource(strings = {"pipelined", "pooled"})
  void get_passwordMissing(String executor) {
    try (RedisServer server = RedisServer.start("--requirepass", "secret")) {
      assertFails(server.uri().toString(), executor, Kind.ACCESS_DENIED)
          .hasMessageContaining("NOAUTH Authentication required). Check user and password")
          .hasMessageNotContaining("..");
    }
  }

  /** The cache's only bucket is on another node. */
  @ParameterizedTest
  @ValueSource(strings = {"pipelined", "pooled"})
  void get_nodeOfCluster(String executor) {
    try (RedisCluster cluster = RedisCluster.start(2, 0)) {
      RedisCluster.Node owner = cluster.masterOf(JedisClusterCRC16.getSlot("yc:{wrong#0}"));
      RedisCluster.Node other =
          cluster.masters().stream()
              .filter(node -> node.port() != owner.port())
              .findFirst()
              .orElseThrow();
      assertFails("redis://127.0.0.1:" + other.port(), executor, Kind.REFUSED)
          .hasMessageContaining("the server answered MOVED ")
          .hasMessageContaining("its URI begins with redis-cluster://");
    }
  }

  @Test
  void get_clusterUriOfOneServer() {
    try (RedisServer server = RedisServer.start()) {
      String uri = "redis-cluster://127.0.0.1:" + server.port();
      assertFails(uri, "pipelined", Kind.UNREACHABLE)
          .hasMessage(
              "The nodes of the cluster %s are not known: 127.0.0.1:%s is a stand-alone server; its URI begins with redis:// or rediss://."
                  .formatted(uri, server.port()));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/1"})
  void get_sentinel(String database) {
    try (RedisSentinel deployment = RedisSentinel.start(0, 1, List.of(), List.of())) {
      String uri = "redis://127.0.0.1:" + deployment.sentinelPorts().get(0) + database;
      try (CacheManager manager = Managers.open(URI.create(uri))) {
        assertThatThrownBy(() -> Managers.texts(manager, "wrong").get("key"))
            .isInstanceOf(CacheException.class)
            .hasMessageContaining("ERR unknown command")
            .hasMessageContaining("its URI is redis-sentinel://host:port/master-name");
      }
    }
  }

  /** Protected mode lets only the server's own machine in, by its loopback addresses. */
  @ParameterizedTest
  @ValueSource(strings = {"pipelined", "pooled"})
  void get_protectedMode(String executor) throws Exception {
    String address = ownAddress();
    if (address == null) {
      System.out.println("Protected mode is not tested: this machine has loopback addresses only");
      return;
    }
    try (RedisServer server = RedisServer.start("--bind", "0.0.0.0", "--protected-mode", "yes")) {
      assertFails("redis://" + address + ":" + server.port(), executor, Kind.ACCESS_DENIED)
          .hasMessageContaining("DENIED Redis is running in protected mode")
          .hasMessageContaining("password");
    }
  }

  private static @Nullable String ownAddress() throws Exception {
    for (NetworkInterface network : Collections.list(NetworkInterface.getNetworkInterfaces())) {
      for (InetAddress address : Collections.list(network.getInetAddresses())) {
        if (!address.isLoopbackAddress() && address.getAddress().length == 4) {
          return address.getHostAddress();
        }
      }
    }
    return null;
  }
}
