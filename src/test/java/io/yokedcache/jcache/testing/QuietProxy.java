package io.yokedcache.jcache.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stands between a client and a server of this machine as a firewall does: it forgets a connection
 * on which the client was quiet for some time. It closes it, or swallows whatever comes from then
 * on, without a word.
 */
public final class QuietProxy extends LoopbackProxy {

  private static final int BUFFER_BYTES = 16 << 10;

  private final int serverPort;
  private final int quietMillis;
  private final boolean swallows;
  private final AtomicInteger forgotten = new AtomicInteger();

  private QuietProxy(int serverPort, int quietMillis, boolean swallows) {
    super("quiet-proxy");
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
    QuietProxy proxy = new QuietProxy(serverPort, quietMillis, swallows);
    proxy.begin();
    return proxy;
  }

  /** How many connections were forgotten so far. */
  public int forgotten() {
    return forgotten.get();
  }

  @Override
  int serverPort() {
    return serverPort;
  }

  @Override
  void relay(Socket client, Socket server) throws IOException {
    client.setSoTimeout(quietMillis);
    start(() -> up(client, server));
    start(() -> pump(server, client));
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
}
