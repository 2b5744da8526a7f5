package io.yokedcache.jcache.internal.redis;

import static org.assertj.core.api.Assertions.assertThat;

import javax.cache.CacheException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.clients.jedis.exceptions.JedisDataException;

/** What to allow, from the words of several versions. */
final class MissingPermissionTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "NOPERM this user has no permissions to run the 'scan' command or its subcommand#: +scan",
        "NOPERM User alice has no permissions to run the 'client|tracking' command#+client|tracking",
        "NOPERM this user has no permissions to access one of the keys used as arguments#~yc:*",
        "NOPERM No permissions to access a key#~yc:*",
        "NOPERM this user has no permissions to access one of the channels used as arguments#&yc:*",
        "ERR The user executing the script can't run this command or subcommand script: 1a#+publish",
        "ERR ACL failure in script: User a has no permissions to run the 'time' command#: +time",
        "ERR The user executing the script can't access at least one of the keys mentioned#~yc:*",
      })
  void advice_rightMissing(String message, String expected) {
    assertThat(MissingPermission.advice(message)).contains(expected);
    assertThat(MissingPermission.of(new CacheException("failed", new JedisDataException(message))))
        .startsWith(message)
        .contains(expected);
  }

  @Test
  void advice_otherError() {
    assertThat(MissingPermission.advice("ERR unknown command 'FROB'")).isNull();
    assertThat(MissingPermission.of(new CacheException("failed"))).isNull();
  }
}
