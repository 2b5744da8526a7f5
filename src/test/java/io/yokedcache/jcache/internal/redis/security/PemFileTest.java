package io.yokedcache.jcache.internal.redis.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.internal.redis.Bytes;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import org.junit.jupiter.api.Test;

/** Keys as OpenSSL writes them; {@code TlsIT} has certificates and keys that belong together. */
final class PemFileTest {

  /** Made by {@code openssl pkcs8 -topk8}: PBES2 with AES-256. */
  private static final String ENCRYPTED =
      """
      -----BEGIN ENCRYPTED PRIVATE KEY-----
      MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAirIUxs74KbLQICCAAw
      DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEBACGa/baP9qx/lAkeubEPEEgZCq
      0vcFlX1XdksEKOlrb0OtWpY8J+eBfN67ACcmRkpjIhyxzxZj8P7KoeOlniupCeVN
      syOjgTEaNAHAAN6VF7nHda4xAfDC7xZplMoIIqwjBcNwfQt5Dp2imbW8aIwRoDD2
      wj+Lk7tx2yo8to3jbwNmLnjQKg89dj11vjjTjxwdNJaVBIQEySXoz6xmsh7WZo4=
      -----END ENCRYPTED PRIVATE KEY-----
      """;

  @Test
  void key_encryptedByOpenSsl() throws GeneralSecurityException {
    assertThat(file(ENCRYPTED).key("needle").getAlgorithm()).isEqualTo("EC");
  }

  @Test
  void key_wrongPassword() {
    assertThatThrownBy(() -> file(ENCRYPTED).key("haystack"))
        .isInstanceOf(GeneralSecurityException.class)
        .hasMessageContaining("the.key has an encrypted key")
        .hasMessageContaining("key-password does not open")
        .hasMessageNotContaining("haystack");
    assertThatThrownBy(() -> file(ENCRYPTED).key(null))
        .hasMessageContaining("Set yokedcache.connection.tls.key-password");
  }

  @Test
  void key_otherForms() {
    for (String type : new String[] {"RSA PRIVATE KEY", "EC PRIVATE KEY"}) {
      assertThatThrownBy(() -> file(ENCRYPTED.replace("ENCRYPTED PRIVATE KEY", type)).key(null))
          .hasMessageContaining("BEGIN " + type)
          .hasMessageContaining("openssl pkcs8 -topk8");
    }
    assertThatThrownBy(
            () -> file(ENCRYPTED.replace("ENCRYPTED PRIVATE", "OPENSSH PRIVATE")).key(null))
        .hasMessageContaining("key of SSH");
    assertThatThrownBy(() -> file("").key(null)).hasMessageContaining("has no private key");
    assertThatThrownBy(() -> file("0\u0082").key(null)).hasMessageContaining("DER");
  }

  private static PemFile file(String content) {
    return new PemFile(Path.of("the.key"), Bytes.utf8(content));
  }
}
