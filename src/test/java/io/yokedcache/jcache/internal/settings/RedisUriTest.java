package io.yokedcache.jcache.internal.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.yokedcache.jcache.internal.settings.Settings.Address;
import io.yokedcache.jcache.internal.settings.Settings.Deployment.Kind;
import io.yokedcache.jcache.internal.settings.Settings.Embedded;
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

    assertThat(uri.kind()).isEqualTo(Kind.STANDALONE);
    assertThat(uri.nodes()).containsExactly(new Address(host, port));
    assertThat(uri.masterName()).isNull();
    assertThat(uri.database()).isEqualTo(database);
    assertThat(uri.user()).isEqualTo(user);
    assertThat(uri.password()).isEqualTo(password);
    assertThat(uri.tls()).isFalse();
    assertThat(uri.embedded()).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      delimiter = ' ',
      value = {
        "redis-cluster://a a:6379 -",
        "redis-cluster://a:1,b a:1,b:6379 -",
        "REDIS-CLUSTER://u:p@a:1,b_c:2,10.0.0.1:3/ a:1,b_c:2,10.0.0.1:3 p",
        "redis-cluster://a:1,b:2/0?buckets=8 a:1,b:2 -",
        "redis-cluster://[::1]:7000 [::1]:7000 -",
        "redis-cluster://[::1]:7000,[fe80::1%25eth0],h [::1]:7000,[fe80::1%eth0]:6379,h:6379 -",
        "redis-cluster://:p[x]@[::1]:1,[::2]:2 [::1]:1,[::2]:2 p[x]",
        "redis-cluster://%5B::1%5D:1%2C%5b::2%5d:2 [::1]:1,[::2]:2 -",
        "redis-cluster://:a,b@h:1,g:2 h:1,g:2 a,b",
      })
  void of_cluster(String text, String nodes, String password) throws MalformedUriException {
    RedisUri uri = RedisUri.of(NamedUri.parse(text));

    assertThat(uri.kind()).isEqualTo(Kind.CLUSTER);
    assertThat(uri.embedded()).isNull();
    assertThat(uri.nodes()).extracting(Address::toString).containsExactly(nodes.split(","));
    assertThat(uri.password()).isEqualTo(password);
    assertThat(uri.database()).isZero();
    assertThat(uri.masterName()).isNull();
    assertThat(uri.tls()).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "redis-sentinel://s/orders s:26379 orders 0",
        "redis-sentinel://s:1,t/orders/ s:1,t:26379 orders 0",
        "redis-sentinel://u:p@s:1,t:2/my-Master_1.a/15?sentinel-user=x s:1,t:2 my-Master_1.a 15",
        "redis-sentinel://[::1],[::2]:2/7/1 [::1]:26379,[::2]:2 7 1",
      })
  void of_sentinel(String text, String nodes, String masterName, int database)
      throws MalformedUriException {
    RedisUri uri = RedisUri.of(NamedUri.parse(text));

    assertThat(uri.kind()).isEqualTo(Kind.SENTINEL);
    assertThat(uri.nodes()).extracting(Address::toString).containsExactly(nodes.split(","));
    assertThat(uri.masterName()).isEqualTo(masterName);
    assertThat(uri.database()).isEqualTo(database);
    assertThat(uri.tls()).isFalse();
  }

  @Test
  void of_rediss() throws MalformedUriException {
    assertThat(RedisUri.of(URI.create("rediss://h")).tls()).isTrue();
    assertThat(RedisUri.of(URI.create("RedisS://h")).tls()).isTrue();
    assertThat(RedisUri.of(URI.create("rediss-cluster://h")).tls()).isTrue();
    assertThat(RedisUri.of(URI.create("rediss-sentinel://h/m")).tls()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "embedded:redis, STANDALONE, 1, 0",
    "embedded:redis-cluster, CLUSTER, 3, 0",
    "embedded:redis-cluster?replicas=1&masters=5, CLUSTER, 5, 1",
    "embedded:redis-sentinel, SENTINEL, 1, 1",
    "embedded:redis-sentinel?replicas=2, SENTINEL, 1, 2",
  })
  void of_embedded(URI uri, Kind kind, int masters, int replicas) throws MalformedUriException {
    RedisUri read = RedisUri.of(uri);

    assertThat(read.embedded()).isEqualTo(new Embedded(kind, masters, replicas));
    assertThat(read.kind()).isEqualTo(kind);
    assertThat(read.options()).isEmpty();
  }

  @Test
  void of_embedded_options() throws MalformedUriException {
    RedisUri uri = RedisUri.of(URI.create("embedded:redis-cluster?namespace=x&replicas=2"));

    assertThat(uri.options()).containsExactly(Map.entry("namespace", "x"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "redis://a,b:2 | names several hosts; write redis-cluster://",
        "rediss://a%2Cb | names several hosts; write redis-cluster://",
        "redis-cluster://a,,b | has an empty host beside a comma; write redis-cluster://",
        "redis-cluster://a, | has an empty host beside a comma",
        "redis-sentinel://,a/m | has an empty host beside a comma; write redis-sentinel://",
        "redis-cluster://a:x,b | has a port that is not a number from 1 to 65535",
        "redis-cluster://a,b:0 | has a port that is not a number from 1 to 65535",
        "redis-cluster://a/1 | names a database, but Redis Cluster has database 0 only",
        "redis-cluster://a/m | has a path that is not a database number from 0",
        "redis-cluster:///0 | names no host; write redis-cluster://host:port,host:port",
        "redis-sentinel://a | does not name the master; write redis-sentinel://",
        "redis-sentinel://a/ | does not name the master; write redis-sentinel://",
        "redis-sentinel://a//1 | does not name the master; write redis-sentinel://",
        "redis-sentinel://a/0#m | has a # in it; the name of the master is the path",
        "redis-sentinel://a/m%20n | names the master with other characters than letters",
        "redis-sentinel://a/m/n | has a path that is not a database number from 0",
        "redis-sentinel://a/m/1/2 | has a path that is not a database number from 0",
        "embedded:redis?replicas=1 | has the option replicas, but embedded:redis is one server",
        "embedded:redis?masters=3 | write embedded:redis-cluster or embedded:redis-sentinel",
        "embedded:redis-sentinel?masters=3 | embedded:redis-sentinel has one master",
        "embedded:redis-cluster?masters=0 | masters, which must be a number from 1 to 16",
        "embedded:redis-cluster?replicas=6 | replicas, which must be a number from 0 to 5",
        "embedded:redis-sentinel?replicas= | replicas, which must be a number from 0 to 5",
        "embedded:redis-sentinels | write embedded:redis, embedded:redis-cluster or embedded",
      })
  void of_wrongDeployment_messageHasTheCure(String text, String expected) {
    assertThatExceptionOfType(MalformedUriException.class)
        .isThrownBy(() -> RedisUri.of(NamedUri.parse(text)))
        .withMessageContaining(expected);
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
        "redis-cluster://:hunter2@a,:hunter2@b",
        "redis-sentinel://:hunter2@a",
        "redis-sentinel://:hunter2@a/hunter2!",
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
    assertThat(
            RedisUri.of(
                URI.create("redis-sentinel://app:hunter2@h:1,g/m?sentinel-password=hunter2")))
        .hasToString("RedisUri[h:1,g:26379/m/0]");
  }
}
