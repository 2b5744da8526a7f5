package io.yokedcache.jcache.robustness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.testing.RedisServer;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;

/** User and password with every odd character, right and wrong, and where they may not show up. */
final class CredentialsIT {

  private static final String USER = "us:er@h/%?#";

  /** The part of the password that is the same however it is escaped. */
  private static final String NEEDLE = "Haystack4711";

  private static final String PASSWORD = "p@ss:w/rd?#%\"\\+ \u20ac" + NEEDLE;

  @TempDir private static Path folder;

  private static RedisServer server;
  private static RedisServer open;
  private static Path file;

  @BeforeAll
  static void startServers() throws IOException {
    server = RedisServer.start();
    open = RedisServer.start();
    try (Jedis jedis = new Jedis("127.0.0.1", server.port())) {
      jedis.aclSetUser(USER, "on", ">" + PASSWORD, "~*", "&*", "+@all");
      jedis.aclSetUser("default", "off");
    }
    file = folder.resolve("yokedcache.conf");
    Files.writeString(
        file,
        """
        yokedcache {
          uri = "redis://127.0.0.1:%s"
          connection { user = "%s", password = "%s" }
        }
        """
            .formatted(server.port(), USER, PASSWORD.replace("\\", "\\\\").replace("\"", "\\\"")));
  }

  @AfterAll
  static void stopServers() {
    server.close();
    open.close();
  }

  @Test
  void anyCall_credentialsInUri() {
    assertWorks(Managers.open(URI.create("redis://" + userInfo() + "@127.0.0.1:" + server.port())));
  }

  @Test
  void anyCall_credentialsInProperties() {
    assertWorks(
        Managers.open(server.uri(), "connection.user=" + USER, "connection.password=" + PASSWORD));
  }

  @Test
  void anyCall_credentialsInFile() {
    assertWorks(Managers.open(file.toUri()));
  }

  @Test
  void anyCall_credentialsWrong() {
    assertRefused(
        Managers.open(server.uri(), "connection.user=" + USER, "connection.password=wrong"));
    assertRefused(Managers.open(server.uri()));
  }

  @Test
  void everythingVisible_neverHasThePassword() throws Exception {
    String output = runChild();

    assertThat(output.lines().filter("WORKS: key=1"::equals).count()).isEqualTo(3);
    assertThat(output.lines().filter(line -> line.startsWith("FAILS: ")).count()).isEqualTo(11);
    assertThat(output.lines().filter(line -> line.startsWith("WRONG: ")).toList()).isEmpty();
    assertThat(output).as("logged in full").contains(" DEBUG ");
    List<String> forms =
        List.of(NEEDLE, "p@ss:w", "p%40ss", base64(PASSWORD), base64(USER + ":" + PASSWORD));
    assertThat(output.lines().filter(line -> forms.stream().anyMatch(line::contains)).toList())
        .isEmpty();
  }

  private static String runChild() throws Exception {
    Path output = folder.resolve("output");
    ProcessBuilder child =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=trace",
            "-cp",
            System.getProperty("java.class.path"),
            CredentialsChild.class.getName(),
            Integer.toString(server.port()),
            Integer.toString(open.port()),
            file.toString());
    child.environment().put("LC_ALL", "C.UTF-8");
    child.environment().put("TEST_USER", USER);
    child.environment().put("TEST_PASSWORD", PASSWORD);
    child.environment().put("TEST_USER_INFO", userInfo());
    Process process = child.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).as(Files.readString(output)).isZero();
      return Files.readString(output);
    } finally {
      process.destroyForcibly();
    }
  }

  private static String userInfo() {
    return encode(USER) + ":" + encode(PASSWORD);
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static void assertWorks(CacheManager manager) {
    try (manager) {
      Cache<String, String> cache = Managers.texts(manager, "works");
      cache.put("key", "key=1");
      assertThat(cache.get("key")).isEqualTo("key=1");
      assertThat(manager.getURI().toString()).doesNotContain(NEEDLE);
    }
  }

  private static void assertRefused(CacheManager manager) {
    try (manager) {
      assertThatThrownBy(() -> Managers.texts(manager, "refused").get("key"))
          .isInstanceOf(CacheException.class)
          .hasMessageContaining("cache refused on redis://127.0.0.1:" + server.port())
          .hasMessageContaining("Check user")
          .hasMessageContaining("password");
    }
  }
}
