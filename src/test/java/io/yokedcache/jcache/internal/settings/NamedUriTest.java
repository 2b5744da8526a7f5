package io.yokedcache.jcache.internal.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class NamedUriTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "redis://localhost redis://localhost",
        "redis://localhost:6379/3 redis://localhost:6379/3",
        "redis://app:hunter2@h:1/2?pool-size=3#x redis://h:1/2",
        "redis://:hunter2@my_host redis://my_host",
        "rediss://:p%40hunter2@[::1]:7000 rediss://[::1]:7000",
        "redis-cluster://u:hunter2@a:1,b:2,c/?buckets=8 redis-cluster://a:1%2Cb:2%2Cc/",
        "redis-cluster://:hunter2@[::1]:1 redis-cluster://[::1]:1",
        "redis-cluster://:hunter2@%5B::1%5D,b redis-cluster://%5B::1%5D%2Cb",
        "rediss-sentinel://:hunter2@a,b:2/m/1?sentinel-password=hunter2 rediss-sentinel://a%2Cb:2/m/1",
        "embedded:redis embedded:redis",
        "embedded:redis-cluster?masters=5&replicas=1 embedded:redis-cluster",
        "Embedded:redis-sentinel?replicas=2 embedded:redis-sentinel",
        "embedded:redis?namespace=a embedded:redis",
        "classpath:a/b.conf?x classpath:a/b.conf",
        "file:/etc/a,b=c*d.conf file:/etc/a%2Cb%3Dc%2Ad.conf",
        "file:///etc/a.conf?q=1 file:///etc/a.conf",
        "jar:file:/a=b.jar!/x.conf#f jar:file:/a%3Db.jar!/x.conf",
      })
  void publicUri_leavesOutSecrets(URI uri, URI shown) {
    URI found = SettingsLoader.publicUri(uri);

    assertThat(found).isEqualTo(shown);
    assertThat(found.toString()).doesNotContain("hunter2", ",", "=", "*", "?", "\"", "\n");
    assertThat(SettingsLoader.publicUri(found)).isEqualTo(found);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "redis-sentinel://u:hunter2@h/?sentinel-password=hunter2 | does not name the master",
        "redis-cluster://u:hunter2@h:1,:2 | has no valid host; write redis-cluster://",
        "http://u:hunter2@h/a.conf | save the file and name it by file:",
        "http://h:6379 | the URI of a server begins with redis://",
        "gopher://h/a | unknown scheme gopher; use redis://",
        "hunter2:x@h | is unknown; use redis://",
        "some/path.conf | has no scheme",
        "embedded:hunter2 | write embedded:redis",
        "redis://u:hunter2 | has a port that is not a number",
        "redis://u:hun#ter2@h | has an @ behind its host",
      })
  void publicUri_unusable(URI uri, String reason) {
    String message = ConfigText.failure(() -> SettingsLoader.publicUri(uri));

    assertThat(message)
        .startsWith("The configuration of YokedCache is wrong: the manager's URI ")
        .contains(reason)
        .doesNotContain("hunter2", "ter2");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"redis://:p^hunter2@h", "redis://:p%hunter2@h", "://hunter2", "hunter2@h:1", ""})
  void parse_notRepeated(String text) {
    String message =
        ConfigText.failure(
            () ->
                ConfigText.load(
                    null, ConfigText.properties("yokedcache.uri", text), ConfigText.NOTHING));

    assertThat(message)
        .contains("the manager's Properties: yokedcache.uri")
        .doesNotContain("hunter2");
  }
}
