package io.yokedcache.benchmarks;

import io.yokedcache.jcache.YokedCachingProvider;
import io.yokedcache.jcache.internal.embedded.RedisProcess;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.Writer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.ehcache.jsr107.EhcacheCachingProvider;

/**
 * Prints the bytes and the time of a scrape of many caches by jmx_exporter's agent, of this
 * provider's and of Ehcache's in turns: before and after their use. Arguments: how many caches, by
 * default 1,000; a file with jmx_exporter's settings, by default none that filters.
 */
public final class Scrape {

  private static final int ROUNDS = 11;
  private static final int WARM_UP = 3;
  private static final double NANOS_PER_MILLI = 1e6;
  private static final double BYTES_PER_KB = 1_000;
  private static final long END_TIMEOUT_SECONDS = 20;
  private static final Duration TIMEOUT = Duration.ofMinutes(2);

  private Scrape() {}

  /** Measures and prints. */
  public static void main(String[] args) throws IOException, InterruptedException {
    int count = args.length > 0 ? Integer.parseInt(args[0]) : 1_000;
    Path unfiltered = Files.createTempFile("jmx-exporter", ".yaml");
    try (RedisProcess redis = RedisProcess.start(freePort(), List.of())) {
      Files.writeString(unfiltered, "rules:\n  - pattern: \".*\"\n");
      Path settings = args.length > 1 ? Path.of(args[1]) : unfiltered;
      System.out.println(
          "MBeans           use     kB of each        ratio  ms of each         ratio");
      for (boolean management : new boolean[] {false, true}) {
        try (Scraped own =
                new Scraped(
                    settings,
                    YokedCachingProvider.class,
                    "redis://127.0.0.1:" + redis.port(),
                    count,
                    management);
            Scraped ehcache =
                new Scraped(settings, EhcacheCachingProvider.class, "default", count, management)) {
          own.await();
          ehcache.await();
          compare(management, "none", own, ehcache);
          own.use();
          ehcache.use();
          compare(management, "once", own, ehcache);
        }
      }
    } finally {
      Files.delete(unfiltered);
    }
  }

  private static void compare(boolean management, String use, Scraped own, Scraped ehcache)
      throws IOException, InterruptedException {
    long[] ownNanos = new long[ROUNDS];
    long[] ehcacheNanos = new long[ROUNDS];
    long ownBytes = 0;
    long ehcacheBytes = 0;
    for (int round = -WARM_UP; round < ROUNDS; round++) {
      long startNanos = System.nanoTime();
      ownBytes = own.scrape();
      long middleNanos = System.nanoTime();
      ehcacheBytes = ehcache.scrape();
      if (round >= 0) {
        ownNanos[round] = middleNanos - startNanos;
        ehcacheNanos[round] = System.nanoTime() - middleNanos;
      }
    }
    double ownMillis = median(ownNanos) / NANOS_PER_MILLI;
    double ehcacheMillis = median(ehcacheNanos) / NANOS_PER_MILLI;
    System.out.printf(
        "%-15s  %-4s  %8.0f %8.0f  %7.2f  %8.0f %8.0f  %7.2f%n",
        management ? "both of JSR-107" : "statistics",
        use,
        ownBytes / BYTES_PER_KB,
        ehcacheBytes / BYTES_PER_KB,
        (double) ownBytes / ehcacheBytes,
        ownMillis,
        ehcacheMillis,
        ownMillis / ehcacheMillis);
  }

  private static long median(long[] values) {
    Arrays.sort(values);
    return values[values.length / 2];
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** One provider's caches in a JVM with jmx_exporter's agent. */
  private static final class Scraped implements AutoCloseable {

    private final Process process;
    private final Writer commands;
    private final BufferedReader answers;
    private final HttpClient client = HttpClient.newHttpClient();
    private final HttpRequest request;

    Scraped(Path settings, Class<?> provider, String uri, int count, boolean management)
        throws IOException {
      int port = freePort();
      this.request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics"))
              .timeout(TIMEOUT)
              .build();
      this.process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xms256m",
                  "-Xmx1g",
                  "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                  "-javaagent:" + agent() + "=127.0.0.1:" + port + ":" + settings,
                  "-cp",
                  System.getProperty("java.class.path"),
                  ScrapedMain.class.getName(),
                  provider.getName(),
                  uri,
                  Integer.toString(count),
                  Boolean.toString(management))
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      this.commands = process.outputWriter(StandardCharsets.UTF_8);
      this.answers = process.inputReader(StandardCharsets.UTF_8);
    }

    private static String agent() {
      return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
          .filter(entry -> entry.contains("jmx_prometheus_javaagent"))
          .findFirst()
          .orElseThrow(() -> new IllegalStateException("jmx_exporter is not on the class path"));
    }

    void await() throws IOException {
      String answer = answers.readLine();
      if (!"ready".equals(answer)) {
        throw new IOException("The JVM with the caches answered " + answer);
      }
    }

    void use() throws IOException {
      commands.write("use\n");
      commands.flush();
      await();
    }

    /** Returns how many bytes came. */
    long scrape() throws IOException, InterruptedException {
      HttpResponse<byte[]> response = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
      if (response.statusCode() != 200) {
        throw new IOException("jmx_exporter answered " + response.statusCode());
      }
      return response.body().length;
    }

    /** Ends the JVM within some seconds. */
    @Override
    public void close() throws IOException {
      commands.close();
      try {
        if (!process.waitFor(END_TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
          process.destroyForcibly();
        }
      } catch (InterruptedException e) {
        process.destroyForcibly();
        Thread.currentThread().interrupt();
      }
    }
  }
}
