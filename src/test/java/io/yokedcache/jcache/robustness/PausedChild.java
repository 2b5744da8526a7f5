package io.yokedcache.jcache.robustness;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import javax.cache.Cache;
import javax.cache.CacheManager;

/** 64 threads that read and write while the JVM is stopped now and then; prints what failed. */
final class PausedChild {

  static final int THREADS = 64;
  static final Duration COMMAND_TIMEOUT = Duration.ofSeconds(1);

  private PausedChild() {}

  /** Argument: URI of the manager. Says when it is ready, and ends when its input does. */
  public static void main(String[] args) throws Exception {
    URI uri = URI.create(args[0]);
    String timeout = "connection.command-timeout=" + COMMAND_TIMEOUT.toMillis() + "ms";
    try (CacheManager manager = Managers.open(uri, timeout)) {
      Cache<String, String> cache = Managers.texts(manager, "paused");
      try (Load load =
          Load.start(
              THREADS,
              (thread, step) -> {
                if (step % 4 == 0) {
                  Checked.put(cache);
                } else {
                  Checked.get(cache);
                }
              })) {
        load.awaitSuccesses(2_000);
        System.out.println("ready");
        int unused = System.in.read();
        load.stop();
        load.causes().stream().limit(3).forEach(cause -> cause.printStackTrace(System.out));
        System.out.println(load.successes() + " calls, failures: " + load.failures().size());
      }
    }
  }

  /** The JVM in which a child runs. */
  static final class Jvm implements AutoCloseable {

    private final Process process;
    private final BufferedReader lines;

    private Jvm(Process process) {
      this.process = process;
      this.lines =
          new BufferedReader(
              new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    /** Starts it, and returns when its threads have made their first calls. */
    static Jvm start(URI uri) throws IOException {
      Process process =
          new ProcessBuilder(
                  System.getProperty("java.home")
                      + File.separator
                      + "bin"
                      + File.separator
                      + "java",
                  "-XX:+UseSerialGC",
                  "-cp",
                  System.getProperty("java.class.path"),
                  PausedChild.class.getName(),
                  uri.toString())
              .redirectErrorStream(true)
              .start();
      Jvm started = new Jvm(process);
      StringBuilder before = new StringBuilder();
      for (String line = started.lines.readLine();
          !"ready".equals(line);
          line = started.lines.readLine()) {
        if (line == null) {
          throw new AssertionError("the child ended: " + before);
        }
        before.append(line).append('\n');
      }
      return started;
    }

    void pause() throws Exception {
      signal("STOP");
    }

    void resume() throws Exception {
      signal("CONT");
    }

    private void signal(String name) throws Exception {
      Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
      assertThat(kill.waitFor()).isZero();
    }

    /** Ends its threads, and returns what it has printed. */
    List<String> end() throws IOException {
      process.getOutputStream().close();
      return lines.lines().toList();
    }

    @Override
    public void close() throws IOException {
      process.destroyForcibly();
      lines.close();
    }
  }
}
