package io.yokedcache.examples.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.yokedcache.metrics.prometheus.Histograms;
import io.yokedcache.metrics.prometheus.PrometheusCollector;
import io.yokedcache.metrics.statsd.StatsDCollector;
import io.yokedcache.metrics.testing.PeerProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Base64;

/** A metrics bridge with a password and TLS, and the Prometheus settings that go with it. */
final class SecureBridge implements AutoCloseable {

  private static final String USER = "prometheus";
  private static final String PASSWORD = "s3cret pässword";

  private final StatsDCollector statsd;
  private final PrometheusCollector collector;
  private final BridgeCertificate certificate;

  private SecureBridge(
      StatsDCollector statsd, PrometheusCollector collector, BridgeCertificate certificate) {
    this.statsd = statsd;
    this.collector = collector;
    this.certificate = certificate;
  }

  static SecureBridge start(Path folder, Histograms histograms)
      throws IOException, GeneralSecurityException {
    BridgeCertificate certificate = BridgeCertificate.make(Files.createDirectories(folder));
    // Nobody listens there, which is all the same to what is shown of it.
    StatsDCollector statsd =
        StatsDCollector.builder().host("127.0.0.1").port(PeerProcess.freeUdpPort()).build();
    PrometheusCollector collector =
        PrometheusCollector.builder()
            .statsd(statsd::statistics)
            .registry(new PrometheusRegistry())
            .port(0)
            .basicAuthentication(USER, PASSWORD.toCharArray())
            .tls(certificate.context())
            .histograms(histograms)
            .build()
            .start();
    return new SecureBridge(statsd, collector, certificate);
  }

  /**
   * Writes what {@code dashboards/prometheus.yml} wants beside it.
   *
   * @return its text, with this bridge as the target, and much shorter intervals
   */
  String prometheusConfig(Path folder) throws IOException {
    Files.createDirectories(folder);
    Files.copy(certificate.pem(), folder.resolve("yokedcache-ca.pem"));
    Files.writeString(folder.resolve("yokedcache-password"), PASSWORD);
    Files.copy(Dashboards.RULES, folder.resolve(Dashboards.RULES.getFileName()));
    return Files.readString(Dashboards.PROMETHEUS)
        .replace("localhost:8000", "localhost:" + collector.port())
        .replace("_interval: 15s", "_interval: 1s");
  }

  /** Scrapes as Prometheus does. */
  HttpResponse<String> scrape(String password) throws IOException, InterruptedException {
    String credentials =
        Base64.getEncoder().encodeToString((USER + ":" + password).getBytes(UTF_8));
    return HttpClient.newBuilder()
        .sslContext(certificate.context())
        .build()
        .send(
            HttpRequest.newBuilder(URI.create("https://localhost:" + collector.port() + "/metrics"))
                .header("Authorization", "Basic " + credentials)
                .build(),
            BodyHandlers.ofString());
  }

  /** Scrapes with the right password. */
  String scrape() throws IOException, InterruptedException {
    return scrape(PASSWORD).body();
  }

  @Override
  public void close() {
    collector.close();
    statsd.close();
  }
}
