package io.yokedcache.jcache;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.configuration.MutableCacheEntryListenerConfiguration;
import javax.cache.event.CacheEntryCreatedListener;
import javax.cache.event.CacheEntryEvent;
import javax.cache.event.CacheEntryRemovedListener;
import javax.cache.event.CacheEntryUpdatedListener;
import javax.cache.expiry.ExpiryPolicy;
import javax.cache.integration.CacheLoader;
import javax.cache.integration.CacheWriter;
import javax.cache.integration.CompletionListener;
import javax.cache.processor.EntryProcessor;
import javax.cache.processor.MutableEntry;
import org.jspecify.annotations.Nullable;

/**
 * A cache with every kind of application code, over a database that is a map: {@code a} is in both,
 * {@code b} in the database only, {@code n} in neither, and {@code z} in both for others. One kind
 * of code can be armed to do something else than its work.
 */
final class CodedCache implements AutoCloseable {

  private static final Duration SOON = Duration.ofSeconds(20);

  /** The kinds of code that operations call. */
  enum Code {
    LOADER,
    WRITER,
    PROCESSOR,
    SYNC_LISTENER,
    ASYNC_LISTENER,
    FILTER,
    POLICY,
    COMPLETION_LISTENER
  }

  /** What code does, instead of its work or before it. */
  enum Behaviour {
    UNCHECKED(Raised.UNCHECKED),
    UNDECLARED(Raised.UNDECLARED),
    UNDECLARED_INTERRUPTION(Raised.UNDECLARED_INTERRUPTION),
    ERROR(Raised.ERROR),
    /** Takes until somebody releases it. */
    SLOW(null),
    /** Leaves the interrupt flag set. */
    INTERRUPTING(null),
    /** Calls the cache for the same and for other keys. */
    REENTRANT(null),
    /** Closes the cache. */
    CLOSING(null);

    private final @Nullable Raised raised;

    Behaviour(@Nullable Raised raised) {
      this.raised = raised;
    }

    /** What is thrown, or null. */
    @Nullable Raised raised() {
      return raised;
    }
  }

  private final Map<String, String> database =
      new ConcurrentHashMap<>(Map.of("a", "1", "b", "2", "z", "3"));
  private final Set<Code> called = ConcurrentHashMap.newKeySet();
  private final List<String> asyncKeys = new CopyOnWriteArrayList<>();
  private final List<String> syncKeys = new CopyOnWriteArrayList<>();
  private final CountDownLatch slowCode = new CountDownLatch(1);
  private final CountDownLatch released = new CountDownLatch(1);
  private final CompletableFuture<Optional<Throwable>> reentered = new CompletableFuture<>();
  private final AtomicBoolean isFirst = new AtomicBoolean();
  private final Cache<String, String> cache;
  private final Cache<String, String> observed;

  private volatile @Nullable Code armed;
  private volatile @Nullable Behaviour behaviour;

  CodedCache(CacheManager manager, CacheManager observer) {
    String name = TestManagers.uniqueName("coded");
    this.cache =
        manager.createCache(
            name,
            TestManagers.strings()
                .setReadThrough(true)
                .setWriteThrough(true)
                .setStatisticsEnabled(true)
                .setCacheLoaderFactory(Loader::new)
                .setCacheWriterFactory(Writer::new)
                .setExpiryPolicyFactory(Policy::new)
                .addCacheEntryListenerConfiguration(
                    new MutableCacheEntryListenerConfiguration<>(
                        () -> new Listener(Code.SYNC_LISTENER, syncKeys),
                        () ->
                            event -> {
                              act(Code.FILTER);
                              return true;
                            },
                        /* isOldValueRequired= */ false,
                        /* isSynchronous= */ true))
                .addCacheEntryListenerConfiguration(
                    new MutableCacheEntryListenerConfiguration<>(
                        () -> new Listener(Code.ASYNC_LISTENER, asyncKeys),
                        null,
                        /* isOldValueRequired= */ false,
                        /* isSynchronous= */ false)));
    this.observed = observer.createCache(name, TestManagers.strings());
    cache.get("a");
    cache.get("z");
    awaitAsyncEvents();
    called.clear();
  }

  Cache<String, String> cache() {
    return cache;
  }

  Map<String, String> database() {
    return new TreeMap<>(database);
  }

  void database(String key, String value) {
    database.put(key, value);
  }

  /** What is in Redis. */
  Map<String, String> cached() {
    return new TreeMap<>(observed.getAll(Set.of("a", "b", "n", "y", "z")));
  }

  /** Every entry of the cache is as the database has it; the cache need not have all. */
  void assertAgrees(Map<String, String> cached) {
    Map<String, String> rows = new HashMap<>(database);
    rows.keySet().retainAll(cached.keySet());
    assertThat(cached).isEqualTo(rows);
  }

  /** The kinds of code that were called since this was made. */
  Set<Code> called() {
    Set<Code> all = EnumSet.noneOf(Code.class);
    all.addAll(called);
    return all;
  }

  List<String> asyncKeys() {
    return asyncKeys;
  }

  void arm(Code code, Behaviour what) {
    behaviour = what;
    isFirst.set(true);
    armed = code;
  }

  void disarm() {
    armed = null;
  }

  void awaitSlowCode() throws InterruptedException {
    assertThat(slowCode.await(SOON.toSeconds(), TimeUnit.SECONDS)).as("slow code").isTrue();
  }

  void release() {
    released.countDown();
  }

  /** Waits until the asynchronous listener has heard what the synchronous one has. */
  void awaitAsyncEvents() {
    await()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(1))
        .atMost(SOON)
        .until(() -> asyncKeys.size() >= syncKeys.size());
  }

  /** Waits until all that code was called, which may be by other threads. */
  void awaitCalled(Set<Code> codes) {
    await()
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(1))
        .atMost(SOON)
        .untilAsserted(() -> assertThat(called).containsAll(codes));
  }

  /** Waits until the armed code has done what it was armed for. */
  void awaitCalled() {
    awaitCalled(Set.of(requireNonNull(armed)));
    if (behaviour == Behaviour.REENTRANT || behaviour == Behaviour.CLOSING) {
      await()
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(1))
          .atMost(SOON)
          .until(reentered::isDone);
    }
  }

  /** What the code met that called the cache again, or null. */
  @Nullable Throwable reentrantFailure() {
    return reentered.join().orElse(null);
  }

  /** Starts a load and returns how it ends. */
  CompletableFuture<Optional<Exception>> loadAll(Set<String> keys, boolean replaceExistingValues) {
    CompletableFuture<Optional<Exception>> ended = new CompletableFuture<>();
    cache.loadAll(
        keys,
        replaceExistingValues,
        new CompletionListener() {

          @Override
          public void onCompletion() {
            ended.complete(Optional.empty());
            act(Code.COMPLETION_LISTENER);
          }

          @Override
          public void onException(Exception e) {
            ended.complete(Optional.of(e));
            act(Code.COMPLETION_LISTENER);
          }
        });
    return ended;
  }

  <T> EntryProcessor<String, String, T> processor(Function<MutableEntry<String, String>, T> work) {
    return (entry, arguments) -> {
      act(Code.PROCESSOR);
      return work.apply(entry);
    };
  }

  private void act(Code code) {
    called.add(code);
    Behaviour what = behaviour;
    if (code != armed || what == null) {
      return;
    }
    if (what.raised() != null) {
      what.raised().raise();
    }
    if (!isFirst.getAndSet(false)) {
      return;
    }
    switch (what) {
      case SLOW -> {
        slowCode.countDown();
        awaitRelease();
      }
      case INTERRUPTING -> Thread.currentThread().interrupt();
      case REENTRANT -> reenter(this::callAgain);
      case CLOSING -> reenter(cache::close);
      case UNCHECKED, UNDECLARED, UNDECLARED_INTERRUPTION, ERROR ->
          throw new AssertionError("was to be thrown");
    }
  }

  private void awaitRelease() {
    try {
      assertThat(released.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private void reenter(Runnable work) {
    try {
      work.run();
      reentered.complete(Optional.empty());
    } catch (Throwable e) {
      reentered.complete(Optional.of(e));
    }
  }

  private void callAgain() {
    cache.get("a");
    cache.get("b");
    cache.get("z");
    cache.put("y", "1");
    cache.invoke("a", (entry, arguments) -> entry.getValue());
    cache.getAll(Set.of("a", "b", "z"));
  }

  @Override
  public void close() {
    release();
    disarm();
    cache.close();
    observed.close();
  }

  private final class Loader implements CacheLoader<String, String> {

    @Override
    public @Nullable String load(String key) {
      act(Code.LOADER);
      return database.get(key);
    }

    @Override
    public Map<String, String> loadAll(Iterable<? extends String> keys) {
      act(Code.LOADER);
      Map<String, String> loaded = new HashMap<>();
      for (String key : keys) {
        String value = database.get(key);
        if (value != null) {
          loaded.put(key, value);
        }
      }
      return loaded;
    }
  }

  private final class Writer implements CacheWriter<String, String> {

    @Override
    public void write(Cache.Entry<? extends String, ? extends String> entry) {
      act(Code.WRITER);
      database.put(entry.getKey(), entry.getValue());
    }

    @Override
    public void writeAll(Collection<Cache.Entry<? extends String, ? extends String>> entries) {
      act(Code.WRITER);
      entries.forEach(entry -> database.put(entry.getKey(), entry.getValue()));
      entries.clear();
    }

    @Override
    public void delete(Object key) {
      act(Code.WRITER);
      database.remove(key);
    }

    @Override
    public void deleteAll(Collection<?> keys) {
      act(Code.WRITER);
      new ArrayList<>(keys).forEach(database::remove);
      keys.clear();
    }
  }

  private final class Policy implements ExpiryPolicy {

    @Override
    public javax.cache.expiry.Duration getExpiryForCreation() {
      act(Code.POLICY);
      return javax.cache.expiry.Duration.ETERNAL;
    }

    @Override
    public javax.cache.expiry.@Nullable Duration getExpiryForAccess() {
      act(Code.POLICY);
      return null;
    }

    @Override
    public javax.cache.expiry.@Nullable Duration getExpiryForUpdate() {
      act(Code.POLICY);
      return null;
    }
  }

  private final class Listener
      implements CacheEntryCreatedListener<String, String>,
          CacheEntryUpdatedListener<String, String>,
          CacheEntryRemovedListener<String, String> {

    private final Code code;
    private final List<String> heard;

    Listener(Code code, List<String> heard) {
      this.code = code;
      this.heard = heard;
    }

    private void hear(Iterable<CacheEntryEvent<? extends String, ? extends String>> events) {
      events.forEach(event -> heard.add(event.getKey()));
      act(code);
    }

    @Override
    public void onCreated(Iterable<CacheEntryEvent<? extends String, ? extends String>> events) {
      hear(events);
    }

    @Override
    public void onUpdated(Iterable<CacheEntryEvent<? extends String, ? extends String>> events) {
      hear(events);
    }

    @Override
    public void onRemoved(Iterable<CacheEntryEvent<? extends String, ? extends String>> events) {
      hear(events);
    }
  }
}
