package io.yokedcache.examples.metrics;

import io.yokedcache.metrics.CacheMetrics;
import io.yokedcache.metrics.ErrorTracker;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import javax.cache.CacheException;
import javax.cache.integration.CacheLoaderException;

/**
 * The requests of a shop with a few thousand customers, at a fixed rate: about six operations of
 * {@link DemoCaches} each. Records the application's own metrics on the way.
 */
final class DemoLoad implements AutoCloseable {

  private static final int THREADS = 2;
  private static final int USERS = 3_000;
  private static final int PRODUCTS = 5_000;
  private static final long TICKS_PER_SECOND = 50;
  private static final Map<String, String> SERVER = Map.of("server", "web-01");

  private final DemoCaches caches;
  private final CacheMetrics metrics;
  private final ErrorTracker errors;
  private final int requestsPerSecond;
  private final Skew users = new Skew(USERS);
  private final Skew products = new Skew(PRODUCTS);
  private final Set<Integer> loggedIn = ConcurrentHashMap.newKeySet();
  private final LongAdder requests = new LongAdder();
  private final LongAdder gets = new LongAdder();
  private final LongAdder failures = new LongAdder();
  private final ScheduledThreadPoolExecutor threads = new ScheduledThreadPoolExecutor(THREADS);

  DemoLoad(DemoCaches caches, CacheMetrics metrics, int requestsPerSecond) {
    this.caches = caches;
    this.metrics = metrics;
    this.errors = new ErrorTracker(metrics);
    this.requestsPerSecond = requestsPerSecond;
  }

  @SuppressWarnings("FutureReturnValueIgnored") // they end with the threads
  void start() {
    long periodNanos = TimeUnit.SECONDS.toNanos(1) / TICKS_PER_SECOND;
    for (int i = 0; i < THREADS; i++) {
      // With a delay, not at a rate: a server that is slow shall not find a backlog afterwards.
      threads.scheduleWithFixedDelay(this::serveSome, 0, periodNanos, TimeUnit.NANOSECONDS);
    }
    threads.scheduleWithFixedDelay(this::report, 1, 1, TimeUnit.SECONDS);
  }

  /** What was done so far, in one line. */
  String progress() {
    return String.format(
        Locale.ROOT,
        "%,d requests served, %,d failed, %,d sessions",
        requests.sum(),
        failures.sum(),
        loggedIn.size());
  }

  private void serveSome() {
    long share = requestsPerSecond / (THREADS * TICKS_PER_SECOND);
    for (long i = 0; i < Math.max(1, share) && !threads.isShutdown(); i++) {
      serve(users.next());
    }
  }

  private void serve(int user) {
    try (CacheMetrics.Timer timer =
        metrics.timer("request_processing", Map.of("endpoint", "/api/products"))) {
      String statusCode = "200";
      try {
        findSession(user);
        browse();
        buySometimes(user);
      } catch (CacheLoaderException e) {
        statusCode = "404";
        fail("loader", e);
      } catch (CacheException e) {
        statusCode = "503";
        fail("connection", e);
      }
      timer.tag("status_code", statusCode);
    }
    requests.increment();
  }

  private void fail(String errorType, CacheException error) {
    failures.increment();
    errors.trackError("get", errorType, error);
  }

  private void findSession(int user) {
    gets.increment();
    if (caches.sessions().get(user) == null) {
      caches.sessions().put(user, "session of " + user);
      loggedIn.add(user);
      String method = user % 3 == 0 ? "oauth" : "password";
      metrics.increment("user.login", Map.of("source", "api", "method", method));
    } else if (ThreadLocalRandom.current().nextInt(100) == 0) {
      caches.sessions().remove(user);
      loggedIn.remove(user);
    }
  }

  private void browse() {
    for (int i = 0; i < 3; i++) {
      int product = products.next();
      gets.add(2);
      caches.products().get(product);
      if (caches.prices().get(product) == null) {
        caches.prices().put(product, product * 1.19);
      }
    }
  }

  private void buySometimes(int user) {
    if (ThreadLocalRandom.current().nextInt(20) == 0) {
      caches
          .orders()
          .invoke(
              user,
              (entry, arguments) -> {
                entry.setValue(entry.exists() ? entry.getValue() + 1 : 1);
                return null;
              });
    }
  }

  private void report() {
    metrics.gauge("active_sessions", loggedIn.size(), SERVER);
    errors.reportErrorRates(Map.of("get", gets.sum()));
  }

  /** Lets the requests end that are being served, within ten seconds. */
  @Override
  public void close() {
    threads.shutdown();
    try {
      threads.awaitTermination(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
