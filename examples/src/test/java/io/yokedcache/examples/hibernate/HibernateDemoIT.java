package io.yokedcache.examples.hibernate;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.examples.Output;
import io.yokedcache.jcache.internal.embedded.EmbeddedRedis;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@link HibernateDemo} in JVMs of its own, as a person runs it. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class HibernateDemoIT {

  private static final Pattern JOIN = Pattern.compile("--join (jdbc:h2:tcp:\\S+)");

  @Test
  void run_default_printsBothStatistics() throws Exception {
    Process demo = start("--seconds", "1");
    try {
      List<String> lines = readUntil(demo, "never printed");

      assertThat(demo.waitFor()).isZero();
      assertThat(lines).anyMatch(line -> line.startsWith("First read of all rows: 1,201 SQL"));
      assertThat(lines).anyMatch(line -> line.startsWith("Second read of all rows: 0 SQL"));
      assertThat(lines).anyMatch(line -> line.contains("jconsole "));
      assertThat(lines).noneMatch(line -> line.contains("(no MBean)"));
      for (String region :
          List.of("Product ", "Product##NaturalId ", "Category ", "Category.products ")) {
        Counts counts = countsOf(region, lines);
        assertThat(counts.hibernateHits()).as(region).isPositive();
        assertThat(counts.beanHits()).as(region).isGreaterThanOrEqualTo(counts.hibernateHits());
      }
      Counts queries = countsOf("default-query-results-region ", lines);
      assertThat(queries.hibernateHits()).isPositive().isEqualTo(queries.beanHits());
    } finally {
      demo.destroyForcibly();
    }
  }

  @Test
  void run_secondJvm_needsNoSql() throws Exception {
    try (EmbeddedRedis server = EmbeddedRedis.start()) {
      String uri = "redis://127.0.0.1:" + server.port();
      Process first = start(uri, "--seconds", "1", "--stay");
      try {
        List<String> lines = readUntil(first, "Press Enter");
        Matcher join = JOIN.matcher(String.join("\n", lines));
        assertThat(join.find()).as("%s", lines).isTrue();

        Process second = start(uri, "--seconds", "0", "--join", join.group(1));
        try {
          assertThat(readUntil(second, "never printed"))
              .anyMatch(line -> line.startsWith("First read of all rows: 0 SQL statements"));
          assertThat(second.waitFor()).isZero();
        } finally {
          second.destroyForcibly();
        }
        first.outputWriter(StandardCharsets.UTF_8).append('\n').close();
        assertThat(first.waitFor()).isZero();
      } finally {
        first.destroyForcibly();
      }
    }
  }

  @Test
  void run_noServer_saysWhy() throws Exception {
    Process demo = start("redis://127.0.0.1:1");
    try {
      List<String> lines = readUntil(demo, "never printed");

      assertThat(demo.waitFor()).isEqualTo(1);
      assertThat(lines).anyMatch(line -> line.contains("The demo failed"));
      assertThat(lines).anyMatch(line -> line.contains("127.0.0.1:1"));
    } finally {
      demo.destroyForcibly();
    }
  }

  @Test
  void run_wrongArguments() throws Exception {
    Output err = new Output();
    String[] args = {"--seconds", "-1"};

    assertThat(HibernateDemo.run(args, InputStream.nullInputStream(), err.stream, err.stream))
        .isEqualTo(2);
    assertThat(err.toString()).contains("--seconds must be", "Usage: HibernateDemo");
  }

  /** The figures of one row of the table. */
  private record Counts(long hibernateHits, long beanHits) {}

  private static Counts countsOf(String region, List<String> lines) {
    String row = lines.stream().filter(line -> line.startsWith(region)).findFirst().orElseThrow();
    String[] cells = row.substring(region.length()).trim().split("\\s+", -1);
    return new Counts(Long.parseLong(cells[0]), Long.parseLong(cells[4]));
  }

  private static Process start(String... args) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(HibernateDemo.class.getName());
    command.addAll(List.of(args));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  /** Reads what the process prints, until that text or the end. */
  private static List<String> readUntil(Process process, String text) throws IOException {
    List<String> lines = new ArrayList<>();
    BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      lines.add(line);
      if (line.contains(text)) {
        break;
      }
    }
    return lines;
  }
}
