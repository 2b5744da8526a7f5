package io.yokedcache.jcache.testing;

import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stands between a client and a server of this machine and cuts connections in the middle of what
 * they carry, after a random number of bytes in either direction.
 */
public final class CuttingProxy extends LoopbackProxy {

  private volatile int serverPort;

  /** The server of the connection after the next one. */
  private volatile int nextPort;

  private final AtomicInteger cuts = new AtomicInteger();
  private final AtomicInteger greetings = new AtomicInteger();
  private volatile long meanBytes;

  private CuttingProxy(int serverPort, long meanBytes) {
    super("cutting-proxy");
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
    CuttingProxy proxy = new CuttingProxy(serverPort, meanBytes);
    proxy.begin();
    return proxy;
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
    endAll();
  }

  @Override
  int serverPort() {
    int port = serverPort;
    serverPort = nextPort;
    nextPort = port;
    return port;
  }

  @Override
  void relay(Socket client, Socket server) {
    if (greetings.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
      start(() -> cutGreeting(client, server));
    } else {
      start(() -> pump(client, server, new Cut()::pass));
      start(() -> pump(server, client, new Cut()::pass));
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

  /** Ends one direction of a connection after some bytes; for one thread. */
  private final class Cut {

    private long mean = meanBytes;
    private long left = ThreadLocalRandom.current().nextLong(1, 2 * mean);

    private boolean pass(byte[] buffer, int count, OutputStream out) throws IOException {
      if (mean != meanBytes) {
        mean = meanBytes;
        left = ThreadLocalRandom.current().nextLong(mean, 2 * mean);
      }
      int passed = (int) Math.min(count, left);
      out.write(buffer, 0, passed);
      left -= passed;
      if (left == 0) {
        cuts.incrementAndGet();
      }
      return left > 0;
    }
  }
}
