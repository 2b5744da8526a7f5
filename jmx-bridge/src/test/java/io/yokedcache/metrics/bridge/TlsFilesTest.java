package io.yokedcache.metrics.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
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

    assertThat(new TlsFiles(store, right, store, right, true).context()).isNotNull();
    assertThatThrownBy(() -> new TlsFiles(store, wrong, null, null, false).context())
        .isInstanceOf(MetricsConfigurationException.class)
        .hasMessageContaining("are the passwords right?")
        .hasMessageContaining(store.toString())
        .hasMessageNotContaining("guessed");
  }

  @Test
  void context_noCertificates() throws Exception {
    Path text = Files.writeString(folder.resolve("notes.txt"), "no key");

    assertThat(new TlsFiles(null, null, null, null, false).context()).isNull();
    assertThatThrownBy(() -> new TlsFiles(text, null, null, null, false).context())
        .isInstanceOf(MetricsConfigurationException.class)
        .hasMessageContaining("PKCS12 or JKS");
  }
}
