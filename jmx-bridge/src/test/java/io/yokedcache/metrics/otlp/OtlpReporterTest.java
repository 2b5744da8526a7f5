package io.yokedcache.metrics.otlp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporter;
import io.opentelemetry.exporter.otlp.metrics.OtlpGrpcMetricExporter;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.metrics.v1.AggregationTemporality;
import io.opentelemetry.proto.metrics.v1.ExponentialHistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.HistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import io.yokedcache.metrics.series.SeriesFilter;
import io.yokedcache.metrics.source.CacheReading;
import io.yokedcache.metrics.source.CacheReadings;
import io.yokedcache.metrics.source.CacheSource;
import io.yokedcache.metrics.source.ConnectionReading;
import io.yokedcache.metrics.source.LatencyBounds;
import io.yokedcache.metrics.source.LatencyCells;
import io.yokedcache.metrics.source.OperationReading;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Reports of readings, as a receiver decodes them. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
final class OtlpReporterTest {

  private static final LatencyBounds BOUNDS =
      LatencyBounds.of(500_000, 1_000_000, 2_000_000, 4_000_000);
  private static final List<Double> LE = List.of(0.0005, 0.001, 0.002, 0.003);

  /** Much more than the 5 s that closing may take, and much less than the time-out of an hour. */
  private static final Duration BOUND = Duration.ofSeconds(30);

  private volatile @Nullable CacheReadings now;

  private CacheReadings read() throws IOException {
    CacheReadings readings = now;
    if (readings == null) {
      throw new IOException("down");
    }
    return readings;
  }

  private static OtlpReporter start(
      String url, Map<String, String> more, Map<String, CacheSource> sources) {
    Map<String, String> settings = new HashMap<>();
    settings.put("otel.exporter.otlp.metrics.endpoint", url);
    settings.put("otel.exporter.otlp.metrics.protocol", "http/protobuf");
    settings.put("otel.metric.export.interval", "3600000");
    // A busy machine needs a while to load the client's classes.
    settings.put("otel.exporter.otlp.metrics.timeout", "60s");
    settings.putAll(more);
    OtlpReporter reporter =
        OtlpReporter.start(
            OtlpConfiguration.of(settings, new Properties(), Map.of()),
            Map.of("service.namespace", "shop"),
            sources,
            LE,
            SeriesFilter.ALL);
    return requireNonNull(reporter);
  }

  private OtlpReporter start(OtlpReceiver receiver, Map<String, String> more) {
    return start(receiver.url(), more, Map.of("orders", this::read));
  }

  private static Map<String, String> delta() {
    return Map.of("otel.exporter.otlp.metrics.temporality.preference", "delta");
  }

  private static CacheReadings gets(long hits) {
    return new CacheReadings(
        List.of(new CacheReading("m", "users", null, List.of(), Map.of("hits", hits), Map.of())),
        List.of());
  }

  private static CacheReadings everything() {
    return new CacheReadings(
        List.of(
            new CacheReading(
                "redis://db",
                "users",
                null,
                List.of(
                    new OperationReading(
                        "get",
                        7,
                        9_000_000,
                        5_000_000,
                        LatencyCells.of(BOUNDS, 1, 2, 3, 0, 1),
                        Map.of("timeout", 4L))),
                Map.of("hits", 3L, "misses", 1L, "loadFailures", 2L),
                Map.of("sizeBytes", 1000.0, "uptimeSeconds", 60.0, "hitRate", Double.NaN))),
        List.of(
            new ConnectionReading(
                "redis://db", true, 250_000L, 2L, 7L, 1L, 0L, Map.of(), List.of())));
  }

  private static Map<String, Metric> metrics(OtlpReceiver receiver) {
    return OtlpReceiver.metrics(receiver.last());
  }

  private static Metric metric(Map<String, Metric> metrics, String name) {
    return requireNonNull(metrics.get(name), name);
  }

  private static NumberDataPoint only(Metric metric) {
    List<NumberDataPoint> points =
        metric.hasSum()
            ? metric.getSum().getDataPointsList()
            : metric.getGauge().getDataPointsList();
    assertThat(points).as(metric.getName()).hasSize(1);
    return points.get(0);
  }

  @ParameterizedTest
  @CsvSource({"http/protobuf,gzip", "http/protobuf,none", "grpc,gzip", "grpc,none"})
  void report_everyKind_isDecoded(String protocol, String compression) throws IOException {
    now = everything();
    try (OtlpReceiver receiver =
            protocol.equals("grpc") ? OtlpReceiver.grpc() : OtlpReceiver.http(0);
        OtlpReporter reporter =
            start(
                receiver,
                Map.of(
                    "otel.exporter.otlp.metrics.protocol",
                    protocol,
                    "otel.exporter.otlp.metrics.compression",
                    compression,
                    "otel.exporter.otlp.metrics.headers",
                    OtlpReporter.encoded(Map.of("x-token", "a b=c,+%"))))) {
      reporter.report();

      assertThat(receiver.taken()).hasSize(1);
      assertThat(receiver.lastHeaders()).containsEntry("x-token", "a b=c,+%");
      ResourceMetrics resource = receiver.last().getResourceMetrics(0);
      assertThat(OtlpReceiver.texts(resource.getResource().getAttributesList()))
          .containsEntry("service.name", "orders")
          .containsEntry("service.instance.id", "orders")
          .containsEntry("service.namespace", "shop")
          .containsEntry("telemetry.sdk.language", "java");
      assertThat(resource.getScopeMetrics(0).getScope().getName())
          .isEqualTo("io.yokedcache.metrics");
      Map<String, Metric> metrics = metrics(receiver);
      Map<String, String> units = new TreeMap<>();
      metrics.forEach((name, metric) -> units.put(name, metric.getUnit()));
      assertThat(units)
          .containsExactlyInAnyOrderEntriesOf(
              Map.ofEntries(
                  Map.entry("cache.gets", "{get}"),
                  Map.entry("cache.load_failures", "{failure}"),
                  Map.entry("cache.errors", "{error}"),
                  Map.entry("cache.size", "By"),
                  Map.entry("cache.uptime", "s"),
                  Map.entry("cache.operation.duration", "s"),
                  Map.entry("cache.health", "1"),
                  Map.entry("cache.ping", "s"),
                  Map.entry("cache.reconnects", "{reconnect}"),
                  Map.entry("db.client.connection.count", "{connection}"),
                  Map.entry("db.client.connection.pending_requests", "{request}"),
                  Map.entry("yokedcache.bridge.jmx_target_up", "1"),
                  Map.entry("yokedcache.bridge.errors", "{error}"),
                  Map.entry("yokedcache.bridge.refused_values", "{value}"),
                  Map.entry("yokedcache.bridge.scrape.duration", "s")));
      Metric gets = metric(metrics, "cache.gets");
      assertThat(gets.getSum().getIsMonotonic()).isTrue();
      assertThat(gets.getSum().getAggregationTemporality())
          .isEqualTo(AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE);
      assertThat(gets.getSum().getDataPointsList())
          .extracting(
              point -> OtlpReceiver.texts(point.getAttributesList()), NumberDataPoint::getAsInt)
          .containsExactlyInAnyOrder(
              tuple(
                  Map.of(
                      "cache.name", "users", "cache.manager", "redis://db", "cache.result", "hit"),
                  3L),
              tuple(
                  Map.of(
                      "cache.name", "users", "cache.manager", "redis://db", "cache.result", "miss"),
                  1L));
      NumberDataPoint hit = gets.getSum().getDataPoints(0);
      // The cache tells its age, so that the counter's beginning is known.
      assertThat(hit.getTimeUnixNano() - hit.getStartTimeUnixNano())
          .isEqualTo(Duration.ofSeconds(60).toNanos());
      assertThat(OtlpReceiver.texts(only(metric(metrics, "cache.errors")).getAttributesList()))
          .containsEntry("error.type", "timeout")
          .containsEntry("cache.operation", "get");
      assertThat(metric(metrics, "db.client.connection.count").getSum().getIsMonotonic()).isFalse();
      assertThat(metric(metrics, "db.client.connection.count").getSum().getDataPointsList())
          .extracting(point -> OtlpReceiver.texts(point.getAttributesList()))
          .allSatisfy(
              texts ->
                  assertThat(texts).containsEntry("db.client.connection.pool.name", "redis://db"))
          .extracting(texts -> texts.get("db.client.connection.state"))
          .containsExactlyInAnyOrder("used", "idle");
      HistogramDataPoint duration =
          metric(metrics, "cache.operation.duration").getHistogram().getDataPoints(0);
      assertThat(duration.getExplicitBoundsList()).containsExactly(0.0005, 0.001, 0.002);
      assertThat(duration.getBucketCountsList()).containsExactly(1L, 2L, 3L, 1L);
      assertThat(duration.getCount()).isEqualTo(7);
      assertThat(duration.getSum()).isEqualTo(0.009);
      assertThat(GlobalOpenTelemetry.isSet()).isFalse();
    }
  }

  @Test
  void report_exponential_isExact() throws IOException {
    LatencyBounds bounds = LatencyBounds.of(250_000_000, 500_000_000, 700_000_000, 1_000_000_000);
    now =
        new CacheReadings(
            List.of(
                new CacheReading(
                    "m",
                    "users",
                    null,
                    List.of(
                        new OperationReading(
                            "get", 15, 9, 9, LatencyCells.of(bounds, 1, 2, 3, 4, 5), Map.of())),
                    Map.of(),
                    Map.of())),
            List.of());
    try (OtlpReceiver receiver = OtlpReceiver.http(0);
        OtlpReporter reporter =
            start(
                receiver,
                Map.of(
                    "otel.exporter.otlp.metrics.default.histogram.aggregation",
                    "base2_exponential_bucket_histogram"))) {
      reporter.report();

      ExponentialHistogramDataPoint point =
          metric(metrics(receiver), "cache.operation.duration")
              .getExponentialHistogram()
              .getDataPoints(0);
      assertThat(point.getScale()).isZero();
      // Bucket i is above 2^i seconds: up to 1/4 s, 1/2 s, 1 s, and more.
      assertThat(point.getPositive().getOffset()).isEqualTo(-3);
      assertThat(point.getPositive().getBucketCountsList()).containsExactly(1L, 2L, 7L, 5L);
      assertThat(point.getCount()).isEqualTo(15);
    }
  }

  @Test
  void report_delta_hasNoHistoryOfAnotherJvmAndAddsUp() throws IOException {
    now = gets(100);
    try (OtlpReceiver receiver = OtlpReceiver.http(0);
        OtlpReporter reporter = start(receiver, delta())) {
      reporter.report();
      assertThat(metrics(receiver)).doesNotContainKey("cache.gets");
      now = gets(107);
      reporter.report();
      now = gets(107);
      reporter.report();
      now = gets(4); // began anew
      reporter.report();

      List<NumberDataPoint> points = points(receiver, "cache.gets");
      assertThat(points).extracting(NumberDataPoint::getAsInt).containsExactly(7L, 4L);
      assertThat(points.get(1).getStartTimeUnixNano())
          .isGreaterThanOrEqualTo(points.get(0).getTimeUnixNano());
    }
  }

  @Test
  void report_cumulativeAndCacheMadeAnew_beginsAnew() throws IOException {
    now = gets(100);
    try (OtlpReceiver receiver = OtlpReceiver.http(0);
        OtlpReporter reporter = start(receiver, Map.of())) {
      reporter.report();
      now = gets(150);
      reporter.report();
      now = gets(4);
      reporter.report();

      List<NumberDataPoint> points = points(receiver, "cache.gets");
      assertThat(points).extracting(NumberDataPoint::getAsInt).containsExactly(100L, 150L, 4L);
      assertThat(points.get(0).getStartTimeUnixNano()).isEqualTo(points.get(0).getTimeUnixNano());
      assertThat(points.get(1).getStartTimeUnixNano())
          .isEqualTo(points.get(0).getStartTimeUnixNano());
      assertThat(points.get(2).getStartTimeUnixNano()).isEqualTo(points.get(1).getTimeUnixNano());
    }
  }

  @Test
  void report_targetDown_onlyThatItIs() throws IOException {
    now = everything();
    try (OtlpReceiver receiver = OtlpReceiver.http(0);
        OtlpReporter reporter =
            start(receiver.url(), Map.of(), Map.of("orders", this::read, "bills", () -> gets(1)))) {
      reporter.report();
      now = null;
      reporter.report();

      Map<String, Map<String, Metric>> byTarget = new TreeMap<>();
      for (ResourceMetrics resource : receiver.last().getResourceMetricsList()) {
        byTarget
            .computeIfAbsent(
                OtlpReceiver.texts(resource.getResource().getAttributesList())
                    .get("service.instance.id"),
                name -> new TreeMap<>())
            .putAll(
                OtlpReceiver.metrics(
                    ExportMetricsServiceRequest.newBuilder().addResourceMetrics(resource).build()));
      }
      assertThat(byTarget.get("bills")).containsKey("cache.gets");
      Map<String, Metric> down = requireNonNull(byTarget.get("orders"));
      assertThat(down.keySet())
          .containsExactlyInAnyOrder(
              "yokedcache.bridge.jmx_target_up",
              "yokedcache.bridge.errors",
              "yokedcache.bridge.refused_values",
              "yokedcache.bridge.scrape.duration");
      assertThat(only(metric(down, "yokedcache.bridge.jmx_target_up")).getAsDouble()).isZero();
      assertThat(only(metric(down, "yokedcache.bridge.errors")).getAsInt()).isEqualTo(1);
    }
  }

  @Test
  void report_receiverAwayAndBack_deltaLosesNothing() throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    Map<String, String> settings = new HashMap<>(delta());
    settings.put("otel.exporter.otlp.metrics.timeout", "300ms");
    now = gets(100);
    try (OtlpReporter reporter =
        start("http://localhost:" + port, settings, Map.of("orders", this::read))) {
      reporter.report();
      now = gets(150);
      reporter.report();
      now = gets(20); // began anew, unseen by any receiver
      reporter.report();
      try (OtlpReceiver receiver = OtlpReceiver.http(port)) {
        now = gets(25);
        reporter.report();
        reporter.report();

        assertThat(points(receiver, "cache.gets"))
            .extracting(NumberDataPoint::getAsInt)
            .containsExactly(75L);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"http/protobuf", "grpc"})
  void report_unavailableForAMoment_isTriedAgain(String protocol) throws IOException {
    now = gets(1);
    try (OtlpReceiver receiver =
            protocol.equals("grpc") ? OtlpReceiver.grpc() : OtlpReceiver.http(0);
        OtlpReporter reporter =
            start(receiver, Map.of("otel.exporter.otlp.metrics.protocol", protocol))) {
      receiver.refuse(503);
      reporter.report(); // on a busy machine it does not wait for all of it

      await().atMost(Duration.ofSeconds(60)).until(() -> receiver.taken().size() == 1);
      assertThat(receiver.requestCount()).isEqualTo(2);
    }
  }

  /** OpenTelemetry logs SEVERE with a stack trace; the reporter has one line for an outage. */
  @ParameterizedTest
  @ValueSource(strings = {"http/protobuf", "grpc"})
  void report_receiverAway_onlyOtherExportersLogIt(String protocol) throws IOException {
    now = gets(1);
    Queue<LogRecord> logged = new ConcurrentLinkedQueue<>();
    Logger openTelemetry = Logger.getLogger("io.opentelemetry.exporter.otlp");
    Handler handler = new Recorder(logged);
    openTelemetry.addHandler(handler);
    try (OtlpReporter reporter =
        start(
            "http://localhost:1",
            Map.of(
                "otel.exporter.otlp.metrics.protocol",
                protocol,
                "otel.exporter.otlp.metrics.timeout",
                "1000"),
            Map.of("orders", this::read))) {
      reporter.report();
      assertThat(logged).isEmpty();

      MetricExporter other =
          protocol.equals("grpc")
              ? OtlpGrpcMetricExporter.builder()
                  .setEndpoint("http://localhost:1")
                  .setTimeout(Duration.ofSeconds(1))
                  .build()
              : OtlpHttpMetricExporter.builder()
                  .setEndpoint("http://localhost:1")
                  .setTimeout(Duration.ofSeconds(1))
                  .build();
      other.export(List.of()).join(30, TimeUnit.SECONDS);
      other.close();
      assertThat(logged).extracting(LogRecord::getLevel).containsOnly(Level.SEVERE);
    } finally {
      openTelemetry.removeHandler(handler);
    }
  }

  /** The SDK's reader has a time limit too, by default its interval, and a warning for it. */
  @Test
  void report_timeoutAboveTheInterval_isWaitedFor() throws IOException {
    now = gets(1);
    Queue<LogRecord> logged = new ConcurrentLinkedQueue<>();
    Logger reader = Logger.getLogger("io.opentelemetry.sdk.metrics.export.PeriodicMetricReader");
    Handler handler = new Recorder(logged);
    reader.addHandler(handler);
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        OtlpReporter reporter =
            start(
                "http://localhost:" + silent.getLocalPort(),
                Map.of(
                    "otel.metric.export.interval",
                    "100ms",
                    "otel.exporter.otlp.metrics.timeout",
                    "1000"),
                Map.of("orders", this::read))) {
      reporter.report();
      assertThat(logged).isEmpty();
    } finally {
      reader.removeHandler(handler);
    }
  }

  /** The line about an outage has the status, since OpenTelemetry's own records are dropped. */
  @ParameterizedTest
  @CsvSource({
    "http/protobuf, HTTP status 401)",
    "grpc, gRPC status UNAUTHENTICATED not now)",
  })
  void report_refused_saysTheStatus(String protocol, String status) throws IOException {
    now = gets(1);
    assertThat(
            logOf(
                () -> {
                  try (OtlpReceiver receiver =
                          protocol.equals("grpc") ? OtlpReceiver.grpc() : OtlpReceiver.http(0);
                      OtlpReporter reporter =
                          start(
                              receiver, Map.of("otel.exporter.otlp.metrics.protocol", protocol))) {
                    receiver.refuse(401);
                    reporter.report();
                  }
                }))
        .contains("Metrics by OTLP are not accepted by")
        .contains("(" + status)
        .doesNotContain("Exception");
  }

  @Test
  void report_noAnswer_saysThatItTookTooLong() throws IOException {
    now = gets(1);
    assertThat(
            logOf(
                () -> {
                  try (ServerSocket silent =
                          new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                      OtlpReporter reporter =
                          start(
                              "http://localhost:" + silent.getLocalPort(),
                              Map.of("otel.exporter.otlp.metrics.timeout", "300"),
                              Map.of("orders", this::read))) {
                    reporter.report();
                  }
                }))
        // OkHttp, and the client of the JDK
        .containsPattern("\\((no answer within otlp.timeout|\\S+: request timed out)\\);");
  }

  /** Code that a test runs. */
  private interface Step {
    void run() throws IOException;
  }

  private static String logOf(Step step) throws IOException {
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    PrintStream before = System.err;
    System.setErr(new PrintStream(log, /* autoFlush= */ true, UTF_8));
    try {
      step.run();
    } finally {
      System.setErr(before);
    }
    return log.toString(UTF_8);
  }

  private static final class Recorder extends Handler {
    private final Queue<LogRecord> logged;

    private Recorder(Queue<LogRecord> logged) {
      this.logged = logged;
    }

    @Override
    public void publish(LogRecord entry) {
      logged.add(entry);
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  @Test
  void report_refusedForGood_isPartOfTheNext() throws IOException {
    now = gets(1);
    try (OtlpReceiver receiver = OtlpReceiver.http(0);
        OtlpReporter reporter = start(receiver, delta())) {
      reporter.report();
      receiver.refuse(400);
      now = gets(3);
      reporter.report();
      assertThat(receiver.requestCount()).isEqualTo(2);
      now = gets(6);
      reporter.report();

      assertThat(points(receiver, "cache.gets"))
          .extracting(NumberDataPoint::getAsInt)
          .containsExactly(5L);
    }
  }

  @Test
  void report_partialSuccess_isNotSentAgain() throws IOException {
    now = gets(1);
    try (OtlpReceiver receiver = OtlpReceiver.http(0);
        OtlpReporter reporter = start(receiver, delta())) {
      reporter.report();
      receiver.rejectPoints(1);
      now = gets(3);
      reporter.report();
      now = gets(4);
      reporter.report();

      assertThat(receiver.requestCount()).isEqualTo(3);
      assertThat(points(receiver, "cache.gets"))
          .extracting(NumberDataPoint::getAsInt)
          .containsExactly(2L, 1L);
    }
  }

  @Test
  void close_receiverThatNeverAnswers_isBounded() throws IOException {
    now = gets(1);
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      OtlpReporter reporter =
          start(
              "http://localhost:" + silent.getLocalPort(),
              Map.of("otel.exporter.otlp.metrics.timeout", "1h"),
              Map.of("orders", this::read));
      long begun = System.nanoTime();
      reporter.close();
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(BOUND);
    }
  }

  @Test
  void close_unresolvableHost_isBounded() {
    now = gets(1);
    OtlpReporter reporter =
        start("http://nowhere.invalid:4318", Map.of(), Map.of("orders", this::read));
    long begun = System.nanoTime();
    reporter.close();
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(BOUND);
  }

  @Test
  void close_reportsOnce() throws IOException {
    now = gets(1);
    try (OtlpReceiver receiver = OtlpReceiver.http(0)) {
      OtlpReporter reporter = start(receiver, Map.of());
      reporter.close();
      reporter.close();

      assertThat(receiver.requestCount()).isEqualTo(1);
      assertThat(metrics(receiver)).containsKey("cache.gets");
    }
  }

  @Test
  void start_interval_reportsByItself() throws IOException {
    now = gets(1);
    try (OtlpReceiver receiver = OtlpReceiver.http(0);
        OtlpReporter reporter = start(receiver, Map.of("otel.metric.export.interval", "100ms"))) {
      await().atMost(Duration.ofSeconds(20)).until(() -> receiver.taken().size() >= 2);
      assertThat(reporter).isNotNull();
    }
  }

  @Test
  void start_ofThisJvm_countsSinceItsStart() throws IOException {
    now = gets(5);
    try (OtlpReceiver receiver = OtlpReceiver.http(0);
        OtlpReporter reporter = start(receiver.url(), delta(), Map.of("", this::read))) {
      reporter.report();

      NumberDataPoint point = points(receiver, "cache.gets").get(0);
      assertThat(point.getAsInt()).isEqualTo(5);
      assertThat(point.getStartTimeUnixNano())
          .isEqualTo(
              TimeUnit.MILLISECONDS.toNanos(ManagementFactory.getRuntimeMXBean().getStartTime()));
      assertThat(
              OtlpReceiver.texts(
                      receiver.last().getResourceMetrics(0).getResource().getAttributesList())
                  .get("service.instance.id"))
          .hasSize(36);
    }
  }

  @Test
  void start_privateCertificate_isTrustedByFile(@TempDir Path folder) throws Exception {
    now = gets(1);
    try (OtlpReceiver receiver = OtlpReceiver.https(context(folder));
        OtlpReporter reporter =
            start(
                receiver,
                Map.of(
                    "otel.exporter.otlp.metrics.certificate",
                    folder.resolve("server.pem").toString()));
        OtlpReporter distrustful =
            start(receiver, Map.of("otel.exporter.otlp.metrics.timeout", "300ms"))) {
      distrustful.report();
      assertThat(receiver.taken()).isEmpty();
      reporter.report();
      assertThat(receiver.taken()).hasSize(1);
    }
  }

  @Test
  void start_disabled_isNothing() {
    assertThat(
            OtlpReporter.start(
                OtlpConfiguration.of(
                    Map.of(), new Properties(), Map.of("OTEL_SDK_DISABLED", "true")),
                Map.of(),
                Map.of(),
                LE,
                SeriesFilter.ALL))
        .isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "OTEL_EXPORTER_OTLP_TIMEOUT,soon,OTEL_EXPORTER_OTLP_TIMEOUT",
    "OTEL_EXPORTER_OTLP_PROTOCOL,http/json,http/json",
    "OTEL_EXPORTER_OTLP_ENDPOINT,collector:4317,collector",
    "OTEL_EXPORTER_OTLP_HEADERS,secret,OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_EXPORTER_OTLP_CERTIFICATE,/no/such/file,/no/such/file"
  })
  void start_wrongVariable_saysWhich(String variable, String value, String shown) {
    assertThatThrownBy(
            () ->
                OtlpReporter.start(
                    OtlpConfiguration.of(Map.of(), new Properties(), Map.of(variable, value)),
                    Map.of(),
                    Map.of(),
                    LE,
                    SeriesFilter.ALL))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(shown);
  }

  @Test
  void configuration_settingsThenPropertiesThenVariables() throws IOException {
    Properties properties = new Properties();
    properties.setProperty("otel.service.name", "from-property");
    Map<String, String> environment = new HashMap<>();
    environment.put("OTEL_SERVICE_NAME", "from-variable");
    environment.put("OTEL_RESOURCE_ATTRIBUTES", "service.version=1%2E2,deployment=a");
    environment.put("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
    environment.put("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://nowhere.invalid");
    environment.put("OTEL_EXPORTER_OTLP_HEADERS", "x-token=v");
    environment.put("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip");
    now = gets(1);
    try (OtlpReceiver receiver = OtlpReceiver.http(0)) {
      Map<String, String> settings =
          Map.of("otel.exporter.otlp.metrics.endpoint", receiver.url() + "/");
      OtlpReporter reporter =
          OtlpReporter.start(
              OtlpConfiguration.of(settings, properties, environment),
              Map.of("deployment", "b"),
              Map.of("", this::read),
              LE,
              SeriesFilter.ALL);
      requireNonNull(reporter).close();

      assertThat(receiver.lastHeaders())
          .containsEntry("x-token", "v")
          .containsEntry("content-encoding", "gzip");
      assertThat(
              OtlpReceiver.texts(
                  receiver.last().getResourceMetrics(0).getResource().getAttributesList()))
          .containsEntry("service.name", "from-property")
          .containsEntry("service.version", "1.2")
          .containsEntry("deployment", "b");
    }
  }

  private static List<NumberDataPoint> points(OtlpReceiver receiver, String name) {
    List<NumberDataPoint> points = new ArrayList<>();
    for (ExportMetricsServiceRequest request : receiver.taken()) {
      Metric metric = OtlpReceiver.metrics(request).get(name);
      if (metric != null) {
        points.addAll(metric.getSum().getDataPointsList());
      }
    }
    return points;
  }

  /** A key that nobody trusts, and its certificate in {@code server.pem}. */
  private static SSLContext context(Path folder) throws Exception {
    String password = "changeit";
    String store = folder.resolve("server.p12").toString();
    keytool(
        List.of("-genkeypair", "-alias", "server", "-keyalg", "EC", "-dname", "CN=localhost"),
        List.of("-ext", "san=dns:localhost", "-validity", "2", "-storetype", "PKCS12"),
        List.of("-storepass", password, "-keystore", store));
    keytool(
        List.of("-exportcert", "-rfc", "-alias", "server", "-file"),
        List.of(folder.resolve("server.pem").toString()),
        List.of("-storepass", password, "-keystore", store));
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(Path.of(store))) {
      keys.load(in, password.toCharArray());
    }
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(keys, password.toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(factory.getKeyManagers(), null, null);
    return context;
  }

  @SafeVarargs
  private static void keytool(List<String>... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    for (List<String> some : arguments) {
      command.addAll(some);
    }
    Process keytool =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(keytool.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(keytool.exitValue()).isZero();
  }
}
