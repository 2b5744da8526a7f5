package io.yokedcache.jcache.internal.redis.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.exceptions.JedisDataException;

/** Which replies tell about the server, in the words of several versions. */
final class ErrorReplyTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "READONLY You can't write against a read only replica.|READ_ONLY",
        "READONLY You can't write against a read only replica. script: 1a, on @user_script:3.|READ_ONLY",
        "ERR Error running script (call to f_1a): @user_script:3: @user_script: 3: -READONLY You can't write against a read only replica. |READ_ONLY",
        "ERR Error running script (call to f_1a): @user_script:3: @user_script: 3: -OOM command not allowed when used memory > 'maxmemory'. |OUT_OF_MEMORY",
        "LOADING Redis is loading the dataset in memory|LOADING",
        "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.|PRIMARY_DOWN",
        "MOVED 3999 127.0.0.1:6381|MOVED",
        "ASK 3999 :6381|ASK",
        "CLUSTERDOWN The cluster is down|CLUSTER_DOWN",
        "TRYAGAIN Multiple keys request during rehashing of slot|TRY_AGAIN",
        "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.|BUSY",
        "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.|CANNOT_SAVE",
        "MISCONF Errors writing to the AOF file: No space left on device|CANNOT_SAVE",
        "OOM command not allowed when used memory > 'maxmemory'.|OUT_OF_MEMORY",
        "NOREPLICAS Not enough good replicas to write.|TOO_FEW_REPLICAS",
        "NOAUTH Authentication required.|NOT_AUTHENTICATED",
        "NOAUTH HELLO must be called with the client already authenticated|NOT_AUTHENTICATED",
        "WRONGPASS invalid username-password pair or user is disabled.|WRONG_PASSWORD",
        "DENIED Redis is running in protected mode because protected mode is enabled|PROTECTED",
        "ERR max number of clients reached|TOO_MANY_CLIENTS",
        "ERR max number of clients + cluster connections reached|TOO_MANY_CLIENTS",
      })
  void of_aboutTheServer(String message, ErrorReply expected) {
    assertThat(ErrorReply.of(new JedisDataException(message))).isEqualTo(expected);
    assertThat(ErrorMessages.words(message)).doesNotEndWith(".");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "NOPERM this user has no permissions to run the 'get' command",
        "NOSCRIPT No matching script. Please use EVAL.",
        "WRONGTYPE Operation against a key holding the wrong kind of value",
        "BUSYKEY Target key name already exists.",
        "BUSYGROUP Consumer Group name already exists",
        "ERR unknown command 'FROB'",
        "ERR Error running script (call to f_1a): @user_script:3: attempt to index nil - OOM",
      })
  void of_aboutTheCommand(String message) {
    assertThat(ErrorReply.of(new JedisDataException(message))).isNull();
  }

  @Test
  void of_noError() {
    assertThat(ErrorReply.of("READONLY".getBytes(StandardCharsets.US_ASCII))).isNull();
    assertThat(ErrorReply.of((Object) null)).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "MOVED 3999 127.0.0.1:6381, MOVED, true",
    "ASK 3999 127.0.0.1:6381, ASK, true",
    "TRYAGAIN Multiple keys request during rehashing of slot, TRY_AGAIN, false",
    "CLUSTERDOWN The cluster is down, CLUSTER_DOWN, false",
    "ERR Error running script: -MOVED 3999 127.0.0.1:6381, , false",
    "READONLY You can't write against a read only replica., , false",
    "MOVEDX, , false"
  })
  void ofCluster_errors(String words, @Nullable ErrorReply expected, boolean isRedirect) {
    JedisDataException reply = new JedisDataException(words);
    assertThat(ErrorReply.ofCluster(reply)).isEqualTo(expected);
    assertThat(ErrorReply.isRedirect(reply)).isEqualTo(isRedirect);
  }

  @Test
  void ofCluster_noError() {
    assertThat(ErrorReply.ofCluster("MOVED 1 a:1".getBytes(StandardCharsets.US_ASCII))).isNull();
    assertThat(ErrorReply.isRedirect(null)).isFalse();
  }
}
