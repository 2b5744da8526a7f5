package io.yokedcache.metrics.page;

import com.sun.net.httpserver.HttpServer;
import io.yokedcache.metrics.source.CacheSource;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A server of nothing but the status page, until it is closed. */
final class PageServer implements AutoCloseable {

  private final HttpClient http =
      HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL).build();
  private final ExecutorService executor = Executors.newFixedThreadPool(4);
  private final HttpServer server;
  private final String mount;

  private PageServer(StatusPage page, String mount, int port) throws IOException {
    this.mount = mount;
    this.server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    server.setExecutor(executor);
    server.createContext(mount, page);
    server.start();
  }

  static PageServer of(Map<String, CacheSource> sources) throws IOException {
    return new PageServer(StatusPage.of(sources), "/", 0);
  }

  static PageServer of(StatusPage page) throws IOException {
    return new PageServer(page, "/", 0);
  }

  static PageServer of(CacheSource source) throws IOException {
    return of(source, "/", 0);
  }

  static PageServer of(CacheSource source, String mount, int port) throws IOException {
    return new PageServer(StatusPage.of(source), mount, port);
  }

  int port() {
    return server.getAddress().getPort();
  }

  /** The address of a path below the page's own. */
  String url(String path) {
    return "http://127.0.0.1:" + port() + mount + path;
  }

  HttpResponse<byte[]> send(String method, String path, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url(path)))
            .timeout(Duration.ofSeconds(20))
            .method(method, BodyPublishers.noBody());
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.build(), BodyHandlers.ofByteArray());
  }

  @Override
  public void close() {
    server.stop(0);
    executor.shutdownNow();
  }
}
