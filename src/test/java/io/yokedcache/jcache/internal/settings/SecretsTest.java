package io.yokedcache.jcache.internal.settings;

import static io.yokedcache.jcache.internal.settings.ConfigText.NOTHING;
import static io.yokedcache.jcache.internal.settings.ConfigText.environment;
import static io.yokedcache.jcache.internal.settings.ConfigText.failure;
import static io.yokedcache.jcache.internal.settings.ConfigText.load;
import static io.yokedcache.jcache.internal.settings.ConfigText.properties;
import static io.yokedcache.jcache.internal.settings.ConfigText.system;
import static io.yokedcache.jcache.internal.settings.ConfigText.write;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;
import javax.cache.CacheException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A password reaches the settings, and nothing else: no message, no text form. */
final class SecretsTest {

  private static final String SECRET = "correcthorse";

  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "password = correcthorse | correcthorse",
        "password = \"correcthorse\" | correcthorse",
        "password = 007 | 007",
        "password = true | true",
        "password = 1.50 | 1.50",
        "password = \"a b'#$\\\"\" | a b'#$\"",
      })
  void load_passwordAsWritten(String setting, String password) {
    Settings settings = load(directory, "yokedcache.connection { " + setting + " }");

    assertThat(settings.connection().password()).isEqualTo(password);
  }

  @Test
  void load_emptyPassword_none() {
    Settings settings = load(directory, "yokedcache.connection { user = \"\", password = \"\" }");

    assertThat(settings.connection().password()).isNull();
    assertThat(settings.connection().user()).isNull();
  }

  @Test
  void toString_everything_noPassword() {
    Settings settings =
        load(
            write(
                directory,
                "a.conf",
                """
                yokedcache.uri = "rediss://h"
                yokedcache.connection {
                  password = correcthorse
                  tls {
                    trust-store = "STORE", trust-store-password = correcthorse
                    key-store = "STORE", key-store-password = correcthorse
                  }
                }
                """
                    .replace("STORE", Path.of(write(directory, "a.p12", "")).toString())),
            null,
            NOTHING);

    assertThat(settings.connection().password()).isEqualTo(SECRET);
    assertThat(settings.connection().tlsSettings().trustStorePassword()).isEqualTo(SECRET);
    assertThat(settings.connection().tlsSettings().keyStorePassword()).isEqualTo(SECRET);
    assertThat(settings.toString() + settings.connection().tlsSettings()).doesNotContain(SECRET);
    assertThat(NamedUri.ofCode(URI.create("redis://:correcthorse@h")))
        .hasToString("the manager's URI");
  }

  @Test
  void toString_pemFiles_noPassword() {
    String file = Path.of(write(directory, "a.pem", "")).toString();
    Settings settings =
        load(
            directory,
            "yokedcache { uri = \"rediss://h\", connection.tls { certificate = \"%s\", key = \"%s\", key-password = correcthorse } }"
                .formatted(file, file));

    assertThat(settings.connection().tlsSettings().pem().keyPassword()).isEqualTo(SECRET);
    assertThat(settings.toString() + settings.connection().tlsSettings())
        .contains(file)
        .doesNotContain(SECRET);
  }

  /** Every other setting is wrong, so that as much as can be is told. */
  @Test
  void load_problems_noPassword() {
    String wrong = "connection.pool.size = 0, connection.pasword = correcthorse, buckets = 0";
    URI file =
        write(
            directory,
            "a.conf",
            "yokedcache { connection.password = correcthorse, " + wrong + " }");
    Properties properties =
        properties(
            "yokedcache.connection.password", SECRET,
            "yokedcache.connection.tls.key-store-password", SECRET,
            "yokedcache.connection.pasword", SECRET,
            "yokedcache.stale-entries.page-size", "0");
    URI server = URI.create("redis://app:correcthorse@h?pool-sise=1");

    assertThat(failure(() -> load(file, properties, NOTHING)))
        .contains("has 6 problems", "did you mean password?")
        .doesNotContain(SECRET);
    assertThat(failure(() -> load(server, properties, NOTHING)))
        .contains("did you mean pool-size?")
        .doesNotContain(SECRET);
    assertThat(
            failure(
                () ->
                    load(
                        server,
                        null,
                        system("yokedcache.connection.password", SECRET, "yokedcache.x", SECRET))))
        .doesNotContain(SECRET);
    assertThat(
            failure(
                () ->
                    load(
                        null,
                        null,
                        environment(
                            "YOKEDCACHE_PASSWORD", SECRET, "YOKEDCACHE_URI", "redis://h?x=1"))))
        .doesNotContain(SECRET);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "redis://:correct^horse@h",
        "redis://:correct horse@h",
        "redis://:correct%horse@h",
        "redis://:correct/horse@h",
        "redis://:correct#horse@h",
        "redis://:correct?horse@h",
        "redis://:correct?horse=1@h",
        "redis://app:correcthorse",
        "redis://app:correcthorse/horse",
        "redis://correcthorse@h",
        "redis://:correcthorse@",
        "redis://:correcthorse@h:port",
        "redis://:correcthorse@[::1",
        "redis:correcthorse@h",
        "correcthorse@h",
        "app:correcthorse@h",
        "//:correcthorse@h",
        "redis-sentinel://:correcthorse@h",
        "redis-sentinel://:correcthorse@h/m?sentinel-password=correcthorse&sentinel-tls=x",
        "redis-sentinel://h/correct!horse",
        "redis-cluster://:correcthorse@h,correcthorse@g:x",
        "redis-cluster://:correcthorse@[::1],[::2",
        "unix://:correcthorse@h",
        "https://:correcthorse@h/a.conf",
        "ftp://:correcthorse@h/a.conf",
        "file://:correcthorse@h/a.conf",
        "jar:file://:correcthorse@h/a.jar!/a.conf",
      })
  void load_malformedUri_noPassword(String uri) {
    Stream<Runnable> ways =
        Stream.of(
            () -> load(null, null, system("yokedcache.uri", uri)),
            () -> load(null, null, environment("YOKEDCACHE_URI", uri)),
            () -> load(null, properties("yokedcache.uri", uri), NOTHING),
            () -> load(directory, "yokedcache.uri = \"" + uri + "\""));

    assertThat(ways.map(ConfigText::failure))
        .allSatisfy(message -> assertThat(message).doesNotContain("correct", "horse"));
  }

  /** Passwords without quotes that HOCON cannot read, alone and in a broken neighbourhood. */
  @ParameterizedTest
  @MethodSource("brokenTexts")
  void load_brokenText_noPassword(String text) {
    URI file = write(directory, "a.conf", text);
    String message;
    try {
      load(file, null, NOTHING);
      message = "";
    } catch (CacheException wrong) {
      assertThat(wrong).hasNoCause();
      message = String.valueOf(wrong.getMessage());
    }

    assertThat(message).doesNotContain("correct", "horse", "8675309");
  }

  static Stream<String> brokenTexts() {
    List<String> values =
        Stream.concat(
                Stream.of("8675309", "\"correcthorse\"", "8675309.x", "correcthorse"),
                "$@:!?*&^`,+=#{}[]()\\\"'|<>;~%"
                    .chars()
                    .mapToObj(c -> "correct" + (char) c + "horse"))
            .toList();
    List<String> frames =
        List.of(
            "yokedcache.connection { password = %s }",
            "yokedcache { connection { password = %s",
            "yokedcache.connection.password = %s {a = 1}",
            "yokedcache.connection.password = [%s",
            "yokedcache.connection.password = {a = 1} %s",
            "yokedcache.connection.password = [1] %s",
            "yokedcache.connection.password = %s ${UNKNOWN}",
            "yokedcache.connection.password = %s [${?UNKNOWN}]",
            "x = [1], yokedcache.connection.password = ${x} %s",
            "x = %s, yokedcache.connection.password = ${x} {a = 1}",
            "yokedcache.connection %s",
            "yokedcache.connection.password \"%s",
            "yokedcache.connection.password = \"\"\"%s",
            "yokedcache.connection.password = \"%s\nx = 1",
            "yokedcache.connection.password : %s }",
            "include %s",
            "yokedcache.connection.password = %s = 3");
    return frames.stream()
        .flatMap(frame -> values.stream().map(value -> frame.replace("%s", value)))
        // A name of a file or of a key is no secret, so a value in its place is repeated.
        .filter(
            text -> !text.startsWith("include \"") && !text.startsWith("yokedcache.connection c"));
  }
}
