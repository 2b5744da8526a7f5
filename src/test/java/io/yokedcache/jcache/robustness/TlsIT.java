package io.yokedcache.jcache.robustness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.testing.RedisServer;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that speaks TLS, with certificates that are right, wrong, or asked of the client. */
final class TlsIT {

  private static final String TRUST = "connection.tls.trust-store=";
  private static final String KEY = "connection.tls.key-store-password=" + TlsFiles.STORE_PASSWORD;
  private static final String TRUST_PASSWORD = "connection.tls.trust-store-password=";

  @TempDir private static Path folder;

  private static TlsFiles authority;
  private static TlsFiles stranger;
  private static RedisServer server;
  private static RedisServer strictServer;
  private static int port;
  private static int strictPort;

  @BeforeAll
  static void startServers() throws Exception {
    authority = TlsFiles.create(folder, "authority");
    stranger = TlsFiles.create(folder, "stranger");
    authority.issue("server", "DNS:localhost");
    authority.issue("client", "DNS:client");
    stranger.issue("impostor", "DNS:client");
    port = RedisServer.freePort();
    server = start(port, "no");
    strictPort = RedisServer.freePort();
    strictServer = start(strictPort, "yes");
  }

  private static RedisServer start(int tlsPort, String authClients) {
    return RedisServer.start(
        "--tls-port",
        Integer.toString(tlsPort),
        "--tls-auth-clients",
        authClients,
        "--tls-cert-file",
        authority.file("server.crt"),
        "--tls-key-file",
        authority.file("server.key"),
        "--tls-ca-cert-file",
        authority.file("authority.crt"));
  }

  @AfterAll
  static void stopServers() {
    server.close();
    strictServer.close();
  }

  @Test
  void anyCall_serverTrusted() throws Exception {
    try (CacheManager manager = Managers.open(tls("localhost", port), trust(authority))) {
      Cache<String, String> cache = Managers.texts(manager, "trusted");
      try (Load load = Load.start(4, (thread, step) -> Checked.mixed(cache, thread, step))) {
        load.awaitSuccesses(1_000);
        load.stop();
        assertThat(load.causes()).isEmpty();
      }
      String large = "x".repeat(1 << 20);
      cache.put("large", large);
      assertThat(cache.get("large")).isEqualTo(large);
    }
  }

  @Test
  void get_unknownAuthority() throws Exception {
    try (CacheManager manager = Managers.open(tls("localhost", port), trust(stranger))) {
      assertRefused(manager).hasMessageContaining("certification path");
    }
    try (CacheManager manager = Managers.open(tls("localhost", port))) {
      assertRefused(manager).hasMessageContaining("certification path");
    }
  }

  @Test
  void get_wrongHostName() throws Exception {
    URI uri = tls("127.0.0.1", port);
    try (CacheManager manager = Managers.open(uri, trust(authority))) {
      assertRefused(manager).hasMessageContaining("127.0.0.1").hasMessageContaining("subject");
    }
    String[] trust = trust(authority);
    try (CacheManager manager =
        Managers.open(uri, trust[0], trust[1], "connection.tls.verify-host-name=false")) {
      assertWorks(manager);
    }
  }

  @Test
  void get_clientCertificateWanted() throws Exception {
    URI uri = tls("localhost", strictPort);
    String[] trust = trust(authority);
    try (CacheManager manager = Managers.open(uri, trust)) {
      assertRefused(manager).hasMessageContaining("ertificate");
    }
    try (CacheManager manager = Managers.open(uri, trust[0], trust[1], key("impostor"), KEY)) {
      assertRefused(manager);
    }
    try (CacheManager manager = Managers.open(uri, trust[0], trust[1], key("client"), KEY)) {
      assertWorks(manager);
    }
  }

  @Test
  void get_otherProtocol() throws Exception {
    String[] trust = trust(authority);
    URI plain = URI.create("redis://localhost:" + port);
    try (CacheManager manager = Managers.open(plain, "connection.command-timeout=500ms")) {
      assertRefused(manager).hasMessageContaining("rediss://");
    }
    try (CacheManager manager =
        Managers.open(
            tls("localhost", server.port()),
            trust[0],
            trust[1],
            "connection.connect-timeout=500ms")) {
      long startNanos = System.nanoTime();
      assertRefused(manager).hasMessageContaining("begins with redis://");
      assertThat(Duration.ofNanos(System.nanoTime() - startNanos))
          .as("one handshake for the creation of the cache, and one for get")
          .isLessThan(Duration.ofSeconds(5));
    }
  }

  @Test
  void get_wrongStorePassword() throws Exception {
    assertThatThrownBy(
            () ->
                Managers.open(
                    tls("localhost", port),
                    TRUST + authority.trustStore(),
                    TRUST_PASSWORD + "Needle"))
        .as("told at the start")
        .isInstanceOf(CacheException.class)
        .hasMessageContaining("password")
        .hasMessageContaining(authority.trustStore().toString())
        .hasMessageNotContaining("Needle");
    String missing = folder.resolve("no-such-file.p12").toString();
    assertThatThrownBy(() -> Managers.open(tls("localhost", port), TRUST + missing))
        .isInstanceOf(CacheException.class)
        .hasMessageContaining(missing);
  }

  private static String key(String who) {
    return "connection.tls.key-store=" + folder.resolve(who + ".p12");
  }

  private static String[] trust(TlsFiles files) throws Exception {
    return new String[] {TRUST + files.trustStore(), TRUST_PASSWORD + TlsFiles.STORE_PASSWORD};
  }

  private static URI tls(String host, int tlsPort) {
    return URI.create("rediss://" + host + ":" + tlsPort);
  }

  private static void assertWorks(CacheManager manager) {
    Cache<String, String> cache = Managers.texts(manager, "works");
    cache.put("key", "key=1");
    assertThat(cache.get("key")).isEqualTo("key=1");
  }

  private static AbstractThrowableAssert<?, ? extends Throwable> assertRefused(
      CacheManager manager) {
    Cache<String, String> cache = Managers.texts(manager, "refused");
    return assertThatThrownBy(() -> cache.get("key"))
        .isInstanceOf(CacheException.class)
        .hasMessageContaining("cache refused on " + manager.getURI());
  }
}
