package io.yokedcache.metrics.prometheus;

import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.yokedcache.metrics.prometheus.PrometheusSettings.Endpoint;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

/**
 * The HTTP server of a {@link PrometheusCollector}, on the JDK's own. The client library's would do
 * but for two things: its authentication covers the health path too, which probes then fail, and a
 * system property beats the port that the application asks for.
 */
final class MetricsServer implements AutoCloseable {

  static final String HEALTH_PATH = "/-/healthy";

  private static final int THREADS = 4;
  private static final int QUEUED_REQUESTS = 64;

  static {
    // The JDK's server has these settings only for the whole JVM; who has set them is respected.
    // Without the first every answer waits 40 ms for the client's delayed acknowledgement; without
    // the others four clients that send nothing would hold all threads for ever.
    setIfAbsent("sun.net.httpserver.nodelay", "true");
    setIfAbsent("sun.net.httpserver.maxReqTime", "60");
    setIfAbsent("sun.net.httpserver.maxRspTime", "600");
  }

  private final HttpServer server;
  private final ExecutorService executor;
  private final ScrapeHandler scrapes;

  private MetricsServer(HttpServer server, ExecutorService executor, ScrapeHandler scrapes) {
    this.server = server;
    this.executor = executor;
    this.scrapes = scrapes;
  }

  private static void setIfAbsent(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }

  /** Serves a registry until it is closed. */
  static MetricsServer start(Endpoint endpoint, PrometheusRegistry registry) throws IOException {
    HttpServer server = bind(endpoint);
    ThreadPoolExecutor executor =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            60,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(QUEUED_REQUESTS),
            task -> {
              Thread thread = new Thread(task, "yokedcache-metrics-http");
              thread.setDaemon(true);
              return thread;
            },
            // Too many scrapes at once: the acceptor works too, and so accepts no more.
            new ThreadPoolExecutor.CallerRunsPolicy());
    executor.allowCoreThreadTimeOut(true);
    server.setExecutor(executor);
    ScrapeHandler scrapes = new ScrapeHandler(registry);
    add(server, endpoint, endpoint.path(), scrapes);
    endpoint.handlers().forEach((path, handler) -> add(server, endpoint, path, handler));
    server.createContext(HEALTH_PATH, MetricsServer::answerHealth);
    startAsDaemon(server);
    return new MetricsServer(server, executor, scrapes);
  }

  private static HttpServer bind(Endpoint endpoint) throws IOException {
    InetSocketAddress address;
    try {
      address = new InetSocketAddress(InetAddress.getByName(endpoint.host()), endpoint.port());
    } catch (UnknownHostException e) {
      throw failure(new IOException(message(endpoint, "unknown host")), e);
    }
    try {
      SSLContext tls = endpoint.tls();
      if (tls == null) {
        return HttpServer.create(address, 0);
      }
      HttpsServer server = HttpsServer.create(address, 0);
      server.setHttpsConfigurator(configurator(tls, endpoint.clientCertificate()));
      return server;
    } catch (BindException e) {
      throw failure(new BindException(message(endpoint, String.valueOf(e.getMessage()))), e);
    }
  }

  private static IOException failure(IOException failure, IOException cause) {
    failure.initCause(cause);
    return failure;
  }

  private static String message(Endpoint endpoint, String reason) {
    return "Cannot serve metrics on "
        + endpoint.host()
        + ":"
        + endpoint.port()
        + " ("
        + reason
        + "). Choose another host or port, or port 0 for any that is free";
  }

  private static HttpsConfigurator configurator(SSLContext tls, boolean clientCertificate) {
    return new HttpsConfigurator(tls) {
      @Override
      public void configure(HttpsParameters parameters) {
        SSLParameters ssl = getSSLContext().getDefaultSSLParameters();
        ssl.setNeedClientAuth(clientCertificate);
        parameters.setSSLParameters(ssl);
      }
    };
  }

  private static void add(HttpServer server, Endpoint endpoint, String path, HttpHandler handler) {
    HttpContext context = server.createContext(path, handler);
    if (endpoint.authenticator() != null) {
      context.setAuthenticator(endpoint.authenticator());
    }
  }

  private static void answerHealth(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] text = "Healthy\n".getBytes(StandardCharsets.UTF_8);
      boolean hasBody = !exchange.getRequestMethod().equals("HEAD");
      exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
      exchange.sendResponseHeaders(200, hasBody ? text.length : -1);
      if (hasBody) {
        exchange.getResponseBody().write(text);
      }
    }
  }

  /** The acceptor is a daemon if its starter is; metrics must not keep an application alive. */
  private static void startAsDaemon(HttpServer server) {
    Thread starter = new Thread(server::start, "yokedcache-metrics-start");
    starter.setDaemon(true);
    starter.start();
    boolean interrupted = false;
    while (starter.isAlive()) {
      try {
        starter.join();
      } catch (InterruptedException e) {
        interrupted = true; // starting takes no time; the flag is set again below
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
    executor.shutdownNow();
    scrapes.close();
  }
}
