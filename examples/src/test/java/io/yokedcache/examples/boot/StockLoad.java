package io.yokedcache.examples.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.configuration.MutableConfiguration;

/**
 * Threads that change and read the stock of the shop, and check every answer. Each thread has its
 * own products: {@code @Cacheable} of one thread may store a value that is older than the change of
 * another thread, whatever the cache is.
 */
final class StockLoad implements AutoCloseable {

  private static final int THREADS = 4;
  private static final int PRODUCTS = 3;
  private static final Duration BOUND = Duration.ofSeconds(60);
  private static final long PAUSE_MILLIS = 20;

  private final ShopProcess shop;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final List<Thread> threads = new ArrayList<>();
  private final AtomicLong requests = new AtomicLong();
  private final AtomicLong longestNanos = new AtomicLong();
  private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();

  /** The pieces of each product after its last change. */
  private final Map<String, Integer> pieces = new ConcurrentHashMap<>();

  /** Starts the threads. */
  StockLoad(ShopProcess shop) {
    this.shop = shop;
    for (int i = 0; i < THREADS; i++) {
      String prefix = "product-" + i + "-";
      threads.add(new Thread(() -> changeAndRead(prefix), "stock-" + i));
    }
    threads.forEach(Thread::start);
  }

  private void changeAndRead(String prefix) {
    for (int round = 1; stop.getCount() > 0; round++) {
      String product = prefix + round % PRODUCTS;
      try {
        expect(round, product, "PUT", "/stock/" + product + "/" + round);
        expect(round, product, "GET", "/stock/" + product);
        expect(round - 1, product, "POST", "/stock/" + product + "/sold");
        expect(round - 1, product, "GET", "/stock/" + product);
        expect(round - 1, product, "GET", "/stock/" + product);
      } catch (Throwable e) {
        failures.add(e);
        pause();
      }
    }
  }

  private void expect(int expected, String product, String method, String path)
      throws IOException, InterruptedException {
    pieces.put(product, expected);
    long startNanos = System.nanoTime();
    String answer = shop.send(method, path);
    longestNanos.accumulateAndGet(System.nanoTime() - startNanos, Math::max);
    requests.incrementAndGet();
    assertThat(answer).as("%s %s", method, path).isEqualTo(Integer.toString(expected));
  }

  private void pause() {
    try {
      boolean unused = stop.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns when each thread has had many more answers, or when a request has failed. */
  void awaitRequests() {
    long before = requests.get();
    await()
        .atMost(BOUND)
        .until(() -> requests.get() - before > 50 * THREADS || !failures.isEmpty());
    assertThat(failures).isEmpty();
  }

  /** Ends the threads, and checks that no request has failed and no answer was wrong. */
  void assertAllWereAnswered() throws InterruptedException {
    stop.countDown();
    for (Thread thread : threads) {
      thread.join(BOUND.toMillis());
      assertThat(thread.isAlive()).isFalse();
    }
    assertThat(failures).isEmpty();
  }

  /** Checks that the application, and another JVM behind its caches, find the last changes. */
  void assertNothingIsStale(int redisPort) throws IOException, InterruptedException {
    Properties properties = new Properties();
    properties.setProperty("yokedcache.namespace", "shop");
    try (CacheManager other =
        Caching.getCachingProvider()
            .getCacheManager(
                URI.create("redis://127.0.0.1:" + redisPort),
                Thread.currentThread().getContextClassLoader(),
                properties)) {
      Cache<Object, Object> stock = other.createCache("stock", new MutableConfiguration<>());
      for (Map.Entry<String, Integer> product : pieces.entrySet()) {
        // The debts of the outage are settled soon after it; then the entry is stored again.
        await()
            .atMost(BOUND)
            .untilAsserted(
                () -> {
                  assertThat(shop.get("/stock/" + product.getKey()))
                      .isEqualTo(product.getValue().toString());
                  assertThat(stock.get(product.getKey())).isEqualTo(product.getValue());
                });
      }
    }
  }

  /** The figures of the requests. */
  @Override
  public String toString() {
    return "%s requests, the longest took %s ms"
        .formatted(requests, TimeUnit.NANOSECONDS.toMillis(longestNanos.get()));
  }

  @Override
  public void close() {
    stop.countDown();
  }
}
