package io.yokedcache.jcache.internal.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.yokedcache.jcache.configuration.Settings;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RedisUriTest {

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "redis://localhost, localhost, 6379, 0, -, -",
        "redis://localhost:, localhost, 6379, 0, -, -",
        "redis://localhost/, localhost, 6379, 0, -, -",
        "REDIS://example.org:7000/3, example.org, 7000, 3, -, -",
        "redis://my_container:1/15, my_container, 1, 15, -, -",
        "redis://:secret@h, h, 6379, 0, -, secret",
        "redis://app:secret@h:65535, h, 65535, 0, app, secret",
        "redis://app@h, h, 6379, 0, app, -",
        "redis://app:@h, h, 6379, 0, app, -",
        "redis://a%40b:p%3A%2F%40%25%23%3Fw@h, h, 6379, 0, a@b, p:/@%#?w",
        "redis://:a+b:c@h, h, 6379, 0, -, a+b:c",
        "redis://:raw@at@h, h, 6379, 0, -, raw@at",
        "redis://:p%C3%A4ss@h, h, 6379, 0, -, päss",
        "redis://[::1], ::1, 6379, 0, -, -",
        "redis://[2001:db8::1]:7000/2, 2001:db8::1, 7000, 2, -, -",
        "redis://u:p@[fe80::1%25eth0]:7000, fe80::1%eth0, 7000, 0, u, p",
        "redis://127.0.0.1:6380, 127.0.0.1, 6380, 0, -, -",
      })
  void of_server(String text, String host, int port, int database, String user, String password)
      throws MalformedUriException {
    RedisUri uri = RedisUri.of(NamedUri.parse(text));

    assertThat(uri.host()).isEqualTo(host);
    assertThat(uri.port()).isEqualTo(port);
    assertThat(uri.database()).isEqualTo(database);
    assertThat(uri.user()).isEqualTo(user);
    assertThat(uri.password()).isEqualTo(password);
    assertThat(uri.tls()).isFalse();
    assertThat(uri.embedded()).isNull();
  }

  @Test
  void of_rediss() throws MalformedUriException {
    assertThat(RedisUri.of(URI.create("rediss://h")).tls()).isTrue();
    assertThat(RedisUri.of(URI.create("RedisS://h")).tls()).isTrue();
  }

  @Test
  void of_embedded() throws MalformedUriException {
    RedisUri uri = RedisUri.of(URI.create("embedded:redis?namespace=x"));

    assertThat(uri.embedded())
        .isEqualTo(new Settings.Embedded(Settings.Deployment.Kind.STANDALONE, 1, 0));
    assertThat(uri.options()).containsExactly(Map.entry("namespace", "x"));
    assertThat(RedisUri.of(URI.create("embedded:redis")).options()).isEmpty();
  }

  @Test
  void of_options() throws MalformedUriException {
    RedisUri uri = RedisUri.of(URI.create("redis://h:1/2?pool-size=8&Client-Name=a%26b+c"));

    assertThat(uri.options()).containsEntry("pool-size", "8").containsEntry("client-name", "a&b+c");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "redis:localhost:6379",
        "redis:///0",
        "redis://:6379",
        "redis://@h@",
        "redis://h:port",
        "redis://h:0",
        "redis://h:65536",
        "redis://h:99999999999999999999",
        "redis://h:-1",
        "redis://h/name",
        "redis://h/-1",
        "redis://h/1/2",
        "redis://h/2147483648",
        "redis://u:p/w@h",
        "redis://u:p?w@h",
        "redis://u:p#w@h",
        "redis://u:hunter2",
        "redis://h?pool-size",
        "redis://h?=8",
        "redis://h?pool-size=8&&pool-wait=1s",
        "redis://h?pool-size=8&pool-size=9",
        "embedded:other",
      })
  void of_malformed(String text) {
    assertThatExceptionOfType(MalformedUriException.class)
        .isThrownBy(() -> RedisUri.of(NamedUri.parse(text)))
        .satisfies(stated -> assertThat(stated.getMessage()).doesNotContain("hunter2"))
        .withNoCause();
  }

  @Test
  void toString_noCredentials() throws MalformedUriException {
    assertThat(RedisUri.of(URI.create("redis://app:hunter2@h:1/2"))).hasToString("RedisUri[h:1/2]");
  }
}
