package io.yokedcache.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A link with latency to a server of this machine: what comes on either side leaves on the other
 * one that much later, however much is on its way. One thread takes what comes and notes when, for
 * all connections, and another one passes it on; so a link costs the machine as little as may be.
 *
 * <p>It also counts the writes of clients that came before anything of the answer to the last one
 * had gone back: the mark of clients that keep several batches in flight.
 */
final class DelayingProxy implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(DelayingProxy.class);
  private static final int READ_BYTES = 64 << 10;

  /** How much may be on its way; more waits in the sockets' buffers. */
  private static final int MAX_BYTES_IN_FLIGHT = 64 << 20;

  private static final int MAX_CONNECTIONS = 1024;

  /** How long a side may take nothing before its connection ends; the others wait meanwhile. */
  private static final long MAX_STALL_NANOS = TimeUnit.SECONDS.toNanos(5);

  private static final long STALL_PAUSE_NANOS = TimeUnit.MICROSECONDS.toNanos(20);
  private static final long CLOSE_MILLIS = 5_000;

  private final ServerSocketChannel listener;
  private final Selector selector;
  private final InetSocketAddress server;
  private final long delayNanos;
  private final BlockingQueue<Chunk> inFlight = new LinkedBlockingQueue<>();
  private final Semaphore room = new Semaphore(MAX_BYTES_IN_FLIGHT);
  private final LongAdder writes = new LongAdder();
  private final LongAdder overlappingWrites = new LongAdder();
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(READ_BYTES);
  private final Thread arrivals = new Thread(this::takeArrivals, "proxy-arrivals");
  private final Thread deliveries = new Thread(this::deliver, "proxy-deliveries");
  private final Semaphore deliveryAllowed = new Semaphore(1);
  private volatile boolean closed;

  private DelayingProxy(
      ServerSocketChannel listener, Selector selector, InetSocketAddress server, Duration delay) {
    this.listener = listener;
    this.selector = selector;
    this.server = server;
    this.delayNanos = delay.toNanos();
  }

  /**
   * Starts a proxy on a free port of this machine.
   *
   * @param serverPort of 127.0.0.1
   * @param delay how much later what comes is passed on, in each direction
   */
  static DelayingProxy start(int serverPort, Duration delay) {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    try {
      ServerSocketChannel listener = ServerSocketChannel.open();
      listener.bind(new InetSocketAddress(loopback, 0), MAX_CONNECTIONS);
      listener.configureBlocking(false);
      Selector selector = Selector.open();
      DelayingProxy proxy =
          new DelayingProxy(listener, selector, new InetSocketAddress(loopback, serverPort), delay);
      listener.register(selector, SelectionKey.OP_ACCEPT);
      begin(proxy.arrivals);
      begin(proxy.deliveries);
      return proxy;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void begin(Thread thread) {
    thread.setDaemon(true);
    thread.start();
  }

  int port() {
    return listener.socket().getLocalPort();
  }

  /** How many times something came from a client. */
  long writes() {
    return writes.sum();
  }

  /** How many of them came before anything had gone back since the one before. */
  long overlappingWrites() {
    return overlappingWrites.sum();
  }

  /** Passes nothing on from now on, until it is released. */
  void hold() throws InterruptedException {
    deliveryAllowed.acquire();
  }

  /** Passes on what was held. */
  void release() {
    deliveryAllowed.release();
  }

  private void takeArrivals() {
    try {
      while (!closed) {
        selector.select(this::arrived);
      }
    } catch (IOException | ClosedSelectorException e) {
      end(e);
    }
  }

  private void arrived(SelectionKey key) {
    if (key.attachment() instanceof Leg leg) {
      take(key, leg);
    } else {
      accept();
    }
  }

  private void accept() {
    SocketChannel client = null;
    SocketChannel far = null;
    try {
      client = listener.accept();
      if (client == null) {
        return;
      }
      far = SocketChannel.open(server);
      Leg answers = new Leg(far, client, null);
      register(client, new Leg(client, far, answers));
      register(far, answers);
    } catch (IOException serverAway) {
      logger.warn("Cannot connect to {}", server, serverAway);
      close(client);
      close(far);
    }
  }

  private void register(SocketChannel channel, Leg leg) throws IOException {
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    channel.configureBlocking(false);
    channel.register(selector, SelectionKey.OP_READ, leg);
  }

  private void take(SelectionKey key, Leg leg) {
    buffer.clear();
    int count;
    try {
      count = leg.from.read(buffer);
    } catch (IOException reset) {
      count = -1;
    }
    if (count == 0) {
      return;
    }
    ByteBuffer bytes = ByteBuffer.allocate(Math.max(0, count)).put(buffer.flip()).flip();
    if (count < 0) {
      key.cancel();
    } else {
      leg.count();
    }
    room.acquireUninterruptibly(bytes.remaining());
    inFlight.add(new Chunk(leg, bytes, count < 0, System.nanoTime() + delayNanos));
  }

  private void deliver() {
    try {
      while (!closed) {
        Chunk chunk = inFlight.take();
        for (long left = chunk.leftNanos(); left > 0; left = chunk.leftNanos()) {
          LockSupport.parkNanos(this, left);
          if (closed) {
            return;
          }
        }
        deliveryAllowed.acquire();
        try {
          deliver(chunk);
        } finally {
          deliveryAllowed.release();
        }
      }
    } catch (InterruptedException e) {
      end(e);
    }
  }

  private void deliver(Chunk chunk) {
    room.release(chunk.bytes.remaining());
    Leg leg = chunk.leg;
    try {
      leg.deliveries.incrementAndGet(); // before the client can see it
      long startNanos = System.nanoTime();
      while (chunk.bytes.hasRemaining()) {
        if (leg.to.write(chunk.bytes) == 0) {
          if (System.nanoTime() - startNanos > MAX_STALL_NANOS) {
            throw new IOException("It takes nothing");
          }
          LockSupport.parkNanos(this, STALL_PAUSE_NANOS);
        }
      }
      if (chunk.isLast) {
        leg.close();
      }
    } catch (IOException otherSideEnded) {
      logger.debug("A connection ended", otherSideEnded);
      leg.close();
    }
  }

  private void end(Exception cause) {
    if (!closed) {
      logger.error("The proxy to {} has ended", server, cause);
    }
  }

  private static void close(@Nullable Channel channel) {
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException goneAnyway) {
        logger.debug("Closing {} failed", channel, goneAnyway);
      }
    }
  }

  /** Ends all connections. May be called twice. */
  @Override
  public void close() {
    closed = true;
    selector.wakeup();
    deliveries.interrupt();
    try {
      arrivals.join(CLOSE_MILLIS);
      deliveries.join(CLOSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (selector.isOpen()) {
      selector.keys().forEach(key -> close(key.channel()));
    }
    inFlight.forEach(chunk -> chunk.leg.close());
    try {
      selector.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One direction of a connection. */
  private final class Leg {

    private final SocketChannel from;
    private final SocketChannel to;

    /** The other direction, if this one is from the client. */
    private final @Nullable Leg answers;

    private final AtomicLong deliveries = new AtomicLong();
    private long answersBeforeLastWrite = -1;

    Leg(SocketChannel from, SocketChannel to, @Nullable Leg answers) {
      this.from = from;
      this.to = to;
      this.answers = answers;
    }

    /** Counts what has come. */
    void count() {
      if (answers != null) {
        long answersNow = answers.deliveries.get();
        if (answersNow == answersBeforeLastWrite) {
          overlappingWrites.increment();
        }
        answersBeforeLastWrite = answersNow;
        writes.increment();
      }
    }

    /** Ends both directions: neither Redis nor its clients go on with one. */
    void close() {
      DelayingProxy.close(from);
      DelayingProxy.close(to);
    }
  }

  /**
   * What came at once.
   *
   * @param bytes what is left of it to be passed on
   * @param isLast whether the side that it came from has ended
   * @param dueNanos when it is to be passed on
   */
  private record Chunk(Leg leg, ByteBuffer bytes, boolean isLast, long dueNanos) {

    long leftNanos() {
      return dueNanos - System.nanoTime();
    }
  }
}
