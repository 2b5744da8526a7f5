package io.yokedcache.jcache.internal.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisDataException;

/** Which replies tell about the server, in the words of several versions, and what follows. */
final class ErrorReplyTest {

  private final JedisDataException readOnly = new JedisDataException("READONLY You can't");

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
    assertThat(ErrorReply.words(message)).doesNotEndWith(".");
  }

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
    assertThat(ErrorReply.connectAdvice(message)).contains(cure).doesNotEndWith(".");
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

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ERR unknown command 'EVALSHA', with args beginning with: '1a' '1' 'k' ",
        "ERR unknown command `get`, with args beginning with: `k`, ",
      })
  void sentinelAdvice_commandOfEveryRedis(String message) {
    assertThat(ErrorReply.sentinelAdvice(message)).contains("redis-sentinel://");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"ERR unknown command 'CONFIG', with args", "ERR syntax error 'get'", "NOPERM get"})
  void sentinelAdvice_otherErrors(String message) {
    assertThat(ErrorReply.sentinelAdvice(message)).isNull();
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

  @Test
  void words_pageOfAdvice() {
    assertThat(
            ErrorReply.words(
                "DENIED Redis is running in protected mode because no password is set. In this mode connections are only accepted from the loopback interface."))
        .isEqualTo("DENIED Redis is running in protected mode because no password is set");
  }

  private static Request request(boolean idempotent, Command... commands) {
    return new Request(
        "test",
        Bytes.of(new byte[] {'k'}),
        idempotent,
        Arrays.stream(commands).map(CommandArguments::new).toList());
  }

  @Test
  void mayRepeat_onlyIfNothingWasDoneThatHarmsTwice() {
    Request write = request(false, Command.GET, Command.SET, Command.SET);
    assertThat(write.mayRepeat(Arrays.asList(null, readOnly, readOnly))).isTrue();
    assertThat(write.mayRepeat(Arrays.asList(null, "OK", readOnly))).isFalse();
    assertThat(request(true, Command.DEL, Command.DEL).mayRepeat(List.of(1L, readOnly))).isTrue();
  }

  @Test
  void mayChange_readsAndScripts() {
    assertThat(request(true, Command.MGET).mayChange()).isFalse();
    assertThat(request(true, Command.GET, Command.GETEX).mayChange()).isFalse();
    assertThat(request(true, Command.EVALSHA).mayChange()).isFalse();
    assertThat(request(false, Command.EVALSHA).mayChange()).isTrue();
    assertThat(request(false, Command.GET, Command.SET).mayChange()).isTrue();
    assertThat(request(false, Command.GET, Command.GETDEL).mayChange()).isTrue();
  }

  @Test
  void decide_serverRefusesForEver() {
    ErrorReply.Policy policy = new ErrorReply.Policy(Duration.ZERO);
    long started = System.nanoTime();
    int fresh = 0;
    for (int i = 0; i < 10_000; i++) {
      long madeNanos = System.nanoTime();
      fresh += policy.decide(readOnly, true, madeNanos, System.nanoTime()) >= 0 ? 1 : 0;
    }
    long seconds = Duration.ofNanos(System.nanoTime() - started).toSeconds();
    assertThat(fresh).as("connections made again").isBetween(0, 10 + 3 * (int) seconds);
  }

  @Test
  void decide_oneThreadHasConnectionsReplaced() {
    ErrorReply.Policy policy = new ErrorReply.Policy(Duration.ofSeconds(60));
    long madeNanos = System.nanoTime();
    long startNanos = madeNanos;
    while (System.nanoTime() - madeNanos < Duration.ofMillis(10).toNanos()) {
      Thread.onSpinWait();
    }
    assertThat(policy.isCondemned(madeNanos)).isFalse();
    assertThat(policy.decide(readOnly, true, madeNanos, startNanos)).isZero();
    assertThat(policy.isCondemned(madeNanos)).isTrue();
    long again = System.nanoTime();
    assertThat(policy.isCondemned(again)).isFalse();
    assertThat(policy.decide(readOnly, true, again, startNanos)).isPositive();
    assertThat(policy.decide(readOnly, false, again, startNanos)).isEqualTo(-1);
    assertThat(policy.decide(new JedisDataException("OOM no"), true, again, startNanos))
        .isEqualTo(-1);
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
    assertThat(ErrorReply.permissionAdvice(message)).contains(expected);
    assertThat(
            ErrorReply.missingPermission(
                new CacheException("failed", new JedisDataException(message))))
        .startsWith(message)
        .contains(expected);
  }

  @Test
  void permissionAdvice_otherError() {
    assertThat(ErrorReply.permissionAdvice("ERR unknown command 'FROB'")).isNull();
    assertThat(ErrorReply.missingPermission(new CacheException("failed"))).isNull();
  }
}
