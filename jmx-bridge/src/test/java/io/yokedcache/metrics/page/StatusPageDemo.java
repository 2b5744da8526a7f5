package io.yokedcache.metrics.page;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** Serves the page with caches that only pretend, for who works on how it looks. */
final class StatusPageDemo {

  private static final List<String> NAMES =
      List.of("products", "categories", "prices", "stock", "customers", "sessions", "carts");

  private StatusPageDemo() {}

  /** Serves on the port given, or 8000, until it is ended. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    try (PageServer server = start(arguments.length == 0 ? 8000 : Integer.parseInt(arguments[0]))) {
      System.out.println(server.url(""));
      new CountDownLatch(1).await();
    }
  }

  /** Starts the caches' work, which ends with the JVM, and a server of the page. */
  static PageServer start(int port) throws IOException {
    SimulatedCaches caches = new SimulatedCaches();
    caches.connection("redis.//localhost.6379", /* healthy= */ true, 180_000);
    Map<String, SimulatedCaches.Cache> byName = new TreeMap<>();
    for (String name : NAMES) {
      byName.put(name, caches.add("redis.//localhost.6379", name));
    }
    byName.put("rates", caches.add("urn.X-ehcache.jsr107-default-config", "rates").plain());
    ScheduledExecutorService clock =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "status-page-demo");
              thread.setDaemon(true);
              return thread;
            });
    long startNanos = System.nanoTime();
    ScheduledFuture<?> work =
        clock.scheduleAtFixedRate(
            () -> caches.change(() -> work(byName, (System.nanoTime() - startNanos) / 1e9)),
            0,
            250,
            TimeUnit.MILLISECONDS);
    if (work.isCancelled()) {
      throw new IllegalStateException("The demo's clock does not run");
    }
    return PageServer.of(caches, "/", port);
  }

  private static void work(Map<String, SimulatedCaches.Cache> caches, double seconds) {
    double wave = 1 + 0.35 * Math.sin(seconds / 9) + 0.1 * Math.sin(seconds / 1.7);
    int i = 0;
    for (SimulatedCaches.Cache cache : caches.values()) {
      int load = (int) (wave * 420 / (1 + i));
      cache.counted(seconds % 30);
      double slow = seconds % 40 > 30 ? 2.4 : 1;
      cache.get(load, 0.97 - 0.05 * i - 0.03 * Math.sin(seconds / 7), 85 * slow);
      cache.put(load / 6, 120 * slow);
      cache.run("getAll", load / 9, 210 * slow);
      cache.run("remove", load / 20, 95 * slow);
      cache.run("invoke", load / 30, 320 * slow);
      cache.run("network", load, 60 * slow);
      cache.run("codec", load, 9);
      cache.run("queue", load, 3);
      if (slow > 1 && i % 3 == 0) {
        cache.fail("get", "timeout", 1 + i).fail("get", "loader", 1).fail("load", "loader", 1);
      }
      i++;
    }
  }
}
