package io.yokedcache.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.testing.RedisServer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import javax.cache.Cache;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.event.EventType;
import javax.cache.expiry.ExpiryPolicy;
import javax.cache.integration.CompletionListenerFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What cannot be decoded is not there, whoever looks. */
final class UndecodableIT {

  private static final String KEY = "key";
  private static final Loaded OLD = new Loaded("old");
  private static final Loaded NEW = new Loaded("new");
  private static final byte[] GARBAGE = {1, 2, 3};

  private static RedisServer redis;
  private static TestManagers managers;
  private static RawEntries raw;

  @BeforeAll
  static void start() {
    redis = RedisServer.start();
    managers = new TestManagers();
    raw = new RawEntries(redis);
  }

  @AfterAll
  static void stop() {
    raw.close();
    managers.close();
    redis.close();
  }

  /** An operation, what it must return, and what the entry must be afterwards. */
  static Stream<Arguments> operations() {
    return Stream.of(
        operation("get", cache -> cache.get(KEY), null, null),
        operation("getAll", cache -> cache.getAll(Set.of(KEY)), Map.of(), null),
        operation("containsKey", cache -> cache.containsKey(KEY), false, null),
        operation("iterator", cache -> cache.iterator().hasNext(), false, null),
        operation("putIfAbsent", cache -> cache.putIfAbsent(KEY, NEW), true, NEW),
        operation("replace", cache -> cache.replace(KEY, NEW), false, null),
        operation("replace old", cache -> cache.replace(KEY, OLD, NEW), false, null),
        operation("getAndReplace", cache -> cache.getAndReplace(KEY, NEW), null, null),
        operation("getAndPut", cache -> cache.getAndPut(KEY, NEW), null, NEW),
        operation("getAndRemove", cache -> cache.getAndRemove(KEY), null, null),
        operation("remove old", cache -> cache.remove(KEY, OLD), false, null),
        operation("remove", cache -> cache.remove(KEY), true, null),
        operation(
            "invoke",
            cache -> cache.invoke(KEY, (entry, arguments) -> entry.exists()),
            false,
            null),
        operation(
            "invoke sets",
            cache ->
                cache.invoke(
                    KEY,
                    (entry, arguments) -> {
                      entry.setValue(NEW);
                      return "set";
                    }),
            "set",
            NEW),
        operation(
            "loadAll",
            cache -> {
              CompletionListenerFuture done = new CompletionListenerFuture();
              cache.loadAll(Set.of(KEY), /* replaceExistingValues= */ false, done);
              try {
                return done.get(30, TimeUnit.SECONDS);
              } catch (Exception e) {
                throw new AssertionError("loadAll failed", e);
              }
            },
            null,
            new Loaded(KEY)));
  }

  private static Arguments operation(
      String name,
      Function<Cache<String, Loaded>, @Nullable Object> operation,
      @Nullable Object answer,
      @Nullable Loaded after) {
    return Arguments.of(name, operation, answer, after);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("operations")
  void redisDecides(
      String name,
      Function<Cache<String, Loaded>, @Nullable Object> operation,
      @Nullable Object answer,
      @Nullable Loaded after) {
    assertAbsent(create(configuration()), operation, answer, after);
  }

  /** With a writer the application has a say, so entries are read first. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("operations")
  void writerHasASay(
      String name,
      Function<Cache<String, Loaded>, @Nullable Object> operation,
      @Nullable Object answer,
      @Nullable Loaded after) {
    Cache<String, Loaded> cache =
        create(
            configuration()
                .setWriteThrough(true)
                .setCacheWriterFactory(() -> new RecordingWriter<String, Loaded>()));
    assertAbsent(cache, operation, answer, after);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("operations")
  void ownPolicy(
      String name,
      Function<Cache<String, Loaded>, @Nullable Object> operation,
      @Nullable Object answer,
      @Nullable Loaded after) {
    Cache<String, Loaded> cache =
        create(configuration().setExpiryPolicyFactory(UndecodableIT::ownPolicy));
    assertAbsent(cache, operation, answer, after);
  }

  private static ExpiryPolicy ownPolicy() {
    return new CountingPolicy(javax.cache.expiry.Duration.ETERNAL, null, null);
  }

  private static MutableConfiguration<String, Loaded> configuration() {
    return new RecordingLoader(Loaded::new).configuration();
  }

  private static Cache<String, Loaded> create(MutableConfiguration<String, Loaded> configuration) {
    return managers
        .open(redis.uri())
        .createCache(TestManagers.uniqueName("garbage"), configuration.setStatisticsEnabled(true));
  }

  private static void assertAbsent(
      Cache<String, Loaded> cache,
      Function<Cache<String, Loaded>, @Nullable Object> operation,
      @Nullable Object answer,
      @Nullable Loaded after) {
    cache.put(KEY, OLD);
    spoil(cache);

    assertThat(operation.apply(cache)).isEqualTo(answer);

    assertThat(cache.get(KEY)).isEqualTo(after);
    assertThat(cache.containsKey(KEY)).isEqualTo(after != null);
  }

  private static void spoil(Cache<?, ?> cache) {
    String name = raw.find(cache.getName(), KEY).get(0);
    raw.jedis().set(utf8(name), GARBAGE);
  }

  /** A listener must not take an event whose value cannot be decoded for one without a value. */
  @Test
  void event_valueCannotBeDecoded() {
    RecordingListener<String, Loaded> listener = new RecordingListener<>();
    Cache<String, Loaded> cache =
        create(
            configuration()
                .addCacheEntryListenerConfiguration(listener.configuration(true, false)));
    byte[] channel = utf8("yc:{" + cache.getName() + "}:events");
    raw.jedis().publish(channel, message(/* change= */ 1));
    raw.jedis().publish(channel, message(/* change= */ 2));

    Cache<String, Loaded> other =
        managers.open(redis.uri()).createCache(cache.getName(), configuration());
    other.put("last", NEW);

    await().atMost(Duration.ofSeconds(30)).until(() -> !listener.heard().isEmpty());
    assertThat(listener.heard()).extracting(HeardEvent::toString).hasSize(1);
    assertThat(listener.heard().get(0).value()).isEqualTo(NEW);
    assertThat(listener.heard().get(0).type()).isEqualTo(EventType.CREATED);
  }

  /** What another version of the application may publish: a change, its origin, key and value. */
  private static byte[] message(int change) {
    byte[] key = utf8(KEY);
    ByteBuffer message = ByteBuffer.allocate(10 + 4 + key.length + 4 + GARBAGE.length);
    message.put((byte) 1).put((byte) change).put(new byte[8]);
    message.putInt(key.length).put(key).putInt(-1).put(GARBAGE);
    return message.array();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
