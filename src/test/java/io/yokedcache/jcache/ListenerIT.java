package io.yokedcache.jcache;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.testing.RedisServer;
import java.io.Closeable;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.configuration.CacheEntryListenerConfiguration;
import javax.cache.configuration.MutableCacheEntryListenerConfiguration;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.event.CacheEntryCreatedListener;
import javax.cache.event.CacheEntryEvent;
import javax.cache.event.CacheEntryEventFilter;
import javax.cache.event.CacheEntryListener;
import javax.cache.event.CacheEntryListenerException;
import javax.cache.event.EventType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Listeners hear of what their own cache object does, as they asked for it. */
final class ListenerIT {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

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

  @Test
  void synchronousListener_heardBeforeTheOperationReturns() {
    RecordingListener<String, String> listener = new RecordingListener<>();
    Cache<String, String> cache = create(listener.configuration(true, true));

    cache.put("k", "1");
    assertThat(listener.texts()).containsExactly("CREATED k=1/-");
    cache.put("k", "2");
    assertThat(listener.texts()).containsExactly("CREATED k=1/-", "UPDATED k=2/1");
    cache.remove("k");
    assertThat(listener.texts()).containsExactly("CREATED k=1/-", "UPDATED k=2/1", "REMOVED k=2/2");
  }

  @Test
  void asynchronousListener_neverHoldsUpTheOperation() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    List<String> heard = new CopyOnWriteArrayList<>();
    CacheEntryCreatedListener<String, String> listener =
        events -> {
          awaitUnchecked(gate);
          events.forEach(event -> heard.add(event.getKey()));
        };
    Cache<String, String> cache = create(configuration(listener, null, false, false));

    cache.put("a", "1"); // would never return if it waited for the listener
    cache.put("b", "1");

    assertThat(heard).isEmpty();
    gate.countDown();
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(heard).containsExactly("a", "b"));
  }

  @Test
  void oldValue_notRequired() {
    RecordingListener<String, String> plain = new RecordingListener<>();
    RecordingListener<String, String> withOld = new RecordingListener<>();
    Cache<String, String> cache =
        create(plain.configuration(false, true), withOld.configuration(true, true));

    cache.put("k", "1");
    cache.put("k", "2");
    cache.remove("k");

    assertThat(plain.texts()).containsExactly("CREATED k=1/-", "UPDATED k=2/-", "REMOVED k=-/-");
    assertThat(withOld.texts()).containsExactly("CREATED k=1/-", "UPDATED k=2/1", "REMOVED k=2/2");
  }

  @Test
  void bulkOperations() {
    RecordingListener<String, String> listener = new RecordingListener<>();
    Cache<String, String> cache = create(listener.configuration(true, true));

    cache.put("b", "0");
    cache.putAll(Map.of("a", "1", "b", "1"));
    cache.removeAll(Set.of("a", "absent"));
    cache.removeAll();
    cache.put("c", "1");
    cache.clear();

    assertThat(listener.texts())
        .containsExactly(
            "CREATED b=0/-",
            "CREATED a=1/-",
            "UPDATED b=1/0",
            "REMOVED a=1/1",
            "REMOVED b=1/1",
            "CREATED c=1/-");
  }

  @Test
  void filter_seesWhatTheListenerWouldSee() {
    RecordingListener<String, String> listener = new RecordingListener<>();
    CacheEntryEventFilter<String, String> filter =
        event ->
            event.getEventType() == EventType.REMOVED
                ? "2".equals(event.getOldValue())
                : "2".equals(event.getValue());
    Cache<String, String> cache = create(configuration(listener, filter, true, true));

    cache.put("k", "1");
    cache.put("k", "2");
    cache.remove("k");
    cache.put("k", "3");
    cache.remove("k");

    assertThat(listener.texts()).containsExactly("UPDATED k=2/1", "REMOVED k=2/2");
  }

  @Test
  void failingListener_operationIsDoneAndOthersAreCalled() {
    RecordingListener<String, String> before = new RecordingListener<>();
    RecordingListener<String, String> after = new RecordingListener<>();
    CacheEntryCreatedListener<String, String> failing =
        events -> {
          throw new IllegalStateException("no luck");
        };
    Cache<String, String> cache =
        create(
            before.configuration(false, true),
            configuration(failing, null, false, true),
            after.configuration(false, true));

    assertThatThrownBy(() -> cache.put("k", "1"))
        .isInstanceOf(CacheEntryListenerException.class)
        .hasMessageContaining(cache.getName())
        .hasMessageContaining("no luck")
        .hasCauseInstanceOf(IllegalStateException.class);

    assertThat(cache.get("k")).isEqualTo("1");
    assertThat(before.texts()).containsExactly("CREATED k=1/-");
    assertThat(after.texts()).containsExactly("CREATED k=1/-");
  }

  @Test
  void failingFilter_isTheListenersFailure() {
    CacheEntryListenerException failure = new CacheEntryListenerException("of the filter");
    RecordingListener<String, String> listener = new RecordingListener<>();
    CacheEntryEventFilter<String, String> filter =
        event -> {
          throw failure;
        };
    Cache<String, String> cache = create(configuration(listener, filter, false, true));

    assertThatThrownBy(() -> cache.put("k", "1")).isSameAs(failure);

    assertThat(cache.get("k")).isEqualTo("1");
    assertThat(listener.heard()).isEmpty();
  }

  @Test
  void failingFilter_otherEventsAreDelivered() {
    RecordingListener<String, String> listener = new RecordingListener<>();
    CacheEntryEventFilter<String, String> filter =
        event -> {
          if (event.getKey().equals("b")) {
            throw new IllegalStateException("no luck");
          }
          return true;
        };
    Cache<String, String> cache = create(configuration(listener, filter, false, true));

    assertThatThrownBy(() -> cache.putAll(Map.of("a", "1", "b", "2", "c", "3")))
        .isInstanceOf(CacheEntryListenerException.class)
        .hasMessageContaining("Event filter")
        .hasMessageContaining("no luck");

    assertThat(listener.texts()).containsExactlyInAnyOrder("CREATED a=1/-", "CREATED c=3/-");
  }

  @Test
  void failingListeners_firstFailureHasTheOthers() {
    CacheEntryCreatedListener<String, String> one =
        events -> {
          throw new CacheEntryListenerException("one");
        };
    CacheEntryCreatedListener<String, String> two =
        events -> {
          throw new CacheEntryListenerException("two");
        };
    // Registered one after the other: a configuration keeps its listeners in no order.
    Cache<String, String> cache = create(configuration(one, null, false, true));
    cache.registerCacheEntryListener(configuration(two, null, false, true));

    assertThatThrownBy(() -> cache.put("k", "1"))
        .hasMessage("one")
        .satisfies(failure -> assertThat(failure.getSuppressed()).hasSize(1));
  }

  @Test
  void failingAsynchronousListener_goesOnHearing() {
    AtomicInteger calls = new AtomicInteger();
    CacheEntryCreatedListener<String, String> failing =
        events -> {
          calls.incrementAndGet();
          throw new IllegalStateException("fails as it should");
        };
    Cache<String, String> cache = create(configuration(failing, null, false, false));

    cache.put("a", "1");
    cache.put("b", "1");

    await().atMost(PATIENCE).until(() -> calls.get() == 2);
  }

  @Test
  void register_dynamically() {
    RecordingListener<String, String> listener = new RecordingListener<>();
    CacheEntryListenerConfiguration<String, String> configuration =
        listener.configuration(true, true);
    Cache<String, String> cache = create();
    cache.put("k", "1");

    cache.registerCacheEntryListener(configuration);
    cache.put("k", "2");
    assertThatThrownBy(() -> cache.registerCacheEntryListener(configuration))
        .isInstanceOf(IllegalArgumentException.class);
    cache.put("k", "3");
    cache.deregisterCacheEntryListener(configuration);
    cache.put("k", "4");
    cache.deregisterCacheEntryListener(configuration);
    cache.registerCacheEntryListener(configuration);
    cache.put("k", "5");

    assertThat(listener.texts()).containsExactly("UPDATED k=2/1", "UPDATED k=3/2", "UPDATED k=5/4");
  }

  /** A listener and filter that note how often they were closed. */
  private static final class ClosingListener
      implements CacheEntryCreatedListener<String, String>,
          CacheEntryEventFilter<String, String>,
          Closeable {

    private final AtomicInteger closed = new AtomicInteger();

    @Override
    public void onCreated(Iterable<CacheEntryEvent<? extends String, ? extends String>> events) {}

    @Override
    public boolean evaluate(CacheEntryEvent<? extends String, ? extends String> event) {
      return true;
    }

    @Override
    public void close() {
      closed.incrementAndGet();
    }
  }

  @Test
  void closeable_closedOnce() {
    ClosingListener deregistered = new ClosingListener();
    ClosingListener deregisteredFilter = new ClosingListener();
    ClosingListener kept = new ClosingListener();
    CacheEntryListenerConfiguration<String, String> configuration =
        configuration(deregistered, deregisteredFilter, false, true);
    Cache<String, String> cache = create(configuration, configuration(kept, null, false, false));

    cache.deregisterCacheEntryListener(configuration);
    assertThat(
            List.of(deregistered.closed.get(), deregisteredFilter.closed.get(), kept.closed.get()))
        .containsExactly(1, 1, 0);
    cache.close();
    cache.close();

    assertThat(
            List.of(deregistered.closed.get(), deregisteredFilter.closed.get(), kept.closed.get()))
        .containsExactly(1, 1, 1);
  }

  @Test
  void listenerThatWritesToItsOwnCache() {
    AtomicReference<Cache<String, String>> own = new AtomicReference<>();
    CacheEntryCreatedListener<String, String> listener =
        events ->
            events.forEach(
                event -> {
                  if (event.getKey().equals("k")) {
                    requireNonNull(own.get()).put("copy", event.getValue());
                    requireNonNull(own.get()).remove("k");
                  }
                });
    Cache<String, String> cache = create(configuration(listener, null, false, true));
    own.set(cache);

    cache.put("k", "1");

    assertThat(cache.get("copy")).isEqualTo("1");
    assertThat(cache.containsKey("k")).isFalse();
  }

  @SafeVarargs
  private static Cache<String, String> create(
      CacheEntryListenerConfiguration<String, String>... listeners) {
    MutableConfiguration<String, String> configuration = TestManagers.strings();
    for (CacheEntryListenerConfiguration<String, String> listener : listeners) {
      configuration.addCacheEntryListenerConfiguration(listener);
    }
    return manager.createCache(TestManagers.uniqueName("listener"), configuration);
  }

  private static CacheEntryListenerConfiguration<String, String> configuration(
      CacheEntryListener<String, String> listener,
      @Nullable CacheEntryEventFilter<String, String> filter,
      boolean isOldValueRequired,
      boolean isSynchronous) {
    return new MutableCacheEntryListenerConfiguration<>(
        () -> listener, filter == null ? null : () -> filter, isOldValueRequired, isSynchronous);
  }

  private static void awaitUnchecked(CountDownLatch latch) {
    try {
      if (!latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        throw new IllegalStateException("The gate did not open");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
