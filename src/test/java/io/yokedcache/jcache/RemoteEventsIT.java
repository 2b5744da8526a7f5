package io.yokedcache.jcache;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.testing.RedisServer;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.configuration.CacheEntryListenerConfiguration;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.event.EventType;
import javax.cache.expiry.CreatedExpiryPolicy;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import redis.clients.jedis.BinaryJedisPubSub;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.params.ClientKillParams;

/** Listeners hear, exactly once and exactly right, what other managers and JVMs do. */
@Timeout(180)
final class RemoteEventsIT {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static RedisServer redis;
  private static TestManagers managers;
  private static CacheManager here;
  private static CacheManager there;

  /** Outlasts the pauses of a busy machine: its renewal, after a third, must not come too late. */
  private static final String LEASE = "5s";

  @BeforeAll
  static void start() {
    redis = RedisServer.start("--notify-keyspace-events", "Ex");
    managers = new TestManagers();
    here = managers.open(redis.uri(), "yokedcache.events.lease", LEASE);
    ClassLoader other = new URLClassLoader(new URL[0], RemoteEventsIT.class.getClassLoader());
    there = managers.openFor(other, redis.uri(), "yokedcache.events.lease", LEASE);
  }

  @AfterAll
  static void stop() {
    managers.close();
    redis.close();
  }

  @Test
  void everyChange_ofAnotherManager() {
    RecordingListener<String, String> listener = new RecordingListener<>();
    Cache<String, String> listening = listening(listener, true);

    RemoteWrites.perform(RemoteWrites.create(there, listening.getName()));

    assertHeard(listener, RemoteWrites.EVENTS);
  }

  @Test
  void everyChange_ofAnotherJvm() throws Exception {
    RecordingListener<String, String> listener = new RecordingListener<>();
    Cache<String, String> listening = listening(listener, true);
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                RemoteWrites.class.getName(),
                redis.uri().toString(),
                listening.getName())
            .inheritIO()
            .start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isZero();
    } finally {
      process.destroyForcibly();
    }

    assertHeard(listener, RemoteWrites.EVENTS);
  }

  @Test
  void oldValue_notRequired() {
    RecordingListener<String, String> listener = new RecordingListener<>();
    Cache<String, String> listening = listening(listener, false);
    Cache<String, String> writing = create(there, listening.getName());

    writing.put("k", "1");
    writing.put("k", "2");
    writing.remove("k");

    assertHeard(listener, List.of("CREATED k=1/-", "UPDATED k=2/-", "REMOVED k=-/-"));
  }

  @Test
  void oldValue_requiredBySecondListenerOnly() {
    RecordingListener<String, String> plain = new RecordingListener<>();
    RecordingListener<String, String> withOld = new RecordingListener<>();
    Cache<String, String> listening = listening(plain, false);
    Cache<String, String> writing = create(there, listening.getName());
    writing.put("k", "1");
    assertHeard(plain, List.of("CREATED k=1/-"));

    listening.registerCacheEntryListener(withOld.configuration(true, false));
    writing.put("k", "2");

    assertHeard(withOld, List.of("UPDATED k=2/1"));
    assertHeard(plain, List.of("CREATED k=1/-", "UPDATED k=2/-"));
  }

  @Test
  void ownChange_heardOnce() {
    RecordingListener<String, String> synchronous = new RecordingListener<>();
    RecordingListener<String, String> asynchronous = new RecordingListener<>();
    Cache<String, String> cache = listening(synchronous, true);
    cache.registerCacheEntryListener(asynchronous.configuration(true, false));
    List<String> expected = new ArrayList<>(RemoteWrites.EVENTS);
    expected.removeIf(event -> event.startsWith("CREATED loaded"));
    expected.add("CREATED fence=1/-");

    RemoteWrites.perform(cache);
    create(there, cache.getName()).put("fence", "1");

    assertHeard(asynchronous, expected);
    assertHeard(synchronous, expected);
  }

  /** Whatever begins after the registration has returned is heard, and as what it is. */
  @Test
  void firstWrite_afterRegistration() throws Exception {
    for (int round = 0; round < 5; round++) {
      String name = TestManagers.uniqueName("first");
      Cache<String, String> writing = create(there, name);
      Cache<String, String> listening = create(here, name);
      RecordingListener<String, String> listener = new RecordingListener<>();
      AtomicInteger begun = new AtomicInteger();
      AtomicBoolean enough = new AtomicBoolean();
      ExecutorService writer = Executors.newSingleThreadExecutor();
      try {
        Future<?> writes =
            writer.submit(
                () -> {
                  while (!enough.get()) {
                    String key = "k" + begun.incrementAndGet();
                    writing.put(key, "1");
                    writing.put(key, "2");
                  }
                });
        await().atMost(PATIENCE).until(() -> begun.get() > 20);
        listening.registerCacheEntryListener(listener.configuration(true, true));
        int first = begun.get() + 1;
        await().atMost(PATIENCE).until(() -> begun.get() > first + 20);
        enough.set(true);
        writes.get(60, TimeUnit.SECONDS);

        List<String> expected = new ArrayList<>();
        for (int i = first; i <= begun.get(); i++) {
          expected.add("CREATED k" + i + "=1/-");
          expected.add("UPDATED k" + i + "=2/1");
        }
        await()
            .atMost(PATIENCE)
            .untilAsserted(() -> assertThat(since(listener, first)).isEqualTo(expected));
      } finally {
        writer.shutdownNow();
      }
    }
  }

  /** The servers of a cluster pass messages on to each other, so one may come late. */
  @Test
  void messageOfAnEarlierCacheObject_isNotHeard() {
    String name = TestManagers.uniqueName("again");
    List<byte[]> published = new CopyOnWriteArrayList<>();
    BinaryJedisPubSub subscription =
        new BinaryJedisPubSub() {
          @Override
          public void onPMessage(byte[] pattern, byte[] channel, byte[] message) {
            published.add(channel);
            published.add(message);
          }
        };
    try (Jedis reading = new Jedis("127.0.0.1", redis.port(), /* timeout= */ 60_000);
        Jedis sender = new Jedis("127.0.0.1", redis.port())) {
      Thread reader =
          new Thread(
              () -> reading.psubscribe(subscription, ("yc:{" + name + "}*").getBytes(UTF_8)));
      reader.start();
      await().atMost(PATIENCE).until(subscription::isSubscribed);
      Cache<String, String> earlier = create(here, name);
      earlier.registerCacheEntryListener(
          new RecordingListener<String, String>().configuration(true, true));
      earlier.put("k", "1");
      await().atMost(PATIENCE).until(() -> published.stream().anyMatch(RemoteEventsIT::isCreated));
      here.destroyCache(name);
      RecordingListener<String, String> listener = new RecordingListener<>();
      create(here, name).registerCacheEntryListener(listener.configuration(true, true));

      byte[] created = published.stream().filter(RemoteEventsIT::isCreated).findFirst().get();
      sender.publish(published.get(published.indexOf(created) - 1), created);
      create(there, name).put("fence", "1");

      assertHeard(listener, List.of("CREATED fence=1/-"));
      subscription.punsubscribe();
    }
  }

  private static boolean isCreated(byte[] message) {
    return message.length > 2 && message[0] == 1 && message[1] == 1;
  }

  private static List<String> since(RecordingListener<String, String> listener, int first) {
    return listener.heard().stream()
        .filter(event -> Integer.parseInt(event.key().toString().substring(1)) >= first)
        .map(HeardEvent::toString)
        .toList();
  }

  /** A manager whose writer has been idle, so that what it knows of listeners is old. */
  @Test
  void firstWrite_ofAnIdleManager() {
    String name = TestManagers.uniqueName("idle");
    Cache<String, String> writing = create(there, name);
    writing.put("k", "1");
    Cache<String, String> listening = create(here, name);
    RecordingListener<String, String> listener = new RecordingListener<>();
    listening.registerCacheEntryListener(listener.configuration(true, true));

    writing.put("k", "2");
    writing.put("l", "1");

    assertHeard(listener, List.of("UPDATED k=2/1", "CREATED l=1/-"));
  }

  @Test
  void register_manyCachesAtOnce() throws Exception {
    int caches = 8;
    for (int round = 0; round < 3; round++) {
      CacheManager fresh = managers.open(redis.uri());
      List<RecordingListener<String, String>> listeners = new ArrayList<>();
      List<Cache<String, String>> writing = new ArrayList<>();
      ExecutorService executor = Executors.newFixedThreadPool(caches);
      try {
        List<Future<?>> registrations = new ArrayList<>();
        for (int i = 0; i < caches; i++) {
          RecordingListener<String, String> listener = new RecordingListener<>();
          String name = TestManagers.uniqueName("many");
          Cache<String, String> listening = create(fresh, name);
          listeners.add(listener);
          writing.add(create(there, name));
          registrations.add(
              executor.submit(
                  () -> listening.registerCacheEntryListener(listener.configuration(false, true))));
        }
        for (Future<?> registration : registrations) {
          registration.get(60, TimeUnit.SECONDS);
        }
      } finally {
        executor.shutdownNow();
      }

      writing.forEach(cache -> cache.put("k", "1"));

      listeners.forEach(listener -> assertHeard(listener, List.of("CREATED k=1/-")));
      fresh.close();
    }
  }

  @Test
  void published_onlyWhileSomebodyListens() {
    try (PublishedMessages published = new PublishedMessages(redis)) {
      String name = TestManagers.uniqueName("published");
      Cache<String, String> writing = create(there, name);
      Cache<String, String> listening = create(here, name);
      writeEverything(writing);
      assertThat(published.count(name)).isZero();

      CacheEntryListenerConfiguration<String, String> configuration =
          new RecordingListener<String, String>().configuration(false, true);
      listening.registerCacheEntryListener(configuration);
      writing.put("k", "1");
      assertThat(published.count(name)).isEqualTo(1);

      listening.deregisterCacheEntryListener(configuration);
      await()
          .atMost(PATIENCE)
          .until(
              () -> {
                long before = published.count(name);
                writing.put("k", "2");
                return published.count(name) == before;
              });
      long before = published.count(name);
      writeEverything(writing);
      assertThat(published.count(name)).isEqualTo(before);
    }
  }

  private static void writeEverything(Cache<String, String> cache) {
    RemoteWrites.perform(cache);
    cache.loadAll(Set.of("k"), true, null);
    cache.remove("k");
  }

  @Test
  void subscriptionLost_comesAgain() {
    RecordingListener<String, String> listener = new RecordingListener<>();
    Cache<String, String> listening = listening(listener, false);
    Cache<String, String> writing = create(there, listening.getName());
    writing.put("before", "1");
    assertHeard(listener, List.of("CREATED before=1/-"));

    try (RawEntries raw = new RawEntries(redis)) {
      long killed = raw.jedis().clientKill(new ClientKillParams().type(ClientType.PUBSUB));
      assertThat(killed).isPositive();
    }

    AtomicInteger number = new AtomicInteger();
    await()
        .atMost(PATIENCE)
        .until(
            () -> {
              writing.put("after" + number.incrementAndGet(), "1");
              return listener.heard().size() > 1;
            });
  }

  @Test
  void naturalExpiry_heard() {
    RecordingListener<String, String> listener = new RecordingListener<>();
    Cache<String, String> listening = listening(listener, true);
    Cache<String, String> writing = expiring(there, listening.getName());

    writing.put("k", "1");

    assertHeard(listener, List.of("CREATED k=1/-", "EXPIRED k=-/-"));
  }

  @Test
  void naturalExpiry_nobodyWantsToHear() {
    RecordingListener<String, String> listener = new RecordingListener<>();
    CacheManager deaf = managers.open(redis.uri(), "yokedcache.events.expired", "false");
    String name = TestManagers.uniqueName("deaf");
    create(deaf, name).registerCacheEntryListener(listener.configuration(false, true));
    Cache<String, String> writing = expiring(there, name);

    writing.put("k", "1");
    await().atMost(PATIENCE).until(() -> !writing.containsKey("k"));
    writing.put("fence", "1");

    await().atMost(PATIENCE).until(() -> listener.heard().size() >= 2);
    assertThat(listener.heard().stream().map(HeardEvent::type).collect(Collectors.toSet()))
        .containsExactly(EventType.CREATED);
  }

  /** Events come later than the writes, but all of them and nothing else. */
  private static void assertHeard(
      RecordingListener<String, String> listener, List<String> expected) {
    await().atMost(PATIENCE).until(() -> listener.heard().size() >= expected.size());
    assertThat(listener.texts()).containsExactlyElementsOf(expected);
  }

  private static Cache<String, String> listening(
      RecordingListener<String, String> listener, boolean isOldValueRequired) {
    Cache<String, String> cache = create(here, TestManagers.uniqueName("remote"));
    cache.registerCacheEntryListener(listener.configuration(isOldValueRequired, true));
    return cache;
  }

  private static Cache<String, String> create(CacheManager manager, String name) {
    return manager.createCache(name, TestManagers.strings());
  }

  private static Cache<String, String> expiring(CacheManager manager, String name) {
    MutableConfiguration<String, String> configuration =
        TestManagers.strings()
            .setExpiryPolicyFactory(
                CreatedExpiryPolicy.factoryOf(
                    new javax.cache.expiry.Duration(TimeUnit.MILLISECONDS, 200)));
    return manager.createCache(name, configuration);
  }
}
