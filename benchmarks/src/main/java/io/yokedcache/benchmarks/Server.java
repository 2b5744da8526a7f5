package io.yokedcache.benchmarks;

import io.yokedcache.benchmarks.contender.Servers;
import io.yokedcache.jcache.internal.embedded.ClusterFormation;
import io.yokedcache.jcache.internal.embedded.EmbeddedRedis;
import io.yokedcache.jcache.internal.embedded.LoopbackPorts;
import io.yokedcache.jcache.internal.embedded.RedisProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import redis.clients.jedis.RedisClient;

/**
 * The Redis that all contestants share, on free loopback ports: one server, maybe behind a link
 * with latency, or the masters of a cluster; and what it says of itself.
 */
final class Server implements AutoCloseable {

  private static final double NANOS_PER_SECOND = 1e9;
  private static final long NANOS_PER_MICRO = 1_000;

  private final Servers servers;
  private final String place;

  /** One for each server. */
  private final List<RedisClient> clients;

  /** What ends the server, in order. */
  private final List<Runnable> endings;

  private Server(Servers servers, List<Integer> serverPorts, String place, List<Runnable> endings) {
    this.servers = servers;
    this.place = place;
    this.endings = List.copyOf(endings);
    this.clients =
        serverPorts.stream()
            .map(port -> RedisClient.builder().hostAndPort("127.0.0.1", port).build())
            .toList();
  }

  /**
   * Starts a server.
   *
   * @param delay of the link to it, in each direction; zero for no link at all
   */
  static Server start(Duration delay) {
    EmbeddedRedis redis = EmbeddedRedis.start();
    if (delay.isZero()) {
      return new Server(
          Servers.one(redis.port()), List.of(redis.port()), " on loopback", List.of(redis::close));
    }
    DelayingProxy link = DelayingProxy.start(redis.port(), delay);
    return new Server(
        Servers.one(link.port()),
        List.of(redis.port()),
        " behind a link of %d us each way".formatted(delay.toNanos() / NANOS_PER_MICRO),
        List.of(link::close, redis::close));
  }

  /** Starts a cluster of masters without replicas. */
  static Server startCluster(int masters) throws IOException {
    Path folder = Files.createTempDirectory("side-by-side-");
    List<Runnable> endings = new ArrayList<>();
    List<Integer> ports = new ArrayList<>();
    for (int i = 0; i < masters; i++) {
      int port = LoopbackPorts.freeForNode();
      String file = folder.resolve("nodes-" + port + ".conf").toString();
      RedisProcess process =
          RedisProcess.start(
              port, List.of("--cluster-enabled", "yes", "--cluster-config-file", file));
      endings.add(process::close);
      ports.add(port);
    }
    endings.add(() -> delete(folder));
    ClusterFormation.form(ports, List.of(), null, null);
    return new Server(
        new Servers(ports, true), ports, ", %d masters on loopback".formatted(masters), endings);
  }

  private static void delete(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
      Files.delete(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where contestants find it. */
  Servers servers() {
    return servers;
  }

  /** Processor time that all servers have used so far. */
  long cpuNanos() {
    return clients.stream().mapToLong(Server::cpuNanos).sum();
  }

  private static long cpuNanos(RedisClient client) {
    String info = client.info("cpu");
    double seconds =
        Double.parseDouble(field(info, "used_cpu_user"))
            + Double.parseDouble(field(info, "used_cpu_sys"));
    return Math.round(seconds * NANOS_PER_SECOND);
  }

  /** Its version, and where it is. */
  String description() {
    return field(clients.get(0).info("server"), "redis_version") + place;
  }

  private static String field(String info, String name) {
    return info.lines()
        .filter(line -> line.startsWith(name + ":"))
        .map(line -> line.substring(name.length() + 1).strip())
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("INFO has no " + name + ": " + info));
  }

  @Override
  public void close() {
    clients.forEach(RedisClient::close);
    endings.forEach(Runnable::run);
  }
}
