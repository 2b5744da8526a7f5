package io.yokedcache.metrics.bridge;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLContextSpi;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The group {@code tls}: the files with a server's certificates (PKCS12 or JKS), and how strictly
 * it encrypts.
 *
 * @param keyStore the server's certificate and key; absent for plain http
 * @param trustStore the certificates of clients; absent for the certificates that the JVM trusts
 * @param requireClientCertificate whether only clients with such a certificate are let in
 * @param protocols versions of TLS
 * @param cipherSuites empty for the suites of the JVM
 */
public record TlsFiles(
    @Nullable Path keyStore,
    @Nullable Secret keyStorePassword,
    @Nullable Path trustStore,
    @Nullable Secret trustStorePassword,
    boolean requireClientCertificate,
    List<String> protocols,
    List<String> cipherSuites) {

  private static final Pattern VERSION = Pattern.compile("TLSv1\\.[23]");
  private static final Pattern NAME = Pattern.compile("[A-Z0-9_]+");

  static TlsFiles read(Group group) {
    TlsFiles tls =
        new TlsFiles(
            group.readableFile("key-store"),
            group.secret("key-store-password"),
            group.readableFile("trust-store"),
            group.secret("trust-store-password"),
            group.flag("require-client-certificate"),
            group.list("protocols", VERSION, "TLSv1.2 or TLSv1.3"),
            group.list("cipher-suites", NAME, "a name such as TLS_AES_256_GCM_SHA384"));
    boolean isPlain = tls.keyStore == null;
    String needed = "needs a key-store, without which there is no TLS";
    group.complainIf(isPlain && tls.keyStorePassword != null, "key-store-password", needed);
    group.complainIf(isPlain && tls.trustStore != null, "trust-store", needed);
    group.complainIf(isPlain && group.isWritten("protocols"), "protocols", needed);
    group.complainIf(isPlain && !tls.cipherSuites.isEmpty(), "cipher-suites", needed);
    group.complainIf(
        tls.trustStore == null && tls.trustStorePassword != null,
        "trust-store-password",
        "is set without a trust-store: set trust-store too");
    group.complainIf(
        !isPlain && tls.protocols.isEmpty(),
        "protocols",
        "is empty: name TLSv1.2, TLSv1.3 or both");
    group.complainIf(
        tls.requireClientCertificate && tls.trustStore == null,
        "require-client-certificate",
        "needs a trust-store with their certificates");
    return tls;
  }

  /**
   * A context of the files, which new connections read again when one of them has changed; absent
   * without a key store.
   */
  @Nullable SSLContext context() {
    return keyStore == null ? null : ReloadingContext.of(this, keyStore);
  }

  private SSLContext load(Path keyStore) {
    KeyManager[] keys = usable(keyStore, "key-store", () -> keys(keyStore));
    TrustManager[] trusted =
        trustStore == null ? null : usable(trustStore, "trust-store", () -> trusted(trustStore));
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys, trusted, /* random= */ null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new MetricsConfigurationException("This Java has no TLS (" + e.getMessage() + ")", e);
    }
  }

  private static <T> T usable(Path file, String key, Callable<T> reading) {
    try {
      return reading.call();
    } catch (Exception e) {
      throw new MetricsConfigurationException(
          String.format(
              "The certificates in %s cannot be used (%s): is tls.%s a PKCS12 or JKS file, and are"
                  + " the passwords right? Look at tls.%s-password",
              file, e.getMessage(), key, key),
          e);
    }
  }

  /**
   * A context that is created again when a file has another time, size or identity. Thread-safe.
   */
  private static final class ReloadingContext extends SSLContextSpi {

    private static final Logger logger = LoggerFactory.getLogger(TlsFiles.class);
    private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final TlsFiles files;
    private final Path keyStore;

    // Guarded by this.
    private List<Object> loaded;
    private List<Object> failed = List.of();
    private SSLContext context;
    private long lookedNanos = System.nanoTime();

    private ReloadingContext(TlsFiles files, Path keyStore) {
      this.files = files;
      this.keyStore = keyStore;
      this.loaded = state();
      this.context = files.load(keyStore);
    }

    static SSLContext of(TlsFiles files, Path keyStore) {
      ReloadingContext spi = new ReloadingContext(files, keyStore);
      SSLContext first = spi.current();
      return new SSLContext(spi, first.getProvider(), first.getProtocol()) {};
    }

    /** Returns values that change with the contents of the files. */
    private List<Object> state() {
      List<Object> state = new ArrayList<>();
      for (Path file : Stream.of(keyStore, files.trustStore).filter(Objects::nonNull).toList()) {
        try {
          BasicFileAttributes read = Files.readAttributes(file, BasicFileAttributes.class);
          state.addAll(
              List.of(read.lastModifiedTime(), read.size(), String.valueOf(read.fileKey())));
        } catch (IOException beingReplaced) {
          state.add("absent");
        }
      }
      return state;
    }

    private synchronized SSLContext current() {
      long nowNanos = System.nanoTime();
      if (nowNanos - lookedNanos >= LOOK_NANOS) {
        lookedNanos = nowNanos;
        List<Object> found = state();
        if (!found.equals(loaded)) {
          reload(found);
        }
      }
      return context;
    }

    /** A file that cannot be used, for example because it is half written, is read again later. */
    private void reload(List<Object> found) {
      try {
        context = files.load(keyStore);
        loaded = found;
        logger.info("The certificates of {} have changed; new connections use them", keyStore);
      } catch (RuntimeException e) {
        if (!found.equals(failed)) {
          logger.warn("{}. The certificates before stay in use", e.getMessage());
        }
        failed = found;
      }
    }

    @Override
    protected SSLEngine engineCreateSSLEngine() {
      return current().createSSLEngine();
    }

    @Override
    protected SSLEngine engineCreateSSLEngine(String host, int port) {
      return current().createSSLEngine(host, port);
    }

    @Override
    protected SSLSocketFactory engineGetSocketFactory() {
      return current().getSocketFactory();
    }

    @Override
    protected SSLServerSocketFactory engineGetServerSocketFactory() {
      return current().getServerSocketFactory();
    }

    @Override
    protected SSLSessionContext engineGetServerSessionContext() {
      return current().getServerSessionContext();
    }

    @Override
    protected SSLSessionContext engineGetClientSessionContext() {
      return current().getClientSessionContext();
    }

    @Override
    protected SSLParameters engineGetDefaultSSLParameters() {
      return current().getDefaultSSLParameters();
    }

    @Override
    protected SSLParameters engineGetSupportedSSLParameters() {
      return current().getSupportedSSLParameters();
    }

    @Override
    protected void engineInit(
        KeyManager @Nullable [] keys,
        TrustManager @Nullable [] trusted,
        @Nullable SecureRandom random) {
      throw new UnsupportedOperationException("The files initialise this context");
    }
  }

  SSLParameters parameters(SSLContext context) {
    SSLParameters parameters = context.getDefaultSSLParameters();
    List<String> known = List.of(context.getSupportedSSLParameters().getCipherSuites());
    for (String suite : cipherSuites) {
      if (!known.contains(suite)) {
        throw new MetricsConfigurationException(
            "tls.cipher-suites has " + suite + ", which this Java does not know: " + known);
      }
    }
    parameters.setProtocols(protocols.toArray(String[]::new));
    if (!cipherSuites.isEmpty()) {
      parameters.setCipherSuites(cipherSuites.toArray(String[]::new));
    }
    parameters.setNeedClientAuth(requireClientCertificate);
    return parameters;
  }

  private KeyManager[] keys(Path file) throws IOException, GeneralSecurityException {
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(load(file, keyStorePassword), characters(keyStorePassword));
    return factory.getKeyManagers();
  }

  private TrustManager[] trusted(Path file) throws IOException, GeneralSecurityException {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(load(file, trustStorePassword));
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
