package io.yokedcache.jcache.internal.redis.security;

import static java.util.Objects.requireNonNull;

import io.yokedcache.jcache.internal.concurrent.BackgroundErrors;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.settings.Settings;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.SignatureException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import javax.cache.CacheException;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The certificates and keys of the connections of a manager. The files are read again for a new
 * connection if the last look was a second ago. If their contents have changed, a new context is
 * made. Files that cannot be used, such as a half-written one, leave the context as it is, cause a
 * warning, and are tried again at the next look. Contents are compared, not times: a swapped
 * symbolic link or a network file system may show the same time.
 *
 * <p>Safe for use by several threads. Only one of them reads; the others use the present context.
 */
final class TlsContext implements Supplier<SSLContext> {

  private static final Logger logger = LoggerFactory.getLogger(TlsContext.class);
  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final int MAX_BYTES = 16 << 20;
  private static final char[] IN_MEMORY = "in memory".toCharArray();

  private final Settings.Tls settings;
  private final BackgroundErrors errors;

  /** Held by the thread that looks at the files; guards the fields below but the context. */
  private final ReentrantLock looking = new ReentrantLock();

  private volatile SSLContext context;
  private Map<Path, Bytes> loaded;
  private long lookedNanos;

  /** The last logged problem, or {@code null} since the files could be used. */
  private @Nullable String told;

  /**
   * Reads the files.
   *
   * @param errors counts later reads of files that cannot be used
   * @throws CacheException if they cannot be used
   */
  TlsContext(Settings.Tls settings, BackgroundErrors errors) {
    this.settings = settings;
    this.errors = errors;
    try {
      this.loaded = read();
      this.context = create(loaded);
      checkCiphers(context);
    } catch (IOException | GeneralSecurityException e) {
      throw new CacheException(unusable(e), e);
    }
    this.lookedNanos = System.nanoTime();
  }

  private String unusable(Exception e) {
    return "yokedcache.connection.tls: %s"
        .formatted(
            usesStores()
                ? "cannot use trust-store %s and key-store %s: %s. Check files and passwords."
                    .formatted(named(settings.trustStore()), named(settings.keyStore()), words(e))
                : words(e) + ".");
  }

  private boolean usesStores() {
    return settings.trustStore() != null || settings.keyStore() != null;
  }

  private static String named(@Nullable Path file) {
    return file == null ? "(none)" : file.toString();
  }

  private static String words(Exception e) {
    return e instanceof NoSuchFileException missing
        ? "there is no file " + missing.getFile()
        : String.valueOf(e.getMessage());
  }

  private void checkCiphers(SSLContext made) throws GeneralSecurityException {
    List<String> known = List.of(made.getSupportedSSLParameters().getCipherSuites());
    for (String cipher : settings.ciphers()) {
      if (!known.contains(cipher)) {
        throw new GeneralSecurityException(
            "ciphers has %s, which this Java does not know; it knows %s".formatted(cipher, known));
      }
    }
  }

  /** The context for a new connection. Never waits for a file that another thread reads. */
  @Override
  public SSLContext get() {
    if (looking.tryLock()) {
      try {
        if (System.nanoTime() - lookedNanos >= LOOK_NANOS) {
          look();
          lookedNanos = System.nanoTime();
        }
      } finally {
        looking.unlock();
      }
    }
    return context;
  }

  private void look() {
    try {
      reload();
      told = null;
    } catch (IOException | GeneralSecurityException e) {
      errors.count(e);
      String problem = unusable(e);
      if (!problem.equals(told)) {
        told = problem;
        logger.warn("{} New connections use the certificates that were read before", problem);
      }
    }
  }

  private void reload() throws IOException, GeneralSecurityException {
    Map<Path, Bytes> found = read();
    if (found.equals(loaded)) {
      return;
    }
    SSLContext made;
    try {
      made = create(found);
    } catch (GeneralSecurityException perhapsBetweenTwoFiles) {
      // A folder may have been swapped after the first of two files was read.
      found = read();
      made = create(found);
    }
    context = made;
    loaded = found;
    logger.info("The certificates of {} have changed; new connections use them", found.keySet());
  }

  private Map<Path, Bytes> read() throws IOException {
    Settings.Pem pem = settings.pem();
    Map<Path, Bytes> contents = new HashMap<>();
    List<@Nullable Path> files = new ArrayList<>();
    files.add(settings.trustStore());
    files.add(settings.keyStore());
    files.add(pem.certificates());
    files.add(pem.certificate());
    files.add(pem.key());
    for (Path file : files) {
      if (file != null && !contents.containsKey(file)) {
        try (InputStream in = Files.newInputStream(file)) {
          contents.put(file, Bytes.of(in.readNBytes(MAX_BYTES)));
        }
      }
    }
    return contents;
  }

  private SSLContext create(Map<Path, Bytes> contents)
      throws IOException, GeneralSecurityException {
    SSLContext made = SSLContext.getInstance("TLS");
    made.init(keys(contents), trusted(contents), /* random= */ null);
    return made;
  }

  private static PemFile pem(Map<Path, Bytes> contents, Path file) {
    return new PemFile(file, requireNonNull(contents.get(file), "content"));
  }

  private TrustManager @Nullable [] trusted(Map<Path, Bytes> contents)
      throws IOException, GeneralSecurityException {
    Path certificates = settings.pem().certificates();
    Path store = settings.trustStore();
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    if (certificates != null) {
      factory.init(authorities(pem(contents, certificates)));
    } else if (store != null) {
      factory.init(
          store(requireNonNull(contents.get(store), "content"), settings.trustStorePassword()));
    } else {
      return null; // what the JVM trusts
    }
    return factory.getTrustManagers();
  }

  private KeyManager @Nullable [] keys(Map<Path, Bytes> contents)
      throws IOException, GeneralSecurityException {
    Settings.Pem pem = settings.pem();
    Path certificate = pem.certificate();
    Path key = pem.key();
    Path store = settings.keyStore();
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    if (certificate != null && key != null) {
      factory.init(
          identity(pem(contents, certificate), pem(contents, key), pem.keyPassword()), IN_MEMORY);
    } else if (store != null) {
      String password = settings.keyStorePassword();
      factory.init(
          store(requireNonNull(contents.get(store), "content"), password),
          password == null ? null : password.toCharArray());
    } else {
      return null;
    }
    return factory.getKeyManagers();
  }

  private static KeyStore store(Bytes content, @Nullable String password)
      throws IOException, GeneralSecurityException {
    // The default type reads PKCS12 and JKS alike.
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(
        new ByteArrayInputStream(content.array()),
        password == null ? null : password.toCharArray());
    return store;
  }

  private static KeyStore empty() throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  /** A bundle may have authorities that have expired, but not only these. */
  private static KeyStore authorities(PemFile file) throws IOException, GeneralSecurityException {
    KeyStore store = empty();
    List<X509Certificate> certificates = file.certificates();
    GeneralSecurityException expired = null;
    boolean isAnyValid = false;
    for (int i = 0; i < certificates.size(); i++) {
      store.setCertificateEntry("authority-" + i, certificates.get(i));
      try {
        checkTime(file, certificates.get(i));
        isAnyValid = true;
      } catch (GeneralSecurityException e) {
        expired = e;
      }
    }
    if (!isAnyValid && expired != null) {
      throw expired;
    }
    return store;
  }

  private static KeyStore identity(
      PemFile certificateFile, PemFile keyFile, @Nullable String keyPassword)
      throws IOException, GeneralSecurityException {
    List<X509Certificate> chain = certificateFile.certificates();
    PrivateKey key = keyFile.key(keyPassword);
    X509Certificate own = chain.get(0);
    checkTime(certificateFile, own);
    if (!isOfKey(own, key)) {
      throw new GeneralSecurityException(
          "the certificate of %s (%s) does not belong to the key in %s. Name the two files of one certificate, the client's own certificate first, the authorities behind it"
              .formatted(certificateFile.path(), own.getSubjectX500Principal(), keyFile.path()));
    }
    KeyStore store = empty();
    store.setKeyEntry("client", key, IN_MEMORY, chain.toArray(X509Certificate[]::new));
    return store;
  }

  private static void checkTime(PemFile file, X509Certificate certificate)
      throws GeneralSecurityException {
    try {
      certificate.checkValidity();
    } catch (CertificateExpiredException e) {
      throw new GeneralSecurityException(
          "the certificate of %s (%s) expired at %s. Renew it"
              .formatted(
                  file.path(),
                  certificate.getSubjectX500Principal(),
                  certificate.getNotAfter().toInstant()),
          e);
    } catch (CertificateNotYetValidException e) {
      throw new GeneralSecurityException(
          "the certificate of %s (%s) is valid only from %s on. Check the clock of this machine"
              .formatted(
                  file.path(),
                  certificate.getSubjectX500Principal(),
                  certificate.getNotBefore().toInstant()),
          e);
    }
  }

  /** Whether the certificate verifies what the key signs. */
  private static boolean isOfKey(X509Certificate certificate, PrivateKey key)
      throws GeneralSecurityException {
    if (!isSameKind(certificate.getPublicKey().getAlgorithm(), key.getAlgorithm())) {
      return false;
    }
    String algorithm =
        switch (key.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          case "EdDSA", "Ed25519", "Ed448" -> "EdDSA";
          default -> null;
        };
    if (algorithm == null) {
      return true; // the handshake will tell
    }
    byte[] challenge = new byte[32];
    new SecureRandom().nextBytes(challenge);
    Signature signature = Signature.getInstance(algorithm);
    signature.initSign(key);
    signature.update(challenge);
    byte[] signed = signature.sign();
    signature.initVerify(certificate.getPublicKey());
    signature.update(challenge);
    try {
      return signature.verify(signed);
    } catch (SignatureException ofAnotherCurve) {
      return false;
    }
  }

  private static boolean isSameKind(String one, String other) {
    return one.equals(other) || (one.startsWith("Ed") && other.startsWith("Ed"));
  }
}
