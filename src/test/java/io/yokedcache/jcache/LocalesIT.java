package io.yokedcache.jcache;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.testing.RedisServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;

/** JVMs of mixed locales, time zones and character sets share caches. */
final class LocalesIT {

  private static final long CHILD_SECONDS = 60;

  private static final List<List<String>> JVMS =
      List.of(
          jvm("en", "US", "", "UTC", "UTF-8"),
          jvm("ar", "EG", "u-nu-arab", "Africa/Cairo", "windows-1256"),
          jvm("fa", "IR", "", "Asia/Tehran", "UTF-8"),
          jvm("bn", "BD", "", "Asia/Dhaka", "UTF-16"),
          jvm("th", "TH", "u-nu-thai", "Asia/Bangkok", "TIS-620"),
          jvm("tr", "TR", "", "Europe/Istanbul", "ISO-8859-9"),
          jvm("en", "US", "", "America/Los_Angeles", "US-ASCII"));

  @TempDir private Path directory;

  private static List<String> jvm(
      String language, String country, String extensions, String zone, String charset) {
    return List.of(
        "-Duser.language=" + language,
        "-Duser.country=" + country,
        "-Duser.extensions=" + extensions,
        "-Duser.timezone=" + zone,
        "-Dfile.encoding=" + charset);
  }

  @Test
  void everyOperation_sameInEveryJvm() throws Exception {
    try (RedisServer server = RedisServer.start();
        Jedis jedis = new Jedis("127.0.0.1", server.port())) {
      String first = run(server, JVMS.get(0));
      assertThat(first).contains("java.util.Locale", "type=CacheStatistics");
      Set<String> names = names(jedis);

      for (List<String> options : JVMS.subList(1, JVMS.size())) {
        // The first JVM has put what the others find.
        assertThat(run(server, options))
            .as(options.toString())
            .isEqualTo(first.replace(" trueI", " falseI"));
        assertThat(names(jedis)).as(options.toString()).isEqualTo(names);
      }
    }
  }

  /** The names in Redis, without the token of a generation that a clear() has replaced. */
  private static Set<String> names(Jedis jedis) {
    Set<String> names = new TreeSet<>();
    for (String name : jedis.keys("*")) {
      names.add(name.replaceFirst("\\}:[A-Za-z0-9]{12}:", "}:TOKEN:"));
    }
    assertThat(names).anyMatch(name -> name.endsWith(":TOKEN:left"));
    names.removeIf(
        name -> name.startsWith("yc:key-statistics") || name.startsWith("yc:stale-entries-lease"));
    return names;
  }

  private String run(RedisServer server, List<String> options)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:TieredStopAtLevel=1");
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(LocalesChild.class.getName());
    command.add(server.uri().toString());
    Path out = directory.resolve("out");
    Path err = directory.resolve("err");
    Process child =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    try {
      assertThat(child.waitFor(CHILD_SECONDS, TimeUnit.SECONDS)).isTrue();
      assertThat(child.exitValue()).as(() -> options + "\n" + text(err)).isZero();
      return text(out);
    } finally {
      child.destroyForcibly();
    }
  }

  private static String text(Path file) {
    try {
      return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
