package io.yokedcache.examples.hibernate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.RedisUnavailableException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Two applications with {@code on-failure = degrade} while Redis is away, and after. {@code
 * -Doutage.seconds} sets how long that is.
 *
 * <p>Each application changes its own articles: {@code hibernate-jcache} cannot keep two JVMs that
 * change and read the same entity at the same time from a stale entry, whatever the provider is.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class DegradedOutageIT {

  private static final int OUTAGE_SECONDS = Integer.getInteger("outage.seconds", 2);
  private static final int ARTICLES = 8;
  private static final long PAUSE_MILLIS = 20;
  private static final Duration BOUND = Duration.ofSeconds(30);
  private static final String SETTINGS =
      """
      connection.command-timeout = 300ms
      health.interval = 200ms
      defaults.on-failure = degrade
      """;

  /** How Redis goes away and comes back. */
  enum Outage {
    /** It does not answer, and goes on with the entries that it had. */
    FROZEN {
      @Override
      void begin(Servers servers) {
        servers.redis().signal("STOP");
      }

      @Override
      void end(Servers servers) {
        servers.redis().signal("CONT");
      }
    },
    /** It ends, and comes back without entries. */
    RESTARTED {
      @Override
      void begin(Servers servers) {
        servers.redis().stop();
      }

      @Override
      void end(Servers servers) {
        servers.redis().restart();
      }
    };

    abstract void begin(Servers servers);

    abstract void end(Servers servers);
  }

  private final CountDownLatch stop = new CountDownLatch(1);
  private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
  private final List<Application> applications = new ArrayList<>();
  private final AtomicLong transactions = new AtomicLong();
  private Servers servers;

  @BeforeEach
  void start(@TempDir Path folder) throws Exception {
    servers = Servers.start(folder);
  }

  @AfterEach
  void end() throws Exception {
    stop.countDown();
    servers.close();
  }

  @ParameterizedTest
  @CsvSource({"FROZEN, jcache", "RESTARTED, yokedcache"})
  void transactions_redisIsAway_goOn(Outage outage, String factory) throws Exception {
    runThrough(outage, factory, /* cachesQueries= */ false);

    assertThat(failures).isEmpty();
    assertNothingIsStale(factory);
  }

  /** Update timestamps must not get lost, so transactions that change entities may fail. */
  @ParameterizedTest
  @CsvSource({"FROZEN, yokedcache", "RESTARTED, jcache"})
  void transactions_redisIsAway_noQueryIsStaleAfterwards(Outage outage, String factory)
      throws Exception {
    runThrough(outage, factory, /* cachesQueries= */ true);

    assertThat(failures)
        .allSatisfy(
            failure ->
                assertThat(causes(failure))
                    .anySatisfy(
                        cause ->
                            assertThat(cause)
                                .isInstanceOf(RedisUnavailableException.class)
                                .hasMessageContaining("default-update-timestamps-region")));
    assertNothingIsStale(factory);
  }

  private static List<Throwable> causes(Throwable failure) {
    return Stream.iterate(failure, Objects::nonNull, Throwable::getCause).toList();
  }

  private void runThrough(Outage outage, String factory, boolean cachesQueries) throws Exception {
    for (int i = 0; i < 2; i++) {
      String settings = servers.cacheFile(SETTINGS);
      applications.add(servers.openWith(factory, settings, "degraded", cachesQueries));
    }
    for (long id = 0; id < ARTICLES; id++) {
      applications.get(0).ask(Job.INSERT, id);
    }
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < applications.size(); i++) {
      Application application = applications.get(i);
      int first = i;
      threads.add(new Thread(() -> run(() -> raiseAll(application, first)), "writer-" + i));
      threads.add(new Thread(() -> run(() -> readAll(application, first)), "reader-" + i));
    }
    threads.forEach(Thread::start);
    awaitTransactions();

    outage.begin(servers);
    await()
        .pollDelay(Duration.ofSeconds(OUTAGE_SECONDS))
        .atMost(Duration.ofSeconds(OUTAGE_SECONDS).plus(BOUND))
        .until(() -> true);
    awaitTransactions();
    outage.end(servers);
    awaitTransactions();
    stop.countDown();
    for (Thread thread : threads) {
      thread.join(BOUND.toMillis());
      assertThat(thread.isAlive()).isFalse();
    }
  }

  private void assertNothingIsStale(String factory) throws Exception {
    Map<Long, String> prices = new TreeMap<>();
    for (long id = 0; id < ARTICLES; id++) {
      prices.put(id, servers.price(id));
    }
    for (Application application : applications) {
      // Each application makes its failed changes good soon after the outage.
      await()
          .atMost(BOUND)
          .untilAsserted(
              () -> {
                assertThat(all(application, Job.ARTICLE)).isEqualTo(prices);
                assertThat(all(application, Job.ARTICLES_BY_QUERY)).isEqualTo(prices);
              });
    }
    String option = "-D" + Application.FACTORY + "=" + factory;
    try (ApplicationProcess other = servers.openElsewhere("degraded", option)) {
      for (long id = 0; id < ARTICLES; id++) {
        assertThat(other.ask(Job.ARTICLE, id).text()).isEqualTo(prices.get(id));
        assertThat(other.ask(Job.ARTICLES_BY_QUERY, id).text()).isEqualTo(prices.get(id));
      }
    }
  }

  private static Map<Long, String> all(Application application, Job job) {
    Map<Long, String> found = new TreeMap<>();
    for (long id = 0; id < ARTICLES; id++) {
      found.put(id, application.ask(job, id).text());
    }
    return found;
  }

  /** Returns when many more transactions were made. */
  private void awaitTransactions() {
    long before = transactions.get();
    await().atMost(BOUND).until(() -> transactions.get() - before > 20L * ARTICLES);
  }

  private void run(Runnable transaction) {
    while (stop.getCount() > 0) {
      try {
        transaction.run();
      } catch (Throwable e) {
        failures.add(e);
        transactions.incrementAndGet();
        pause();
      }
    }
  }

  /** Lets a moment pass after a failure, since Hibernate logs each one. */
  private void pause() {
    try {
      boolean unused = stop.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void raiseAll(Application application, int first) {
    for (long id = first; id < ARTICLES && stop.getCount() > 0; id += 2) {
      application.ask(Job.RAISE_ARTICLE, id);
      transactions.incrementAndGet();
    }
  }

  private void readAll(Application application, int first) {
    for (long id = first; id < ARTICLES && stop.getCount() > 0; id += 2) {
      application.ask(Job.ARTICLE, id);
      application.ask(Job.ARTICLES_BY_QUERY, id);
      transactions.addAndGet(2);
    }
  }
}
