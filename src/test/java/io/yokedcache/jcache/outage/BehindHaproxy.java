package io.yokedcache.jcache.outage;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.yokedcache.jcache.testing.RedisServer;
import io.yokedcache.jcache.testing.TemporaryFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import redis.clients.jedis.Jedis;

/**
 * One server, which keeps each change on disk before it answers, behind haproxy. For one thread at
 * a time.
 */
final class BehindHaproxy implements Target {

  private final Path folder;
  private final RedisServer server;
  private final int port = RedisServer.freePort();
  private OwnProcess proxy;

  BehindHaproxy() {
    try {
      folder = Files.createTempDirectory("yokedcache-outage-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server =
        RedisServer.start(
            "--dir", folder.toString(), "--appendonly", "yes", "--appendfsync", "always");
    proxy = startProxy();
  }

  private OwnProcess startProxy() {
    Path file = folder.resolve("haproxy.cfg");
    String configuration =
        """
        defaults
          mode tcp
          timeout connect 1s
          timeout client 1m
          timeout server 1m
        listen redis
          bind 127.0.0.1:%s
          server redis 127.0.0.1:%s
        """
            .formatted(port, server.port());
    try {
      Files.writeString(file, configuration, UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return OwnProcess.start(port, List.of("haproxy", "-db", "-q", "-f", file.toString()));
  }

  @Override
  public Deployment deployment() {
    return Deployment.HAPROXY;
  }

  @Override
  public URI uri(int jvm) {
    return URI.create("redis://127.0.0.1:" + port);
  }

  @Override
  public void kill() {
    server.kill();
  }

  @Override
  public void restart() {
    server.restart();
  }

  @Override
  public void pause() {
    server.pause();
  }

  @Override
  public void resume() {
    server.resume();
  }

  @Override
  public void restartProxy() {
    proxy.close();
    proxy = startProxy();
  }

  @Override
  public void onMasters(Consumer<Jedis> action) {
    try (Jedis jedis = new Jedis("127.0.0.1", server.port(), /* timeout= */ 60_000)) {
      action.accept(jedis);
    }
  }

  @Override
  public void close() {
    proxy.close();
    server.close();
    TemporaryFolder.delete(folder);
  }
}
