package io.yokedcache.metrics.statsd;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A daemon that keeps what it receives, on a UDP port of the loopback interface. */
public final class UdpReceiver implements AutoCloseable {

  private final DatagramSocket socket;
  private final List<String> packets = new ArrayList<>();
  private final Thread thread = new Thread(this::receive, "statsd-receiver");
  private volatile int largestPacket;

  private UdpReceiver(String address, int port) throws IOException {
    socket = new DatagramSocket(new InetSocketAddress(InetAddress.getByName(address), port));
    thread.setDaemon(true);
  }

  public static UdpReceiver start() throws IOException {
    return start("127.0.0.1", 0);
  }

  static UdpReceiver start(String address, int port) throws IOException {
    UdpReceiver receiver = deaf(address, port);
    receiver.listen();
    return receiver;
  }

  /** Opens the port but receives nothing until {@link #listen()}. */
  static UdpReceiver deaf(String address, int port) throws IOException {
    return new UdpReceiver(address, port);
  }

  void listen() {
    thread.start();
  }

  public int port() {
    return socket.getLocalPort();
  }

  List<String> packets() {
    synchronized (packets) {
      return List.copyOf(packets);
    }
  }

  int packetCount() {
    synchronized (packets) {
      return packets.size();
    }
  }

  int largestPacket() {
    return largestPacket;
  }

  /** All lines so far, as text. */
  public List<String> lines() {
    return packets().stream().flatMap(packet -> Arrays.stream(packet.split("\n", -1))).toList();
  }

  /** All lines so far, parsed; one that is malformed fails. */
  List<StatsLine> parsed() {
    return lines().stream().map(StatsLine::parse).toList();
  }

  private void receive() {
    byte[] buffer = new byte[65_536];
    try {
      while (true) {
        DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
        socket.receive(packet);
        largestPacket = Math.max(largestPacket, packet.getLength());
        String text = new String(buffer, 0, packet.getLength(), UTF_8);
        synchronized (packets) {
          packets.add(text);
        }
      }
    } catch (SocketException closed) {
      // The end of the test.
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    socket.close();
  }
}
