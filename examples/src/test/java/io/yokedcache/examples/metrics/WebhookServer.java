package io.yokedcache.examples.metrics;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A webhook that keeps what it takes, and can be slow, broken or silent. */
final class WebhookServer implements AutoCloseable {

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<JsonObject> taken = new CopyOnWriteArrayList<>();
  private final List<Integer> batches = new CopyOnWriteArrayList<>();
  private final List<String> keys = new CopyOnWriteArrayList<>();
  private final CountDownLatch end = new CountDownLatch(1);
  private final AtomicInteger requests = new AtomicInteger();

  /** How many of the next requests fail. */
  final AtomicInteger failures = new AtomicInteger();

  /** With which status they fail. */
  volatile int failureStatus = 503;

  /** Whether requests get no answer until the end. */
  volatile boolean isSilent;

  /** Whether answers begin and do not end. */
  volatile boolean isHanging;

  WebhookServer() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/hook", this::handle);
    server.start();
  }

  URI uri() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/hook");
  }

  /** What was taken, in order. */
  List<JsonObject> taken() {
    return List.copyOf(taken);
  }

  /** The sizes of the batches that were taken. */
  List<Integer> batches() {
    return List.copyOf(batches);
  }

  /** The idempotency key of each request. */
  List<String> keys() {
    return List.copyOf(keys);
  }

  int requests() {
    return requests.get();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      requests.incrementAndGet();
      keys.add(exchange.getRequestHeaders().getFirst("Idempotency-Key"));
      if (isSilent) {
        awaitEnd();
      } else if (failures.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
        exchange.sendResponseHeaders(failureStatus, -1);
      } else if (isHanging) {
        exchange.sendResponseHeaders(200, 1_000_000);
        OutputStream out = exchange.getResponseBody();
        out.write(1);
        out.flush();
        awaitEnd();
      } else {
        keep(body);
        exchange.sendResponseHeaders(204, -1);
      }
    }
  }

  private void keep(String body) {
    JsonArray array = JsonParser.parseString(body).getAsJsonArray();
    batches.add(array.size());
    for (JsonElement element : array) {
      taken.add(element.getAsJsonObject());
    }
  }

  private void awaitEnd() {
    try {
      end.await(60, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    end.countDown();
    server.stop(0);
    threads.shutdownNow();
  }
}
