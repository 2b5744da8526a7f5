package io.yokedcache.metrics.otlp;

import com.google.protobuf.InvalidProtocolBufferException;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsPartialSuccess;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceResponse;
import io.opentelemetry.proto.collector.metrics.v1.MetricsServiceGrpc;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.zip.GZIPInputStream;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** A receiver made of OpenTelemetry's own messages, by HTTP or by gRPC. It keeps what it took. */
public final class OtlpReceiver implements Closeable {

  private static final Metadata.Key<String> TOKEN =
      Metadata.Key.of("x-token", Metadata.ASCII_STRING_MARSHALLER);

  private final List<ExportMetricsServiceRequest> taken = new CopyOnWriteArrayList<>();
  private final Map<String, String> lastHeaders = new ConcurrentHashMap<>();

  /** HTTP statuses for the next requests, after which all are taken. */
  private final Queue<Integer> refusals = new ArrayDeque<>();

  private final List<AutoCloseable> parts = new ArrayList<>();
  private String url = "";
  private int requests;

  private OtlpReceiver() {}

  /** Serves {@code /v1/metrics}, at a given port or 0 for any. */
  public static OtlpReceiver http(int port) throws IOException {
    OtlpReceiver receiver = new OtlpReceiver();
    receiver.serve(
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0),
        "http");
    return receiver;
  }

  static OtlpReceiver https(SSLContext context) throws IOException {
    OtlpReceiver receiver = new OtlpReceiver();
    HttpsServer server =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(context));
    receiver.serve(server, "https");
    return receiver;
  }

  public static OtlpReceiver grpc() throws IOException {
    OtlpReceiver receiver = new OtlpReceiver();
    Server server =
        Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
            .addService(receiver.new Service())
            .intercept(receiver.new Headers())
            .build()
            .start();
    receiver.parts.add(server::shutdownNow);
    receiver.url = "http://localhost:" + server.getPort();
    return receiver;
  }

  private void serve(HttpServer server, String scheme) {
    ExecutorService threads =
        Executors.newCachedThreadPool(
            task -> {
              Thread thread = new Thread(task, "otlp-receiver");
              thread.setDaemon(true);
              return thread;
            });
    server.setExecutor(threads);
    server.createContext("/v1/metrics", this::answer);
    server.start();
    parts.add(() -> server.stop(0));
    parts.add(threads::shutdownNow);
    url = scheme + "://localhost:" + server.getAddress().getPort();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      exchange
          .getRequestHeaders()
          .forEach((name, values) -> lastHeaders.put(name.toLowerCase(Locale.ROOT), values.get(0)));
      boolean isGzip = "gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"));
      ExportMetricsServiceRequest request;
      try (InputStream raw = exchange.getRequestBody();
          InputStream body = isGzip ? new GZIPInputStream(raw) : raw) {
        request = ExportMetricsServiceRequest.parseFrom(body);
      }
      Integer refusal = take(request);
      byte[] answer = response().toByteArray();
      if (refusal != null) {
        exchange.getResponseHeaders().add("Retry-After", "0");
        exchange.sendResponseHeaders(refusal, -1);
      } else {
        exchange.getResponseHeaders().add("Content-Type", "application/x-protobuf");
        exchange.sendResponseHeaders(200, answer.length == 0 ? -1 : answer.length);
        exchange.getResponseBody().write(answer);
      }
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("not OTLP", e);
    }
  }

  private synchronized @Nullable Integer take(ExportMetricsServiceRequest request) {
    requests++;
    Integer refusal = refusals.poll();
    if (refusal == null) {
      taken.add(request);
    }
    return refusal;
  }

  private volatile long rejectedPoints;

  private ExportMetricsServiceResponse response() {
    return rejectedPoints == 0
        ? ExportMetricsServiceResponse.getDefaultInstance()
        : ExportMetricsServiceResponse.newBuilder()
            .setPartialSuccess(
                ExportMetricsPartialSuccess.newBuilder()
                    .setRejectedDataPoints(rejectedPoints)
                    .setErrorMessage("too old"))
            .build();
  }

  /** From now on some points of each report are said to be rejected. */
  void rejectPoints(long number) {
    rejectedPoints = number;
  }

  /** Refuses the next request; with gRPC, any status means that it is unavailable. */
  synchronized void refuse(int httpStatus) {
    refusals.add(httpStatus);
  }

  public String url() {
    return url;
  }

  int port() {
    return Integer.parseInt(url.substring(url.lastIndexOf(':') + 1));
  }

  synchronized int requestCount() {
    return requests;
  }

  Map<String, String> lastHeaders() {
    return lastHeaders;
  }

  /** All reports that were taken. */
  public List<ExportMetricsServiceRequest> taken() {
    return taken;
  }

  ExportMetricsServiceRequest last() {
    return taken.get(taken.size() - 1);
  }

  /** The metrics of the last report, by name. */
  public static Map<String, Metric> metrics(ExportMetricsServiceRequest request) {
    Map<String, Metric> metrics = new TreeMap<>();
    for (ResourceMetrics resource : request.getResourceMetricsList()) {
      resource
          .getScopeMetricsList()
          .forEach(
              scope ->
                  scope.getMetricsList().forEach(metric -> metrics.put(metric.getName(), metric)));
    }
    return metrics;
  }

  /** Attributes as text: {@code {cache.manager=m, cache.name=users}}. */
  public static Map<String, String> texts(List<KeyValue> attributes) {
    Map<String, String> texts = new TreeMap<>();
    attributes.forEach(each -> texts.put(each.getKey(), each.getValue().getStringValue()));
    return texts;
  }

  @Override
  public void close() {
    for (AutoCloseable part : parts) {
      try {
        part.close();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private final class Service extends MetricsServiceGrpc.MetricsServiceImplBase {
    @Override
    public void export(
        ExportMetricsServiceRequest request,
        StreamObserver<ExportMetricsServiceResponse> observer) {
      Integer refusal = take(request);
      if (refusal != null) {
        Status status = refusal == 401 ? Status.UNAUTHENTICATED : Status.UNAVAILABLE;
        observer.onError(status.withDescription("not now").asRuntimeException());
        return;
      }
      observer.onNext(response());
      observer.onCompleted();
    }
  }

  private final class Headers implements ServerInterceptor {
    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
      String token = headers.get(TOKEN);
      if (token != null) {
        lastHeaders.put("x-token", token);
      }
      return next.startCall(call, headers);
    }
  }
}
