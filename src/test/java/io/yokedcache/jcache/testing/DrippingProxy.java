package io.yokedcache.jcache.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stands between a client and a server of this machine, and may pass on what the server sends a few
 * bytes at a time, with a pause after each portion: the client is never silent for long to one that
 * looks at single reads.
 */
public final class DrippingProxy implements AutoCloseable {

  private static final int BUFFER_BYTES = 64 << 10;

  /** Small, so that the proxy sets the pace. */
  private static final int CLIENT_BUFFER_BYTES = 16 << 10;

  private final ServerSocket listener;
  private final int serverPort;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final AtomicInteger connections = new AtomicInteger();
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile Pace pace = new Pace(BUFFER_BYTES, 0);

  private record Pace(int bytes, long pauseMillis) {}

  private DrippingProxy(ServerSocket listener, int serverPort) {
    this.listener = listener;
    this.serverPort = serverPort;
  }

  /** Starts a proxy that passes on everything at once. */
  public static DrippingProxy start(int serverPort) {
    try {
      DrippingProxy proxy =
          new DrippingProxy(new ServerSocket(0, 256, InetAddress.getLoopbackAddress()), serverPort);
      start(proxy::accept);
      return proxy;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void start(Runnable task) {
    Thread thread = new Thread(task, "dripping-proxy");
    thread.setDaemon(true);
    thread.start();
  }

  public int port() {
    return listener.getLocalPort();
  }

  /** How many connections were made so far. */
  public int connections() {
    return connections.get();
  }

  /** Passes on that many bytes of the server at a time from now on, and then pauses. */
  public void drip(int bytes, long pauseMillis) {
    pace = new Pace(bytes, pauseMillis);
  }

  /** Passes on everything at once from now on. */
  public void flow() {
    pace = new Pace(BUFFER_BYTES, 0);
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        sockets.add(client);
        connections.incrementAndGet();
        Socket server = new Socket();
        sockets.add(server);
        server.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), serverPort), 2000);
        client.setTcpNoDelay(true);
        client.setSendBufferSize(CLIENT_BUFFER_BYTES);
        server.setTcpNoDelay(true);
        start(() -> up(client, server));
        start(() -> down(server, client));
      } catch (IOException serverAwayOrClosed) {
        // the client hears of it
      }
    }
  }

  private void up(Socket client, Socket server) {
    byte[] buffer = new byte[BUFFER_BYTES];
    try {
      InputStream in = client.getInputStream();
      OutputStream out = server.getOutputStream();
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        out.write(buffer, 0, count);
      }
    } catch (IOException otherSideEnded) {
      // the other pump, or the end of the test, closed it
    } finally {
      end(client, server);
    }
  }

  private void down(Socket server, Socket client) {
    byte[] buffer = new byte[BUFFER_BYTES];
    try {
      InputStream in = server.getInputStream();
      OutputStream out = client.getOutputStream();
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        pass(buffer, count, out);
      }
    } catch (IOException | InterruptedException otherSideEnded) {
      // the other pump, or the end of the test, closed it
    } finally {
      end(client, server);
    }
  }

  private void pass(byte[] buffer, int count, OutputStream out)
      throws IOException, InterruptedException {
    int passed = 0;
    while (passed < count) {
      Pace now = pace;
      int portion = Math.min(now.bytes, count - passed);
      out.write(buffer, passed, portion);
      passed += portion;
      if (now.pauseMillis > 0 && closed.await(now.pauseMillis, TimeUnit.MILLISECONDS)) {
        return;
      }
    }
  }

  private void end(Socket one, Socket other) {
    for (Socket socket : new Socket[] {one, other}) {
      sockets.remove(socket);
      try {
        socket.close();
      } catch (IOException goneAnyway) {
        // nothing is left to be done
      }
    }
  }

  @Override
  public void close() {
    closed.countDown();
    try {
      listener.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      sockets.forEach(socket -> end(socket, socket));
    }
  }
}
