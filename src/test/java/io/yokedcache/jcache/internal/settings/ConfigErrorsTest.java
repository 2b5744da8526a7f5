package io.yokedcache.jcache.internal.settings;

import static io.yokedcache.jcache.internal.settings.ConfigText.failure;
import static io.yokedcache.jcache.internal.settings.ConfigText.load;
import static io.yokedcache.jcache.internal.settings.ConfigText.properties;
import static io.yokedcache.jcache.internal.settings.ConfigText.system;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigObject;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ConfigErrorsTest {

  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "namespace = \"a b\" | yokedcache.namespace is \"a b\", but must be 1 to 64 letters",
        "namespace = null | yokedcache.namespace is null, but must be 1 to 64 letters",
        "namespace = [a] | yokedcache.namespace is a list, but must be",
        "namespace { a = b } | yokedcache.namespace must be a value, not a group",
        "buckets = 0 | yokedcache.buckets is \"0\", but must be a whole number from 1 to 16384",
        "buckets = 1.5 | yokedcache.buckets is \"1.5\", but must be a whole number",
        "buckets = automatic | must be a whole number from 1 to 16384, or auto",
        "buckets = many | yokedcache.buckets is \"many\", but must be a whole number",
        "uri = 5 | yokedcache.uri must be a URI in double quotes",
        "uri = null | yokedcache.uri must be a URI in double quotes",
        "uri = \"file:/a.conf\" | yokedcache.uri names a file, but must name a server",
        "uri = \"localhost:6379\" | yokedcache.uri has the unknown scheme localhost",
        "connection = 5 | yokedcache.connection must be a group: connection { ... }",
        "connection = null | yokedcache.connection must be a group: connection { ... }",
        "connection.connect-timeout = 500 | is \"500\", but must be a duration with its unit from",
        "connection.connect-timeout = 2 weeks | is \"2 weeks\", but must be a duration",
        "connection.connect-timeout = 0s | from 1ms to 1h, such as 500ms or 2s",
        "connection.connect-timeout = -1s | is \"-1s\", but must be a duration",
        "connection.command-timeout = 2h | is \"2h\", but must be a duration",
        "connection.client-name = \"a b\" | must be printable ASCII without spaces",
        "connection.pool.size = -1 | yokedcache.connection.pool.size is \"-1\", but must be",
        "connection.pool.wait = 0ms | yokedcache.connection.pool.wait is \"0ms\", but must be",
        "connection.sentinel.user = a | connection.sentinel.user is set, but the server's URI names no",
        "connection.sentinel.password = a | write redis-sentinel://host:port,host:port/master-name",
        "connection.sentinel.tls = false | connection.sentinel.tls is set, but the server's URI",
        "connection.sentinel.tls = maybe | is \"maybe\", but must be true, false or null",
        "fail-over.recent-changes = -1 | must be a whole number from 0 to 10000000",
        "fail-over.within = 0s | must be a duration with its unit from 1s to 1d",
        "connection.tls.verify-host-name = maybe | is \"maybe\", but must be true or false",
        "connection.password = [a] | yokedcache.connection.password must be a text in double",
        "connection.user = app | yokedcache.connection.user is set without a password",
        "connection.tls.trust-store = [a] | trust-store is a list, but must be the path of a file",
        "serialization.allow = [\"*\"] | has \"*\", but needs names of classes or packages",
        "serialization.allow = [\"com.*.x\"] | has \"com.*.x\", but needs names",
        "serialization.allow = true | is \"true\", but must be a list of names of classes",
        "serialization.presets = [ehcache] | has \"ehcache\", but needs hibernate or spring",
        "serialization.max-depth = 0 | must be a whole number of at least 1",
        "serialization.max-bytes = 1 parrot | must be a number of bytes of at least 1, such as",
        "serialization.max-bytes = 0 | must be a number of bytes of at least 1",
        "events.lease = 10ms | yokedcache.events.lease is \"10ms\", but must be a duration",
        "fail-over { wait-replicas = 1, wait-timeout = 2s } | yokedcache.fail-over.wait-timeout must be less than connection.command-timeout",
        "events { lease = 2s, announce = 3s } | yokedcache.events.announce must be less than lease",
        "stale-entries.duty-cycle = 0 | is \"0\", but must be a number above 0 and up to 1",
        "stale-entries.duty-cycle = 1.01 | is \"1.01\", but must be a number above 0 and up to 1",
        "stale-entries.duty-cycle = NaN | is \"NaN\", but must be a number above 0 and up to 1",
        "key-statistics.interval = 500ms | is \"500ms\", but must be a duration with its unit from 1s to 30d",
        "defaults.alerts.hit-rate-below = 90 | is \"90\", but must be a number above 0 and up to 1",
        "caches.a.alerts.size-bytes-above = -1 | is \"-1\", but must be a number of bytes",
        "defaults.time-to-live = 0s | must be a duration with its unit of at least 1ms",
        "defaults.time-to-live = 10us | must be a duration with its unit of at least 1ms",
        "defaults.time-to-live = forever | must be a duration with its unit of at least 1ms",
        "defaults.statistics = 2 | is \"2\", but must be true, false or null",
        "defaults.key-type = \"a b\" | is \"a b\", but must be the full name of a class, or null",
        "defaults.value-codec = \"\" | must be the name of a codec or the full name of a codec",
        "defaults { time-to-live = 1s, time-to-idle = 1s } | are both set",
        "defaults { tags = true, read-from = replica-preferred } | yokedcache.defaults.tags = true needs read-from = master, since a replica may miss an invalidation",
        "caches.orders = 5 | yokedcache.caches.\"orders\" must be a group",
        "caches = 5 | yokedcache.caches must be a group: caches { ... }",
        "caches.\"a.*\".batch-size = 0 | yokedcache.caches.\"a.*\".batch-size is \"0\", but must",
      })
  void load_wrongValue(String setting, String expected) {
    assertThat(failure(directory, "yokedcache {\n\n" + setting + "\n}"))
        .startsWith("The configuration of YokedCache is wrong: ")
        .contains("test.conf: 3: yokedcache.")
        .contains(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "conection {} | yokedcache.conection is not a setting; did you mean connection?",
        "connection.conect-timeout = 1s | did you mean connect-timeout?",
        "connection.connectTimeout = 1s | did you mean connect-timeout?",
        "connection.poolSize = 1 | known here: circuit-breaker, client-name, command-timeout, connect-timeout, credentials",
        "connection.pool-size = 1 | did you mean yokedcache.connection.pool.size?",
        "command-timeout = 1s | did you mean yokedcache.connection.command-timeout?",
        "trust-store = x | did you mean yokedcache.connection.tls.trust-store?",
        "host = x | known here: buckets, caches, connection, defaults",
        "caches.orders.time-to-life = 1s | did you mean time-to-live?",
        "defaults.ttl = 1s | known here: alerts, batch-size, clear-on-create",
      })
  void load_unknownKey(String setting, String expected) {
    assertThat(failure(directory, "yokedcache {\n\n" + setting + "\n}"))
        .contains("test.conf: 3: yokedcache.")
        .contains(" is not a setting; ")
        .contains(expected);
  }

  @Test
  void cache_settingsOfTwoGroupsThatDoNotGoTogether_isRefused() {
    Settings settings =
        load(
            directory,
            "yokedcache { defaults.read-from = replica-preferred, caches.\"a*\".tags = true }");

    assertThat(settings.caches().apply("orders").tags()).isFalse();
    assertThat(
            failure(
                () -> {
                  var unused = settings.caches().apply("accounts");
                }))
        .contains("test.conf: 1: ")
        .contains("yokedcache.caches.\"accounts\".tags = true needs read-from = master");
  }

  @Test
  void load_allProblemsAtOnce_sortedByLine() {
    String message =
        failure(
            directory,
            """
            yokedcache {
              uri = "gopher://h"
              namespac = x
              buckets = 0
              connection.pool.size = none


              caches {
                orders { batch-size = 0 }
                "a.*" { time-to-live = 5 }
              }
            }
            """);

    assertThat(message.lines().map(line -> line.replaceAll("file:[^ ]*/", "")))
        .hasSize(7)
        .element(0)
        .isEqualTo("The configuration of YokedCache has 6 problems:");
    assertThat(
            message.lines().skip(2).map(line -> line.replaceAll(".*test.conf: (\\d+): .*", "$1")))
        .containsExactly("3", "4", "5", "9", "10");
    assertThat(message).contains("test.conf: 2: yokedcache.uri has the unknown scheme gopher");
  }

  @Test
  void load_problemsOfAllLayers() {
    Properties properties =
        properties(
            "yokedcache.conection.x", "1",
            "yokedcache.buckets", "0",
            "yokedcache.caches.com.acme.*.batch-size", "1",
            "yokedcache.connection", "x",
            "yokedcache.connection.pool.size", "5");
    URI uri = URI.create("redis://h?pool-sise=3&password=x&pool-wait=3&db=3&ssl=true");

    String message =
        failure(() -> load(uri, properties, system("yokedcache.stale-entries.page-size", "-5")));

    assertThat(message)
        .contains("has 10 problems")
        .contains("the manager's Properties: yokedcache.conection is not a setting; did you mean")
        .contains("the manager's Properties: yokedcache.buckets is \"0\"")
        .contains(
            "the manager's Properties: yokedcache.caches.com.acme.*.batch-size is not a valid")
        .contains("the manager's Properties: yokedcache.connection must be a group")
        .contains("the manager's URI: has the unknown option pool-sise; did you mean pool-size?")
        .contains("the manager's URI: has the option password; write credentials before the host")
        .contains("the manager's URI: has the option db; write the database behind the host")
        .contains("the manager's URI: has the option ssl; for TLS the URI begins with rediss://")
        .contains("the manager's URI: yokedcache.connection.pool.wait is \"3\"")
        .contains("system properties: yokedcache.stale-entries.page-size is \"-5\"");
  }

  @Test
  void load_rootIsNoGroup() {
    assertThat(failure(directory, "yokedcache = 5"))
        .contains("test.conf: 1: yokedcache must be a group: yokedcache { ... }");
  }

  @Test
  void load_unresolvedSubstitution() {
    assertThat(failure(directory, "yokedcache {\n namespace = ${NO_SUCH_THING}\n}"))
        .contains("test.conf: 2: ${NO_SUCH_THING} has no value");
  }

  @Test
  void load_credentialsBesideOthers() {
    String message =
        failure(
            directory,
            """
            yokedcache.connection {
              user = u
              password = p
              credentials { provider = a.B, file = f, user-file = g }
              sentinel.credentials.file = s
            }
            """);

    assertThat(message)
        .contains("connection.credentials.provider is set beside a file")
        .contains("connection.user is set beside credentials.user-file")
        .contains("connection.password is set beside credentials")
        .contains(
            "connection.sentinel.credentials is set, but the server's URI names no sentinels");
    assertThat(failure(directory, "yokedcache.connection.credentials.user-file = g"))
        .contains("connection.credentials.user-file is set without file");
    assertThat(
            load(directory, "yokedcache.connection { user = u, credentials.file = f }")
                .connection()
                .sendsPasswordInClear())
        .as("to this machine")
        .isFalse();
    assertThat(
            load(
                    directory,
                    "yokedcache { uri = \"redis://h\", connection.credentials.provider = a.B }")
                .connection()
                .sendsPasswordInClear())
        .isTrue();
  }

  @Test
  void load_pemFilesWithoutTls() {
    assertThat(
            failure(
                directory, "yokedcache { uri = \"redis://h\", connection.tls.certificates = c }"))
        .contains("connection.tls.certificates is set, but the server's URI begins with redis://");
    assertThat(
            failure(
                directory,
                "yokedcache { uri = \"redis://h\", connection.tls.min-version = \"TLSv1.1\" }"))
        .contains("must be TLSv1.2 or TLSv1.3");
  }

  @Test
  void load_storesOfTls_onlyLookedForWithTls() {
    String text = "yokedcache.connection.tls { trust-store = no-such-file, key-store = neither }";

    assertThat(
            load(directory, text + "\nyokedcache.uri = \"embedded:redis\"")
                .connection()
                .tlsSettings()
                .trustStore())
        .isEqualTo(Path.of("no-such-file"));
    assertThat(failure(directory, text + "\nyokedcache.uri = \"rediss://h\""))
        .contains("yokedcache.connection.tls.trust-store names ")
        .contains("yokedcache.connection.tls.key-store names ")
        .contains("no-such-file, which is no file to read");
  }

  /** Who sets anything of TLS believes that the connection is encrypted. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "trust-store = a.p12",
        "trust-store-password = hunter2",
        "key-store = a.p12",
        "key-store-password = hunter2",
        "verify-host-name = false",
        "trust-store = a.p12, trust-store-password = hunter2",
      })
  void load_tlsWithoutRediss(String tls) {
    assertThat(failure(directory, "yokedcache.connection.tls { " + tls + " }"))
        .contains("The configuration of YokedCache is wrong: ")
        .contains(" is set, but the server's URI begins with redis://, which is not encrypted")
        .contains("write rediss://")
        .doesNotContain("hunter2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"trust-store", "key-store"})
  void load_passwordOfNoStore(String store) {
    String text =
        "yokedcache { uri = \"rediss://h\", connection.tls." + store + "-password = hunter2 }";

    assertThat(failure(directory, text))
        .contains(
            "yokedcache.connection.tls." + store + "-password is set without " + store + ", the")
        .doesNotContain("hunter2");
  }

  @Test
  void load_metricsWithoutTheirJar() {
    assertThat(failure(directory, "yokedcache.metrics { prometheus.enabled = true }"))
        .contains("yokedcache.metrics is not a setting of this jar")
        .contains("io.yokedcache:yokedcache-jmx-bridge");
  }

  @ParameterizedTest
  @CsvSource({
    "localhost, false",
    "app.localhost, false",
    "127.0.0.1, false",
    "127.8.9.10, false",
    "[::1], false",
    "redis, true",
    "10.0.0.1, true",
    "localhost.example.com, true",
    "127.0.0.1.example.com, true"
  })
  void password_inClear(String host, boolean isSent) {
    String uri = "yokedcache.uri = \"redis://:secret@" + host + "\"";

    assertThat(load(directory, uri).connection().sendsPasswordInClear()).isEqualTo(isSent);
    assertThat(load(directory, uri.replace(":secret@", "")).connection().sendsPasswordInClear())
        .isFalse();
    assertThat(
            load(directory, uri.replace("redis:", "rediss:")).connection().sendsPasswordInClear())
        .isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "redis-cluster://:secret@localhost:1,[::1]:2 false",
        "redis-cluster://:secret@localhost:1,h:2 true",
        "rediss-cluster://:secret@localhost:1,h:2 false",
        "redis-cluster://localhost:1,h:2 false",
        "redis-sentinel://:secret@localhost,127.0.0.1:1/m false",
        "redis-sentinel://:secret@localhost,s/m true",
        "redis-sentinel://:secret@s/m?sentinel-tls=true true",
        "redis-sentinel://s/m?sentinel-password=secret true",
        "redis-sentinel://s/m?sentinel-password=secret&sentinel-tls=true false",
        "rediss-sentinel://:secret@s/m?sentinel-password=secret false",
        "rediss-sentinel://:secret@s/m?sentinel-password=secret&sentinel-tls=false true",
      })
  void password_inClear_severalNodes(String uri, boolean isSent) {
    String text = "yokedcache.uri = \"" + uri + "\"";

    assertThat(load(directory, text).connection().sendsPasswordInClear()).isEqualTo(isSent);
  }

  @Test
  void load_sentinelUserWithoutPassword() {
    String uri = "yokedcache.uri = \"redis-sentinel://:secret@s/m?sentinel-user=app\"";

    assertThat(failure(directory, uri))
        .contains("yokedcache.connection.sentinel.user is set without a password")
        .contains("YOKEDCACHE_SENTINEL_PASSWORD");
  }

  /** Every key of reference.conf is read: a list or a group as its value is found to be wrong. */
  @ParameterizedTest
  @MethodSource("keys")
  void load_everyKeyIsRead(String path) {
    String wrong = path.endsWith("serialization.allow") || path.endsWith("presets") ? "5" : "[[1]]";

    assertThat(failure(directory, path + " = " + wrong)).contains(path + " ");
  }

  static Stream<String> keys() {
    Config reference = ConfigFiles.reference();
    return leaves(ConfigSources.ROOT, reference.getObject(ConfigSources.ROOT))
        .filter(path -> !path.endsWith(".caches"));
  }

  private static Stream<String> leaves(String path, ConfigObject group) {
    return group.entrySet().stream()
        .flatMap(
            entry ->
                entry.getValue() instanceof ConfigObject child && !child.isEmpty()
                    ? leaves(path + "." + entry.getKey(), child)
                    : Stream.of(path + "." + entry.getKey()));
  }

  @Test
  void toString_surroundings_nothing() {
    assertThat(new EnvironmentAndProperties(Map.of("A", "hunter2"), Map.of()))
        .hasToString("EnvironmentAndProperties[]");
  }
}
