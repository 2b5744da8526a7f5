package io.yokedcache.metrics.bridge;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * The files with a server's certificates (PKCS12 or JKS).
 *
 * @param keyStore the server's certificate and key; absent for plain http
 * @param keyStorePassword its password
 * @param trustStore the certificates of clients; absent for those that the JVM trusts
 * @param trustStorePassword its password
 * @param requireClientCertificate whether only clients with such a certificate are let in
 */
public record TlsFiles(
    @Nullable Path keyStore,
    @Nullable Secret keyStorePassword,
    @Nullable Path trustStore,
    @Nullable Secret trustStorePassword,
    boolean requireClientCertificate) {

  static TlsFiles read(Group group) {
    TlsFiles tls =
        new TlsFiles(
            group.readableFile("key-store"),
            group.secret("key-store-password"),
            group.readableFile("trust-store"),
            group.secret("trust-store-password"),
            group.flag("require-client-certificate"));
    if (tls.keyStore() == null && tls.trustStore() != null) {
      group.complain("trust-store", "needs a key-store, without which there is no TLS");
    }
    if (tls.requireClientCertificate() && tls.trustStore() == null) {
      group.complain("require-client-certificate", "needs a trust-store with their certificates");
    }
    return tls;
  }

  /** Reads the files; absent without a key store. */
  @Nullable SSLContext context() {
    if (keyStore == null) {
      return null;
    }
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys(keyStore), trusted(), /* random= */ null);
      return context;
    } catch (IOException | GeneralSecurityException e) {
      throw new MetricsConfigurationException(
          "The certificates in "
              + keyStore
              + (trustStore == null ? "" : " and " + trustStore)
              + " cannot be used ("
              + e.getMessage()
              + "): are they PKCS12 or JKS files, and are the passwords right?",
          e);
    }
  }

  private KeyManager[] keys(Path file) throws IOException, GeneralSecurityException {
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(load(file, keyStorePassword), characters(keyStorePassword));
    return factory.getKeyManagers();
  }

  private TrustManager @Nullable [] trusted() throws IOException, GeneralSecurityException {
    if (trustStore == null) {
      return null;
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(load(trustStore, trustStorePassword));
    return factory.getTrustManagers();
  }

  private static KeyStore load(Path file, @Nullable Secret password)
      throws IOException, GeneralSecurityException {
    try (InputStream in = Files.newInputStream(file)) {
      // The JDK's stores of type PKCS12 read JKS files too.
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(in, characters(password));
      return store;
    }
  }

  private static char @Nullable [] characters(@Nullable Secret password) {
    return password == null ? null : password.value().toCharArray();
  }
}
