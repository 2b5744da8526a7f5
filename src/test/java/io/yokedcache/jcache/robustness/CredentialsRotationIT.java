package io.yokedcache.jcache.robustness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.testing.RedisCluster;
import io.yokedcache.jcache.testing.RedisSentinel;
import io.yokedcache.jcache.testing.RedisServer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Credentials in files, as of a Kubernetes secret, change while threads of two managers read and
 * write, with near caches and listeners. No call fails.
 */
final class CredentialsRotationIT {

  /** How often the password changes. */
  private static final int ROTATIONS = Integer.getInteger("credentials.rotations", 4);

  private static final int THREADS = 16;
  private static final Duration BOUND = Duration.ofSeconds(30);
  private static final String USER = "app";

  @TempDir private Path folder;

  @Test
  void anyCall_passwordChanges() throws Exception {
    try (RedisServer server = RedisServer.start();
        Jedis admin = new Jedis("127.0.0.1", server.port())) {
      String password = "first";
      allow(admin, USER, password);
      mount("secret", password);
      try (Application application = new Application(server.uri(), fileOf("secret"))) {
        for (int i = 0; i < ROTATIONS; i++) {
          String next = "password-" + i;
          long before = admin.clientId();
          boolean isWrongOrder = i % 2 == 1;
          if (isWrongOrder) { // the new password is handed out before the server knows it
            mount("secret", next);
            kill(admin, client -> client.contains(" user=" + USER + " ") && isSubscribed(client));
            application.load.awaitSuccesses(500);
            admin.aclSetUser(USER, ">" + next);
          } else {
            admin.aclSetUser(USER, ">" + next);
            mount("secret", next);
          }
          awaitNone(
              admin,
              client -> isOf(USER, client) && idOf(client) < before && !isSubscribed(client));
          admin.aclSetUser(USER, "<" + password);
          password = next;
          application.load.awaitSuccesses(500);
        }
        long last = admin.clientId();
        admin.aclSetUser(USER, ">last");
        mount("secret", "last");
        awaitNone(admin, client -> isOf(USER, client) && idOf(client) < last);
        admin.aclSetUser(USER, "<" + password);
        assertRefused(server, password);
        application.assertAllIsWell();
      }
    }
  }

  @Test
  void anyCall_userIsReplacedAndDeleted() throws Exception {
    try (RedisServer server = RedisServer.start();
        Jedis admin = new Jedis("127.0.0.1", server.port())) {
      allow(admin, "app-0", "first");
      mount("user", "app-0");
      mount("secret", "first");
      try (Application application =
          new Application(
              server.uri(),
              fileOf("secret"),
              "connection.credentials.user-file=" + folder.resolve("user"))) {
        for (int i = 1; i <= 2; i++) {
          String user = "app-" + i;
          String former = "app-" + (i - 1);
          allow(admin, user, "secret-" + i);
          // The files do not change in one step: for a while user and password do not match.
          mount("user", user);
          application.load.awaitSuccesses(200);
          mount("secret", "secret-" + i);
          awaitNone(admin, client -> isOf(former, client) && !isSubscribed(client));
          admin.aclDelUser(former); // which ends its subscriptions
          application.load.awaitSuccesses(500);
        }
        application.assertAllIsWell();
      }
    }
  }

  @Test
  void anyCall_sentinel() throws Exception {
    try (RedisSentinel servers = RedisSentinel.start(1)) {
      servers
          .servers()
          .forEach(server -> onServer(server.port(), jedis -> allow(jedis, USER, "a")));
      servers
          .sentinelPorts()
          .forEach(port -> onServer(port, jedis -> allow(jedis, "watcher", "s")));
      mount("secret", "a");
      mount("sentinels", "s");
      int watched = servers.sentinelPorts().get(0);
      try (Application application =
          new Application(
              servers.uri(),
              fileOf("secret"),
              "connection.sentinel.user=watcher",
              "connection.sentinel.credentials.file=" + folder.resolve("sentinels"))) {
        servers
            .servers()
            .forEach(server -> onServer(server.port(), jedis -> add(jedis, USER, "b")));
        servers
            .sentinelPorts()
            .forEach(port -> onServer(port, jedis -> add(jedis, "watcher", "t")));
        long before = idOfNext(servers.master().port());
        long atSentinel = idOfNext(watched);
        mount("secret", "b");
        mount("sentinels", "t");
        onServer(
            servers.master().port(),
            jedis -> awaitNone(jedis, client -> isOf(USER, client) && idOf(client) < before));
        onServer(
            watched,
            jedis ->
                awaitNone(jedis, client -> isOf("watcher", client) && idOf(client) < atSentinel));
        servers
            .servers()
            .forEach(server -> onServer(server.port(), jedis -> jedis.aclSetUser(USER, "<a")));
        servers
            .sentinelPorts()
            .forEach(port -> onServer(port, jedis -> jedis.aclSetUser("watcher", "<s")));
        application.load.awaitSuccesses(500);
        application.assertAllIsWell();
      }
    }
  }

  @Test
  void anyCall_clusterNodesOneAfterTheOther() throws Exception {
    try (RedisCluster cluster = RedisCluster.start(3, 0)) {
      cluster.nodes().forEach(node -> onServer(node.port(), jedis -> allow(jedis, USER, "a")));
      mount("secret", "a");
      try (Application application = new Application(cluster.uri(), fileOf("secret"))) {
        mount("secret", "b");
        for (RedisCluster.Node node : cluster.nodes()) {
          application.load.awaitSuccesses(200);
          onServer(
              node.port(),
              jedis -> {
                long before = jedis.clientId();
                add(jedis, USER, "b");
                awaitNone(jedis, client -> isOf(USER, client) && idOf(client) < before);
                jedis.aclSetUser(USER, "<a");
              });
        }
        application.load.awaitSuccesses(500);
        application.assertAllIsWell();
      }
    }
  }

  /** Two managers, threads that use their caches, and a listener. */
  private static final class Application implements AutoCloseable {

    private final CacheManager first;
    private final CacheManager second;
    private final Cache<String, String> heardCache;
    private final HeardChanges heard;
    private final Load load;

    Application(URI uri, String... credentials) {
      first = open(uri, credentials);
      second = open(uri, credentials);
      Cache<String, String> ofFirst = Managers.texts(first, "load");
      Cache<String, String> ofSecond = Managers.texts(second, "load");
      heardCache = Managers.texts(second, "heard");
      heard = HeardChanges.of(Managers.texts(first, "heard"));
      load =
          Load.start(
              THREADS,
              (thread, step) -> Checked.mixed(thread % 2 == 0 ? ofFirst : ofSecond, thread, step));
      load.awaitSuccesses(500);
    }

    private static CacheManager open(URI uri, String... credentials) {
      String[] settings = new String[credentials.length + 4];
      System.arraycopy(credentials, 0, settings, 4, credentials.length);
      settings[0] = "defaults.near.enabled=true";
      settings[1] = "connection.credentials.refresh=100ms";
      settings[2] = "events.lease=1s"; // subscriptions are asked three times as often
      settings[3] =
          List.of(credentials).stream().anyMatch(each -> each.contains(".user-file="))
              ? "connection.user="
              : "connection.user=" + USER;
      return Managers.open(uri, settings);
    }

    void assertAllIsWell() {
      await("events of the other manager")
          .atMost(BOUND)
          .untilAsserted(
              () -> {
                heardCache.put("key", "value" + System.nanoTime());
                assertThat(heard.heard()).isNotEmpty();
              });
      load.stop();
      assertThat(load.causes()).isEmpty();
    }

    @Override
    public void close() {
      load.close();
      first.close();
      second.close();
    }
  }

  private String fileOf(String name) {
    return "connection.credentials.file=" + folder.resolve(name);
  }

  /** Replaces a file as Kubernetes does: its link leads to a folder that another one takes over. */
  private void mount(String name, String content) throws IOException {
    Path data = Files.createTempDirectory(folder, "..data");
    Files.writeString(data.resolve(name), content + "\n");
    Path link = folder.resolve("..data-of-" + name);
    Path made = Files.createSymbolicLink(folder.resolve("..new"), data);
    Files.move(made, link, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    Path file = folder.resolve(name);
    if (!Files.exists(file)) {
      Files.createSymbolicLink(file, link.resolve(name));
    }
  }

  /** Uses a connection to a server or a sentinel. */
  private static void onServer(int port, Consumer<Jedis> action) {
    try (Jedis jedis = new Jedis("127.0.0.1", port)) {
      action.accept(jedis);
    }
  }

  private static long idOfNext(int port) {
    try (Jedis jedis = new Jedis("127.0.0.1", port)) {
      return jedis.clientId();
    }
  }

  private static void allow(Jedis admin, String user, String password) {
    admin.aclSetUser(user, "on", ">" + password, "~*", "&*", "+@all");
  }

  private static void add(Jedis admin, String user, String password) {
    admin.aclSetUser(user, ">" + password);
  }

  private static void awaitNone(Jedis admin, Predicate<String> clients) {
    await("connections with the credentials before are replaced")
        .atMost(BOUND)
        .pollInterval(Duration.ofMillis(20))
        .untilAsserted(
            () -> assertThat(admin.clientList().lines().filter(clients).toList()).isEmpty());
  }

  private static void kill(Jedis admin, Predicate<String> clients) {
    admin
        .clientList()
        .lines()
        .filter(clients)
        .forEach(client -> admin.clientKill(client.replaceAll(".* addr=(\\S+) .*", "$1")));
  }

  private static boolean isOf(String user, String client) {
    return client.contains(" user=" + user + " ");
  }

  private static boolean isSubscribed(String client) {
    return !client.contains(" sub=0 ");
  }

  private static long idOf(String client) {
    return Long.parseLong(client.replaceAll("^id=(\\d+) .*", "$1"));
  }

  private static void assertRefused(RedisServer server, String password) {
    try (Jedis jedis = new Jedis("127.0.0.1", server.port())) {
      assertThatThrownBy(() -> jedis.auth(USER, password)).isInstanceOf(JedisDataException.class);
    }
    assertThatThrownBy(
            () -> {
              try (CacheManager manager =
                  Managers.open(
                      server.uri(), "connection.user=" + USER, "connection.password=" + password)) {
                Cache<String, String> cache = Managers.texts(manager, "refused");
                cache.get("key");
              }
            })
        .isInstanceOf(CacheException.class)
        .hasMessageContaining("WRONGPASS");
  }
}
