package io.yokedcache.metrics.prometheus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A scrape by https, with a certificate that the JDK's own keytool makes. */
final class PrometheusTlsTest {

  private static final char[] PASSWORD = "changeit".toCharArray();

  @TempDir private static Path folder;

  private static SSLContext withKey;
  private static SSLContext trustOnly;

  @BeforeAll
  static void makeCertificate() throws Exception {
    Path file = folder.resolve("server.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "server",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=dns:localhost,ip:127.0.0.1",
                "-validity",
                "2",
                "-storetype",
                "PKCS12",
                "-storepass",
                String.valueOf(PASSWORD),
                "-keystore",
                file.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("keytool.log").toFile())
            .start();
    assertThat(keytool.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(keytool.exitValue()).isZero();
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream input = Files.newInputStream(file)) {
      store.load(input, PASSWORD);
    }
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, PASSWORD);
    KeyStore certificates = KeyStore.getInstance("PKCS12");
    certificates.load(null, PASSWORD);
    certificates.setCertificateEntry("server", store.getCertificate("server"));
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(certificates);
    withKey = SSLContext.getInstance("TLS");
    withKey.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    trustOnly = SSLContext.getInstance("TLS");
    trustOnly.init(null, trust.getTrustManagers(), null);
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
}
