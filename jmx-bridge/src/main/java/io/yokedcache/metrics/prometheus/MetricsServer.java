package io.yokedcache.metrics.prometheus;

import com.sun.net.httpserver.Authenticator;
import com.sun.net.httpserver.Filter;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP server of a {@link PrometheusCollector}, on the JDK's own. The client library's would do
 * but for one thing: loading its class sets system properties of all HTTP servers in the JVM. Each
 * answer ends its connection: on Java 17 a second one on the same would wait 40 ms, as only a
 * system property turns Nagle's algorithm off, and nobody can keep an idle connection.
 */
final class MetricsServer implements AutoCloseable {

  static final String HEALTH_PATH = "/-/healthy";

  private static final Logger logger = LoggerFactory.getLogger(MetricsServer.class);
  private static final int BACKLOG = 256;
  private static final Set<String> LOOPBACK_NAMES = Set.of("localhost", "127.0.0.1", "[::1]");

  private final HttpServer server;
  private final RequestThreads threads = new RequestThreads();
  private final String metricsPath;

  /** The names that a request may have in its header Host; empty for all. */
  private final Set<String> hosts = new HashSet<>();

  record Endpoint(
      String host,
      int port,
      String path,
      @Nullable Authenticator authenticator,
      @Nullable SSLContext tls,
      SSLParameters tlsParameters,
      Set<String> hosts,
      Map<String, HttpHandler> handlers) {

    static Endpoint of(PrometheusCollectorBuilder settings) {
      return new Endpoint(
          settings.host,
          settings.port,
          settings.path,
          settings.authenticator,
          settings.tls,
          settings.tlsParameters,
          Set.copyOf(settings.hosts),
          Map.copyOf(settings.handlers));
    }
  }

  private MetricsServer(HttpServer server, Endpoint endpoint) {
    this.server = server;
    this.metricsPath = endpoint.path();
    boolean isLoopback = server.getAddress().getAddress().isLoopbackAddress();
    if (isLoopback || !endpoint.hosts().isEmpty()) {
      hosts.addAll(LOOPBACK_NAMES);
      endpoint.hosts().forEach(name -> hosts.add(hostName(name)));
    }
    if (isLoopback) {
      hosts.add(hostName(endpoint.host()));
    }
  }

  /** Serves a registry until it is closed. */
  static MetricsServer start(Endpoint endpoint, PrometheusRegistry registry) throws IOException {
    HttpServer http = bind(endpoint);
    MetricsServer server = new MetricsServer(http, endpoint);
    http.setExecutor(server.threads);
    if (!endpoint.handlers().containsKey("/") && !endpoint.path().equals("/")) {
      server.add("/", exchange -> answer(exchange, 404, "There is nothing here.\n"));
    }
    server.add(HEALTH_PATH, exchange -> answer(exchange, 200, "Healthy\n"));
    server.add(endpoint, endpoint.path(), new ScrapeHandler(registry));
    endpoint.handlers().forEach((path, handler) -> server.add(endpoint, path, handler));
    server.startAsDaemon();
    return server;
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
        return HttpServer.create(address, BACKLOG);
      }
      HttpsServer server = HttpsServer.create(address, BACKLOG);
      SSLParameters parameters = endpoint.tlsParameters();
      server.setHttpsConfigurator(
          new HttpsConfigurator(tls) {
            @Override
            public void configure(HttpsParameters connection) {
              connection.setSSLParameters(parameters);
            }
          });
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
    return String.format(
        "Cannot serve metrics on %s:%s (%s). Choose another host or port, or port 0 for any that is"
            + " free",
        endpoint.host(), endpoint.port(), reason);
  }

  private void add(Endpoint endpoint, String path, HttpHandler handler) {
    HttpContext context = add(path, handler);
    if (endpoint.authenticator() != null) {
      context.setAuthenticator(endpoint.authenticator());
    }
  }

  private HttpContext add(String path, HttpHandler handler) {
    HttpContext context = server.createContext(path, handler);
    context
        .getFilters()
        .add(
            new Filter() {
              @Override
              public void doFilter(HttpExchange exchange, Chain chain) throws IOException {
                admit(exchange, chain);
              }

              @Override
              public String description() {
                return "Admits a request";
              }
            });
    return context;
  }

  /**
   * Rejects invalid requests before authentication, and limits the number of concurrent answers.
   */
  @SuppressWarnings("CatchingUnchecked") // whatever fails, the connection must not stay
  private void admit(HttpExchange exchange, Filter.Chain chain) throws IOException {
    try {
      Headers request = exchange.getRequestHeaders();
      exchange.getResponseHeaders().set("Connection", "close");
      String mount = exchange.getHttpContext().getPath();
      String method = exchange.getRequestMethod();
      if (!isForUs(exchange)) {
        answer(exchange, 421, "No such host here: see the setting prometheus.hosts.\n");
      } else if (!isAt(mount, exchange.getRequestURI().getPath())) {
        answer(exchange, 404, "There is nothing here.\n");
      } else if (!method.equals("GET") && !method.equals("HEAD")) {
        exchange.getResponseHeaders().set("Allow", "GET, HEAD");
        answer(exchange, 405, "Everything here can only be read: use GET or HEAD.\n");
      } else if (request.containsKey("Transfer-Encoding")
          || !"0".equals(request.getOrDefault("Content-Length", List.of("0")).get(0))) {
        answer(exchange, 413, "A request has no body here.\n");
      } else if (mount.equals(HEALTH_PATH)) {
        chain.doFilter(exchange); // it is short, and has not to wait
      } else if (threads.awaitTurn()) {
        exchange.setStreams(/* i= */ null, threads.watched(exchange.getResponseBody()));
        chain.doFilter(exchange);
      } else {
        exchange.getResponseHeaders().set("Retry-After", "1");
        answer(exchange, 503, "Too many requests at once.\n");
      }
    } catch (InterruptedException e) {
      exchange.close(); // the thread is needed for another request
    } catch (RuntimeException | Error e) {
      exchange.close(); // first: without memory there is no log either
      logger.warn("Cannot answer {}", exchange.getRequestURI().getPath(), e);
    }
  }

  private boolean isForUs(HttpExchange exchange) {
    if (hosts.isEmpty()) {
      return true;
    }
    String inLine = exchange.getRequestURI().getRawAuthority();
    return (inLine == null || hosts.contains(hostName(inLine)))
        && exchange.getRequestHeaders().getOrDefault("Host", List.of()).stream()
            .allMatch(host -> hosts.contains(hostName(host)));
  }

  private static String hostName(String host) {
    String name = host.strip().toLowerCase(Locale.ROOT).replaceFirst(":[0-9]*$", "");
    // Of an address of IPv6 without brackets that has taken a group.
    return name.indexOf(':') >= 0 && !name.startsWith("[")
        ? "[" + host.strip().toLowerCase(Locale.ROOT) + "]"
        : name;
  }

  private boolean isAt(String mount, String path) {
    return path.equals(mount)
        || (!mount.equals(metricsPath)
            && !mount.equals(HEALTH_PATH)
            && path.startsWith(mount.endsWith("/") ? mount : mount + "/"));
  }

  private static void answer(HttpExchange exchange, int status, String text) throws IOException {
    try (exchange) {
      byte[] body = text.getBytes(StandardCharsets.UTF_8);
      boolean hasBody = !exchange.getRequestMethod().equals("HEAD");
      exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
      exchange.sendResponseHeaders(status, hasBody ? body.length : -1);
      if (hasBody) {
        exchange.getResponseBody().write(body);
      }
    }
  }

  /** The acceptor is a daemon if its starter is; metrics must not keep an application alive. */
  private void startAsDaemon() {
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
    threads.close();
  }
}
