package io.yokedcache.jcache;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.yokedcache.jcache.codec.Codec;
import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.configuration.YokedCacheConfiguration;
import io.yokedcache.jcache.testing.RedisServer;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.AbstractSet;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.cache.configuration.MutableCacheEntryListenerConfiguration;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.event.CacheEntryCreatedListener;
import javax.cache.event.CacheEntryListenerException;
import javax.cache.integration.CacheLoaderException;
import javax.cache.integration.CacheWriter;
import javax.cache.integration.CacheWriterException;
import javax.cache.integration.CompletionListenerFuture;
import javax.cache.processor.EntryProcessor;
import javax.cache.processor.EntryProcessorException;
import javax.cache.processor.EntryProcessorResult;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever code of the application throws, callers hear of it as JSR-107 says, and all goes on. */
@Timeout(60)
final class ApplicationFailureIT {

  private static RedisServer redis;
  private static TestManagers managers;
  private static CacheManager manager;

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

  @AfterEach
  void clearInterruptFlag() {
    Thread.interrupted();
  }

  /** An error passes as it is; everything else arrives as the cause of the documented exception. */
  private static void assertWrapped(
      Throwable thrown, Raised raised, Class<? extends CacheException> documented) {
    if (raised == Raised.ERROR) {
      assertThat(thrown).isExactlyInstanceOf(raised.type());
    } else {
      assertThat(thrown)
          .isExactlyInstanceOf(documented)
          .hasCauseInstanceOf(raised.type())
          .hasMessageContaining(raised.type().getName()); // its own message may be null
    }
    assertThat(Thread.interrupted()).isEqualTo(raised == Raised.UNDECLARED_INTERRUPTION);
  }

  private static RecordingLoader failingLoader(Raised raised) {
    return new RecordingLoader(
        key -> {
          raised.raise();
          return new Loaded(key);
        });
  }

  @ParameterizedTest
  @EnumSource
  void loader(Raised raised) {
    RecordingLoader loader = failingLoader(raised);
    Cache<String, Loaded> cache =
        manager.createCache(
            TestManagers.uniqueName("loader"), loader.configuration().setReadThrough(true));

    assertWrapped(catchThrowable(() -> cache.get("a")), raised, CacheLoaderException.class);
    assertWrapped(
        catchThrowable(() -> cache.getAll(Set.of("a", "b"))), raised, CacheLoaderException.class);
    assertWrapped(
        catchThrowable(() -> cache.invoke("a", (entry, arguments) -> entry.getValue())),
        raised,
        CacheLoaderException.class);
  }

  @ParameterizedTest
  @EnumSource
  void loadAll_completes(Raised raised) {
    RecordingLoader loader = failingLoader(raised);
    Cache<String, Loaded> cache =
        manager.createCache(TestManagers.uniqueName("load-all"), loader.configuration());
    CompletionListenerFuture done = new CompletionListenerFuture();

    cache.loadAll(Set.of("a"), /* replaceExistingValues= */ true, done);

    assertThat(catchThrowable(() -> done.get(30, TimeUnit.SECONDS)))
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isExactlyInstanceOf(CacheLoaderException.class)
        .hasCauseInstanceOf(raised.type());
  }

  @ParameterizedTest
  @EnumSource
  void writer(Raised raised) {
    Cache<String, String> cache = writing(new PartialWriter(raised));
    cache.put("a", "1");

    List.<Runnable>of(
            () -> cache.put("bad", "2"),
            () -> cache.getAndPut("bad", "2"),
            () -> cache.putIfAbsent("bad", "2"),
            () -> cache.remove("bad"),
            () -> cache.getAndRemove("bad"),
            () ->
                cache.invoke(
                    "bad",
                    (entry, arguments) -> {
                      entry.setValue("2");
                      return null;
                    }))
        .forEach(
            operation ->
                assertWrapped(catchThrowable(operation::run), raised, CacheWriterException.class));
    assertThat(cache.containsKey("bad")).isFalse();
    assertThat(cache.get("a")).isEqualTo("1");
  }

  @ParameterizedTest
  @EnumSource
  void bulkWriter_cacheGetsWhatWasWritten(Raised raised) {
    PartialWriter writer = new PartialWriter(raised);
    Cache<String, String> cache = writing(writer);
    Map<String, String> entries = new LinkedHashMap<>();
    entries.put("a", "1");
    entries.put("bad", "2");
    entries.put("c", "3");

    assertWrapped(catchThrowable(() -> cache.putAll(entries)), raised, CacheWriterException.class);
    assertThat(cache.getAll(entries.keySet())).isEqualTo(writer.rows).containsOnlyKeys("a");

    cache.put("c", "3");
    assertWrapped(
        catchThrowable(() -> cache.removeAll(Set.of("a", "bad"))),
        raised,
        CacheWriterException.class);
    assertThat(cache.getAll(entries.keySet())).isEqualTo(writer.rows);
  }

  @ParameterizedTest
  @EnumSource
  void processor(Raised raised) {
    Cache<String, String> cache =
        manager.createCache(TestManagers.uniqueName("processor"), TestManagers.strings());

    assertWrapped(
        catchThrowable(() -> cache.invoke("a", failingFor("a", raised))),
        raised,
        EntryProcessorException.class);
    if (raised == Raised.ERROR) {
      return; // ends invokeAll, as InvokeAllFailuresIT has it
    }
    Map<String, EntryProcessorResult<String>> results =
        cache.invokeAll(Set.of("a", "b", "c"), failingFor("b", raised));
    assertThat(results).containsOnlyKeys("a", "b", "c");
    Function<String, String> answer = key -> requireNonNull(results.get(key), key).get();
    assertThat(answer.apply("a")).isEqualTo("done a");
    assertThat(answer.apply("c")).isEqualTo("done c");
    assertWrapped(catchThrowable(() -> answer.apply("b")), raised, EntryProcessorException.class);
    assertThat(cache.getAll(Set.of("a", "b", "c"))).containsOnlyKeys("a", "c");
  }

  private static EntryProcessor<String, String, String> failingFor(String key, Raised raised) {
    return (entry, arguments) -> {
      if (entry.getKey().equals(key)) {
        raised.raise();
      }
      entry.setValue("set");
      return "done " + entry.getKey();
    };
  }

  @ParameterizedTest
  @EnumSource
  void synchronousListener_othersHearNevertheless(Raised raised) {
    Cache<String, String> cache =
        manager.createCache(TestManagers.uniqueName("listener"), TestManagers.strings());
    RecordingListener<String, String> other = new RecordingListener<>();
    cache.registerCacheEntryListener(failingListener(raised, /* isSynchronous= */ true));
    cache.registerCacheEntryListener(other.configuration(false, /* isSynchronous= */ true));

    assertWrapped(
        catchThrowable(() -> cache.put("a", "1")), raised, CacheEntryListenerException.class);
    assertThat(other.texts()).containsExactly("CREATED a=1/-");
    assertThat(cache.get("a")).isEqualTo("1");
  }

  @ParameterizedTest
  @EnumSource
  void asynchronousListener_deliveryGoesOn(Raised raised) throws Exception {
    Cache<String, String> cache =
        manager.createCache(TestManagers.uniqueName("delivery"), TestManagers.strings());
    CountDownLatch heard = new CountDownLatch(2);
    CacheEntryCreatedListener<String, String> interrupting =
        events -> {
          heard.countDown();
          Thread.currentThread().interrupt();
        };
    cache.registerCacheEntryListener(failingListener(raised, /* isSynchronous= */ false));
    cache.registerCacheEntryListener(
        new MutableCacheEntryListenerConfiguration<>(() -> interrupting, null, false, false));

    cache.put("a", "1");
    cache.put("b", "2");

    assertThat(heard.await(30, TimeUnit.SECONDS)).isTrue();
  }

  private static MutableCacheEntryListenerConfiguration<String, String> failingListener(
      Raised raised, boolean isSynchronous) {
    CacheEntryCreatedListener<String, String> listener = events -> raised.raise();
    return new MutableCacheEntryListenerConfiguration<>(
        () -> listener, null, /* isOldValueRequired= */ false, isSynchronous);
  }

  @ParameterizedTest
  @EnumSource
  void codec_valueIsRefusedOrAbsent(Raised raised) {
    AtomicBoolean fails = new AtomicBoolean();
    YokedCacheConfiguration<String, String> configuration =
        new YokedCacheConfiguration<String, String>()
            .setTypes(String.class, String.class)
            .setValueCodec(new FailingCodec(raised, fails));
    Cache<String, String> cache =
        manager.createCache(TestManagers.uniqueName("codec"), configuration);
    cache.put("a", "1");
    fails.set(true);

    assertWrapped(catchThrowable(() -> cache.put("a", "2")), raised, CodecException.class);
    assertWrapped(
        catchThrowable(() -> cache.putAll(Map.of("a", "2"))), raised, CodecException.class);
    if (raised == Raised.ERROR) {
      assertWrapped(catchThrowable(() -> cache.get("a")), raised, CodecException.class);
    } else {
      assertThat(cache.get("a")).isNull();
      assertThat(cache.getAll(Set.of("a"))).isEmpty();
      assertThat(Thread.interrupted()).isEqualTo(raised == Raised.UNDECLARED_INTERRUPTION);
    }
    fails.set(false);
    assertThat(cache.get("a")).isEqualTo("1");
  }

  private record FailingCodec(Raised raised, AtomicBoolean fails) implements Codec<String> {

    @Override
    public String id() {
      return "failing";
    }

    @Override
    public byte[] encode(String value) {
      check();
      return value.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public String decode(byte[] bytes) {
      check();
      return new String(bytes, StandardCharsets.UTF_8);
    }

    private void check() {
      if (fails.get()) {
        raised.raise();
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void equals_isWrapped(Raised raised) {
    Cache<String, Incomparable> cache =
        manager.createCache(
            TestManagers.uniqueName("equals"),
            new MutableConfiguration<String, Incomparable>()
                .setTypes(String.class, Incomparable.class));
    cache.put("a", new Incomparable("1", raised));

    assertWrapped(
        catchThrowable(() -> cache.remove("a", new Incomparable("2", raised))),
        raised,
        CacheException.class);
    assertThat(cache.containsKey("a")).isTrue();
  }

  /** A value that can only be compared with itself. */
  private static final class Incomparable implements Serializable {

    private static final long serialVersionUID = 1;

    private final String text;

    private final Raised raised;

    Incomparable(String text, Raised raised) {
      this.text = text;
      this.raised = raised;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      raised.raise();
      return false;
    }

    @Override
    public int hashCode() {
      return text.hashCode();
    }
  }

  /** A collection of the caller may throw what it likes, but nothing that is not declared. */
  @ParameterizedTest
  @EnumSource
  void collectionOfTheCaller(Raised raised) {
    Cache<String, String> cache =
        manager.createCache(TestManagers.uniqueName("collection"), TestManagers.strings());
    Set<String> keys =
        new AbstractSet<>() {

          @Override
          public Iterator<String> iterator() {
            raised.raise();
            return Collections.emptyIterator();
          }

          @Override
          public int size() {
            return 1;
          }
        };

    Throwable thrown = catchThrowable(() -> cache.getAll(keys));

    if (raised == Raised.UNCHECKED) {
      assertThat(thrown).isExactlyInstanceOf(raised.type());
    } else {
      assertWrapped(thrown, raised, CacheException.class);
    }
  }

  private static Cache<String, String> writing(PartialWriter writer) {
    MutableConfiguration<String, String> configuration =
        TestManagers.strings().setWriteThrough(true).setCacheWriterFactory(() -> writer);
    return manager.createCache(TestManagers.uniqueName("writer"), configuration);
  }

  /** A database that takes entries one after the other, until it fails on the bad key. */
  private static final class PartialWriter implements CacheWriter<String, String> {

    private final Raised raised;
    private final Map<String, String> rows = new HashMap<>();

    PartialWriter(Raised raised) {
      this.raised = raised;
    }

    @Override
    public void write(Cache.Entry<? extends String, ? extends String> entry) {
      check(entry.getKey());
      rows.put(entry.getKey(), entry.getValue());
    }

    @Override
    public void writeAll(Collection<Cache.Entry<? extends String, ? extends String>> entries) {
      for (Cache.Entry<? extends String, ? extends String> entry : List.copyOf(entries)) {
        write(entry);
        entries.remove(entry);
      }
    }

    @Override
    public void delete(Object key) {
      check(key);
      rows.remove(key);
    }

    @Override
    public void deleteAll(Collection<?> keys) {
      for (Object key : List.copyOf(keys)) {
        delete(key);
        keys.remove(key);
      }
    }

    private void check(Object key) {
      if (key.equals("bad")) {
        raised.raise();
      }
    }
  }
}
