package io.yokedcache.jcache;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.testing.KeysetFile;
import io.yokedcache.jcache.testing.RedisServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.integration.CacheLoader;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every operation of caches whose values are compressed and encrypted in Redis. */
final class WrappedValuesIT {

  private static final Duration BOUND = Duration.ofSeconds(30);
  private static final String LONG = "a long text ".repeat(300);
  private static final String[] COMPRESSED = {
    "yokedcache.defaults.compress.algorithm", "lz4", "yokedcache.defaults.compress.above", "100"
  };

  private static @TempDir Path directory;
  private static RedisServer redis;
  private static RawEntries raw;
  private static TestManagers managers;
  private static KeysetFile keyset;

  @BeforeAll
  static void start() {
    redis = RedisServer.start();
    raw = new RawEntries(redis);
    managers = new TestManagers();
    keyset = KeysetFile.create(directory.resolve("keyset.json"));
  }

  @AfterAll
  static void stop() {
    managers.close();
    raw.close();
    redis.close();
  }

  /** The wrappers, near cache, and codec of a cache. */
  record Kind(boolean compresses, boolean encrypts, boolean near, String codec) {

    String[] settings() {
      List<String> settings = new ArrayList<>();
      if (compresses) {
        settings.addAll(List.of(COMPRESSED));
      }
      if (encrypts) {
        settings.addAll(List.of("yokedcache.defaults.encrypt.keyset", keyset.path().toString()));
      }
      settings.addAll(
          List.of(
              "yokedcache.defaults.near.enabled",
              "" + near,
              "yokedcache.defaults.value-codec",
              codec));
      return settings.toArray(String[]::new);
    }
  }

  static Stream<Kind> kinds() {
    return Stream.of(
        new Kind(true, false, false, "auto"),
        new Kind(false, true, false, "java"),
        new Kind(true, true, false, "string"),
        new Kind(true, true, true, "auto"),
        new Kind(true, true, true, "java"),
        new Kind(false, true, true, "string"));
  }

  private static Cache<String, String> cache(CacheManager manager, String name) {
    return manager.createCache(name, TestManagers.strings().setStatisticsEnabled(true));
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void operations_readWhatWasWritten(Kind kind) throws Exception {
    Cache<String, String> cache =
        cache(managers.open(redis.uri(), kind.settings()), TestManagers.uniqueName("operations"));

    cache.put("a", LONG);
    assertThat(cache.get("a")).isEqualTo(LONG);
    assertThat(cache.get("a")).isEqualTo(LONG);
    assertThat(cache.containsKey("a")).isTrue();
    assertThat(stored(cache, "a")).doesNotContain(kind.encrypts() ? "long" : LONG);

    assertThat(cache.getAndPut("a", "short")).isEqualTo(LONG);
    assertThat(cache.putIfAbsent("a", "not")).isFalse();
    assertThat(cache.putIfAbsent("b", LONG)).isTrue();
    cache.putAll(Map.of("c", LONG + "c", "d", "d"));
    Map<String, String> all = Map.of("a", "short", "b", LONG, "c", LONG + "c", "d", "d");
    assertThat(cache.getAll(Set.of("a", "b", "c", "d", "none"))).isEqualTo(all);
    assertThat(entries(cache)).isEqualTo(all);

    assertThat(cache.replace("b", "other", "not")).isFalse();
    assertThat(cache.replace("b", LONG, "replaced")).isTrue();
    assertThat(cache.replace("b", "again")).isTrue();
    assertThat(cache.getAndReplace("b", LONG)).isEqualTo("again");
    assertThat(cache.remove("b", "other")).isFalse();
    assertThat(cache.remove("b", LONG)).isTrue();
    assertThat(cache.getAndRemove("c")).isEqualTo(LONG + "c");

    for (int i = 0; i < 3; i++) {
      cache.invoke(
          "d",
          (entry, arguments) -> {
            entry.setValue(entry.getValue() + LONG);
            return null;
          });
    }
    assertThat(cache.get("d")).isEqualTo("d" + LONG + LONG + LONG);
    cache.invokeAll(
        Set.of("a", "d"),
        (entry, arguments) -> {
          entry.setValue(entry.getKey());
          return null;
        });
    assertThat(entries(cache)).isEqualTo(Map.of("a", "a", "d", "d"));
    assertThat(new CacheFigures(cache).undecodableByReason()).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void otherManager_readsAndHearsTheValues(Kind kind) {
    String name = TestManagers.uniqueName("shared");
    RecordingListener<String, String> listener = new RecordingListener<>();
    Cache<String, String> hearing =
        managers
            .open(redis.uri(), kind.settings())
            .createCache(
                name,
                TestManagers.strings()
                    .addCacheEntryListenerConfiguration(listener.configuration(true, false)));
    Cache<String, String> writing = cache(managers.open(redis.uri(), kind.settings()), name);

    writing.put("a", LONG);
    writing.put("a", "second");
    writing.remove("a");

    await().atMost(BOUND).until(() -> listener.heard().size() == 3);
    assertThat(listener.heard()).extracting(HeardEvent::value).startsWith(LONG, "second");
    assertThat(listener.heard().get(1).oldValue()).isEqualTo(LONG);
    writing.put("b", LONG);
    assertThat(hearing.get("b")).isEqualTo(LONG);
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void writeThroughAndReadThrough_valuesOfBoth(Kind kind) {
    Cache<String, String> cache =
        managers
            .open(redis.uri(), kind.settings())
            .createCache(
                TestManagers.uniqueName("through"),
                TestManagers.strings()
                    .setReadThrough(true)
                    .setCacheLoaderFactory(LongTexts::new)
                    .setWriteThrough(true)
                    .setCacheWriterFactory(() -> new RecordingWriter<String, String>()));

    assertThat(cache.get("a")).isEqualTo("a" + LONG);
    assertThat(cache.getAll(Set.of("a", "b"))).isEqualTo(Map.of("a", "a" + LONG, "b", "b" + LONG));
    assertThat(cache.replace("a", "a" + LONG, "2")).isTrue();
    assertThat(cache.getAndPut("a", LONG)).isEqualTo("2");
    assertThat(cache.remove("a", LONG)).isTrue();
  }

  @Test
  void equality_arraysAreComparedByTheirBytes() {
    Cache<String, byte[]> cache =
        managers
            .open(redis.uri(), new Kind(true, true, true, "auto").settings())
            .createCache(
                TestManagers.uniqueName("arrays"),
                new MutableConfiguration<String, byte[]>().setTypes(String.class, byte[].class));
    cache.put("a", LONG.getBytes(UTF_8));

    assertThat(cache.replace("a", new byte[500], new byte[1])).isFalse();
    assertThat(cache.replace("a", LONG.getBytes(UTF_8), new byte[1])).isTrue();
    assertThat(cache.remove("a", new byte[2])).isFalse();
    assertThat(cache.remove("a", new byte[1])).isTrue();
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void values_swappedOrChangedByAnotherClient_areMisses(Kind kind) throws Exception {
    CacheManager manager = managers.open(redis.uri(), kind.settings());
    Cache<String, String> cache = cache(manager, TestManagers.uniqueName("swapped"));
    Cache<String, String> other = cache(manager, TestManagers.uniqueName("swapped"));
    cache.put("a", LONG);
    cache.put("b", LONG + "b");
    other.put("a", LONG);
    byte[] foreign = raw.jedis().get(name(other, "a"));

    raw.jedis().set(name(cache, "a"), raw.jedis().get(name(cache, "b")));
    raw.jedis().set(name(cache, "b"), foreign);

    if (!kind.encrypts()) { // compression does not protect anything
      awaitValue(() -> cache.get("a"), LONG + "b");
      return;
    }
    await().atMost(BOUND).until(() -> cache.get("a") == null && cache.get("b") == null);
    assertThat(cache.getAll(Set.of("a", "b"))).isEmpty();
    assertThat(cache.iterator().hasNext()).isFalse();
    assertThat(cache.replace("a", LONG, "new")).isFalse();
    assertThat(cache.<Boolean>invoke("b", (entry, arguments) -> entry.exists())).isFalse();
    assertThat(new CacheFigures(cache).undecodableByReason()).containsOnlyKeys("refusedCiphertext");
    assertThat(cache.putIfAbsent("a", LONG)).isTrue();
    assertThat(cache.get("a")).isEqualTo(LONG);
  }

  @Test
  void compressedValue_damaged_isAMissAndCounted() throws Exception {
    Cache<String, String> cache =
        cache(
            managers.open(redis.uri(), new Kind(true, false, false, "string").settings()),
            TestManagers.uniqueName("damaged"));
    cache.put("a", LONG);
    cache.put("b", LONG);
    cache.put("c", "short");
    long savedBytes = LONG.length() - raw.jedis().strlen(name(cache, "a"));
    assertThat(new CacheFigures(cache).extended("CompressedValues")).isEqualTo(2);
    assertThat(new CacheFigures(cache).extended("CompressionSavedBytes")).isEqualTo(2 * savedBytes);
    byte[] frame = raw.jedis().get(name(cache, "a"));
    frame[1] = 0x7f; // the length of the value
    raw.jedis().set(name(cache, "a"), frame);
    raw.jedis().set(name(cache, "b"), new byte[] {1, 0, 0, 16, 0, 9});

    assertThat(cache.get("a")).isNull();
    assertThat(cache.get("b")).isNull();

    assertThat(new CacheFigures(cache).undecodableByReason())
        .isEqualTo(Map.of("damagedFrame", 1L, "limit", 1L));
  }

  @Test
  void keyset_rotated_oldValuesAreReadUntilTheirKeyIsGone() throws Exception {
    KeysetFile rotated = KeysetFile.create(directory.resolve("rotated.json"));
    String[] settings = {"yokedcache.defaults.encrypt.keyset", rotated.path().toString()};
    Cache<String, String> cache =
        cache(managers.open(redis.uri(), settings), TestManagers.uniqueName("rotated"));
    cache.put("old", LONG);

    rotated.addPrimary();
    assertThat(cache.get("old")).isEqualTo(LONG);
    rotated.removeOldest();
    await().atMost(BOUND).until(() -> cache.get("old") == null);

    assertThat(new CacheFigures(cache).undecodableByReason()).isEqualTo(Map.of("unknownKey", 1L));
    cache.put("old", "new");
    assertThat(cache.get("old")).isEqualTo("new");
    assertThat(cache(managers.open(redis.uri(), settings), cache.getName()).get("old"))
        .isEqualTo("new");
  }

  @Test
  void otherWrappers_refused_messageNamesThem() {
    String name = TestManagers.uniqueName("fingerprint");
    Kind encrypted = new Kind(true, true, false, "auto");
    Cache<String, String> cache = cache(managers.open(redis.uri(), encrypted.settings()), name);
    cache.put("a", LONG);

    assertThat(raw.jedis().get("yc:{" + name + "#0}:about"))
        .endsWith("values compressed by lz4, values encrypted by Tink");
    for (Kind other :
        List.of(new Kind(true, false, false, "auto"), new Kind(false, false, false, "auto"))) {
      assertThatThrownBy(() -> cache(managers.open(redis.uri(), other.settings()), name))
          .isInstanceOf(CacheException.class)
          .hasMessageContaining("it has [")
          .hasMessageContaining("1 buckets, values compressed by lz4, values encrypted by Tink]")
          .hasMessageContaining(
              other.compresses() ? "1 buckets, values compressed by lz4]" : "1 buckets]");
    }
  }

  private static final class LongTexts implements CacheLoader<String, String> {

    @Override
    public String load(String key) {
      return key + LONG;
    }

    @Override
    public Map<String, String> loadAll(Iterable<? extends String> keys) {
      Map<String, String> loaded = new TreeMap<>();
      keys.forEach(key -> loaded.put(key, load(key)));
      return loaded;
    }
  }

  private static void awaitValue(Supplier<String> value, String expected) {
    await().atMost(BOUND).until(() -> expected.equals(value.get()));
  }

  private static byte[] name(Cache<?, ?> cache, String key) {
    return raw.find(cache.getName(), key).get(0).getBytes(UTF_8);
  }

  private static String stored(Cache<?, ?> cache, String key) {
    return new String(raw.jedis().get(name(cache, key)), UTF_8);
  }

  private static Map<String, String> entries(Cache<String, String> cache) {
    Map<String, String> entries = new TreeMap<>();
    cache.forEach(entry -> entries.put(entry.getKey(), entry.getValue()));
    return entries;
  }
}
