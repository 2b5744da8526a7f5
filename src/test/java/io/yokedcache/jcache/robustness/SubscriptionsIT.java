package io.yokedcache.jcache.robustness;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.testing.RedisServer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.management.JMException;
import javax.management.ObjectName;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.params.ClientKillParams;
import redis.clients.jedis.params.ClientKillParams.SkipMe;

/** Near caches and listeners of other JVMs' changes, when the server loses or refuses something. */
final class SubscriptionsIT {

  private static final Duration SOON = Duration.ofSeconds(30);
  private static final AtomicInteger NAMES = new AtomicInteger();

  /** With these classes HotSpot fills the gaps that a collection leaves. */
  private static final Set<String> FILLERS =
      Set.of("[I", "[Ljdk.internal.vm.FillerElement;", "jdk.internal.vm.FillerObject");

  private static final String NEAR = "defaults.near.enabled=true";

  @TempDir private static Path folder;

  private static RedisServer redis;

  private final String name = "subscriptions-" + NAMES.incrementAndGet();
  private Jedis admin;
  private final List<CacheManager> managers = new ArrayList<>();

  @BeforeAll
  static void start() {
    redis = RedisServer.start();
  }

  @AfterAll
  static void stop() {
    redis.close();
  }

  @BeforeEach
  void connect() {
    admin = new Jedis("127.0.0.1", redis.port());
  }

  @AfterEach
  void close() {
    managers.forEach(manager -> manager.getCachingProvider().close());
    admin.close();
  }

  private CacheManager manager(String... settings) {
    return managerOf(redis.uri(), settings);
  }

  private CacheManager managerOf(URI uri, String... settings) {
    CacheManager manager = Managers.open(uri, settings);
    managers.add(manager);
    return manager;
  }

  /** A manager of a user who may do everything but what is said. */
  private CacheManager managerOfUser(String user, String rights, String... settings) {
    admin.aclSetUser(user, ("on >secret ~* +@all " + rights).split(" "));
    List<String> all = new ArrayList<>(List.of(settings));
    all.add("connection.user=" + user);
    all.add("connection.password=secret");
    return manager(all.toArray(new String[0]));
  }

  private static long figure(Jedis admin, String section, String figure) {
    return admin
        .info(section)
        .lines()
        .filter(line -> line.startsWith(figure))
        .mapToLong(line -> Long.parseLong(line.replaceFirst("^[^:]*:(calls=)?(\\d+).*", "$2")))
        .sum();
  }

  private long connections() {
    return figure(admin, "stats", "total_connections_received:");
  }

  private static long reads(Jedis admin) {
    return figure(admin, "commandstats", "cmdstat_mget:");
  }

  private static void awaitCopy(Cache<String, String> cache, Jedis admin) {
    await()
        .atMost(SOON)
        .until(
            () -> {
              cache.get("a");
              long before = reads(admin);
              cache.get("a");
              return reads(admin) == before;
            });
  }

  /** A ping every few milliseconds must not keep an object for ever. */
  @Test
  void pings_leaveNothingBehind() throws JMException {
    int pings = Integer.getInteger("subscriptions.pings", 1_500);
    CacheManager manager = manager(NEAR, "near.max-staleness=10ms", "events.lease=1s");
    Cache<String, String> cache = Managers.texts(manager, name);
    HeardChanges unused = HeardChanges.of(cache);
    cache.put("a", "1");
    awaitCopy(cache, admin);
    awaitPings(300);
    String before = histogram();

    awaitPings(pings);

    Map<String, Long> after = instances(histogram());
    instances(before).forEach((type, count) -> after.merge(type, -count, Long::sum));
    after.keySet().removeAll(FILLERS);
    after.values().removeIf(growth -> growth < pings / 3);
    assertThat(after).isEmpty();
  }

  private void awaitPings(long count) {
    long until = figure(admin, "commandstats", "cmdstat_ping:") + count;
    await()
        .atMost(Duration.ofSeconds(60).plusMillis(40 * count))
        .until(() -> figure(admin, "commandstats", "cmdstat_ping:") >= until);
  }

  /** How many live objects there are of each class, after a collection, as jcmd prints it. */
  private static String histogram() throws JMException {
    return (String)
        ManagementFactory.getPlatformMBeanServer()
            .invoke(
                new ObjectName("com.sun.management:type=DiagnosticCommand"),
                "gcClassHistogram",
                new Object[] {new String[0]},
                new String[] {String[].class.getName()});
  }

  private static Map<String, Long> instances(String histogram) {
    return histogram
        .lines()
        .map(String::trim)
        .filter(line -> line.matches("\\d+:.*"))
        .map(line -> line.split("\\s+"))
        .collect(Collectors.toMap(parts -> parts[3], parts -> Long.parseLong(parts[1]), Long::sum));
  }

  @Test
  void pingForbidden_nothingIsLost_andTheServersWordsAreLoggedOnce() {
    try (CapturedLog log = CapturedLog.start()) {
      CacheManager limited = managerOfUser("no-ping-" + name, "&* -ping", NEAR);
      Cache<String, String> cache = Managers.texts(limited, name);
      HeardChanges heard = HeardChanges.of(cache);
      Cache<String, String> other = Managers.texts(manager(), name);
      other.put("a", "1");
      awaitCopy(cache, admin);
      long connections = connections();
      await()
          .during(Duration.ofSeconds(2))
          .atMost(SOON)
          .until(() -> connections() - connections < 5);

      other.put("a", "2");
      await().atMost(SOON).until(() -> "2".equals(cache.get("a")));
      await().atMost(SOON).until(() -> heard.heard().size() == 2);
      assertThat(log.linesWith("PING of near caches")).hasSize(1);
      assertThat(log.linesWith("PING of near caches").get(0)).contains("NOPERM").contains("+ping");

      admin.aclSetUser("no-ping-" + name, "+ping");
      await().atMost(SOON).until(() -> !log.linesWith("PING of near caches again").isEmpty());
    }
  }

  @Test
  void trackingForbidden_triesSeldom_andSaysWhy() {
    try (CapturedLog log = CapturedLog.start()) {
      Cache<String, String> cache =
          Managers.texts(managerOfUser("no-tracking-" + name, "&* -client|tracking", NEAR), name);
      cache.put("a", "1");
      await().atMost(SOON).until(() -> !log.linesWith("Near caches are not used").isEmpty());
      long connections = connections();
      await()
          .during(Duration.ofSeconds(3))
          .atMost(SOON)
          .until(() -> connections() - connections < 12);

      assertThat(cache.get("a")).isEqualTo("1");
      assertThat(log.linesWith("Near caches are not used")).hasSize(1);
      assertThat(log.linesWith("Near caches are not used").get(0)).contains("NOPERM");
      admin.aclSetUser("no-tracking-" + name, "+client|tracking");
      awaitCopy(cache, admin);
      await().atMost(SOON).until(() -> log.linesWith("No more: Near caches").size() == 1);
    }
  }

  @Test
  void serverThatCannotSave_nearCachesAreUsed() throws IOException {
    try (RedisServer server = RedisServer.start("--dir", folder.toString());
        Jedis control = new Jedis("127.0.0.1", server.port());
        CapturedLog log = CapturedLog.start()) {
      Cache<String, String> cache = Managers.texts(managerOf(server.uri(), NEAR), name);
      cache.put("a", "1");
      Files.createDirectories(folder.resolve("dump.rdb").resolve("in-the-way"));
      control.configSet("save", "3600 1");
      control.bgsave();
      await().atMost(SOON).until(() -> control.info("persistence").contains("bgsave_status:err"));
      assertThatThrownBy(() -> cache.put("b", "2")).hasMessageContaining("MISCONF");
      awaitCopy(cache, control);
      long connections = figure(control, "stats", "total_connections_received:");
      await()
          .during(Duration.ofSeconds(2))
          .atMost(SOON)
          .until(() -> figure(control, "stats", "total_connections_received:") - connections < 5);

      assertThat(cache.get("a")).isEqualTo("1");
      assertThat(log.linesWith("PING of near caches")).hasSize(1);
      assertThat(log.linesWith("PING of near caches").get(0)).contains("MISCONF");
      control.configSet("save", "");
      cache.put("a", "2");
      assertThat(cache.get("a")).isEqualTo("2");
      managers.remove(0).getCachingProvider().close();
    }
  }

  /** The lease of a listener is in the generation's key, and goes with it. */
  @Test
  void generationLost_noEventIsLost() {
    Cache<String, String> cache = Managers.texts(manager(), name);
    Cache<String, String> other = Managers.texts(manager(), name);
    HeardChanges heard = HeardChanges.of(cache);
    List<String> expected = new ArrayList<>();
    for (int round = 0; round < 10; round++) {
      switch (round % 3) {
        case 0 -> admin.flushAll();
        case 1 -> admin.del("yc:{" + name + "#0}");
        default -> manager().destroyCache(name);
      }
      String key = "k" + round;
      other.put(key, "1");
      other.put(key, "2");
      expected.add("CREATED " + key + "=1/null");
      expected.add("UPDATED " + key + "=2/1");
      await().atMost(SOON).until(() -> heard.heard().size() >= expected.size());
      assertThat(heard.heard()).isEqualTo(expected);
    }
  }

  @Test
  void generationLost_thenCleared_noEventIsLost() {
    Cache<String, String> cache = Managers.texts(manager(), name);
    Cache<String, String> other = Managers.texts(manager(), name);
    HeardChanges heard = HeardChanges.of(cache);
    for (int round = 1; round <= 5; round++) {
      admin.flushAll();
      other.clear();
      other.put("k" + round, "1");
      int count = round;
      await().atMost(SOON).until(() -> heard.heard().size() == count);
      assertThat(heard.heard()).contains("CREATED k" + round + "=1/null");
    }
  }

  @Test
  void channelForbidden_changeIsRefusedBeforeItIsMade() {
    String user = "no-channel-" + name;
    Cache<String, String> limited = Managers.texts(managerOfUser(user, "resetchannels"), name);
    limited.put("a", "1");
    assertThat(limited.get("a")).isEqualTo("1");
    Cache<String, String> listening = Managers.texts(manager(), name);
    HeardChanges heard = HeardChanges.of(listening);

    for (int i = 0; i < 20; i++) {
      assertThatThrownBy(() -> limited.put("a", "2"))
          .isInstanceOf(CacheException.class)
          .hasMessageContaining("nothing was changed")
          .hasMessageContaining("&yc:{" + name + "}:events");
      assertThatThrownBy(() -> limited.putAll(Map.of("a", "2", "b", "2")))
          .hasMessageContaining("&yc:{" + name + "}:events");
      assertThatThrownBy(() -> limited.remove("a")).isInstanceOf(CacheException.class);
      // The application has changed its data, so the entry is removed, of which nobody can be told.
      assertThat(limited.get("a")).isNull();
      assertThat(limited.containsKey("b")).isFalse();
    }
    admin.aclSetUser(user, "&yc:*");
    limited.put("a", "3");
    await().atMost(SOON).until(() -> heard.heard().equals(List.of("CREATED a=3/null")));
  }

  @Test
  void oneChannelForbidden_othersServe() {
    try (CapturedLog log = CapturedLog.start()) {
      Cache<String, String> cache =
          Managers.texts(managerOfUser("no-expiry-" + name, "resetchannels &yc:*"), name);
      HeardChanges heard = HeardChanges.of(cache);
      Managers.texts(manager(), name).put("a", "1");

      await().atMost(SOON).until(() -> heard.heard().equals(List.of("CREATED a=1/null")));
      assertThat(log.linesWith("expired events do not arrive")).hasSize(1);
      assertThat(log.linesWith("expired events do not arrive").get(0))
          .contains("NOPERM")
          .contains("&__keyevent@0__:expired");
    }
  }

  @Test
  void expiredListener_serverTellsNothing_isWarnedOfOnce() {
    try (CapturedLog log = CapturedLog.start()) {
      CacheManager manager = manager();
      HeardChanges unused = HeardChanges.of(Managers.texts(manager, name));
      await().atMost(SOON).until(() -> !log.linesWith("notify-keyspace-events").isEmpty());
      HeardChanges unusedToo = HeardChanges.of(Managers.texts(manager, name + "-2"));
      assertThat(log.linesWith("notify-keyspace-events")).hasSize(1);
      assertThat(log.linesWith("are not called").get(0)).contains("to Ex");

      HeardChanges unusedThird =
          HeardChanges.of(
              Managers.texts(managerOfUser("no-config-" + name, "&* -config"), name + "-3"));
      await().atMost(SOON).until(() -> !log.linesWith("It is not known").isEmpty());
      assertThat(log.linesWith("It is not known").get(0)).contains("NOPERM");
    }
  }

  /** The listening manager does not know the generation, and can only hear, not ask. */
  @Test
  void entriesExpire_commandsFail_isWarnedOfOnce() throws JMException {
    try (RedisServer server = RedisServer.start("--notify-keyspace-events", "Ex");
        Jedis control = new Jedis("127.0.0.1", server.port());
        CapturedLog log = CapturedLog.start()) {
      CacheManager manager = managerOf(server.uri(), "events.lease=10m");
      Cache<String, String> cache = Managers.texts(manager, name);
      HeardChanges heard = HeardChanges.of(cache);
      cache.putAll(Map.of("a", "1", "b", "1", "c", "1"));
      String entry = control.keys("yc:*:a").iterator().next();
      String clients = control.configGet("maxclients").get("maxclients");
      control.configSet("maxclients", "1"); // those that there are stay
      control.clientKill(new ClientKillParams().type(ClientType.NORMAL).skipMe(SkipMe.YES));
      control.publish(("yc:{" + name + "}:events").getBytes(US_ASCII), new byte[] {1, 5});

      control.pexpire(entry, 1);
      control.pexpire(entry.replaceFirst("a$", "b"), 1);

      await().atMost(SOON).until(() -> !log.linesWith("expired entries").isEmpty());
      control.configSet("maxclients", clients);
      await().atMost(SOON).ignoreExceptions().until(() -> cache.get("c") != null);
      control.pexpire(entry.replaceFirst("a$", "c"), 1);
      await().atMost(SOON).until(() -> heard.heard().contains("EXPIRED c=null/null"));
      assertThat(log.linesWith("expired entries")).hasSize(1);
      assertThat(log.linesWith("expired entries").get(0)).contains("max number of clients");
      assertThat(log.linesWith("goes on after an error")).isEmpty();
      assertThat(ConnectionBean.of(manager, "BackgroundErrors").longValue()).isZero();
      managers.remove(0).getCachingProvider().close();
    }
  }
}
