package io.yokedcache.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.yokedcache.jcache.testing.RedisServer;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.integration.CacheLoader;
import javax.cache.integration.CacheLoaderException;
import javax.cache.integration.CompletionListenerFuture;
import javax.cache.processor.EntryProcessor;
import javax.cache.processor.EntryProcessorException;
import javax.cache.processor.EntryProcessorResult;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Code of the application that is compiled without generics, or casts, gives values of another type
 * than the cache is declared for. No path stores them: a later read would find them unreadable.
 */
@SuppressWarnings({"unchecked", "rawtypes"}) // which is how such values come
final class WrongTypesIT {

  private static RedisServer redis;
  private static TestManagers managers;
  private static Cache<String, String> cache;

  @BeforeAll
  static void start() {
    redis = RedisServer.start();
    managers = new TestManagers();
    cache =
        managers
            .open(redis.uri())
            .createCache(
                "words",
                new MutableConfiguration<String, String>()
                    .setTypes(String.class, String.class)
                    .setReadThrough(true)
                    .setCacheLoaderFactory(Numbers::new));
  }

  @AfterAll
  static void stop() {
    managers.close();
    redis.close();
  }

  /** Loads an {@code Integer}, except for the key {@code word}. */
  private static final class Numbers implements CacheLoader<String, String> {

    @Override
    public @Nullable String load(String key) {
      return (String) ((Function) Numbers::value).apply(key);
    }

    private static Object value(Object key) {
      return key.equals("word") ? "text" : 5;
    }

    @Override
    public Map<String, String> loadAll(Iterable<? extends String> keys) {
      Map loaded = new HashMap<>();
      keys.forEach(key -> loaded.put(key, value(key)));
      return loaded;
    }
  }

  @Test
  void primitiveTypes_standForBoxedOnes() {
    CacheManager manager = managers.open(redis.uri());
    manager.createCache(
        "numbers", new MutableConfiguration<Integer, Long>().setTypes(int.class, long.class));

    Cache<Integer, Long> numbers = manager.getCache("numbers", int.class, long.class);
    numbers.put(1, 2L);

    assertThat(manager.getCache("numbers", Integer.class, Long.class).get(1)).isEqualTo(2);
  }

  private enum Way {
    GET_ALL(CacheLoaderException.class),
    LOAD_ALL(CacheLoaderException.class),
    GET_BY_FUNCTION(CacheLoaderException.class),
    INVOKE(EntryProcessorException.class),
    INVOKE_ALL(EntryProcessorException.class),
    INVOKE_ASYNC(EntryProcessorException.class);

    private final Class<? extends Exception> documented;

    Way(Class<? extends Exception> documented) {
      this.documented = documented;
    }

    private void run(YokedCache words) throws Exception {
      EntryProcessor processor =
          (entry, arguments) -> {
            entry.setValue(5);
            return null;
          };
      switch (this) {
        case GET_ALL -> words.getAll(Set.of(name(), "word"));
        case LOAD_ALL -> {
          CompletionListenerFuture loaded = new CompletionListenerFuture();
          words.loadAll(Set.of(name(), "word"), /* replaceExistingValues= */ false, loaded);
          loaded.get();
        }
        case GET_BY_FUNCTION -> words.get(name(), key -> 5);
        case INVOKE -> words.invoke(name(), processor);
        case INVOKE_ALL ->
            ((Map<Object, EntryProcessorResult<?>>) words.invokeAll(Set.of(name()), processor))
                .values()
                .forEach(EntryProcessorResult::get);
        case INVOKE_ASYNC -> words.invokeAsync(name(), processor).get();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void valueOfAnotherType_isRefused_andNotStored(Way way) {
    Throwable thrown = catchThrowable(() -> way.run(cache.unwrap(YokedCache.class)));

    Throwable failure = thrown instanceof ExecutionException ? thrown.getCause() : thrown;
    assertThat(failure)
        .isInstanceOf(way.documented)
        .hasMessageContaining("Value of class java.lang.Integer given to cache words");
    assertThat(failure).hasRootCauseInstanceOf(ClassCastException.class);
    assertThat(cache.containsKey(way.name())).isFalse();
  }

  @Test
  void loadAll_thatReturnsNull_isNamed() {
    Cache<String, String> other =
        managers
            .open(redis.uri())
            .createCache(
                "null",
                new MutableConfiguration<String, String>()
                    .setTypes(String.class, String.class)
                    .setReadThrough(true)
                    .setCacheLoaderFactory(NullMap::new));

    assertThat(catchThrowable(() -> other.getAll(Set.of("a"))))
        .isInstanceOf(CacheLoaderException.class)
        .hasMessageContaining("loadAll returned null");
  }

  private static final class NullMap implements CacheLoader<String, String> {

    @Override
    public @Nullable String load(String key) {
      return null;
    }

    @Override
    @SuppressWarnings("NullAway") // the mistake that is tried
    public Map<String, String> loadAll(Iterable<? extends String> keys) {
      return null;
    }
  }
}
