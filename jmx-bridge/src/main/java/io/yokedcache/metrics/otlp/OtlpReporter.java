package io.yokedcache.metrics.otlp;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.sdk.autoconfigure.spi.metrics.ConfigurableMetricExporterProvider;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.common.InstrumentationScopeInfo;
import io.opentelemetry.sdk.common.export.GrpcResponse;
import io.opentelemetry.sdk.common.export.HttpResponse;
import io.opentelemetry.sdk.metrics.Aggregation;
import io.opentelemetry.sdk.metrics.InstrumentSelector;
import io.opentelemetry.sdk.metrics.InstrumentType;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.View;
import io.opentelemetry.sdk.metrics.data.AggregationTemporality;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import io.opentelemetry.sdk.resources.Resource;
import io.yokedcache.metrics.series.CacheMetric;
import io.yokedcache.metrics.series.SeriesFilter;
import io.yokedcache.metrics.series.SeriesWalk;
import io.yokedcache.metrics.source.BridgeVersion;
import io.yokedcache.metrics.source.CacheSource;
import io.yokedcache.metrics.source.CacheSource.Selection;
import io.yokedcache.metrics.source.PerTarget;
import io.yokedcache.metrics.source.Target;
import java.io.InterruptedIOException;
import java.lang.management.ManagementFactory;
import java.net.URLEncoder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends the figures of caches to an OpenTelemetry collector every minute or so, by OpenTelemetry's
 * own SDK and exporter. Nothing global is registered. Thread-safe; all its threads are daemons.
 */
public final class OtlpReporter implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(OtlpReporter.class);

  private static final String SCOPE = "io.yokedcache.metrics";
  private static final Duration USUAL_INTERVAL = Duration.ofMinutes(1);

  /** How long a report may take that somebody waits for, such as the last one. */
  private static final Duration PATIENCE = Duration.ofSeconds(4);

  /** How long the threads may take to end when the last report was given up. */
  private static final Duration END = Duration.ofSeconds(1);

  /**
   * A JVM that is read.
   *
   * @param since the time since which its errors are counted
   */
  private record Jvm(CacheSource source, Target target, OtlpTarget series, long since)
      implements AutoCloseable {

    @Override
    public void close() {
      if (target != source) {
        target.close();
      }
    }
  }

  private final OtlpTarget.Form form;
  private final SeriesFilter series;
  private final Resource common;
  private final InstrumentationScopeInfo scope;
  private final SdkMeterProvider provider;
  private final String receiver;
  private final SenderThreads threads;
  private final AtomicBoolean isClosed = new AtomicBoolean();

  // Guarded by this.
  private final PerTarget<Jvm> jvms = new PerTarget<>(this::jvm);
  private long lastNanos;
  private boolean hasFailed;

  private OtlpReporter(
      OtlpConfiguration configuration,
      Map<String, String> resource,
      List<Double> bounds,
      MetricExporter exporter,
      SenderThreads threads,
      SeriesFilter series) {
    this.series = series;
    this.threads = threads;
    this.receiver = receiver(configuration);
    this.common = resource(configuration, resource);
    this.form = form(exporter, bounds.isEmpty() ? CacheMetric.USUAL_BOUNDS_SECONDS : bounds);
    String version = BridgeVersion.read();
    this.scope =
        version == null
            ? InstrumentationScopeInfo.create(SCOPE)
            : InstrumentationScopeInfo.builder(SCOPE).setVersion(version).build();
    Duration interval = configuration.getDuration("otel.metric.export.interval");
    this.provider =
        SdkMeterProvider.builder()
            .registerMetricReader(
                PeriodicMetricReader.builder(new Confirmed(exporter))
                    .setInterval(interval == null ? USUAL_INTERVAL : interval)
                    // The exporter ends each report in time; the SDK would warn after an interval.
                    .setExporterTimeout(Duration.ofDays(1))
                    .build())
            // The SDK's own metrics, under an empty resource.
            .registerView(
                InstrumentSelector.builder().setName("*").build(),
                View.builder().setAggregation(Aggregation.drop()).build())
            .registerMetricProducer(ofSdk -> produce())
            .build();
  }

  /**
   * Starts to report.
   *
   * @param settings OpenTelemetry's properties, which go before system properties and variables
   * @param resource attributes of all resources, which go before those of variables
   * @param sources what reads each JVM, by name; an empty name is this JVM
   * @param bounds the bounds of explicit histograms, in seconds; empty for the usual ones
   * @param series which metrics are sent; others are not read
   * @return absent if {@code OTEL_SDK_DISABLED} is set
   * @throws IllegalArgumentException if a setting, a property or a variable is wrong
   * @throws LinkageError if OpenTelemetry is not there
   */
  public static @Nullable OtlpReporter start(
      Map<String, String> settings,
      Map<String, String> resource,
      Map<String, ? extends CacheSource> sources,
      List<Double> bounds,
      SeriesFilter series) {
    return start(
        OtlpConfiguration.of(settings, System.getProperties(), System.getenv()),
        resource,
        sources,
        bounds,
        series);
  }

  static @Nullable OtlpReporter start(
      OtlpConfiguration configuration,
      Map<String, String> resource,
      Map<String, ? extends CacheSource> sources,
      List<Double> bounds,
      SeriesFilter series) {
    if (Boolean.TRUE.equals(configuration.getBoolean("otel.sdk.disabled"))) {
      logger.info("No metrics are sent by OTLP because OTEL_SDK_DISABLED is true");
      return null;
    }
    MetricExporter found = exporter(configuration);
    SenderThreads threads = new SenderThreads();
    MetricExporter exporter = threads.of(found);
    try {
      OtlpReporter reporter =
          new OtlpReporter(configuration, resource, bounds, exporter, threads, series);
      reporter.targets(sources);
      logger.info("Metrics by OTLP: {}", reporter.receiver);
      return reporter;
    } catch (RuntimeException e) {
      exporter.shutdown();
      threads.close();
      throw e;
    }
  }

  /**
   * Goes on with these JVMs. All that is known of those whose source stays is kept.
   *
   * @param sources what reads each JVM, by name; an empty name is this JVM
   */
  public synchronized void targets(Map<String, ? extends CacheSource> sources) {
    jvms.follow(sources);
  }

  private Jvm jvm(String name, CacheSource source) {
    long startNanos = name.isEmpty() ? startOfThisJvm() : 0;
    return new Jvm(
        source,
        Target.of(name, source, Target.DEFAULT_LIMIT),
        new OtlpTarget(form, ofTarget(name), scope, startNanos, series),
        now());
  }

  /** OpenTelemetry's OTLP exporter, found as its own autoconfiguration finds it. */
  private static MetricExporter exporter(OtlpConfiguration configuration) {
    for (ConfigurableMetricExporterProvider found :
        ServiceLoader.load(
            ConfigurableMetricExporterProvider.class, OtlpReporter.class.getClassLoader())) {
      if (found.getName().equals("otlp")) {
        try {
          return found.createExporter(configuration);
        } catch (RuntimeException e) {
          // OpenTelemetry's ConfigurationException, among others.
          throw new IllegalArgumentException(e.getMessage(), e);
        }
      }
    }
    throw new NoClassDefFoundError("OpenTelemetry's OTLP exporter");
  }

  private static OtlpTarget.Form form(MetricExporter exporter, List<Double> bounds) {
    return new OtlpTarget.Form(
        exporter.getAggregationTemporality(InstrumentType.OBSERVABLE_COUNTER),
        exporter.getAggregationTemporality(InstrumentType.HISTOGRAM),
        exporter.getDefaultAggregation(InstrumentType.HISTOGRAM).getClass()
            == Aggregation.base2ExponentialBucketHistogram().getClass(),
        bounds);
  }

  private static String receiver(OtlpConfiguration configuration) {
    String endpoint = configuration.getString("otel.exporter.otlp.metrics.endpoint");
    if (endpoint == null) {
      endpoint = configuration.getString("otel.exporter.otlp.endpoint");
    }
    return endpoint == null
        ? "OpenTelemetry's usual address on this host"
        : endpoint.replaceFirst("//[^/@]*@", "//");
  }

  private static Resource resource(
      OtlpConfiguration configuration, Map<String, String> attributes) {
    Resource resource =
        Resource.getDefault().merge(of(configuration.decoded("otel.resource.attributes")));
    String name = configuration.getString("otel.service.name");
    if (name != null) {
      resource = resource.merge(of(Map.of("service.name", name)));
    }
    return resource.merge(of(attributes));
  }

  private static Resource of(Map<String, String> attributes) {
    AttributesBuilder builder = Attributes.builder();
    attributes.forEach(builder::put);
    return Resource.create(builder.build());
  }

  private Resource ofTarget(String target) {
    if (target.isEmpty()) {
      return of(Map.of("service.instance.id", UUID.randomUUID().toString())).merge(common);
    }
    Resource named = common.merge(of(Map.of("service.instance.id", target)));
    String service = common.getAttribute(AttributeKey.stringKey("service.name"));
    return service == null || service.startsWith("unknown_service")
        ? named.merge(of(Map.of("service.name", target)))
        : named;
  }

  private static long startOfThisJvm() {
    return TimeUnit.MILLISECONDS.toNanos(ManagementFactory.getRuntimeMXBean().getStartTime());
  }

  private static long now() {
    return TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis());
  }

  /** Reads all JVMs, in the SDK's thread or in the thread that requests a report. */
  private synchronized Collection<MetricData> produce() {
    List<MetricData> report = new ArrayList<>();
    Selection wanted = SeriesWalk.selection(series.metrics());
    Map<Jvm, Target.Reading> readings = new LinkedHashMap<>();
    jvms.parts().forEach(jvm -> readings.put(jvm, jvm.target.beginAnew(wanted)));
    for (Map.Entry<Jvm, Target.Reading> read : readings.entrySet()) {
      Jvm jvm = read.getKey();
      Target.Outcome outcome = read.getValue().await();
      if (outcome.isUp()) {
        jvm.series.add(outcome.readings(), nextNanos());
      }
      jvm.series.bridge(
          Map.of(
              "up",
              outcome.isUp() ? 1 : 0,
              "errors",
              outcome.errors(),
              "seconds",
              outcome.tookNanos() / 1e9,
              "refused",
              outcome.refused()),
          jvm.since,
          nextNanos());
      jvm.series.report(outcome.isUp(), report);
    }
    return report;
  }

  /** Returns the time, strictly ascending, as the points of a series must be. */
  private long nextNanos() {
    lastNanos = Math.max(now(), lastNanos + 1);
    return lastNanos;
  }

  private synchronized void sent(CompletableResultCode result) {
    if (result.isSuccess()) {
      jvms.parts().forEach(jvm -> jvm.series.forgetSent());
      if (hasFailed) {
        logger.info("Metrics by OTLP are accepted again: {}", receiver);
      }
    } else if (!hasFailed) {
      Throwable failure = result.getFailureThrowable();
      logger.warn(
          "Metrics by OTLP are not accepted by {} ({}); the next report contains the counts of this"
              + " one",
          receiver,
          failure == null ? "no reason given" : reason(failure));
      logger.debug("Where the report failed", failure);
    }
    hasFailed = !result.isSuccess();
  }

  /**
   * Why a report was not accepted, in a few words: the status of the answer, or what went wrong.
   */
  private static String reason(Throwable failure) {
    String status = status(failure);
    if (status != null) {
      return status;
    }
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof InterruptedIOException) {
        return "no answer within otlp.timeout";
      }
    }
    return rootOf(failure).toString();
  }

  /**
   * The status of a receiver's answer; absent without an answer. The class of the exception is
   * internal to OpenTelemetry, so its method is called by reflection.
   */
  private static @Nullable String status(Throwable failure) {
    try {
      Object answer = failure.getClass().getMethod("getResponse").invoke(failure);
      if (answer instanceof HttpResponse http) {
        return "HTTP status " + http.getStatusCode();
      }
      return answer instanceof GrpcResponse grpc
          ? ("gRPC status " + grpc.getStatusCode() + " " + grpc.getStatusDescription()).strip()
          : null;
    } catch (ReflectiveOperationException | LinkageError otherVersion) {
      logger.debug("The status of the answer is not known", otherVersion);
      return null;
    }
  }

  private static Throwable rootOf(Throwable failure) {
    Throwable root = failure;
    for (int depth = 0; root.getCause() != null && depth < 10; depth++) {
      root = root.getCause();
    }
    return root;
  }

  /** Reports now, between the regular times, and waits for a few seconds at most. */
  public void report() {
    provider.forceFlush().join(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Reports a last time and stops, within 5 seconds. May be called twice. */
  @Override
  public void close() {
    if (!isClosed.compareAndSet(false, true)) {
      return;
    }
    // The SDK waits for its thread, its report and its exporter one after the other, for up to 20
    // s. The interrupt has it give up the report and end the exporter.
    Thread ending = new Thread(this::end, "yokedcache-otlp-end");
    ending.setDaemon(true);
    ending.start();
    try {
      ending.join(PATIENCE.toMillis());
      if (ending.isAlive()) {
        logger.warn(
            "The last report by OTLP was given up, since {} has not taken it within {} s; check"
                + " that the collector runs",
            receiver,
            PATIENCE.toSeconds());
        ending.interrupt();
        threads.close();
        ending.join(END.toMillis());
      }
    } catch (InterruptedException endOfThread) {
      ending.interrupt();
      Thread.currentThread().interrupt();
    }
    threads.close();
  }

  private void end() {
    provider.close();
    targets(Map.of());
  }

  /** Pairs as OpenTelemetry's properties have them. */
  public static String encoded(Map<String, String> pairs) {
    return pairs.entrySet().stream()
        .map(
            pair ->
                pair.getKey() + "=" + URLEncoder.encode(pair.getValue(), UTF_8).replace("+", "%20"))
        .collect(Collectors.joining(","));
  }

  /** Tells the reporter whether a report was accepted. */
  private final class Confirmed implements MetricExporter {
    private final MetricExporter exporter;

    private Confirmed(MetricExporter exporter) {
      this.exporter = exporter;
    }

    @Override
    public CompletableResultCode export(Collection<MetricData> metrics) {
      CompletableResultCode result = exporter.export(metrics);
      CompletableResultCode told = new CompletableResultCode();
      result.whenComplete(
          () -> {
            try {
              sent(result);
            } finally {
              // Logged above in one line; the SDK would log every failure.
              told.succeed();
            }
          });
      return told;
    }

    @Override
    public CompletableResultCode flush() {
      return exporter.flush();
    }

    @Override
    public CompletableResultCode shutdown() {
      return exporter.shutdown();
    }

    @Override
    public AggregationTemporality getAggregationTemporality(InstrumentType type) {
      return exporter.getAggregationTemporality(type);
    }
  }
}
