package io.yokedcache.metrics.prometheus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A scrape by https, with a certificate that the JDK's own keytool makes. */
final class PrometheusTlsTest {

  @TempDir private static Path folder;

  private static SSLContext withKey;
  private static SSLContext trustOnly;

  @BeforeAll
  static void makeCertificate() throws Exception {
    TestCertificate certificate = TestCertificate.in(folder);
    withKey = certificate.context();
    trustOnly = certificate.trusting();
  }

  private static PrometheusCollectorBuilder builder() {
    return PrometheusCollector.builder().registry(new PrometheusRegistry()).port(0).tls(withKey);
  }

  private static Scraper scraper(SSLContext context, int port) {
    return new Scraper(
        HttpClient.newBuilder().sslContext(context).build(), "https://localhost:" + port);
  }

  @Test
  void scrape_tlsAndBasicAuthentication() throws Exception {
    try (PrometheusCollector collector =
        builder().basicAuthentication("u", "pässword".toCharArray()).build().start()) {
      Scraper scraper = scraper(trustOnly, collector.port());
      String credentials =
          Base64.getEncoder().encodeToString("u:pässword".getBytes(StandardCharsets.UTF_8));
      assertThat(scraper.get("/metrics").statusCode()).isEqualTo(401);
      assertThat(scraper.get("/metrics", "Authorization", "Basic " + credentials).body())
          .contains("yokedcache_bridge_jmx_target_up 1.0");
      assertThat(scraper.get("/-/healthy").statusCode()).isEqualTo(200);
      assertThatThrownBy(() -> new Scraper(collector.port()).get("/metrics"))
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void scrape_clientCertificateRequired() throws Exception {
    try (PrometheusCollector collector = builder().requireClientCertificate(true).build().start()) {
      assertThat(scraper(withKey, collector.port()).get("/metrics").statusCode()).isEqualTo(200);
      assertThatThrownBy(() -> scraper(trustOnly, collector.port()).get("/metrics"))
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void handshake_onlyWithTheVersionsAndSuitesOfTheSettings() throws Exception {
    SSLParameters parameters =
        new SSLParameters(
            new String[] {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"}, new String[] {"TLSv1.2"});
    try (PrometheusCollector defaults = builder().build().start();
        PrometheusCollector old = builder().tlsParameters(parameters).build().start()) {
      assertThat(handshake(defaults.port(), "TLSv1.2", "TLSv1.3")).startsWith("TLSv1.3 ");
      assertThat(handshake(old.port(), "TLSv1.2", "TLSv1.3"))
          .isEqualTo("TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384");
      assertThatThrownBy(() -> handshake(old.port(), "TLSv1.3")).isInstanceOf(IOException.class);
    }
  }

  private static String handshake(int port, String... versions) throws IOException {
    try (SSLSocket socket =
        (SSLSocket)
            trustOnly.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(10_000);
      socket.setEnabledProtocols(versions);
      socket.startHandshake();
      return socket.getSession().getProtocol() + " " + socket.getSession().getCipherSuite();
    }
  }
}
