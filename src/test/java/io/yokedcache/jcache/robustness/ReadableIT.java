package io.yokedcache.jcache.robustness;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.testing.RedisServer;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.cache.Cache;
import javax.cache.CacheManager;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisDataException;

/** What somebody sees of a cache who has {@code redis-cli} and may only read. */
final class ReadableIT {

  private static RedisServer server;

  @BeforeAll
  static void startServer() {
    server = RedisServer.start();
    try (Jedis jedis = new Jedis("127.0.0.1", server.port())) {
      jedis.aclSetUser("viewer", "on", ">look", "~*", "+@read", "+@connection");
    }
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @Test
  void redisCli_stringKeysAndValues() throws Exception {
    try (CacheManager manager =
        Managers.open(
            server.uri(), "caches.orders.value-codec=string", "caches.orders.time-to-live=1h")) {
      Cache<String, String> orders = Managers.texts(manager, "orders");
      orders.put("customer-7", "12 \u20ac");

      List<String> scanned = redisCli("SCAN", "0", "MATCH", "yc:{orders#*", "COUNT", "1000");
      List<String> names = scanned.subList(1, scanned.size());
      assertThat(names).hasSize(3).contains("yc:{orders#0}", "yc:{orders#0}:about");
      String entry =
          names.stream().filter(name -> name.endsWith("customer-7")).findAny().orElse("");
      assertThat(entry).matches("yc:\\{orders#0}:[A-Za-z0-9]{12}:customer-7");
      assertThat(redisCli("GET", entry)).containsExactly("12 \u20ac");
      assertThat(Long.parseLong(redisCli("PTTL", entry).get(0)))
          .isBetween(TimeUnit.MINUTES.toMillis(59), TimeUnit.MINUTES.toMillis(60));
      assertThat(redisCli("TYPE", entry)).containsExactly("string");
      assertThat(redisCli("GET", "yc:{orders#0}").get(0))
          .as("begins with the token of the entries")
          .startsWith(entry.substring("yc:{orders#0}:".length(), entry.lastIndexOf(':')));
      assertThat(redisCli("GET", "yc:{orders#0}:about"))
          .containsExactly(
              "key codec canonical of java.lang.String, value codec string of java.lang.String,"
                  + " 1 buckets");
      assertThat(redisCli("SET", entry, "other").get(0)).contains("NOPERM");
    }
  }

  /** What {@code redis-cli --raw} prints, or would print where there is none. */
  private static List<String> redisCli(String... arguments) throws Exception {
    return isOnPath("redis-cli") ? run(arguments) : ask(arguments);
  }

  private static boolean isOnPath(String program) {
    return Stream.of(System.getenv("PATH").split(File.pathSeparator))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
  }

  private static List<String> run(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("redis-cli", "-h", "127.0.0.1"));
    command.addAll(List.of("-p", Integer.toString(server.port()), "--user", "viewer"));
    command.addAll(List.of("--pass", "look", "--no-auth-warning", "--raw"));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    return output.lines().filter(line -> !line.isEmpty()).toList();
  }

  private static List<String> ask(String... arguments) {
    try (Jedis jedis = new Jedis("127.0.0.1", server.port())) {
      jedis.auth("viewer", "look");
      String[] rest = Arrays.copyOfRange(arguments, 1, arguments.length);
      return lines(jedis.sendCommand(() -> arguments[0].getBytes(StandardCharsets.UTF_8), rest));
    } catch (JedisDataException refused) {
      return List.of(String.valueOf(refused.getMessage()));
    }
  }

  private static List<String> lines(Object reply) {
    if (reply instanceof List<?> parts) {
      return parts.stream().flatMap(part -> lines(part).stream()).toList();
    }
    return List.of(
        reply instanceof byte[] text
            ? new String(text, StandardCharsets.UTF_8)
            : String.valueOf(reply));
  }
}
