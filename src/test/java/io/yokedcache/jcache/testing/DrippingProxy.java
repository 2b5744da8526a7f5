package io.yokedcache.jcache.testing;

import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stands between a client and a server of this machine, and may pass on what the server sends a few
 * bytes at a time, with a pause after each portion: no single read of the client waits for long.
 */
public final class DrippingProxy extends LoopbackProxy {

  private static final Pace AT_ONCE = new Pace(Integer.MAX_VALUE, 0);

  /** Small, so that the proxy sets the pace. */
  private static final int CLIENT_BUFFER_BYTES = 16 << 10;

  private final int serverPort;
  private final AtomicInteger connections = new AtomicInteger();
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile Pace pace = AT_ONCE;

  private record Pace(int bytes, long pauseMillis) {}

  private DrippingProxy(int serverPort) {
    super("dripping-proxy");
    this.serverPort = serverPort;
  }

  /** Starts a proxy that passes on everything at once. */
  public static DrippingProxy start(int serverPort) {
    DrippingProxy proxy = new DrippingProxy(serverPort);
    proxy.begin();
    return proxy;
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
    pace = AT_ONCE;
  }

  @Override
  int serverPort() {
    return serverPort;
  }

  @Override
  void relay(Socket client, Socket server) throws IOException {
    connections.incrementAndGet();
    client.setSendBufferSize(CLIENT_BUFFER_BYTES);
    start(() -> pump(client, server));
    start(() -> pump(server, client, this::pass));
  }

  private boolean pass(byte[] buffer, int count, OutputStream out)
      throws IOException, InterruptedException {
    int passed = 0;
    while (passed < count) {
      Pace now = pace;
      int portion = Math.min(now.bytes, count - passed);
      out.write(buffer, passed, portion);
      passed += portion;
      if (now.pauseMillis > 0 && closed.await(now.pauseMillis, TimeUnit.MILLISECONDS)) {
        return false;
      }
    }
    return true;
  }

  @Override
  public void close() {
    closed.countDown();
    super.close();
  }
}
