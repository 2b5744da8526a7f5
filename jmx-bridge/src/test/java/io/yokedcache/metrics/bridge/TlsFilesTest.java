package io.yokedcache.metrics.bridge;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.ConfigFactory;
import io.yokedcache.metrics.prometheus.TestCertificate;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TlsFilesTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path folder;

  @Test
  void context_keyAndTrustStore() throws Exception {
    Path store = folder.resolve("server.p12");
    TestCertificate.makeKeyStore(store, "localhost");
    Secret right = new Secret("changeit");
    Secret wrong = new Secret("guessed");

    SSLContext context = requireNonNull(files(store, right, store, right, true).context());
    assertThat(files(store, right, store, right, true).parameters(context).getProtocols())
        .containsExactly("TLSv1.3");
    TlsFiles unknown =
        new TlsFiles(store, right, null, null, false, List.of("TLSv1.3"), List.of("TLS_ROT13"));
    assertThatThrownBy(() -> unknown.parameters(context))
        .isInstanceOf(MetricsConfigurationException.class)
        .hasMessageContaining("has TLS_ROT13, which this Java does not know");
    assertThatThrownBy(() -> files(store, right, store, wrong, true).context())
        .hasMessageContaining("tls.trust-store-password")
        .hasMessageNotContaining("guessed");
    assertThatThrownBy(() -> files(store, wrong, null, null, false).context())
        .isInstanceOf(MetricsConfigurationException.class)
        .hasMessageContaining("are the passwords right?")
        .hasMessageContaining(store.toString())
        .hasMessageNotContaining("guessed");
  }

  @Test
  void context_noCertificates() throws Exception {
    Path text = Files.writeString(folder.resolve("notes.txt"), "no key");

    assertThat(files(null, null, null, null, false).context()).isNull();
    assertThatThrownBy(() -> files(text, null, null, null, false).context())
        .isInstanceOf(MetricsConfigurationException.class)
        .hasMessageContaining("PKCS12 or JKS");
  }

  /** As a renewal of certificates does it; a file that is half written does no harm. */
  @Test
  void keyStoreReplaced_newConnectionsGetTheNewCertificate() throws Exception {
    Path store = folder.resolve("server.p12");
    TestCertificate.makeKeyStore(store, "first");
    MetricsSettings settings =
        MetricsSettings.of(
            ConfigFactory.parseString(
                "prometheus { enabled = true, port = 0, tls { key-store = \""
                    + store
                    + "\", key-store-password = changeit } }"),
            Map.of());
    try (MetricsBridge bridge = MetricsBridge.of(settings, Map.of())) {
      int port = bridge.prometheusPort();
      assertThat(certificateOf(port)).isEqualTo("CN=first");

      replace(store, "second");
      await().atMost(PATIENCE).until(() -> certificateOf(port).equals("CN=second"));

      ByteArrayOutputStream log = new ByteArrayOutputStream();
      PrintStream before = System.err;
      System.setErr(new PrintStream(log, /* autoFlush= */ true, UTF_8));
      try {
        Files.writeString(store, "half a file");
        await()
            .atMost(PATIENCE)
            .until(
                () ->
                    certificateOf(port).equals("CN=second")
                        && log.toString(UTF_8).contains("The certificates before stay in use"));
      } finally {
        System.setErr(before);
      }

      replace(store, "third");
      await().atMost(PATIENCE).until(() -> certificateOf(port).equals("CN=third"));
      assertThat(bridge.prometheusPort()).isEqualTo(port);
    }
  }

  @Test
  void trustStoreReplaced_newConnectionsOfTheNewClientsAreAccepted() throws Exception {
    Path server = folder.resolve("server.p12");
    Path trusted = folder.resolve("trusted.p12");
    TestCertificate.makeKeyStore(server, "localhost");
    TestCertificate.makeKeyStore(folder.resolve("old.p12"), "old");
    TestCertificate.makeKeyStore(folder.resolve("new.p12"), "new");
    Files.copy(folder.resolve("old.p12"), trusted);
    MetricsSettings settings =
        MetricsSettings.of(
            ConfigFactory.parseString(
                """
                prometheus { enabled = true, port = 0, tls {
                  key-store = "%s", key-store-password = changeit, trust-store = "%s"
                  trust-store-password = changeit, require-client-certificate = true } }
                """
                    .formatted(server, trusted)),
            Map.of());
    try (MetricsBridge bridge = MetricsBridge.of(settings, Map.of())) {
      int port = bridge.prometheusPort();
      assertThat(isAnswered(port, "old")).isTrue();
      assertThat(isAnswered(port, "new")).isFalse();

      Path next = Files.copy(folder.resolve("new.p12"), folder.resolve("next.p12"));
      Files.move(
          next, trusted, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);

      await().atMost(PATIENCE).until(() -> isAnswered(port, "new"));
      assertThat(isAnswered(port, "old")).isFalse();
    }
  }

  /** Whether a client with this certificate gets an answer, which it does not after a refusal. */
  private boolean isAnswered(int port, String client) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(folder.resolve(client + ".p12"))) {
      store.load(in, "changeit".toCharArray());
    }
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, "changeit".toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), new TrustManager[] {new TrustsAll()}, null);
    try (SSLSocket socket =
        (SSLSocket)
            context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(20_000);
      socket
          .getOutputStream()
          .write("GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(UTF_8));
      return new String(socket.getInputStream().readAllBytes(), UTF_8).contains(" 200 ");
    } catch (SSLException | SocketException refused) {
      return false;
    }
  }

  private void replace(Path store, String commonName) throws Exception {
    Path next = folder.resolve(commonName + ".p12");
    TestCertificate.makeKeyStore(next, commonName);
    Files.move(next, store, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }

  private static String certificateOf(int port) throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {new TrustsAll()}, null);
    try (SSLSocket socket =
        (SSLSocket)
            context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(20_000);
      socket.startHandshake();
      X509Certificate certificate = (X509Certificate) socket.getSession().getPeerCertificates()[0];
      return certificate.getSubjectX500Principal().getName();
    }
  }

  private static final class TrustsAll implements X509TrustManager {

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  private static TlsFiles files(
      @Nullable Path keyStore,
      @Nullable Secret password,
      @Nullable Path trustStore,
      @Nullable Secret trustStorePassword,
      boolean isNeeded) {
    return new TlsFiles(
        keyStore,
        password,
        trustStore,
        trustStorePassword,
        isNeeded,
        List.of("TLSv1.3"),
        List.of());
  }
}
