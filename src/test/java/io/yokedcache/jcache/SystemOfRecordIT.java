package io.yokedcache.jcache;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.testing.RedisServer;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import javax.cache.Cache;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.expiry.Duration;
import javax.cache.expiry.ExpiryPolicy;
import javax.cache.integration.CacheLoader;
import javax.cache.integration.CacheWriter;
import javax.cache.integration.CompletionListenerFuture;
import javax.cache.processor.EntryProcessor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whatever two threads of one JVM do to the same key, in the end the cache has what the database
 * has. The database is slow, so that operations overlap.
 */
final class SystemOfRecordIT {

  /** Rounds of each pair of operations; {@code -Dorder.rounds=2000} for the long form. */
  private static final int ROUNDS = Integer.getInteger("order.rounds", 150);

  /** In how many rounds both operations must have run at the same time, else nothing is proved. */
  private static final int ENOUGH_OVERLAPS = 20;

  private static final int MAX_ROUNDS = 20 * ROUNDS;
  private static final long MAX_PAUSE_NANOS = TimeUnit.MICROSECONDS.toNanos(300);
  private static final String KEY = "key";
  private static final Set<String> KEYS = Set.of("aside", KEY, "other");

  private static RedisServer redis;
  private static TestManagers managers;
  private static ExecutorService threads;

  private final Database database = new Database();
  private final AtomicInteger numbers = new AtomicInteger();

  @BeforeAll
  static void start() {
    redis = RedisServer.start();
    managers = new TestManagers();
    threads = Executors.newFixedThreadPool(2);
  }

  @AfterAll
  static void stop() {
    threads.shutdownNow();
    managers.close();
    redis.close();
  }

  /** Changes that go through the cache to the database. */
  enum Through {
    PUT_AND_PUT_ALL(Op.PUT, Op.PUT_ALL),
    PUT_AND_REMOVE_ALL_KEYS(Op.PUT, Op.REMOVE_ALL_KEYS),
    PUT_AND_REMOVE_ALL(Op.PUT, Op.REMOVE_ALL),
    PUT_ALL_AND_REMOVE_ALL_KEYS(Op.PUT_ALL, Op.REMOVE_ALL_KEYS),
    PUT_ALL_AND_PUT_ALL(Op.PUT_ALL, Op.PUT_ALL),
    PUT_AND_INVOKE(Op.PUT, Op.INVOKE),
    PUT_AND_INVOKE_ALL(Op.PUT, Op.INVOKE_ALL),
    PUT_ALL_AND_INVOKE_ALL(Op.PUT_ALL, Op.INVOKE_ALL),
    REMOVE_AND_INVOKE(Op.REMOVE, Op.INVOKE),
    PUT_AND_ITERATOR_REMOVE(Op.PUT, Op.ITERATOR_REMOVE),
    GET_AND_REMOVE(Op.GET, Op.REMOVE),
    GET_AND_PUT(Op.GET, Op.PUT),
    GET_ALL_AND_REMOVE(Op.GET_ALL, Op.REMOVE),
    GET_ALL_AND_PUT_ALL(Op.GET_ALL, Op.PUT_ALL),
    LOAD_ALL_AND_PUT(Op.LOAD_ALL, Op.PUT),
    LOAD_ALL_AND_PUT_ALL(Op.LOAD_ALL, Op.PUT_ALL),
    LOAD_ALL_AND_REMOVE_ALL(Op.LOAD_ALL, Op.REMOVE_ALL);

    private final Op one;
    private final Op two;

    Through(Op one, Op two) {
      this.one = one;
      this.two = two;
    }
  }

  /** Loads beside changes that the application makes to the database first, then to the cache. */
  enum Aside {
    GET_AND_REMOVE(Op.GET, Op.DELETE_AND_REMOVE),
    GET_AND_REMOVE_ALL(Op.GET, Op.DELETE_AND_REMOVE_ALL),
    GET_AND_CLEAR(Op.GET, Op.DELETE_AND_CLEAR),
    GET_AND_PUT(Op.GET, Op.WRITE_AND_PUT),
    GET_ALL_AND_REMOVE(Op.GET_ALL, Op.DELETE_AND_REMOVE),
    GET_ALL_AND_CLEAR(Op.GET_ALL, Op.DELETE_AND_CLEAR),
    LOAD_ALL_AND_REMOVE(Op.LOAD_ALL, Op.DELETE_AND_REMOVE),
    LOAD_ALL_AND_CLEAR(Op.LOAD_ALL, Op.DELETE_AND_CLEAR),
    LOAD_ALL_AND_PUT(Op.LOAD_ALL, Op.WRITE_AND_PUT),
    INVOKE_AND_REMOVE(Op.INVOKE_LOADS, Op.DELETE_AND_REMOVE),
    INVOKE_AND_CLEAR(Op.INVOKE_LOADS, Op.DELETE_AND_CLEAR),
    INVOKE_ALL_AND_REMOVE(Op.INVOKE_ALL_LOADS, Op.DELETE_AND_REMOVE),
    INVOKE_ALL_AND_CLEAR(Op.INVOKE_ALL_LOADS, Op.DELETE_AND_CLEAR);

    private final Op one;
    private final Op two;

    Aside(Op one, Op two) {
      this.one = one;
      this.two = two;
    }
  }

  @ParameterizedTest
  @EnumSource
  void writeThrough(Through pair) throws Exception {
    Cache<String, String> cache = managers.open(redis.uri()).createCache(name(), through());
    assertAgreement(cache, pair.one, pair.two, /* alwaysStored= */ !pair.one.loads);
  }

  /** A policy of the application has bulk operations ask Redis first. */
  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.INCLUDE,
      names = {"PUT_AND_PUT_ALL", "PUT_AND_REMOVE_ALL_KEYS", "GET_AND_REMOVE", "LOAD_ALL_AND_PUT"})
  void writeThrough_ownPolicyAndListener(Through pair) throws Exception {
    Cache<String, String> cache =
        managers
            .open(redis.uri())
            .createCache(
                name(),
                through()
                    .setExpiryPolicyFactory(() -> new Eternal())
                    .addCacheEntryListenerConfiguration(
                        new RecordingListener<String, String>().configuration(false, true)));
    assertAgreement(cache, pair.one, pair.two, /* alwaysStored= */ !pair.one.loads);
  }

  @ParameterizedTest
  @EnumSource
  void cacheAside(Aside pair) throws Exception {
    Cache<String, String> cache = managers.open(redis.uri()).createCache(name(), aside());
    assertAgreement(cache, pair.one, pair.two, /* alwaysStored= */ false);
  }

  private static String name() {
    return TestManagers.uniqueName("record");
  }

  private MutableConfiguration<String, String> aside() {
    return TestManagers.strings().setReadThrough(true).setCacheLoaderFactory(() -> database);
  }

  private MutableConfiguration<String, String> through() {
    return aside().setWriteThrough(true).setCacheWriterFactory(() -> database);
  }

  /**
   * Runs two operations beside each other, many times.
   *
   * @param alwaysStored whether the cache must have the row in the end, and not only none but it
   */
  private void assertAgreement(Cache<String, String> cache, Op one, Op two, boolean alwaysStored)
      throws Exception {
    // The same entries without loader, to see what there is.
    Cache<String, String> seen =
        managers.open(redis.uri()).createCache(cache.getName(), TestManagers.strings());
    CyclicBarrier barrier = new CyclicBarrier(2);
    int overlaps = 0;
    for (int round = 0;
        round < ROUNDS || (overlaps < ENOUGH_OVERLAPS && round < MAX_ROUNDS);
        round++) {
      seen.remove(KEY);
      database.rows.put(KEY, "row" + round);
      if (!one.loads) {
        seen.put(KEY, "row" + round);
      }
      Future<Interval> first = threads.submit(() -> run(one, cache, barrier));
      Future<Interval> second = threads.submit(() -> run(two, cache, barrier));
      Interval ofFirst = first.get(60, TimeUnit.SECONDS);
      overlaps += ofFirst.overlaps(second.get(60, TimeUnit.SECONDS)) ? 1 : 0;

      String cached = seen.get(KEY);
      String row = database.rows.get(KEY);
      if (alwaysStored || cached != null) {
        assertThat(cached).as("%s beside %s, round %s", one, two, round).isEqualTo(row);
      }
    }
    assertThat(overlaps)
        .as("rounds in which both ran at the same time")
        .isGreaterThanOrEqualTo(ENOUGH_OVERLAPS);
  }

  private Interval run(Op op, Cache<String, String> cache, CyclicBarrier barrier) throws Exception {
    barrier.await(60, TimeUnit.SECONDS);
    long startNanos = System.nanoTime();
    perform(op, cache, "value" + numbers.incrementAndGet());
    return Interval.since(startNanos);
  }

  private static void pause() {
    LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(MAX_PAUSE_NANOS));
  }

  private static Map<String, String> entries(String value) {
    Map<String, String> entries = new HashMap<>();
    KEYS.forEach(key -> entries.put(key, value));
    return entries;
  }

  private static EntryProcessor<String, String, String> set(String value) {
    return (entry, arguments) -> {
      pause();
      entry.setValue(value);
      return value;
    };
  }

  /** An operation on the key, alone or with others. */
  private enum Op {
    PUT(false),
    PUT_ALL(false),
    REMOVE(false),
    REMOVE_ALL_KEYS(false),
    REMOVE_ALL(false),
    INVOKE(false),
    INVOKE_ALL(false),
    ITERATOR_REMOVE(false),
    GET(true),
    GET_ALL(true),
    LOAD_ALL(true),
    INVOKE_LOADS(true),
    INVOKE_ALL_LOADS(true),
    DELETE_AND_REMOVE(false),
    DELETE_AND_REMOVE_ALL(false),
    DELETE_AND_CLEAR(false),
    WRITE_AND_PUT(false);

    private final boolean loads;

    Op(boolean loads) {
      this.loads = loads;
    }
  }

  private void perform(Op op, Cache<String, String> cache, String value) throws Exception {
    switch (op) {
      case PUT -> cache.put(KEY, value);
      case PUT_ALL -> cache.putAll(entries(value));
      case REMOVE -> cache.remove(KEY);
      case REMOVE_ALL_KEYS -> cache.removeAll(KEYS);
      case REMOVE_ALL -> cache.removeAll();
      case INVOKE -> cache.invoke(KEY, set(value));
      case INVOKE_ALL -> cache.invokeAll(KEYS, set(value));
      case ITERATOR_REMOVE -> {
        for (Iterator<?> entries = cache.iterator(); entries.hasNext(); ) {
          entries.next();
          entries.remove();
        }
      }
      case GET -> cache.get(KEY);
      case GET_ALL -> cache.getAll(KEYS);
      case LOAD_ALL -> {
        CompletionListenerFuture done = new CompletionListenerFuture();
        cache.loadAll(KEYS, /* replaceExistingValues= */ true, done);
        done.get(60, TimeUnit.SECONDS);
      }
      case INVOKE_LOADS -> cache.invoke(KEY, (entry, more) -> entry.getValue());
      case INVOKE_ALL_LOADS -> cache.invokeAll(KEYS, (entry, more) -> entry.getValue());
      case DELETE_AND_REMOVE -> {
        database.delete(KEY);
        cache.remove(KEY);
      }
      case DELETE_AND_REMOVE_ALL -> {
        database.delete(KEY);
        cache.removeAll(KEYS);
      }
      case DELETE_AND_CLEAR -> {
        database.delete(KEY);
        cache.clear();
      }
      case WRITE_AND_PUT -> {
        database.write(KEY, value);
        cache.put(KEY, value);
      }
    }
  }

  /** An application's own policy, by which everything stays. */
  private static final class Eternal implements ExpiryPolicy {

    @Override
    public Duration getExpiryForCreation() {
      return Duration.ETERNAL;
    }

    @Override
    public @Nullable Duration getExpiryForAccess() {
      return null;
    }

    @Override
    public @Nullable Duration getExpiryForUpdate() {
      return null;
    }
  }

  /** Rows by key; reading and writing them takes a while before and after. */
  private static final class Database
      implements CacheLoader<String, String>, CacheWriter<String, String> {

    private final ConcurrentMap<String, String> rows = new ConcurrentHashMap<>();

    @Override
    public @Nullable String load(String key) {
      pause();
      String row = rows.get(key);
      pause();
      return row;
    }

    @Override
    public Map<String, String> loadAll(Iterable<? extends String> keys) {
      pause();
      Map<String, String> found = new HashMap<>();
      for (String key : keys) {
        String row = rows.get(key);
        if (row != null) {
          found.put(key, row);
        }
      }
      pause();
      return found;
    }

    void write(String key, String value) {
      pause();
      rows.put(key, value);
      pause();
    }

    @Override
    public void write(Cache.Entry<? extends String, ? extends String> entry) {
      write(entry.getKey(), entry.getValue());
    }

    @Override
    public void writeAll(Collection<Cache.Entry<? extends String, ? extends String>> entries) {
      pause();
      entries.forEach(entry -> rows.put(entry.getKey(), entry.getValue()));
      pause();
    }

    @Override
    public void delete(Object key) {
      pause();
      rows.remove(key);
      pause();
    }

    @Override
    public void deleteAll(Collection<?> keys) {
      pause();
      keys.forEach(rows::remove);
      pause();
    }
  }
}
