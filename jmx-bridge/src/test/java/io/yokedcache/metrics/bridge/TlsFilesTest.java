package io.yokedcache.metrics.bridge;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TlsFilesTest {

  @TempDir private Path folder;

  @Test
  void context_keyAndTrustStore() throws Exception {
    Path store = folder.resolve("server.p12");
    Process keytool =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                    "-genkeypair",
                    "-keyalg",
                    "EC",
                    "-dname",
                    "CN=localhost",
                    "-storetype",
                    "PKCS12",
                    "-storepass",
                    "changeit",
                    "-keystore",
                    store.toString()))
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("keytool.log").toFile())
            .start();
    assertThat(keytool.waitFor(60, TimeUnit.SECONDS)).isTrue();
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
