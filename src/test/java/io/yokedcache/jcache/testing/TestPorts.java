package io.yokedcache.jcache.testing;

import io.yokedcache.jcache.internal.embedded.LoopbackPorts;
import java.util.function.IntSupplier;

/**
 * Free ports of 127.0.0.1, of which each JVM that runs tests at the same time has its own share. So
 * none takes the port of a server that a test of another one has killed and starts again.
 */
final class TestPorts {

  /** Divides the distance of the two ports of a cluster's node, so that both are in one share. */
  private static final int SHARES = 8;

  private static final int SHARE = Integer.getInteger("test.fork", 0) % SHARES;

  private TestPorts() {}

  /** Returns any free port of this JVM. */
  static int free() {
    return own(LoopbackPorts::free);
  }

  /** Returns a free port for a node of a cluster, whose second port is free as well. */
  static int freeForNode() {
    return own(LoopbackPorts::freeForNode);
  }

  private static int own(IntSupplier ports) {
    int port;
    do {
      port = ports.getAsInt();
    } while (port % SHARES != SHARE);
    return port;
  }
}
