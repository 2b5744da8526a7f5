package io.yokedcache.jcache.outage;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A process with TCP proxies to one server, a link for each JVM, that are told by a pipe how to
 * treat what passes. The process ends with the pipe. For one thread.
 */
public final class FaultyLinks implements AutoCloseable {

  /** How a link treats what passes. */
  public enum Mode {
    /** Passes everything on. */
    PASS,
    /** Passes everything on after a time in milliseconds. */
    DELAY,
    /** Cuts each connection after a random number of bytes; the number is the mean. */
    CUT,
    /** Closes all connections, and new ones at once. */
    REFUSE,
    /** Discards everything, and ends these connections when the mode changes. */
    SWALLOW,
    /** Keeps everything, also of clients that have gone, and passes it on when the mode changes. */
    HOLD,
    /** Does so for the connections of now, and passes on what comes by later ones. */
    HOLD_PRESENT,
    /** As HOLD_PRESENT, and ends the connection of each client from which something is kept. */
    LOSE_PRESENT;

    private boolean keeps(boolean isPresent) {
      return this == HOLD || (isPresent && (this == HOLD_PRESENT || this == LOSE_PRESENT));
    }
  }

  private final PipedJvm jvm;
  private final int[] ports;

  private FaultyLinks(PipedJvm jvm, int count) {
    this.jvm = jvm;
    this.ports = new int[count];
    for (int i = 0; i < count; i++) {
      ports[i] = Integer.parseInt(jvm.answer());
    }
  }

  /** Starts the process with that number of links to a server of this machine. */
  public static FaultyLinks start(int serverPort, int count) {
    return new FaultyLinks(
        PipedJvm.start(
            FaultyLinks.class, List.of(Integer.toString(serverPort), Integer.toString(count))),
        count);
  }

  /** Returns the port of 127.0.0.1 that leads over a link. */
  public int port(int link) {
    return ports[link];
  }

  /**
   * Changes the mode of a link. When the method returns, the mode holds, and what was kept before
   * has been written to the sockets, unless it has to be kept longer.
   */
  public void set(int link, Mode mode, int number) {
    jvm.tell(link + " " + mode + " " + number);
    String unused = jvm.answer();
  }

  /** Changes the mode of all links. */
  void setAll(Mode mode, int number) {
    for (int link = 0; link < ports.length; link++) {
      set(link, mode, number);
    }
  }

  @Override
  public void close() {
    jvm.close();
  }

  /** Arguments: port of the server, number of links. Prints the ports of the links. */
  public static void main(String[] args) throws IOException {
    Link[] links = new Link[Integer.parseInt(args[1])];
    for (int i = 0; i < links.length; i++) {
      links[i] = new Link(Integer.parseInt(args[0]));
      System.out.println(links[i].listener.getLocalPort());
    }
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      List<String> words = Arrays.asList(line.split(" ", -1));
      links[Integer.parseInt(words.get(0))].set(
          Mode.valueOf(words.get(1)), Integer.parseInt(words.get(2)));
      System.out.println("ok");
    }
    System.exit(0);
  }

  /** One proxy. Its threads are daemons and live as long as the process. */
  private static final class Link {

    private static final int BUFFER_BYTES = 16 << 10;
    private static final long RELEASE_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final int serverPort;
    private final ServerSocket listener;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final Object changed = new Object();
    private volatile Mode mode = Mode.PASS;
    private volatile int number;

    /** The connections are numbered; the last one, and the last one of those that are kept. */
    private final AtomicInteger last = new AtomicInteger();

    private volatile int lastKept;

    /** How many buffers are kept, or were kept and are not written yet; guarded by changed. */
    private int kept;

    Link(int serverPort) throws IOException {
      this.serverPort = serverPort;
      this.listener = new ServerSocket(0, 256, InetAddress.getLoopbackAddress());
      start(this::accept);
    }

    private static void start(Runnable task) {
      Thread thread = new Thread(task, "link");
      thread.setDaemon(true);
      thread.start();
    }

    void set(Mode next, int nextNumber) {
      boolean ends = next == Mode.REFUSE || mode == Mode.SWALLOW;
      synchronized (changed) {
        number = nextNumber;
        lastKept = last.get();
        mode = next;
        changed.notifyAll();
      }
      if (ends) {
        sockets.forEach(Link::end);
      }
      if (!next.keeps(/* isPresent= */ true)) {
        awaitWritten();
      }
    }

    private void awaitWritten() {
      long endNanos = System.nanoTime() + RELEASE_NANOS;
      synchronized (changed) {
        while (kept > 0 && System.nanoTime() - endNanos < 0) {
          try {
            changed.wait(10);
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        }
      }
    }

    private void accept() {
      while (true) {
        Socket client = null;
        try {
          client = listener.accept();
          Socket accepted = client;
          sockets.add(accepted);
          start(() -> connect(accepted));
        } catch (IOException clientGone) {
          end(client);
        }
      }
    }

    private void connect(Socket client) {
      Socket server = new Socket();
      int connection = last.incrementAndGet();
      try {
        if (awaitPassage(connection)) {
          written();
        }
        if (mode == Mode.REFUSE) {
          end(client);
          return;
        }
        sockets.add(server);
        server.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), serverPort), 2000);
        client.setTcpNoDelay(true);
        server.setTcpNoDelay(true);
        start(() -> pump(connection, client, server, client));
        pump(connection, client, client, server);
      } catch (IOException | InterruptedException serverAway) {
        end(client);
        end(server);
        sockets.remove(client);
        sockets.remove(server);
      }
    }

    /** Returns whether it had to wait. */
    private boolean awaitPassage(int connection) throws InterruptedException {
      synchronized (changed) {
        boolean isKept = false;
        while (mode.keeps(connection <= lastKept)) {
          kept += isKept ? 0 : 1;
          isKept = true;
          changed.wait();
        }
        return isKept;
      }
    }

    private void written() {
      synchronized (changed) {
        kept--;
        changed.notifyAll();
      }
    }

    private void pump(int connection, Socket client, Socket from, Socket to) {
      boolean isKept = false;
      byte[] buffer = new byte[BUFFER_BYTES];
      try {
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream();
        Mode known = Mode.PASS;
        long left = Long.MAX_VALUE;
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
          if (mode == Mode.LOSE_PRESENT && connection <= lastKept && from == client) {
            end(client);
          }
          isKept = awaitPassage(connection);
          if (known != mode) {
            known = mode;
            left =
                known == Mode.CUT
                    ? ThreadLocalRandom.current().nextLong(1, 2L * number)
                    : Long.MAX_VALUE;
          }
          if (known == Mode.DELAY) {
            TimeUnit.MILLISECONDS.sleep(number);
          }
          if (known == Mode.SWALLOW) {
            if (isKept) {
              isKept = false;
              written();
            }
            continue;
          }
          int passed = (int) Math.min(count, left);
          out.write(buffer, 0, passed);
          left -= passed;
          if (isKept) {
            isKept = false;
            written();
          }
          if (left == 0) {
            return;
          }
        }
      } catch (IOException | InterruptedException otherSideEnded) {
        // Both sides end together.
      } finally {
        if (isKept) {
          written();
        }
        end(from);
        end(to);
        sockets.remove(from);
        sockets.remove(to);
      }
    }

    private static void end(@Nullable Socket socket) {
      if (socket != null) {
        try {
          socket.close();
        } catch (IOException goneAnyway) {
          // Nothing is left to be done.
        }
      }
    }
  }
}
