package io.yokedcache.metrics.page;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import io.yokedcache.metrics.source.CacheSource;
import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A page that shows caches live in a browser: hits, throughput and latency over time, by itself and
 * with nothing from elsewhere.
 *
 * <pre>{@code
 * PrometheusCollector.builder()
 *     .handler("/", StatusPage.of(JmxCacheReader.ofThisJvm()))
 *     .build()
 *     .start(); // http://127.0.0.1:8000/
 * }</pre>
 *
 * <p>It serves the page at the path that it is mounted at, its parts below {@code assets/} and the
 * figures at {@code api/data.json}, all of it read-only; everything else is not found. Caches are
 * read while somebody looks, at most twice a second, however many look. The page has no
 * authentication besides the server's.
 *
 * <p>Thread-safe. A reading that hangs holds up an answer for two seconds, or for twice the time of
 * the last reading, up to six seconds. Nothing needs to be closed: the threads that read are
 * daemons and end by themselves.
 */
public final class StatusPage implements HttpHandler {

  private static final Logger logger = LoggerFactory.getLogger(StatusPage.class);
  private static final String DATA = "/api/data.json";
  private static final int MIN_COMPRESSED_BYTES = 1400; // smaller answers fit into one packet

  /**
   * Nothing but own scripts, styles, images and figures; no inline script or style, so that a
   * cache's name could not become one even if it got into the page as markup.
   */
  private static final Map<String, String> SECURITY_HEADERS =
      Map.of(
          "Content-Security-Policy",
          "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
              + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
          "X-Content-Type-Options",
          "nosniff",
          "Referrer-Policy",
          "no-referrer",
          "Cross-Origin-Resource-Policy",
          "same-origin",
          "Cache-Control",
          "no-store");

  /** Only these files are served, whatever the path says. */
  private static final List<String> FILES =
      List.of(
          ("api.js cells.js chart.js detail.js dom.js format.js histogram.js history.js"
                  + " icon.svg main.js overview.js page.css scale.js settings.js table.js theme.js")
              .split(" ", -1));

  private final Map<String, Asset> assets = loadAssets();
  private final StatusReport report = new StatusReport();

  private StatusPage(Map<String, ? extends CacheSource> sources) {
    targets(sources);
  }

  // The bytes are made here once and only ever written to sockets.
  @SuppressWarnings("ArrayRecordComponent")
  private record Asset(String contentType, byte[] bytes) {}

  /** Reads all files, so that one that lacks is known at once. */
  private static Map<String, Asset> loadAssets() {
    Map<String, Asset> byPath = new HashMap<>();
    byPath.put("/", asset("index.html"));
    FILES.forEach(file -> byPath.put("/assets/" + file, asset(file)));
    return Map.copyOf(byPath);
  }

  private static Asset asset(String file) {
    String contentType =
        switch (file.substring(file.lastIndexOf('.') + 1)) {
          case "html" -> "text/html; charset=utf-8";
          case "css" -> "text/css; charset=utf-8";
          case "js" -> "text/javascript; charset=utf-8";
          case "svg" -> "image/svg+xml";
          default -> throw new IllegalArgumentException("No content type is known for " + file);
        };
    try (InputStream stream = StatusPage.class.getResourceAsStream(file)) {
      if (stream == null) {
        throw new FileNotFoundException(
            "The status page's file " + file + " is missing. Was it left out of the jar?");
      }
      return new Asset(contentType, stream.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Creates a page of several JVMs.
   *
   * @param sources what reads each JVM's caches, by the name that the page shows; in this order.
   *     Where there is only one and its name is empty, no name is shown
   */
  public static StatusPage of(Map<String, ? extends CacheSource> sources) {
    return new StatusPage(sources);
  }

  public static StatusPage of(CacheSource source) {
    return new StatusPage(Map.of("", source));
  }

  /** Shows other JVMs from now on, named as for {@link #of(Map)}. */
  public void targets(Map<String, ? extends CacheSource> sources) {
    report.targets(sources);
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String method = exchange.getRequestMethod();
      if (!method.equals("GET") && !method.equals("HEAD")) {
        exchange.getResponseHeaders().set("Allow", "GET, HEAD");
        answerText(exchange, 405, "This page can only be read: use GET or HEAD.\n");
        return;
      }
      String path = pathBelowMount(exchange);
      Asset asset = assets.get(path);
      if (path.isEmpty()) {
        redirectToSlash(exchange);
      } else if (asset != null) {
        answer(exchange, 200, asset.contentType(), asset.bytes());
      } else if (path.equals(DATA)) {
        answerData(exchange);
      } else {
        answerText(exchange, 404, "There is nothing here. The status page is at its root.\n");
      }
    }
  }

  /** The path relative to the handler's context, which may be mounted anywhere. */
  private static String pathBelowMount(HttpExchange exchange) {
    String path = exchange.getRequestURI().getPath();
    String mount = exchange.getHttpContext().getPath();
    String root = mount.endsWith("/") ? mount.substring(0, mount.length() - 1) : mount;
    return path.substring(root.length());
  }

  /** Without the slash at the end, the page's relative links would lead past it. */
  private static void redirectToSlash(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getRawPath();
    // Relative, as a proxy may have taken away a prefix that only the browser knows.
    exchange.getResponseHeaders().set("Location", path.substring(path.lastIndexOf('/') + 1) + "/");
    answerText(exchange, 302, "The status page is here, with a slash at the end.\n");
  }

  private void answerData(HttpExchange exchange) throws IOException {
    String json;
    try {
      json = report.json(StatusReport.Query.parse(exchange.getRequestURI().getRawQuery()));
    } catch (RuntimeException e) {
      logger.warn("The status page cannot show its figures", e);
      answerText(exchange, 500, "Cannot gather the figures: " + e + "\n");
      return;
    }
    answer(exchange, 200, "application/json; charset=utf-8", json.getBytes(StandardCharsets.UTF_8));
  }

  private static void answerText(HttpExchange exchange, int status, String text)
      throws IOException {
    answer(exchange, status, "text/plain; charset=utf-8", text.getBytes(StandardCharsets.UTF_8));
  }

  private static void answer(HttpExchange exchange, int status, String contentType, byte[] body)
      throws IOException {
    Headers headers = exchange.getResponseHeaders();
    headers.set("Content-Type", contentType);
    SECURITY_HEADERS.forEach(headers::set);
    byte[] sent = body;
    headers.set("Vary", "Accept-Encoding");
    if (body.length >= MIN_COMPRESSED_BYTES && acceptsGzip(exchange)) {
      headers.set("Content-Encoding", "gzip");
      sent = compressed(body);
    }
    if (exchange.getRequestMethod().equals("HEAD")) {
      headers.set("Content-Length", Integer.toString(sent.length));
      exchange.sendResponseHeaders(status, -1);
      return;
    }
    exchange.sendResponseHeaders(status, sent.length);
    exchange.getResponseBody().write(sent);
  }

  /** Whether gzip is named, or covered by a star, and not with weight 0: RFC 9110, 12.5.3. */
  private static boolean acceptsGzip(HttpExchange exchange) {
    List<String> headers = exchange.getRequestHeaders().get("Accept-Encoding");
    String header = headers == null ? "" : String.join(",", headers).toLowerCase(Locale.ROOT);
    boolean isWelcomeByStar = false;
    for (String element : header.split(",", -1)) {
      String[] parts = element.split(";", 2);
      boolean isWelcome = parts.length == 1 || !parts[1].strip().matches("q\\s*=\\s*0(\\.0*)?");
      if (parts[0].strip().equals("gzip")) {
        return isWelcome;
      }
      isWelcomeByStar |= parts[0].strip().equals("*") && isWelcome;
    }
    return isWelcomeByStar;
  }

  private static byte[] compressed(byte[] body) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(body.length / 4);
    try (OutputStream gzip = new FastGzip(bytes)) {
      gzip.write(body);
    }
    return bytes.toByteArray();
  }

  /** Compresses as fast as it can: it runs in the application's process. */
  private static final class FastGzip extends GZIPOutputStream {
    FastGzip(OutputStream target) throws IOException {
      super(target, 8192);
      def.setLevel(Deflater.BEST_SPEED);
    }
  }
}
