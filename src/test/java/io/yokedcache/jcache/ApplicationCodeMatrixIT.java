package io.yokedcache.jcache;

import static io.yokedcache.jcache.CodedCache.Code.ASYNC_LISTENER;
import static io.yokedcache.jcache.CodedCache.Code.COMPLETION_LISTENER;
import static io.yokedcache.jcache.CodedCache.Code.FILTER;
import static io.yokedcache.jcache.CodedCache.Code.LOADER;
import static io.yokedcache.jcache.CodedCache.Code.POLICY;
import static io.yokedcache.jcache.CodedCache.Code.PROCESSOR;
import static io.yokedcache.jcache.CodedCache.Code.SYNC_LISTENER;
import static io.yokedcache.jcache.CodedCache.Code.WRITER;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.CodedCache.Behaviour;
import io.yokedcache.jcache.CodedCache.Code;
import io.yokedcache.jcache.internal.integration.ApplicationCode;
import io.yokedcache.jcache.testing.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.cache.event.CacheEntryListenerException;
import javax.cache.integration.CacheLoaderException;
import javax.cache.integration.CacheWriterException;
import javax.cache.integration.CompletionListenerFuture;
import javax.cache.processor.EntryProcessorException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Every operation with every kind of application code that it calls, and each of these failing,
 * being slow, interrupting its thread, calling the cache again, and closing it. Factories and
 * {@code close()} are in {@link ClosingFailureIT}.
 */
final class ApplicationCodeMatrixIT {

  private static final long SECONDS = 20;

  private static final Map<Operation, Baseline> baselines = new EnumMap<>(Operation.class);

  private static RedisServer redis;
  private static TestManagers managers;
  private static CacheManager manager;
  private static CacheManager observer;
  private static ExecutorService threads;

  @BeforeAll
  static void start() {
    redis = RedisServer.start();
    managers = new TestManagers();
    manager =
        managers.open(
            redis.uri(),
            "yokedcache.events.announce",
            "1ms",
            "yokedcache.defaults.contention-timeout",
            "5s",
            "yokedcache.defaults.load-timeout",
            "15s");
    observer = managers.open(redis.uri());
    threads = Executors.newCachedThreadPool();
  }

  @AfterAll
  static void stop() {
    threads.shutdownNow();
    managers.close();
    redis.close();
  }

  /** What an operation does, and the code of the application that takes part in it. */
  @SuppressWarnings("ImmutableEnumChecker") // nobody changes the sets, and actions have no state
  private enum Operation {
    GET_HIT("get", EnumSet.of(POLICY), world -> world.cache().get("a")),
    GET_MISS("get", events(LOADER, POLICY), world -> world.cache().get("b")),
    GET_ALL("getAll", events(LOADER, POLICY), world -> world.cache().getAll(Set.of("a", "b"))),
    CONTAINS_KEY(
        "containsKey", EnumSet.noneOf(Code.class), world -> world.cache().containsKey("a")),
    PUT("put", events(WRITER, POLICY), world -> run(() -> world.cache().put("a", "9"))),
    PUT_NEW("put", events(WRITER, POLICY), world -> run(() -> world.cache().put("n", "9"))),
    GET_AND_PUT("getAndPut", events(WRITER, POLICY), world -> world.cache().getAndPut("a", "9")),
    PUT_IF_ABSENT(
        "putIfAbsent", events(WRITER, POLICY), world -> world.cache().putIfAbsent("n", "9")),
    REPLACE("replace", events(WRITER, POLICY), world -> world.cache().replace("a", "9")),
    REPLACE_IF_EQUAL(
        "replace", events(WRITER, POLICY), world -> world.cache().replace("a", "1", "9")),
    GET_AND_REPLACE(
        "getAndReplace", events(WRITER, POLICY), world -> world.cache().getAndReplace("a", "9")),
    REMOVE("remove", events(WRITER), world -> world.cache().remove("a")),
    REMOVE_IF_EQUAL("remove", events(WRITER), world -> world.cache().remove("a", "1")),
    GET_AND_REMOVE("getAndRemove", events(WRITER), world -> world.cache().getAndRemove("a")),
    PUT_ALL(
        "putAll",
        events(WRITER, POLICY),
        world -> run(() -> world.cache().putAll(Map.of("a", "9", "n", "9")))),
    REMOVE_ALL_KEYS(
        "removeAll", events(WRITER), world -> run(() -> world.cache().removeAll(Set.of("a", "b")))),
    REMOVE_ALL("removeAll", events(WRITER), world -> run(() -> world.cache().removeAll())),
    CLEAR("clear", EnumSet.noneOf(Code.class), world -> run(() -> world.cache().clear())),
    LOAD_ALL(
        "load",
        events(LOADER, POLICY, COMPLETION_LISTENER),
        world -> loadAll(world, /* replaceExistingValues= */ true)),
    LOAD_ALL_MISSING(
        "load",
        events(LOADER, POLICY, COMPLETION_LISTENER),
        world -> loadAll(world, /* replaceExistingValues= */ false)),
    INVOKE_READ(
        "invoke",
        EnumSet.of(PROCESSOR, POLICY),
        world -> world.cache().invoke("a", world.processor(entry -> entry.getValue()))),
    INVOKE_LOAD(
        "invoke",
        events(PROCESSOR, LOADER, POLICY),
        world -> world.cache().invoke("b", world.processor(entry -> entry.getValue()))),
    INVOKE_WRITE(
        "invoke",
        events(PROCESSOR, WRITER, POLICY),
        world ->
            world.cache().invoke("a", world.processor(entry -> run(() -> entry.setValue("9"))))),
    INVOKE_REMOVE(
        "invoke",
        events(PROCESSOR, WRITER),
        world -> world.cache().invoke("a", world.processor(entry -> run(entry::remove)))),
    INVOKE_ALL("invokeAll", events(PROCESSOR, WRITER, POLICY), Operation::invokeAll),
    ITERATE("iterate", EnumSet.of(POLICY), world -> iterate(world, /* removes= */ false)),
    ITERATOR_REMOVE("remove", events(WRITER, POLICY), world -> iterate(world, /* removes= */ true));

    /** What it counts as. */
    private final String label;

    private final Set<Code> calls;
    private final Action action;

    Operation(String label, Set<Code> calls, Action action) {
      this.label = label;
      this.calls = calls;
      this.action = action;
    }

    /** Some code, and what hears of events. */
    private static Set<Code> events(Code... others) {
      Set<Code> all = EnumSet.of(SYNC_LISTENER, ASYNC_LISTENER, FILTER);
      all.addAll(List.of(others));
      return all;
    }

    private static boolean run(Runnable work) {
      work.run();
      return true;
    }

    private static boolean loadAll(CodedCache world, boolean replaceExistingValues)
        throws Exception {
      Exception failure =
          world
              .loadAll(Set.of("a", "b"), replaceExistingValues)
              .get(SECONDS, TimeUnit.SECONDS)
              .orElse(null);
      if (failure != null) {
        throw failure;
      }
      return true;
    }

    private static List<Object> invokeAll(CodedCache world) {
      List<Object> answers = new ArrayList<>();
      world
          .cache()
          .invokeAll(Set.of("a", "n"), world.processor(entry -> run(() -> entry.setValue("9"))))
          .values()
          .forEach(result -> answers.add(result.get()));
      return answers;
    }

    private static Set<String> iterate(CodedCache world, boolean removes) {
      Set<String> seen = new TreeSet<>();
      Throwable failure = null;
      for (Iterator<Cache.Entry<String, String>> entries = world.cache().iterator();
          entries.hasNext(); ) {
        seen.add(entries.next().getKey());
        try {
          if (removes) {
            entries.remove();
          }
        } catch (CacheException | LinkageError e) {
          failure = e; // the iterator goes on
        }
      }
      ApplicationCode.rethrow(failure);
      return seen;
    }

    boolean isLoadAll() {
      return this == LOAD_ALL || this == LOAD_ALL_MISSING;
    }

    /** Whether the entry is looked up, and that counted, before code that may fail is called. */
    boolean looksUpFirst() {
      return switch (this) {
        case GET_HIT,
            GET_MISS,
            GET_ALL,
            INVOKE_READ,
            INVOKE_LOAD,
            INVOKE_WRITE,
            INVOKE_REMOVE,
            INVOKE_ALL,
            ITERATE,
            ITERATOR_REMOVE ->
            true;
        default -> false;
      };
    }
  }

  /** An operation. */
  @FunctionalInterface
  private interface Action {

    Object run(CodedCache world) throws Exception;
  }

  /** What an operation does if all code of the application works. */
  private record Baseline(
      Set<Code> called,
      StatisticsDelta counts,
      Map<String, String> database,
      Map<String, String> cached) {}

  /** How an operation ended: with neither answer nor failure if it returned nothing. */
  private record Ending(
      @Nullable Object answer, @Nullable Throwable failure, boolean isInterrupted) {}

  @TestFactory
  Stream<DynamicContainer> matrix() {
    return Stream.of(Operation.values())
        .map(
            operation ->
                DynamicContainer.dynamicContainer(
                    operation.name(), Stream.concat(benign(operation), cells(operation))));
  }

  private static Stream<DynamicTest> benign(Operation operation) {
    return Stream.of(
        DynamicTest.dynamicTest(
            operation + " alone",
            () -> assertThat(baseline(operation).called()).isEqualTo(operation.calls)));
  }

  private static Stream<DynamicTest> cells(Operation operation) {
    return operation.calls.stream()
        .flatMap(
            code ->
                Stream.of(Behaviour.values())
                    .map(
                        behaviour ->
                            DynamicTest.dynamicTest(
                                operation + " x " + code + " x " + behaviour,
                                () -> check(operation, code, behaviour))));
  }

  private static Baseline baseline(Operation operation) throws Exception {
    Baseline known = baselines.get(operation);
    if (known != null) {
      return known;
    }
    try (CodedCache world = new CodedCache(manager, observer)) {
      StatisticsDelta before = StatisticsDelta.of(world.cache());
      Ending ending = inThread(() -> operation.action.run(world)).get(SECONDS, TimeUnit.SECONDS);
      assertThat(ending.failure()).isNull();
      world.awaitCalled(operation.calls);
      world.awaitAsyncEvents();
      Baseline found =
          new Baseline(
              world.called(),
              StatisticsDelta.of(world.cache()).since(before),
              world.database(),
              world.cached());
      baselines.put(operation, found);
      return found;
    }
  }

  private static Future<Ending> inThread(Callable<@Nullable Object> work) {
    return threads.submit(
        () -> {
          Object answer = null;
          Throwable failure = null;
          try {
            answer = work.call();
          } catch (Throwable e) {
            failure = e;
          }
          return new Ending(answer, failure, Thread.interrupted());
        });
  }

  private static void check(Operation operation, Code code, Behaviour behaviour) throws Exception {
    Baseline baseline = baseline(operation);
    String name;
    try (CodedCache world = new CodedCache(manager, observer)) {
      name = world.cache().getName();
      StatisticsDelta before = StatisticsDelta.of(world.cache());
      Map<String, String> databaseBefore = world.database();
      Map<String, String> cachedBefore = world.cached();
      world.arm(code, behaviour);
      Future<Ending> running = inThread(() -> operation.action.run(world));
      if (behaviour == Behaviour.SLOW) {
        world.awaitSlowCode();
        // Whoever wants another key does not wait for it.
        Ending other =
            inThread(() -> world.cache().invoke("other", (entry, arguments) -> "done"))
                .get(SECONDS, TimeUnit.SECONDS);
        assertThat(other.answer()).isEqualTo("done");
        world.release();
      }
      Ending ending = running.get(SECONDS, TimeUnit.SECONDS);
      world.awaitCalled();
      world.disarm();

      if (behaviour == Behaviour.CLOSING) {
        assertClosed(world, ending);
      } else {
        assertEnding(operation, code, behaviour, ending);
        assertCounts(operation, code, behaviour, world, before, baseline);
        if (behaviour == Behaviour.REENTRANT) {
          assertThat(world.reentrantFailure()).isNull();
        } else if (isRefused(code, behaviour)) {
          assertThat(world.database()).as("database").isEqualTo(databaseBefore);
          assertThat(world.cached()).as("cache").isEqualTo(cachedBefore);
        } else {
          assertThat(world.database()).as("database").isEqualTo(baseline.database());
          assertThat(world.cached()).as("cache").isEqualTo(baseline.cached());
        }
        assertWorksOn(world);
      }
      assertThat(world.cached()).as("cache beside database").satisfies(world::assertAgrees);
    }
    Leftovers.assertNothingLeftOf(name, redis.uri());
  }

  /** Whether the operation does nothing, because code that has a say in it failed. */
  private static boolean isRefused(Code code, Behaviour behaviour) {
    return behaviour.raised() != null && (code == LOADER || code == WRITER || code == PROCESSOR);
  }

  private static void assertEnding(
      Operation operation, Code code, Behaviour behaviour, Ending ending) {
    Class<? extends CacheException> documented = documented(code);
    Raised raised = behaviour.raised();
    if (raised == null || documented == null) {
      assertThat(ending.failure()).isNull();
    } else if (raised == Raised.ERROR && !operation.isLoadAll()) {
      assertThat(ending.failure()).isExactlyInstanceOf(raised.type());
    } else {
      Throwable failure = ending.failure();
      if (operation == Operation.INVOKE_ALL && code != PROCESSOR) {
        assertThat(failure).isExactlyInstanceOf(EntryProcessorException.class);
        failure = requireNonNull(failure).getCause();
      }
      assertThat(failure)
          .isExactlyInstanceOf(raised == Raised.ERROR ? CacheLoaderException.class : documented)
          .hasCauseInstanceOf(raised.type());
    }
    boolean isOwnThread = code != ASYNC_LISTENER && !operation.isLoadAll();
    boolean interrupts =
        behaviour == Behaviour.INTERRUPTING || raised == Raised.UNDECLARED_INTERRUPTION;
    assertThat(ending.isInterrupted()).as("interrupt flag").isEqualTo(interrupts && isOwnThread);
  }

  /** What JSR-107 says that callers see of its failure, or null for nothing. */
  private static @Nullable Class<? extends CacheException> documented(Code code) {
    return switch (code) {
      case LOADER -> CacheLoaderException.class;
      case WRITER -> CacheWriterException.class;
      case PROCESSOR -> EntryProcessorException.class;
      case SYNC_LISTENER, FILTER -> CacheEntryListenerException.class;
      case ASYNC_LISTENER, POLICY, COMPLETION_LISTENER -> null;
    };
  }

  private static void assertCounts(
      Operation operation,
      Code code,
      Behaviour behaviour,
      CodedCache world,
      StatisticsDelta before,
      Baseline baseline)
      throws Exception {
    CacheFigures figures = new CacheFigures(world.cache());
    Raised raised = behaviour.raised();
    if (raised != null && documented(code) != null && !operation.isLoadAll()) {
      String type = raised == Raised.ERROR ? "other" : errorType(code);
      assertThat(figures.errorsByType()).containsKey(operation.label + "!" + type);
    }
    StatisticsDelta counts = StatisticsDelta.of(world.cache()).since(before);
    if (behaviour == Behaviour.SLOW) {
      counts = counts.since(new StatisticsDelta(0, 1, 0, 0)); // the other key
    }
    StatisticsDelta full = baseline.counts();
    if (behaviour == Behaviour.REENTRANT) {
      return; // it counts as well
    } else if (!isRefused(code, behaviour)) {
      assertThat(counts).isEqualTo(full);
    } else if (operation == Operation.INVOKE_ALL && raised == Raised.ERROR) {
      assertThat(counts.hits() + counts.misses()).as("the key that ended it").isEqualTo(1);
    } else {
      assertThat(counts)
          .isEqualTo(
              operation.looksUpFirst()
                  ? new StatisticsDelta(full.hits(), full.misses(), 0, 0)
                  : new StatisticsDelta(0, 0, 0, 0));
    }
  }

  private static String errorType(Code code) {
    return switch (code) {
      case LOADER -> "loader";
      case WRITER -> "writer";
      case PROCESSOR -> "processor";
      case SYNC_LISTENER, FILTER -> "listener";
      case ASYNC_LISTENER, POLICY, COMPLETION_LISTENER -> "other";
    };
  }

  private static void assertClosed(CodedCache world, Ending ending) {
    await().pollDelay(Duration.ZERO).until(() -> world.cache().isClosed());
    Throwable failure = ending.failure();
    if (failure != null && !(failure instanceof IllegalStateException)) {
      assertThat(failure).isInstanceOf(CacheException.class);
    }
    assertThat(world.reentrantFailure()).isNull();
  }

  /** No lock and no load is left behind, and no thread is dead. */
  private static void assertWorksOn(CodedCache world) throws Exception {
    Cache<String, String> cache = world.cache();
    Ending ending =
        inThread(
                () -> {
                  Set<String> keys = Set.of("a", "b", "n");
                  cache.put("p", "1");
                  keys.forEach(key -> cache.put(key, "8"));
                  cache.invoke("a", (entry, arguments) -> entry.getValue());
                  cache.removeAll(Set.of("b"));
                  world.database("b", "7");
                  requireNonNull(cache.get("b"));
                  CompletionListenerFuture loaded = new CompletionListenerFuture();
                  cache.loadAll(keys, /* replaceExistingValues= */ true, loaded);
                  loaded.get(SECONDS, TimeUnit.SECONDS);
                  return cache.getAll(keys);
                })
            .get(2 * SECONDS, TimeUnit.SECONDS);
    assertThat(ending.failure()).as("operations afterwards").isNull();
    assertThat(ending.answer()).isEqualTo(Map.of("a", "8", "b", "7", "n", "8"));
    await()
        .pollDelay(Duration.ZERO)
        .atMost(Duration.ofSeconds(SECONDS))
        .untilAsserted(() -> assertThat(world.asyncKeys()).contains("p"));
  }
}
