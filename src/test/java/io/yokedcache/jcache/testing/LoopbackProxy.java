package io.yokedcache.jcache.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Stands between clients and a server of this machine. A subclass decides what it does to their
 * connections. If the server is away, the client's connection is closed.
 */
abstract class LoopbackProxy implements AutoCloseable {

  private static final int BUFFER_BYTES = 64 << 10;

  private final String threadName;
  private final ServerSocket listener;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

  /** Listens on a free port; {@link #begin} accepts connections. */
  LoopbackProxy(String threadName) {
    this.threadName = threadName;
    try {
      this.listener = new ServerSocket(0, 256, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Accepts connections from now on, after the subclass is made. */
  final void begin() {
    start(this::accept);
  }

  public final int port() {
    return listener.getLocalPort();
  }

  /** The port of the server for the next connection. */
  abstract int serverPort();

  /** Starts the threads of a connection, which end it by {@link #end}. */
  abstract void relay(Socket client, Socket server) throws IOException;

  /** Passes on what comes, in one direction, portion by portion. */
  interface Passing {

    /** Passes on a portion, and returns whether there may be another one. */
    boolean pass(byte[] buffer, int count, OutputStream out)
        throws IOException, InterruptedException;
  }

  final void start(Runnable task) {
    Thread thread = new Thread(task, threadName);
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    while (!listener.isClosed()) {
      Socket server = new Socket();
      Socket client = server; // until there is one
      try {
        client = listener.accept();
        sockets.addAll(List.of(client, server));
        server.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), serverPort()), 2000);
        client.setTcpNoDelay(true);
        server.setTcpNoDelay(true);
        relay(client, server);
      } catch (IOException serverAwayOrClosed) {
        end(client, server);
      }
    }
  }

  /** Passes on one direction of a connection as it comes, and ends the connection after it. */
  final void pump(Socket from, Socket to) {
    pump(
        from,
        to,
        (buffer, count, out) -> {
          out.write(buffer, 0, count);
          return true;
        });
  }

  /** Passes on one direction of a connection, and ends the connection after it. */
  final void pump(Socket from, Socket to, Passing passing) {
    byte[] buffer = new byte[BUFFER_BYTES];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      int count = in.read(buffer);
      while (count >= 0 && passing.pass(buffer, count, out)) {
        count = in.read(buffer);
      }
    } catch (IOException | InterruptedException otherSideEnded) {
      // the other pump, or the end of the test, closed it
    } finally {
      end(from, to);
    }
  }

  /** Closes both sides of a connection. */
  final void end(Socket one, Socket other) {
    for (Socket socket : List.of(one, other)) {
      sockets.remove(socket);
      try {
        socket.close();
      } catch (IOException goneAnyway) {
        // nothing is left to be done
      }
    }
  }

  /** Ends all connections that there are. */
  final void endAll() {
    sockets.forEach(socket -> end(socket, socket));
  }

  @Override
  public void close() {
    try {
      listener.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      endAll();
    }
  }
}
