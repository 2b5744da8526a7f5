package io.yokedcache.jcache.robustness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.testing.DrippingProxy;
import io.yokedcache.jcache.testing.RedisServer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.params.ClientKillParams;

/** A server that speaks TLS, with certificates that are right, wrong, or asked of the client. */
final class TlsIT {

  private static final String TRUST = "connection.tls.trust-store=";
  private static final String KEY = "connection.tls.key-store-password=" + TlsFiles.STORE_PASSWORD;
  private static final String TRUST_PASSWORD = "connection.tls.trust-store-password=";

  private static final Duration BOUND = Duration.ofSeconds(30);
  private static final Duration POLL = Duration.ofMillis(300);

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
    stranger.issue("impostor", "DNS:client,DNS:localhost");
    authority.issueExpired("client");
    authority.lockKey("client", "Needle");
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
      assertRefused(manager)
          .hasMessageContaining("127.0.0.1")
          .hasMessageContaining("subject")
          .hasMessageContaining("has another name");
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

  /** A record and a handshake that come byte by byte end, though no single read takes long. */
  @Test
  void get_serverDrips() throws Exception {
    String[] trust = trust(authority);
    try (DrippingProxy proxy = DrippingProxy.start(port);
        CacheManager manager =
            Managers.open(
                tls("localhost", proxy.port()),
                trust[0],
                trust[1],
                "connection.connect-timeout=300ms",
                "connection.command-timeout=300ms",
                "connection.circuit-breaker.enabled=false",
                "health.interval=1h")) {
      Cache<String, String> cache = Managers.texts(manager, "dripping");
      cache.put("key", "x".repeat(10_000));

      proxy.drip(1, 20);
      for (int call = 0; call < 2; call++) {
        assertTimeoutPreemptively(
            Duration.ofSeconds(12),
            () ->
                assertThatThrownBy(() -> cache.get("key"))
                    .isInstanceOf(RedisUnavailableException.class));
      }
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

  @Test
  void get_pemFiles() throws Exception {
    URI uri = tls("localhost", strictPort);
    try (CacheManager manager =
        Managers.open(
            uri,
            pem("certificates", "authority.crt"),
            pem("certificate", "client.crt"),
            pem("key", "client.key"),
            "connection.tls.min-version=TLSv1.3")) {
      assertWorks(manager);
    }
    try (CacheManager manager =
        Managers.open(
            uri,
            pem("certificates", "authority.crt"),
            pem("certificate", "client.crt"),
            pem("key", "client-locked.key"),
            "connection.tls.key-password=Needle",
            "connection.tls.ciphers=TLS_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")) {
      assertWorks(manager);
    }
    try (CacheManager manager =
        Managers.open(
            uri,
            pem("certificates", "stranger.crt"),
            pem("certificate", "client.crt"),
            pem("key", "client.key"))) {
      assertRefused(manager).hasMessageContaining("certification path");
    }
    try (CacheManager manager = Managers.open(uri, pem("certificates", "authority.crt"))) {
      assertRefused(manager).hasMessageContaining("ertificate");
    }
  }

  @Test
  void open_wrongPemFile() throws Exception {
    String key = Files.readString(folder.resolve("client.key"));
    write("pkcs1.key", key.replace("PRIVATE KEY", "RSA PRIVATE KEY"));
    write(
        "broken.key", key.replaceAll("(?s)BEGIN PRIVATE KEY-----.{200}", "BEGIN PRIVATE KEY-----"));
    write("half.key", key.substring(0, key.length() / 2));
    Files.write(
        folder.resolve("client.der"),
        Base64.getMimeDecoder()
            .decode(
                Files.readString(folder.resolve("client.crt"))
                    .replaceAll("(?s).*BEGIN CERTIFICATE-----|-----END.*", "")));
    write("half.crt", Files.readString(folder.resolve("client.crt")).substring(0, 300));
    String[] certificate = {pem("certificates", "authority.crt"), pem("certificate", "client.crt")};
    assertTold("PKCS#8", certificate, pem("key", "pkcs1.key"));
    assertTold("damaged", certificate, pem("key", "broken.key"));
    assertTold("has no private key", certificate, pem("key", "half.key"));
    assertTold("has no private key", certificate, pem("key", "client.crt"));
    assertTold("does not belong to the key", certificate, pem("key", "server.key"));
    assertTold(
        "Set yokedcache.connection.tls.key-password", certificate, pem("key", "client-locked.key"));
    assertTold(
        "does not open",
        certificate,
        pem("key", "client-locked.key"),
        "connection.tls.key-password=Haystack");
    String[] rightKey = {pem("certificates", "authority.crt"), pem("key", "client.key")};
    assertTold("expired at", rightKey, pem("certificate", "client-expired.crt"));
    assertTold("has no certificate", rightKey, pem("certificate", "half.crt"));
    assertTold("has no certificate", rightKey, pem("certificate", "client.key"));
    assertTold("expired at", new String[] {pem("certificates", "client-expired.crt")});
    assertTold("is not PEM but DER", new String[] {pem("certificates", "client.der")});
    assertTold("this Java does not know", new String[] {"connection.tls.ciphers=TLS_OF_TOMORROW"});
    assertTold(
        "trust-store", new String[] {pem("certificates", "authority.crt"), trust(authority)[0]});
    assertTold("is set without key", new String[] {pem("certificate", "client.crt")});
  }

  /** Asserts that no manager is created, and which words the message has, and no password. */
  private static void assertTold(String words, String[] settings, String... more) {
    List<String> all = new ArrayList<>(List.of(settings));
    all.addAll(List.of(more));
    assertThatThrownBy(
            () -> Managers.open(tls("localhost", port), all.toArray(String[]::new)).close())
        .isInstanceOf(CacheException.class)
        .hasMessageContaining("connection.tls")
        .hasMessageContaining(words)
        .hasMessageNotContaining("Haystack");
  }

  /** First both authorities are trusted, then the server changes, then the old one is dropped. */
  @Test
  void anyCall_authorityChanges() throws Exception {
    String before = Files.readString(folder.resolve("authority.crt"));
    String after = Files.readString(folder.resolve("stranger.crt"));
    write("trusted.crt", before);
    write("own.crt", Files.readString(folder.resolve("client.crt")));
    write("own.key", Files.readString(folder.resolve("client.key")));
    int ownPort = RedisServer.freePort();
    try (RedisServer changing = start(ownPort, "yes");
        Jedis admin = new Jedis("127.0.0.1", changing.port());
        CacheManager manager =
            Managers.open(
                tls("localhost", ownPort),
                pem("certificates", "trusted.crt"),
                pem("certificate", "own.crt"),
                pem("key", "own.key"))) {
      Cache<String, String> cache = Managers.texts(manager, "changing");
      cache.put("key", "key=1");
      try (Load load = Load.start(4, (thread, step) -> Checked.check("key", cache.get("key")));
          CapturedLog log = CapturedLog.start()) {
        write("trusted.crt", before.substring(0, 200)); // it is being written
        awaitTold(admin, log, "has no certificate");
        write("trusted.crt", before + after);
        awaitTold(admin, log, "have changed");
        set(admin, "tls-ca-cert-file", folder.resolve("trusted.crt").toString());
        String certificate = stranger.file("impostor.crt");
        set(admin, "tls-cert-file", certificate, "tls-key-file", stranger.file("impostor.key"));
        write("own.crt", Files.readString(folder.resolve("impostor.crt")));
        awaitTold(admin, log, "does not belong to the key");
        write("own.key", Files.readString(folder.resolve("impostor.key")));
        awaitChanges(admin, log, 2);
        set(admin, "tls-ca-cert-file", stranger.file("stranger.crt"));
        write("trusted.crt", after);
        awaitChanges(admin, log, 3);
        kill(admin);
        load.awaitSuccesses(1_000);
        load.stop();
        assertThat(load.causes()).isEmpty();
      }
    }
  }

  /** Ends the connections, so that new ones look at the files, until something is logged. */
  private static void awaitTold(Jedis admin, CapturedLog log, String words) {
    await()
        .alias(words)
        .atMost(BOUND)
        .pollInterval(POLL)
        .until(() -> kill(admin) && !log.linesWith(words).isEmpty());
  }

  private static void awaitChanges(Jedis admin, CapturedLog log, int count) {
    await()
        .atMost(BOUND)
        .pollInterval(POLL)
        .until(() -> kill(admin) && log.linesWith("have changed").size() >= count);
  }

  /** Ends the connections that are ready: one that is killed while it connects fails a call. */
  private static boolean kill(Jedis admin) {
    admin
        .clientList()
        .lines()
        .filter(client -> client.contains(" name=yokedcache "))
        .forEach(
            client -> {
              ClientKillParams id =
                  new ClientKillParams().id(client.replaceAll("^id=(\\d+) .*", "$1"));
              long unused = admin.clientKill(id);
            });
    return true;
  }

  private static void set(Jedis admin, String... settings) {
    List<String> arguments = new ArrayList<>(List.of("SET"));
    arguments.addAll(List.of(settings));
    Object unused = admin.sendCommand(Protocol.Command.CONFIG, arguments.toArray(String[]::new));
  }

  private static String pem(String key, String fileName) {
    return "connection.tls." + key + "=" + folder.resolve(fileName);
  }

  private static void write(String fileName, String content) throws IOException {
    Files.writeString(folder.resolve(fileName), content);
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
