package io.yokedcache.jcache.internal.redis.error;

import static org.assertj.core.api.Assertions.assertThat;

import javax.cache.CacheException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.exceptions.JedisDataException;

/** Which cures messages name for the errors of several versions. */
final class ErrorMessagesTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?|has no password: remove",
        "ERR DB index is out of range|number of the database",
        "ERR invalid DB index|number of the database",
        "ERR unknown command 'SELECT'|is redis-sentinel://",
        "ERR something else|Check user, password and database",
      })
  void connectAdvice_namesTheCure(String message, String cure) {
    assertThat(ErrorMessages.connectAdvice(message)).contains(cure).doesNotEndWith(".");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ERR unknown command 'EVALSHA', with args beginning with: '1a' '1' 'k' ",
        "ERR unknown command `get`, with args beginning with: `k`, ",
      })
  void sentinelAdvice_commandOfEveryRedis(String message) {
    assertThat(ErrorMessages.sentinelAdvice(message)).contains("redis-sentinel://");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"ERR unknown command 'CONFIG', with args", "ERR syntax error 'get'", "NOPERM get"})
  void sentinelAdvice_otherErrors(String message) {
    assertThat(ErrorMessages.sentinelAdvice(message)).isNull();
  }

  @Test
  void words_pageOfAdvice() {
    assertThat(
            ErrorMessages.words(
                "DENIED Redis is running in protected mode because no password is set. In this mode connections are only accepted from the loopback interface."))
        .isEqualTo("DENIED Redis is running in protected mode because no password is set");
  }

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
  void permissionAdvice_rightMissing(String message, String expected) {
    assertThat(ErrorMessages.permissionAdvice(message)).contains(expected);
    assertThat(
            ErrorMessages.missingPermission(
                new CacheException("failed", new JedisDataException(message))))
        .startsWith(message)
        .contains(expected);
  }

  @Test
  void permissionAdvice_otherError() {
    assertThat(ErrorMessages.permissionAdvice("ERR unknown command 'FROB'")).isNull();
    assertThat(ErrorMessages.missingPermission(new CacheException("failed"))).isNull();
  }
}
