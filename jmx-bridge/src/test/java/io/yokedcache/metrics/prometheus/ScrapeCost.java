package io.yokedcache.metrics.prometheus;

import com.sun.management.OperatingSystemMXBean;
import com.sun.net.httpserver.HttpExchange;
import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.exporter.common.PrometheusHttpExchange;
import io.prometheus.metrics.exporter.common.PrometheusHttpRequest;
import io.prometheus.metrics.exporter.common.PrometheusHttpResponse;
import io.prometheus.metrics.exporter.common.PrometheusScrapeHandler;
import io.prometheus.metrics.exporter.httpserver.HttpExchangeAdapter;
import io.prometheus.metrics.exporter.httpserver.MetricsHandler;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.yokedcache.metrics.source.CacheSource.Selection;
import io.yokedcache.metrics.source.JmxCacheReader;
import io.yokedcache.metrics.source.SnapshotFixture;
import io.yokedcache.metrics.source.SnapshotFixture.CacheData;
import io.yokedcache.metrics.source.SnapshotFixture.OperationData;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.Deflater;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/**
 * Measures what scrapes cost, with as many MBeans as the provider has for as many caches. A program
 * and not a test, because how long something takes on a busy machine proves nothing. Arguments: the
 * number of caches, of operations per cache and of rounds; 1000, 10 and 20 unless given. A fourth
 * argument is a part of the names of the measurements to run: one that runs alone is not slowed by
 * code that the JIT compiler has made for the others.
 */
final class ScrapeCost {

  private static final List<String> OPERATIONS =
      List.of(
          "get",
          "getAll",
          "containsKey",
          "put",
          "putAll",
          "putIfAbsent",
          "getAndPut",
          "replace",
          "getAndReplace",
          "remove",
          "getAndRemove",
          "removeAll",
          "clear",
          "invoke",
          "invokeAll",
          "load",
          "write",
          "iterate");

  /** Stands for the beans that a scrape does not read, but must tell from those that it does. */
  public interface OtherMXBean {
    long getCount();
  }

  private static final class Other implements OtherMXBean {
    @Override
    public long getCount() {
      return 1;
    }
  }

  private static final long WARM_UP_NANOS = TimeUnit.SECONDS.toNanos(4);

  private ScrapeCost() {}

  /**
   * Runs.
   *
   * @param arguments how many caches, operations of each, rounds, and which measurements
   * @throws Exception if a scrape fails
   */
  public static void main(String[] arguments) throws Exception {
    int caches = argument(arguments, 0, 1000);
    int operations = Math.min(argument(arguments, 1, 10), OPERATIONS.size());
    int rounds = argument(arguments, 2, 20);
    String wanted = arguments.length > 3 ? arguments[3] : "";
    PrometheusRegistry registry = new PrometheusRegistry();
    try (SnapshotFixture fixture = fixture(caches, operations);
        PrometheusCollector collector =
            PrometheusCollector.builder()
                .registry(registry)
                .port(0)
                .handler("/library", new MetricsHandler(registry))
                .handler("/library-fast", exchange -> answerFast(registry, exchange))
                .build()
                .start()) {
      registerOtherBeans(fixture.manager(), caches);
      JmxCacheReader reader = JmxCacheReader.ofThisJvm();
      String page = "http://127.0.0.1:" + collector.port() + "/metrics";
      String library = page.replace("/metrics", "/library");
      String two =
          page + "?name%5B%5D=yokedcache_cache_gets_total&name%5B%5D=yokedcache_cache_hit_rate";
      System.out.printf(
          Locale.ROOT, "%d caches x %d operations, %d rounds, ms%n", caches, operations, rounds);
      Map<String, Callable<?>> measurements = new LinkedHashMap<>();
      measurements.put("read all figures by JMX", () -> reader.read(Selection.FIGURES));
      Selection ofTwo = new Selection(false, false, Set.of("hits", "misses", "hitRate"));
      measurements.put("read figures of two families", () -> reader.read(ofTwo));
      measurements.put("read everything by JMX", reader::read);
      measurements.put("all families, no text", registry::scrape);
      measurements.put("text of all to nowhere", writing(registry));
      measurements.put("two families, HTTP, gzip", () -> scrape(two, "gzip"));
      measurements.put("all families, HTTP, gzip", () -> scrape(page, "gzip"));
      measurements.put("all families, HTTP, plain", () -> scrape(page, "identity"));
      measurements.put("library's handler, gzip", () -> scrape(library, "gzip"));
      measurements.put("library's, gzip level 1", () -> scrape(library + "-fast", "gzip"));
      for (Map.Entry<String, Callable<?>> measurement : measurements.entrySet()) {
        if (measurement.getKey().contains(wanted)) {
          measure(measurement.getKey(), rounds, measurement.getValue());
        }
      }
      print("two families", scrape(two, "gzip"), "gzip");
      print("all families", scrape(page, "gzip"), "gzip");
    }
  }

  private static int argument(String[] arguments, int index, int otherwise) {
    return arguments.length > index ? Integer.parseInt(arguments[index]) : otherwise;
  }

  private static final HttpClient client = HttpClient.newHttpClient();

  private static byte[] scrape(String page, String encoding)
      throws IOException, InterruptedException {
    return client
        .send(
            HttpRequest.newBuilder(URI.create(page)).header("Accept-Encoding", encoding).build(),
            BodyHandlers.ofByteArray())
        .body();
  }

  /** Writes the same snapshots each time, which are taken at the first time. */
  private static Callable<?> writing(PrometheusRegistry registry) {
    AtomicReference<MetricSnapshots> taken = new AtomicReference<>();
    return () -> {
      MetricSnapshots snapshots =
          taken.updateAndGet(before -> before == null ? registry.scrape() : before);
      PrometheusTextFormatWriter.create()
          .write(OutputStream.nullOutputStream(), snapshots, EscapingScheme.UNDERSCORE_ESCAPING);
      return snapshots;
    };
  }

  private static void print(String what, byte[] body, String encoding) throws IOException {
    byte[] text = new GZIPInputStream(new ByteArrayInputStream(body)).readAllBytes();
    long lines = 0;
    for (byte character : text) {
      lines += character == '\n' ? 1 : 0;
    }
    System.out.printf(
        Locale.ROOT,
        "%-28s %d lines, %d bytes, %d bytes with %s%n",
        what,
        lines,
        text.length,
        body.length,
        encoding);
  }

  private static void measure(String what, int rounds, Callable<?> action) throws Exception {
    long warmNanos = System.nanoTime() + WARM_UP_NANOS;
    for (int i = 0; i < rounds || System.nanoTime() < warmNanos; i++) {
      action.call(); // until it is compiled, as it is in a process that is scraped for long
    }
    OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    double[] millis = new double[rounds];
    double[] cpuMillis = new double[rounds];
    for (int i = 0; i < rounds; i++) {
      long startCpuNanos = system.getProcessCpuTime();
      long startNanos = System.nanoTime();
      action.call();
      millis[i] = (System.nanoTime() - startNanos) / 1e6;
      cpuMillis[i] = (system.getProcessCpuTime() - startCpuNanos) / 1e6;
    }
    Arrays.sort(millis);
    Arrays.sort(cpuMillis);
    System.out.printf(
        Locale.ROOT,
        "%-28s min %.2f median %.2f, of all processors min %.2f median %.2f%n",
        what,
        millis[0],
        millis[rounds / 2],
        cpuMillis[0],
        cpuMillis[rounds / 2]);
  }

  /** The library's handler, with what it has buffered compressed as fast as the JDK can. */
  private static void answerFast(PrometheusRegistry registry, HttpExchange exchange)
      throws IOException {
    HttpExchangeAdapter adapter = new HttpExchangeAdapter(exchange);
    new PrometheusScrapeHandler(registry)
        .handleRequest(
            new PrometheusHttpExchange() {
              @Override
              public PrometheusHttpRequest getRequest() {
                return new PlainRequest(adapter.getRequest());
              }

              @Override
              public PrometheusHttpResponse getResponse() {
                return new FastResponse(adapter.getResponse());
              }

              @Override
              public void handleException(IOException e) throws IOException {
                throw e;
              }

              @Override
              public void handleException(RuntimeException e) {
                throw e;
              }

              @Override
              public void close() {
                adapter.close();
              }
            });
  }

  /** A request whose answer the library leaves uncompressed. */
  private record PlainRequest(PrometheusHttpRequest request) implements PrometheusHttpRequest {
    @Override
    public String getQueryString() {
      return request.getQueryString();
    }

    @Override
    public Enumeration<String> getHeaders(String name) {
      return name.equals("Accept-Encoding")
          ? Collections.emptyEnumeration()
          : request.getHeaders(name);
    }

    @Override
    public String getMethod() {
      return request.getMethod();
    }

    @Override
    public String getRequestPath() {
      return request.getRequestPath();
    }
  }

  private record FastResponse(PrometheusHttpResponse response) implements PrometheusHttpResponse {
    @Override
    public void setHeader(String name, String value) {
      if (!name.equals("Content-Length")) {
        response.setHeader(name, value);
      }
    }

    @Override
    public OutputStream sendHeadersAndGetBody(int statusCode, int contentLength)
        throws IOException {
      response.setHeader("Content-Encoding", "gzip");
      return new GZIPOutputStream(response.sendHeadersAndGetBody(statusCode, 0), 32 * 1024) {
        {
          def.setLevel(Deflater.BEST_SPEED);
        }
      };
    }
  }

  private static SnapshotFixture fixture(int caches, int operations) throws Exception {
    Random random = new Random(1);
    long[] bounds = bounds();
    SnapshotFixture fixture = new SnapshotFixture(bounds);
    for (int i = 0; i < caches; i++) {
      List<OperationData> timers = new ArrayList<>();
      for (String operation : OPERATIONS.subList(0, operations)) {
        long[] cells = new long[bounds.length + 1];
        for (int value = 0; value < 2_000; value++) {
          double nanos = 100_000 * Math.exp(random.nextGaussian());
          int cell = Arrays.binarySearch(bounds, (long) nanos);
          cells[cell < 0 ? -cell - 1 : cell]++;
        }
        timers.add(new OperationData(operation, random.nextInt(1 << 30), Map.of(), cells));
      }
      fixture.with(new CacheData("cache" + i, timers, counters(random), gauges(random)));
    }
    return fixture;
  }

  private static Map<String, Long> counters(Random random) {
    Map<String, Long> counters = new HashMap<>();
    for (String name :
        List.of(
            "hits",
            "misses",
            "puts",
            "removals",
            "loads",
            "loadFailures",
            "writes",
            "invalidations.clear",
            "invalidations.removeAll",
            "undecodable",
            "droppedEvents",
            "expirations")) {
      counters.put(name, (long) random.nextInt(1_000_000));
    }
    return counters;
  }

  private static Map<String, Double> gauges(Random random) {
    return Map.of(
        "uptimeSeconds",
        random.nextDouble() * 10_000,
        "hitRate",
        random.nextDouble(),
        "sizeBytes",
        (double) random.nextInt(),
        "keysCount",
        (double) random.nextInt(),
        "keyStatisticsAgeSeconds",
        random.nextDouble());
  }

  /** The provider's bounds: eighths of doublings, and decimal ones. */
  private static long[] bounds() {
    TreeSet<Long> bounds = new TreeSet<>();
    for (int step = -159; step <= 32; step++) {
      bounds.add((long) Math.floor(Math.pow(2, step / 8.0) * 1e9));
    }
    for (long decade = 100_000; decade <= 1_000_000_000L; decade *= 10) {
      bounds.addAll(List.of(decade, decade * 5 / 2, decade * 5));
    }
    bounds.add(10_000_000_000L);
    return bounds.stream().mapToLong(Long::longValue).toArray();
  }

  private static void registerOtherBeans(String manager, int caches) throws Exception {
    MBeanServer server = ManagementFactory.getPlatformMBeanServer();
    for (int i = 0; i < caches; i++) {
      String key = ",CacheManager=" + manager + ",Cache=cache" + i;
      server.registerMBean(new Other(), new ObjectName("javax.cache:type=CacheStatistics" + key));
      server.registerMBean(
          new Other(), new ObjectName("javax.cache:type=CacheConfiguration" + key));
      server.registerMBean(
          new Other(), new ObjectName("io.yokedcache:type=CacheExtendedStatistics" + key));
      for (String operation : OPERATIONS) {
        server.registerMBean(
            new Other(),
            new ObjectName("io.yokedcache:type=CacheOperation" + key + ",operation=" + operation));
      }
    }
  }
}
