package io.yokedcache.metrics.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.yokedcache.metrics.otlp.OtlpReceiver;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The jar sends by OTLP, as an agent and as a process, from where there is no OpenTelemetry. */
final class OtlpIT {

  private static final String CAFFEINE =
      "com.github.benmanes.caffeine.jcache.spi.CaffeineCachingProvider";

  @TempDir private Path folder;

  private static boolean hasTwoHits(ExportMetricsServiceRequest request) {
    Metric gets = OtlpReceiver.metrics(request).get("cache.gets");
    return gets != null
        && gets.getSum().getDataPointsList().stream()
            .filter(
                point ->
                    "hit".equals(OtlpReceiver.texts(point.getAttributesList()).get("cache.result")))
            .mapToLong(NumberDataPoint::getAsInt)
            .anyMatch(hits -> hits == 2);
  }

  private static void awaitTwoHits(OtlpReceiver receiver) {
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> receiver.taken().stream().anyMatch(OtlpIT::hasTwoHits));
  }

  @Test
  void agent_grpc_sendsAtTheEnd() throws Exception {
    try (OtlpReceiver receiver = OtlpReceiver.grpc();
        ChildJvm application =
            ChildJvm.application(
                folder,
                CAFFEINE,
                List.of(
                    "-Dotel.service.name=shop",
                    "-javaagent:"
                        + ChildJvm.jar()
                        + "=otlp.interval=1h,otlp.endpoint="
                        + receiver.url()))) {
      application.awaitOutput("Metrics by OTLP: " + receiver.url());
      application.endInput();

      assertThat(application.awaitEnd()).isZero();
      assertThat(receiver.taken()).as(application.output()).isNotEmpty();
      ExportMetricsServiceRequest last = receiver.taken().get(receiver.taken().size() - 1);
      assertThat(OtlpReceiver.texts(last.getResourceMetrics(0).getResource().getAttributesList()))
          .containsEntry("service.name", "shop");
      assertThat(OtlpReceiver.metrics(last)).containsKey("yokedcache.bridge.jmx_target_up");
    }
  }

  @Test
  void process_http_sendsOfAnotherJvm() throws Exception {
    try (OtlpReceiver receiver = OtlpReceiver.http(0);
        ChildJvm application = ChildJvm.application(folder, CAFFEINE, List.of());
        ChildJvm bridge =
            ChildJvm.bridge(
                folder,
                "serve",
                "--pid",
                "shop=" + application.pid(),
                "--otlp",
                receiver.url(),
                "--set",
                "otlp.protocol=http/protobuf",
                "--set",
                "otlp.interval=1s",
                "--set",
                "otlp.compression=gzip")) {
      awaitTwoHits(receiver);
      assertThat(
              OtlpReceiver.texts(
                  receiver.taken().get(0).getResourceMetrics(0).getResource().getAttributesList()))
          .containsEntry("service.instance.id", "shop");
      bridge.end();
      assertThat(bridge.output()).doesNotContain("failed to close");
    }
  }
}
