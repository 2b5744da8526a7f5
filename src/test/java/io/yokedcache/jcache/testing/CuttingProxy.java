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
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Stands between a client and a server of this machine and cuts connections in the middle of what
 * they carry, after a random number of bytes in either direction.
 */
public final class CuttingProxy implements AutoCloseable {

  private static final int BUFFER_BYTES = 16 << 10;

  private final ServerSocket listener;
  private volatile int serverPort;

  /** The server of the connection after the next one. */
  private volatile int nextPort;

  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final AtomicInteger cuts = new AtomicInteger();
  private final AtomicInteger greetings = new AtomicInteger();
  private volatile long meanBytes;
  private volatile boolean closed;

  private CuttingProxy(ServerSocket listener, int serverPort, long meanBytes) {
    this.listener = listener;
    this.serverPort = serverPort;
    this.nextPort = serverPort;
    this.meanBytes = meanBytes;
  }

  /**
   * Starts a proxy.
   *
   * @param meanBytes after how many bytes a connection is cut, on average
   */
  public static CuttingProxy start(int serverPort, long meanBytes) {
    try {
      CuttingProxy proxy =
          new CuttingProxy(
              new ServerSocket(0, 256, InetAddress.getLoopbackAddress()), serverPort, meanBytes);
      start("proxy-accept", proxy::accept);
      return proxy;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void start(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
  }

  public int port() {
    return listener.getLocalPort();
  }

  /** How many connections were cut so far. */
  public int cuts() {
    return cuts.get();
  }

  /** Cuts no further connection. */
  public void calm() {
    meanBytes = Long.MAX_VALUE / 4;
  }

  /** Cuts so many of the next connections when the client has sent its first bytes. */
  public void cutNext(int connections) {
    greetings.set(connections);
  }

  /** Leads to another server from now on; connections that there are stay with theirs. */
  public void leadTo(int port) {
    nextPort = port;
    serverPort = port;
  }

  /** Leads each connection from now on to the other one of two servers. */
  public void alternate(int onePort, int otherPort) {
    nextPort = otherPort;
    serverPort = onePort;
  }

  /** Ends all connections that there are. */
  public void cutAll() {
    sockets.forEach(socket -> end(socket, null));
  }

  private void accept() {
    while (!closed) {
      Socket client = null;
      try {
        client = listener.accept();
        sockets.add(client);
        Socket server = new Socket();
        sockets.add(server);
        int port = serverPort;
        serverPort = nextPort;
        nextPort = port;
        server.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 2000);
        client.setTcpNoDelay(true);
        server.setTcpNoDelay(true);
        Socket accepted = client;
        if (greetings.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
          start("proxy-cut", () -> cutGreeting(accepted, server));
          continue;
        }
        start("proxy-up", () -> pump(accepted, server));
        start("proxy-down", () -> pump(server, accepted));
      } catch (IOException serverAwayOrClosed) {
        end(client, null);
      }
    }
  }

  private void cutGreeting(Socket client, Socket server) {
    try {
      if (client.getInputStream().read() >= 0) {
        cuts.incrementAndGet();
      }
    } catch (IOException clientEnded) {
      // there is nothing to cut
    } finally {
      end(client, server);
    }
  }

  private void pump(Socket from, Socket to) {
    byte[] buffer = new byte[BUFFER_BYTES];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      long mean = meanBytes;
      long left = ThreadLocalRandom.current().nextLong(1, 2 * mean);
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        if (mean != meanBytes) {
          mean = meanBytes;
          left = ThreadLocalRandom.current().nextLong(mean, 2 * mean);
        }
        int passed = (int) Math.min(count, left);
        out.write(buffer, 0, passed);
        left -= passed;
        if (left == 0) {
          cuts.incrementAndGet();
          return;
        }
      }
    } catch (IOException otherSideEnded) {
      // the other pump, or the end of the test, closed it
    } finally {
      end(from, to);
    }
  }

  private void end(@Nullable Socket one, @Nullable Socket other) {
    for (Socket socket : new @Nullable Socket[] {one, other}) {
      if (socket != null) {
        sockets.remove(socket);
        try {
          socket.close();
        } catch (IOException goneAnyway) {
          // nothing is left to be done
        }
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    try {
      listener.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      sockets.forEach(socket -> end(socket, null));
    }
  }
}
