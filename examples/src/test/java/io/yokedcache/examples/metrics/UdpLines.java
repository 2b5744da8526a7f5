package io.yokedcache.examples.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;

/** A UDP port of the loopback interface that keeps the lines which it receives. */
final class UdpLines implements AutoCloseable {

  private final DatagramSocket socket;
  private final List<String> lines = new ArrayList<>();

  private UdpLines() throws IOException {
    socket = new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    socket.setReceiveBufferSize(1 << 20);
  }

  static UdpLines open() throws IOException {
    UdpLines opened = new UdpLines();
    Thread thread = new Thread(opened::receive, "udp-lines");
    thread.setDaemon(true);
    thread.start();
    return opened;
  }

  int port() {
    return socket.getLocalPort();
  }

  /** Returns the lines so far. */
  List<String> lines() {
    synchronized (lines) {
      return List.copyOf(lines);
    }
  }

  /** Forgets the lines so far. */
  void clear() {
    synchronized (lines) {
      lines.clear();
    }
  }

  private void receive() {
    byte[] buffer = new byte[65_536];
    try {
      while (true) {
        DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
        socket.receive(packet);
        String text = new String(buffer, 0, packet.getLength(), UTF_8);
        synchronized (lines) {
          lines.addAll(text.lines().toList());
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
