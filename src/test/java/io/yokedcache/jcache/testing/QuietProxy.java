package io.yokedcache.jcache.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stands between a client and a server of this machine as a firewall does: it forgets a connection
 * on which the client was quiet for some time. It closes it, or swallows whatever comes from then
 * on, without a word.
 */
public final class QuietProxy implements AutoCloseable {

  private static final int BUFFER_BYTES = 16 << 10;

  private final ServerSocket listener;
  private final int serverPort;
  private final int quietMillis;
  private final boolean swallows;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final AtomicInteger forgotten = new AtomicInteger();

  private QuietProxy(ServerSocket listener, int serverPort, int quietMillis, boolean swallows) {
    this.listener = listener;
    this.serverPort = serverPort;
    this.quietMillis = quietMillis;
    this.swallows = swallows;
  }

  /** Starts a proxy that closes quiet connections. */
  public static QuietProxy closing(int serverPort, int quietMillis) {
    return start(serverPort, quietMillis, /* swallows= */ false);
  }

  /** Starts a proxy that swallows what comes over connections that were quiet. */
  public static QuietProxy swallowing(int serverPort, int quietMillis) {
    return start(serverPort, quietMillis, /* swallows= */ true);
  }

  private static QuietProxy start(int serverPort, int quietMillis, boolean swallows) {
    try {
      QuietProxy proxy =
          new QuietProxy(
              new ServerSocket(0, 256, InetAddress.getLoopbackAddress()),
              serverPort,
              quietMillis,
              swallows);
      start(proxy::accept);
      return proxy;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void start(Runnable task) {
    Thread thread = new Thread(task, "quiet-proxy");
    thread.setDaemon(true);
    thread.start();
  }

  public int port() {
    return listener.getLocalPort();
  }

  /** How many connections were forgotten so far. */
  public int forgotten() {
    return forgotten.get();
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        sockets.add(client);
        Socket server = new Socket();
        sockets.add(server);
        server.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), serverPort), 2000);
        client.setTcpNoDelay(true);
        client.setSoTimeout(quietMillis);
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
    } catch (SocketTimeoutException quiet) {
      forgotten.incrementAndGet();
      if (swallows) {
        swallow(client, buffer);
      }
    } catch (IOException otherSideEnded) {
      // the other pump, or the end of the test, closed it
    } finally {
      end(client, server);
    }
  }

  private static void swallow(Socket client, byte[] buffer) {
    try {
      client.setSoTimeout(0);
      InputStream in = client.getInputStream();
      while (in.read(buffer) >= 0) {
        // it gets no further
      }
    } catch (IOException clientEnded) {
      // as it should
    }
  }

  private void down(Socket server, Socket client) {
    byte[] buffer = new byte[BUFFER_BYTES];
    try {
      InputStream in = server.getInputStream();
      OutputStream out = client.getOutputStream();
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        out.write(buffer, 0, count);
      }
    } catch (IOException otherSideEnded) {
      // the other pump, or the end of the test, closed it
    } finally {
      end(client, server);
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
    try {
      listener.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      sockets.forEach(socket -> end(socket, socket));
    }
  }
}
