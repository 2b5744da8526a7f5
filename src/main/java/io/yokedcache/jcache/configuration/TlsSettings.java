package io.yokedcache.jcache.configuration;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The key material of a TLS connection. {@link #toString} leaves the passwords out.
 *
 * @param trustStore file with the certificates to trust, or {@code null} for the JVM's own
 * @param trustStorePassword its password, or {@code null}
 * @param keyStore file with the client's certificate, or {@code null} for none
 * @param keyStorePassword its password, or {@code null}
 * @param verifyHostName whether the certificate must name the host that was connected to
 */
public record TlsSettings(
    @Nullable Path trustStore,
    @Nullable String trustStorePassword,
    @Nullable Path keyStore,
    @Nullable String keyStorePassword,
    boolean verifyHostName) {

  @Override
  public String toString() {
    return "TlsSettings[trustStore=" + trustStore + ", keyStore=" + keyStore + "]";
  }
}
