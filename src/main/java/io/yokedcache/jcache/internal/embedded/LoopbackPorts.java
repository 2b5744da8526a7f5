package io.yokedcache.jcache.internal.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.function.IntSupplier;
import javax.cache.CacheException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ports of 127.0.0.1 on which nothing listens when they are chosen. */
public final class LoopbackPorts {

  private static final Logger logger = LoggerFactory.getLogger(LoopbackPorts.class);

  /** Between the choice of a port and its use, another program may take it. */
  private static final int PORTS_TRIED = 5;

  /** A node of a cluster also listens on the port that is higher by this number. */
  private static final int BUS_OFFSET = 10_000;

  /**
   * All ports, 12,000 to 31,999, are below those that systems give to outgoing connections. A
   * client that tries to reconnect to a server that is away could else get the port of the server
   * itself: it would then be connected to itself, and the server could not come back.
   */
  private static final int FIRST_PORT = 12_000;

  private static final int RANDOM_PORTS_TRIED = 1_000;

  private LoopbackPorts() {}

  /** Returns any free port. */
  public static int free() {
    return any(2 * BUS_OFFSET, LoopbackPorts::isFree);
  }

  /** Returns a free port for a node of a cluster, whose second port is free as well. */
  public static int freeForNode() {
    return any(BUS_OFFSET, port -> isFree(port) && isFree(port + BUS_OFFSET));
  }

  private static int any(int count, IntPredicate isFree) {
    for (int attempt = 0; attempt < RANDOM_PORTS_TRIED; attempt++) {
      int port = FIRST_PORT + ThreadLocalRandom.current().nextInt(count);
      if (isFree.test(port)) {
        return port;
      }
    }
    throw new CacheException(
        "No free port on 127.0.0.1 for a private redis-server: tried "
            + RANDOM_PORTS_TRIED
            + " ports from "
            + FIRST_PORT
            + " on");
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(loopback(), port), 1);
      return true;
    } catch (IOException taken) {
      return false;
    }
  }

  /** Starts a server on a free port, and on another one if the port was taken in between. */
  public static <T> T startOn(IntSupplier ports, IntFunction<T> start) {
    for (int attempt = 1; ; attempt++) {
      try {
        return start.apply(ports.getAsInt());
      } catch (PortInUseException e) {
        if (attempt == PORTS_TRIED) {
          throw e;
        }
        logger.debug("Trying another port", e);
      }
    }
  }

  static InetAddress loopback() {
    try {
      return InetAddress.getByAddress("127.0.0.1", new byte[] {127, 0, 0, 1});
    } catch (IOException e) {
      throw new UncheckedIOException(e); // cannot happen: four octets are an address
    }
  }
}
