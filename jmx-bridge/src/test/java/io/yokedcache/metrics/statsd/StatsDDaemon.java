package io.yokedcache.metrics.statsd;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A process of npm's {@code statsd} on free ports of the loopback interface. */
final class StatsDDaemon implements AutoCloseable {

  static final String HOW_TO_GET_IT =
      "It needs Node.js on the PATH and npm's statsd: run 'npm install statsd' in an empty folder"
          + " and give that folder as -Dstatsd.home=<folder>";

  private static final String PROPERTY = "statsd.home";
  private static final Pattern NUMBER = Pattern.compile("'?([A-Za-z0-9_.-]+)'?: (-?[0-9.]+)");
  private static final int TIMEOUT_MILLIS = 10_000;

  private final Process process;
  private final int port;
  private final int managementPort;

  private StatsDDaemon(Process process, int port, int managementPort) {
    this.process = process;
    this.port = port;
    this.managementPort = managementPort;
  }

  static boolean isGiven() {
    String home = System.getProperty(PROPERTY);
    return home != null && !home.isBlank();
  }

  /** Starts a daemon that never flushes, so that what it has counted stays to be read. */
  static StatsDDaemon start(Path folder) throws IOException {
    int port;
    int managementPort;
    InetAddress loopback = InetAddress.getLoopbackAddress();
    try (DatagramSocket udp = new DatagramSocket(new InetSocketAddress(loopback, 0));
        ServerSocket tcp = new ServerSocket(0, 1, loopback)) {
      port = udp.getLocalPort();
      managementPort = tcp.getLocalPort();
    }
    Path config = folder.resolve("statsd-config.js");
    Files.writeString(
        config,
        """
        { address: "127.0.0.1", port: %d, mgmt_address: "127.0.0.1", mgmt_port: %d,
          flushInterval: 3600000, backends: [] }
        """
            .formatted(port, managementPort));
    Process process =
        new ProcessBuilder("node", script().toString(), config.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("statsd.log").toFile())
            .start();
    StatsDDaemon daemon = new StatsDDaemon(process, port, managementPort);
    try {
      await()
          .atMost(Duration.ofSeconds(30))
          .ignoreExceptions()
          .until(() -> daemon.ask("health").contains("health: up"));
    } catch (RuntimeException notUp) {
      daemon.close();
      throw new IOException(
          "statsd did not start: " + Files.readString(folder.resolve("statsd.log")), notUp);
    }
    return daemon;
  }

  private static Path script() throws IOException {
    @Nullable String home = System.getProperty(PROPERTY);
    if (home == null || home.isBlank()) {
      throw new IOException("The statsd daemon is missing. " + HOW_TO_GET_IT);
    }
    for (String place : List.of("node_modules/statsd/stats.js", "stats.js")) {
      Path script = Path.of(home, place);
      if (Files.isRegularFile(script)) {
        return script;
      }
    }
    throw new IOException("There is no statsd in " + home + ". " + HOW_TO_GET_IT);
  }

  int port() {
    return port;
  }

  Map<String, Double> counters() throws IOException {
    return numbers("counters");
  }

  Map<String, Double> gauges() throws IOException {
    return numbers("gauges");
  }

  /** Returns what the daemon has of its timers, as it prints it. */
  String timers() throws IOException {
    return ask("timers");
  }

  private Map<String, Double> numbers(String command) throws IOException {
    Map<String, Double> numbers = new HashMap<>();
    Matcher matcher = NUMBER.matcher(ask(command));
    while (matcher.find()) {
      numbers.put(matcher.group(1), Double.valueOf(matcher.group(2)));
    }
    return numbers;
  }

  private String ask(String command) throws IOException {
    try (Socket socket = new Socket()) {
      socket.connect(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), managementPort), TIMEOUT_MILLIS);
      socket.setSoTimeout(TIMEOUT_MILLIS);
      socket.getOutputStream().write((command + "\n").getBytes(UTF_8));
      BufferedReader reader =
          new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
      List<String> lines = new ArrayList<>();
      String line = reader.readLine();
      while (line != null && !line.equals("END")) {
        lines.add(line);
        line = command.equals("health") ? null : reader.readLine();
      }
      return String.join("\n", lines);
    }
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(5, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
