package io.yokedcache.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.testing.RedisServer;
import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.integration.CacheLoader;
import javax.cache.integration.CacheWriter;
import javax.cache.integration.CompletionListenerFuture;
import javax.cache.processor.EntryProcessorException;
import javax.cache.processor.MutableEntry;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What callers and application code do with the collections, arrays and values of an operation does
 * not split the cache from the database; nor does a key or value that cannot be encoded.
 */
final class CallersCollectionsIT {

  private static RedisServer redis;
  private static TestManagers managers;
  private static CacheManager manager;

  private final Map<Object, Object> rows = new ConcurrentHashMap<>();

  @BeforeAll
  static void start() {
    redis = RedisServer.start();
    managers = new TestManagers();
    manager = managers.open(redis.uri());
  }

  @AfterAll
  static void stop() {
    managers.close();
    redis.close();
  }

  private Cache<Object, Object> cache(Consumer<Object> beforeWrite) {
    return manager.createCache(
        TestManagers.uniqueName("callers"),
        new MutableConfiguration<Object, Object>()
            .setWriteThrough(true)
            .setCacheWriterFactory(() -> new RowWriter(rows, beforeWrite))
            .setCacheLoaderFactory(() -> new RowLoader(rows)));
  }

  @Test
  void putAll_mapChangesWhileItIsWritten() {
    Map<Object, Object> entries = new HashMap<>(Map.of("a", "1", "b", "2"));
    Cache<Object, Object> cache =
        cache(
            written -> {
              entries.put("a", "changed");
              entries.put("c", "new");
              entries.remove("b");
            });

    cache.putAll(entries);

    assertThat(rows).isEqualTo(Map.of("a", "1", "b", "2"));
    assertThat(cache.getAll(Set.of("a", "b", "c"))).isEqualTo(rows);
  }

  @Test
  void removeAll_setChangesWhileItIsWritten() {
    Set<Object> keys = new HashSet<>(Set.of("a", "b"));
    List<Object> written = new ArrayList<>();
    Cache<Object, Object> cache =
        cache(
            keysOrEntries -> {
              written.add(keysOrEntries);
              if (written.size() > 1) { // not the entries that are put first
                keys.clear();
                keys.add("c");
              }
            });
    cache.putAll(Map.of("a", "1", "b", "2", "c", "3"));

    cache.removeAll(keys);

    assertThat(rows).isEqualTo(Map.of("c", "3"));
    assertThat(cache.getAll(Set.of("a", "b", "c"))).isEqualTo(rows);
  }

  /** A value that the writer changes has been encoded before. */
  @Test
  void put_writerChangesTheValue() {
    Cache<Object, Object> cache = cache(CallersCollectionsIT::clearValue);

    cache.put("a", new ArrayList<>(List.of("1")));
    cache.putAll(Map.of("b", new ArrayList<>(List.of("2"))));
    cache.invoke(
        "c",
        (entry, arguments) -> {
          entry.setValue(new ArrayList<>(List.of("3")));
          return "set";
        });

    assertThat(cache.get("a")).isEqualTo(List.of("1"));
    assertThat(cache.get("b")).isEqualTo(List.of("2"));
    assertThat(cache.get("c")).isEqualTo(List.of("3"));
  }

  private static void clearValue(Object written) {
    if (written instanceof Cache.Entry<?, ?> entry && entry.getValue() instanceof List<?> list) {
      list.clear();
    } else if (written instanceof Collection<?> several) {
      several.forEach(CallersCollectionsIT::clearValue);
    }
  }

  @Test
  void bulkOperations_walkOnce() throws Exception {
    Cache<Object, Object> cache = cache(written -> {});
    AtomicInteger walks = new AtomicInteger();
    CountingMap map = new CountingMap(walks, Map.of("a", "1", "b", "2"));
    Set<Object> keys = map.keySet();

    cache.putAll(map);
    assertThat(walks.getAndSet(0)).as("putAll").isEqualTo(1);
    assertThat(cache.getAll(keys)).hasSize(2);
    assertThat(walks.getAndSet(0)).as("getAll").isEqualTo(1);
    assertThat(cache.invokeAll(keys, (entry, arguments) -> entry.getValue())).hasSize(2);
    assertThat(walks.getAndSet(0)).as("invokeAll").isEqualTo(1);
    CompletionListenerFuture done = new CompletionListenerFuture();
    cache.loadAll(keys, /* replaceExistingValues= */ true, done);
    done.get(30, TimeUnit.SECONDS);
    assertThat(walks.getAndSet(0)).as("loadAll").isEqualTo(1);
    cache.removeAll(keys);
    assertThat(walks.getAndSet(0)).as("removeAll").isEqualTo(1);
    assertThat(rows).isEmpty();
  }

  @Test
  void bulkOperations_nullsAreFoundBeforeAnythingIsDone() {
    List<Object> written = new ArrayList<>();
    Cache<Object, Object> cache = cache(written::add);
    Map<Object, Object> nullValue = new HashMap<>();
    nullValue.put("a", "1");
    nullValue.put("b", null);
    Map<Object, Object> nullKey = new HashMap<>();
    nullKey.put("a", "1");
    nullKey.put(null, "2");
    Set<Object> keys = new HashSet<>(nullKey.keySet());

    assertThatThrownBy(() -> cache.putAll(nullValue)).isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> cache.putAll(nullKey)).isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> cache.getAll(keys)).isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> cache.removeAll(keys)).isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> cache.loadAll(keys, true, null))
        .isInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> cache.invokeAll(keys, (entry, arguments) -> ""))
        .isInstanceOf(NullPointerException.class);

    assertThat(written).isEmpty();
    assertThat(cache).isEmpty();
  }

  /** A loader may take from its keys those it is done with. */
  @Test
  void loadAll_loaderEmptiesItsKeys() throws Exception {
    rows.putAll(Map.of("a", "1", "b", "2"));
    Cache<Object, Object> cache =
        manager.createCache(
            TestManagers.uniqueName("callers"),
            new MutableConfiguration<Object, Object>()
                .setReadThrough(true)
                .setCacheLoaderFactory(() -> new RowLoader(rows)));
    CompletionListenerFuture done = new CompletionListenerFuture();

    cache.loadAll(Set.of("a", "b"), /* replaceExistingValues= */ false, done);
    done.get(30, TimeUnit.SECONDS);

    assertThat(cache.containsKey("a")).isTrue();
    assertThat(cache.containsKey("b")).isTrue();
    cache.clear();
    assertThat(cache.getAll(Set.of("a", "b"))).isEqualTo(rows);
  }

  /** Each run of a processor gets the caller's arguments, also if the run before changed them. */
  @Test
  void invokeAll_processorChangesItsArguments() {
    Cache<Object, Object> cache = cache(written -> {});
    Object[] arguments = {"first"};
    List<Object> seen = new ArrayList<>();

    cache.invokeAll(
        Set.of("a", "b", "c"),
        (entry, given) -> {
          seen.add(given[0]);
          given[0] = "changed";
          return "";
        },
        arguments);

    assertThat(seen).isEqualTo(List.of("first", "first", "first"));
    assertThat(arguments).containsExactly("first");
  }

  static Stream<Arguments> unencodable() {
    Object bad = new Object();
    return Stream.of(
        write("put", cache -> cache.put("a", bad)),
        write("put key", cache -> cache.put(bad, "1")),
        write("getAndPut", cache -> cache.getAndPut("a", bad)),
        write("putIfAbsent", cache -> cache.putIfAbsent("new", bad)),
        write("replace", cache -> cache.replace("a", bad)),
        write("replace old", cache -> cache.replace("a", "old", bad)),
        write("getAndReplace", cache -> cache.getAndReplace("a", bad)),
        write("putAll", cache -> cache.putAll(Map.of("a", "1", "b", bad))),
        write("putAll key", cache -> cache.putAll(Map.of("a", "1", bad, "2"))),
        write("remove key", cache -> cache.remove(bad)),
        write("removeAll key", cache -> cache.removeAll(Set.of("a", bad))),
        write("invoke", cache -> cache.invoke("a", CallersCollectionsIT::set, bad)),
        write("invokeAll", cache -> throwFirst(cache, bad)));
  }

  private static Arguments write(String name, Consumer<Cache<Object, Object>> write) {
    return Arguments.of(name, write);
  }

  private static String set(MutableEntry<Object, Object> entry, Object... arguments) {
    entry.setValue(arguments[0]);
    return "set";
  }

  private static void throwFirst(Cache<Object, Object> cache, Object value) {
    cache.invokeAll(Set.of("a"), CallersCollectionsIT::set, value).values().stream()
        .findFirst()
        .orElseThrow()
        .get();
  }

  /** Nothing has been written when it turns out that a key or a value cannot be encoded. */
  @ParameterizedTest(name = "{0}")
  @MethodSource
  void unencodable(String name, Consumer<Cache<Object, Object>> write) {
    Cache<Object, Object> cache = cache(written -> {});
    cache.put("a", "old");

    assertThatThrownBy(() -> write.accept(cache))
        .isInstanceOfAny(CacheException.class, EntryProcessorException.class);

    assertThat(rows).isEqualTo(Map.of("a", "old"));
    assertThat(cache.get("a")).isEqualTo("old");
    assertThat(cache.containsKey("b")).isFalse();
  }

  /** A map that counts how often it is walked, be it by entries or by keys. */
  private static final class CountingMap extends AbstractMap<Object, Object> {

    private final AtomicInteger walks;
    private final Map<Object, Object> content;

    private CountingMap(AtomicInteger walks, Map<Object, Object> content) {
      this.walks = walks;
      this.content = content;
    }

    @Override
    public Set<Entry<Object, Object>> entrySet() {
      return new AbstractSet<>() {

        @Override
        public Iterator<Entry<Object, Object>> iterator() {
          walks.incrementAndGet();
          return content.entrySet().iterator();
        }

        @Override
        public int size() {
          return content.size();
        }
      };
    }
  }

  /** Finds rows, and takes each key it has looked up from the keys it was given. */
  private record RowLoader(Map<Object, Object> rows) implements CacheLoader<Object, Object> {

    @Override
    public @Nullable Object load(Object key) {
      return rows.get(key);
    }

    @Override
    public Map<Object, Object> loadAll(Iterable<?> keys) {
      Map<Object, Object> found = new HashMap<>();
      for (Iterator<?> left = keys.iterator(); left.hasNext(); ) {
        Object key = left.next();
        Object row = rows.get(key);
        if (row != null) {
          found.put(key, row);
        }
        left.remove();
      }
      return found;
    }
  }

  /** Writes rows, after application code has had its say. */
  private record RowWriter(Map<Object, Object> rows, Consumer<Object> before)
      implements CacheWriter<Object, Object> {

    @Override
    public void write(Cache.Entry<?, ?> entry) {
      before.accept(entry);
      rows.put(entry.getKey(), entry.getValue());
    }

    @Override
    public void writeAll(Collection<Cache.Entry<?, ?>> entries) {
      before.accept(entries);
      entries.forEach(entry -> rows.put(entry.getKey(), entry.getValue()));
    }

    @Override
    public void delete(Object key) {
      before.accept(key);
      rows.remove(key);
    }

    @Override
    public void deleteAll(Collection<?> keys) {
      before.accept(keys);
      keys.forEach(rows::remove);
    }
  }
}
