package io.yokedcache.metrics.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A process of npm's {@code statsd} on free ports of the loopback interface. */
public final class StatsDDaemon implements AutoCloseable {

  private static final Pattern NUMBER = Pattern.compile("'?([A-Za-z0-9_.-]+)'?: (-?[0-9.]+)");
  private static final int TIMEOUT_MILLIS = 10_000;

  private final PeerProcess process;
  private final int port;
  private final int managementPort;

  private StatsDDaemon(PeerProcess process, int port, int managementPort) {
    this.process = process;
    this.port = port;
    this.managementPort = managementPort;
  }

  /**
   * Starts a daemon that never flushes, so that what it has counted stays to be read.
   *
   * @param folder a folder for its settings and log
   */
  public static StatsDDaemon start(Path folder) throws IOException {
    return start(folder, PeerProcess.freeUdpPort());
  }

  /**
   * Starts a daemon as {@link #start(Path)} does.
   *
   * @param folder a folder for its settings and log
   * @param port where it listens
   */
  public static StatsDDaemon start(Path folder, int port) throws IOException {
    int managementPort = PeerProcess.freePort();
    Path config = folder.resolve("statsd-config.js");
    Files.writeString(
        config,
        """
        { address: "127.0.0.1", port: %s, mgmt_address: "127.0.0.1", mgmt_port: %s,
          flushInterval: 3600000, backends: [] }
        """
            .formatted(port, managementPort));
    List<String> command = List.of("node", Peer.STATSD.get().toString(), config.toString());
    PeerProcess process = PeerProcess.start(folder.resolve("statsd.log"), command);
    StatsDDaemon daemon = new StatsDDaemon(process, port, managementPort);
    process.awaitReady(() -> daemon.ask("health").contains("health: up"));
    return daemon;
  }

  /** Returns the port for metrics. */
  public int port() {
    return port;
  }

  /** Returns what it has counted, by name. */
  public Map<String, Double> counters() throws IOException {
    return numbers("counters");
  }

  /** Returns the levels that it knows, by name. */
  public Map<String, Double> gauges() throws IOException {
    return numbers("gauges");
  }

  /** Returns what the daemon has of its timers, as it prints it: at most 100 values of each. */
  public String timers() throws IOException {
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
    process.close();
  }
}
