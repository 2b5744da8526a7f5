package io.yokedcache.examples.hibernate;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;
import org.hibernate.stat.Statistics;

/**
 * Several threads that use a {@link Shop} for a while: 95 % reads, most of them of few products.
 */
final class ShopWorkload {

  private static final int THREADS = 4;

  private final Shop shop;
  private final LongAdder transactions = new LongAdder();
  private final long startNanos = System.nanoTime();

  ShopWorkload(Shop shop) {
    this.shop = shop;
  }

  /** Returns how far the run is; safe for use by another thread. */
  String progress() {
    Statistics statistics = shop.statistics();
    long hits = statistics.getSecondLevelCacheHitCount();
    long misses = statistics.getSecondLevelCacheMissCount();
    return String.format(
        Locale.ROOT,
        "%3d s  %,9d transactions  second-level cache: %,9d hits, hit rate %.1f %%",
        Duration.ofNanos(System.nanoTime() - startNanos).toSeconds(),
        transactions.sum(),
        hits,
        hits + misses == 0 ? 0 : 100.0 * hits / (hits + misses));
  }

  /**
   * Runs for that long.
   *
   * @throws ExecutionException if a transaction failed; the cause is its exception
   */
  void run(Duration duration) throws InterruptedException, ExecutionException {
    long endNanos = System.nanoTime() + duration.toNanos();
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<?>> ends = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        int thread = i;
        ends.add(threads.submit(() -> use(thread, endNanos)));
      }
      for (Future<?> end : ends) {
        end.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private void use(int thread, long endNanos) {
    while (System.nanoTime() - endNanos < 0) {
      ThreadLocalRandom random = ThreadLocalRandom.current();
      int percent = random.nextInt(100);
      long product = skewedProduct(random);
      if (percent < 5) {
        // Each thread changes products of its own: two at once would only try optimistic locking.
        shop.raisePrice(product - product % THREADS + thread);
      } else if (percent < 10) {
        shop.categoryCount();
      } else if (percent < 20) {
        shop.productCount(product % Shop.CATEGORIES);
      } else if (percent < 35) {
        shop.priceByArticleNumber(product);
      } else {
        shop.price(product);
      }
      transactions.increment();
    }
  }

  /** Returns a product, the lower numbers far more often: half of the calls name an eighth. */
  private static long skewedProduct(ThreadLocalRandom random) {
    return (long) (Shop.PRODUCTS * Math.pow(random.nextDouble(), 3));
  }
}
